use super::*;
use crate::kube::registry;
use crate::message::Content;
use crate::objects;

const ROLES: &str = "/apis/rbac.authorization.k8s.io/v1/namespaces/here/roles";
const BINDINGS: &str = "/apis/rbac.authorization.k8s.io/v1/namespaces/here/rolebindings";
const MERGE: &str = "application/merge-patch+json";
const JSON: &str = "application/json";

/// The API of a cluster with the namespace `here`, for a user.
struct Api {
    store: Store,
    user: User,
}

impl Api {
    fn new() -> Api {
        let mut cluster = crate::Cluster::new("c", "111122223333", "eu-west-1");
        cluster.add_namespace("here");
        let user = User { name: "boss".to_owned(), groups: vec!["system:masters".to_owned()], ..User::default() };
        Api { store: Store::of_cluster(&cluster), user }
    }

    /// The status and the body of an answer.
    fn ask(&mut self, method: &str, url: &str, media_type: &str, body: &Value) -> (u16, Value) {
        let (path, query) = url.split_once('?').unwrap_or((url, ""));
        let headers =
            vec![("content-type".to_owned(), media_type.to_owned()), ("user-agent".to_owned(), "tool/1.0".to_owned())];
        let request = Request {
            method: method.to_owned(),
            path: path.to_owned(),
            query: query.to_owned(),
            headers,
            body: body.to_string().into(),
            region: None,
        };
        let attributes = Attributes::of(&request);
        let resource = registry::find(&attributes.group, &attributes.resource).expect("a resource");
        let write =
            Write { user: &self.user, resource, attributes: &attributes, request: &request, now: 1_800_000_000 };
        let reply = write.answer(&mut self.store);
        let Content::Full(bytes) = reply.content else { panic!("no body") };
        (reply.status, serde_json::from_slice(&bytes).expect("JSON"))
    }

    fn apply(&mut self, url: &str, manager: &str, body: &Value) -> (u16, Value) {
        let sign = if url.contains('?') { '&' } else { '?' };
        self.ask("PATCH", &format!("{url}{sign}fieldManager={manager}"), APPLY, body)
    }
}

fn role(verbs: &[&str], labels: Value) -> Value {
    let mut role = json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "Role", "metadata": {"name": "r"},
        "rules": [{"apiGroups": [""], "resources": ["pods"], "verbs": verbs}]});
    if labels != json!({}) {
        role["metadata"]["labels"] = labels;
    }
    role
}

fn binding(role: &str) -> Value {
    json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "RoleBinding", "metadata": {"name": "b"},
        "roleRef": {"kind": "Role", "name": role}, "subjects": [{"kind": "Group", "name": "g"}]})
}

fn owners(object: &Value) -> Vec<(String, Value)> {
    let entries = object["metadata"]["managedFields"].as_array().into_iter().flatten();
    entries
        .map(|entry| {
            let text = |name: &str| entry[name].as_str().unwrap_or_default();
            (format!("{} {}", text("manager"), text("operation")), entry["fieldsV1"].clone())
        })
        .collect()
}

// What follows was recorded from Kubernetes 1.36.

