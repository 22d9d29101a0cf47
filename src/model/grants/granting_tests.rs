use super::*;
use crate::model::grants::change::{Change, Verb, changes};
use crate::model::grants::preset::Preset;
use crate::model::grants::principal::Principal;
use crate::model::grants::state::AwsAuth;
use crate::model::kube::access_entry::{AccessEntry, PolicyAssociation, PolicyScope};

const ROLE: &str =
    "arn:aws:iam::111122223333:role/aws-reserved/sso.amazonaws.com/eu-west-1/AWSReservedSSO_pay_0123456789abcdef";
const IN_AWS_AUTH: &str = "arn:aws:iam::111122223333:role/AWSReservedSSO_pay_0123456789abcdef";

fn of(access: Access) -> Grant {
    let principal = Principal::parse(ROLE).expect("a role");
    Grant { namespace: "pay".to_owned(), principal, access, until: None, create_namespace: false }
}

fn viewer() -> Grant {
    of(Access::Preset(Preset::Viewer))
}

fn terms(mode: &str) -> Terms<'_> {
    Terms {
        mode: Some(mode),
        way: None,
        principal_created_at: None,
        recreate: false,
        force: false,
        ignore_aws_auth: false,
    }
}

fn empty() -> State {
    let mut state = State::default();
    state.namespaces.insert("pay".to_owned(), Phase::Active);
    state.complete.insert("pay".to_owned());
    state
}

fn with_entry(entry: AccessEntry) -> State {
    let mut state = empty();
    state.entries.insert(ROLE.to_ascii_lowercase(), AccessEntry { principal_arn: ROLE.to_owned(), ..entry });
    state
}

fn with_map_roles(text: &str) -> State {
    State { aws_auth: Some(AwsAuth { map_roles: Some(text.to_owned()), ..AwsAuth::default() }), ..empty() }
}

/// What a grant changes, as `verb kind`.
fn plan(before: &State, wanted: &Grant, terms: &Terms<'_>) -> (State, Vec<String>) {
    let mut after = before.clone();
    grant(&mut after, wanted, terms).expect("a plan");
    let changes = changes(before, &after);
    let words = changes.iter().map(|change| format!("{} {}", change.verb().word(), change.kind())).collect();
    (after, words)
}

fn refusal(before: &State, wanted: &Grant, terms: &Terms<'_>) -> String {
    let error = grant(&mut before.clone(), wanted, terms).expect_err("a refusal");
    format!("{error} | {}", error.try_next.join(" | "))
}

fn entry_of(state: &State) -> &AccessEntry {
    state.entry(ROLE).expect("an entry")
}

#[test]
fn everything_is_made_once_and_the_same_again_changes_nothing() {
    for mode in ["API", "API_AND_CONFIG_MAP"] {
        let (after, words) = plan(&empty(), &viewer(), &terms(mode));
        assert_eq!(words, ["create Role", "create RoleBinding", "create access entry"], "{mode}");
        assert_eq!(entry_of(&after).groups, [viewer().group()]);
        assert_eq!(plan(&after, &viewer(), &terms(mode)).1, Vec::<String>::new(), "{mode}");
    }
    let (after, words) = plan(&empty(), &viewer(), &terms("CONFIG_MAP"));
    assert_eq!(words, ["create Role", "create RoleBinding", "create ConfigMap"]);
    let map_roles = after.aws_auth.as_ref().and_then(|config_map| config_map.map_roles.clone()).expect("mapRoles");
    assert!(map_roles.contains(IN_AWS_AUTH) && !map_roles.contains("aws-reserved"), "{map_roles}");
    assert_eq!(plan(&after, &viewer(), &terms("CONFIG_MAP")).1, Vec::<String>::new());
}

