//! Which files the variables put in the place of those in `~/.aws`.

use crate::model::doctor::finding::Finding;
use crate::model::doctor::judgement::{Judgement, Problem};

pub(super) const FINDINGS: &[&Finding] = &[&CONFIG_MISSING];

pub(crate) const CONFIG_MISSING: Finding = Finding::fail(
    "environment.aws-config-missing",
    "environment.aws-files",
    "AWS_CONFIG_FILE points to a file that does not exist, so nsaccess, the AWS CLI and the SDKs find no profile.",
    "Correct or unset the variable.",
);

/// A file that a variable names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Named {
    pub(crate) shown: String,
    pub(crate) exists: bool,
}

/// Whether the files that the variables name are there. The AWS CLI can do without one for credentials.
pub(crate) fn judge_aws_files(config: Option<&Named>, credentials: Option<&Named>) -> Judgement {
    if let Some(config) = config.filter(|config| !config.exists) {
        let message = format!("AWS_CONFIG_FILE points to {}, which does not exist", config.shown);
        return Judgement::problem(Problem::of(&CONFIG_MISSING, message).try_next("unset AWS_CONFIG_FILE"));
    }
    let fact = |variable: &str, named: &Named| {
        let missing = if named.exists { "" } else { ", which does not exist" };
        format!("{variable} = {}{missing}", named.shown)
    };
    let config = config.map(|named| fact("AWS_CONFIG_FILE", named));
    let credentials = credentials.map(|named| fact("AWS_SHARED_CREDENTIALS_FILE", named));
    let facts: Vec<String> = config.into_iter().chain(credentials).collect();
    Judgement::ok(if facts.is_empty() { "~/.aws (default)".to_owned() } else { facts.join(", ") })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_missing_configuration_is_a_failure() {
        let named = |exists| Named { shown: "~/c".to_owned(), exists };
        let id = |config: Option<Named>, credentials: Option<Named>| {
            let judged = judge_aws_files(config.as_ref(), credentials.as_ref());
            judged.problems.first().map(|problem| problem.finding.id)
        };
        assert_eq!(id(Some(named(false)), None), Some(CONFIG_MISSING.id));
        assert_eq!(id(None, Some(named(false))), None);
        assert_eq!(id(Some(named(true)), Some(named(true))), None);
        assert_eq!(
            judge_aws_files(None, Some(&named(false))),
            Judgement::ok("AWS_SHARED_CREDENTIALS_FILE = ~/c, which does not exist")
        );
    }
}