#[test]
fn an_apply_owns_what_it_says_and_conflicts_with_others() {
    let (mut api, url) = (Api::new(), format!("{ROLES}/r"));
    let (status, made) = api.apply(&url, "nsaccess", &role(&["get"], json!({"a": "1", "b": "2"})));
    assert_eq!((status, made["metadata"]["namespace"].as_str()), (201, Some("here")));
    let own = json!({"f:metadata": {"f:labels": {"f:a": {}, "f:b": {}}}, "f:rules": {}});
    assert_eq!(owners(&made), [("nsaccess Apply".to_owned(), own)]);
    let (status, refused) = api.apply(&url, "other", &role(&["get", "list"], json!({})));
    assert_eq!((status, &refused["reason"]), (409, &json!("Conflict")));
    assert_eq!(refused["message"], "Apply failed with 1 conflict: conflict with \"nsaccess\": .rules");
    let cause = json!({"reason": "FieldManagerConflict", "message": "conflict with \"nsaccess\"", "field": ".rules"});
    assert_eq!(refused["details"], json!({"causes": [cause]}));
    let wanted = role(&["get", "list"], json!({"a": "2", "c": "3"}));
    let (_, refused) = api.apply(&url, "other", &wanted);
    let words = "Apply failed with 2 conflicts: conflicts with \"nsaccess\":\n- .rules\n- .metadata.labels.a";
    assert_eq!(refused["message"], words);
    let (status, forced) = api.apply(&format!("{url}?force=true"), "other", &wanted);
    assert_eq!((status, &forced["metadata"]["labels"]), (200, &json!({"a": "2", "b": "2", "c": "3"})));
    let theirs = json!({"f:metadata": {"f:labels": {"f:a": {}, "f:c": {}}}, "f:rules": {}});
    assert_eq!(owners(&forced)[0].1, json!({"f:metadata": {"f:labels": {"f:b": {}}}}));
    assert_eq!(owners(&forced)[1], ("other Apply".to_owned(), theirs));
    let (_, shared) = api.apply(&url, "nsaccess", &role(&["get", "list"], json!({})));
    assert_eq!(shared["metadata"]["labels"], json!({"a": "2", "c": "3"}), "what it no longer says is gone");
    assert_eq!(owners(&shared)[0].1, json!({"f:rules": {}}), "the same value is no conflict");
}

#[test]
fn an_update_takes_what_it_changes() {
    let (mut api, url) = (Api::new(), format!("{ROLES}/r"));
    api.apply(&url, "nsaccess", &role(&["get"], json!({"b": "2"})));
    let patch = json!({"metadata": {"labels": {"e": "5"}}, "rules": role(&["list"], json!({}))["rules"]});
    let (_, edited) = api.ask("PATCH", &format!("{url}?fieldManager=kubectl-edit"), MERGE, &patch);
    let theirs = json!({"f:metadata": {"f:labels": {"f:e": {}}}, "f:rules": {}});
    assert_eq!(owners(&edited)[1], ("kubectl-edit Update".to_owned(), theirs));
    assert_eq!(owners(&edited)[0].1, json!({"f:metadata": {"f:labels": {"f:b": {}}}}));
    let (status, refused) = api.apply(&url, "nsaccess", &role(&["get"], json!({"b": "2", "e": "1"})));
    let words = "Apply failed with 2 conflicts: conflicts with \"kubectl-edit\" using rbac.authorization.k8s.io/v1:\n- \
        .rules\n- .metadata.labels.e";
    assert_eq!((status, refused["message"].as_str()), (409, Some(words)));
    let (_, made) =
        api.ask("POST", ROLES, JSON, &json!({"metadata": {"name": "x", "labels": {"l": "1"}}, "rules": []}));
    let own = json!({"f:metadata": {"f:labels": {".": {}, "f:l": {}}}, "f:rules": {}});
    assert_eq!(owners(&made), [("tool Update".to_owned(), own)], "the user agent's name");
    assert_eq!(made.get("rules"), Some(&Value::Null), "a role without rules has null");
}

#[test]
fn what_was_there_before_the_first_apply_is_owned_by_somebody() {
    let mut api = Api::new();
    api.store.apply(objects::config_map("kube-system", "aws-auth", json!({"mapRoles": "[]", "mapUsers": "[]"})));
    let url = "/api/v1/namespaces/kube-system/configmaps/aws-auth";
    let wanted = |roles: &str| json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "aws-auth"}, "data": {"mapRoles": roles}});
    let (status, refused) = api.apply(url, "nsaccess", &wanted("- x"));
    let words = "Apply failed with 1 conflict: conflict with \"before-first-apply\" using v1: .data.mapRoles";
    assert_eq!((status, refused["message"].as_str()), (409, Some(words)));
    let (status, shared) = api.apply(url, "nsaccess", &wanted("[]"));
    assert_eq!((status, shared["data"]["mapUsers"].as_str()), (200, Some("[]")));
    let version = shared["metadata"]["resourceVersion"].clone();
    let (_, again) = api.apply(url, "nsaccess", &wanted("[]"));
    assert_eq!(again["metadata"]["resourceVersion"], version, "nothing changed, nothing is written");
}

