use super::*;
use crate::World;
use crate::eks::testing::{caller, get, read};

fn state() -> State {
    let mut state = State::new(World::default());
    state.allow_action("idp-ns-idp-dev", "eks:DescribeClusterVersions");
    let mut version = |name: &str, status: &str| {
        let versions = &mut state.world.cluster_versions;
        versions.iter_mut().find(|it| it.version == name).expect("a version").status = status.to_owned();
    };
    version("1.25", "UNSUPPORTED");
    version("1.26", "EXTENDED_SUPPORT");
    state
}

fn described(state: &State, query: &str) -> Vec<Value> {
    let answer = read(describe(state, &caller("idp-ns-idp-dev"), &get("/cluster-versions", query))).expect("an answer");
    answer["clusterVersions"].as_array().expect("a list").clone()
}

fn names(state: &State, query: &str) -> Vec<String> {
    described(state, query).iter().map(|it| it["clusterVersion"].as_str().expect("a version").to_owned()).collect()
}

#[test]
fn versions_are_chosen_by_name_and_by_status() {
    let state = state();
    assert_eq!(names(&state, "clusterVersions=1.33&clusterVersions=1.25"), ["1.33", "1.25"]);
    assert_eq!(names(&state, "versionStatus=EXTENDED_SUPPORT"), ["1.26"]);
    assert_eq!(names(&state, "status=unsupported"), ["1.25"]);
    assert_eq!(names(&state, "defaultOnly=true"), ["1.36"]);
    assert_eq!((names(&state, "").len(), names(&state, "includeAll=true").len()), (11, 12));
    assert!(names(&state, "clusterVersions=1.9").is_empty());
    let refused = describe(&state, &caller("idp-ns-idp-dev"), &get("/cluster-versions", "versionStatus=OLD"));
    assert_eq!(read(refused).expect_err("no status").1, "InvalidParameterException");
}

#[test]
fn every_version_has_standard_support_unless_the_world_says_otherwise() {
    let version = &described(&state(), "clusterVersions=1.33")[0];
    assert_eq!(version["versionStatus"], "STANDARD_SUPPORT");
    assert!(version["endOfStandardSupportDate"].as_i64() > Some(4_000_000_000));
}

#[test]
fn nobody_may_ask_without_a_right_to() {
    let state = State::new(World::default());
    let refused = describe(&state, &caller("idp-ns-idp-dev"), &get("/cluster-versions", ""));
    let (status, code, message) = read(refused).expect_err("no right");
    assert_eq!((status, code.as_str()), (403, "AccessDeniedException"));
    assert!(message.contains("eks:DescribeClusterVersions on resource: arn:aws:eks:eu-west-1:111122223333:*"));
    assert!(describe(&state, &caller("ReadOnly"), &get("/cluster-versions", "")).is_ok());
}
