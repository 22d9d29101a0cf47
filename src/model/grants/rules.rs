//! A file of rules for a Role of its own: a list of rules, or a manifest of a Role that has them.

use yaml_splice::NodeId;

use crate::model::grants::file::reader::{Field, Reader, Remark};
use crate::model::kube::namespace::similar;
use crate::model::kube::policy_rule::PolicyRule;

const KEYS: &[&str] = &["apiGroups", "resources", "resourceNames", "nonResourceURLs", "verbs"];
const MANIFEST: &[&str] = &["apiVersion", "kind", "metadata", "rules"];
/// Those of the API itself, and those that RBAC looks for: <https://kubernetes.io/docs/reference/access-authn-authz/authorization/>
const VERBS: &[&str] = &[
    "get",
    "list",
    "watch",
    "create",
    "update",
    "patch",
    "delete",
    "deletecollection",
    "proxy",
    "use",
    "bind",
    "escalate",
    "impersonate",
    "approve",
    "sign",
    "attest",
    "*",
];

/// The rules of a file, with what a person should know of them. Errors are all its problems.
pub(crate) fn parse(text: &str) -> Result<(Vec<PolicyRule>, Vec<Remark>), Vec<Remark>> {
    let mut reader = Reader::load(text).map_err(|problem| vec![problem])?;
    let rules = match reader.root() {
        Some(root) => of_document(&mut reader, root),
        None => Vec::new(),
    };
    if rules.is_empty() && reader.problems.is_empty() {
        return Err(vec![Remark { line: 1, words: "the file has no rules".to_owned() }]);
    }
    match reader.problems.is_empty() {
        true => Ok((rules, reader.warnings)),
        false => {
            reader.problems.sort();
            Err(reader.problems)
        }
    }
}

fn of_document(reader: &mut Reader, root: NodeId) -> Vec<PolicyRule> {
    if reader.is_list_node(root) {
        return list(reader, root);
    }
    let fields = reader.fields(root, "a file of rules", MANIFEST);
    let _: Option<()> = reader.text(&fields, "kind", |kind| match kind {
        "Role" | "ClusterRole" => Ok(()),
        _ => Err("is not Role or ClusterRole".to_owned()),
    });
    match fields.get("rules") {
        Some(rules) => of_field(reader, rules),
        None => {
            reader.wrong(root, "the file has no list of rules");
            Vec::new()
        }
    }
}

/// The rules below a key.
pub(super) fn of_field(reader: &mut Reader, field: Field) -> Vec<PolicyRule> {
    let items = reader.items(field, "rules", false);
    items.into_iter().map(|item| rule(reader, item)).collect()
}

fn list(reader: &mut Reader, id: NodeId) -> Vec<PolicyRule> {
    reader.items_of(id).into_iter().map(|item| rule(reader, item)).collect()
}

fn rule(reader: &mut Reader, item: NodeId) -> PolicyRule {
    let fields = reader.fields(item, "a rule", KEYS);
    let before = reader.problems.len();
    let mut texts = |name: &str| {
        let Some(field) = fields.get(name) else { return Vec::new() };
        let items = reader.items(field, name, false);
        items.into_iter().filter_map(|item| reader.text_of(item, name)).collect::<Vec<String>>()
    };
    let rule = PolicyRule {
        api_groups: texts("apiGroups"),
        resources: texts("resources"),
        resource_names: texts("resourceNames"),
        non_resource_urls: texts("nonResourceURLs"),
        verbs: texts("verbs"),
    };
    if let Some(field) = fields.get("nonResourceURLs") {
        reader.wrong_field(field, "a Role cannot have nonResourceURLs, which are not namespaced");
    }
    for (name, wanted) in
        [("apiGroups", "[\"\"] is the core group"), ("resources", "like [pods]"), ("verbs", "like [get]")]
    {
        if fields.get(name).is_none() {
            reader.wrong(item, format!("a rule requires {name}: {wanted}"));
        }
    }
    if reader.problems.len() == before {
        for words in remarks(&rule) {
            reader.warn(item, words);
        }
    }
    rule
}

