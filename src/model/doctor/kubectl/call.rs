//! A call of the kubectl of this machine: it sees what no reading of files foretells.

use crate::model::doctor::finding::Finding;
use crate::model::doctor::judgement::{Judgement, Problem};
use crate::model::shell;

pub(super) const FINDINGS: &[&Finding] = &[&FAILED];

pub(crate) const FAILED: Finding = Finding::fail(
    "kubectl.call-failed",
    "kubectl.call",
    "kubectl fails, although everything else is in order. A kubeconfig file has something that kubectl rejects (a wrong type, a broken certificate of another cluster) or prefers to the plugin (a token, a password, impersonation).",
    "Follow kubectl's message, shown in the report. `kubectl config view` shows the merged files.",
);

/// How the call ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Call {
    /// There is no kubectl.
    None,
    Succeeded,
    /// The lines of its standard error.
    Failed(Vec<String>),
    Late,
}

/// Whether kubectl gets an answer as the context. `file`: where the context stands.
pub(crate) fn judge_call(call: &Call, context: &str, file: &str) -> Judgement {
    let said = match call {
        Call::None => return Judgement::skipped("kubectl is not installed"),
        Call::Succeeded => return Judgement::ok(format!("works with the context {context}")),
        Call::Late => return Judgement::unknown("kubectl did not finish within 5 seconds"),
        Call::Failed(said) => said,
    };
    let problem = Problem::of(&FAILED, "kubectl fails, although everything it needs is in order");
    // Lines of its log come before what it says at last, and a token has no place here.
    let told = said.iter().filter(|line| !is_log(line) && !line.contains("k8s-aws-v1."));
    let problem = told.take(3).fold(problem, |problem, line| problem.because(line));
    Judgement::problem(problem.try_next(shell::edit(file, None)))
}

/// `E1126 04:15:00.123456   12345 memcache.go:265] …`
fn is_log(line: &str) -> bool {
    let mut letters = line.chars();
    letters.next().is_some_and(|first| "IWEF".contains(first)) && letters.take(4).all(|letter| letter.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_kubectl_says_at_last_is_told() {
        let lines = ["E1126 04:15:00.1   12 memcache.go:265] k", "error: no", "token k8s-aws-v1.x"];
        let failed = Call::Failed(lines.map(str::to_owned).to_vec());
        let judged = judge_call(&failed, "idp-ns-a", "/home/ada/.kube/config");
        assert_eq!(judged.problems[0].because, ["error: no"]);
        assert_eq!(judged.problems[0].try_next, ["${EDITOR:-vi} /home/ada/.kube/config"]);
        assert!(judge_call(&Call::Succeeded, "idp-ns-a", "x").problems.is_empty());
    }
}
