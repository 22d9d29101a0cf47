use super::*;
use crate::cluster::AccessEntry;

fn may(policy: &str, namespaces: Option<&[&str]>, verb: &str, resource: &str, namespace: &str) -> bool {
    let (resource, subresource) = resource.split_once('/').unwrap_or((resource, ""));
    let attributes = Attributes {
        verb: verb.into(),
        resource: resource.into(),
        subresource: subresource.into(),
        namespace: namespace.into(),
        ..Attributes::default()
    };
    let entry = AccessEntry::new("arn:aws:iam::1:role/x", "x", &[]).with_policy(policy, namespaces);
    authorize(&User { policies: entry.policies, ..User::default() }, &attributes).is_some()
}

#[test]
fn a_policy_holds_in_its_namespaces() {
    let pays: Option<&[&str]> = Some(&["pay*"]);
    assert!(may("AmazonEKSViewPolicy", pays, "list", "pods", "payroll-prod"));
    assert!(!may("AmazonEKSViewPolicy", pays, "list", "pods", "idp-dev"));
    assert!(!may("AmazonEKSViewPolicy", pays, "list", "pods", ""));
    assert!(!may("AmazonEKSViewPolicy", Some(&["*"]), "list", "pods", ""), "no namespace is not every namespace");
    assert!(may("AmazonEKSViewPolicy", None, "list", "pods", ""));
}

#[test]
fn each_policy_has_its_rules() {
    for (policy, verb, resource, expected) in [
        ("AmazonEKSViewPolicy", "get", "pods/log", true),
        ("AmazonEKSViewPolicy", "create", "pods/portforward", false),
        ("AmazonEKSViewPolicy", "get", "secrets", false),
        ("AmazonEKSSecretReaderPolicy", "get", "secrets", true),
        ("AmazonEKSEditPolicy", "create", "pods/portforward", true),
        ("AmazonEKSEditPolicy", "list", "pods", true),
        ("AmazonEKSAdminViewPolicy", "get", "secrets", true),
        ("AmazonEKSAdminViewPolicy", "delete", "pods", false),
        ("AmazonEKSClusterAdminPolicy", "delete", "nodes", true),
        ("AmazonEKSAutoNodePolicy", "get", "pods", false),
    ] {
        assert_eq!(may(policy, None, verb, resource, "idp-dev"), expected, "{policy} {verb} {resource}");
    }
}
