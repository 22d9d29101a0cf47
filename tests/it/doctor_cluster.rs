//! `doctor` about the cluster: what EKS says of it, and whether the kubeconfig says the same.

use sandbox::{ClusterVersion, FaultKind, HealthIssue};

use crate::support::World;
use crate::support::doctor::{examine, is_repaired_by_its_try};
use crate::support::forward::CLUSTER;

/// Changes the kubeconfig.
#[track_caller]
fn edit_kubeconfig(world: &World, edit: impl FnOnce(String) -> String) {
    let before = world.read(".kube/config");
    let after = edit(before.clone());
    assert_ne!(before, after);
    world.write(".kube/config", after);
}

#[test]
fn a_cluster_that_is_gone_is_looked_for_again() {
    let world = World::signed_in();
    edit_kubeconfig(&world, |text| text.replace(&format!("- {CLUSTER}\n"), "- gone\n"));
    is_repaired_by_its_try(&world, "--only cluster", "cluster.not-found", "fail");
}

#[test]
fn a_pinned_cluster_that_is_gone_is_to_be_unpinned() {
    let world = World::signed_in();
    let _ = world.run("config set namespace.idp-dev.cluster gone").success();
    edit_kubeconfig(&world, |text| text.replace(&format!("- {CLUSTER}\n"), "- gone\n"));
    let examined = examine(&world, "--only cluster");
    let row = examined.finds_only("cluster.not-found", "fail");
    assert_eq!(row["try"][0], "nsaccess config unset namespace.idp-dev.cluster");
}

#[test]
fn a_cluster_that_is_made_or_deleted_is_named_as_that() {
    let world = World::signed_in();
    for (status, has_endpoint, id) in [
        ("CREATING", false, "cluster.starting"),
        ("DELETING", true, "cluster.ending"),
        ("FAILED", false, "cluster.ending"),
    ] {
        world.control().edit_cluster(CLUSTER, |cluster| {
            (cluster.status, cluster.has_endpoint) = (status.to_owned(), has_endpoint);
        });
        examine(&world, "--only cluster,authentication").finds_only(id, "fail");
    }
    world.control().edit_cluster(CLUSTER, |cluster| {
        (cluster.status, cluster.has_endpoint) = ("UPDATING".to_owned(), true);
    });
    examine(&world, "--only cluster,authentication").is_well();
}

#[test]
fn what_eks_says_is_wrong_with_the_cluster_is_shown() {
    let world = World::signed_in();
    world.control().edit_cluster(CLUSTER, |cluster| {
        let message = "The subnet subnet-1 is gone.".to_owned();
        cluster.health_issues =
            vec![HealthIssue { code: "Ec2SubnetNotFound".to_owned(), message, resource_ids: Vec::new() }];
    });
    let examined = examine(&world, "--only cluster");
    let row = examined.finds_only("cluster.unhealthy", "warn");
    assert_eq!(row["because"][0], "Ec2SubnetNotFound: The subnet subnet-1 is gone.");
}

#[test]
fn a_role_that_may_not_describe_the_cluster_is_judged_by_the_kubeconfig() {
    let world = World::signed_in();
    world.control().deny_action("*", "eks:DescribeCluster");
    let examined = examine(&world, "--only cluster,authentication,authorization");
    examined.finds_only("cluster.describe-denied", "warn");
    assert_eq!(examined.result("cluster.endpoint"), "skipped");
    for check in ["cluster.tls", "authentication.identity", "authorization.port-forward"] {
        assert_eq!(examined.result(check), "ok", "{check}");
    }
}

#[test]
fn no_token_is_sent_to_the_server_of_somebody_elses_context() {
    let world = World::signed_in();
    world.control().deny_action("*", "eks:DescribeCluster");
    // The cluster is known from the cache; whose server this is, nothing says.
    edit_kubeconfig(&world, |text| {
        let users = text.find("users:").expect("users");
        format!("{}users:\n- name: idp-ns-idp-dev\n  user: {{token: abc}}\n", &text[..users])
    });
    let before = world.control().calls("create selfsubjectreviews");
    let examined = examine(&world, "--only cluster,authentication");
    assert_eq!(examined.troubles(), [("cluster.describe-denied", "warn")]);
    assert_eq!(examined.result("cluster.tls"), "ok");
    let skipped = examined.row("authentication.identity");
    assert_eq!(skipped["result"], "skipped", "{skipped:#}");
    assert_eq!(world.control().calls("create selfsubjectreviews"), before);
}