#[test]
fn a_way_that_the_cluster_does_not_take_is_refused() {
    let by = |way, mode| Terms { way: Some(way), ..terms(mode) };
    assert!(refusal(&empty(), &viewer(), &by(Way::AccessEntry, "CONFIG_MAP")).contains("--via aws-auth"));
    assert!(refusal(&empty(), &viewer(), &by(Way::AwsAuth, "API")).contains("--via access-entry"));
    let policy = of(Access::Policy("AmazonEKSViewPolicy".to_owned()));
    assert!(refusal(&empty(), &policy, &terms("CONFIG_MAP")).contains("--preset viewer"));
    let hidden = with_entry(AccessEntry { kind: "STANDARD".into(), ..AccessEntry::default() });
    assert!(refusal(&hidden, &viewer(), &by(Way::AwsAuth, "API_AND_CONFIG_MAP")).contains("aws-auth is ignored"));
}

#[test]
fn a_namespace_is_made_only_if_that_was_said() {
    let nowhere = State::default();
    assert!(refusal(&nowhere, &viewer(), &terms("API")).contains("--create-namespace"));
    let wanted = Grant { create_namespace: true, ..viewer() };
    assert_eq!(plan(&nowhere, &wanted, &terms("API")).1[0], "create Namespace");
    let mut ending = empty();
    ending.namespaces.insert("pay".to_owned(), Phase::Terminating);
    assert!(refusal(&ending, &wanted, &terms("API")).contains("being deleted"));
}

#[test]
fn an_entry_takes_over_what_it_would_hide() {
    let item = |rest: &str| with_map_roles(&format!("- rolearn: {IN_AWS_AUTH}\n{rest}"));
    let before = item("  username: team:{{SessionName}}\n  groups: [devs, readers]\n");
    let (after, _) = plan(&before, &viewer(), &terms("API_AND_CONFIG_MAP"));
    assert_eq!(entry_of(&after).groups, ["devs".to_owned(), "readers".to_owned(), viewer().group()]);
    assert_eq!(entry_of(&after).username, "team:{{SessionName}}");
    // In mode API the ConfigMap is dead: nothing of it counts.
    let (after, _) = plan(&before, &viewer(), &terms("API"));
    assert_eq!((entry_of(&after).groups.len(), entry_of(&after).username.as_str()), (1, ""));
    // The default username is left to EKS.
    let default = viewer().principal.username_template();
    let (after, _) = plan(&item(&format!("  username: {default}\n")), &viewer(), &terms("API_AND_CONFIG_MAP"));
    assert_eq!(entry_of(&after).username, "");
}

#[test]
fn what_an_entry_cannot_take_over_is_not_lost() {
    for (rest, why) in [
        ("  username: x\n  groups: [system:masters]\n", "system:masters"),
        ("  username: x\n  groups: ['t-{{SessionName}}']\n", "templates"),
        ("  groups: [devs]\n", "empty"),
        ("  username: '{{SessionName}}'\n", "colon"),
        ("  username: sso:{{SessionNameRaw}}\n", "SessionNameRaw"),
        ("  username: system:node\n", "system:"),
    ] {
        let before = with_map_roles(&format!("- rolearn: {IN_AWS_AUTH}\n{rest}"));
        let words = refusal(&before, &viewer(), &terms("API_AND_CONFIG_MAP"));
        assert!(words.contains(why) && words.contains("--via aws-auth"), "{rest}: {words}");
    }
}

#[test]
fn a_dead_entry_is_said_and_made_anew_with_all_it_has() {
    let at = |text: &str| Some(text.parse().expect("a time"));
    let policies = Some(vec![PolicyAssociation { policy_arn: "a/P".into(), scope: PolicyScope::Cluster }]);
    let created_at = at("2026-01-01T00:00:00Z");
    let groups = vec!["devs".to_owned()];
    let before =
        with_entry(AccessEntry { kind: "STANDARD".into(), groups, policies, created_at, ..AccessEntry::default() });
    let dead = Terms { principal_created_at: at("2026-02-01T00:00:00Z"), ..terms("API") };
    assert!(refusal(&before, &viewer(), &dead).contains("--recreate"));
    let (after, words) = plan(&before, &viewer(), &Terms { recreate: true, ..dead });
    assert!(words.contains(&"replace access entry".to_owned()), "{words:?}");
    assert_eq!((entry_of(&after).groups.len(), entry_of(&after).policies.as_ref().map(Vec::len)), (2, Some(1)));
    let alive = Terms { principal_created_at: at("2025-02-01T00:00:00Z"), ..terms("API") };
    assert!(plan(&before, &viewer(), &alive).1.contains(&"change access entry".to_owned()));
}

