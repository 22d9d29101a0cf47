//! Notices that the machine slept: the wall clock then ran ahead of the one that timers go by.

use std::time::Duration;

use jiff::Timestamp;
use tokio::time::Instant;

use crate::host::Host;

/// How often the clocks are compared.
const STEP: Duration = Duration::from_secs(1);
/// Less than this is a busy machine, or a clock that was set right.
const SLEPT: Duration = Duration::from_secs(3);

/// Compares the clocks.
pub(crate) struct Wake<'a> {
    host: &'a Host,
    wall: Timestamp,
}

impl<'a> Wake<'a> {
    /// From now on.
    pub(crate) fn new(host: &'a Host) -> Self {
        Wake { host, wall: host.now() }
    }

    /// Waits this long, or until it is clear that the machine slept: how long it did.
    pub(crate) async fn within(&mut self, pause: Duration) -> Option<Duration> {
        let end = Instant::now() + pause;
        while Instant::now() < end {
            if let Some(slept) = self.step(STEP.min(end - Instant::now())).await {
                return Some(slept);
            }
        }
        None
    }

    /// Waits until the machine has slept.
    pub(crate) async fn up(&mut self) {
        while self.step(STEP).await.is_none() {}
    }

    async fn step(&mut self, step: Duration) -> Option<Duration> {
        tokio::time::sleep(step).await;
        let now = self.host.now();
        let passed = Duration::try_from(now.duration_since(self.wall)).unwrap_or_default();
        self.wall = now;
        Some(passed.saturating_sub(step)).filter(|slept| *slept >= SLEPT)
    }
}
