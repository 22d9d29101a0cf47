use serde_json::json;

use crate::cluster::AccessEntry;
use crate::kube::aws_auth;
use crate::{Role, RoleMapping, Sandbox, User, objects};

const ACCOUNT: &str = "111122223333";
const CLUSTER: &str = "idp-nonprod-1";

fn value<'keys>(keys: &'keys [(String, String)], name: &str) -> Option<&'keys str> {
    keys.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
}

/// Who a cluster takes the owner of keys for, or why for nobody.
fn user(sandbox: &Sandbox, keys: &[(String, String)]) -> Result<String, String> {
    let control = sandbox.control();
    let id = value(keys, "AWS_ACCESS_KEY_ID").expect("a key");
    control.user_of(CLUSTER, &control.token_of_keys(CLUSTER, id).expect("a token"))
}

#[test]
fn an_administrator_is_one_in_all_clusters_of_the_account() {
    let sandbox = Sandbox::start();
    let control = sandbox.control();
    let keys = control.administrator_keys(ACCOUNT);
    assert!(value(&keys, "AWS_SESSION_TOKEN").is_some() && value(&keys, "AWS_SECRET_ACCESS_KEY").is_some());
    let role = crate::role_name(ACCOUNT, "AdministratorAccess");
    let name = format!("arn:aws:sts::{ACCOUNT}:assumed-role/{role}/ada-example.com");
    assert_eq!(user(&sandbox, &keys), Ok(name));
    control.administrator_keys(ACCOUNT);
    let shared = control.shared();
    let state = shared.state();
    for cluster in state.world.clusters.iter() {
        let theirs = cluster.access_entries.iter().filter(|entry| entry.principal_arn.contains("AdministratorAccess"));
        assert_eq!(theirs.count(), usize::from(cluster.account == ACCOUNT), "{}", cluster.name);
    }
}

#[test]
fn a_user_is_mapped_by_an_entry_or_by_the_config_map_until_it_is_another_one() {
    let sandbox = Sandbox::start();
    let control = sandbox.control();
    control.put_user(User { path: "/ci/".to_owned(), ..User::new(ACCOUNT, "deployer") });
    let arn = format!("arn:aws:iam::{ACCOUNT}:user/ci/deployer");
    let keys = control.user_keys(ACCOUNT, "deployer");
    assert!(value(&keys, "AWS_ACCESS_KEY_ID").expect("a key").starts_with("AKIA"));
    assert_eq!(value(&keys, "AWS_SESSION_TOKEN"), None);
    assert!(user(&sandbox, &keys).unwrap_err().contains(&format!("{arn} is not in aws-auth")));
    let map_users = format!("- UserARN: {arn}\n  username: by-map-{{{{SessionName}}}}\n");
    let data = json!({"mapRoles": "- nonsense: [", "mapUsers": map_users});
    control.apply(CLUSTER, objects::config_map(aws_auth::NAMESPACE, aws_auth::NAME, data));
    assert_eq!(user(&sandbox, &keys).as_deref(), Ok("by-map-"));
    control.put_access_entry(CLUSTER, AccessEntry::new(&arn, &arn, &[]));
    assert_eq!(user(&sandbox, &keys), Ok(arn.clone()));
    control.expire_role_credentials();
    assert_eq!(user(&sandbox, &keys), Ok(arn.clone()), "a long-lived key has no end");
    control.put_user(User { path: "/ci/".to_owned(), generation: 1, ..User::new(ACCOUNT, "deployer") });
    assert_eq!(control.token_of_keys(CLUSTER, value(&keys, "AWS_ACCESS_KEY_ID").expect("a key")), None);
    control.delete(CLUSTER, "ConfigMap", aws_auth::NAMESPACE, aws_auth::NAME);
    let new = control.user_keys(ACCOUNT, "deployer");
    assert!(user(&sandbox, &new).unwrap_err().contains("made for a role that is gone"));
}

#[test]
fn the_session_of_a_role_is_mapped_by_an_entry_or_by_the_config_map() {
    let sandbox = Sandbox::start();
    let control = sandbox.control();
    assert_eq!(control.role_keys(ACCOUNT, "k8s-devs-role"), None);
    control.put_role(Role { path: "/teams/".to_owned(), ..Role::new(ACCOUNT, "k8s-devs-role") });
    let keys = control.role_keys(ACCOUNT, "k8s-devs-role").expect("a role");
    let without_path = format!("arn:aws:iam::{ACCOUNT}:role/k8s-devs-role");
    assert!(user(&sandbox, &keys).unwrap_err().contains(&format!("{without_path} is not in aws-auth")));
    control.set_aws_auth(CLUSTER, vec![RoleMapping::new(&without_path, "dev:{{SessionName}}", &[])]);
    assert_eq!(user(&sandbox, &keys).as_deref(), Ok("dev:ada"));
    let arn = format!("arn:aws:iam::{ACCOUNT}:role/teams/k8s-devs-role");
    control.put_access_entry(CLUSTER, AccessEntry::new(&arn, "by-entry", &[]));
    assert_eq!(user(&sandbox, &keys).as_deref(), Ok("by-entry"));
    control.expire_role_credentials();
    assert!(user(&sandbox, &keys).unwrap_err().contains("Expired"));
}

#[test]
fn a_disabled_key_is_no_key_until_it_is_enabled_again() {
    let sandbox = Sandbox::start();
    let control = sandbox.control();
    let keys = control.user_keys(ACCOUNT, "deployer");
    let id = value(&keys, "AWS_ACCESS_KEY_ID").expect("a key");
    assert!(control.disable_keys(id, true) && !control.disable_keys("AKIANONE", true));
    assert!(user(&sandbox, &keys).unwrap_err().contains("STS refuses: Unknown"));
    control.disable_keys(id, false);
    control.forget_role_credentials();
    assert!(user(&sandbox, &keys).unwrap_err().contains("is not in aws-auth"), "STS knows it");
}

#[test]
fn a_permission_set_is_assigned_where_there_is_an_account() {
    let sandbox = Sandbox::start();
    let control = sandbox.control();
    assert!(control.assign_permission_set(ACCOUNT, "AdministratorAccess"));
    assert!(!control.assign_permission_set("000000000000", "AdministratorAccess"));
    let shared = control.shared();
    assert!(shared.state().world.assigned(0, ACCOUNT, "AdministratorAccess"));
}