#[test]
fn an_entry_of_nodes_is_left_alone() {
    let before = with_entry(AccessEntry { kind: "EC2_LINUX".into(), ..AccessEntry::default() });
    assert!(refusal(&before, &viewer(), &terms("API")).contains("EC2_LINUX"));
}

#[test]
fn a_policy_is_given_once_and_its_scope_grows() {
    let policy = |namespace: &str| Grant {
        namespace: namespace.to_owned(),
        ..of(Access::Policy("AmazonEKSViewPolicy".to_owned()))
    };
    let mut before = empty();
    before.namespaces.insert("shop".to_owned(), Phase::Active);
    let (one, words) = plan(&before, &policy("pay"), &terms("API"));
    assert_eq!(words, ["create access entry"]);
    let (two, words) = plan(&one, &policy("shop"), &terms("API"));
    assert_eq!(words, ["change access entry"]);
    let scope = PolicyScope::Namespaces(vec!["pay".into(), "shop".into()]);
    let policy_arn = "arn:aws:eks::aws:cluster-access-policy/AmazonEKSViewPolicy".to_owned();
    assert_eq!(entry_of(&two).policies, Some(vec![PolicyAssociation { policy_arn, scope }]));
    assert_eq!(entry_of(&two).tags["nsaccess/shop"], "AmazonEKSViewPolicy");
}

#[test]
fn another_preset_replaces_the_binding_and_a_role_that_nothing_uses_goes() {
    let (before, _) = plan(&empty(), &viewer(), &terms("API"));
    let developer = of(Access::Preset(Preset::Developer { with_secrets: false }));
    let mut after = before.clone();
    grant(&mut after, &developer, &terms("API")).expect("a plan");
    let found: Vec<(Verb, String)> =
        changes(&before, &after).iter().map(|change| (change.verb(), change.name())).collect();
    let binding = format!("pay/{}", viewer().binding_name());
    assert_eq!(
        found,
        [
            (Verb::Create, "pay/nsaccess-developer".to_owned()),
            (Verb::Replace, binding),
            (Verb::Delete, "pay/nsaccess-viewer".to_owned()),
        ]
    );
}

#[test]
fn an_end_is_noted_and_taken_away_by_the_same_grant_without_one() {
    let ends = Grant { until: Some("2026-11-26T18:00:00Z".parse().expect("a time")), ..viewer() };
    let (before, _) = plan(&empty(), &ends, &terms("API"));
    assert_eq!(entry_of(&before).tags["nsaccess/pay"], "viewer until 2026-11-26T18:00:00Z");
    let (after, words) = plan(&before, &viewer(), &terms("API"));
    assert_eq!(words, ["change RoleBinding", "change access entry"]);
    assert!(!entry_of(&after).tags.contains_key("nsaccess/pay"));
}

#[test]
fn a_role_of_ours_that_others_have_changed_is_set_right() {
    let (mut before, _) = plan(&empty(), &viewer(), &terms("API"));
    for role in before.roles.values_mut() {
        role.rules.clear();
    }
    let mut after = before.clone();
    grant(&mut after, &viewer(), &terms("API")).expect("a plan");
    let found = changes(&before, &after);
    assert!(matches!(found.as_slice(), [Change::Role { before: Some(_), after: Some(_) }]), "{found:?}");
}
