//! `doctor` about the way to the cluster: its name, a connection, TLS.

use std::net::SocketAddr;

use sandbox::Handshake;

use crate::support::World;
use crate::support::doctor::{examine, is_repaired_by_its_try};
use crate::support::forward::CLUSTER;
use crate::support::http::serve;
use crate::support::proxy::proxy_url;

const ONLY: &str = "--only cluster,authentication";

/// A host that does not resolve, which needs no DNS server to be found out: labels end at 63 letters.
fn no_host() -> String {
    format!("{}.invalid", "a".repeat(64))
}

/// Lets EKS show another endpoint, which the kubeconfig then has too.
fn move_to(world: &World, endpoint: &str) {
    let endpoint = endpoint.to_owned();
    assert!(world.control().edit_cluster(CLUSTER, |cluster| cluster.shown_endpoint = Some(endpoint)));
    let _ = world.run("kubeconfig idp-dev --refresh").success();
}

fn private(world: &World) {
    world.control().edit_cluster(CLUSTER, |cluster| cluster.endpoint_public_access = false);
}

#[test]
fn a_name_that_does_not_resolve_is_the_vpns_if_the_endpoint_is_private() {
    let world = World::signed_in();
    move_to(&world, &format!("https://{}", no_host()));
    examine(&world, ONLY).finds_only("cluster.unresolved", "fail");
    private(&world);
    let examined = examine(&world, ONLY);
    let row = examined.finds_only("cluster.private-unresolved", "fail");
    assert!(row["message"].as_str().is_some_and(|text| text.contains("VPN")), "{row:#}");
}

#[test]
fn a_private_address_that_does_not_answer_is_the_vpns() {
    let world = World::signed_in();
    // Of a private network, and of none that this machine is in.
    move_to(&world, "https://[fd00:dead:beef::1]");
    let examined = examine(&world, ONLY);
    let row = examined.finds_only("cluster.private-no-answer", "fail");
    assert!(row["message"].as_str().is_some_and(|text| text.contains("VPN")), "{row:#}");
}

#[test]
fn an_endpoint_that_lets_other_networks_in_says_which() {
    let world = World::signed_in();
    // Nothing can be connected to at the broadcast address.
    move_to(&world, "https://255.255.255.255");
    examine(&world, ONLY).finds_only("cluster.unreachable", "fail");
    world.control().edit_cluster(CLUSTER, |cluster| cluster.public_access_cidrs = vec!["198.51.100.0/24".to_owned()]);
    let examined = examine(&world, ONLY);
    let row = examined.finds_only("cluster.not-in-networks", "fail");
    assert_eq!(row["because"][0], "it allows only 198.51.100.0/24");
}

#[test]
fn a_port_that_nobody_listens_on_refuses() {
    let world = World::signed_in();
    move_to(&world, "https://127.0.0.1:1");
    examine(&world, ONLY).finds_only("cluster.refused", "fail");
}

#[test]
#[cfg(target_os = "linux")]
fn an_endpoint_that_never_answers_is_unknown() {
    use socket2::{Domain, Socket, Type};
    let world = World::signed_in();
    // With its queue full, the kernel drops whoever knocks.
    let listener = Socket::new(Domain::IPV4, Type::STREAM, None).expect("a socket");
    let any: SocketAddr = "127.0.0.1:0".parse().expect("an address");
    listener.bind(&any.into()).expect("a free port");
    listener.listen(0).expect("a short queue");
    let address = listener.local_addr().expect("an address").as_socket().expect("an address");
    let waiting: Vec<_> = (0..2)
        .map(|_| {
            let knocking = Socket::new(Domain::IPV4, Type::STREAM, None).expect("a socket");
            knocking.set_nonblocking(true).expect("set");
            let _ = knocking.connect(&address.into());
            knocking
        })
        .collect();
    move_to(&world, &format!("https://{address}"));
    examine(&world, ONLY).finds_only("cluster.timeout", "unknown");
    drop(waiting);
}

