//! The files of `KUBECONFIG`.

use crate::error::Error;
use crate::model::doctor::finding::Finding;
use crate::model::doctor::judgement::{Judgement, Problem};
use crate::model::shell::quote;

pub(super) const FINDINGS: &[&Finding] = &[&BROKEN, &ALL_MISSING, &SOME_MISSING];

pub(crate) const BROKEN: Finding = Finding::fail(
    "environment.kubeconfig-broken",
    "environment.kubeconfig",
    "A kubeconfig file is not valid YAML or not a kubeconfig, and kubectl then reads none of the files.",
    "Correct the line shown in the report, or remove the file from KUBECONFIG.",
);

pub(crate) const ALL_MISSING: Finding = Finding::fail(
    "environment.kubeconfig-all-missing",
    "environment.kubeconfig",
    "None of the files in KUBECONFIG exist, because its value contains a literal ~, which kubectl and nsaccess do not expand. kubectl finds no context.",
    "Unset the variable: `unset KUBECONFIG`. Or replace ~ with $HOME.",
);

pub(crate) const SOME_MISSING: Finding = Finding::warn(
    "environment.kubeconfig-missing",
    "environment.kubeconfig",
    "KUBECONFIG lists a file that does not exist. kubectl skips it, so its contexts are missing.",
    "Remove the file from the list with the command shown in the report, or restore it.",
);

/// A file of the list.
#[derive(Debug, Clone)]
pub(crate) struct Listed {
    /// As the variable spells it.
    pub(crate) spelled: String,
    pub(crate) state: State,
}

/// What a file of the list is.
#[derive(Debug, Clone)]
pub(crate) enum State {
    Missing,
    Good,
    Broken(Error),
}

/// Whether the files are there and can be read. `is_listed`: whether `KUBECONFIG` names them. Where it names only files
/// that are yet to be written, the check of the context says so.
pub(crate) fn judge_kubeconfig(files: &[Listed], is_listed: bool) -> Judgement {
    let mut problems: Vec<Problem> = files.iter().filter_map(broken).collect();
    let missing: Vec<&Listed> = files.iter().filter(|file| matches!(file.state, State::Missing)).collect();
    let present: Vec<&str> =
        files.iter().filter(|file| !matches!(file.state, State::Missing)).map(|file| file.spelled.as_str()).collect();
    if is_listed && present.is_empty() && has_tilde(&missing) {
        let problem = Problem::of(&ALL_MISSING, format!("KUBECONFIG lists {}, which does not exist", names(&missing)));
        problems.push(with_tilde(problem, &missing).try_next("unset KUBECONFIG"));
    } else if is_listed && !present.is_empty() && !missing.is_empty() {
        let problem = Problem::of(&SOME_MISSING, format!("KUBECONFIG lists {}, which does not exist", names(&missing)));
        let list = format!("export KUBECONFIG={}", quote(&present.join(":")));
        problems.push(with_tilde(problem, &missing).try_next(list));
    }
    let seen = match present.len() {
        0 => "none yet".to_owned(),
        1 => present[0].to_owned(),
        count => format!("{count} files"),
    };
    Judgement::of(problems, seen).facts(files.iter().map(|file| match file.state {
        State::Missing => format!("{} does not exist", file.spelled),
        State::Good => file.spelled.clone(),
        State::Broken(_) => format!("{} cannot be read", file.spelled),
    }))
}

fn broken(file: &Listed) -> Option<Problem> {
    let State::Broken(error) = &file.state else { return None };
    Some(Problem::of_error(&BROKEN, error))
}

fn names(files: &[&Listed]) -> String {
    files.iter().map(|file| file.spelled.as_str()).collect::<Vec<_>>().join(" and ")
}

fn with_tilde(problem: Problem, missing: &[&Listed]) -> Problem {
    match has_tilde(missing) {
        true => problem.because("kubectl does not expand ~ in KUBECONFIG; use $HOME"),
        false => problem,
    }
}

fn has_tilde(files: &[&Listed]) -> bool {
    files.iter().any(|file| file.spelled.starts_with('~'))
}

#[cfg(test)]
mod tests {
    use std::slice::from_ref;

    use super::*;

    fn file(spelled: &str, state: State) -> Listed {
        Listed { spelled: spelled.to_owned(), state }
    }

    fn found(files: &[Listed], is_listed: bool) -> Vec<(&'static str, String)> {
        let judged = judge_kubeconfig(files, is_listed);
        judged.problems.into_iter().map(|problem| (problem.finding.id, problem.try_next[0].clone())).collect()
    }

    #[test]
    fn missing_files_are_told_apart() {
        let (good, gone) = (file("/a", State::Good), file("~/b", State::Missing));
        assert_eq!(found(from_ref(&good), true), []);
        assert_eq!(found(&[good.clone(), gone.clone()], true), [(SOME_MISSING.id, "export KUBECONFIG=/a".to_owned())]);
        assert_eq!(found(from_ref(&gone), true), [(ALL_MISSING.id, "unset KUBECONFIG".to_owned())]);
        assert_eq!(found(&[file("/gone", State::Missing)], true), [], "the first login writes it");
        assert_eq!(found(from_ref(&gone), false), [], "nobody named it");
        assert!(judge_kubeconfig(&[gone], true).problems[0].because[0].contains("does not expand ~"));
    }

    #[test]
    fn a_file_that_cannot_be_read_is_named_with_its_line() {
        let error = Error::failure("cannot read ~/b").because("line 3: no YAML").try_next("${EDITOR:-vi} +3 /h/b");
        let files = [file("/a", State::Good), file("/h/b", State::Broken(error))];
        assert_eq!(found(&files, true), [(BROKEN.id, "${EDITOR:-vi} +3 /h/b".to_owned())]);
    }
}
