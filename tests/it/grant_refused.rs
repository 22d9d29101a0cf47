//! What `grant` refuses, and what it is refused: each says what is missing, and leaves what was there.

use sandbox::AccessEntry;
use serde_json::{Value, json};

use crate::support::administrator::{ACCOUNT, CLUSTER, NAMESPACE, PERMISSION_SET, Platform};

#[test]
fn who_is_meant_is_looked_up() {
    let platform = Platform::new();
    platform
        .run("grant pay --to permission-set:idp-ns-py --yes")
        .exits(5)
        .says("no role for the permission set idp-ns-py");
    platform.run("grant pay --to permission-set:idp-ns-PAY --yes").exits(5).says("--to permission-set:idp-ns-pay");
    platform
        .run(&format!("grant pay --to arn:aws:iam::{ACCOUNT}:role/none --yes"))
        .exits(5)
        .says("role/none not found");
    platform.run("grant pay --to arn:aws-cn:iam::111122223333:role/x --yes").exits(2).says("different partition");
    for (to, why) in [
        ("arn:aws:iam::111122223333:root", "root"),
        ("arn:aws:iam::111122223333:role/aws-service-role/x.amazonaws.com/AWSServiceRoleForX", "service"),
        ("arn:aws:iam::111122223333:role/*", "*"),
        ("ada", "ARN"),
    ] {
        platform.run(&format!("grant pay --yes --to {to}")).exits(2).says(why).one_error();
    }
    // The caller's ARN, as STS says it, has no path: the entry needs it.
    let caller = platform.role.rsplit('/').next().expect("a name");
    let caller = format!("arn:aws:sts::{ACCOUNT}:assumed-role/{caller}/ada@example.com");
    platform
        .run(&format!("grant pay --to {caller} --yes"))
        .success()
        .prints(&format!("access entry {}", platform.role));
}

#[test]
fn a_policy_that_eks_refuses_leaves_no_record_that_it_was_granted() {
    let platform = Platform::new();
    let entry = || -> Option<AccessEntry> {
        let mut entries = Vec::new();
        platform.control().edit_cluster(CLUSTER, |cluster| entries.clone_from(&cluster.access_entries));
        entries.into_iter().find(|entry| entry.principal_arn == platform.role)
    };
    let refused = || {
        platform
            .grant("--policy AmazonEKSFooPolicy")
            .exits(1)
            .one_error()
            .says("try: aws eks list-access-policies --region eu-west-1")
    };
    refused().says("because: the new access entry is removed again");
    assert!(entry().is_none());
    platform.grant("--preset viewer").success();
    let before = entry().expect("an entry");
    refused();
    assert_eq!(entry(), Some(before));
    platform.grant("--policy AmazonEKSViewPolicy").success();
    assert!(!format!("{:?}", entry()).contains("FooPolicy"));
}

#[test]
fn what_iam_does_not_tell_is_said() {
    let platform = Platform::new();
    platform.control().deny_action("AdministratorAccess", "iam:ListRoles");
    platform.grant("").exits(4).says("iam:ListRoles").says("--to arn:");
    platform.control().deny_action("AdministratorAccess", "iam:GetRole");
    platform.run(&format!("grant pay --to {} --yes", platform.role)).success().says("not checked whether");
    let bare = platform.role.rsplit('/').next().expect("a name");
    let without_path = format!("grant pay --to arn:aws:iam::{ACCOUNT}:role/{bare} --yes");
    platform.run(&without_path).exits(4).says("sso_region");
    platform.command(&without_path).env("NSACCESS_SSO_REGION", "eu-west-1").run().success().prints("nothing to do");
}

#[test]
fn an_entry_that_cannot_be_made_anew_is_told_in_full() {
    let platform = Platform::new();
    platform.grant("").success();
    assert!(platform.control().edit_cluster(CLUSTER, |cluster| {
        let mut entries = cluster.access_entries.iter_mut();
        let entry = entries.find(|entry| entry.principal_arn == platform.role).expect("the entry");
        entry.created_at = Some(1_759_652_100_456);
        entry.groups.push("payers".to_owned());
    }));
    platform.control().recreate_role(ACCOUNT, PERMISSION_SET);
    platform.control().deny_action("AdministratorAccess", "eks:CreateAccessEntry");
    platform
        .grant("--recreate")
        .exits(4)
        .says("the former entry is already deleted")
        .says("--kubernetes-groups")
        .says(" payers");
}