#[test]
fn a_tunnel_is_gone_through() {
    let world = World::signed_in();
    let real = world.sandbox.kube_endpoint(CLUSTER).expect("an endpoint");
    assert!(world.control().edit_cluster(CLUSTER, |cluster| {
        cluster.shown_endpoint = Some("https://127.0.0.1:1".to_owned());
    }));
    edit_kubeconfig(&world, |text| {
        text.replace(&format!("server: {real}"), &format!("server: {real}\n    tls-server-name: 127.0.0.1"))
    });
    let examined = examine(&world, "--only cluster,authentication,authorization");
    examined.is_well();
    assert_eq!(examined.row("cluster.endpoint")["message"], format!("via {real}"));
}

#[test]
fn a_missing_context_does_not_hide_the_cluster() {
    let world = World::signed_in();
    std::fs::remove_file(world.path(".kube/config")).expect("removed");
    let examined = examine(&world, "--only cluster,authentication,authorization");
    assert_eq!(examined.troubles(), [("kubectl.context-missing", "fail")]);
    for check in ["cluster.tls", "authentication.identity", "authorization.tasks"] {
        assert_eq!(examined.result(check), "ok", "{check}");
    }
    // With EKS silent, too, there is no endpoint to try.
    world.control().deny_action("*", "eks:DescribeCluster");
    let examined = examine(&world, "--only cluster,authentication");
    assert_eq!(examined.result("cluster.name"), "skipped");
    assert_eq!(examined.row("cluster.name")["message"], "depends on kubectl.context-missing");
}

#[test]
fn an_eks_that_does_not_answer_is_not_a_cluster_that_is_gone() {
    let world = World::signed_in();
    world.control().reachable("eks", false);
    examine(&world, "--only cluster").finds_only("cluster.eks-unreachable", "fail");
    world.control().clear_faults();
    world.control().fail_next("DescribeCluster", 1, FaultKind::Hang);
    examine(&world, "--only cluster").finds_only("cluster.eks-timeout", "unknown");
}

#[test]
fn the_end_of_support_is_what_eks_says() {
    let world = World::signed_in();
    assert_eq!(examine(&world, "--only cluster.version").result("cluster.version"), "skipped");
    world.control().allow_action("*", "eks:DescribeClusterVersions");
    examine(&world, "--only cluster.version").is_well();
    for (status, id) in [("EXTENDED_SUPPORT", "cluster.extended-support"), ("UNSUPPORTED", "cluster.unsupported")] {
        let version = ClusterVersion { status: status.to_owned(), ..ClusterVersion::new("1.33") };
        world.control().put_cluster_version(version);
        examine(&world, "--only cluster.version").finds_only(id, "warn");
    }
}

#[test]
fn an_endpoint_that_moved_is_written_anew() {
    let world = World::signed_in();
    assert!(world.control().move_cluster(CLUSTER));
    is_repaired_by_its_try(&world, "--only cluster,authentication", "cluster.endpoint-moved", "fail");
}

#[test]
fn another_authority_or_none_is_written_anew() {
    let world = World::signed_in();
    let line = |text: &str| {
        text.lines().find(|line| line.contains("certificate-authority-data")).expect("an authority").to_owned()
    };
    edit_kubeconfig(&world, |text| text.replace(&line(&text), "    certificate-authority-data: b3RoZXI="));
    is_repaired_by_its_try(&world, "--only cluster", "cluster.ca-changed", "fail");
    edit_kubeconfig(&world, |text| text.replace(&format!("{}\n", line(&text)), ""));
    is_repaired_by_its_try(&world, "--only cluster", "cluster.ca-missing", "fail");
}