#[test]
fn a_stale_version_is_a_conflict() {
    let (mut api, url) = (Api::new(), format!("{ROLES}/r"));
    api.apply(&url, "m", &role(&["get"], json!({})));
    let words = "Operation cannot be fulfilled on roles.rbac.authorization.k8s.io \"r\": the object has been modified; \
        please apply your changes to the latest version and try again";
    let mut stale = role(&["get"], json!({"new": "1"}));
    stale["metadata"]["resourceVersion"] = json!("1");
    let details = json!({"name": "r", "group": "rbac.authorization.k8s.io", "kind": "roles"});
    for (method, media_type, query) in [("PUT", JSON, ""), ("PATCH", MERGE, ""), ("PATCH", APPLY, "?fieldManager=m")] {
        let (status, refused) = api.ask(method, &format!("{url}{query}"), media_type, &stale);
        assert_eq!((status, refused["message"].as_str()), (409, Some(words)), "{method} {media_type}");
        assert_eq!(refused["details"], details);
    }
    let (_, present) = api.ask("PATCH", &url, MERGE, &json!({"metadata": {"labels": {"x": "1"}}}));
    stale["metadata"]["resourceVersion"] = present["metadata"]["resourceVersion"].clone();
    let (status, new) = api.ask("PUT", &url, JSON, &stale);
    assert_eq!((status, &new["metadata"]["labels"]), (200, &json!({"new": "1"})));
    assert_ne!(new["metadata"]["resourceVersion"], present["metadata"]["resourceVersion"]);
    assert_eq!(new["metadata"]["uid"], present["metadata"]["uid"]);
}

#[test]
fn a_binding_keeps_its_role() {
    let mut api = Api::new();
    let (status, made) = api.ask("POST", BINDINGS, JSON, &binding("one"));
    assert_eq!((status, made["subjects"][0]["apiGroup"].as_str()), (201, Some("rbac.authorization.k8s.io")));
    let url = format!("{BINDINGS}/b");
    let words = "RoleBinding.rbac.authorization.k8s.io \"b\" is invalid: roleRef: Invalid value: \
        {\"APIGroup\":\"rbac.authorization.k8s.io\",\"Kind\":\"Role\",\"Name\":\"two\"}: cannot change roleRef";
    let (_, conflict) = api.apply(&url, "m", &binding("two"));
    let why = "Apply failed with 2 conflicts: conflicts with \"tool\" using rbac.authorization.k8s.io/v1:\n- .roleRef\n- \
        .subjects";
    assert_eq!(conflict["message"], why, "the subjects differ by the group that the server had filled in");
    for (method, media_type, query) in
        [("PUT", JSON, ""), ("PATCH", MERGE, ""), ("PATCH", APPLY, "?fieldManager=m&force=true")]
    {
        let (status, refused) = api.ask(method, &format!("{url}{query}"), media_type, &binding("two"));
        assert_eq!((status, refused["message"].as_str()), (422, Some(words)), "{method}");
        assert_eq!(refused["details"]["causes"][0]["field"], "roleRef");
    }
}

