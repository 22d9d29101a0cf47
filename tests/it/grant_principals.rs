//! `grant` and `revoke`: which cluster, which role, and what could not be looked at.

use sandbox::AccessEntry;
use serde_json::{Value, json};

use crate::support::administrator::{ACCOUNT, CLUSTER, NAMESPACE, PERMISSION_SET, Platform};

/// The RoleBinding of the team.
fn binding(platform: &Platform, group: &str) -> Option<Value> {
    let slug = group.strip_prefix("nsaccess:pay:").expect("a group of the namespace");
    platform.control().object(CLUSTER, "RoleBinding", NAMESPACE, &format!("nsaccess-{slug}"))
}

/// The group that the team's entry has.
fn group(platform: &Platform) -> String {
    platform.groups(&platform.role).expect("an entry").remove(0)
}

/// Changes an annotation of the team's binding.
fn annotate(platform: &Platform, name: &str, value: &str) {
    let mut object = binding(platform, &group(platform)).expect("the binding");
    object["metadata"]["annotations"][name] = json!(value);
    platform.control().apply(CLUSTER, object);
}

#[test]
fn a_wrong_clock_is_the_only_reason_for_a_token_that_is_rejected() {
    let platform = Platform::new();
    platform.control().set_clock_offset(30 * 60);
    for words in [
        format!("grant {NAMESPACE} --to permission-set:{PERMISSION_SET} --preset viewer --yes"),
        format!("revoke {NAMESPACE} --from permission-set:{PERMISSION_SET} --yes"),
        format!("audit {NAMESPACE}"),
    ] {
        platform
            .run(&words)
            .exits(4)
            .one_error()
            .says(
                "does not recognize you\nbecause: this machine's clock is 30 minutes behind AWS's\ntry: sudo timedatectl",
            )
            .says_not("access-entry");
    }
}

#[test]
fn a_context_of_another_cluster_is_refused() {
    let platform = Platform::new();
    platform.world.login("idp-dev").run().success();
    let config = platform.world.read(".kube/config");
    let context = "idp-nonprod-1/idp-dev";
    let name = if config.contains(context) { context } else { "idp-ns-idp-dev" };
    let own = platform.grant(&format!("--preset viewer --context {name}"));
    assert!(!own.stderr.contains("different cluster"), "{}", own.transcript());
    let server = config.lines().find(|line| line.trim().starts_with("server:")).expect("a server");
    platform.world.write(".kube/config", config.replace(server, "    server: https://other.example.com"));
    let grant = format!("--preset viewer --context {name}");
    platform.grant(&grant).exits(2).says("belongs to a different cluster").says(CLUSTER).one_error();
    assert_eq!(platform.groups(&platform.role), None);
}

#[test]
fn roles_of_the_same_permission_set_in_other_accounts_keep_what_they_have() {
    let platform = Platform::new();
    platform.grant("--preset viewer").success();
    let group = group(&platform);
    let other = platform.role.replace(ACCOUNT, "444455556666");
    assert!(platform.control().put_access_entry(CLUSTER, AccessEntry::new(&other, "x", &[&group])));
    let done = platform.revoke("").success();
    assert!(!done.stdout.contains("444455556666"), "{}", done.transcript());
    assert_eq!(platform.groups(&other), Some(vec![group]));
}

#[test]
fn a_wrong_path_is_no_role_that_is_gone() {
    let platform = Platform::new();
    platform.grant("--policy AmazonEKSViewPolicy").success();
    let wrong = platform.role.replace("/eu-west-1/", "/us-east-2/");
    assert_ne!(wrong, platform.role);
    let words = format!("revoke {NAMESPACE} --from {wrong} --yes");
    platform.run(&words).exits(2).says("different path").says(&platform.role).one_error();
    assert!(platform.groups(&platform.role).is_some());
}

#[test]
fn a_role_that_is_gone_is_found_by_its_name() {
    let platform = Platform::new();
    platform.grant("--preset viewer").success();
    let name = platform.role.rsplit('/').next().expect("a name");
    platform.control().rename_role(ACCOUNT, PERMISSION_SET);
    for caller in
        [format!("arn:aws:sts::{ACCOUNT}:assumed-role/{name}/ada"), format!("arn:aws:iam::{ACCOUNT}:role/{name}")]
    {
        let plan = platform.run(&format!("revoke {NAMESPACE} --from {caller} --dry-run")).success().says("IAM has no");
        plan.prints(&format!("access entry {}", platform.role));
    }
}

