//! Each finding, and what is like it and none.

use std::collections::BTreeMap;

use super::{DEV, add, binding, entry, iam, ids, map_roles, of_all, only, role, rule, unread, with_policy};
use crate::model::audit::finding::Severity;
use crate::model::audit::picture::{AwsAuth, Picture, Read, Scope};
use crate::model::audit::{FINDINGS, audit};
use crate::model::kube::policy_rule::PolicyRule;

const SSO: &str =
    "arn:aws:iam::111122223333:role/aws-reserved/sso.amazonaws.com/eu-west-1/AWSReservedSSO_dev_0123456789abcdef";

/// Both verbs, or one.
fn forwards(verbs: &[&str]) -> Picture {
    with_rights(rule("pods/portforward", verbs))
}

fn with_rights(rule: PolicyRule) -> Picture {
    let mut picture = of_all();
    add(&mut picture.entries, entry(DEV, &["devs"]));
    add(&mut picture.roles, role(Some("web"), "r", &[rule]));
    add(&mut picture.bindings, binding(Some("web"), "b", "Role/r", "Group/devs"));
    picture
}

#[test]
fn ids_are_unique_and_explained() {
    let mut ids: Vec<&str> = FINDINGS.iter().map(|finding| finding.id).collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), FINDINGS.len());
    assert!(FINDINGS.iter().all(|finding| finding.cause.ends_with('.') && finding.repair.ends_with('.')));
}

#[test]
fn a_cluster_in_order_has_no_findings() {
    assert_eq!(ids(&of_all()), [""; 0]);
    assert_eq!(ids(&with_rights(rule("pods", &["get"]))), [""; 0]);
}

#[test]
fn lists_that_cannot_be_read() {
    let mut picture = of_all();
    picture.aws_auth = map_roles("- rolearn: [\n");
    let found = only(&picture);
    assert_eq!((found.finding.id, found.about.as_str()), ("aws-auth.broken", "mapRoles"));
    assert!(found.message.contains("line 1"), "{found:?}");
    // Nobody is said to be mapped by nothing while it is not known.
    add(&mut picture.roles, role(Some("web"), "r", &[]));
    add(&mut picture.bindings, binding(Some("web"), "b", "Role/r", "Group/devs"));
    assert_eq!(ids(&picture), ["aws-auth.broken"]);
}

#[test]
fn lists_that_end_too_early() {
    let mut picture = of_all();
    picture.aws_auth = map_roles(&format!("  - rolearn: {DEV}\n- rolearn: {DEV}x\n"));
    let found = only(&picture);
    assert_eq!(found.finding.id, "aws-auth.cut-off");
    assert!(found.message.contains("from line 2 on"), "{found:?}");
}

#[test]
fn keys_and_accounts_of_aws_auth() {
    let mut picture = of_all();
    let data = [("maproles", "- rolearn: a"), ("mapAccounts", "- '111122223333'\n- 444455556666\n"), ("other", "")];
    let data = data.map(|(key, text)| (key.to_owned(), text.to_owned()));
    picture.aws_auth = Read::Done(Some(AwsAuth::parse(&BTreeMap::from(data))));
    assert_eq!(ids(&picture), ["aws-auth.accounts", "aws-auth.accounts", "aws-auth.misspelled"]);
}

#[test]
fn aws_auth_is_dead_where_only_entries_count() {
    let mut picture = of_all();
    picture.aws_auth = map_roles(&format!("- rolearn: {SSO}\n- rolearn: {DEV}\n  groups: [system:masters]\n"));
    picture.cluster.mode = Some("API".into());
    assert_eq!(only(&picture).finding.id, "aws-auth.dead");
    picture.aws_auth = map_roles("[]");
    assert_eq!(ids(&picture), [""; 0]);
}