#[test]
fn creations_and_deletions_are_refused_in_the_servers_words() {
    let (mut api, url) = (Api::new(), format!("{ROLES}/r"));
    api.apply(&url, "m", &role(&["get"], json!({})));
    let mut told = |method: &str, url: &str, body: Value| {
        let (status, refused) = api.ask(method, url, JSON, &body);
        (status, refused["message"].as_str().unwrap_or_default().to_owned())
    };
    let there = "roles.rbac.authorization.k8s.io \"r\" already exists".to_owned();
    assert_eq!(told("POST", ROLES, role(&["get"], json!({}))), (409, there));
    let missing = "roles.rbac.authorization.k8s.io \"none\" not found".to_owned();
    assert_eq!(told("DELETE", &format!("{ROLES}/none"), Value::Null), (404, missing));
    let (status, words) = told("DELETE", &url, json!({"preconditions": {"uid": "x"}}));
    let beginning = "Operation cannot be fulfilled on Role.rbac.authorization.k8s.io \"r\": the UID in the precondition (x) \
        does not match the UID in record (";
    assert!(status == 409 && words.starts_with(beginning), "{words}");
    let (status, words) = told("DELETE", &url, json!({"preconditions": {"resourceVersion": "1"}}));
    assert!(status == 409 && words.ends_with("The object might have been modified"), "{words}");
    assert_eq!(told("DELETE", &format!("{url}?dryRun=All"), Value::Null).0, 200);
    assert_eq!(told("DELETE", &url, Value::Null).0, 200);
    let nowhere = "namespaces \"nowhere\" not found".to_owned();
    let config_map = json!({"metadata": {"name": "x"}});
    let missing = "configmaps \"x\" not found".to_owned();
    assert_eq!(told("PUT", "/api/v1/namespaces/nowhere/configmaps/x", config_map), (404, missing));
    let nameless = "Role.rbac.authorization.k8s.io \"\" is invalid: metadata.name: Required value: name or generateName is \
        required";
    assert_eq!(told("POST", ROLES, json!({"metadata": {}})), (422, nameless.to_owned()));
    let versioned = json!({"metadata": {"name": "v", "resourceVersion": "5"}});
    let words = "resourceVersion should not be set on objects to be created".to_owned();
    assert_eq!(told("POST", ROLES, versioned), (500, words));
    for (method, name) in [("POST", ""), ("PUT", "/r"), ("PATCH", "/r?fieldManager=m")] {
        let url = ROLES.replace("here", "nowhere") + name;
        let media_type = if method == "PATCH" { APPLY } else { JSON };
        let (status, refused) = api.ask(method, &url, media_type, &role(&["get"], json!({})));
        assert_eq!((status, refused["message"].as_str()), (404, Some(nowhere.as_str())), "{method}");
    }
}

#[test]
fn nothing_new_is_made_in_a_namespace_that_ends() {
    let mut api = Api::new();
    api.apply(
        &format!("{ROLES}/old"),
        "m",
        &json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "Role",
        "metadata": {"name": "old"}, "rules": []}),
    );
    let mut namespace = api.store.get("Namespace", None, "here").cloned().expect("a namespace");
    namespace["status"]["phase"] = json!("Terminating");
    namespace["metadata"]["deletionTimestamp"] = json!("2026-11-26T06:00:00Z");
    api.store.apply(namespace);
    let words = "roles.rbac.authorization.k8s.io \"r\" is forbidden: unable to create new content in namespace here \
        because it is being terminated";
    for (method, url, media_type) in
        [("POST", ROLES.to_owned(), JSON), ("PATCH", format!("{ROLES}/r?fieldManager=m"), APPLY)]
    {
        let (status, refused) = api.ask(method, &url, media_type, &role(&["get"], json!({})));
        assert_eq!((status, refused["message"].as_str()), (403, Some(words)));
        assert_eq!(refused["details"]["causes"][0]["reason"], "NamespaceTerminating");
    }
    let change = json!({"metadata": {"labels": {"x": "1"}}});
    assert_eq!(api.ask("PATCH", &format!("{ROLES}/old"), MERGE, &change).0, 200, "what is there can change");
    let (status, refused) = api.ask("POST", "/api/v1/namespaces", JSON, &json!({"metadata": {"name": "here"}}));
    let words = "object is being deleted: namespaces \"here\" already exists";
    assert_eq!((status, refused["message"].as_str()), (409, Some(words)));
    assert_eq!(api.ask("DELETE", "/api/v1/namespaces/here", JSON, &Value::Null).0, 200);
    assert!(api.store.get("Role", Some("here"), "old").is_some(), "it still ends");
}

#[test]
fn a_namespace_is_made_whole_and_goes_with_everything_in_it() {
    let mut api = Api::new();
    let wanted = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "new"}});
    let (status, made) = api.apply("/api/v1/namespaces/new", "m", &wanted);
    assert_eq!((status, made["status"]["phase"].as_str()), (201, Some("Active")));
    assert_eq!(made["metadata"]["labels"]["kubernetes.io/metadata.name"], "new");
    assert!(api.store.get("ServiceAccount", Some("new"), "default").is_some());
    let (status, gone) = api.ask("DELETE", "/api/v1/namespaces/new", JSON, &Value::Null);
    assert_eq!((status, gone["status"]["phase"].as_str()), (200, Some("Terminating")));
    assert!(api.store.get("Namespace", None, "new").is_none());
    assert!(api.store.get("ServiceAccount", Some("new"), "default").is_none());
}

