//! `logs`, and whoever else waits for a cluster, when kubelets and API servers start anew: what passes is waited out, and
//! nothing that runs is missing without a word.

use std::time::Duration;

use sandbox::FaultKind;

use crate::support::forward::{CLUSTER, NAMESPACE, world_with};
use crate::support::logs::{ALL, LOG, SEEN, pods, write};
use crate::support::{Follow, World, until};

#[test]
fn a_kubelet_that_starts_anew_ends_no_log() {
    for rights in [&[LOG][..], SEEN] {
        let world = world_with(rights);
        let mut follow = Follow::start(&world, "-f web-0");
        follow.shows("web-0 starts");
        world.control().restart_kubelets(CLUSTER, 2);
        write(&world, "web-0", "still here\n");
        follow.shows("still here");
        assert!(follow.runs());
        assert_eq!((follow.out().as_str(), follow.complaints().as_str()), ("web-0 starts\nstill here\n", ""));
    }
}

#[test]
fn a_log_that_is_not_followed_waits_for_the_kubelet_too() {
    let world = world_with(&[LOG]);
    world.control().restart_kubelets(CLUSTER, 2);
    assert_eq!(world.run("logs web-0").success().stdout, "web-0 starts\n");
    world.control().restart_kubelets(CLUSTER, 99);
    world.run("logs web-0").exits(5).one_error().says("could not find the requested resource");
}

#[test]
fn all_pods_that_start_together_are_followed() {
    for target in ["-l app=api", "deploy/api"] {
        let world = world_with(ALL);
        let mut follow = Follow::start(&world, &format!("-f {target}"));
        pods(&world, "api").iter().for_each(|name| follow.shows(&format!("{name} starts")));
        world.control().restart_kubelets(CLUSTER, 2);
        assert!(world.control().scale(CLUSTER, NAMESPACE, ("Deployment", "api"), 9, Duration::ZERO));
        let all = until("nine pods", || Some(pods(&world, "api")).filter(|names| names.len() == 9));
        for name in &all {
            follow.shows(&format!("[{name}/api] {name} starts"));
            write(&world, name, &format!("{name} at work\n"));
            follow.shows(&format!("[{name}/api] {name} at work"));
        }
        assert!(follow.runs() && !follow.err().contains("deleted"), "{}", follow.story());
    }
}

#[test]
fn a_pod_that_is_deleted_is_gone_whatever_may_be_seen() {
    let world = world_with(&[LOG]);
    let mut follow = Follow::start(&world, "-f servers");
    follow.shows("servers starts");
    assert!(world.control().delete_pod(CLUSTER, NAMESPACE, "servers", Duration::ZERO));
    assert_eq!(follow.ends(), Some(0), "{}", follow.story());
    assert!(follow.err().contains("pod \"servers\" deleted"), "{}", follow.story());
}

/// The API server starts, and refuses everybody until this operation was refused so often.
fn refuses(world: &World, operation: &str, times: usize) {
    until(&format!("a refusal of {operation}"), || {
        let journal = world.control().journal();
        let refused = journal.iter().filter(|call| call.operation == operation && call.status == 403);
        (refused.count() >= times).then_some(())
    });
    assert!(world.control().set_roles_read(CLUSTER, true));
}

#[test]
fn an_api_server_that_has_not_read_its_roles_ends_no_log() {
    for rights in [&[LOG][..], SEEN] {
        let world = world_with(rights);
        let mut follow = Follow::start(&world, "-f web-0");
        follow.shows("web-0 starts");
        world.control().reset_calls();
        assert!(world.control().set_roles_read(CLUSTER, false));
        world.control().cut_logs(0);
        refuses(&world, "get pods/log", 2);
        write(&world, "web-0", "still here\n");
        follow.shows("still here");
        assert!(follow.runs());
        assert_eq!((follow.out().as_str(), follow.complaints().as_str()), ("web-0 starts\nstill here\n", ""));
    }
}

#[test]
fn what_was_allowed_a_moment_ago_is_asked_again_when_it_is_refused() {
    let world = world_with(&[LOG]);
    let follow = Follow::start(&world, "-f web-0");
    follow.shows("web-0 starts");
    let forbidden = FaultKind::Error { status: 403, code: "Forbidden".into(), message: "not you".into() };
    world.control().fail_next("get pods/log", 2, forbidden.clone());
    world.control().cut_logs(0);
    write(&world, "web-0", "still here\n");
    follow.shows("still here");
    // Not for ever, and whoever was never allowed hears it at once.
    world.control().fail_next("get pods/log", 999, forbidden);
    world.run("logs web-1").exits(4).one_error().says("not you");
    world.control().cut_logs(0);
    let mut follow = follow;
    assert_eq!(follow.ends(), Some(4), "{}", follow.story());
}

/// Waits until a watch of pods has begun.
#[track_caller]
fn watches(world: &World) {
    until("a watch that is answered", || {
        let journal = world.control().journal();
        journal.iter().any(|call| call.operation == "watch pods" && call.status == 200).then_some(())
    });
}

#[test]
fn pods_are_watched_on_by_whoever_was_allowed_to() {
    let world = world_with(ALL);
    let mut follow = Follow::of(&world, "pods -w -o json");
    watches(&world);
    let forbidden = FaultKind::Error { status: 403, code: "Forbidden".into(), message: "not you".into() };
    world.control().fail_next("list pods", 2, forbidden.clone());
    world.control().fail_next("watch pods", 2, forbidden);
    world.control().reset_calls();
    assert!(world.control().reachable(&format!("kube:{CLUSTER}"), false));
    follow.says("the cluster is not responding");
    assert!(world.control().reachable(&format!("kube:{CLUSTER}"), true));
    watches(&world);
    follow.says("the cluster is responding again");
    assert!(world.control().delete_pod(CLUSTER, NAMESPACE, "servers", Duration::ZERO));
    follow.wait_for("the deletion", |out| out.contains("\"deleted\""));
    assert!(follow.runs() && !follow.err().contains("polling every"), "{}", follow.story());
}

#[test]
fn a_question_to_a_server_that_has_not_read_its_roles_waits_for_the_answer() {
    let world = world_with(SEEN);
    let asks = |words: &str, operation: &str| {
        world.control().reset_calls();
        assert!(world.control().set_roles_read(CLUSTER, false));
        let running = world.nsaccess(words).spawn();
        refuses(&world, operation, 1);
        running.finish()
    };
    asks("can-i get pods/log", "create selfsubjectaccessreviews").success();
    asks("pods web-0", "get pods").success();
    asks("logs web-0", "get pods/log").success();
}

#[test]
fn pods_that_may_be_listed_and_not_watched_are_polled() {
    let world = world_with(&[("", "pods", "get"), ("", "pods", "list")]);
    let follow = Follow::of(&world, "pods -w -o json");
    follow.says("no watch permission");
    assert!(world.control().delete_pod(CLUSTER, NAMESPACE, "servers", Duration::ZERO));
    follow.wait_for("the deletion", |out| out.contains("\"deleted\""));
}