#[test]
fn a_path_never_matches() {
    let mut picture = of_all();
    picture.aws_auth = map_roles(&format!("- rolearn: {SSO}\n"));
    let found = only(&picture);
    assert_eq!(found.finding.id, "aws-auth.path");
    assert_eq!(found.try_next, ["change it to arn:aws:iam::111122223333:role/AWSReservedSSO_dev_0123456789abcdef"]);
    // That of a user stays.
    let data = [("mapUsers".to_owned(), "- userarn: arn:aws:iam::111122223333:user/team/ada\n".to_owned())];
    picture.aws_auth = Read::Done(Some(AwsAuth::parse(&BTreeMap::from(data))));
    assert_eq!(ids(&picture), [""; 0]);
}

#[test]
fn duplicates_say_which_one_wins_and_what_is_lost() {
    let mut picture = of_all();
    picture.aws_auth = map_roles(&format!("- rolearn: {DEV}\n  groups: [a, b]\n- rolearn: {DEV}\n  groups: [b]\n"));
    let found = only(&picture);
    assert_eq!(found.finding.id, "aws-auth.duplicate");
    assert!(found.message.contains("the one on line 3 applies"), "{found:?}");
    assert_eq!(found.because, ["also on line 1", "groups lost: a"]);
}

#[test]
fn items_that_are_not_as_they_should_be() {
    let mut picture = of_all();
    picture.aws_auth = map_roles(&format!("- username: x\n- rolearn: {DEV}\n  groups: [system:masters]\n"));
    assert_eq!(ids(&picture), ["aws-auth.masters", "aws-auth.faulty-item"]);
}

#[test]
fn an_entry_that_hides_groups() {
    let mut picture = with_rights(rule("pods", &["get"]));
    picture.aws_auth = map_roles(&format!("- rolearn: {DEV}\n  groups: [devs, ops]\n"));
    let found = only(&picture);
    assert_eq!(
        (found.finding.id, found.because.as_slice()),
        ("entry.hides-groups", &["mapRoles line 1 has ops".to_owned()][..])
    );
    picture.aws_auth = map_roles(&format!("- rolearn: {DEV}\n  groups: [devs]\n"));
    assert_eq!(ids(&picture), [""; 0]);
}

#[test]
fn policies_of_entries() {
    let ids_of = |policy: &str, namespaces: &[&str]| {
        let mut picture = of_all();
        add(&mut picture.entries, with_policy(entry(DEV, &[]), policy, namespaces));
        ids(&picture)
    };
    assert_eq!(ids_of("AmazonEKSViewPolicy", &["web"]), ["entry.policy-not-evaluated"]);
    assert_eq!(ids_of("AmazonEKSViewPolicy", &["w*"]), ["entry.policy-glob", "entry.policy-not-evaluated"]);
    assert_eq!(ids_of("AmazonEKSViewPolicy", &["wbe"]), ["entry.no-namespace", "entry.policy-not-evaluated"]);
    assert_eq!(ids_of("AmazonEKSClusterAdminPolicy", &[]), ["entry.cluster-admin", "entry.policy-not-evaluated"]);
}

#[test]
fn principals_that_are_gone_or_made_anew() {
    let mut picture = with_rights(rule("pods", &["get"]));
    picture.iam = iam(&[(DEV, "2025-01-01T00:00:00Z")]);
    assert_eq!(ids(&picture), [""; 0]);
    picture.iam = iam(&[(DEV, "2026-06-01T00:00:00Z")]);
    assert_eq!(only(&picture).finding.id, "principal.tombstone");
    picture.iam = iam(&[]);
    assert_eq!(only(&picture).finding.id, "principal.gone");
    assert_eq!(audit(&picture).gone(DEV), Some("principal.gone"));
    picture.scope = Scope::Namespace("pay".into());
    assert_eq!(ids(&picture), [""; 0], "it has no rights there");
    picture.scope = Scope::All;
    picture.iam.account = "999999999999".into();
    assert_eq!(ids(&picture), [""; 0], "another account's roles are not known");
}