#[test]
fn a_proxy_has_its_own_ways_to_fail() {
    let world = World::signed_in();
    let before = world.read(".kube/config");
    proxy_url(&world, &format!("http://{}:3128", no_host()));
    let examined = examine(&world, ONLY);
    let row = examined.finds_only("cluster.proxy-unresolved", "fail");
    assert_eq!(row["try"][0], "kubectl config unset clusters.idp-ns-idp-dev.proxy-url");
    world.write(".kube/config", &before);
    proxy_url(&world, "http://127.0.0.1:1");
    examine(&world, ONLY).finds_only("cluster.proxy-unreachable", "fail");
    world.write(".kube/config", &before);
    proxy_url(&world, &format!("http://{}", serve(*b"HTTP/1.1 403 Forbidden\r\n\r\n")));
    let examined = examine(&world, ONLY);
    let row = examined.finds_only("cluster.proxy-refuses", "fail");
    assert!(row["because"][0].as_str().is_some_and(|why| why.ends_with("returned status 403")), "{row:#}");
    world.write(".kube/config", &before);
    // Any server of TLS with an authority of its own.
    proxy_url(&world, &world.sandbox.kube_endpoint(CLUSTER).expect("a cluster"));
    let examined = examine(&world, ONLY);
    let row = examined.finds_only("cluster.proxy-untrusted", "fail");
    assert!(row["try"][0].as_str().is_some_and(|fix| fix.starts_with("export AWS_CA_BUNDLE=FILE")), "{row:#}");
    world.write(".kube/config", &before);
    let proxy = crate::support::proxy::Proxy::start();
    proxy_url(&world, &proxy.url("http"));
    examine(&world, ONLY).is_well();
}

#[test]
fn certificates_of_somebody_else_are_told_apart() {
    let world = World::signed_in();
    for (handshake, id) in [
        (Handshake::OtherAuthority, "cluster.intercepted"),
        (Handshake::Expired, "cluster.certificate-expired"),
        (Handshake::OtherName, "cluster.other-name"),
    ] {
        assert!(world.control().set_handshake(CLUSTER, handshake));
        let examined = examine(&world, ONLY);
        let row = examined.finds_only(id, "fail");
        if handshake == Handshake::OtherAuthority {
            assert_eq!(row["because"][0], "the certificate was issued by somebody else");
        }
    }
}

#[test]
fn an_older_cluster_of_the_same_name_has_another_authority() {
    let world = World::signed_in();
    let old = world.sandbox.kube_endpoint(CLUSTER).expect("an endpoint");
    assert!(world.control().move_cluster(CLUSTER));
    let new = world.sandbox.kube_endpoint(CLUSTER).expect("an endpoint");
    world.write(".kube/config", world.read(".kube/config").replace(&old, &new));
    world.control().deny_action("*", "eks:DescribeCluster");
    let examined = examine(&world, ONLY);
    assert_eq!(examined.troubles(), [("cluster.describe-denied", "warn"), ("cluster.other-authority", "fail")]);
}

#[test]
fn what_is_no_tls_or_ends_at_once_is_told_apart() {
    let world = World::signed_in();
    move_to(&world, &format!("https://{}", serve(*b"HTTP/1.1 400 Bad Request\r\n\r\n")));
    examine(&world, ONLY).finds_only("cluster.not-tls", "fail");
    move_to(&world, &format!("https://{}", serve(*b"")));
    examine(&world, ONLY).finds_only("cluster.broken-off", "fail");
}

#[test]
fn a_handshake_that_hangs_is_unknown() {
    let world = World::signed_in();
    assert!(world.control().set_handshake(CLUSTER, Handshake::Hang));
    examine(&world, ONLY).finds_only("cluster.tls-timeout", "unknown");
}

#[test]
fn what_others_added_to_the_entry_goes_with_it() {
    let world = World::signed_in();
    let config = world.read(".kube/config");
    let at = config.find("    server: https://").expect("the endpoint");
    let with = |line: &str| format!("{}    {line}\n{}", &config[..at], &config[at..]);
    world.write(".kube/config", with("tls-server-name: foo.example"));
    is_repaired_by_its_try(&world, "--only cluster", "cluster.other-name", "fail");
    world.write(".kube/config", with("insecure-skip-tls-verify: true"));
    is_repaired_by_its_try(&world, "--only cluster.endpoint", "cluster.unchecked", "fail");
}
