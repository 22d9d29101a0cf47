use serde_json::json;

use super::*;

fn with_role(name: &str, role: &str) -> Value {
    json!({"name": name, "env": [{"name": "AWS_ROLE_ARN", "value": role}]})
}

fn roles(containers: &[Value]) -> SpecRoles {
    SpecRoles::read(&json!({"spec": {"serviceAccountName": "billing", "containers": containers}}))
}

#[test]
fn the_only_role_is_chosen() {
    let one = |role: &str| RoleChoice::Role { role: role.to_owned(), container: None };
    let plain = json!({"name": "mesh"});
    assert_eq!(roles(&[plain.clone(), with_role("app", "r")]).choose(None), one("r"));
    assert_eq!(roles(&[with_role("app", "r"), with_role("side", "r")]).choose(None), one("r"));
    assert_eq!(roles(&[with_role("app", "r"), with_role("side", "r")]).choose(Some("side")), one("r"));
    assert_eq!(roles(&[plain]).choose(None), RoleChoice::None);
    let initial = json!({"spec": {"initContainers": [with_role("setup", "r")], "containers": [{"name": "app"}]}});
    assert_eq!(SpecRoles::read(&initial).choose(None), one("r"));
}

#[test]
fn with_several_roles_the_container_must_be_given() {
    let pod = roles(&[with_role("app", "r"), with_role("audit", "s"), json!({"name": "mesh"})]);
    let pairs = vec![("app".to_owned(), "r".to_owned()), ("audit".to_owned(), "s".to_owned())];
    assert_eq!(pod.choose(None), RoleChoice::Several(pairs));
    let audit = RoleChoice::Role { role: "s".to_owned(), container: Some("audit".to_owned()) };
    assert_eq!(pod.choose(Some("audit")), audit);
    assert_eq!(pod.choose(Some("mesh")), RoleChoice::NotInContainer(vec!["app".to_owned(), "audit".to_owned()]));
    assert_eq!(
        pod.choose(Some("nope")),
        RoleChoice::NoSuchContainer(["app", "audit", "mesh"].map(str::to_owned).to_vec())
    );
}

#[test]
fn a_reference_to_a_role_is_not_resolved() {
    let hidden = json!({"name": "app", "env": [{"name": "AWS_ROLE_ARN", "valueFrom": {"configMapKeyRef": {}}}]});
    assert_eq!(roles(&[hidden]).choose(None), RoleChoice::Reference("app".to_owned()));
    let empty = json!({"name": "app", "env": [{"name": "AWS_ROLE_ARN", "value": ""}]});
    assert_eq!(roles(&[empty]).choose(None), RoleChoice::None);
}

/// As the webhook does: a container with one of the two variables gets neither, and a skipped one nothing.
#[test]
fn a_template_is_filled_like_the_webhook() {
    let template = json!({"metadata": {"annotations": {SKIP_ANNOTATION: "mesh, logs"}}, "spec": {"containers": [
        {"name": "app"}, with_role("audit", "s"), {"name": "mesh"}, {"name": "logs"},
        {"name": "own", "env": [{"name": "AWS_WEB_IDENTITY_TOKEN_FILE", "value": "/token"}]},
    ]}});
    let filled = SpecRoles::read(&template).with_annotation("r");
    let pairs = vec![("app".to_owned(), "r".to_owned()), ("audit".to_owned(), "s".to_owned())];
    assert_eq!(filled.choose(None), RoleChoice::Several(pairs));
    assert_eq!(filled.choose(Some("mesh")), RoleChoice::NotInContainer(vec!["app".to_owned(), "audit".to_owned()]));
    assert_eq!(SpecRoles::read(&template).service_account, "default");
}

#[test]
fn pod_identity_differs_from_other_container_credentials() {
    let with = |name: &str, value: &str| roles(&[json!({"name": "app", "env": [{"name": name, "value": value}]})]);
    for (name, value, expected) in [
        ("AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://169.254.170.23/v1/credentials", true),
        ("AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://[fd00:ec2::23]/v1/credentials", true),
        ("AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://localhost:1234/mine", false),
        (
            "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
            "/var/run/secrets/pods.eks.amazonaws.com/serviceaccount/eks-pod-identity-token",
            true,
        ),
        ("OTHER", "169.254.170.23", false),
    ] {
        assert_eq!(with(name, value).pod_identity, expected, "{name} {value}");
    }
}

#[test]
fn the_audience_is_the_mounted_tokens() {
    assert_eq!(roles(&[]).audience, "sts.amazonaws.com");
    let token = json!({"serviceAccountToken": {"audience": "sts.amazonaws.com.cn", "path": "token"}});
    let volume = json!({"name": "aws-iam-token", "projected": {"sources": [token]}});
    let pod = json!({"spec": {"volumes": [{"name": "data"}, volume]}});
    assert_eq!(SpecRoles::read(&pod).audience, "sts.amazonaws.com.cn");
}
