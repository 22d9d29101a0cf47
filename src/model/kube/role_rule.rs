//! Rules of a Role, to request from the platform team.

use std::fmt;

/// A rule, displayed as an entry of a Role's `rules`.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub(crate) struct Rule {
    /// API group; empty for the core group.
    pub(crate) group: String,
    /// `pods`, `pods/log`, …
    pub(crate) resource: String,
    /// `get`, `list`, …
    pub(crate) verbs: Vec<String>,
}

impl Rule {
    pub(crate) fn new(group: &str, resource: &str, verbs: &[&str]) -> Self {
        let verbs = verbs.iter().map(|verb| (*verb).to_owned()).collect();
        Rule { group: group.to_owned(), resource: resource.to_owned(), verbs }
    }

    /// That the rule is missing, for an error or a hint.
    pub(crate) fn is_missing(&self) -> String {
        format!("this rule of a Role would allow it: {self}")
    }

    /// What to ask the platform team for: `for: get pods in namespace idp-dev`.
    pub(crate) fn request(&self, namespace: &str) -> String {
        format!("for: {} in namespace {namespace}", self.in_words())
    }

    /// `get pods`, and as arguments of `nsaccess can-i`, if there is one verb.
    pub(crate) fn in_words(&self) -> String {
        let dot = if self.group.is_empty() { "" } else { "." };
        format!("{} {}{dot}{}", self.verbs.join(", "), self.resource, self.group)
    }
}

/// One line of YAML, to paste below `rules:`.
impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // A star alone is an alias in YAML.
        let plain = |verb: &str| verb.bytes().all(|byte| byte.is_ascii_lowercase());
        let verbs = self.verbs.iter().map(|verb| if plain(verb) { verb.clone() } else { format!("{verb:?}") });
        let verbs = verbs.collect::<Vec<_>>().join(", ");
        write!(f, "- {{apiGroups: [\"{}\"], resources: [\"{}\"], verbs: [{verbs}]}}", self.group, self.resource)
    }
}

/// Merges the rules of each resource, in the order in which the resources first appear.
pub(crate) fn merged(rules: impl IntoIterator<Item = Rule>) -> Vec<Rule> {
    let mut merged: Vec<Rule> = Vec::new();
    for rule in rules {
        match merged.iter_mut().find(|known| known.group == rule.group && known.resource == rule.resource) {
            Some(known) => {
                for verb in rule.verbs {
                    if !known.verbs.contains(&verb) {
                        known.verbs.push(verb);
                    }
                }
            }
            None => merged.push(rule),
        }
    }
    merged
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_is_a_line_that_yaml_reads() {
        let line = Rule::new("", "pods/log", &["get", "list"]).to_string();
        assert_eq!(line, r#"- {apiGroups: [""], resources: ["pods/log"], verbs: [get, list]}"#);
        let read: serde_json::Value = serde_saphyr::from_str(&line).expect("YAML");
        assert_eq!(read[0]["apiGroups"][0], "");
        assert_eq!(read[0]["resources"][0], "pods/log");
        let all: serde_json::Value = serde_saphyr::from_str(&Rule::new("*", "*", &["*"]).to_string()).expect("YAML");
        assert_eq!(all[0]["verbs"][0], "*");
    }

    #[test]
    fn verbs_of_one_resource_come_together() {
        let rules = merged([
            Rule::new("", "pods", &["list"]),
            Rule::new("apps", "deployments", &["get"]),
            Rule::new("", "pods", &["watch", "list"]),
        ]);
        assert_eq!(rules.len(), 2);
        assert_eq!(rules[0].verbs, ["list", "watch"]);
    }
}
