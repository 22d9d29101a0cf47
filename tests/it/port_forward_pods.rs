//! Pods that do not serve, or not yet: `port-forward` says what is the matter, and uses what runs.

use std::time::Duration;

use serde_json::{Value, json};

use crate::support::forward::{CLUSTER, CREATE, FLOOR, NAMESPACE, WIDE, world_with};
use crate::support::{Forward, World, until};

/// A pod `stuck`, with a service of that name, that does not serve in some way.
fn stuck(world: &World, change: impl FnOnce(&mut Value)) {
    let mut pod = sandbox::objects::pod(NAMESPACE, "stuck", "stuck", false);
    change(&mut pod);
    let port = json!([{"name": "http", "protocol": "TCP", "port": 80, "targetPort": 8080}]);
    let service = sandbox::objects::service(NAMESPACE, "stuck", "stuck", port);
    assert!([pod, service].into_iter().all(|object| world.control().apply(CLUSTER, object)));
}

fn waits(pod: &mut Value, phase: &str, reason: &str, message: &str) {
    pod["status"]["phase"] = json!(phase);
    pod["status"]["containerStatuses"][0]["state"] = json!({"waiting": {"reason": reason, "message": message}});
}

#[test]
fn a_pod_that_is_being_deleted_is_forwarded_to_at_once_when_it_is_named() {
    let world = world_with(FLOOR);
    assert!(world.control().delete_pod(CLUSTER, NAMESPACE, "servers", Duration::from_secs(3600)));
    let forward = Forward::start(&world, "pod/servers :http", 1);
    assert_eq!(forward.body("/name"), "servers\n");
    assert_eq!(forward.events("lost"), Vec::<Value>::new());
    assert!(forward.stderr().contains("warning: pod/servers: pod servers is being deleted"), "{}", forward.story());
}

#[test]
fn pods_that_are_not_ready_are_forwarded_to_at_once_when_there_are_no_others() {
    for target in ["svc/broken :80", "pod/broken-0 :8080"] {
        let world = world_with(WIDE);
        let forward = Forward::start(&world, target, 1);
        assert_eq!(forward.body("/name"), "broken-0\n");
        assert_eq!(forward.events("lost"), Vec::<Value>::new());
        assert!(forward.stderr().contains("pod broken-0 is not ready (try: nsaccess logs broken-0 -n idp-dev)"));
    }
}

#[test]
fn a_pod_that_does_not_run_is_named_with_what_keeps_it() {
    let world = world_with(WIDE);
    let says = |words: &str, next: &str| {
        for target in ["pod/stuck :8080", "svc/stuck :80"] {
            let ended = world.run(&format!("port-forward {target} --wait 0s")).exits(6).one_error();
            ended.says(&format!("because: stuck {words}\n")).says(&format!("try: {next}\n"));
        }
    };
    stuck(&world, |pod| waits(pod, "Pending", "ContainerCreating", ""));
    says("is Pending (ContainerCreating)", "kubectl describe pod stuck -n idp-dev");
    stuck(&world, |pod| waits(pod, "Pending", "ErrImagePull", "no such image: web:nope"));
    says("is in ErrImagePull (no such image: web:nope)", "kubectl describe pod stuck -n idp-dev");
    stuck(&world, |pod| {
        pod["status"] = json!({"phase": "Pending", "conditions": [{"type": "PodScheduled", "status": "False",
            "reason": "Unschedulable", "message": "0/3 nodes are available: 3 Insufficient cpu."}]});
    });
    says(
        "is Pending: no node takes it (0/3 nodes are available: 3 Insufficient cpu.)",
        "kubectl describe pod stuck -n idp-dev",
    );
}

#[test]
fn what_keeps_a_pod_is_said_while_it_is_waited_for_too() {
    let world = world_with(WIDE);
    stuck(&world, |pod| waits(pod, "Pending", "ImagePullBackOff", "Back-off pulling image"));
    let mut forward = world.nsaccess("port-forward svc/stuck :80").spawn();
    forward
        .wait_for("warning: svc/stuck: stuck is in ImagePullBackOff (Back-off pulling image) (try: kubectl describe");
}

