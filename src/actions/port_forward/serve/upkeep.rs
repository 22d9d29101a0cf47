//! Looking after the pod while a forward is up.

use std::rc::Rc;
use std::time::Duration;

use super::{Forward, ForwardEvent, Link};
use crate::actions::pods::Pods;
use crate::actions::port_forward::resolve::ForwardTarget;
use crate::chain::call_error::CallError;
use crate::error::Kind;
use crate::process::suspend::SuspendWatch;

/// How often the pod is looked at while connections come or are open, and while nothing happens.
const LOOK_BUSY: Duration = Duration::from_secs(1);
const LOOK_IDLE: Duration = Duration::from_secs(15);
/// After this long without a connection nothing happens.
const BUSY_AFTER: Duration = Duration::from_secs(30);

impl Forward {
    /// Looks after the pod for as long as the forward lives: when it goes, or a better one comes, the session to the
    /// next is opened before the old one is given up. Sleep of the machine is noticed by its clocks.
    pub(crate) async fn look_after(self: Rc<Self>) {
        let mut suspend = SuspendWatch::new(self.cluster.host());
        loop {
            let busy = self.open.get() > 0 || self.last_used.get().elapsed() < BUSY_AFTER;
            let pause = if busy { LOOK_BUSY } else { LOOK_IDLE };
            if let Some(slept) = suspend.sleep(pause).await {
                self.after_sleep(slept);
            }
            self.look().await;
        }
    }

    fn after_sleep(&self, slept: Duration) {
        self.cluster.reconnect();
        if let Some((link, _)) = self.usable() {
            link.check_now();
            (self.tell)(ForwardEvent::Back(format!(
                "{} (after {}s of sleep; checking the connection)",
                link.pod(),
                slept.as_secs()
            )));
        }
    }

    async fn look(self: &Rc<Self>) {
        if self.lost.get() {
            self.look_for_what_was_lost().await;
        }
        let Some((link, found)) = self.usable() else { return };
        let Ok(_looking) = self.looking.try_lock() else { return };
        let better = match self.resolver.find().await {
            Ok(Some(now)) if now.is_same_pod(&found) => {
                if now.is_good && !found.is_good {
                    self.current.replace(Some((link, now)));
                }
                return;
            }
            Ok(Some(now)) if now.is_good => now,
            Ok(_) => {
                // Nothing better: what is there goes on as long as it answers.
                return;
            }
            Err(error) if error.kind == Kind::NotFound => {
                link.retire();
                return;
            }
            Err(_) => return,
        };
        // The longest-ready pod may change without need; a pod that is still good is kept.
        if self.still_good(&found).await {
            return;
        }
        let Ok(dialer) = self.dialer() else { return };
        let next = Link::new(&better.pod.name, dialer);
        if next.open_first().await.is_ok() {
            self.take(next, better);
        }
    }

    /// What comes back is said, whether or not a connection asks for it.
    async fn look_for_what_was_lost(self: &Rc<Self>) {
        let Ok(_looking) = self.looking.try_lock() else { return };
        match self.usable() {
            Some((link, _)) if link.open_first().await.is_ok() => self.is_back(link.pod()),
            Some(_) => {}
            None => {
                if let Ok(Some(found)) = self.resolver.find().await
                    && found.is_good
                {
                    // A connection that comes finds out why it could not be gone to.
                    let _ = self.go_to(found);
                }
            }
        }
    }

    async fn still_good(&self, found: &ForwardTarget) -> bool {
        match Pods::of(&self.cluster).get(&found.pod.name).await {
            Ok(pod) => pod.serves() && pod.metadata.uid == found.pod.uid,
            // Not allowed to see it: its absence from what could be found says enough.
            Err(CallError::Answer(_)) => false,
            Err(CallError::Chain(_)) => true,
        }
    }
}
