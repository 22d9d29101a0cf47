//! What lies between us and the cluster: proxies, networks that change, machines that sleep.

use std::time::Duration;

use rustix::process::Signal;
use sandbox::Handshake;

use crate::support::former_endpoint::FormerEndpoint;
use crate::support::forward::{CLUSTER, CREATE, FLOOR, GET, echoes, grant, rest, world_with};
use crate::support::proxy::{Proxy, proxy_url};
use crate::support::{Forward, until};

#[test]
fn the_proxy_of_the_kubeconfig_is_on_the_way_of_every_verb() {
    for scheme in ["http", "socks5", "socks5h"] {
        let world = world_with(&[("", "pods", "get"), CREATE, GET]);
        let proxy = Proxy::start();
        proxy_url(&world, &proxy.url(scheme));
        world.run("pods web-0").success();
        let calls = proxy.targets().len();
        assert!(calls > 0, "{scheme}");
        assert_eq!(proxy.logins(), ["ada:p@ss"], "{scheme}");
        let forward = Forward::start(&world, "pod/web-0 :8080", 1);
        assert_eq!(forward.body("/name"), "web-0\n", "{scheme}");
        // Proxies often let nothing but WebSockets through.
        assert_eq!(forward.events("ready")[0]["transport"], "websocket", "{scheme}");
        assert!(proxy.targets().len() > calls, "{scheme}");
        assert_eq!(proxy.logins(), ["ada:p@ss"], "{scheme}");
    }
}

#[test]
fn a_proxy_that_cannot_be_used_is_named_without_its_password() {
    let world = world_with(FLOOR);
    let kubeconfig = world.read(".kube/config");
    let proxy = Proxy::start();
    let refuses = |scheme: &str| (proxy.url(scheme), "because: proxy 127.0.0.1:PORT: ");
    proxy.refuse(true);
    let away = "because: proxy 127.0.0.1:PORT: connection refused\n";
    let nobody = |scheme: &str| (format!("{scheme}://ada:p%40ss@127.0.0.1:1"), away);
    for (url, because) in [refuses("http"), refuses("socks5"), nobody("http"), nobody("https"), nobody("socks5")] {
        world.write(".kube/config", &kubeconfig);
        proxy_url(&world, &url);
        for verb in ["port-forward pod/web-0 :8080 --wait 1s", "pods web-0"] {
            let said = world.run(verb).exits(6);
            said.one_error().says(because).says("try: see that the proxy runs").says_not("p%40ss").says_not("p@ss");
        }
    }
    world.write(".kube/config", kubeconfig);
    proxy_url(&world, "gopher://ada:hunter2@proxy");
    for verb in ["port-forward pod/web-0 :8080", "pods web-0", "can-i", "login idp-dev"] {
        world
            .run(verb)
            .exits(2)
            .one_error()
            .says("in the kubeconfig")
            .says("try: kubectl config set clusters.")
            .says_not("hunter2");
    }
}

#[test]
fn a_proxy_whose_certificate_is_not_trusted_is_told() {
    let world = world_with(FLOOR);
    // Any server of TLS with an authority of its own.
    let url = world.sandbox.kube_endpoint(CLUSTER).expect("a cluster");
    proxy_url(&world, &url.replace("https://", "https://ada:hunter2@"));
    for verb in ["port-forward pod/web-0 :8080 --wait 1s", "pods web-0"] {
        world
            .run(verb)
            .exits(6)
            .one_error()
            .says("because: proxy 127.0.0.1:PORT: TLS: invalid peer certificate: its issuer is not trusted\n")
            .says("try: export AWS_CA_BUNDLE=FILE   # a PEM file with the CA of the proxy\n")
            .says_not("hunter2");
    }
}

#[test]
fn the_far_end_of_a_tunnel_has_the_name_that_the_context_gives_it() {
    let world = world_with(FLOOR);
    assert!(world.control().set_handshake(CLUSTER, Handshake::OtherName));
    let kubeconfig = world.read(".kube/config");
    let named =
        kubeconfig.replace("    server: https://", "    tls-server-name: elsewhere.invalid\n    server: https://");
    world.write(".kube/config", named);
    // What is known of the cluster is in the kubeconfig alone.
    std::fs::remove_dir_all(world.path(".cache/nsaccess")).expect("removed");
    world.run("pods web-0").success();
    let forward = Forward::start(&world, "pod/web-0 :8080", 1);
    assert_eq!(forward.body("/name"), "web-0\n");
}

