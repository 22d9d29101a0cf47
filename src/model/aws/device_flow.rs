//! The OAuth device flow (RFC 8628) as a state machine: answers in, steps out.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

/// The answer to a poll, other than a token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum PollAnswer {
    /// The person has not approved yet.
    Pending,
    /// We poll too often.
    SlowDown,
    /// The device code expired.
    Expired,
    /// Refused by the person or the service; with the service's message.
    Denied(String),
    /// The client registration is unknown or expired.
    InvalidClient,
    /// No answer, or 429: worth polling again until the code expires.
    Transient(String),
    /// A 5xx, or an answer that cannot be read: worth polling again a few times.
    Broken(String),
    /// An error that polling again cannot change.
    Fatal(String),
}

/// What to do next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Step {
    /// Wait this long, then poll.
    Wait(Duration),
    GiveUp(GiveUp),
}

/// Why the flow ended without a token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum GiveUp {
    /// Not approved in time.
    Expired,
    /// Refused by the person or the service.
    Denied(String),
    /// The client must be registered again before the flow can start over.
    Register,
    /// Anything else, with the last error.
    Failed(String),
}

/// RFC 8628 §3.5: the default interval, and the increase on every `slow_down`.
const FIVE_SECONDS: Duration = Duration::from_secs(5);
/// So many broken answers in a row are the service's last word.
const MOST_BROKEN: u32 = 5;
/// After so many polls in a row without an answer, the person should know.
const LASTING: u32 = 3;

/// A device authorization in progress.
#[derive(Debug, Clone)]
pub(crate) struct DeviceFlow {
    interval: Duration,
    deadline: Timestamp,
    last_trouble: Option<String>,
    troubles_in_a_row: u32,
    broken_in_a_row: u32,
}

impl DeviceFlow {
    /// Starts at `now` with the seconds from StartDeviceAuthorization; 0 means that it named none.
    pub(crate) fn start(interval_seconds: i32, expires_in_seconds: i32, now: Timestamp) -> Self {
        let interval = u64::try_from(interval_seconds).ok().filter(|seconds| *seconds > 0);
        let lifetime = if expires_in_seconds > 0 { i64::from(expires_in_seconds) } else { 600 };
        DeviceFlow {
            interval: interval.map_or(FIVE_SECONDS, Duration::from_secs),
            deadline: now + SignedDuration::from_secs(lifetime),
            last_trouble: None,
            troubles_in_a_row: 0,
            broken_in_a_row: 0,
        }
    }

    /// When the code expires, by our own clock: the service may never say so.
    pub(crate) fn deadline(&self) -> Timestamp {
        self.deadline
    }

    /// What keeps polls from being answered; once, when it has lasted for a few of them.
    pub(crate) fn lasting_trouble(&self) -> Option<&str> {
        self.last_trouble.as_deref().filter(|_| self.troubles_in_a_row == LASTING)
    }

    /// The first step: poll at once, because the code may already be approved.
    pub(crate) fn first_step(&self) -> Step {
        Step::Wait(Duration::ZERO)
    }

