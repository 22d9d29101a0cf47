//! What the rules of one role allow: the questions of `can-i`, and what leads further than it looks.

use crate::model::kube::policy_rule::PolicyRule;
use crate::model::reviews::review::{ListedRule, Question};
use crate::model::reviews::tasks::QUESTIONS;

/// Questions of [`QUESTIONS`], one bit each.
pub(crate) type Allowed = u32;

/// Every question: the rights of `system:masters`.
pub(crate) const EVERYTHING: Allowed = (1 << QUESTIONS.len()) - 1;

/// A right that leads further than it looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Danger {
    Wildcard,
    Escalation,
    Tokens,
    AwsAuth,
    Secrets,
    Exec,
}

/// What a role gives wherever it is bound.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Rights {
    pub(crate) allowed: Allowed,
    /// Each with the rule that has it, as people read it.
    pub(crate) dangers: Vec<(Danger, String)>,
}

/// Reads the rules of a role.
pub(crate) fn rights(rules: &[PolicyRule]) -> Rights {
    let mut rights = Rights::default();
    for rule in rules {
        let listed = listed(rule);
        for (bit, question) in QUESTIONS.iter().enumerate() {
            if listed.allows(*question) {
                rights.allowed |= 1 << bit;
            }
        }
        for danger in dangers(&listed) {
            if !rights.dangers.iter().any(|(known, _)| *known == danger) {
                rights.dangers.push((danger, shown(rule)));
            }
        }
    }
    rights
}

fn listed(rule: &PolicyRule) -> ListedRule {
    ListedRule {
        groups: rule.api_groups.clone(),
        resources: rule.resources.clone(),
        names: rule.resource_names.clone(),
        paths: rule.non_resource_urls.clone(),
        verbs: rule.verbs.clone(),
    }
}

fn dangers(rule: &ListedRule) -> Vec<Danger> {
    const fn core(verb: &'static str, resource: &'static str, subresource: Option<&'static str>) -> Question {
        Question { verb, group: "", resource, subresource }
    }
    let any = |questions: &[Question]| questions.iter().any(|question| rule.allows(*question));
    let verb = |verbs: &[&str]| rule.verbs.iter().any(|verb| verbs.contains(&verb.as_str()));
    if rule.resources.is_empty() {
        return Vec::new();
    }
    // A rule with a wildcard has all the rest; saying each would hide it.
    let is_wide = [&rule.verbs, &rule.resources].iter().any(|list| list.iter().any(|item| item == "*"));
    if is_wide && rule.names.is_empty() {
        return vec![Danger::Wildcard];
    }
    let found = [
        (Danger::Escalation, verb(&["escalate", "bind", "impersonate"])),
        (Danger::Tokens, any(&[core("create", "serviceaccounts", Some("token"))])),
        (Danger::AwsAuth, changes_aws_auth(rule)),
        (
            Danger::Secrets,
            any(&[core("get", "secrets", None), core("list", "secrets", None), core("watch", "secrets", None)]),
        ),
        (
            Danger::Exec,
            any(&[
                core("create", "pods", Some("exec")),
                core("get", "pods", Some("exec")),
                core("create", "pods", Some("attach")),
                core("get", "pods", Some("attach")),
            ]),
        ),
    ];
    found.into_iter().filter(|(_, is_there)| *is_there).map(|(danger, _)| danger).collect()
}

/// Whether it can write the ConfigMap that maps roles to groups, where it holds in kube-system.
fn changes_aws_auth(rule: &ListedRule) -> bool {
    let unnamed = ListedRule { names: Vec::new(), ..rule.clone() };
    let is_meant = rule.names.is_empty() || rule.names.iter().any(|name| name == "aws-auth");
    let write = |verb| Question { verb, group: "", resource: "configmaps", subresource: None };
    is_meant && [write("update"), write("patch")].iter().any(|question| unnamed.allows(*question))
}

/// A rule in one line.
fn shown(rule: &PolicyRule) -> String {
    let words = |list: &[String]| {
        list.iter().map(|word| if word.is_empty() { "\"\"" } else { word }).collect::<Vec<_>>().join(",")
    };
    let groups = match rule.api_groups.as_slice() {
        [only] if only.is_empty() => String::new(),
        groups => format!(" in {}", words(groups)),
    };
    format!("{} {}{groups}", words(&rule.verbs), words(&rule.resources))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(group: &str, resources: &[&str], verbs: &[&str]) -> PolicyRule {
        PolicyRule::new(group, resources, verbs)
    }

    fn found(rule: PolicyRule) -> Vec<Danger> {
        rights(&[rule]).dangers.into_iter().map(|(danger, _)| danger).collect()
    }

    #[test]
    fn questions_are_bits() {
        let of = |rules: &[PolicyRule]| rights(rules).allowed;
        assert_eq!(of(&[]), 0);
        assert_eq!(of(&[rule("", &["pods"], &["get"])]), 1);
        assert_eq!(of(&[rule("*", &["*"], &["*"])]), EVERYTHING);
        let named = PolicyRule { resource_names: vec!["a".into()], ..rule("", &["pods"], &["get"]) };
        assert_eq!(of(&[named]), 0, "only of one pod");
    }

    #[test]
    fn rights_that_lead_further() {
        assert_eq!(found(rule("", &["pods"], &["*"])), [Danger::Wildcard]);
        assert_eq!(found(rule("apps", &["*"], &["get"])), [Danger::Wildcard]);
        assert_eq!(found(rule("rbac.authorization.k8s.io", &["roles"], &["bind"])), [Danger::Escalation]);
        assert_eq!(found(rule("", &["users"], &["impersonate"])), [Danger::Escalation]);
        assert_eq!(found(rule("", &["serviceaccounts/token"], &["create"])), [Danger::Tokens]);
        assert_eq!(found(rule("", &["secrets"], &["list"])), [Danger::Secrets]);
        assert_eq!(found(rule("", &["pods/exec"], &["create"])), [Danger::Exec]);
        assert_eq!(found(rule("", &["configmaps"], &["patch"])), [Danger::AwsAuth]);
        let one =
            |name: &str| PolicyRule { resource_names: vec![name.into()], ..rule("", &["configmaps"], &["update"]) };
        assert_eq!(found(one("aws-auth")), [Danger::AwsAuth]);
        assert_eq!(found(one("settings")), []);
        assert_eq!(found(rule("", &["pods", "services", "configmaps"], &["get", "list", "watch"])), []);
        let urls = PolicyRule { non_resource_urls: vec!["*".into()], verbs: vec!["*".into()], ..PolicyRule::default() };
        assert_eq!(found(urls), []);
    }

    #[test]
    fn a_rule_is_said_in_one_line() {
        assert_eq!(shown(&rule("", &["secrets"], &["get", "list"])), "get,list secrets");
        assert_eq!(shown(&rule("apps", &["*"], &["*"])), "* * in apps");
    }
}
