//! After the changes: whether the cluster has them, as far as an administrator can see.

use std::time::Duration;

use jiff::SignedDuration;

use crate::actions::grants::look::View;
use crate::chain::administrator::Administrator;
use crate::error::Result;
use crate::model::grants::change::changes;
use crate::model::grants::state::State;

/// EKS shows what was written within seconds.
const PATIENCE: SignedDuration = SignedDuration::from_secs(30);
const PAUSE: Duration = Duration::from_millis(500);

/// Looks until what there is agrees with what there should be. False if it does not in time.
///
/// # Errors
/// When it cannot be looked at.
pub(crate) async fn wait(
    administrator: &Administrator<'_>,
    look: impl AsyncFn() -> Result<View>,
    wanted: impl Fn(&mut State) -> Result<()>,
) -> Result<bool> {
    let started = administrator.chain.host.now();
    loop {
        let mut view = look().await?;
        let found = view.state.clone();
        wanted(&mut view.state)?;
        if changes(&found, &view.state).is_empty() {
            return Ok(true);
        }
        if administrator.chain.host.now().duration_since(started) > PATIENCE {
            return Ok(false);
        }
        tokio::time::sleep(PAUSE).await;
    }
}
