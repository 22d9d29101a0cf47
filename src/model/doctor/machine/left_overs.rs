//! What programs left that were killed.

use std::path::PathBuf;

use super::place::{listed, quoted};
use crate::model::doctor::finding::Finding;
use crate::model::doctor::judgement::{Judgement, Problem, Repair};

pub(super) const FINDINGS: &[&Finding] = &[&KUBECTL_LOCK, &OUR_LOCK, &TEMPORARY_FILES];

pub(crate) const KUBECTL_LOCK: Finding = Finding::fail(
    "machine.kubectl-lock",
    "machine.left-overs",
    "kubectl was killed while it was editing a kubeconfig, and its lock file is still there. Until it is removed, `kubectl config`, `nsaccess login` and `nsaccess use` cannot change the kubeconfig.",
    "If kubectl is not running, remove the lock with the command shown in the report.",
);

pub(crate) const OUR_LOCK: Finding = Finding::warn(
    "machine.own-lock",
    "machine.left-overs",
    "nsaccess left a lock file next to a kubeconfig, and its process is no longer running. kubectl cannot change the kubeconfig until the lock is removed. The next change made by nsaccess removes it.",
    "Remove it with the command shown in the report, or with `nsaccess doctor NAMESPACE --fix`.",
);

pub(crate) const TEMPORARY_FILES: Finding = Finding::warn(
    "machine.temporary-files",
    "machine.left-overs",
    "nsaccess was killed and left temporary files, which may contain tokens.",
    "Remove them with the command shown in the report, or with `nsaccess doctor NAMESPACE --fix`.",
);

/// Younger locks belong to a kubectl that is at work.
const YOUNG_SECONDS: i64 = 10;

/// Something that was left, and its age if that is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct LeftOver {
    pub(crate) path: PathBuf,
    pub(crate) shown: String,
    pub(crate) age_seconds: Option<i64>,
}

/// All that was left.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct LeftOvers {
    /// Lock files beside a kubeconfig that are not ours.
    pub(crate) kubectl_locks: Vec<LeftOver>,
    /// Lock files of ours whose process is gone.
    pub(crate) our_locks: Vec<LeftOver>,
    /// Files and folders of ours whose process is gone.
    pub(crate) temporary: Vec<LeftOver>,
}

/// Whether something was left that is in the way.
pub(crate) fn judge_left_overs(found: &LeftOvers) -> Judgement {
    let stale = |lock: &&LeftOver| lock.age_seconds.is_none_or(|age| age >= YOUNG_SECONDS);
    let kubectl: Vec<&LeftOver> = found.kubectl_locks.iter().filter(stale).collect();
    let mut problems = Vec::new();
    if !kubectl.is_empty() {
        let problem = Problem::of(&KUBECTL_LOCK, format!("stale kubectl lock: {}", in_words(&kubectl)));
        problems.push(problem.try_next(format!("rm -f {}   # only if kubectl is not running", words(&kubectl))));
    }
    let ours: Vec<&LeftOver> = found.our_locks.iter().collect();
    if !ours.is_empty() {
        let problem = Problem::of(&OUR_LOCK, format!("stale nsaccess lock: {}", in_words(&ours)));
        problems.push(problem.try_next(format!("rm -f {}", words(&ours))).repair(Repair::Remove(paths(&ours))));
    }
    let temporary: Vec<&LeftOver> = found.temporary.iter().collect();
    if !temporary.is_empty() {
        let message = format!("stale temporary files: {}", in_words(&temporary));
        let problem = Problem::of(&TEMPORARY_FILES, message).try_next(format!("rm -rf {}", words(&temporary)));
        problems.push(problem.repair(Repair::Remove(paths(&temporary))));
    }
    Judgement::of(problems, "none")
}

fn words(found: &[&LeftOver]) -> String {
    quoted(found.iter().map(|left| left.path.as_path()))
}

fn paths(found: &[&LeftOver]) -> Vec<PathBuf> {
    found.iter().map(|left| left.path.clone()).collect()
}

fn in_words(found: &[&LeftOver]) -> String {
    let texts: Vec<String> = found
        .iter()
        .map(|left| match left.age_seconds {
            Some(age) => format!("{} ({} old)", left.shown, age_in_words(age)),
            None => left.shown.clone(),
        })
        .collect();
    listed(texts.iter().map(String::as_str))
}

/// An age, roughly.
pub(crate) fn age_in_words(seconds: i64) -> String {
    match seconds {
        ..=119 => format!("{}s", seconds.max(0)),
        120..=7199 => format!("{}m", seconds / 60),
        7200..=172_799 => format!("{}h", seconds / 3600),
        _ => format!("{}d", seconds / 86_400),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn left(age_seconds: Option<i64>) -> Vec<LeftOver> {
        vec![LeftOver { path: "/h/.kube/config.lock".into(), shown: "~/.kube/config.lock".to_owned(), age_seconds }]
    }

    fn ids(found: &LeftOvers) -> Vec<&'static str> {
        judge_left_overs(found).problems.iter().map(|problem| problem.finding.id).collect()
    }

    #[test]
    fn a_lock_of_kubectl_is_left_over_once_it_is_old() {
        let locks = |age| LeftOvers { kubectl_locks: left(age), ..LeftOvers::default() };
        assert!(ids(&locks(Some(2))).is_empty(), "kubectl is at work");
        assert_eq!(ids(&locks(None)), ["machine.kubectl-lock"]);
        let problem = judge_left_overs(&locks(Some(7200))).problems.remove(0);
        assert_eq!(problem.message, "stale kubectl lock: ~/.kube/config.lock (2h old)");
        assert_eq!(problem.try_next, ["rm -f /h/.kube/config.lock   # only if kubectl is not running"]);
        assert_eq!(problem.repair, None, "it is not ours");
    }

    #[test]
    fn what_is_ours_is_removed() {
        let found = LeftOvers { our_locks: left(Some(0)), temporary: left(None), ..LeftOvers::default() };
        assert_eq!(ids(&found), ["machine.own-lock", "machine.temporary-files"]);
        let expected = Repair::Remove(vec!["/h/.kube/config.lock".into()]);
        assert!(judge_left_overs(&found).problems.iter().all(|problem| problem.repair.as_ref() == Some(&expected)));
        assert!(ids(&LeftOvers::default()).is_empty());
    }
}
