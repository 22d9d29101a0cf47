use crate::cluster::AccessEntry;
use crate::kube::aws_auth;
use crate::{RoleMapping, Sandbox};

const ACCOUNT: &str = "111122223333";
const CLUSTER: &str = "idp-nonprod-1";
const NAME: &str = "idp-ns-idp-dev";

/// Who a cluster takes the bearer of a new token for, or why for nobody.
fn user(sandbox: &Sandbox) -> Result<String, String> {
    let control = sandbox.control();
    control.user_of(CLUSTER, &control.token(CLUSTER, ACCOUNT, NAME).expect("a cluster"))
}

#[test]
fn an_entry_from_before_the_role_is_dead_until_it_is_made_again() {
    let sandbox = Sandbox::start();
    let control = sandbox.control();
    let (arn, old_token) = (control.role_path_arn(ACCOUNT, NAME), control.token(CLUSTER, ACCOUNT, NAME).expect("one"));
    assert_eq!(user(&sandbox).as_deref(), Ok("sso:ada-example.com"));
    control.recreate_role(ACCOUNT, NAME);
    assert_eq!(control.role_path_arn(ACCOUNT, NAME), arn);
    assert!(control.user_of(CLUSTER, &old_token).unwrap_err().contains("Unknown"));
    assert!(user(&sandbox).unwrap_err().contains("made for a role that is gone"));
    control.edit_cluster(CLUSTER, |cluster| cluster.version = "1.34".to_owned());
    assert!(user(&sandbox).is_err(), "another change heals nothing");
    assert!(control.put_access_entry(CLUSTER, AccessEntry::new(&arn, "sso:{{SessionName}}", &[])));
    assert_eq!(user(&sandbox).as_deref(), Ok("sso:ada-example.com"));
}

#[test]
fn a_role_with_another_suffix_is_another_role() {
    let sandbox = Sandbox::start();
    let control = sandbox.control();
    let old = control.role_path_arn(ACCOUNT, NAME);
    let new = control.rename_role(ACCOUNT, NAME);
    assert_ne!(old, new);
    assert_eq!(control.mint(ACCOUNT, NAME).role_path_arn(), new);
    assert!(user(&sandbox).unwrap_err().contains("has no access entry"));
    assert!(control.put_access_entry(CLUSTER, AccessEntry::new(&new, "new", &[])));
    assert_eq!(user(&sandbox).as_deref(), Ok("new"));
}

#[test]
fn the_config_map_is_what_the_cluster_reads() {
    let sandbox = Sandbox::start();
    let control = sandbox.control();
    let role = control.mint(ACCOUNT, NAME).role_arn();
    assert!(control.edit_cluster(CLUSTER, |cluster| cluster.authentication_mode = "CONFIG_MAP".to_owned()));
    assert!(user(&sandbox).is_err());
    assert!(control.set_aws_auth(CLUSTER, vec![RoleMapping::new(&role, "mapped", &[])]));
    assert_eq!(user(&sandbox).as_deref(), Ok("mapped"));
    assert!(control.set_aws_auth_text(CLUSTER, &format!("- rolearn: {role}\n  username: text\n")));
    assert_eq!(user(&sandbox).as_deref(), Ok("text"));
    assert!(control.set_aws_auth_text(CLUSTER, &format!("- rolearn: {role}\n username: broken\n")));
    assert!(user(&sandbox).is_err());
    let map_roles = aws_auth::map_roles(&[RoleMapping::new(&role, "applied", &[])]);
    assert!(control.apply(CLUSTER, aws_auth::config_map(&map_roles)));
    assert_eq!(user(&sandbox).as_deref(), Ok("applied"));
    assert!(control.delete(CLUSTER, "ConfigMap", "kube-system", "aws-auth"));
    assert!(user(&sandbox).is_err());
}

#[test]
fn the_whole_config_map_can_be_set() {
    let sandbox = Sandbox::start();
    let control = sandbox.control();
    control.edit_cluster(CLUSTER, |cluster| cluster.authentication_mode = "CONFIG_MAP".to_owned());
    let role = control.mint(ACCOUNT, NAME).role_arn();
    let map_roles = format!("# a comment\n- rolearn: {role}\n  username: mapped\n");
    let data = serde_json::json!({"mapRoles": map_roles, "mapAccounts": "- \"1\"\n", "notes": "kept"});
    assert!(control.set_aws_auth_data(CLUSTER, data.clone()));
    assert_eq!(control.aws_auth_data(CLUSTER), Some(data));
    assert_eq!(user(&sandbox).as_deref(), Ok("mapped"));
    assert!(control.set_map_users_text(CLUSTER, "- broken: ["));
    let data = control.aws_auth_data(CLUSTER).expect("a ConfigMap");
    assert_eq!(
        (&data["mapRoles"], &data["mapUsers"]),
        (&serde_json::json!(map_roles), &serde_json::json!("- broken: ["))
    );
    assert_eq!(user(&sandbox).as_deref(), Ok("mapped"));
    assert!(!control.set_aws_auth_data("none", serde_json::json!({})));
}