#[test]
fn who_asks_is_told_that_it_is_them() {
    let mut picture = of_all();
    add(&mut picture.entries, with_policy(entry(SSO, &[]), "AmazonEKSClusterAdminPolicy", &[]));
    let of = |picture: &Picture| audit(picture).found.swap_remove(0);
    let found = of(&picture);
    assert_eq!((found.finding.id, found.because.len()), ("entry.cluster-admin", 0));
    assert!(found.try_next[0].starts_with("first make sure that someone else"), "{found:?}");
    let role = "AWSReservedSSO_dev_0123456789abcdef";
    picture.caller = Some(format!("arn:aws:sts::111122223333:assumed-role/{role}/ada@example.com"));
    let found = of(&picture);
    assert!(found.because[0].starts_with("this is you"), "{found:?}");
    picture.caller = Some(format!("arn:aws:sts::111122223333:assumed-role/{role}x/ada@example.com"));
    assert_eq!(of(&picture).because, [""; 0]);
}

/// A grant by preset, whose role was made anew after its entry.
fn made_anew(labels: &[(&str, &str)], until: Option<&str>) -> crate::model::audit::finding::Found {
    let mut picture = with_rights(rule("pods", &["get"]));
    picture.iam = iam(&[(DEV, "2026-06-01T00:00:00Z")]);
    let mut bound = binding(Some("web"), "b", "Role/r", "Group/devs");
    bound.labels.extend(labels.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())));
    bound.annotations.extend(until.map(|until| ("nsaccess/until".to_owned(), until.to_owned())));
    picture.bindings = Read::Done(vec![bound]);
    audit(&picture).found.into_iter().find(|found| found.finding.id == "principal.tombstone").expect("it")
}

#[test]
fn an_entry_is_made_anew_with_all_that_it_has() {
    let ours = |preset: &'static str| [("app.kubernetes.io/managed-by", "nsaccess"), ("nsaccess/preset", preset)];
    let grant = format!("nsaccess grant web --to {DEV} --preset");
    let place = "--recreate --cluster demo --region eu-west-1";
    assert_eq!(made_anew(&ours("viewer"), None).try_next, [format!("{grant} viewer {place}")]);
    let with_secrets = made_anew(&ours("developer-with-secrets"), Some("2026-11-26T14:00:00Z"));
    assert_eq!(with_secrets.try_next, [format!("{grant} developer --with-secrets --for 120m {place}")]);
    // Without a preset to grant again, or in time, the entry is deleted, and what goes with it is said.
    let others = [
        made_anew(&[], None),
        made_anew(&ours("rules"), None),
        made_anew(&ours("viewer"), Some("2026-01-01T00:00:00Z")),
    ];
    for found in others {
        assert!(found.try_next[0].starts_with("aws eks delete-access-entry"), "{found:?}");
        assert_eq!(found.because[1], "deleting the entry loses its groups devs; note them first");
    }
}

#[test]
fn a_former_role_of_a_permission_set() {
    let mut picture = with_rights(rule("pods", &["get"]));
    picture.entries = Read::Done(vec![entry(SSO, &["devs"])]);
    let present = SSO.replace("0123456789abcdef", "fedcba9876543210");
    picture.iam = iam(&[(&present, "2026-06-01T00:00:00Z")]);
    let found = only(&picture);
    assert_eq!(found.finding.id, "principal.old-suffix");
    assert!(found.because[0].contains(&present), "{found:?}");
    picture.iam = iam(&[(&present.replace("_dev_", "_other_"), "2026-06-01T00:00:00Z")]);
    assert_eq!(only(&picture).finding.id, "principal.gone");
}

#[test]
fn bindings_that_lead_nowhere() {
    let mut picture = with_rights(rule("pods", &["get"]));
    add(&mut picture.bindings, binding(Some("web"), "lost", "Role/none", "Group/devs"));
    assert_eq!(only(&picture).about, "RoleBinding web/lost");
    assert_eq!(ids(&picture), ["binding.no-role"]);
    picture.roles = Read::Failed(unread("the roles"));
    assert_eq!(ids(&picture), [""; 0], "what was not read may exist");
}

