//! kubectl's own settings (kuberc), which can forbid credential plugins: beta since kubectl 1.35.
//! <https://kubernetes.io/docs/reference/kubectl/kuberc/>

use serde_json::Value;

use crate::model::doctor::finding::Finding;
use crate::model::doctor::judgement::{Judgement, Problem};
use crate::model::shell;

pub(super) const FINDINGS: &[&Finding] = &[&DENIED, &NOT_LISTED, &UNREADABLE];

pub(crate) const DENIED: Finding = Finding::fail(
    "kubectl.plugins-denied",
    "kubectl.policy",
    "kubectl's preferences (kuberc) have credentialPluginPolicy: DenyAll, so kubectl 1.35 and later runs no exec plugin.",
    "Set the policy to Allowlist and add nsaccess to credentialPluginAllowlist, or set it to AllowAll. The command shown in the report opens the file.",
);

pub(crate) const NOT_LISTED: Finding = Finding::fail(
    "kubectl.plugin-not-listed",
    "kubectl.policy",
    "kubectl's preferences (kuberc) allow only the programs in credentialPluginAllowlist, and nsaccess is not one of them.",
    "Add the line shown in the report. The command opens the file.",
);

pub(crate) const UNREADABLE: Finding = Finding::warn(
    "kubectl.kuberc-unreadable",
    "kubectl.policy",
    "kubectl's preferences (kuberc) are invalid, so it is unknown which exec plugins kubectl allows.",
    "Correct the file. The command shown in the report opens it.",
);

/// kubectl's settings file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Kuberc {
    /// `KUBERC=off`.
    Off,
    Absent,
    /// Why it cannot be read.
    Broken(String),
    Text(String),
}

/// Whether kubectl may start the command. `path`: of the settings. `resolve`: where a program is found.
pub(crate) fn judge_policy(
    kuberc: &Kuberc,
    path: &str,
    command: &str,
    resolve: impl Fn(&str) -> Option<String>,
) -> Judgement {
    let open = shell::edit(path, None);
    let unreadable = |why: String| {
        let problem = Problem::of(&UNREADABLE, format!("{path} is invalid")).because(why);
        Judgement::problem(problem.try_next(&open))
    };
    let text = match kuberc {
        Kuberc::Off => return Judgement::ok("KUBERC=off"),
        Kuberc::Absent => return Judgement::ok("no kuberc file"),
        Kuberc::Broken(why) => return unreadable(why.clone()),
        Kuberc::Text(text) => text,
    };
    let settings: Value = match serde_saphyr::from_str(text) {
        Ok(settings) => settings,
        Err(_) => return unreadable("it is not valid YAML".to_owned()),
    };
    match settings["credentialPluginPolicy"].as_str().unwrap_or_default() {
        "" | "AllowAll" => Judgement::ok("all plugins allowed"),
        "DenyAll" => Judgement::problem(
            Problem::of(&DENIED, "kubectl is not allowed to run plugins")
                .because(format!("{path} has credentialPluginPolicy: DenyAll"))
                .try_next(open),
        ),
        "Allowlist" => {
            let own = resolve(command);
            let allows = |entry: &str| entry == command || (own.is_some() && resolve(entry) == own);
            if allowed(&settings).any(allows) {
                return Judgement::ok(format!("{command} allowed"));
            }
            let problem = Problem::of(&NOT_LISTED, format!("kubectl is not allowed to run {command}"));
            let line = format!(
                "credentialPluginAllowlist in {path} needs an entry `- name: {command}` (kubectl 1.36 and later: `- command: {command}`)"
            );
            Judgement::problem(problem.because(line).try_next(open))
        }
        other => unreadable(format!("unknown credentialPluginPolicy: {other}")),
    }
}

/// The programs of the list. kubectl 1.36 renamed the key.
fn allowed(settings: &Value) -> impl Iterator<Item = &str> {
    let entries = settings["credentialPluginAllowlist"].as_array().into_iter().flatten();
    entries.filter_map(|entry| entry["name"].as_str().or(entry["command"].as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(text: &str) -> Option<&'static str> {
        let resolve = |name: &str| match name {
            "nsaccess" | "/usr/bin/nsaccess" => Some("/opt/nsaccess".to_owned()),
            _ => None,
        };
        let judged = judge_policy(&Kuberc::Text(text.to_owned()), "/h/kuberc", "/usr/bin/nsaccess", resolve);
        assert!(judged.problems.iter().all(|problem| problem.try_next == ["${EDITOR:-vi} /h/kuberc"]));
        judged.problems.first().map(|problem| problem.finding.id)
    }

    #[test]
    fn the_policy_is_kubectls() {
        let list = |entry: &str| format!("credentialPluginPolicy: Allowlist\ncredentialPluginAllowlist:\n- {entry}\n");
        for good in ["", "kind: Preference\n", "credentialPluginPolicy: AllowAll\n", "credentialPluginPolicy: ''\n"] {
            assert_eq!(id(good), None, "{good}");
        }
        for entry in ["name: /usr/bin/nsaccess", "name: nsaccess", "command: nsaccess"] {
            assert_eq!(id(&list(entry)), None, "{entry}");
        }
        assert_eq!(id("credentialPluginPolicy: DenyAll\n"), Some(DENIED.id));
        assert_eq!(id("credentialPluginPolicy: Allowlist\n"), Some(NOT_LISTED.id));
        assert_eq!(id(&list("name: aws")), Some(NOT_LISTED.id));
        assert_eq!(id("credentialPluginPolicy: Maybe\n"), Some(UNREADABLE.id));
        assert_eq!(id("a: [b\n"), Some(UNREADABLE.id));
        for kuberc in [Kuberc::Off, Kuberc::Absent] {
            assert!(judge_policy(&kuberc, "/h/kuberc", "nsaccess", |_| None).problems.is_empty());
        }
    }
}
