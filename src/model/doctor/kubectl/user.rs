//! The context's user: what kubectl starts for a token.

use kubeconfig_edit::User;

use crate::model::doctor::finding::Finding;
use crate::model::doctor::judgement::{Judgement, Problem, Repair};
use crate::model::kube::exec_plugin::program_name;

pub(super) const FINDINGS: &[&Finding] = &[&NO_PLUGIN, &AWS_PLUGIN, &OTHER_PLUGIN, &PROTOCOL, &NO_INTERACTIVE_MODE];

pub(crate) const NO_PLUGIN: Finding = Finding::fail(
    "kubectl.no-plugin",
    "kubectl.user",
    "The context's user has no exec plugin: it has a password, a certificate, a static token, or nothing.",
    "Rewrite the context: `nsaccess kubeconfig NAMESPACE`.",
);

pub(crate) const AWS_PLUGIN: Finding = Finding::warn(
    "kubectl.aws-plugin",
    "kubectl.user",
    "The context's user runs the AWS CLI or aws-iam-authenticator, as written by `aws eks update-kubeconfig`. That takes a second for every kubectl command, depends on AWS_PROFILE and AWS_ACCESS_KEY_ID, and does not explain how to sign in.",
    "Rewrite the context: `nsaccess kubeconfig NAMESPACE`.",
);

pub(crate) const OTHER_PLUGIN: Finding = Finding::warn(
    "kubectl.other-plugin",
    "kubectl.user",
    "The context's user runs a program other than nsaccess, which decides which identity kubectl uses.",
    "Rewrite the context: `nsaccess kubeconfig NAMESPACE`. If this is intentional, ignore the warning.",
);

pub(crate) const PROTOCOL: Finding = Finding::fail(
    "kubectl.protocol",
    "kubectl.user",
    "The context's user requests a version of the exec plugin protocol that kubectl does not support. v1alpha1 was removed in kubectl 1.24.",
    "Rewrite the context: `nsaccess kubeconfig NAMESPACE`.",
);

pub(crate) const NO_INTERACTIVE_MODE: Finding = Finding::fail(
    "kubectl.no-interactive-mode",
    "kubectl.user",
    "The context's user requests version v1 of the exec plugin protocol, which requires an interactiveMode (Never, IfAvailable or Always), but has none.",
    "Rewrite the context: `nsaccess kubeconfig NAMESPACE`.",
);

/// The protocol versions, without their common beginning.
const GROUP: &str = "client.authentication.k8s.io/";

/// Whether kubectl can start nsaccess for a token.
pub(crate) fn judge_user(user: &User, namespace: &str) -> Judgement {
    // Another program's user is for a person to replace.
    let is_ours = user.exec.as_ref().is_some_and(|exec| program_name(&exec.command) == "nsaccess");
    let rewritten = |finding, message: String| {
        let problem = Problem::of(finding, message).try_next(format!("nsaccess kubeconfig {namespace}"));
        if is_ours { problem.repair(Repair::WriteContext) } else { problem }
    };
    let Some(exec) = &user.exec else {
        let message = format!("the user {} has no exec plugin", user.name);
        return Judgement::problem(rewritten(&NO_PLUGIN, message));
    };
    let version = exec.api_version.strip_prefix(GROUP).unwrap_or(&exec.api_version);
    let mode = exec.interactive_mode.as_deref().unwrap_or_default();
    let is_mode = ["Never", "IfAvailable", "Always"].contains(&mode);
    let problem = match (version, program_name(&exec.command)) {
        ("v1", _) if !is_mode => {
            let message = match mode {
                "" => format!("the user {} has no interactiveMode", user.name),
                mode => format!("the user {} has an invalid interactiveMode: {mode}", user.name),
            };
            rewritten(&NO_INTERACTIVE_MODE, message).because("kubectl requires it for version v1 of the protocol")
        }
        ("v1" | "v1beta1", "nsaccess") => return Judgement::ok(format!("{} {}", exec.command, exec.args.join(" "))),
        ("v1" | "v1beta1", other @ ("aws" | "aws-iam-authenticator")) => {
            rewritten(&AWS_PLUGIN, format!("kubectl gets its token from {other}"))
                .because("that is slow and depends on the environment")
        }
        ("v1" | "v1beta1", other) => rewritten(&OTHER_PLUGIN, format!("kubectl gets its token from {other}")),
        (version, _) => {
            let version = if version.is_empty() { "no version" } else { version };
            rewritten(&PROTOCOL, format!("the user {} requests {version} of the plugin protocol", user.name))
                .because("kubectl supports v1 and v1beta1")
        }
    };
    Judgement::problem(problem)
}

#[cfg(test)]
mod tests {
    use kubeconfig_edit::UserExec;

    use super::*;

    fn id(version: &str, command: &str, mode: Option<&str>) -> Option<&'static str> {
        let exec = UserExec {
            api_version: version.to_owned(),
            command: command.to_owned(),
            interactive_mode: mode.map(str::to_owned),
            ..UserExec::default()
        };
        let judged = judge_user(&User { name: "n".to_owned(), exec: Some(exec) }, "a");
        judged.problems.first().map(|problem| problem.finding.id)
    }

    #[test]
    fn only_a_user_that_starts_nsaccess_is_written_anew_without_asking() {
        for (command, is_repaired) in [("/usr/bin/nsaccess", true), ("aws", false), ("kubelogin", false)] {
            let exec = UserExec { command: command.to_owned(), ..UserExec::default() };
            let judged = judge_user(&User { name: "n".to_owned(), exec: Some(exec) }, "a");
            assert_eq!(judged.problems[0].repair.is_some(), is_repaired, "{command}");
        }
        let judged = judge_user(&User { name: "n".to_owned(), exec: None }, "a");
        assert_eq!(judged.problems[0].repair, None);
    }

    #[test]
    fn each_kind_of_user_is_told() {
        let (v1, beta) = (&format!("{GROUP}v1"), &format!("{GROUP}v1beta1"));
        assert_eq!(id(v1, "/usr/bin/nsaccess", Some("IfAvailable")), None);
        assert_eq!(id(beta, r"C:\bin\nsaccess.exe", None), None);
        assert_eq!(id(v1, "/home/me/.krew/bin/kubectl-nsaccess", Some("IfAvailable")), None);
        assert_eq!(id(v1, "/usr/bin/kubectl-other", Some("IfAvailable")), Some(OTHER_PLUGIN.id));
        assert_eq!(id(v1, "nsaccess", None), Some(NO_INTERACTIVE_MODE.id));
        assert_eq!(id(v1, "nsaccess", Some("Sometimes")), Some(NO_INTERACTIVE_MODE.id));
        assert_eq!(id(&format!("{GROUP}v1alpha1"), "nsaccess", None), Some(PROTOCOL.id));
        assert_eq!(id("", "nsaccess", None), Some(PROTOCOL.id));
        assert_eq!(id(beta, "/usr/local/bin/aws", None), Some(AWS_PLUGIN.id));
        assert_eq!(id(beta, "kubelogin", None), Some(OTHER_PLUGIN.id));
        let without = User { name: "n".to_owned(), exec: None };
        assert_eq!(judge_user(&without, "a").problems[0].finding.id, NO_PLUGIN.id);
    }
}
