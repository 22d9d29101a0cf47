use super::*;
use crate::World;
use crate::credentials::role_path_arn;
use crate::eks::testing::{ACCOUNT, REGION, caller, get, read};
use crate::text::percent_encode;

const CLUSTER: &str = "tools-1";
const NOW: i64 = 1_800_000_000_000;
const VIEW: &str = "arn:aws:eks::aws:cluster-access-policy/AmazonEKSViewPolicy";

type Answer = Result<Value, (u16, String, String)>;

fn state() -> State {
    State::new(World::default())
}

fn request(path: &str, body: Value) -> Request {
    Request { body: body.to_string().into(), ..get(&format!("/clusters/{CLUSTER}/access-entries{path}"), "") }
}

fn created(state: &mut State, body: Value) -> Answer {
    read(create(state, &caller("AdministratorAccess"), &request("", body), NOW))
}

fn read_only() -> String {
    role_path_arn(ACCOUNT, REGION, "ReadOnly")
}

fn of(principal: &str, more: &str) -> String {
    format!("/{}{more}", percent_encode(principal))
}

#[test]
fn an_entry_has_a_default_username_and_is_bound_to_its_role() {
    let mut state = state();
    let shown = created(&mut state, json!({"principalArn": read_only(), "tags": {"by": "us"}})).expect("an entry");
    let name = crate::role_name(ACCOUNT, "ReadOnly");
    let username = format!("arn:aws:sts::{ACCOUNT}:assumed-role/{name}/{{{{SessionName}}}}");
    assert_eq!(shown["accessEntry"]["username"], json!(username));
    assert_eq!(shown["accessEntry"]["createdAt"], json!(1_800_000_000.0));
    assert_eq!(shown["accessEntry"]["tags"], json!({"by": "us"}));
    let id = caller("ReadOnly").credentials.role_id();
    assert!(reserved::is_bound(&state.bindings, CLUSTER, &read_only(), &id));
    let (status, code, message) =
        created(&mut state, json!({"principalArn": read_only().to_uppercase()})).expect_err("format");
    assert_eq!((status, code.as_str(), message.contains("format")), (400, "InvalidParameterException", true));
    let (status, code, message) = created(&mut state, json!({"principalArn": read_only()})).expect_err("again");
    assert_eq!((status, code.as_str()), (409, "ResourceInUseException"));
    assert_eq!(message, "The specified access entry resource is already in use on this cluster.");
}

#[test]
fn what_aws_refuses_is_refused() {
    let mut state = state();
    let without_path = format!("arn:aws:iam::{ACCOUNT}:role/{}", crate::role_name(ACCOUNT, "ReadOnly"));
    let session = format!("arn:aws:sts::{ACCOUNT}:assumed-role/x/ada");
    let linked = format!("arn:aws:iam::{ACCOUNT}:role/aws-service-role/x.amazonaws.com/X");
    for (body, words) in [
        (json!({"principalArn": without_path}), "invalid principal"),
        (json!({"principalArn": session}), "format is not valid"),
        (json!({"principalArn": linked}), "Service Linked Role"),
        (json!({"principalArn": read_only(), "kubernetesGroups": ["system:masters"]}), "cannot start with system:"),
        (json!({"principalArn": read_only(), "username": "aws:x"}), "must not begin with aws:"),
        (json!({"principalArn": read_only(), "username": "{{SessionName}}"}), "a colon before"),
        (json!({"principalArn": read_only(), "username": "sso:{{SessionNameRaw}}"}), "unsupported template"),
        (json!({"principalArn": read_only(), "type": "OTHER"}), "The type OTHER"),
        (json!({"principalArn": read_only(), "type": "EC2_LINUX", "kubernetesGroups": ["x"]}), "STANDARD only"),
    ] {
        let (status, code, message) = created(&mut state, body).expect_err(words);
        assert_eq!((status, code.as_str()), (400, "InvalidParameterException"));
        assert!(message.contains(words), "{message} instead of {words}");
    }
    let denied = create(&mut state, &caller("ReadOnly"), &request("", json!({})), NOW);
    assert_eq!(read(denied).expect_err("no right").0, 403);
}

#[test]
fn an_update_replaces_what_is_given() {
    let mut state = state();
    let body = json!({"principalArn": read_only(), "username": "a:{{SessionName}}", "kubernetesGroups": ["a", "b"]});
    created(&mut state, body).expect("an entry");
    let admin = caller("AdministratorAccess");
    let change = request(&of(&read_only(), ""), json!({"kubernetesGroups": ["c"]}));
    let shown = read(update(&mut state, &admin, &change, NOW + 5000)).expect("an entry");
    let entry = &shown["accessEntry"];
    assert_eq!((&entry["username"], &entry["kubernetesGroups"]), (&json!("a:{{SessionName}}"), &json!(["c"])));
    assert_eq!((&entry["createdAt"], &entry["modifiedAt"]), (&json!(1_800_000_000.0), &json!(1_800_000_005.0)));
    read(delete(&mut state, &admin, &change, NOW)).expect("nothing");
    assert_eq!(read(delete(&mut state, &admin, &change, NOW)).expect_err("it is gone").0, 404);
}

