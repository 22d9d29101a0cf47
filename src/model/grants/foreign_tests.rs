use super::*;
use crate::model::grants::revoking::Extent;
use crate::model::grants::state::place;
use crate::model::kube::access_entry::AccessEntry;
use crate::model::kube::rbac::RoleRef;

const ROLE: &str = "arn:aws:iam::111122223333:role/ci";
const OTHER: &str = "arn:aws:iam::111122223333:role/other";

fn revocation() -> Revocation {
    let principal = Principal::parse(ROLE).expect("a role");
    Revocation { namespace: "pay".into(), principal, extent: Extent::Everything }
}

fn subject(kind: &str, name: &str) -> Subject {
    Subject { kind: kind.into(), name: name.into(), ..Subject::group("") }
}

/// Entries with usernames and groups, and a binding in each namespace.
fn state(entries: &[(&str, &str, &[&str])], namespaces: &[&str], subject: &Subject) -> State {
    let mut state = State::default();
    for (arn, username, groups) in entries {
        let groups = groups.iter().map(|group| (*group).to_owned()).collect();
        let entry = AccessEntry {
            principal_arn: (*arn).into(),
            username: (*username).into(),
            groups,
            ..AccessEntry::default()
        };
        state.entries.insert((*arn).into(), entry);
    }
    for namespace in namespaces {
        let binding = Binding {
            namespace: Some((*namespace).into()),
            name: "theirs".into(),
            labels: Default::default(),
            annotations: Default::default(),
            role: RoleRef { kind: "ClusterRole".into(), name: "edit".into() },
            subjects: vec![subject.clone()],
        };
        state.bindings.insert(place(namespace, "theirs"), binding);
    }
    state
}

fn removed(state: &mut State) -> Result<Vec<Note>> {
    let revocation = revocation();
    let identity = Identity::of(state, &revocation.principal)?;
    let found = find(state, &revocation, &identity);
    assert_eq!(found.len(), 1, "{found:?}");
    Ok(found
        .iter()
        .map(|found| remove(state, &revocation, found))
        .collect::<Result<Vec<_>>>()?
        .into_iter()
        .flatten()
        .collect())
}

#[test]
fn a_username_of_several_is_not_taken() {
    let ada = subject("User", "ada");
    let mut by_entry = state(&[(ROLE, "ada", &[]), (OTHER, "ada", &[])], &["pay"], &ada);
    let mut by_template = state(&[(ROLE, "ada", &[]), (OTHER, "{{SessionName}}", &[])], &["pay"], &ada);
    let mut by_item = state(&[(ROLE, "ada", &[])], &["pay"], &ada);
    let map_roles = Some(format!("- rolearn: {OTHER}\n  username: ada\n"));
    by_item.aws_auth = Some(AwsAuth { map_roles, ..AwsAuth::default() });
    for state in [&mut by_entry, &mut by_template, &mut by_item] {
        let error = removed(state).expect_err("a refusal").to_string();
        assert!(error.contains("cannot revoke the user ada") && error.contains(OTHER), "{error}");
    }
}

#[test]
fn a_username_of_one_is_taken_from_the_binding() {
    let ada = subject("User", "ada");
    let mut state = state(&[(ROLE, "ada", &[]), (OTHER, "other:{{SessionName}}", &[])], &["pay"], &ada);
    let map_roles = Some(format!("- rolearn: {ROLE}\n  username: ada\n"));
    state.aws_auth = Some(AwsAuth { map_roles, ..AwsAuth::default() });
    let notes = removed(&mut state).expect("a plan");
    assert!(notes[0].text().contains("OIDC"), "{notes:?}");
    assert!(state.bindings.is_empty());
}

#[test]
fn a_group_that_is_bound_elsewhere_is_taken_from_the_binding_with_a_word() {
    let devs = Subject::group("devs");
    let mut state = state(&[(ROLE, "ci", &["devs"]), (OTHER, "other", &["ops"])], &["pay", "shop"], &devs);
    let notes = removed(&mut state).expect("a plan");
    assert!(notes[0].text().contains("pay/theirs loses the group devs"), "{notes:?}");
    assert_eq!(state.bindings.keys().collect::<Vec<_>>(), [&place("shop", "theirs")]);
    assert_eq!(state.entry(ROLE).map(|entry| entry.groups.len()), Some(1));
}

#[test]
fn a_group_that_is_bound_here_alone_is_taken_from_the_principal() {
    let devs = Subject::group("devs");
    let mut state = state(&[(ROLE, "ci", &["devs", "ops"])], &["pay"], &devs);
    let map_roles = Some(format!("- rolearn: {ROLE}\n  username: ci\n  groups: [devs, ops]\n"));
    state.aws_auth = Some(AwsAuth { map_roles, ..AwsAuth::default() });
    let bindings = state.bindings.clone();
    assert_eq!(removed(&mut state).expect("a plan"), []);
    assert_eq!(state.bindings, bindings, "people from elsewhere may have the group, too");
    assert_eq!(state.entry(ROLE).map(|entry| entry.groups.as_slice()), Some(["ops".to_owned()].as_slice()));
    assert_eq!(
        state.aws_auth.expect("the ConfigMap").item(&revocation().principal).ok().flatten().expect("an item").groups,
        ["ops"]
    );
}

#[test]
fn templates_become_names_of_sessions_only() {
    let template = "arn:aws:sts::111122223333:assumed-role/dev/{{SessionName}}";
    assert!(fits(template, "arn:aws:sts::111122223333:assumed-role/dev/ada@example.com"));
    for name in ["arn:aws:sts::111122223333:assumed-role/dev/", "arn:aws:sts::111122223333:assumed-role/dev/x/y", "ada"]
    {
        assert!(!could_be(template, name), "{name}");
    }
    assert!(could_be("{{AccountID}}:{{SessionName}}", "1:ada") && !fits("{{AccountID}}:{{SessionName}}", "1:ada"));
    assert!(could_be("{{SessionName}}", "ada") && !could_be("{{SessionName}}", "system:admin"));
    assert!(!could_be("", "") && could_be("ada", "ada"));
}