#[test]
fn a_process_that_ends_again_and_again_is_named_when_its_port_refuses() {
    let world = world_with(FLOOR);
    let container = crate::support::logs::container("servers");
    let forward = Forward::start(&world, "pod/servers :http", 1);
    assert_eq!(forward.body("/name"), "servers\n");
    let control = world.control();
    assert!(control.listen(CLUSTER, NAMESPACE, "servers", ""));
    assert!(control.end_container(container, 1) && control.back_off_container(container));
    until("a refusal", || forward.try_body("/name").err());
    forward.hears_error(
        "servers refused port 8080: it is in CrashLoopBackOff (try: nsaccess logs servers -n idp-dev --previous)",
    );
}

#[test]
fn a_headless_service_names_the_target_port_that_would_work() {
    for rights in [WIDE, &[FLOOR, &[("", "endpoints", "get")]].concat()] {
        let world = world_with(rights);
        let port = json!([{"name": "http", "protocol": "TCP", "port": 80, "targetPort": 8080}]);
        let service = sandbox::objects::service(NAMESPACE, "bare", "servers", port);
        assert!(world.control().apply(CLUSTER, sandbox::objects::headless(service)));
        let forward = Forward::start(&world, "svc/bare :http", 1);
        forward.try_body("/name").expect_err("nobody listens on 80");
        let error = forward.hears_error("servers refused port 80: svc/bare is headless");
        let next = error.split("(try: nsaccess ").nth(1).and_then(|rest| rest.split(')').next()).expect("a command");
        assert_eq!(next, "port-forward pod/servers 8080 -n idp-dev");
        let forward = Forward::start(&world, "pod/servers :8080 -n idp-dev", 1);
        assert_eq!(forward.body("/name"), "servers\n");
    }
}

fn losses(forward: &Forward) -> (usize, usize) {
    (forward.events("lost").len(), forward.events("reconnected").len())
}

#[track_caller]
fn is_back(forward: &Forward) {
    until("the end of the loss", || {
        let (lost, back) = losses(forward);
        (lost > 0 && lost == back).then_some(())
    });
}

#[test]
fn a_cluster_that_could_not_be_reached_is_back_when_it_can() {
    let world = world_with(WIDE);
    let forward = Forward::start(&world, "svc/api :http", 1);
    forward.body("/name");
    assert!(world.control().reachable(&format!("kube:{CLUSTER}"), false));
    world.control().cut_forwards();
    let port = forward.port(0);
    let waiting = std::thread::spawn(move || crate::support::forward::request(port, "/name"));
    forward.hears("lost");
    assert!(world.control().reachable(&format!("kube:{CLUSTER}"), true));
    waiting.join().expect("no panic").expect("an answer");
    is_back(&forward);
}

#[test]
fn pods_that_were_gone_are_back_whether_or_not_a_connection_asks() {
    let world = world_with(WIDE);
    let forward = Forward::start(&world, "svc/api :http --wait 1s", 1);
    let scale = |count| {
        assert!(world.control().scale(CLUSTER, NAMESPACE, ("Deployment", "api"), count, Duration::ZERO));
    };
    for asks in [true, false] {
        forward.body("/name");
        let (lost, _) = losses(&forward);
        scale(0);
        until("a loss", || {
            let _ = forward.try_body("/name");
            (losses(&forward).0 > lost).then_some(())
        });
        scale(1);
        if asks {
            until("an answer", || forward.try_body("/name").ok());
        }
        is_back(&forward);
    }
}

/// A role that may get pods and no more: the pod of a set is absent for a moment when it is replaced.
#[test]
fn the_pod_of_a_set_is_waited_for_with_get_pods_alone() {
    let world = world_with(&[("", "pods", "get"), CREATE]);
    let forward = Forward::start(&world, "sts/db :stats", 1);
    assert_eq!(forward.body("/name"), "db-0\n");
    let scale = |count| {
        assert!(world.control().scale(CLUSTER, NAMESPACE, ("StatefulSet", "db"), count, Duration::ZERO));
    };
    scale(0);
    let port = forward.port(0);
    let waiting = std::thread::spawn(move || crate::support::forward::request(port, "/name"));
    forward.hears("lost");
    scale(1);
    assert_eq!(waiting.join().expect("no panic").expect("an answer"), "db-0\n");
    assert_eq!(forward.errors(), Vec::<String>::new());
}