#[test]
fn the_scopes_of_a_policy_add_up() {
    let mut state = state();
    created(&mut state, json!({"principalArn": read_only()})).expect("an entry");
    let admin = caller("AdministratorAccess");
    let path = of(&read_only(), "/access-policies");
    let mut ask = |policy: &str, scope: Value| {
        let body = json!({"policyArn": policy, "accessScope": scope});
        read(associate(&mut state, &admin, &request(&path, body), NOW))
    };
    let namespaces = |names: &[&str]| json!({"type": "namespace", "namespaces": names});
    ask(VIEW, namespaces(&["a", "b*"])).expect("an association");
    let shown = ask(VIEW, namespaces(&["c", "a"])).expect("an association");
    assert_eq!(shown["associatedAccessPolicy"]["accessScope"], namespaces(&["a", "b*", "c"]));
    for (policy, scope) in [
        (VIEW, namespaces(&[])),
        (VIEW, json!({"type": "cluster", "namespaces": ["a"]})),
        ("arn:aws:iam::aws:policy/AmazonEKSViewPolicy", json!({"type": "cluster"})),
    ] {
        assert_eq!(ask(policy, scope).expect_err("invalid").1, "InvalidParameterException");
    }
    let shown = ask(VIEW, json!({"type": "cluster"})).expect("an association");
    assert_eq!(shown["associatedAccessPolicy"]["accessScope"], json!({"type": "cluster", "namespaces": []}));
    let path = request(&format!("{path}/{}", percent_encode(VIEW)), json!({}));
    read(disassociate(&mut state, &admin, &path, NOW)).expect("nothing");
    assert_eq!(read(disassociate(&mut state, &admin, &path, NOW)).expect_err("it is gone").0, 404);
}

#[test]
fn users_have_entries_of_the_type_standard() {
    let mut state = state();
    let user = crate::User { path: "/ci/".to_owned(), ..crate::User::new(ACCOUNT, "deployer") };
    let arn = user.arn();
    let invalid = created(&mut state, json!({"principalArn": arn})).expect_err("no user");
    assert!(invalid.2.ends_with("invalid principal."));
    state.world.users.push(user);
    let node = created(&mut state, json!({"principalArn": arn, "type": "EC2_LINUX"})).expect_err("no node");
    assert_eq!(node.1, "InvalidParameterException");
    let shown = created(&mut state, json!({"principalArn": arn})).expect("an entry");
    assert_eq!(shown["accessEntry"]["username"], json!(arn));
    assert!(
        shown["accessEntry"]["accessEntryArn"].as_str().is_some_and(|arn| arn.contains("/user/111122223333/deployer/"))
    );
}

#[test]
fn a_change_takes_its_time_to_be_seen() {
    let mut state = state();
    state.world.settings.entry_delay_milliseconds = 5000;
    let groups = |state: &State, now: i64| {
        let cluster = state.world.clusters.iter().find(|cluster| cluster.name == CLUSTER).expect("a cluster");
        let seen = crate::eks::delays::seen(cluster, &state.stale_entries, &read_only(), now);
        seen.map(|(entry, _)| entry.groups.clone())
    };
    let of = |group: &str| Some(vec![group.to_owned()]);
    created(&mut state, json!({"principalArn": read_only(), "kubernetesGroups": ["a"]})).expect("an entry");
    assert_eq!((groups(&state, NOW + 4999), groups(&state, NOW + 5000)), (None, of("a")));
    let admin = caller("AdministratorAccess");
    let body = json!({"policyArn": VIEW, "accessScope": {"type": "cluster"}});
    let path = request(&of_read_only("/access-policies"), body);
    let (status, _, message) = read(associate(&mut state, &admin, &path, NOW + 4000)).expect_err("too new");
    assert!(status == 404 && message.starts_with("The specified principalArn could not be found."));
    read(associate(&mut state, &admin, &path, NOW + 5000)).expect("an association");
    let change = request(&of_read_only(""), json!({"kubernetesGroups": ["b"]}));
    read(update(&mut state, &admin, &change, NOW + 20_000)).expect("an entry");
    assert_eq!((groups(&state, NOW + 24_999), groups(&state, NOW + 25_000)), (of("a"), of("b")));
    read(delete(&mut state, &admin, &change, NOW + 30_000)).expect("nothing");
    assert_eq!((groups(&state, NOW + 34_999), groups(&state, NOW + 35_000)), (of("b"), None));
}

fn of_read_only(more: &str) -> String {
    of(&read_only(), more)
}

#[test]
fn a_second_association_may_replace_the_first() {
    let mut state = state();
    state.world.settings.association_replaces_scope = 1;
    created(&mut state, json!({"principalArn": read_only()})).expect("an entry");
    let mut ask = |namespaces: &[&str]| {
        let body = json!({"policyArn": VIEW, "accessScope": {"type": "namespace", "namespaces": namespaces}});
        let path = request(&of_read_only("/access-policies"), body);
        read(associate(&mut state, &caller("AdministratorAccess"), &path, NOW)).expect("an association")
    };
    ask(&["a"]);
    assert_eq!(ask(&["b"])["associatedAccessPolicy"]["accessScope"]["namespaces"], json!(["b"]));
}
