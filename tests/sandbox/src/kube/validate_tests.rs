use super::*;
use crate::kube::registry;
use crate::message::Content;
use serde_json::json;

fn words(group: &str, plural: &str, object: &Value) -> String {
    let resource = registry::find(group, plural).expect("a resource");
    let Err(reply) = check(resource, None, object) else { return String::new() };
    let Content::Full(bytes) = reply.content else { panic!("no body") };
    let body: Value = serde_json::from_slice(&bytes).expect("JSON");
    assert_eq!((reply.status, &body["reason"]), (422, &json!("Invalid")));
    body["message"].as_str().expect("a message").to_owned()
}

// Recorded from Kubernetes 1.36.

#[test]
fn rules_say_what_they_are_about() {
    let rules = json!([{"apiGroups": [""], "resources": ["pods"]}, {"verbs": ["get"], "nonResourceURLs": ["/x"]},
        {"verbs": ["get"]}, {"verbs": ["get"], "resources": ["pods"]}]);
    let role = json!({"kind": "Role", "metadata": {"name": "bad"}, "rules": rules});
    assert_eq!(
        words(RBAC, "roles", &role),
        "Role.rbac.authorization.k8s.io \"bad\" is invalid: [rules[0].verbs: Required value: verbs must contain at least \
         one value, rules[1].nonResourceURLs: Invalid value: [\"/x\"]: namespaced rules cannot apply to non-resource URLs, \
         rules[2].apiGroups: Required value: resource rules must supply at least one api group, rules[2].resources: \
         Required value: resource rules must supply at least one resource, rules[3].apiGroups: Required value: resource \
         rules must supply at least one api group]"
    );
}

#[test]
fn bindings_name_a_role_and_subjects() {
    let of = |role: Value, subjects: Value| {
        let binding = json!({"kind": "RoleBinding", "metadata": {"name": "c"}, "roleRef": role, "subjects": subjects});
        words(RBAC, "rolebindings", &binding)
    };
    let beginning = "RoleBinding.rbac.authorization.k8s.io \"c\" is invalid: ";
    let ending = "[roleRef.apiGroup: Unsupported value: \"z\": supported values: \"rbac.authorization.k8s.io\", \
        roleRef.kind: Unsupported value: \"Bar\": supported values: \"Role\", \"ClusterRole\", roleRef.name: Invalid \
        value: \"x/y\": may not contain '/']";
    let role = json!({"kind": "Bar", "name": "x/y", "apiGroup": "z"});
    assert_eq!(of(role, Value::Null), format!("{beginning}{ending}"));
    let ending = "[subjects[0].kind: Unsupported value: \"Foo\": supported values: \"ServiceAccount\", \"User\", \
        \"Group\", subjects[1].name: Required value]";
    let role = json!({"kind": "Role", "name": "x", "apiGroup": RBAC});
    let subjects = json!([{"kind": "Foo", "name": "d"}, {"kind": "Group", "apiGroup": RBAC}]);
    assert_eq!(of(role, subjects), format!("{beginning}{ending}"));
}

#[test]
fn names_labels_and_keys_have_their_form() {
    let role = |name: &str, labels: Value| json!({"kind": "Role", "metadata": {"name": name, "labels": labels}});
    assert_eq!(words(RBAC, "roles", &role("Any Name_is:fine", json!({"a.b/c": "", "d": "1_2.3"}))), "");
    assert!(
        words(RBAC, "roles", &role("a/b", json!({})))
            .ends_with("metadata.name: Invalid value: \"a/b\": may not contain '/'")
    );
    let shown = words(RBAC, "roles", &role("r", json!({"k": "arn:aws:iam::1:role/x"})));
    assert!(
        shown.contains(
            "metadata.labels: Invalid value: \"arn:aws:iam::1:role/x\": a valid label must be an empty string"
        )
    );
    let shown = words(RBAC, "roles", &role("r", json!({"k": "x".repeat(64)})));
    assert!(shown.ends_with("must be no more than 63 bytes"), "{shown}");
    let config_map = json!({"kind": "ConfigMap", "metadata": {"name": "Bad"}, "data": {"a b": "c"}});
    let shown = words("", "configmaps", &config_map);
    assert!(shown.starts_with(
        "ConfigMap \"Bad\" is invalid: [metadata.name: Invalid value: \"Bad\": a lowercase RFC 1123 subdomain must"
    ));
    assert!(shown.contains(", data[a b]: Invalid value: \"a b\": a valid config key must consist of"), "{shown}");
    let namespace = json!({"kind": "Namespace", "metadata": {"name": "Bad.x"}});
    assert!(words("", "namespaces", &namespace).contains("\"Bad.x\": a lowercase RFC 1123 label must consist of"));
}
