//! Owners and modes.

use std::path::PathBuf;

use super::place::{Expected, Place, listed, quoted};
use crate::model::doctor::finding::Finding;
use crate::model::doctor::judgement::{Judgement, Problem, Repair};

pub(super) const FINDINGS: &[&Finding] =
    &[&NOT_OWNED, &UNREADABLE, &READ_ONLY, &READABLE_BY_OTHERS, &WRITABLE_BY_OTHERS];

pub(crate) const NOT_OWNED: Finding = Finding::warn(
    "machine.not-owned",
    "machine.permissions",
    "Files in your home directory belong to root or another user, usually because of `sudo aws` or `sudo kubectl`. They can be read, but login cannot change them.",
    "Take ownership with the `sudo chown` command shown in the report.",
);

pub(crate) const UNREADABLE: Finding = Finding::fail(
    "machine.unreadable",
    "machine.permissions",
    "You cannot read a file or directory, because of its mode or because it belongs to another user.",
    "Run the `chmod` or `sudo chown` command shown in the report.",
);

pub(crate) const READ_ONLY: Finding = Finding::warn(
    "machine.read-only",
    "machine.permissions",
    "One of your files or directories is read-only. It can be used, but login, `kubectl config` and `aws configure` cannot change it.",
    "Run the `chmod u+w` command shown in the report. If this is intentional, ignore the warning.",
);

pub(crate) const READABLE_BY_OTHERS: Finding = Finding::warn(
    "machine.readable-by-others",
    "machine.permissions",
    "Other users of this machine can read files that contain tokens or keys.",
    "Run the `chmod 600` command shown in the report. `nsaccess doctor NAMESPACE --fix` does this for the files that nsaccess writes: its cache and the tokens of your sso-sessions.",
);

pub(crate) const WRITABLE_BY_OTHERS: Finding = Finding::warn(
    "machine.writable-by-others",
    "machine.permissions",
    "Every user of this machine can change files that name commands: a kubeconfig its plugin, an AWS configuration its `credential_process`. kubectl and AWS tools run those as you.",
    "Run the `chmod go-w` command shown in the report, and look at what the files say.",
);

/// Whether the current user can use the files, nobody else can read secrets, and not everybody can write.
pub(crate) fn judge_permissions(places: &[Place]) -> Judgement {
    let is = |wanted: fn(&Place) -> bool| places.iter().filter(|place| wanted(place)).collect::<Vec<_>>();
    let (locked, unreadable, foreign) = (is(is_locked), is(is_unreadable), is(is_foreign));
    let (read_only, open, for_all) = (is(is_read_only), is(is_open), is(is_for_all_to_write));
    let mut problems = Vec::new();
    let mut add = |finding, places: &[&Place], message: &str, command: &str| {
        if places.is_empty() {
            return;
        }
        let shown = listed(places.iter().map(|place| place.shown.as_str()));
        let paths = quoted(places.iter().map(|place| place.path.as_path()));
        let problem = Problem::of(finding, format!("{shown}: {message}")).try_next(format!("{command} {paths}"));
        problems.push(problem);
    };
    add(&UNREADABLE, &locked, "owned by another user and not readable by you", "sudo chown $(id -un)");
    add(&NOT_OWNED, &foreign, "owned by another user and not writable by you", "sudo chown $(id -un)");
    add(&UNREADABLE, &unreadable, "not readable by you", "chmod u+rwX");
    add(&READ_ONLY, &read_only, "not writable by you", "chmod u+w");
    add(&READABLE_BY_OTHERS, &open, "readable by other users", "chmod 600");
    add(&WRITABLE_BY_OTHERS, &for_all, "every user can change it", "chmod go-w");
    let ours: Vec<PathBuf> = open.iter().filter(|place| place.is_ours).map(|place| place.path.clone()).collect();
    for problem in problems.iter_mut().filter(|problem| *problem.finding == READABLE_BY_OTHERS && !ours.is_empty()) {
        problem.repair = Some(Repair::Tighten(ours.clone()));
    }
    Judgement::of(problems, "files belong to you, and secrets are private")
}

/// The finding that keeps the file, or a folder above it, from being read.
pub(super) fn fault(place: &Place) -> Option<&'static Finding> {
    (is_locked(place) || is_unreadable(place)).then_some(&UNREADABLE)
}

fn is_locked(place: &Place) -> bool {
    place.as_expected().is_some_and(|found| !found.is_own && !found.may_read)
}