#[test]
fn bindings_to_nobody() {
    let mut picture = with_rights(rule("pods", &["get"]));
    add(&mut picture.bindings, binding(Some("web"), "a", "Role/r", "Group/ghosts"));
    add(&mut picture.bindings, binding(Some("web"), "b2", "Role/r", "User/ghost"));
    add(&mut picture.bindings, binding(Some("web"), "c", "Role/r", "ServiceAccount/default"));
    add(&mut picture.bindings, binding(Some("web"), "d", "Role/r", "Group/system:serviceaccounts:web"));
    assert_eq!(ids(&picture), ["binding.nobody", "binding.nobody"]);
    picture.entries = Read::Failed(unread("the access entries"));
    assert_eq!(ids(&picture), [""; 0]);
}

#[test]
fn bindings_to_everybody() {
    let mut picture = of_all();
    add(&mut picture.cluster_roles, role(None, "view", &[rule("pods", &["get"])]));
    add(&mut picture.cluster_roles, role(None, "system:basic-user", &[]));
    add(
        &mut picture.cluster_bindings,
        binding(None, "basic", "ClusterRole/system:basic-user", "Group/system:authenticated"),
    );
    assert_eq!(ids(&picture), [""; 0]);
    add(&mut picture.cluster_bindings, binding(None, "all", "ClusterRole/view", "Group/system:unauthenticated"));
    assert_eq!(only(&picture).finding.id, "binding.everybody");
}

#[test]
fn groups_of_namespaces_that_are_gone() {
    let mut picture = of_all();
    add(&mut picture.entries, entry(DEV, &["nsaccess:old:dev-0a1b2c3d"]));
    let found = only(&picture);
    assert_eq!(found.finding.id, "binding.no-namespace");
    let place = "--cluster demo --region eu-west-1";
    assert_eq!(found.try_next, [format!("nsaccess revoke old --from {DEV} {place}")]);
}

#[test]
fn rights_that_lead_further() {
    let of = |rule| ids(&with_rights(rule));
    assert_eq!(of(PolicyRule::new("*", &["*"], &["*"])), ["rights.wildcard"]);
    assert_eq!(of(PolicyRule::new("rbac.authorization.k8s.io", &["roles"], &["escalate"])), ["rights.escalation"]);
    assert_eq!(of(rule("serviceaccounts/token", &["create"])), ["rights.tokens"]);
    assert_eq!(of(rule("secrets", &["list"])), ["rights.secrets"]);
    assert_eq!(of(rule("pods/exec", &["get", "create"])), ["rights.exec"]);
    assert_eq!(of(rule("configmaps", &["update"])), [""; 0], "not in kube-system");
    let mut picture = with_rights(rule("configmaps", &["update"]));
    add(&mut picture.cluster_roles, role(None, "c", &[rule("configmaps", &["update"])]));
    add(&mut picture.cluster_bindings, binding(None, "c", "ClusterRole/c", "Group/devs"));
    assert_eq!(ids(&picture), ["rights.aws-auth"]);
    // Programs have rights of their own.
    let mut picture = with_rights(rule("secrets", &["list"]));
    picture.bindings = Read::Done(vec![binding(Some("web"), "b", "Role/r", "ServiceAccount/x")]);
    assert_eq!(ids(&picture), [""; 0]);
}

#[test]
fn the_built_in_roles_of_a_namespace_are_less_bad_there() {
    let severity = |name: &str, namespace: Option<&str>| {
        let mut picture = of_all();
        add(&mut picture.entries, entry(DEV, &["devs"]));
        add(&mut picture.cluster_roles, role(None, name, &[rule("serviceaccounts/token", &["create"])]));
        let bound = binding(namespace, "b", &format!("ClusterRole/{name}"), "Group/devs");
        let list = if namespace.is_some() { &mut picture.bindings } else { &mut picture.cluster_bindings };
        add(list, bound);
        let found = only(&picture);
        (found.severity, found.try_next.len())
    };
    assert_eq!(severity("admin", Some("web")), (Severity::Medium, 1));
    assert_eq!(severity("edit", Some("web")), (Severity::Medium, 1));
    assert_eq!(severity("admin", Some("kube-system")), (Severity::High, 0));
    assert_eq!(severity("admin", None), (Severity::High, 0));
    assert_eq!(severity("admins", Some("web")), (Severity::High, 0));
}

