//! The forward from outside: a small client of SPDY over TLS, on a sandbox of its own.

use std::sync::Arc;
use std::time::{Duration, Instant};

use hyper::body::Bytes;
use rustls::pki_types::{CertificateDer, ServerName, pem::PemObject as _};
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio_rustls::{TlsConnector, client::TlsStream};

use crate::spdy::{self, Frame, Packer, Unpacker};
use crate::{Cluster, Rollout, Sandbox, World};

const CLUSTER: &str = "idp-nonprod-1";
const SPDY: &str = "connection: Upgrade\r\nupgrade: SPDY/3.1\r\nx-stream-protocol-version: portforward.k8s.io\r\n\
    content-length: 0\r\n";
const TUNNEL: &str = "connection: Upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\n\
    sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\nsec-websocket-protocol: SPDY/3.1+portforward.k8s.io\r\n";

struct Client {
    stream: TlsStream<tokio::net::TcpStream>,
    packer: Packer,
    unpacker: Unpacker,
}

fn sandbox() -> Sandbox {
    Sandbox::start_with(World::default().with_settings(|settings| settings.stream_pair_timeout = 1))
}

/// A connection after its answer; the answer's head and body.
async fn ask(sandbox: &Sandbox, method: &str, pod: &str, headers: &str) -> (Client, String) {
    let token = sandbox.control().token(CLUSTER, "111122223333", "idp-ns-idp-dev").expect("a token");
    let authority = sandbox.kube_ca_pem(CLUSTER).expect("an authority");
    let mut roots = rustls::RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(authority.as_bytes()).expect("a certificate")).expect("a root");
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = rustls::ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let config = builder.expect("TLS").with_root_certificates(roots).with_no_client_auth();
    let endpoint = sandbox.kube_endpoint(CLUSTER).expect("an endpoint");
    let stream = tokio::net::TcpStream::connect(&endpoint["https://".len()..]).await.expect("a connection");
    let name = ServerName::try_from("127.0.0.1").expect("a name");
    let mut stream = TlsConnector::from(Arc::new(config)).connect(name, stream).await.expect("a handshake");
    let path = format!("/api/v1/namespaces/idp-dev/pods/{pod}/portforward");
    let head = format!("{method} {path} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {token}\r\n{headers}\r\n");
    stream.write_all(head.as_bytes()).await.expect("a request");
    let mut answer = Vec::new();
    while !answer.ends_with(b"\r\n\r\n") {
        answer.push(stream.read_u8().await.expect("an answer"));
    }
    let mut answer = String::from_utf8(answer).expect("a head");
    if let Some(length) = answer.lines().find_map(|line| line.strip_prefix("content-length: ")) {
        let mut body = vec![0; length.parse().expect("a number")];
        stream.read_exact(&mut body).await.expect("a body");
        answer.push_str(&String::from_utf8_lossy(&body));
    }
    (Client { stream, packer: Packer::new(), unpacker: Unpacker::new() }, answer)
}

async fn forward(sandbox: &Sandbox, pod: &str) -> Client {
    let (client, answer) = ask(sandbox, "POST", pod, SPDY).await;
    assert!(answer.starts_with("HTTP/1.1 101 "), "{answer}");
    client
}

impl Client {
    async fn send(&mut self, frame: &Frame) {
        let bytes = spdy::encode(frame, &mut self.packer);
        self.stream.write_all(&bytes).await.expect("the connection is open");
    }

    async fn open(&mut self, id: u32, kind: &str, port: u16, request: &str) {
        let headers = [("streamtype", kind.to_owned()), ("port", port.to_string()), ("requestid", request.to_owned())];
        let headers = headers.map(|(name, value)| (name.to_owned(), value)).to_vec();
        self.send(&Frame::SynStream { id, fin: false, headers }).await;
    }

