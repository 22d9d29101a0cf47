use serde_json::json;

use super::*;

fn read(text: &str) -> Option<String> {
    Workload::parse(text, &ALL).ok().map(|workload| workload.to_string())
}

#[test]
fn workloads_are_parsed_like_kubectl() {
    for (text, shown) in [
        ("web-1", "pod/web-1"),
        ("1234", "pod/1234"),
        ("po/web-1", "pod/web-1"),
        ("pods/web-1", "pod/web-1"),
        ("Pod/web-1", "pod/web-1"),
        ("deploy/web", "deploy/web"),
        ("Deploy/web", "deploy/web"),
        ("Deployment/web", "deploy/web"),
        ("deployments/web", "deploy/web"),
        ("deploy.apps/web", "deploy/web"),
        ("Deployment.apps/web", "deploy/web"),
        ("deployments.v1.apps/web", "deploy/web"),
        ("sts/db", "sts/db"),
        ("statefulset.apps/db", "sts/db"),
        ("ds/agent", "ds/agent"),
        ("rs/web-7d4", "rs/web-7d4"),
        ("replicaset/web-7d4", "rs/web-7d4"),
        ("job/once", "job/once"),
        ("job.batch/once", "job/once"),
        ("cj/nightly", "cronjob/nightly"),
        ("cronjobs/nightly", "cronjob/nightly"),
        ("svc/web", "svc/web"),
        ("services/web", "svc/web"),
        ("service./web", "svc/web"),
        ("sa/web.v2", "sa/web.v2"),
        ("ServiceAccount/web", "sa/web"),
    ] {
        assert_eq!(read(text).as_deref(), Some(shown), "{text}");
    }
}

#[test]
fn invalid_workloads_are_refused() {
    let long = "a".repeat(254);
    for text in [
        "",
        " ",
        "node/x",
        "rc/x",
        "cm/x",
        "deploy/",
        "/x",
        "deploy/a/b",
        "Web",
        "a b",
        "-a",
        "../x",
        "sa/..",
        "deploy/a b",
        "deployment.extensions/web",
        "pod.apps/web",
        "pod.v1/web",
        long.as_str(),
    ] {
        assert_eq!(read(text), None, "{text}");
    }
}

#[test]
fn a_verb_takes_only_its_kinds_and_says_which() {
    let kinds = [Kind::Pod, Kind::Service, Kind::StatefulSet];
    assert_eq!(Workload::parse("ds/x", &kinds), Err("expected pod, svc or sts, not \"ds\"".to_owned()));
    assert_eq!(Workload::parse("svc/x", &[Kind::Pod]), Err("expected pod, not \"svc\"".to_owned()));
    assert!(Workload::parse("services/x", &kinds).is_ok());
}

#[test]
fn every_kind_has_a_short_name() {
    for kind in ALL {
        assert_eq!(Kind::parse(kind.short()), Some(kind), "{kind:?}");
        assert_eq!(Kind::parse(kind.plural()), Some(kind), "{kind:?}");
    }
}

#[test]
fn pods_are_known_by_their_owner() {
    let pod = |owner: &str| -> Pod {
        let (kind, name) = owner.split_once('/').expect("kind/name");
        let owners = json!([{"kind": kind, "name": name, "controller": true}]);
        serde_json::from_value(json!({"metadata": {"ownerReferences": owners}})).expect("a pod")
    };
    for (workload, owner, owned) in [
        ("deploy/web", "ReplicaSet/web-7d4b9c6f58", true),
        ("deploy/web", "ReplicaSet/web-api-7d4b9c6f58", false),
        ("deploy/web", "ReplicaSet/web", false),
        ("deploy/web", "StatefulSet/web-x", false),
        ("sts/db", "StatefulSet/db", true),
        ("job/once", "Job/once", true),
        ("cj/nightly", "Job/nightly-28811", true),
        ("cj/nightly", "Job/nightly", false),
    ] {
        let workload = Workload::parse(workload, &ALL).expect("a workload");
        assert_eq!(workload.owns(&pod(owner)), owned, "{workload} {owner}");
        assert!(!workload.owns(&Pod::default()), "{workload}");
    }
}

#[test]
fn the_newest_pod_that_runs_comes_first() {
    let pod = |name: &str, hour: u32, phase: &str, account: &str| -> Pod {
        let created = format!("2026-10-05T{hour:02}:00:00Z");
        let metadata = json!({"name": name, "creationTimestamp": created});
        let spec = json!({"serviceAccountName": account});
        serde_json::from_value(json!({"metadata": metadata, "spec": spec, "status": {"phase": phase}})).expect("a pod")
    };
    let pods = || {
        vec![
            pod("old", 1, "Running", "web"),
            pod("new", 3, "Running", "web"),
            pod("mid", 2, "Running", "web"),
            pod("over", 4, "Failed", "web"),
            pod("ended", 5, "Failed", "once"),
        ]
    };
    let newest = |account: &str| Workload::service_account(account).newest_pod(&pods());
    assert_eq!(newest("web").as_deref(), Some("new"));
    assert_eq!(newest("once").as_deref(), Some("ended"));
    assert_eq!(newest("nobody"), None);
}

#[test]
fn templates_are_found_in_every_kind() {
    let plain = json!({"spec": {"template": {"spec": "it"}}});
    let cron = json!({"spec": {"jobTemplate": {"spec": {"template": {"spec": "it"}}}}});
    let template = |text: &str, object: &Value| Workload::parse(text, &ALL).expect("one").template(object).clone();
    assert_eq!(template("job/x", &plain)["spec"], "it");
    assert_eq!(template("cj/x", &cron)["spec"], "it");
    assert_eq!(template("pod/x", &json!({"spec": "it"}))["spec"], "it");
}
