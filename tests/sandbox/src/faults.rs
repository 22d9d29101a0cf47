//! Faults that tests inject.

use std::collections::BTreeMap;

use tokio::sync::watch;

/// A fault of some requests.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// `oidc`, `portal`, `sts`, `eks`, `iam`, `secretsmanager`, `signin`, `start-page`, `kube:<cluster>`, or `*`.
    pub service: String,
    /// The operation as the journal names it, or `*`.
    pub operation: String,
    /// For how many requests; None for all.
    pub times: Option<u32>,
    /// What goes wrong.
    pub kind: FaultKind,
}

/// What goes wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FaultKind {
    /// Delays the answer by this many milliseconds.
    Latency(u64),
    /// An AWS or Kubernetes error of this code, in the form of the service.
    Error {
        /// The HTTP status.
        status: u16,
        /// The code: `InternalServerException`, `ServiceUnavailable`, …
        code: String,
        /// The message.
        message: String,
    },
    /// The refusal of a service that is asked too often, in its own words.
    Throttled,
    /// A response with this status, content type and body.
    Body {
        /// The HTTP status.
        status: u16,
        /// The content type.
        content_type: String,
        /// The body.
        body: String,
    },
    /// 200 with a body that is neither JSON nor XML.
    Garbage,
    /// The connection is cut before an answer; the request is *not* carried out.
    CutBefore,
    /// The request is carried out, and the connection is cut instead of an answer.
    CutAfter,
    /// The request is carried out, and the connection is cut in the middle of the answer's body.
    CutMidBody,
    /// No answer, and the connection stays open.
    Hang,
    /// Holds the answer until [`release_answers`](crate::Control::release_answers), so that other things can happen
    /// before it.
    Hold,
    /// An endless answer: bytes without a line end, as fast as they are read.
    Endless {
        /// The HTTP status.
        status: u16,
    },
    /// An endless answer: a byte now and then.
    Dripping {
        /// The HTTP status.
        status: u16,
        /// Between two bytes.
        milliseconds: u64,
    },
    /// The request is carried out, and the answer comes in chunks, the last of which is missing.
    CutChunks,
    /// The request is carried out, and the answer's `content-length` is half of its length.
    TooShort,
    /// A redirection.
    Redirect {
        /// The HTTP status.
        status: u16,
        /// Where it leads; to the same address if `None`.
        location: Option<String>,
    },
    /// The request is carried out, and words are appended to strings of the answer.
    Words {
        /// What is appended.
        words: String,
        /// To which string, counted from 0; to all if `None`.
        only: Option<usize>,
    },
    /// An empty page of a list with a token for the next page, whatever token was sent.
    PagesWithoutEnd {
        /// Whether each page has a different token.
        fresh: bool,
    },
}

/// The answers that wait to be released.
#[derive(Debug)]
pub(crate) struct Held(watch::Sender<(usize, u64)>);

impl Default for Held {
    fn default() -> Held {
        Held(watch::Sender::new((0, 0)))
    }
}

impl Held {
    /// Holds an answer until it is released.
    pub(crate) async fn keep(&self) {
        let mut releases = self.0.subscribe();
        let mut round = 0;
        self.0.send_modify(|(waiting, current)| {
            *waiting += 1;
            round = *current;
        });
        let _ = releases.wait_for(|(_, current)| *current > round).await;
    }

    /// How many are held.
    pub(crate) fn waiting(&self) -> usize {
        self.0.borrow().0
    }

    /// Releases all held answers.
    pub(crate) fn release(&self) {
        self.0.send_modify(|(waiting, current)| (*waiting, *current) = (0, *current + 1));
    }
}

/// All faults and throttles.
#[derive(Debug, Default)]
pub(crate) struct Faults {
    pub(crate) list: Vec<Fault>,
    throttles: BTreeMap<String, Throttle>,
}

/// At most this many requests a second.
#[derive(Debug)]
struct Throttle {
    per_second: usize,
    recent: Vec<i64>,
}

impl Faults {
    /// The faults of this request. Each counted fault is used up by one.
    pub(crate) fn take(&mut self, service: &str, operation: &str) -> Vec<FaultKind> {
        let mut kinds = Vec::new();
        for fault in &mut self.list {
            let hit = |pattern: &str, name: &str| pattern == "*" || pattern == name;
            if !hit(&fault.service, service) || !hit(&fault.operation, operation) || fault.times == Some(0) {
                continue;
            }
            // Of several faults that replace the answer, only the first is used up. Delays add to it.
            let answers = |kind: &FaultKind| !matches!(kind, FaultKind::Latency(_) | FaultKind::Hold);
            if answers(&fault.kind) && kinds.iter().any(answers) {
                continue;
            }
            fault.times = fault.times.map(|times| times - 1);
            kinds.push(fault.kind.clone());
        }
        self.list.retain(|fault| fault.times != Some(0));
        kinds
    }

    /// Sets or removes a throttle.
    pub(crate) fn throttle(&mut self, service: &str, per_second: Option<usize>) {
        match per_second {
            Some(per_second) => {
                self.throttles.insert(service.to_owned(), Throttle { per_second, recent: Vec::new() });
            }
            None => {
                self.throttles.remove(service);
            }
        }
    }

    /// Whether a request now exceeds the throttle. Refused requests do not count.
    pub(crate) fn throttled(&mut self, service: &str, now_milliseconds: i64) -> bool {
        let Some(throttle) = self.throttles.get_mut(service) else { return false };
        throttle.recent.retain(|at| now_milliseconds - at < 1000);
        if throttle.recent.len() >= throttle.per_second {
            return true;
        }
        throttle.recent.push(now_milliseconds);
        false
    }

    /// Removes all faults and throttles.
    pub(crate) fn clear(&mut self) {
        *self = Faults::default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_counted_fault_is_used_up() {
        let mut faults = Faults::default();
        let fault = |times, kind| Fault { service: "portal".into(), operation: "*".into(), times, kind };
        faults.list = vec![
            fault(Some(2), FaultKind::Garbage),
            fault(None, FaultKind::Latency(5)),
            fault(Some(1), FaultKind::Hang),
        ];
        assert_eq!(faults.take("oidc", "CreateToken"), []);
        assert_eq!(faults.take("portal", "Logout"), [FaultKind::Garbage, FaultKind::Latency(5)]);
        assert_eq!(faults.take("portal", "Logout"), [FaultKind::Garbage, FaultKind::Latency(5)]);
        assert_eq!(faults.take("portal", "Logout"), [FaultKind::Latency(5), FaultKind::Hang]);
        assert_eq!(faults.take("portal", "Logout"), [FaultKind::Latency(5)]);
    }

    #[test]
    fn a_throttle_lets_so_many_through_in_a_second() {
        let mut faults = Faults::default();
        faults.throttle("portal", Some(2));
        let verdicts: Vec<bool> =
            [0, 10, 20, 999, 1000, 1005].iter().map(|&at| faults.throttled("portal", at)).collect();
        assert_eq!(verdicts, [false, false, true, true, false, true]);
        assert!(!faults.throttled("oidc", 0));
    }
}