/// What a person should know of a rule before giving it.
fn remarks(rule: &PolicyRule) -> Vec<String> {
    let mut remarks = Vec::new();
    for verb in &rule.verbs {
        if !VERBS.contains(&verb.as_str()) {
            let meant = similar(verb, VERBS.iter().copied().filter(|verb| *verb != "*"));
            let meant = meant.map(|verb| format!("; did you mean {verb}?")).unwrap_or_default();
            remarks.push(format!("unknown verb {verb:?}{meant}"));
        }
        if ["bind", "escalate", "impersonate"].contains(&verb.as_str()) {
            remarks.push(format!("{verb} lets the principal give itself other permissions"));
        }
    }
    let is_any = |list: &[String], wanted: &str| list.iter().any(|word| word == wanted || word == "*");
    let in_core = is_any(&rule.api_groups, "");
    if [&rule.api_groups, &rule.resources, &rule.verbs].iter().any(|list| list.iter().any(|word| word == "*")) {
        remarks.push("\"*\" includes everything installed later".to_owned());
    }
    if in_core && is_any(&rule.resources, "secrets") && rule.verbs.iter().any(|verb| verb != "create") {
        remarks.push("this includes Kubernetes secrets".to_owned());
    }
    if in_core && is_any(&rule.resources, "serviceaccounts/token") && is_any(&rule.verbs, "create") {
        remarks.push(
            "create on serviceaccounts/token lets the principal act as any service account of the namespace".to_owned(),
        );
    }
    remarks
}

#[cfg(test)]
mod tests {
    use super::*;

    const RULE: &str = "- apiGroups: [\"\"]\n  resources: [pods]\n  verbs: [get, list]\n";

    fn problems(text: &str) -> Vec<String> {
        parse(text).expect_err(text).iter().map(Remark::to_string).collect()
    }

    #[test]
    fn a_list_or_a_role_has_rules() {
        let expected = vec![PolicyRule::new("", &["pods"], &["get", "list"])];
        let indented = RULE.replace('\n', "\n  ");
        for text in [
            RULE.to_owned(),
            format!("rules:\n{RULE}"),
            format!(
                "apiVersion: rbac.authorization.k8s.io/v1\nkind: Role\nmetadata: {{name: x}}\nrules:\n  {indented}"
            ),
            r#"[{"apiGroups": [""], "resources": ["pods"], "verbs": ["get", "list"]}]"#.to_owned(),
        ] {
            assert_eq!(parse(&text), Ok((expected.clone(), vec![])), "{text}");
        }
    }

    #[test]
    fn every_problem_is_named_with_its_line() {
        let text =
            "- apiGroups: [\"\"]\n  resource: [pods]\n  verbs: get\n- resources: [pods]\n  nonResourceURLs: [/x]\n";
        let found = problems(text);
        for expected in [
            "line 2: unknown key \"resource\" in a rule; did you mean resources?",
            "line 3: verbs must be a list",
            "line 1: a rule requires resources",
            "line 4: a rule requires verbs",
            "line 5: a Role cannot have nonResourceURLs",
        ] {
            assert!(found.iter().any(|problem| problem.contains(expected)), "{expected}: {found:?}");
        }
    }

    #[test]
    fn what_has_no_rules_is_refused() {
        for (text, reason) in [
            ("", "no rules"),
            ("rules: []", "not empty"),
            ("[]", "no rule"),
            (
                "kind: RoleBinding\nrules:\n- {apiGroups: [''], resources: [pods], verbs: [get]}",
                "is not Role or ClusterRole",
            ),
            ("kind: Role", "no list of rules"),
            ("text", "must be a mapping"),
            ("a: [", "not valid YAML"),
            ("- {}\n---\n- {}", "second document"),
        ] {
            assert!(problems(text).join(" ").contains(reason), "{text}: {:?}", problems(text));
        }
    }

    #[test]
    fn rights_that_are_more_than_they_seem_are_warned_about() {
        let warnings = |groups: &str, resources: &str, verbs: &str| {
            let text = format!("- {{apiGroups: [{groups}], resources: [{resources}], verbs: [{verbs}]}}");
            let words: Vec<String> = parse(&text).expect("rules").1.into_iter().map(|remark| remark.words).collect();
            words.join(" | ")
        };
        assert_eq!(warnings("''", "pods, pods/log", "get, list, watch"), "");
        assert_eq!(warnings("apps", "secrets", "get"), "");
        assert!(warnings("''", "pods", "describe").contains("unknown verb \"describe\""));
        assert!(warnings("''", "pods", "lsit").contains("did you mean list?"));
        assert!(warnings("''", "'*'", "get").contains("secrets"));
        assert!(warnings("''", "serviceaccounts/token", "create").contains("any service account"));
        assert!(warnings("rbac.authorization.k8s.io", "roles", "escalate").contains("other permissions"));
    }
}