fn is_foreign(place: &Place) -> bool {
    let lacks = |found: &super::place::Something| found.may_read && !found.may_write && place.is_written();
    place.as_expected().is_some_and(|found| !found.is_own && lacks(found))
}

fn is_unreadable(place: &Place) -> bool {
    place.as_expected().is_some_and(|found| found.is_own && !found.may_read)
}

fn is_read_only(place: &Place) -> bool {
    place.as_expected().is_some_and(|found| found.is_own && found.may_read && !found.may_write && place.is_written())
}

fn is_open(place: &Place) -> bool {
    place.expected == Expected::Secret && place.as_expected().is_some_and(|found| found.is_own && found.is_open)
}

fn is_for_all_to_write(place: &Place) -> bool {
    place.as_expected().is_some_and(|found| found.is_own && found.is_for_all_to_write)
}

impl Place {
    /// Whether it is ours and others' to write. Files with secrets are replaced as a whole, or only read.
    fn is_written(&self) -> bool {
        self.is_at_home && self.expected != Expected::Secret
    }
}

#[cfg(test)]
mod tests {
    use super::super::place::samples::{GOOD, place};
    use super::super::place::{Found, Kind, Something};
    use super::*;

    fn judged(something: Something, expected: Expected) -> Vec<(&'static str, String)> {
        let judged = judge_permissions(&[place(expected, Found::Something(something))]);
        judged.problems.into_iter().map(|problem| (problem.finding.id, problem.try_next[0].clone())).collect()
    }

    fn found(id: &'static str, command: &str) -> Vec<(&'static str, String)> {
        vec![(id, format!("{command} /home/ada/x"))]
    }

    #[test]
    fn each_lack_has_its_command() {
        let foreign = Something { is_own: false, ..GOOD };
        let protected = Something { may_write: false, ..GOOD };
        assert_eq!(judged(GOOD, Expected::Secret), []);
        assert_eq!(
            judged(Something { may_write: false, ..foreign.clone() }, Expected::Text),
            found("machine.not-owned", "sudo chown $(id -un)")
        );
        assert_eq!(
            judged(Something { may_read: false, may_write: false, ..foreign.clone() }, Expected::Text),
            found("machine.unreadable", "sudo chown $(id -un)")
        );
        assert_eq!(
            judged(Something { may_read: false, ..GOOD }, Expected::Text),
            found("machine.unreadable", "chmod u+rwX")
        );
        assert_eq!(judged(protected.clone(), Expected::Text), found("machine.read-only", "chmod u+w"));
        assert_eq!(
            judged(Something { is_open: true, ..GOOD }, Expected::Secret),
            found("machine.readable-by-others", "chmod 600")
        );
        for expected in [Expected::Text, Expected::Secret] {
            let for_all = Something { is_for_all_to_write: true, ..GOOD };
            assert_eq!(judged(for_all, expected), found("machine.writable-by-others", "chmod go-w"));
        }
        // Group-writable, or somebody else's file that is only read: nothing that hinders.
        assert_eq!(judged(foreign.clone(), Expected::Text), []);
        assert_eq!(judged(Something { may_write: false, ..foreign.clone() }, Expected::Secret), []);
        assert_eq!(judged(protected, Expected::Secret), []);
        let shared = Found::Something(Something { may_write: false, ..foreign });
        let shared = Place { is_at_home: false, ..place(Expected::Text, shared) };
        assert_eq!(judge_permissions(&[shared]).problems, []);
        assert_eq!(judged(Something { is_open: true, ..GOOD }, Expected::Text), [], "it holds no secret");
    }

    #[test]
    fn what_is_in_the_way_is_for_the_check_of_files() {
        let pipe = Something { kind: Kind::Other("a named pipe"), may_read: false, ..GOOD };
        assert_eq!(judged(pipe, Expected::Text), []);
    }

    #[test]
    fn secrets_that_are_ours_are_tightened() {
        let ours = place(Expected::Secret, Found::Something(Something { is_open: true, ..GOOD }));
        let other = Place { path: "/home/ada/keys".into(), is_ours: false, ..ours.clone() };
        let judged = judge_permissions(&[ours, other.clone()]);
        assert_eq!(judged.problems[0].try_next, ["chmod 600 /home/ada/x /home/ada/keys"]);
        assert_eq!(judged.problems[0].repair, Some(Repair::Tighten(vec!["/home/ada/x".into()])));
        let judged = judge_permissions(&[other]);
        assert_eq!((judged.problems.len(), &judged.problems[0].repair), (1, &None));
    }
}
