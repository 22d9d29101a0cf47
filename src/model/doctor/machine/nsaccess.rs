//! The nsaccess that kubectl starts, compared with this one.

use crate::model::doctor::finding::Finding;
use crate::model::doctor::judgement::{Judgement, Problem, Repair};
use crate::model::shell::quote;

pub(super) const FINDINGS: &[&Finding] = &[&COMMAND_MISSING, &COMMAND_NOT_EXECUTABLE, &COMMAND_BROKEN, &OTHER_VERSION];

pub(crate) const COMMAND_MISSING: Finding = Finding::fail(
    "machine.command-missing",
    "machine.nsaccess",
    "The nsaccess set in the kubeconfig does not exist: it was moved or removed, or an upgrade installed it elsewhere. kubectl cannot get a token.",
    "Rewrite the context: `nsaccess kubeconfig NAMESPACE`.",
);

pub(crate) const COMMAND_NOT_EXECUTABLE: Finding = Finding::fail(
    "machine.command-not-executable",
    "machine.nsaccess",
    "The nsaccess set in the kubeconfig is not executable.",
    "Make it executable with the `chmod +x` command shown in the report.",
);

pub(crate) const COMMAND_BROKEN: Finding = Finding::fail(
    "machine.command-broken",
    "machine.nsaccess",
    "The nsaccess set in the kubeconfig does not print its version: it was built for another system, is another program, or is damaged.",
    "Rewrite the context to use this nsaccess: `nsaccess kubeconfig NAMESPACE`.",
);

pub(crate) const OTHER_VERSION: Finding = Finding::warn(
    "machine.other-version",
    "machine.nsaccess",
    "kubectl runs a different version of nsaccess than you do: two are installed, or an upgrade left the old one behind.",
    "Rewrite the context to use this nsaccess: `nsaccess kubeconfig NAMESPACE`. Then remove the other one.",
);

/// What the command of the kubeconfig leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Command {
    /// There is no context of nsaccess to look at.
    None,
    /// It starts another program, which has a check of its own.
    OfOthers(String),
    /// This program.
    This,
    Missing(String),
    NotExecutable(String),
    /// Its version could not be learnt: why.
    Silent(String, String),
    /// Another file, and the version that it says it has.
    Other(String, String),
}

/// Whether kubectl starts this nsaccess.
pub(crate) fn judge_nsaccess(command: &Command, version: &str, path: &str, namespace: &str) -> Judgement {
    let rewritten =
        |problem: Problem| problem.try_next(format!("nsaccess kubeconfig {namespace}")).repair(Repair::WriteContext);
    let this = format!("{version} ({path})");
    let problem = match command {
        Command::None | Command::This => return Judgement::ok(this),
        Command::OfOthers(program) => return Judgement::ok(this).fact(format!("kubectl runs {program}")),
        Command::Missing(other) => {
            let problem = Problem::of(&COMMAND_MISSING, format!("{other}, which kubectl runs, does not exist"));
            rewritten(problem.because(format!("this nsaccess is {path}")))
        }
        Command::NotExecutable(other) => Problem::of(&COMMAND_NOT_EXECUTABLE, format!("{other} is not executable"))
            .because("kubectl runs it to get a token")
            .try_next(format!("chmod +x {}", quote(other))),
        Command::Silent(other, why) => {
            let problem = Problem::of(&COMMAND_BROKEN, format!("{other}, which kubectl runs, does not work"));
            rewritten(problem.because(why))
        }
        Command::Other(other, found) if found == version => {
            return Judgement::ok(this).fact(format!("kubectl runs {other}, which has the same version"));
        }
        Command::Other(other, found) => {
            let problem = Problem::of(&OTHER_VERSION, format!("kubectl runs nsaccess {found}, but this is {version}"));
            rewritten(problem.because(format!("the kubeconfig uses {other}; this nsaccess is {path}")))
        }
    };
    Judgement::problem(problem)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_kubectl_starts_is_compared_with_this_one() {
        let at = "/opt/nsaccess".to_owned();
        let cases = [
            (Command::None, None),
            (Command::This, None),
            (Command::OfOthers("aws".to_owned()), None),
            (Command::Other(at.clone(), "1.2.3".to_owned()), None),
            (Command::Other(at.clone(), "1.2.2".to_owned()), Some(&OTHER_VERSION)),
            (Command::Missing(at.clone()), Some(&COMMAND_MISSING)),
            (Command::NotExecutable(at.clone()), Some(&COMMAND_NOT_EXECUTABLE)),
            (Command::Silent(at, "exec format error".to_owned()), Some(&COMMAND_BROKEN)),
        ];
        for (command, expected) in cases {
            let judged = judge_nsaccess(&command, "1.2.3", "/usr/bin/nsaccess", "idp-dev");
            assert_eq!(judged.problems.first().map(|problem| problem.finding), expected, "{command:?}");
            for problem in judged.problems.iter().filter(|problem| problem.repair.is_some()) {
                assert_eq!(problem.try_next, ["nsaccess kubeconfig idp-dev"]);
            }
        }
    }
}
