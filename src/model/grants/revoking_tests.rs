use super::*;
use crate::model::grants::access::Access;
use crate::model::grants::change::{changes, changes_of_revocation};
use crate::model::grants::grant::{Grant, Way};
use crate::model::grants::granting::{Terms, grant};
use crate::model::grants::preset::Preset;
use crate::model::grants::state::{AwsAuth, Phase};
use crate::model::kube::access_entry::PolicyAssociation;
use crate::model::kube::rbac::{Binding, RoleRef, Subject};

const ROLE: &str = "arn:aws:iam::111122223333:role/team/ci";
const OTHER: &str = "arn:aws:iam::111122223333:role/other";

fn principal(arn: &str) -> Principal {
    Principal::parse(arn).expect("a role")
}

fn wanted(namespace: &str, arn: &str, access: Access) -> Grant {
    Grant { namespace: namespace.into(), principal: principal(arn), access, until: None, create_namespace: true }
}

fn granted(state: &State, grants: &[Grant], mode: &str) -> State {
    let terms = Terms {
        mode: Some(mode),
        way: None::<Way>,
        principal_created_at: None,
        recreate: false,
        force: false,
        ignore_aws_auth: false,
    };
    let mut after = state.clone();
    for wanted in grants {
        grant(&mut after, wanted, &terms).expect("a grant");
    }
    after
}

fn revocation(namespace: &str) -> Revocation {
    Revocation { namespace: namespace.into(), principal: principal(ROLE), extent: Extent::Everything }
}

fn viewer() -> Access {
    Access::Preset(Preset::Viewer)
}

fn start() -> State {
    let mut state = State::default();
    for namespace in ["pay", "shop"] {
        state.namespaces.insert(namespace.into(), Phase::Active);
        state.complete.insert(namespace.into());
    }
    state
}

fn foreign_binding(group: &str) -> Binding {
    Binding {
        namespace: Some("pay".into()),
        name: "theirs".into(),
        labels: Default::default(),
        annotations: Default::default(),
        role: RoleRef { kind: "ClusterRole".into(), name: "edit".into() },
        subjects: vec![Subject::group(group)],
    }
}

#[test]
fn what_was_granted_is_taken_back_to_the_last_byte() {
    let text = "# ours\n- rolearn: arn:aws:iam::111122223333:role/node\n  username: system:node\n";
    let texts =
        [None, Some(text.to_owned()), Some(format!("{text}- rolearn: {OTHER}\n  username: o\n  groups: [a]  # x\n"))];
    for map_roles in texts {
        for (mode, access) in [
            ("CONFIG_MAP", viewer()),
            ("API_AND_CONFIG_MAP", viewer()),
            ("API", Access::Preset(Preset::Admin)),
            ("API", Access::Policy("AmazonEKSViewPolicy".into())),
        ] {
            let aws_auth = map_roles.clone().map(|text| AwsAuth { map_roles: Some(text), ..AwsAuth::default() });
            let before = State { aws_auth, ..start() };
            let mut after = granted(&before, &[wanted("pay", ROLE, access.clone())], mode);
            assert!(!changes(&before, &after).is_empty());
            revoke(&mut after, &revocation("pay"), false).expect("a plan");
            assert_eq!(changes(&before, &after), [], "{mode} {access:?}");
        }
    }
}

#[test]
fn what_other_namespaces_and_principals_need_stays() {
    let only_other = [wanted("shop", ROLE, viewer()), wanted("pay", OTHER, viewer())];
    let before = granted(&start(), &only_other, "API");
    let mut after = granted(&before, &[wanted("pay", ROLE, viewer())], "API");
    revoke(&mut after, &revocation("pay"), false).expect("a plan");
    assert_eq!(changes(&before, &after), []);
}

#[test]
fn access_is_taken_before_what_it_leads_to() {
    let before = granted(&start(), &[wanted("pay", ROLE, viewer())], "API");
    let mut after = before.clone();
    revoke(&mut after, &revocation("pay"), false).expect("a plan");
    let kinds: Vec<&str> = changes_of_revocation(&before, &after).iter().map(|change| change.kind()).collect();
    assert_eq!(kinds, ["access entry", "RoleBinding", "Role"]);
}