    /// What to do after this answer.
    pub(crate) fn next_step(&mut self, answer: PollAnswer, now: Timestamp) -> Step {
        let is_broken = matches!(answer, PollAnswer::Broken(_));
        let is_trouble = is_broken || matches!(answer, PollAnswer::Transient(_));
        self.broken_in_a_row = if is_broken { self.broken_in_a_row + 1 } else { 0 };
        self.troubles_in_a_row = if is_trouble { self.troubles_in_a_row + 1 } else { 0 };
        match answer {
            PollAnswer::Expired => return Step::GiveUp(GiveUp::Expired),
            PollAnswer::Denied(words) => return Step::GiveUp(GiveUp::Denied(words)),
            PollAnswer::InvalidClient => return Step::GiveUp(GiveUp::Register),
            PollAnswer::Fatal(words) => return Step::GiveUp(GiveUp::Failed(words)),
            PollAnswer::Broken(words) if self.broken_in_a_row == MOST_BROKEN => {
                return Step::GiveUp(GiveUp::Failed(words));
            }
            PollAnswer::SlowDown => self.interval += FIVE_SECONDS,
            PollAnswer::Pending => self.last_trouble = None,
            PollAnswer::Transient(words) | PollAnswer::Broken(words) => self.last_trouble = Some(words),
        }
        if now + self.interval < self.deadline {
            return Step::Wait(self.interval);
        }
        match self.last_trouble.take() {
            Some(words) => Step::GiveUp(GiveUp::Failed(words)),
            None => Step::GiveUp(GiveUp::Expired),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: Timestamp = Timestamp::UNIX_EPOCH;

    fn after(seconds: i64) -> Timestamp {
        START + SignedDuration::from_secs(seconds)
    }

    #[test]
    fn each_answer_has_its_step() {
        for (answer, step) in [
            (PollAnswer::Pending, Step::Wait(Duration::from_secs(2))),
            (PollAnswer::Transient("no route".into()), Step::Wait(Duration::from_secs(2))),
            (PollAnswer::Broken("500".into()), Step::Wait(Duration::from_secs(2))),
            (PollAnswer::SlowDown, Step::Wait(Duration::from_secs(7))),
            (PollAnswer::Expired, Step::GiveUp(GiveUp::Expired)),
            (PollAnswer::Denied("no".into()), Step::GiveUp(GiveUp::Denied("no".into()))),
            (PollAnswer::InvalidClient, Step::GiveUp(GiveUp::Register)),
            (PollAnswer::Fatal("x".into()), Step::GiveUp(GiveUp::Failed("x".into()))),
        ] {
            let mut flow = DeviceFlow::start(2, 600, START);
            assert_eq!(flow.next_step(answer.clone(), after(1)), step, "{answer:?}");
        }
    }

    #[test]
    fn every_slow_down_adds_five_seconds() {
        let mut flow = DeviceFlow::start(1, 600, START);
        assert_eq!(flow.next_step(PollAnswer::SlowDown, after(1)), Step::Wait(Duration::from_secs(6)));
        assert_eq!(flow.next_step(PollAnswer::SlowDown, after(7)), Step::Wait(Duration::from_secs(11)));
        assert_eq!(flow.next_step(PollAnswer::Pending, after(18)), Step::Wait(Duration::from_secs(11)));
    }

    #[test]
    fn the_default_interval_is_five_seconds() {
        let mut flow = DeviceFlow::start(0, 600, START);
        assert_eq!(flow.next_step(PollAnswer::Pending, after(1)), Step::Wait(Duration::from_secs(5)));
        assert_eq!(DeviceFlow::start(-3, 0, START).deadline(), after(600));
    }

    #[test]
    fn broken_answers_in_a_row_end_the_flow_and_a_network_that_is_away_does_not() {
        let mut flow = DeviceFlow::start(1, 600, START);
        let wait = Step::Wait(Duration::from_secs(1));
        let broken = || PollAnswer::Broken("garbage".into());
        for _ in 0..3 {
            (1..MOST_BROKEN).for_each(|_| assert_eq!(flow.next_step(broken(), after(1)), wait));
            assert_eq!(flow.next_step(PollAnswer::Pending, after(1)), wait);
        }
        let mut said = 0;
        for _ in 0..100 {
            assert_eq!(flow.next_step(PollAnswer::Transient("no route".into()), after(1)), wait);
            said += usize::from(flow.lasting_trouble() == Some("no route"));
        }
        assert_eq!(said, 1);
        (1..MOST_BROKEN).for_each(|_| assert_eq!(flow.next_step(broken(), after(1)), wait));
        assert_eq!(flow.next_step(broken(), after(1)), Step::GiveUp(GiveUp::Failed("garbage".into())));
    }

    #[test]
    fn our_own_clock_ends_the_flow() {
        let mut flow = DeviceFlow::start(5, 60, START);
        assert_eq!(flow.next_step(PollAnswer::Pending, after(54)), Step::Wait(Duration::from_secs(5)));
        assert_eq!(flow.next_step(PollAnswer::Pending, after(55)), Step::GiveUp(GiveUp::Expired));
        let mut flow = DeviceFlow::start(5, 60, START);
        assert_eq!(
            flow.next_step(PollAnswer::Transient("no route".into()), after(58)),
            Step::GiveUp(GiveUp::Failed("no route".into()))
        );
    }
}