    async fn pair(&mut self, id: u32, port: u16) {
        self.open(id, "error", port, &id.to_string()).await;
        self.send(&Frame::Data { id, fin: true, bytes: Bytes::new() }).await;
        self.open(id + 2, "data", port, &id.to_string()).await;
    }

    async fn data(&mut self, id: u32, text: &str) {
        self.send(&Frame::Data { id, fin: false, bytes: Bytes::from(text.to_owned()) }).await;
    }

    async fn next(&mut self) -> Option<Frame> {
        let read = spdy::read(&mut self.stream, &mut self.unpacker);
        tokio::time::timeout(Duration::from_secs(10), read).await.expect("a frame in time").ok()
    }

    /// The bytes of a stream until it is closed, or until there are this many.
    async fn text(&mut self, wanted: u32, enough: usize) -> String {
        let mut text = Vec::new();
        while text.len() < enough {
            match self.next().await.expect("the connection is open") {
                Frame::Data { id, fin, bytes } if id == wanted => {
                    text.extend(bytes);
                    if fin {
                        break;
                    }
                }
                _ => {}
            }
        }
        String::from_utf8_lossy(&text).into_owned()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn connections_share_a_session_and_fail_alone() {
    let sandbox = sandbox();
    let mut client = forward(&sandbox, "servers").await;
    client.pair(1, 9000).await;
    client.pair(5, 9008).await;
    let refused = client.text(5, usize::MAX).await;
    assert!(refused.starts_with("error forwarding port 9008 to pod ") && refused.contains("connection refused"));
    client.data(3, "hello").await;
    assert_eq!(client.text(3, 5).await, "hello");
    client.send(&Frame::Data { id: 3, fin: true, bytes: Bytes::new() }).await;
    let began = Instant::now();
    assert_eq!(client.text(1, usize::MAX).await, "");
    assert!(began.elapsed() > Duration::from_millis(900), "a second of grace");
    client.pair(9, 9003).await;
    assert_eq!(client.text(11, 19).await, "220 servers ready\r\n");
    client.pair(13, 9004).await;
    assert!(client.text(13, usize::MAX).await.ends_with("read: connection reset by peer"));
    client.send(&Frame::Ping { id: 1 }).await;
    assert_eq!(client.next().await, Some(Frame::Ping { id: 1 }));
    let traffic = sandbox.control().traffic();
    assert_eq!(traffic.connections["idp-dev/servers:9000"].received, 5);
    assert_eq!((traffic.sessions["spdy"].opened, traffic.sessions["spdy"].open), (1, 1));
    client.send(&Frame::GoAway { last: 0, status: 0 }).await;
    assert_eq!(client.next().await, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn streams_that_make_no_sense_are_reset() {
    let sandbox = sandbox();
    let mut client = forward(&sandbox, "servers").await;
    client.send(&Frame::SynStream { id: 1, fin: false, headers: vec![("foo".into(), "bar".into())] }).await;
    assert_eq!(client.next().await, Some(Frame::RstStream { id: 1, status: spdy::CANCEL }));
    client.open(3, "data", 0, "1").await;
    assert_eq!(client.next().await, Some(Frame::RstStream { id: 3, status: spdy::CANCEL }));
    client.open(3, "data", 8080, "1").await;
    assert_eq!(client.next().await, Some(Frame::RstStream { id: 3, status: spdy::PROTOCOL_ERROR }));
    client.open(5, "error", 8080, "2").await;
    assert!(client.text(5, 20).await.ends_with("request=2) timed out waiting for streams"));
    client.stream.write_all(&[0x80, 3, 0, 99, 0, 0, 0, 0]).await.expect("the connection is open");
    assert_eq!(client.next().await, Some(Frame::GoAway { last: 5, status: 0 }));
    assert_eq!(client.next().await, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_that_nobody_reads_stalls_the_session() {
    let sandbox = sandbox();
    let mut client = forward(&sandbox, "servers").await;
    client.pair(1, 9007).await;
    let chunk = Frame::Data { id: 3, fin: false, bytes: Bytes::from(vec![0; 64 * 1024]) };
    let flood = async {
        loop {
            client.send(&chunk).await;
        }
    };
    assert!(tokio::time::timeout(Duration::from_secs(2), flood).await.is_err(), "no end to it");
    let received = sandbox.control().traffic().connections["idp-dev/servers:9007"].received;
    assert!(received < 1 << 20, "{received}");
}

/// A connection to a closed port, with bytes sent at once, and then the next pair of the same lane.
async fn after_a_refusal(reset_failed_streams: i64) -> (Client, Sandbox) {
    let world = World::default().with_settings(|settings| settings.reset_failed_streams = reset_failed_streams);
    let sandbox = Sandbox::start_with(world);
    let mut client = forward(&sandbox, "servers").await;
    client.pair(1, 9008).await;
    client.data(3, "hello").await;
    assert!(client.text(1, 40).await.starts_with("error forwarding port 9008 to pod "));
    client.send(&Frame::RstStream { id: 3, status: spdy::CANCEL }).await;
    client.pair(21, 9000).await;
    client.data(23, "hello").await;
    (client, sandbox)
}

#[tokio::test(flavor = "multi_thread")]
async fn bytes_for_a_port_that_refused_block_their_lane_for_good() {
    let (mut client, sandbox) = after_a_refusal(0).await;
    client.pair(25, 9000).await;
    client.data(27, "hello").await;
    assert_eq!(client.text(27, 5).await, "hello");
    // Pings go round: the fourth is the one that the blocked worker has to answer.
    for id in [1, 3, 5, 7, 9] {
        client.send(&Frame::Ping { id }).await;
    }
    let mut answered = Vec::new();
    while answered.len() < 4 {
        if let Some(Frame::Ping { id }) = client.next().await {
            answered.push(id);
        }
    }
    answered.sort_unstable();
    assert_eq!(answered, [1, 3, 5, 9]);
    assert_eq!(sandbox.control().traffic().hopeless_streams, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn newer_runtimes_free_the_lane_of_a_port_that_refused() {
    let (mut client, sandbox) = after_a_refusal(1).await;
    assert_eq!(client.text(23, 5).await, "hello");
    assert_eq!(sandbox.control().traffic().hopeless_streams, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn rights_and_pods_are_checked_as_on_a_real_server() {
    let sandbox = sandbox();
    let control = sandbox.control();
    let refused = "cannot get resource \\\"pods/portforward\\\"";
    assert!(ask(&sandbox, "GET", "web-0", TUNNEL).await.1.contains(refused));
    assert!(ask(&sandbox, "POST", "nope", SPDY).await.1.starts_with("HTTP/1.1 404 "));
    assert!(ask(&sandbox, "POST", "web-0", "content-length: 0\r\n").await.1.contains("Upgrade request required"));
    let only_get = json!([{"apiGroups": [""], "resources": ["pods/portforward"], "verbs": ["get"]}]);
    control.apply(CLUSTER, crate::objects::role("idp-dev", "idp-ns-floor", only_get));
    assert!(ask(&sandbox, "GET", "web-0", TUNNEL).await.1.starts_with("HTTP/1.1 101 "));
    control.edit_cluster(CLUSTER, |cluster: &mut Cluster| cluster.version = "1.35".to_owned());
    assert!(ask(&sandbox, "GET", "web-0", TUNNEL).await.1.contains("pods \\\"web-0\\\" is forbidden: \""));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_tunnel_carries_the_same_bytes() {
    let sandbox = sandbox();
    let both = json!([{"apiGroups": [""], "resources": ["pods/portforward"], "verbs": ["get", "create"]}]);
    sandbox.control().apply(CLUSTER, crate::objects::role("idp-dev", "idp-ns-floor", both));
    let (mut client, answer) = ask(&sandbox, "GET", "servers", TUNNEL).await;
    assert!(answer.contains("sec-websocket-accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"), "{answer}");
    let bytes = spdy::encode(&Frame::Ping { id: 1 }, &mut client.packer);
    // A ping, and then a frame of SPDY in three messages, the first of which is masked with something.
    client.stream.write_all(&[0x89, 0x82, 0, 0, 0, 0, b'h', b'i']).await.expect("open");
    let masked: Vec<u8> = bytes[..4].iter().map(|byte| byte ^ 0x55).collect();
    client.stream.write_all(&[[0x82, 0x84, 0x55, 0x55, 0x55, 0x55].as_slice(), &masked].concat()).await.expect("open");
    for part in [&bytes[4..5], &bytes[5..]] {
        let head = [0x82, 0x80 | part.len() as u8, 0, 0, 0, 0];
        client.stream.write_all(&[head.as_slice(), part].concat()).await.expect("open");
    }
    let mut answer = vec![0; 4 + 2 + bytes.len()];
    client.stream.read_exact(&mut answer).await.expect("an answer");
    assert_eq!(answer, [[0x8a, 2, b'h', b'i', 0x82, bytes.len() as u8].as_slice(), &bytes].concat());
    client.stream.write_all(&[0x82, 1, b'x']).await.expect("open");
    let mut close = Vec::new();
    let _ = client.stream.read_to_end(&mut close).await;
    assert_eq!(close, b"\x88\x0a\x03\xeabad MASK");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pod_that_is_deleted_takes_its_connections_but_not_the_session() {
    let sandbox = sandbox();
    let control = sandbox.control();
    let mut client = forward(&sandbox, "db-0").await;
    client.pair(1, 5432).await;
    assert_eq!(client.text(3, 16).await, "220 db-0 ready\r\n");
    assert!(control.delete_pod(CLUSTER, "idp-dev", "db-0", Duration::from_millis(300)));
    client.data(3, "still\n").await;
    assert_eq!(client.text(3, 11).await, "250 still\r\n");
    assert_eq!(client.text(1, usize::MAX).await, "");
    client.pair(5, 5432).await;
    let closed = client.text(5, usize::MAX).await;
    assert!(closed.contains("uid : network namespace for sandbox \"") && closed.ends_with("\" is closed"), "{closed}");
    let mut again = forward(&sandbox, "db-0").await;
    tokio::time::sleep(Duration::from_millis(300)).await;
    again.pair(1, 5432).await;
    assert_eq!(again.text(3, 16).await, "220 db-0 ready\r\n");
    control.cut_forwards();
    assert_eq!(again.next().await, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rollout_leaves_new_pods_only() {
    let sandbox = sandbox();
    let control = sandbox.control();
    let pods = |sandbox: &Sandbox| -> Vec<String> {
        let shared = sandbox.control().shared();
        let state = shared.state();
        let endpoints = state.stores[CLUSTER].get("Endpoints", Some("idp-dev"), "api").cloned().unwrap_or_default();
        let addresses = endpoints["subsets"][0]["addresses"].as_array().cloned().unwrap_or_default();
        addresses.iter().map(|address| address["targetRef"]["name"].as_str().unwrap_or_default().to_owned()).collect()
    };
    let old = pods(&sandbox);
    let rollout = Rollout { grace: Duration::from_millis(200), ..Rollout::default() };
    assert!(control.roll_out(CLUSTER, "idp-dev", "api", rollout));
    assert!(!control.roll_out(CLUSTER, "idp-dev", "nothing", rollout));
    let deadline = Instant::now() + Duration::from_secs(10);
    while pods(&sandbox).len() != 2 || pods(&sandbox).iter().any(|pod| old.contains(pod)) {
        assert!(Instant::now() < deadline, "{:?}", pods(&sandbox));
        assert!(!pods(&sandbox).is_empty(), "there is always one that is ready");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert!(control.scale(CLUSTER, "idp-dev", ("Deployment", "api"), 0, Duration::ZERO));
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert!(pods(&sandbox).is_empty());
}
