//! Other programs, as far as they are there.

use crate::model::doctor::finding::Finding;
use crate::model::doctor::judgement::{Judgement, Problem};

pub(super) const FINDINGS: &[&Finding] = &[&KUBECTL_SKEW];

pub(crate) const KUBECTL_SKEW: Finding = Finding::warn(
    "machine.kubectl-skew",
    "machine.tools",
    "kubectl and the server are more than one minor version apart, which Kubernetes does not support. Most commands work, but some fail in confusing ways.",
    "Install the kubectl version of the server: https://kubernetes.io/docs/tasks/tools/.",
);

/// A program, and what it said of its version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Tool {
    pub(crate) name: &'static str,
    pub(crate) found: FoundTool,
}

/// Whether a program is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum FoundTool {
    Missing,
    /// It did not say its version.
    Silent,
    Version(String),
}

/// The version in what `kubectl version --client -o json`, `aws --version` or `k9s version --short` says.
pub(crate) fn version_in(name: &str, said: &str) -> Option<String> {
    let version = match name {
        "kubectl" => {
            let json: serde_json::Value = serde_json::from_str(said).ok()?;
            json["clientVersion"]["gitVersion"].as_str()?.to_owned()
        }
        "aws" => said.strip_prefix("aws-cli/")?.split_whitespace().next()?.to_owned(),
        _ => {
            let line = said.lines().find(|line| line.trim_start().starts_with("Version"))?;
            line.split_whitespace().nth(1)?.to_owned()
        }
    };
    Some(version.trim_start_matches('v').to_owned()).filter(|version| version.starts_with(|c: char| c.is_ascii_digit()))
}

/// What is there, and whether kubectl is too far from the server's version.
pub(crate) fn judge_tools(tools: &[Tool], server: Option<&str>) -> Judgement {
    let seen: Vec<String> = tools.iter().map(in_words).collect();
    let seen = seen.join(", ");
    let kubectl = tools.iter().find(|tool| tool.name == "kubectl");
    let Some(FoundTool::Version(version)) = kubectl.map(|kubectl| &kubectl.found) else { return Judgement::ok(seen) };
    let (Some(client), Some(server_minor)) = (minor(version), server.and_then(minor)) else {
        return Judgement::ok(seen);
    };
    if client.0 == server_minor.0 && client.1.abs_diff(server_minor.1) <= 1 {
        return Judgement::ok(seen);
    }
    let server = server.unwrap_or_default();
    Judgement::problem(
        Problem::of(&KUBECTL_SKEW, format!("kubectl {version} does not support cluster version {server}"))
            .because("Kubernetes supports a skew of one minor version")
            .try_next(format!("install kubectl {server}: https://kubernetes.io/docs/tasks/tools/")),
    )
    .fact(seen)
}

fn in_words(tool: &Tool) -> String {
    match &tool.found {
        FoundTool::Missing => format!("{} not installed", tool.name),
        FoundTool::Silent => format!("{} (version unknown)", tool.name),
        FoundTool::Version(version) => format!("{} {version}", tool.name),
    }
}

fn minor(version: &str) -> Option<(u32, u32)> {
    let mut numbers = version.split('.');
    let digits = |text: &str| text.chars().take_while(char::is_ascii_digit).collect::<String>().parse().ok();
    Some((digits(numbers.next()?)?, digits(numbers.next()?)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read() {
        for (name, said, version) in [
            ("kubectl", r#"{"clientVersion": {"major": "1", "minor": "35", "gitVersion": "v1.35.0"}}"#, Some("1.35.0")),
            ("kubectl", "Client Version: v1.35.0", None),
            ("aws", "aws-cli/2.36.7 Python/3.13.4 Linux/6.1 exe/x86_64", Some("2.36.7")),
            ("aws", "aws: error", None),
            ("k9s", "Version              v0.50.9\nCommit               x\n", Some("0.50.9")),
            ("k9s", "", None),
        ] {
            assert_eq!(version_in(name, said).as_deref(), version, "{said}");
        }
    }

    #[test]
    fn one_minor_version_apart_is_supported() {
        let id = |kubectl: &str, server| {
            let found = FoundTool::Version(kubectl.to_owned());
            let judged = judge_tools(&[Tool { name: "kubectl", found }], server);
            judged.problems.first().map(|problem| problem.finding.id)
        };
        for (kubectl, server) in
            [("1.33.1", Some("1.34")), ("1.35.0-eks-1", Some("1.34")), ("1.34", Some("1.34")), ("1.20.0", None)]
        {
            assert_eq!(id(kubectl, server), None, "{kubectl} {server:?}");
        }
        for (kubectl, server) in [("1.32.0", "1.34"), ("1.36.0", "1.34"), ("2.34.0", "1.34")] {
            assert_eq!(id(kubectl, Some(server)), Some(KUBECTL_SKEW.id), "{kubectl} {server}");
        }
    }

    #[test]
    fn none_is_needed() {
        let tools =
            [Tool { name: "kubectl", found: FoundTool::Missing }, Tool { name: "aws", found: FoundTool::Silent }];
        let judged = judge_tools(&tools, Some("1.34"));
        assert_eq!(judged, Judgement::ok("kubectl not installed, aws (version unknown)"));
    }
}