#[test]
fn port_forward_with_one_of_two_verbs() {
    assert_eq!(ids(&forwards(&["get", "create"])), [""; 0]);
    assert_eq!(ids(&forwards(&["create"])), ["rights.port-forward-create-only"]);
    assert_eq!(ids(&forwards(&["get"])), ["rights.port-forward-get-only-denied"]);
    let mut older = forwards(&["get"]);
    older.cluster.minor = Some(34);
    assert_eq!(ids(&older), ["rights.port-forward-get-only"]);
    // Another binding has the other verb.
    let mut both = forwards(&["get"]);
    add(&mut both.roles, role(Some("web"), "s", &[rule("pods/portforward", &["create"])]));
    add(&mut both.bindings, binding(Some("web"), "c", "Role/s", "Group/devs"));
    assert_eq!(ids(&both), [""; 0]);
}

#[test]
fn grants_that_are_over() {
    let until = |text: &str| {
        let mut picture = with_rights(rule("pods", &["get"]));
        let mut bound = binding(Some("web"), "b", "Role/r", "Group/devs");
        bound.annotations.insert("nsaccess/until".to_owned(), text.to_owned());
        picture.bindings = Read::Done(vec![bound]);
        ids(&picture)
    };
    assert_eq!(until("2026-11-26T12:00:00Z"), ["grant.expired"]);
    assert_eq!(until("2026-11-26T12:00:01Z"), [""; 0]);
    assert_eq!(until("tomorrow"), ["grant.unreadable-end"]);
    let mut picture = of_all();
    let mut tagged = with_policy(entry(DEV, &[]), "AmazonEKSViewPolicy", &["web"]);
    tagged.tags.insert("nsaccess/web".to_owned(), "AmazonEKSViewPolicy until 2026-11-01T00:00:00Z".to_owned());
    add(&mut picture.entries, tagged);
    assert_eq!(ids(&picture), ["grant.expired", "entry.policy-not-evaluated"]);
}

#[test]
fn a_grant_that_is_over_is_said_once() {
    let expired = |preset: &str| {
        let mut picture = of_all();
        let mut tagged = entry(DEV, &["devs"]);
        tagged.tags.insert("nsaccess/web".to_owned(), "viewer until 2026-11-01T00:00:00Z".to_owned());
        add(&mut picture.entries, tagged);
        add(&mut picture.roles, role(Some("web"), "r", &[rule("pods", &["get"])]));
        let mut bound = binding(Some("web"), "b", "Role/r", "Group/devs");
        bound.labels.insert("nsaccess/preset".to_owned(), preset.to_owned());
        bound.annotations.insert("nsaccess/principal".to_owned(), DEV.to_owned());
        bound.annotations.insert("nsaccess/until".to_owned(), "2026-11-01T00:00:00Z".to_owned());
        add(&mut picture.bindings, bound);
        audit(&picture).found.into_iter().map(|found| found.about).collect::<Vec<_>>()
    };
    assert_eq!(expired("viewer"), ["RoleBinding web/b"]);
    assert_eq!(expired("floor").len(), 2, "another grant");
}

#[test]
fn bindings_that_nobody_keeps() {
    let mut picture = with_rights(rule("pods", &["get"]));
    let mut bound = binding(Some("web"), "b", "Role/r", "Group/devs");
    bound.labels.clear();
    picture.bindings = Read::Done(vec![bound]);
    assert_eq!(only(&picture).finding.id, "grant.unlabelled");
}

#[test]
fn an_entry_that_can_do_nothing() {
    let mut picture = with_rights(rule("pods", &["get"]));
    add(&mut picture.entries, entry(&DEV.replace("dev", "idle"), &[]));
    assert_eq!(only(&picture).finding.id, "entry.no-rights");
}