#[test]
fn a_cluster_that_moves_under_a_forward_is_found_where_it_is_now() {
    let world = world_with(FLOOR);
    let endpoint = world.sandbox.kube_endpoint(CLUSTER).expect("a cluster");
    let former = FormerEndpoint::leading_to(&endpoint);
    for file in [".cache/nsaccess/v1/clusters/idp-dev.json", ".kube/config"] {
        world.write(file, world.read(file).replace(&endpoint, &former.url()));
    }
    let forward = Forward::start(&world, "pod/servers :http", 1);
    assert_eq!(forward.body("/name"), "servers\n");
    former.moves_away();
    until("an answer from the new place", || {
        (forward.try_body("/name").is_ok_and(|body| body == "servers\n")).then_some(())
    });
    assert!(forward.stderr().contains("has moved"), "{}", forward.story());
}

#[test]
fn the_transport_that_worked_is_tried_first_the_next_time() {
    let world = world_with(&[("", "pods", "get"), GET]);
    let opened = || {
        let forward = Forward::start(&world, "pod/web-0 :8080", 1);
        assert_eq!(forward.body("/name"), "web-0\n");
        forward.events("ready")[0]["transport"].as_str().expect("a transport").to_owned()
    };
    let refused = || {
        let journal = world.control().journal();
        journal.iter().filter(|call| call.line.starts_with("POST") && call.line.contains("/portforward")).count()
    };
    assert_eq!(opened(), "websocket");
    let once = refused();
    assert!(once > 0, "POST was tried first");
    assert_eq!(opened(), "websocket");
    assert_eq!(refused(), once, "and is not tried again");
    // What is remembered is a habit and no rule.
    grant(&world, &[("", "pods", "get"), CREATE]);
    assert_eq!(opened(), "spdy");
}

#[test]
fn a_machine_that_slept_finds_its_connections_dead_and_opens_new_ones() {
    let world = world_with(FLOOR);
    let proxy = Proxy::start();
    proxy_url(&world, &proxy.url("http"));
    let forward = Forward::start(&world, "pod/servers :http :echo", 2);
    assert_eq!(forward.body("/name"), "servers\n");
    let mut long = forward.connect(1);
    echoes(&mut long, "before");
    forward.signal(Signal::STOP);
    proxy.lose_connections();
    // What a sleep is: time goes on, and the process does not.
    std::thread::sleep(Duration::from_secs(5));
    forward.signal(Signal::CONT);
    let woken = forward.hears("reconnected");
    assert!(woken["pod"].as_str().is_some_and(|words| words.starts_with("servers")), "{}", forward.story());
    assert_eq!(forward.body("/name"), "servers\n");
}

#[test]
fn an_idle_connection_on_a_dead_session_is_reset_and_not_left_to_hang() {
    let world = world_with(FLOOR);
    let proxy = Proxy::start();
    proxy_url(&world, &proxy.url("http"));
    let forward = Forward::start(&world, "pod/servers :echo", 1);
    let mut idle = forward.connect(0);
    echoes(&mut idle, "before");
    let opened = || world.control().traffic().sessions.values().map(|counts| counts.opened).sum::<u64>();
    until("the spare session", || (opened() > 1).then_some(()));
    let before = proxy.carried();
    until("a ping and its answer on each, which prove that nothing of ours is held up", || {
        let now = proxy.carried();
        let mut kept = before.iter().filter_map(|(number, before)| Some((before, now.get(number)?)));
        kept.all(|(before, now)| now.out > before.out && now.back > before.back).then_some(())
    });
    proxy.lose_connections();
    let error = rest(&mut idle).expect_err("a reset and no clean end");
    assert_eq!(error.kind(), std::io::ErrorKind::ConnectionReset, "{}", forward.story());
}

#[test]
fn silence_is_death_when_nothing_is_under_way() {
    let world = world_with(FLOOR);
    let proxy = Proxy::start();
    proxy_url(&world, &proxy.url("http"));
    let forward = Forward::start(&world, "pod/servers :http", 1);
    assert_eq!(forward.body("/name"), "servers\n");
    let sessions = || world.control().traffic().sessions.values().map(|counts| counts.opened).sum::<u64>();
    proxy.lose_connections();
    let before = sessions();
    until("a new session", || {
        // A request on a session whose death is not known yet waits until it is.
        (forward.body("/name") == "servers\n" && sessions() > before).then_some(())
    });
}
