//! A node that the API server cannot reach: the cluster answers, so nothing is wrong with the network between it and us.

use sandbox::FaultKind;

use crate::support::forward::{CLUSTER, FLOOR, Forward, echoes, world_with};
use crate::support::logs::{SEEN, write};
use crate::support::{Follow, until};

const REFUSED: &str = "dial tcp 10.20.31.7:10250: connect: connection refused";
const WHERE: &str = "because: the cluster answers, but does not reach the pod's node 10.20.31.7";
const ASK: &str = "ask your platform team to look at the pod's node 10.20.31.7";

#[test]
fn a_forward_to_it_is_no_matter_of_our_network() {
    let world = world_with(FLOOR);
    world.control().set_kubelets_running(CLUSTER, false);
    let ended = world.run("port-forward pod/servers :http").exits(6).one_error();
    ended.says("error: cannot forward to pod \"servers\"").says(REFUSED).says(WHERE).says(ASK).says_not("VPN");
    // It is not asked by the other transport, too.
    let sessions = world.control().calls("create pods/portforward") + world.control().calls("get pods/portforward");
    assert_eq!(sessions, 1);
}

#[test]
fn another_error_of_the_cluster_is_not_the_networks_either() {
    let world = world_with(FLOOR);
    let away = FaultKind::Error { status: 500, code: "InternalError".into(), message: "etcdserver: no leader".into() };
    world.control().fail_next("create pods/portforward", 9, away);
    let ended = world.run("port-forward pod/servers :http").exits(6).one_error();
    ended.says("because: 500: etcdserver: no leader").says_not("VPN").says_not("node");
}

#[test]
fn a_forward_goes_on_when_the_node_is_back() {
    let world = world_with(FLOOR);
    let forward = Forward::start(&world, "pod/servers :http :echo", 2);
    echoes(&mut forward.connect(1), "before");
    world.control().set_kubelets_running(CLUSTER, false);
    std::thread::scope(|scope| {
        let waiting = scope.spawn(|| until("an answer", || forward.try_body("/name").ok()));
        assert!(forward.hears("lost").to_string().contains("error dialing backend"), "{}", forward.story());
        world.control().set_kubelets_running(CLUSTER, true);
        assert_eq!(waiting.join().expect("no panic"), "servers\n");
    });
}

#[test]
fn a_log_on_it_is_no_matter_of_our_network() {
    let world = world_with(SEEN);
    world.control().set_kubelets_running(CLUSTER, false);
    let ended = world.run("logs web-0 --tail 3").exits(6).one_error();
    ended.says("error: cannot read the log of pod \"web-0\"").says(REFUSED).says(WHERE).says(ASK);
}

#[test]
fn a_log_that_is_followed_waits_for_the_node() {
    let world = world_with(SEEN);
    let mut follow = Follow::start(&world, "-f web-0");
    follow.shows("web-0 starts");
    world.control().set_kubelets_running(CLUSTER, false);
    follow.says("(the cluster answers, but does not reach the pod's node 10.20.31.7); retrying");
    world.control().set_kubelets_running(CLUSTER, true);
    write(&world, "web-0", "still here\n");
    follow.shows("still here");
    assert!(follow.runs());
}
