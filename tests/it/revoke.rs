//! `revoke`: what is taken, what stays, and writers that meet at aws-auth.

use sandbox::AccessEntry;
use serde_json::{Value, json};

use crate::support::administrator::{ACCOUNT, CLUSTER, NAMESPACE, PERMISSION_SET, Platform};

/// The scope of the only policy of the team's entry.
fn scope(platform: &Platform) -> Option<Vec<String>> {
    let mut found = None;
    platform.control().edit_cluster(CLUSTER, |cluster| {
        let entry = cluster.access_entries.iter().find(|entry| entry.principal_arn == platform.role);
        found = entry.and_then(|entry| entry.policies.first()?.namespaces.clone());
    });
    found
}

#[test]
fn a_policy_holds_on_in_other_namespaces() {
    for replaces in [0, 1] {
        let platform = Platform::new();
        platform.control().settings(|settings| settings.association_replaces_scope = replaces);
        let words = format!("--to permission-set:{PERMISSION_SET} --policy AmazonEKSViewPolicy --yes");
        for namespace in [NAMESPACE, "shop-dev", "idp-test"] {
            platform.run(&format!("grant {namespace} {words}")).success();
        }
        assert_eq!(scope(&platform), Some(vec!["pay".into(), "shop-dev".into(), "idp-test".into()]));
        platform.revoke("").success().says("Revoked.");
        assert_eq!(scope(&platform), Some(vec!["shop-dev".into(), "idp-test".into()]));
    }
}

#[test]
fn who_is_gone_from_iam_can_still_be_taken_from_the_cluster() {
    let platform = Platform::new();
    let gone = format!("arn:aws:iam::{ACCOUNT}:role/gone");
    let group = "nsaccess:pay:gone-00000000";
    assert!(platform.control().put_access_entry(CLUSTER, AccessEntry::new(&gone, "gone:x", &[group])));
    platform.run(&format!("revoke pay --from {gone} --yes")).success().says("IAM has no").prints("nothing to revoke");
    // A permission set whose role was made anew under another name: its former role still has the access.
    platform.grant("--preset viewer").success();
    platform.control().rename_role(ACCOUNT, PERMISSION_SET);
    platform.revoke("").success().prints(&format!("access entry {}", platform.role));
}

#[test]
fn what_others_have_made_is_named_and_taken_with_consent() {
    let platform = Platform::new();
    platform.grant("--preset viewer").success();
    let binding = json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "RoleBinding",
        "metadata": {"name": "by-hand", "namespace": NAMESPACE},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "edit"},
        "subjects": [{"kind": "Group", "name": "payers", "apiGroup": "rbac.authorization.k8s.io"},
            {"kind": "Group", "name": "others", "apiGroup": "rbac.authorization.k8s.io"}]});
    platform.control().apply(CLUSTER, binding);
    platform.control().edit_cluster(CLUSTER, |cluster| {
        let entries = cluster.access_entries.iter_mut().filter(|entry| entry.principal_arn == platform.role);
        entries.for_each(|entry| entry.groups.push("payers".to_owned()));
    });
    platform.revoke("").success().says("kept: RoleBinding pay/by-hand grants ClusterRole edit to Group payers");
    platform.revoke("--include-foreign").success().prints(&format!("access entry {}", platform.role));
    // Others may have the group from elsewhere.
    let left = platform.control().object(CLUSTER, "RoleBinding", NAMESPACE, "by-hand").expect("the binding");
    let names: Vec<&Value> = left["subjects"].as_array().expect("subjects").iter().map(|one| &one["name"]).collect();
    assert_eq!(names, ["payers", "others"]);
    platform.control().edit_cluster(CLUSTER, |cluster| {
        assert!(!cluster.access_entries.iter().any(|entry| entry.principal_arn == platform.role));
    });
}

#[test]
fn twenty_writers_of_aws_auth_lose_nothing() {
    let platform = Platform::new();
    let control = platform.control();
    let text = "# nodes first\n- rolearn: arn:aws:iam::111122223333:role/nodes\n  username: system:node:{{EC2PrivateDNSName}}\n  groups:\n  - system:nodes\n";
    let data = json!({"mapRoles": text, "mapAccounts": "- \"444455556666\"\n", "theirs": "x"});
    assert!(control.set_aws_auth_data(CLUSTER, data.clone()));
    let teams: Vec<String> = (0..20).map(|number| format!("team-{number}")).collect();
    for team in &teams {
        control.provision_permission_set(ACCOUNT, team);
    }
    let words =
        |verb: &str, to: &str, team: &str| format!("{verb} pay {to} permission-set:{team} --via aws-auth --yes");
    let writers: Vec<_> = teams.iter().map(|team| platform.command(&words("grant", "--to", team)).child().0).collect();
    for writer in writers {
        let ended = writer.wait_with_output().expect("an end");
        assert!(ended.status.success(), "{}", String::from_utf8_lossy(&ended.stderr));
    }
    let all = platform.aws_auth("mapRoles").expect("mapRoles");
    assert!(all.starts_with(text), "{all}");
    for team in &teams {
        assert_eq!(all.matches(&format!("AWSReservedSSO_{team}_")).count(), 2, "item and username of {team}: {all}");
    }
    for team in &teams {
        platform.run(&format!("revoke pay --from permission-set:{team} --yes")).success();
    }
    assert_eq!(control.aws_auth_data(CLUSTER), Some(data));
}

#[test]
fn five_thousand_items_of_others_stay_as_they_are() {
    let platform = Platform::new();
    let item = |number: usize| {
        format!(
            "- rolearn: arn:aws:iam::{ACCOUNT}:role/r{number}\n  username: u{number} # {number}\n  groups: [g{number}]\n"
        )
    };
    let text: String = (0..5000).map(item).collect();
    assert!(platform.control().set_aws_auth_text(CLUSTER, &text));
    let shown = platform.grant("--via aws-auth").success();
    assert!(shown.stdout.lines().count() < 60, "the plan shows what differs");
    platform.revoke("").success();
    assert_eq!(platform.aws_auth("mapRoles"), Some(text));
}
