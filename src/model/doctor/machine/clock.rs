//! The clock, compared with those of the servers.

use jiff::SignedDuration;

use crate::model::doctor::finding::Finding;
use crate::model::doctor::judgement::{Judgement, Problem};

pub(super) const FINDINGS: &[&Finding] = &[&WRONG, &INEXACT];

pub(crate) const WRONG: Finding = Finding::fail(
    "machine.clock-wrong",
    "machine.clock",
    "This machine's clock is off by more than 5 minutes. AWS and clusters reject requests signed with the wrong time, usually with a misleading error.",
    "Synchronize the clock with the command shown in the report. In a virtual machine or WSL, restarting it also helps.",
);

pub(crate) const INEXACT: Finding = Finding::warn(
    "machine.clock-inexact",
    "machine.clock",
    "This machine's clock is off by more than a minute. AWS rejects signatures once it is off by 5 minutes, so everything will stop working if the clock keeps drifting.",
    "Synchronize the clock with the command shown in the report.",
);

/// SigV4 refuses requests whose time is off by more than this.
const TOLERANCE: SignedDuration = SignedDuration::from_mins(5);
const NOTICEABLE: SignedDuration = SignedDuration::from_mins(1);

/// How far the clock is ahead of somebody's (negative: behind). `set_clock`: the command that sets it.
pub(crate) fn judge_clock(ahead: SignedDuration, whose: &str, set_clock: &str) -> Judgement {
    let (finding, consequence) = match ahead.abs() {
        off if off > TOLERANCE => (&WRONG, "AWS and the cluster reject requests signed with the wrong time"),
        off if off > NOTICEABLE => (&INEXACT, "AWS rejects signatures once the clock is off by 5 minutes"),
        off => return Judgement::ok(format!("in sync (within {} of {whose})", seconds(off))),
    };
    let message = format!("this machine's clock is {}", difference(ahead, whose));
    Judgement::problem(Problem::of(finding, message).because(consequence).try_next(set_clock))
}

fn seconds(off: SignedDuration) -> String {
    format!("{}s", off.as_secs().max(1))
}

/// `7 minutes ahead of AWS's`
pub(crate) fn difference(ahead: SignedDuration, whose: &str) -> String {
    let seconds = ahead.abs().as_secs();
    let minutes = (seconds + 30) / 60;
    let far = match minutes {
        ..2 => format!("{seconds} seconds"),
        2..120 => format!("{minutes} minutes"),
        _ => format!("{} hours", (minutes + 30) / 60),
    };
    format!("{far} {} {whose}", if ahead.is_positive() { "ahead of" } else { "behind" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn minutes_are_told_and_five_are_too_many() {
        let judged = |seconds| judge_clock(SignedDuration::from_secs(seconds), "AWS's", "sudo sntp");
        let id = |seconds| judged(seconds).problems.first().map(|problem| problem.finding.id);
        for good in [0, 59, -60, 60] {
            assert_eq!(id(good), None, "{good}");
        }
        for (seconds, found) in [(61, INEXACT.id), (-300, INEXACT.id), (301, WRONG.id), (-86_400, WRONG.id)] {
            assert_eq!(id(seconds), Some(found), "{seconds}");
        }
        assert_eq!(judged(-420).problems[0].message, "this machine's clock is 7 minutes behind AWS's");
        assert_eq!(judged(7230).problems[0].message, "this machine's clock is 2 hours ahead of AWS's");
        assert_eq!(judged(70).problems[0].try_next, ["sudo sntp"]);
    }
}