#[test]
fn former_roles_that_could_not_be_looked_for_are_said() {
    let platform = Platform::new();
    platform.grant("--preset viewer").success();
    platform.control().deny_action("AdministratorAccess", "eks:ListAccessEntries");
    platform.revoke("").success().says("former roles of the permission set idp-ns-pay").says("eks:ListAccessEntries");
}

#[test]
fn what_was_rendered_for_a_permission_set_ends_too() {
    let platform = Platform::new();
    platform.grant("--preset viewer --for 8h").success();
    annotate(&platform, "nsaccess/until", "2026-01-01T00:00:00Z");
    annotate(&platform, "nsaccess/principal", &format!("permission-set:444455556666:{PERMISSION_SET}"));
    let other = platform.run("revoke --expired --yes").success();
    other.says("nsaccess revoke pay --from permission-set:idp-ns-pay");
    let group = group(&platform);
    assert!(binding(&platform, &group).is_some());
    annotate(&platform, "nsaccess/principal", &format!("permission-set:{ACCOUNT}:{PERMISSION_SET}"));
    platform.run("revoke --expired --yes").success();
    assert!(binding(&platform, &group).is_none() && platform.groups(&platform.role).is_none());
}

#[test]
fn an_end_that_is_no_time_is_said() {
    let platform = Platform::new();
    platform.grant("--preset viewer --for 8h").success();
    annotate(&platform, "nsaccess/until", "tomorrow");
    platform.run("revoke --expired --yes").success().says("tomorrow").says("--from arn:aws:iam::");
    assert!(binding(&platform, &group(&platform)).is_some());
}

#[test]
fn a_caller_of_another_account_gets_the_path_of_identity_center_or_nothing() {
    let platform = Platform::new();
    let caller = "arn:aws:sts::444455556666:assumed-role/AWSReservedSSO_team_0123456789abcdef/ada";
    let words = format!("grant {NAMESPACE} --to {caller} --preset viewer --dry-run");
    platform.run(&words).exits(4).says("the path of the role").says("sso_region").one_error();
    platform.world.run("config set sso_region eu-west-1").success();
    let role = "role/aws-reserved/sso.amazonaws.com/eu-west-1/AWSReservedSSO_team_0123456789abcdef";
    platform.run(&words).success().prints(&format!("+ access entry arn:aws:iam::444455556666:{role}"));
}

#[test]
fn a_cluster_that_is_not_active_is_said() {
    let platform = Platform::new();
    assert!(platform.control().edit_cluster(CLUSTER, |cluster| cluster.status = "UPDATING".to_owned()));
    platform.grant("--preset viewer").success().says("idp-nonprod-1 is UPDATING");
}

#[test]
fn throttling_of_iam_is_waited_out() {
    let platform = Platform::new();
    platform.control().throttle_next("ListRoles", 2);
    platform.grant("--preset viewer").success();
    assert_eq!(platform.control().calls("ListRoles"), 3);
    platform.control().throttle_next("GetRole", 2);
    platform.run(&format!("grant {NAMESPACE} --to {} --preset viewer --yes", platform.role)).success();
}

#[test]
fn without_aws_it_is_said_that_policies_were_not_looked_at() {
    let platform = Platform::new();
    platform.world.login("idp-dev").run().success();
    let keys = platform.control().administrator_keys(ACCOUNT);
    let (_, key) = keys.iter().find(|(name, _)| name == "AWS_ACCESS_KEY_ID").expect("a key");
    let token = platform.control().token_of_keys(CLUSTER, key).expect("a token");
    let config = platform.world.read(".kube/config");
    let name = config.lines().find_map(|line| line.strip_prefix("current-context: ")).expect("a context").to_owned();
    let start = config.find("users:").expect("users");
    let users = format!("users:\n- name: {name}\n  user:\n    token: {token}\n");
    platform.world.write(".kube/config", format!("{}{users}", &config[..start]));
    let words = format!("revoke --expired --yes --context {name} --region eu-west-1");
    platform.world.run(&words).exits(6).says("expired access policies were not checked");
}