#[test]
fn a_dry_run_changes_nothing() {
    let (mut api, url) = (Api::new(), format!("{ROLES}/r"));
    let (status, shown) = api.apply(&format!("{url}?dryRun=All"), "m", &role(&["get"], json!({})));
    assert_eq!((status, shown["rules"][0]["verbs"][0].as_str()), (201, Some("get")));
    assert!(api.store.get("Role", Some("here"), "r").is_none());
    let (status, refused) = api.apply(&format!("{url}?dryRun=x"), "m", &role(&["get"], json!({})));
    let words =
        "PatchOptions.meta.k8s.io \"\" is invalid: dryRun: Unsupported value: [\"x\"]: supported values: \"All\"";
    assert_eq!((status, refused["message"].as_str()), (422, Some(words)));
    let (status, refused) = api.ask("PATCH", &url, APPLY, &role(&["get"], json!({})));
    let words = "PatchOptions.meta.k8s.io \"\" is invalid: fieldManager: Required value: is required for apply patch";
    assert_eq!((status, refused["message"].as_str()), (422, Some(words)));
}

#[test]
fn an_apply_of_something_new_takes_the_right_to_create_it() {
    let mut api = Api::new();
    api.user = User { name: "ada".to_owned(), groups: vec!["team".to_owned()], ..User::default() };
    let rules = json!([{"apiGroups": [""], "resources": ["configmaps"], "verbs": ["patch"]}]);
    api.store.apply(objects::role("here", "patchers", rules));
    api.store.apply(objects::role_binding("here", "patchers", ("Role", "patchers"), "team"));
    let wanted = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "cm"}, "data": {"a": "1"}});
    let (status, refused) = api.apply("/api/v1/namespaces/here/configmaps/cm", "m", &wanted);
    let words = "configmaps \"cm\" is forbidden: User \"ada\" cannot create resource \"configmaps\" in API group \"\" in \
        the namespace \"here\"";
    assert_eq!((status, refused["message"].as_str()), (403, Some(words)));
}

#[test]
fn a_field_that_is_spelled_wrong_is_refused() {
    let mut api = Api::new();
    let mut wrong = role(&["get"], json!({}));
    wrong["spec"] = json!(1);
    wrong["rules"][0]["apigroups"] = json!([""]);
    let (status, refused) = api.ask("POST", &format!("{ROLES}?fieldValidation=Strict"), JSON, &wrong);
    let words = "Role in version \"v1\" cannot be handled as a Role: strict decoding error: unknown field \
        \"rules[0].apigroups\", unknown field \"spec\"";
    assert_eq!((status, refused["message"].as_str()), (400, Some(words)));
    let (status, refused) = api.apply(&format!("{ROLES}/r"), "m", &wrong);
    let words = "failed to create typed patch object (/r; rbac.authorization.k8s.io/v1, Kind=Role): errors:\n  \
        .rules[0].apigroups: field not declared in schema\n  .spec: field not declared in schema";
    assert_eq!((status, refused["message"].as_str()), (500, Some(words)));
    wrong["rules"] = json!(7);
    let (_, refused) = api.apply(&format!("{ROLES}/r"), "m", &wrong);
    assert!(refused["message"].as_str().is_some_and(|it| it.ends_with(": .rules: expected list, got &{7}")));
    let (status, refused) = api.ask("POST", ROLES, JSON, &wrong);
    let words = "Role in version \"v1\" cannot be handled as a Role: json: cannot unmarshal number into Go struct field \
        Role.rules of type []v1.PolicyRule";
    assert_eq!((status, refused["message"].as_str()), (400, Some(words)));
    assert_eq!(api.ask("POST", ROLES, JSON, &role(&["get"], json!({}))).0, 201);
    let patch = json!({"metadata": {"labels": {"n": 5}}});
    let (status, refused) = api.ask("PATCH", &format!("{ROLES}/r"), MERGE, &patch);
    let words = "json: cannot unmarshal number into Go struct field Role.metadata.labels of type string";
    assert!(status == 422 && refused["message"].as_str().is_some_and(|it| it.ends_with(words)), "{refused}");
    assert_eq!(api.ask("PATCH", &format!("{ROLES}/r"), "text/plain", &patch).0, 415);
}