#[test]
fn a_role_that_the_cluster_would_not_bind_leaves_the_former_one() {
    let platform = Platform::new();
    platform.grant("--preset viewer").success();
    let limited =
        AccessEntry::new(&platform.control().role_path_arn(ACCOUNT, "AdministratorAccess"), "limited", &["limited"]);
    assert!(platform.control().put_access_entry(CLUSTER, limited));
    let api_group = "rbac.authorization.k8s.io";
    let read = json!({"apiGroups": [""], "resources": ["namespaces", "configmaps"], "verbs": ["get"]});
    let write = json!({"apiGroups": [api_group], "resources": ["roles", "rolebindings"],
        "verbs": ["get", "list", "create", "patch", "delete"]});
    platform.control().apply(
        CLUSTER,
        json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole",
        "metadata": {"name": "limited"}, "rules": [read, write]}),
    );
    platform.control().apply(
        CLUSTER,
        json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRoleBinding",
        "metadata": {"name": "limited"}, "roleRef": {"apiGroup": api_group, "kind": "ClusterRole", "name": "limited"},
        "subjects": [{"kind": "Group", "name": "limited", "apiGroup": api_group}]}),
    );
    for words in ["--preset admin --dry-run", "--preset admin"] {
        platform.grant(words).exits(4).says("cannot change").says("you need the permissions that you grant");
    }
    let name = "nsaccess-idp-ns-pay-972f05fa";
    let binding = platform.control().object(CLUSTER, "RoleBinding", NAMESPACE, name).expect("the binding");
    assert_eq!(binding["roleRef"]["name"], "nsaccess-viewer");
}

#[test]
fn broken_aws_auth_is_refused_with_its_line() {
    let platform = Platform::new();
    let broken = "- rolearn: x\n  groups: [a\n- rolearn: y\n";
    assert!(platform.control().set_aws_auth_text(CLUSTER, broken));
    platform.grant("--via aws-auth").exits(1).says("line 3").one_error();
    assert_eq!(platform.aws_auth("mapRoles").as_deref(), Some(broken));
    // An entry needs nothing of it, and hides nothing in it: it maps nobody.
    platform.grant("").success();
}

#[test]
fn each_right_that_is_missing_is_named() {
    for (action, right) in [
        ("eks:DescribeCluster", "eks:DescribeCluster"),
        ("eks:DescribeAccessEntry", "eks:DescribeAccessEntry"),
        ("eks:CreateAccessEntry", "eks:CreateAccessEntry"),
        ("eks:ListAssociatedAccessPolicies", "eks:ListAssociatedAccessPolicies"),
    ] {
        let platform = Platform::new();
        platform.control().deny_action("AdministratorAccess", action);
        let ended = platform.grant("").exits(4);
        assert!(ended.stderr.contains(right), "{}", ended.transcript());
    }
    let platform = Platform::new();
    platform.run("grant pay --to permission-set:idp-ns-idp-dev --policy AmazonEKSViewPolicy --yes").success();
    platform.control().deny_action("AdministratorAccess", "eks:DisassociateAccessPolicy");
    let words = "revoke pay --from permission-set:idp-ns-idp-dev --yes";
    platform.run(words).exits(4).says("eks:DisassociateAccessPolicy");
}

