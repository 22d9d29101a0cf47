//! A cluster in a few lines, and what an audit says of it.

mod access;
mod documents;
mod findings;

use std::collections::BTreeMap;

use crate::model::audit::finding::Found;
use crate::model::audit::picture::{AwsAuth, ClusterFacts, Iam, IamRole, Picture, Read, Scope, Unread};
use crate::model::audit::{Audit, audit};
use crate::model::kube::access_entry::{AccessEntry, PolicyAssociation, PolicyScope};
use crate::model::kube::policy_rule::PolicyRule;
use crate::model::kube::rbac::{Binding, Role, RoleRef, Subject};

pub(super) const DEV: &str = "arn:aws:iam::111122223333:role/dev";

/// A cluster that has the namespaces `web` and `pay`, and nobody who knows it.
pub(super) fn empty(scope: Scope) -> Picture {
    Picture {
        scope,
        at: "2026-11-26T12:00:00Z".parse().expect("a time"),
        caller: None,
        cluster: ClusterFacts {
            name: "demo".into(),
            region: "eu-west-1".into(),
            mode: Some("API_AND_CONFIG_MAP".into()),
            minor: Some(36),
        },
        entries: Read::Done(Vec::new()),
        aws_auth: Read::Done(None),
        roles: Read::Done(Vec::new()),
        cluster_roles: Read::Done(Vec::new()),
        bindings: Read::Done(Vec::new()),
        cluster_bindings: Read::Done(Vec::new()),
        namespaces: Read::Done(vec!["pay".into(), "web".into()]),
        iam: Iam { account: "111122223333".into(), ..Iam::default() },
    }
}

pub(super) fn of_all() -> Picture {
    empty(Scope::All)
}

pub(super) fn add<T>(list: &mut Read<Vec<T>>, item: T) {
    match list {
        Read::Done(items) => items.push(item),
        _ => *list = Read::Done(vec![item]),
    }
}

pub(super) fn entry(arn: &str, groups: &[&str]) -> AccessEntry {
    AccessEntry {
        principal_arn: arn.to_owned(),
        kind: "STANDARD".to_owned(),
        username: format!("{}/{{{{SessionName}}}}", arn.replace("iam", "sts").replace("role", "assumed-role")),
        groups: groups.iter().map(|group| (*group).to_owned()).collect(),
        created_at: Some("2026-01-01T00:00:00Z".parse().expect("a time")),
        policies: Some(Vec::new()),
        ..AccessEntry::default()
    }
}

pub(super) fn with_policy(entry: AccessEntry, policy: &str, namespaces: &[&str]) -> AccessEntry {
    let scope = match namespaces {
        [] => PolicyScope::Cluster,
        names => PolicyScope::Namespaces(names.iter().map(|name| (*name).to_owned()).collect()),
    };
    let policy_arn = format!("arn:aws:eks::aws:cluster-access-policy/{policy}");
    AccessEntry { policies: Some(vec![PolicyAssociation { policy_arn, scope }]), ..entry }
}

pub(super) fn map_roles(text: &str) -> Read<Option<AwsAuth>> {
    let data = BTreeMap::from([("mapRoles".to_owned(), text.to_owned())]);
    Read::Done(Some(AwsAuth::parse(&data)))
}

pub(super) fn role(namespace: Option<&str>, name: &str, rules: &[PolicyRule]) -> Role {
    Role { namespace: namespace.map(str::to_owned), name: name.to_owned(), rules: rules.to_vec(), ..Role::default() }
}

/// `role` is `Role/NAME` or `ClusterRole/NAME`, `subject` is `Group/NAME` or `User/NAME`.
pub(super) fn binding(namespace: Option<&str>, name: &str, role: &str, subject: &str) -> Binding {
    let split = |text: &str| text.split_once('/').map(|(kind, name)| (kind.to_owned(), name.to_owned())).expect("both");
    let ((kind, role), (subject_kind, subject)) = (split(role), split(subject));
    Binding {
        namespace: namespace.map(str::to_owned),
        name: name.to_owned(),
        labels: BTreeMap::from([("app.kubernetes.io/managed-by".to_owned(), "test".to_owned())]),
        annotations: BTreeMap::new(),
        role: RoleRef { kind, name: role },
        subjects: vec![Subject { kind: subject_kind, name: subject, namespace: None }],
    }
}

pub(super) fn rule(resource: &str, verbs: &[&str]) -> PolicyRule {
    PolicyRule::new("", &[resource], verbs)
}

pub(super) fn unread(what: &'static str) -> Unread {
    Unread { what, needs: Some("a right".to_owned()), why: "denied".to_owned(), so: "something is not evaluated" }
}

pub(super) fn iam(roles: &[(&str, &str)]) -> Iam {
    let role = |(arn, created): &(&str, &str)| {
        let role = IamRole { arn: (*arn).to_owned(), created_at: Some(created.parse().expect("a time")) };
        (crate::model::audit::identity::canonical(arn), role)
    };
    Iam { account: "111122223333".to_owned(), roles: Some(roles.iter().map(role).collect()), ..Iam::default() }
}

/// The findings, without what every picture here has.
pub(super) fn ids(picture: &Picture) -> Vec<&'static str> {
    audit(picture).found.iter().map(|found| found.finding.id).collect()
}

#[track_caller]
pub(super) fn only(picture: &Picture) -> Found {
    let Audit { mut found, .. } = audit(picture);
    assert_eq!(found.len(), 1, "{found:#?}");
    found.remove(0)
}
