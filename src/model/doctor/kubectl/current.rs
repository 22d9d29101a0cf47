//! The context that kubectl uses without a flag.

use crate::model::doctor::finding::Finding;
use crate::model::doctor::judgement::{Judgement, Problem};

pub(super) const FINDINGS: &[&Finding] = &[&MISSING, &NONE];

pub(crate) const MISSING: Finding = Finding::fail(
    "kubectl.current-missing",
    "kubectl.current",
    "The kubeconfig's current context does not exist: it was removed or renamed. kubectl fails without --context.",
    "Switch to a context that exists: `nsaccess use NAMESPACE`.",
);

pub(crate) const NONE: Finding = Finding::warn(
    "kubectl.no-current",
    "kubectl.current",
    "The kubeconfig has no current context, so kubectl connects to localhost:8080 without --context.",
    "Switch to the namespace: `nsaccess use NAMESPACE`. If this is intentional, ignore the warning.",
);

/// Whether kubectl has a context without a flag. `name`: the namespace's own.
pub(crate) fn judge_current(current: Option<&str>, exists: bool, name: &str, namespace: &str) -> Judgement {
    let problem = match current {
        Some(current) if current == name => return Judgement::ok(current),
        Some(current) if exists => return Judgement::ok(format!("{current} (not {name})")),
        Some(current) => Problem::of(&MISSING, format!("the current context {current} does not exist")),
        None => Problem::of(&NONE, "there is no current context"),
    };
    Judgement::problem(problem.try_next(format!("nsaccess use {namespace}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_context_that_exists_will_do() {
        let found = |current, exists| {
            let judged = judge_current(current, exists, "idp-ns-a", "a");
            judged.problems.first().map(|problem| problem.finding.id)
        };
        assert_eq!(found(Some("idp-ns-a"), true), None);
        assert_eq!(found(Some("minikube"), true), None);
        assert_eq!(found(Some("gone"), false), Some(MISSING.id));
        assert_eq!(found(None, false), Some(NONE.id));
    }
}
