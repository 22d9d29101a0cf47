//! A private endpoint that is reached through a tunnel: the context's server is the near end, and its `tls-server-name` the
//! endpoint's name. kubectl goes through it, and so does every verb.

use std::net::{TcpListener, TcpStream};

use sandbox::Handshake;

use crate::support::former_endpoint::relay;
use crate::support::forward::{CLUSTER, WIDE, world_with};
use crate::support::proxy::{Proxy, proxy_url};
use crate::support::{Forward, World, program, skipped};

/// The name in the cluster's certificate, which does not resolve here.
const NAME: &str = "elsewhere.invalid";

/// Somebody whose context goes through a tunnel to an endpoint that this machine does not reach.
fn tunnelled() -> World {
    let world = world_with(WIDE);
    assert!(world.control().set_handshake(CLUSTER, Handshake::OtherName));
    assert!(world.control().edit_cluster(CLUSTER, |cluster| cluster.shown_endpoint = Some(format!("https://{NAME}"))));
    let config = world.read(".kube/config");
    world.write(
        ".kube/config",
        config.replacen("    server: ", &format!("    tls-server-name: {NAME}\n    server: "), 1),
    );
    // What was known of the cluster before.
    std::fs::remove_dir_all(world.path(".cache/nsaccess")).expect("removed");
    world
}

#[test]
fn every_verb_goes_through_it_and_a_login_keeps_it() {
    let world = tunnelled();
    let config = world.read(".kube/config");
    world.run("login idp-dev").success().says("pods");
    assert_eq!(world.read(".kube/config"), config);
    assert!(world.read(".cache/nsaccess/v1/clusters/idp-dev.json").contains(NAME), "what EKS says is kept");
    world.run("kubeconfig idp-dev").success().says("context idp-ns-idp-dev unchanged");
    for verb in ["pods web-0", "can-i", "list", "doctor --only cluster,authentication"] {
        world.run(verb).success();
    }
    let forward = Forward::start(&world, "pod/web-0 :8080", 1);
    assert_eq!(forward.body("/name"), "web-0\n");
    let gone = config.replace(server(&config), "server: https://127.0.0.1:1");
    world.write(".kube/config", gone);
    for verb in ["pods web-0", "port-forward pod/web-0 :8080 --wait 1s", "login idp-dev"] {
        let said = world.run(verb).exits(6);
        said.one_error()
            .says("because: tunnel 127.0.0.1:PORT: connection refused\n")
            .says("try: open the tunnel that ");
    }
    world.run("doctor --only cluster").exits(1).prints("is the tunnel open?");
    // Without it, the endpoint is gone to.
    let without = config.replacen("tls-server-name: ", "# ", 1);
    world.write(".kube/config", without);
    world.run("pods web-0").exits(6).one_error().says("cannot reach cluster").says_not("127.0.0.1");
}

#[test]
fn a_tunnel_whose_far_end_reaches_nothing_is_the_fault() {
    let world = tunnelled();
    // As ssh has it: the connection is there, and then closed.
    let near_end = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let port = near_end.local_addr().expect("an address").port();
    std::thread::spawn(move || near_end.incoming().for_each(drop));
    leads_to(&world, &format!("https://127.0.0.1:{port}"));
    for verb in ["pods web-0", "port-forward pod/web-0 :8080 --wait 1s"] {
        let said = world.run(verb).exits(6);
        said.one_error().says("because: tunnel 127.0.0.1:PORT: ").says("try: open the tunnel that ");
    }
}

