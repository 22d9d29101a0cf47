//! The OAuth device flow (RFC 8628) as a state machine: answers in, steps out. It neither waits nor asks.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

/// What the service answered to one poll instead of a token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum PollAnswer {
    /// The person has not decided yet.
    Pending,
    /// We ask too often.
    SlowDown,
    /// The device code is over.
    Expired,
    /// The person, or the service, said no; with the service's words.
    Denied(String),
    /// The registration is unknown or over.
    InvalidClient,
    /// No answer, a 5xx or 429: worth asking again until the code ends.
    Transient(String),
    /// An answer that asking again cannot change.
    Fatal(String),
}

/// What to do next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Step {
    /// Wait this long, then poll.
    Wait(Duration),
    /// Stop.
    GiveUp(GiveUp),
}

/// Why the flow ended without a token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum GiveUp {
    /// Nobody approved in time.
    Expired,
    /// Somebody, or the service, said no.
    Denied(String),
    /// The registration must be made again; then the flow can start anew.
    Register,
    /// Anything else, with the last thing heard.
    Failed(String),
}

/// RFC 8628 §3.5: five seconds more for every `slow_down`, and the interval where the service names none.
const FIVE_SECONDS: Duration = Duration::from_secs(5);

/// A device authorization in progress.
#[derive(Debug, Clone)]
pub(crate) struct DeviceFlow {
    interval: Duration,
    deadline: Timestamp,
    last_trouble: Option<String>,
}

impl DeviceFlow {
    /// Starts at `now` with what StartDeviceAuthorization answered, in seconds; 0 means that it named none.
    pub(crate) fn start(interval_seconds: i32, expires_in_seconds: i32, now: Timestamp) -> Self {
        let interval = u64::try_from(interval_seconds).ok().filter(|seconds| *seconds > 0);
        let lifetime = if expires_in_seconds > 0 { i64::from(expires_in_seconds) } else { 600 };
        DeviceFlow {
            interval: interval.map_or(FIVE_SECONDS, Duration::from_secs),
            deadline: now + SignedDuration::from_secs(lifetime),
            last_trouble: None,
        }
    }

    /// When the code ends, by our own clock: the service may never say so (the AWS CLI polls forever then).
    pub(crate) fn deadline(&self) -> Timestamp {
        self.deadline
    }

    /// The first step: one poll at once serves a code that was approved before (pre-authorised clients).
    pub(crate) fn first_step(&self) -> Step {
        Step::Wait(Duration::ZERO)
    }

    /// Takes an answer in and says what to do next.
    pub(crate) fn next_step(&mut self, answer: PollAnswer, now: Timestamp) -> Step {
        match answer {
            PollAnswer::Expired => return Step::GiveUp(GiveUp::Expired),
            PollAnswer::Denied(words) => return Step::GiveUp(GiveUp::Denied(words)),
            PollAnswer::InvalidClient => return Step::GiveUp(GiveUp::Register),
            PollAnswer::Fatal(words) => return Step::GiveUp(GiveUp::Failed(words)),
            PollAnswer::SlowDown => self.interval += FIVE_SECONDS,
            PollAnswer::Pending => self.last_trouble = None,
            PollAnswer::Transient(words) => self.last_trouble = Some(words),
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
            (PollAnswer::Transient("500".into()), Step::Wait(Duration::from_secs(2))),
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
    fn slow_down_adds_five_seconds_every_time_and_for_good() {
        let mut flow = DeviceFlow::start(1, 600, START);
        assert_eq!(flow.next_step(PollAnswer::SlowDown, after(1)), Step::Wait(Duration::from_secs(6)));
        assert_eq!(flow.next_step(PollAnswer::SlowDown, after(7)), Step::Wait(Duration::from_secs(11)));
        assert_eq!(flow.next_step(PollAnswer::Pending, after(18)), Step::Wait(Duration::from_secs(11)));
    }

    #[test]
    fn the_interval_is_five_seconds_where_none_is_named() {
        let mut flow = DeviceFlow::start(0, 600, START);
        assert_eq!(flow.next_step(PollAnswer::Pending, after(1)), Step::Wait(Duration::from_secs(5)));
        assert_eq!(DeviceFlow::start(-3, 0, START).deadline(), after(600));
    }

    #[test]
    fn our_own_clock_ends_it_even_if_the_service_never_does() {
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
