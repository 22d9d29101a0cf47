use super::*;
use crate::cluster::AccessEntry;
use crate::credentials::role_path_arn;

const ACCOUNT: &str = "111122223333";
const CLUSTER: &str = "idp-nonprod-1";

#[test]
fn the_name_of_a_permission_set_may_have_underscores() {
    let arn = "arn:aws:iam::1:role/aws-reserved/sso.amazonaws.com/eu-west-1/AWSReservedSSO_a_b_0123456789abcdef";
    assert_eq!(parse(arn), Some(("1", "a_b", "0123456789abcdef")));
    let arn = arn.replace("eu-west-1/", "");
    assert_eq!(parse(&arn), Some(("1", "a_b", "0123456789abcdef")));
    assert_eq!(parse("arn:aws:iam::1:role/AWSReservedSSO_a_b_0123456789abcdef"), None);
}

#[test]
fn an_entry_stays_bound_to_the_role_that_it_was_made_for() {
    let mut state = State::new(World::default());
    let arn = role_path_arn(ACCOUNT, "eu-west-1", "idp-ns-idp-dev");
    let (first, second) = (role_id(&arn, 0), role_id(&arn, 1));
    assert_ne!(first, second);
    let bound = |state: &State, id: &str| is_bound(&state.bindings, CLUSTER, &arn, id);
    assert!(bound(&state, &first) && !bound(&state, &second));
    let again = ReservedRole { suffix: role_suffix(ACCOUNT, "idp-ns-idp-dev"), generation: 1, created: CREATED + 1 };
    state.reserved_roles.insert((ACCOUNT.to_owned(), "idp-ns-idp-dev".to_owned()), again);
    state.bind_entries(1);
    assert!(bound(&state, &first) && !bound(&state, &second), "the old entry is of the old role");
    let old = std::mem::take(&mut state.world.clusters[0].access_entries);
    state.bind_entries(2);
    assert!(!bound(&state, &first), "it is gone");
    let entry = AccessEntry { created_at: None, ..old.into_iter().find(|entry| entry.is_of(&arn)).expect("one") };
    state.world.clusters[0].access_entries.push(entry);
    state.bind_entries(3);
    assert!(bound(&state, &second), "the new entry is of the new role");
    assert_eq!(state.world.clusters[0].access_entries[0].created_at, Some(3));
}

#[test]
fn an_entry_of_a_role_with_another_suffix_is_of_no_role() {
    let mut state = State::new(World::default());
    let arn = format!("arn:aws:iam::{ACCOUNT}:role/aws-reserved/sso.amazonaws.com/eu-west-1/AWSReservedSSO_x_0000");
    state.world.clusters[0].access_entries.push(AccessEntry::new(&arn, "x", &[]));
    state.bind_entries(1);
    assert!(!is_bound(&state.bindings, CLUSTER, &arn, &role_id(&arn, 0)));
}