#[test]
fn its_near_end_may_be_on_ipv6_and_behind_a_proxy() {
    let world = tunnelled();
    let config = world.read(".kube/config");
    let cluster = server(&config).rsplit_once(':').map(|(_, port)| port.to_owned()).expect("a port");
    let Ok(near_end) = TcpListener::bind("[::1]:0") else { return skipped("there is no IPv6") };
    let url = format!("https://[::1]:{}", near_end.local_addr().expect("an address").port());
    std::thread::spawn(move || {
        near_end.incoming().map_while(Result::ok).for_each(|client| {
            relay(&client, &TcpStream::connect(format!("127.0.0.1:{cluster}")).expect("a connection"));
        });
    });
    leads_to(&world, &url);
    world.run("pods web-0").success();
    assert_eq!(Forward::start(&world, "pod/web-0 :8080", 1).body("/name"), "web-0\n");
    let proxy = Proxy::start();
    proxy_url(&world, &proxy.url("http"));
    world.run("pods web-0").success();
    assert_eq!(Forward::start(&world, "pod/web-0 :8080", 1).body("/name"), "web-0\n");
    let targets = proxy.targets();
    assert!(!targets.is_empty() && targets.iter().all(|target| url.ends_with(target)), "{targets:?}");
}

/// Gives the context another server.
fn leads_to(world: &World, url: &str) {
    let config = world.read(".kube/config");
    world.write(".kube/config", config.replace(server(&config), &format!("server: {url}")));
}

#[test]
fn a_name_of_a_cluster_that_was_made_anew_is_said_to_be_wrong() {
    let world = tunnelled();
    let config = world.read(".kube/config");
    world.write(".kube/config", config.replace(NAME, "before.invalid"));
    for verb in ["login idp-dev --cluster idp-nonprod-1 --region eu-west-1 --no-verify", "kubeconfig idp-dev"] {
        let ended = world.run(verb).success();
        ended.says("expects the name before.invalid").says("clusters.idp-ns-idp-dev.tls-server-name");
    }
    assert!(world.read(".kube/config").contains("tls-server-name: before.invalid\n"), "it is not ours");
    world.write(".kube/config", world.read(".kube/config").replace("before.invalid", NAME));
    world.run("kubeconfig idp-dev").success().says_not("expects the name");
}

#[test]
fn a_near_end_is_not_kept_as_the_cluster_s_endpoint() {
    let world = tunnelled();
    world.run("kubeconfig idp-dev").success().says("unchanged").says_not("expects the name");
    world.run("pods web-0").success();
}

#[test]
fn a_cluster_entry_that_others_share_lends_its_near_end_to_nobody() {
    let world = tunnelled();
    let config = world.read(".kube/config");
    let shared = config.replacen("- name: idp-ns-idp-dev\n", "- name: shared\n", 1);
    world.write(".kube/config", shared.replacen("cluster: idp-ns-idp-dev\n", "cluster: shared\n", 1));
    world.run("login idp-dev --cluster idp-nonprod-1 --region eu-west-1").success();
    let written = world.read(".kube/config");
    assert!(written.contains(&format!("server: https://{NAME}\n")), "{written}");
    assert_eq!(written.matches(server(&config)).count(), 1, "{written}");
}

/// The line with the context's server.
fn server(config: &str) -> &str {
    config.lines().map(str::trim).find(|line| line.starts_with("server: https://127")).expect("a server")
}

#[test]
fn a_kubeconfig_for_programs_leads_through_it() {
    let world = tunnelled();
    world.run("login idp-dev").success();
    let config = world.read(".kube/config");
    let printed = world.run("kubeconfig idp-dev --print").success().stdout.clone();
    let given = world.nsaccess("exec idp-dev -- sh -c").arg("cat $KUBECONFIG").run_trusted().success().stdout.clone();
    for text in [printed, given] {
        assert!(text.contains(server(&config)) && text.contains(&format!("tls-server-name: {NAME}\n")), "{text}");
    }
    let Some(kubectl) = program("kubectl") else { return skipped("there is no kubectl") };
    let ours = env!("CARGO_BIN_EXE_nsaccess");
    let lines = format!(
        "{} get pod web-0 -o name\n{ours} pods web-0 -o name\n{ours} doctor --only cluster > doctor",
        kubectl.display()
    );
    let shell = world.script("read-only-shell", &lines);
    let read = world.nsaccess("shell idp-dev --read-only").env("SHELL", shell).run_trusted().success().stdout.clone();
    assert_eq!(read, "pod/web-0\npod/web-0\n");
}