#[test]
fn an_entry_that_took_over_from_aws_auth_gives_it_back() {
    let text = format!("- rolearn: {}\n  username: ci:x\n  groups: [devs]\n", principal(ROLE).arn_in_aws_auth());
    let aws_auth = Some(AwsAuth { map_roles: Some(text), ..AwsAuth::default() });
    let before = State { aws_auth, ..start() };
    let mut after = granted(&before, &[wanted("pay", ROLE, viewer())], "API_AND_CONFIG_MAP");
    assert_eq!(after.entry(ROLE).map(|entry| entry.groups.len()), Some(2));
    let notes = revoke(&mut after, &revocation("pay"), false).expect("a plan");
    assert_eq!(changes(&before, &after), []);
    assert!(notes.iter().any(|note| note.text().contains("maps")), "{notes:?}");
}

#[test]
fn what_others_have_made_is_named_and_stays() {
    let mut before = granted(&start(), &[wanted("pay", ROLE, viewer())], "API");
    before.bindings.insert(place("pay", "theirs"), foreign_binding("devs"));
    let entry = before.entries.get_mut(ROLE).expect("an entry");
    entry.groups.push("devs".into());
    let scope = |names: &[&str]| PolicyScope::Namespaces(names.iter().map(|name| (*name).to_owned()).collect());
    entry.policies = Some(vec![
        PolicyAssociation { policy_arn: "a/AmazonEKSEditPolicy".into(), scope: scope(&["pay", "shop"]) },
        PolicyAssociation { policy_arn: "a/AmazonEKSViewPolicy".into(), scope: scope(&["p*"]) },
    ]);
    let mut after = before.clone();
    let notes = revoke(&mut after, &revocation("pay"), false).expect("a plan");
    assert_eq!(notes.len(), 3, "{notes:?}");
    let entry = after.entry(ROLE).expect("the entry");
    assert_eq!(
        (entry.groups.as_slice(), entry.policies.as_ref().map(Vec::len)),
        (["devs".to_owned()].as_slice(), Some(2))
    );
    // With consent: the group goes, the binding may be for others too, and the policy holds on in shop.
    let mut after = before.clone();
    let notes = revoke(&mut after, &revocation("pay"), true).expect("a plan");
    assert_eq!(notes.len(), 1, "{notes:?}");
    assert!(after.bindings.contains_key(&place("pay", "theirs")));
    assert_eq!(after.entry(ROLE).map(|entry| entry.groups.clone()), Some(Vec::new()));
    let policies = after.entry(ROLE).and_then(|entry| entry.policies.clone()).expect("policies");
    assert_eq!(policies[0].scope, scope(&["shop"]));
}

#[test]
fn a_group_of_several_is_taken_from_one_or_not_at_all() {
    let mut before = granted(&start(), &[wanted("pay", ROLE, viewer()), wanted("shop", OTHER, viewer())], "API");
    before.bindings.insert(place("pay", "theirs"), foreign_binding("devs"));
    for entry in before.entries.values_mut() {
        entry.groups.push("devs".into());
    }
    let mut after = before.clone();
    revoke(&mut after, &revocation("pay"), true).expect("a plan");
    assert!(after.bindings.contains_key(&place("pay", "theirs")));
    assert!(after.entry(OTHER).is_some_and(|entry| entry.groups.contains(&"devs".to_owned())));
    assert_eq!(after.entry(ROLE), None, "nothing was left in it");
    let elsewhere = Binding { namespace: Some("shop".into()), ..foreign_binding("devs") };
    before.bindings.insert(place("shop", "theirs"), elsewhere);
    let error = revoke(&mut before, &revocation("pay"), true).expect_err("a refusal");
    assert!(error.to_string().contains("shop/theirs"), "{error}");
}

#[test]
fn only_what_has_ended_is_taken() {
    let policy = Access::Policy("AmazonEKSViewPolicy".into());
    let before = granted(&start(), &[wanted("pay", ROLE, viewer()), wanted("pay", ROLE, policy)], "API");
    let mut after = before.clone();
    let extent = Extent::Policies(vec!["AmazonEKSViewPolicy".into()]);
    revoke(&mut after, &Revocation { extent, ..revocation("pay") }, false).expect("a plan");
    assert_eq!(after.bindings, before.bindings);
    assert_eq!(after.entry(ROLE).and_then(|entry| entry.policies.clone()), Some(Vec::new()));
    let mut after = before.clone();
    revoke(&mut after, &Revocation { extent: Extent::Binding, ..revocation("pay") }, false).expect("a plan");
    assert!(after.bindings.is_empty() && after.roles.is_empty());
    assert_eq!(after.entry(ROLE).and_then(|entry| entry.policies.clone()).map(|policies| policies.len()), Some(1));
}
