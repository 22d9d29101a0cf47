//! A typed name means the same in every verb; what a verb cannot use is refused with what it takes.

use serde_json::json;

use crate::support::World;
use crate::support::forward::{CLUSTER, NAMESPACE, WIDE, world_with};
use crate::support::logs::ALL;

/// Verbs, with the words behind the target and the kinds that they take.
const VERBS: [(&str, &str, &[&str]); 4] = [
    ("pods", "", &["pod"]),
    ("logs", "", &["pod", "deploy", "sts", "ds", "rs", "job", "svc"]),
    ("port-forward", ":80", &["pod", "svc", "deploy", "sts"]),
    ("assume-irsa", "", &["pod", "deploy", "sts", "ds", "rs", "job", "cronjob", "sa"]),
];

/// What people type for each kind.
const TYPED: [(&str, &[&str]); 9] = [
    ("pod", &["po", "pod", "pods", "Pod"]),
    ("svc", &["svc", "service", "services", "Service", "service."]),
    ("deploy", &["deploy", "Deploy", "deployment", "deployments", "Deployment", "deploy.apps", "Deployment.v1.apps"]),
    ("sts", &["sts", "StatefulSet", "statefulsets.apps"]),
    ("ds", &["ds", "daemonset", "DaemonSet.apps"]),
    ("rs", &["rs", "ReplicaSet", "replicasets"]),
    ("job", &["job", "Jobs", "job.batch"]),
    ("cronjob", &["cj", "cronjob", "CronJob"]),
    ("sa", &["sa", "serviceaccount", "ServiceAccounts"]),
];

fn world() -> World {
    let more: &[(&str, &str, &str)] =
        &[("apps", "daemonsets", "get"), ("batch", "cronjobs", "get"), ("", "serviceaccounts", "get")];
    world_with(&[ALL, WIDE, more].concat())
}

#[test]
fn every_verb_reads_the_same_names() {
    let world = world();
    for (verb, more, kinds) in VERBS {
        for (kind, words) in TYPED {
            // Each verb has its own way to the same words; two of each kind and verb are enough to run.
            let words = if kind == "deploy" { words } else { &words[words.len() - 2..] };
            for typed in words {
                let output = world.run(&format!("{verb} {typed}/nobody {more}"));
                match kinds.contains(&kind) {
                    true => drop(output.exits(5).one_error().says("nobody\" not found")),
                    false => drop(output.exits(2).one_error().says(&format!("not {typed:?}"))),
                }
            }
        }
    }
}

#[test]
fn what_is_no_kind_or_of_another_group_is_refused_everywhere() {
    let world = world();
    for (verb, more, _) in VERBS {
        for typed in ["deployment.extensions", "pod.apps", "cm", "rc"] {
            world.run(&format!("{verb} {typed}/x {more}")).exits(2).one_error().says("expected pod");
        }
        world.run(&format!("{verb} deploy/../x {more}")).exits(2).one_error();
    }
}

#[test]
fn a_selector_that_is_not_understood_selects_nothing() {
    let world = world();
    let selector = json!({"matchExpressions": [{"key": "app", "operator": "Near", "values": ["api"]}]});
    let odd = json!({
        "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "odd", "namespace": NAMESPACE},
        "spec": {"replicas": 1, "selector": selector},
    });
    assert!(world.control().apply(CLUSTER, odd));
    world.run("logs deploy/odd").exits(4).one_error().says("deployment \"odd\" has no label selector");
    world.run("port-forward deploy/odd :80").exits(1).one_error().says("it has no label selector");
}

#[test]
fn a_namespace_that_is_specified_twice_is_one_namespace() {
    let world = World::signed_in();
    world.run("whoami idp-dev -n idp-dev").success();
    for line in ["whoami idp-dev -n idp-test", "exec idp-dev -n idp-test -- true", "status idp-dev -n idp-test"] {
        let words = "error: two namespaces specified: idp-dev and -n idp-test";
        world.run(line).exits(2).one_error().says(words).says("without -n idp-test");
    }
}