#[test]
fn who_lacks_rights_in_the_cluster_is_told_which() {
    let platform = Platform::new();
    let reader =
        AccessEntry::new(&platform.control().role_path_arn(ACCOUNT, "AdministratorAccess"), "limited", &["limited"]);
    assert!(platform.control().put_access_entry(CLUSTER, reader));
    platform.grant("").exits(4).says("get rolebindings in pay");
    let role = |rules: Value| {
        json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole",
        "metadata": {"name": "limited"}, "rules": rules})
    };
    let binding = json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRoleBinding",
        "metadata": {"name": "limited"}, "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "limited"},
        "subjects": [{"kind": "Group", "name": "limited", "apiGroup": "rbac.authorization.k8s.io"}]});
    platform.control().apply(CLUSTER, binding);
    let rbac = json!({"apiGroups": ["rbac.authorization.k8s.io"], "resources": ["roles", "rolebindings"], "verbs": ["get", "list"]});
    platform.control().apply(CLUSTER, role(json!([rbac])));
    platform.grant("").exits(4).says("cannot check what aws-auth grants").says("--ignore-aws-auth");
    let words = "--ignore-aws-auth";
    platform.grant(words).exits(4).says("create and patch roles in pay").says("- not done");
    let rbac = json!({"apiGroups": ["rbac.authorization.k8s.io"], "resources": ["roles", "rolebindings"], "verbs": ["get", "list", "create", "patch", "delete"]});
    platform.control().apply(CLUSTER, role(json!([rbac])));
    platform.grant(words).exits(4).says("you need the permissions that you grant").says("docs/grant.md");
}

#[test]
fn a_field_that_somebody_else_set_is_a_conflict() {
    let platform = Platform::new();
    platform.grant("--preset viewer").success();
    let mut role = platform.control().object(CLUSTER, "Role", NAMESPACE, "nsaccess-viewer").expect("the Role");
    role["rules"] = json!([{"apiGroups": [""], "resources": ["pods"], "verbs": ["get"]}]);
    role["metadata"]["managedFields"] = json!([{"manager": "kubectl-edit", "operation": "Update", "apiVersion": "rbac.authorization.k8s.io/v1",
        "time": "2026-01-01T00:00:00Z", "fieldsType": "FieldsV1", "fieldsV1": {"f:rules": {}}}]);
    platform.control().apply(CLUSTER, role);
    platform
        .grant("--preset viewer")
        .exits(1)
        .says("kubectl-edit")
        .says("--force-conflicts")
        .prints("- - {apiGroups: [\"\"], resources: [pods], verbs: [get]}");
    platform.grant("--preset viewer --force-conflicts").success().says("changed      Role");
}

#[test]
fn a_profile_that_is_not_defined_is_no_reason_to_sign_in() {
    let platform = Platform::new();
    let to = format!("grant pay --to permission-set:{PERMISSION_SET} --yes");
    let refused = platform.world.nsaccess(&format!("{to} --profile nope")).run().exits(5).one_error();
    refused
        .says("error: AWS profile \"nope\" is not defined in ~/.aws/config\n")
        .says("try: aws configure list-profiles\n")
        .says("try: aws configure sso --profile nope\n")
        .says_not("sso login");
    let by_variable = platform.world.nsaccess(&to).env("AWS_PROFILE", "nope").run().exits(5);
    by_variable
        .says("AWS profile \"nope\" is not defined")
        .says("because: $AWS_PROFILE is \"nope\"\n")
        .says_not("sso login");
}

#[test]
fn the_cluster_and_the_identity_are_named_when_they_are_wrong() {
    let platform = Platform::new();
    let to = format!("grant pay --to permission-set:{PERMISSION_SET} --yes");
    platform
        .world
        .nsaccess(&to)
        .env("AWS_REGION", "eu-west-1")
        .run()
        .exits(3)
        .says("no AWS credentials found")
        .one_error();
    let keys = platform.control().administrator_keys(ACCOUNT);
    let command = |words: &str| {
        keys.iter().fold(platform.world.nsaccess(words), |command, (name, value)| command.env(name, value))
    };
    command(&to).run().exits(2).says("no region specified for the cluster");
    command(&format!("{to} --region eu-west-1")).run().exits(2).says("found: idp-nonprod-1").says("--cluster");
    command(&format!("{to} --region eu-west-1 --cluster none")).run().exits(5).says("aws eks list-clusters");
    command(&format!("{to} --context none")).run().exits(2).says("context \"none\" not found");
    command("grant --yes --region eu-west-1").run().exits(2).says("no namespace specified");
    command("grant pay --yes --region eu-west-1").run().exits(2).says("no principal specified");
    let revoke = command("revoke pay --yes --region eu-west-1").run().exits(2).says("no principal specified");
    revoke.says("try: nsaccess revoke pay --from PRINCIPAL");
    command(&format!("{to} --for soon")).run().exits(2).says("--for 8h");
    command(&format!("{to} --preset reader")).run().exits(2).says("floor, viewer, developer, admin");
}
