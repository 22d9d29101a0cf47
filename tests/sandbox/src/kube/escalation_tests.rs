use super::*;
use crate::cluster::AssociatedPolicy;
use crate::message::Content;
use crate::objects;

/// A user who may write roles and bindings, and get pods and services.
fn limited(more: Value) -> (Store, User) {
    let mut rules = json!([
        {"apiGroups": [GROUP], "resources": ["roles", "rolebindings"], "verbs": ["create", "update", "patch", "get"]},
        {"apiGroups": [""], "resources": ["pods", "services"], "verbs": ["get"]},
    ]);
    rules.as_array_mut().expect("a list").extend(items(&more).to_vec());
    let mut cluster = crate::Cluster::new("c", "111122223333", "eu-west-1");
    cluster.add_namespace("here").grant("here", "lim", rules, "team");
    let groups = ["team", "system:authenticated"].map(str::to_owned).to_vec();
    (Store::of_cluster(&cluster), User { name: "lim".to_owned(), groups, ..User::default() })
}

fn told((store, user): &(Store, User), object: &Value) -> Result<(), (u16, String)> {
    let plural = if object["kind"] == "Role" { "roles" } else { "rolebindings" };
    let attributes = Attributes {
        verb: "create".to_owned(),
        group: GROUP.to_owned(),
        resource: plural.to_owned(),
        namespace: "here".to_owned(),
        name: "esc".to_owned(),
        ..Attributes::default()
    };
    check(store, user, &attributes, object).map_err(|reply| {
        let Content::Full(bytes) = reply.content else { panic!("no body") };
        let body: Value = serde_json::from_slice(&bytes).expect("JSON");
        (reply.status, body["message"].as_str().expect("a message").to_owned())
    })
}

#[test]
fn nobody_grants_what_they_do_not_hold() {
    let limited = limited(Value::Null);
    let rules = json!([{"apiGroups": [""], "resources": ["pods", "secrets"], "verbs": ["get", "list"]},
        {"apiGroups": ["apps"], "resources": ["deployments"], "resourceNames": ["x", "y"], "verbs": ["get"]}]);
    // Recorded from Kubernetes 1.36.
    let words = "roles.rbac.authorization.k8s.io \"esc\" is forbidden: user \"lim\" (groups=[\"team\" \
        \"system:authenticated\"]) is attempting to grant RBAC permissions not currently held:\n\
        {APIGroups:[\"\"], Resources:[\"pods\"], Verbs:[\"list\"]}\n\
        {APIGroups:[\"\"], Resources:[\"secrets\"], Verbs:[\"get\" \"list\"]}\n\
        {APIGroups:[\"apps\"], Resources:[\"deployments\"], ResourceNames:[\"x\"], Verbs:[\"get\"]}\n\
        {APIGroups:[\"apps\"], Resources:[\"deployments\"], ResourceNames:[\"y\"], Verbs:[\"get\"]}";
    assert_eq!(told(&limited, &objects::role("here", "esc", rules)), Err((403, words.to_owned())));
    let held = json!([{"apiGroups": [""], "resources": ["pods"], "resourceNames": ["web-0"], "verbs": ["get"]}]);
    assert_eq!(told(&limited, &objects::role("here", "esc", held)), Ok(()));
    let star = json!([{"apiGroups": [""], "resources": ["pods"], "verbs": ["*"]}]);
    assert!(told(&limited, &objects::role("here", "esc", star)).expect_err("too much").1.ends_with("Verbs:[\"*\"]}"));
}

#[test]
fn a_binding_grants_what_its_role_does() {
    let mut limited = limited(Value::Null);
    let secrets = json!([{"apiGroups": [""], "resources": ["secrets"], "verbs": ["get"]}]);
    limited.0.apply(objects::role("here", "reader", secrets));
    let bound = |kind: &str, name: &str| objects::role_binding("here", "esc", (kind, name), "others");
    assert_eq!(told(&limited, &bound("Role", "lim")), Ok(()));
    assert_eq!(told(&limited, &bound("Role", "reader")).expect_err("too much").0, 403);
    assert_eq!(told(&limited, &bound("ClusterRole", "admin")).expect_err("too much").0, 403);
    let words = "rolebindings.rbac.authorization.k8s.io \"nonesuch\" not found".to_owned();
    assert_eq!(told(&limited, &bound("Role", "nonesuch")), Err((404, words)));
}

#[test]
fn bind_and_escalate_allow_more() {
    let secrets = json!([{"apiGroups": [""], "resources": ["secrets"], "verbs": ["get"]}]);
    let admin = objects::role_binding("here", "esc", ("ClusterRole", "admin"), "others");
    let bind =
        json!([{"apiGroups": [GROUP], "resources": ["clusterroles"], "resourceNames": ["admin"], "verbs": ["bind"]}]);
    assert_eq!(told(&limited(bind.clone()), &admin), Ok(()));
    let edit = objects::role_binding("here", "esc", ("ClusterRole", "edit"), "others");
    assert!(told(&limited(bind), &edit).is_err(), "it is about another role");
    let escalate = json!([{"apiGroups": [GROUP], "resources": ["roles"], "verbs": ["escalate"]}]);
    assert_eq!(told(&limited(escalate), &objects::role("here", "esc", secrets)), Ok(()));
}

#[test]
fn rights_of_an_access_policy_are_held_only_by_way_of_escalate() {
    let secrets = json!([{"apiGroups": [""], "resources": ["secrets"], "verbs": ["get"]}]);
    let with = |policy: &str| {
        let (store, mut user) = limited(Value::Null);
        let policy_arn = format!("arn:aws:eks::aws:cluster-access-policy/{policy}");
        user.policies = vec![AssociatedPolicy { policy_arn, namespaces: None, associated_at: None }];
        told(&(store, user), &objects::role("here", "esc", secrets.clone()))
    };
    assert_eq!(with("AmazonEKSClusterAdminPolicy"), Ok(()));
    assert_eq!(with("AmazonEKSAdminPolicy").expect_err("its rights are not RBAC's").0, 403);
}
