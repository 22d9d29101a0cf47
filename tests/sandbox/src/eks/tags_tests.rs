use super::*;
use crate::World;
use crate::eks::testing::{ACCOUNT, caller, get, read as answer};
use crate::text::percent_encode;

fn path(state: &State) -> String {
    let cluster = &state.world.clusters[0];
    format!("/tags/{}", percent_encode(&entry_arn(cluster, &cluster.access_entries[0])))
}

fn with_tags(path: &str, tags: &Value) -> Request {
    Request { method: "POST".to_owned(), body: json!({"tags": tags}).to_string().into(), ..get(path, "") }
}

#[test]
fn tags_come_and_go() {
    let mut state = State::new(World::default());
    let (path, admin) = (path(&state), caller("AdministratorAccess"));
    let tags = |state: &State| answer(list(state, &admin, &get(&path, ""))).expect("tags")["tags"].clone();
    assert_eq!(tags(&state), json!({}));
    let two = json!({"managed-by": "nsaccess", "nsaccess/idp-dev": "viewer until 2026-11-26T18:00:00Z"});
    answer(tag(&mut state, &admin, &with_tags(&path, &two))).expect("done");
    answer(tag(&mut state, &admin, &with_tags(&path, &json!({"managed-by": "us"})))).expect("done");
    assert_eq!(tags(&state), json!({"managed-by": "us", "nsaccess/idp-dev": "viewer until 2026-11-26T18:00:00Z"}));
    let query = "tagKeys=nsaccess%2Fidp-dev&tagKeys=none";
    answer(untag(&mut state, &admin, &get(&path, query))).expect("done");
    assert_eq!(tags(&state), json!({"managed-by": "us"}));
}

#[test]
fn there_are_fifty_at_most() {
    let mut state = State::new(World::default());
    let (path, admin) = (path(&state), caller("AdministratorAccess"));
    let many = |from: usize, to: usize| -> Value {
        (from..to).map(|number| (format!("key-{number}"), json!("x"))).collect::<serde_json::Map<_, _>>().into()
    };
    let mut ask = |tags: Value| answer(tag(&mut state, &admin, &with_tags(&path, &tags)));
    ask(many(0, 50)).expect("fifty");
    for tags in [many(50, 51), many(0, 51), json!({"AWS:x": "y"}), json!({"k": "x".repeat(257)})] {
        assert_eq!(ask(tags).expect_err("too much").1, "BadRequestException");
    }
    ask(many(0, 50)).expect("the same keys");
    assert_eq!(given(&json!({"tags": many(0, 51)})).expect_err("too many").status, 400);
}

#[test]
fn tags_are_of_something_and_take_a_right() {
    let mut state = State::new(World::default());
    let place = path(&state);
    let none = format!("/tags/{}", percent_encode(&format!("arn:aws:eks:eu-west-1:{ACCOUNT}:access-entry/none/x")));
    let missing = answer(list(&state, &caller("AdministratorAccess"), &get(&none, ""))).expect_err("nothing there");
    assert_eq!((missing.0, missing.1.as_str()), (404, "NotFoundException"));
    let denied =
        answer(tag(&mut state, &caller("ReadOnly"), &with_tags(&place, &json!({"a": "b"})))).expect_err("no right");
    assert!(denied.0 == 403 && denied.2.contains("eks:TagResource on resource: arn:aws:eks:"), "{}", denied.2);
}
