//! `grant` and `revoke` while others change the same things, or while they are not there.

use sandbox::{AccessEntry, FaultKind};

use crate::support::administrator::{CLUSTER, NAMESPACE, PERMISSION_SET, Platform};
use crate::support::{Output, until};

fn refusal(status: u16, code: &str) -> FaultKind {
    FaultKind::Error { status, code: code.into(), message: "no".into() }
}

#[test]
fn aws_auth_is_created_where_there_is_none_and_goes_with_its_last_item() {
    let platform = Platform::new();
    let config_map = || platform.control().object(CLUSTER, "ConfigMap", "kube-system", "aws-auth");
    platform.control().delete(CLUSTER, "ConfigMap", "kube-system", "aws-auth");
    platform.grant("--via aws-auth").success();
    let created = config_map().expect("created");
    assert_eq!(created["metadata"]["labels"]["app.kubernetes.io/managed-by"], "nsaccess", "{created:#}");
    assert!(platform.aws_auth("mapRoles").is_some_and(|text| text.contains("nsaccess:pay:")), "{created:#}");
    platform.revoke("").success();
    assert_eq!(config_map(), None);
}

#[test]
fn a_write_of_aws_auth_that_collides_is_made_again_but_not_for_ever() {
    let platform = Platform::new();
    let own = "- rolearn: arn:aws:iam::111122223333:role/other\n  username: x\n";
    assert!(platform.control().set_aws_auth_text(CLUSTER, own));
    platform.control().fail_next("patch configmaps", 2, refusal(409, "Conflict"));
    platform.grant("--via aws-auth").success();
    platform.revoke("").success();
    assert_eq!(platform.aws_auth("mapRoles").as_deref(), Some(own));
    platform.control().fail_next("patch configmaps", 99, refusal(409, "Conflict"));
    platform
        .grant("--via aws-auth")
        .exits(1)
        .one_error()
        .says("because: something else changed it at the same time, ")
        .says("try: kubectl -n kube-system get configmap aws-auth -o yaml --show-managed-fields");
    platform.control().clear_faults();
    platform.control().fail_next("patch configmaps", 99, refusal(403, "Forbidden"));
    platform
        .grant("--via aws-auth")
        .exits(4)
        .one_error()
        .says("cannot write the ConfigMap kube-system/aws-auth")
        .says("it requires permission to get and patch (at first: create) configmaps in kube-system");
    assert_eq!(platform.aws_auth("mapRoles").as_deref(), Some(own));
}

/// Grants; after everything was looked at, somebody creates this entry.
fn beaten_by(platform: &Platform, entry: AccessEntry) -> Output {
    platform.control().throttle_next("CreateAccessEntry", 99);
    let grant = format!("grant {NAMESPACE} --to permission-set:{PERMISSION_SET} --yes");
    let running = platform.command(&grant).spawn();
    until("an entry that is to be created", || (platform.control().calls("CreateAccessEntry") > 0).then_some(()));
    platform.control().put_access_entry(CLUSTER, entry);
    platform.control().clear_faults();
    running.finish()
}

#[test]
fn an_access_entry_that_somebody_creates_meanwhile_gets_the_group_too() {
    let platform = Platform::new();
    beaten_by(&platform, AccessEntry::new(&platform.role, "", &["theirs"])).success();
    let groups = platform.groups(&platform.role).expect("an entry");
    assert!(groups.len() == 2 && groups[0] == "theirs" && groups[1].starts_with("nsaccess:pay:"), "{groups:?}");
}

#[test]
fn an_access_entry_of_another_kind_that_somebody_creates_meanwhile_is_left() {
    let platform = Platform::new();
    let mut theirs = AccessEntry::new(&platform.role, "system:node:{{EC2PrivateDNSName}}", &[]);
    theirs.kind = "EC2_LINUX".to_owned();
    beaten_by(&platform, theirs)
        .exits(1)
        .says("because: it has been created in the meantime, as EC2_LINUX")
        .says("try: run the same command again\n");
    assert_eq!(platform.groups(&platform.role), Some(Vec::new()));
}

#[test]
fn what_may_not_be_listed_is_kept_and_said() {
    let platform = Platform::new();
    let role = || platform.control().object(CLUSTER, "Role", NAMESPACE, "nsaccess-viewer");
    platform.grant("--preset viewer").success();
    platform.control().fail_next("list rolebindings", 99, refusal(403, "Forbidden"));
    platform
        .grant("--preset developer")
        .success()
        .says("warning: the Role pay/nsaccess-viewer is kept: not checked whether it is used (");
    assert!(role().is_some());
    platform.control().fail_next("list clusterrolebindings", 99, refusal(403, "Forbidden"));
    platform
        .revoke("")
        .success()
        .says("warning: other RoleBindings in pay were not checked: ")
        .says("ClusterRoleBindings were not checked: ");
    assert_eq!(platform.groups(&platform.role), None);
    platform.control().clear_faults();
    platform.grant("--preset viewer").success();
    platform.grant("--preset developer").success();
    assert_eq!(role(), None);
}
