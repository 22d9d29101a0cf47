//! Detects that the machine was suspended: the wall clock has then run ahead of the clock that timers use.

use std::time::Duration;

use jiff::Timestamp;
use tokio::time::Instant;

use crate::host::Host;

/// How often the clocks are compared.
const INTERVAL: Duration = Duration::from_secs(1);
/// A smaller difference is a busy machine or a clock adjustment.
const SHORTEST_SUSPEND: Duration = Duration::from_secs(3);

/// Compares the wall clock with the timers' clock while it waits.
pub(crate) struct SuspendWatch<'a> {
    host: &'a Host,
    wall: Timestamp,
}

impl<'a> SuspendWatch<'a> {
    pub(crate) fn new(host: &'a Host) -> Self {
        SuspendWatch { host, wall: host.now() }
    }

    /// Sleeps for this long. If the machine is suspended meanwhile, returns early with how long that was.
    pub(crate) async fn sleep(&mut self, pause: Duration) -> Option<Duration> {
        let end = Instant::now() + pause;
        while Instant::now() < end {
            if let Some(suspended) = self.tick(INTERVAL.min(end - Instant::now())).await {
                return Some(suspended);
            }
        }
        None
    }

    /// Waits until the machine has been suspended and resumed.
    pub(crate) async fn resumed(&mut self) {
        while self.tick(INTERVAL).await.is_none() {}
    }

    async fn tick(&mut self, interval: Duration) -> Option<Duration> {
        tokio::time::sleep(interval).await;
        let now = self.host.now();
        let passed = Duration::try_from(now.duration_since(self.wall)).unwrap_or_default();
        self.wall = now;
        Some(passed.saturating_sub(interval)).filter(|suspended| *suspended >= SHORTEST_SUSPEND)
    }
}
