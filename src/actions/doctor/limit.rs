//! How long a step may take: people wait for `doctor`, and a dead network must not keep them for minutes.

use std::future::Future;
use std::time::Duration;

/// For one step over the network.
pub(super) const STEP: Duration = Duration::from_secs(5);

/// For the whole run: on a dead network no more than two steps come after each other.
pub(super) const RUN: Duration = Duration::from_secs(11);

/// What comes in time.
pub(super) async fn in_time<T>(work: impl Future<Output = T>) -> Option<T> {
    tokio::time::timeout(STEP, work).await.ok()
}
