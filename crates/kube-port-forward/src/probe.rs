//! A port that refused last is asked by one attempt at a time. Those that come meanwhile wait for its verdict, so that many
//! at once cost the server one question.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use tokio::sync::Notify;

/// The ports of a pod that are being asked.
#[derive(Default)]
pub(crate) struct Probes(RefCell<HashMap<u16, Rc<State>>>);

#[derive(Default)]
struct State {
    verdict: RefCell<Option<Verdict>>,
    told: Notify,
}

/// What an attempt has found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// The port still refuses; the words for those who wait.
    Refused(String),
    /// It was not refused.
    Passed,
    /// It ended otherwise: another one has to ask.
    Unknown,
}

/// An attempt that others wait for.
pub(crate) struct Probe {
    probes: Rc<Probes>,
    port: u16,
    state: Rc<State>,
}

impl Probes {
    /// Begins to ask a port.
    ///
    /// # Errors
    /// When another attempt asks it already: its verdict, once there is one.
    pub(crate) async fn begin(self: &Rc<Self>, port: u16) -> Result<Rc<Probe>, Verdict> {
        let running = self.0.borrow().get(&port).cloned();
        let Some(running) = running else {
            let state = Rc::new(State::default());
            self.0.borrow_mut().insert(port, state.clone());
            return Ok(Rc::new(Probe { probes: self.clone(), port, state }));
        };
        let told = running.told.notified();
        if running.verdict.borrow().is_none() {
            told.await;
        }
        Err(running.verdict.borrow().clone().unwrap_or(Verdict::Unknown))
    }
}

impl Probe {
    /// Tells those who wait; whoever comes from now on asks anew.
    pub(crate) fn tell(&self, verdict: Verdict) {
        if self.state.verdict.borrow().is_none() {
            *self.state.verdict.borrow_mut() = Some(verdict);
            self.probes.0.borrow_mut().remove(&self.port);
            self.state.told.notify_waiters();
        }
    }
}

impl Drop for Probe {
    fn drop(&mut self) {
        self.tell(Verdict::Unknown);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run<T>(future: impl Future<Output = T>) -> T {
        tokio::runtime::Builder::new_current_thread().build().expect("a runtime").block_on(future)
    }

    #[test]
    fn one_asks_and_the_others_hear_it() {
        run(async {
            let probes = Rc::new(Probes::default());
            let probe = probes.begin(80).await.unwrap_or_else(|_| panic!("nobody asks"));
            assert!(probes.begin(81).await.is_ok(), "another port is another question");
            let refused = Verdict::Refused("no".into());
            let others = futures_util::future::join3(probes.begin(80), probes.begin(80), async {
                probe.tell(refused.clone());
                probe.tell(Verdict::Passed);
            });
            let (first, second, ()) = others.await;
            assert_eq!((first.err(), second.err()), (Some(refused.clone()), Some(refused)));
            let again = probes.begin(80).await;
            assert!(again.is_ok(), "the next one asks anew");
            let ((), waited) = futures_util::future::join(async { drop(again) }, probes.begin(80)).await;
            assert!(waited.is_ok());
        });
    }

    #[test]
    fn one_that_ends_without_a_verdict_leaves_the_question_to_the_next() {
        run(async {
            let probes = Rc::new(Probes::default());
            let probe = probes.begin(80).await.ok();
            let (waited, ()) = futures_util::future::join(probes.begin(80), async { drop(probe) }).await;
            assert_eq!(waited.err(), Some(Verdict::Unknown));
        });
    }
}
