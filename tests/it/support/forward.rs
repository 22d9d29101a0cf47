//! A port-forward that runs beside a test: its events as they come, and clients of its local ports.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::Child;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};

use super::{World, until};

/// The cluster and the namespace that everything here is about.
pub(crate) const CLUSTER: &str = "idp-nonprod-1";
pub(crate) const NAMESPACE: &str = "idp-dev";

/// Longer than anything takes; only a test that would hang meets it.
const LIMIT: Duration = Duration::from_secs(40);

/// What a namespace's developer has.
pub(crate) const FLOOR: &[(&str, &str, &str)] = &[("", "pods", "get"), ("", "services", "get"), CREATE];
/// The right to forward by POST.
pub(crate) const CREATE: (&str, &str, &str) = ("", "pods/portforward", "create");
/// The right to forward by GET.
pub(crate) const GET: (&str, &str, &str) = ("", "pods/portforward", "get");
/// The floor, and all that leads from a workload to its pods.
pub(crate) const WIDE: &[(&str, &str, &str)] = &[
    ("", "pods", "get"),
    ("", "services", "get"),
    CREATE,
    ("", "pods", "list"),
    ("apps", "deployments", "get"),
    ("apps", "statefulsets", "get"),
    ("discovery.k8s.io", "endpointslices", "list"),
];

/// Somebody signed in whose role has these rights (group, resource, verb) and no others.
pub(crate) fn world_with(rights: &[(&str, &str, &str)]) -> World {
    let world = World::signed_in();
    grant(&world, rights);
    world
}

/// Replaces the role's rules.
pub(crate) fn grant(world: &World, rights: &[(&str, &str, &str)]) {
    let rules: Vec<Value> = rights
        .iter()
        .map(|(group, resource, verb)| json!({"apiGroups": [group], "resources": [resource], "verbs": [verb]}))
        .collect();
    let role = sandbox::objects::role(NAMESPACE, "idp-ns-floor", json!(rules));
    assert!(world.control().apply(CLUSTER, role), "the cluster is there");
}

/// The server's version.
pub(crate) fn server_version(world: &World, version: &str) {
    assert!(world.control().edit_cluster(CLUSTER, |cluster| cluster.version = version.to_owned()));
}

/// A running `port-forward -o json`. It is killed when it is dropped.
pub(crate) struct Forward {
    child: Child,
    shown: String,
    events: Arc<Mutex<Vec<Value>>>,
    stderr: Arc<Mutex<String>>,
}

impl Forward {
    /// Starts it and waits until so many ports are up.
    #[track_caller]
    pub(crate) fn start(world: &World, words: &str, ports: usize) -> Forward {
        let (mut child, shown) = world.nsaccess(&format!("port-forward {words} -o json")).child();
        let (events, stderr) = (Arc::new(Mutex::new(Vec::new())), Arc::new(Mutex::new(String::new())));
        let (seen, said) = (Arc::clone(&events), Arc::clone(&stderr));
        let (out, err) = (child.stdout.take().expect("a pipe"), child.stderr.take().expect("a pipe"));
        std::thread::spawn(move || {
            for line in BufReader::new(out).lines().map_while(Result::ok) {
                let event = serde_json::from_str(&line).unwrap_or_else(|_| json!({"event": "no JSON", "line": line}));
                seen.lock().expect("no panic holds it").push(event);
            }
        });
        std::thread::spawn(move || {
            for line in BufReader::new(err).lines().map_while(Result::ok) {
                *said.lock().expect("no panic holds it") += &format!("{line}\n");
            }
        });
        let mut forward = Forward { child, shown, events, stderr };
        until("the forward coming up", || {
            let ended = forward.child.try_wait().expect("our own child");
            assert!(ended.is_none(), "{} ended: {ended:?}\n{}", forward.shown, forward.story());
            (forward.events("ready").len() == ports).then_some(())
        });
        forward
    }

    /// The local port of the nth port pair.
    pub(crate) fn port(&self, index: usize) -> u16 {
        let port = self.events("ready")[index]["port"].as_u64().expect("a port");
        u16::try_from(port).expect("a port")
    }

    /// The events of a kind so far.
    pub(crate) fn events(&self, kind: &str) -> Vec<Value> {
        let events = self.events.lock().expect("no panic holds it");
        events.iter().filter(|event| event["event"] == kind).cloned().collect()
    }

    /// The messages of all errors so far.
    pub(crate) fn errors(&self) -> Vec<String> {
        self.events("error").iter().map(|event| event["message"].as_str().unwrap_or_default().to_owned()).collect()
    }

    /// Waits for an event of a kind.
    #[track_caller]
    pub(crate) fn hears(&self, kind: &str) -> Value {
        until(&format!("the event {kind:?}"), || self.events(kind).into_iter().next())
    }

    /// Waits for an error with these words.
    #[track_caller]
    pub(crate) fn hears_error(&self, words: &str) -> String {
        until(&format!("an error that says {words:?}"), || self.errors().into_iter().find(|line| line.contains(words)))
    }

    /// All that it said, for messages.
    pub(crate) fn story(&self) -> String {
        let events = self.events.lock().expect("no panic holds it");
        let lines: Vec<String> = events.iter().map(Value::to_string).collect();
        format!("{}\n------- stderr -------\n{}", lines.join("\n"), self.stderr())
    }

    /// Standard error so far.
    pub(crate) fn stderr(&self) -> String {
        self.stderr.lock().expect("no panic holds it").clone()
    }

    /// What standard error has besides how to end it.
    pub(crate) fn complaints(&self) -> String {
        self.stderr().replace("Press Ctrl-C to stop.\n", "")
    }

    /// A request to the HTTP server behind the first port: the body.
    #[track_caller]
    pub(crate) fn body(&self, path: &str) -> String {
        self.try_body(path).unwrap_or_else(|error| panic!("GET {path}: {error}\n{}", self.story()))
    }

    /// The same for requests that may fail.
    pub(crate) fn try_body(&self, path: &str) -> std::io::Result<String> {
        request(self.port(0), path)
    }

    /// A connection to the nth port pair.
    #[track_caller]
    pub(crate) fn connect(&self, index: usize) -> TcpStream {
        connect(self.port(index)).unwrap_or_else(|error| panic!("{error}\n{}", self.story()))
    }

    /// Sends a signal.
    pub(crate) fn signal(&self, signal: Signal) {
        let pid = Pid::from_raw(i32::try_from(self.child.id()).expect("a process id")).expect("not zero");
        kill_process(pid, signal).expect("our own child");
    }

    /// Sends a signal and waits for the end: its exit code.
    pub(crate) fn ends_by(mut self, signal: Signal) -> Option<i32> {
        self.signal(signal);
        until("its end", || self.child.try_wait().expect("our own child")).code()
    }

    /// Whether it is still there.
    pub(crate) fn runs(&mut self) -> bool {
        self.child.try_wait().expect("our own child").is_none()
    }
}

impl Drop for Forward {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A connection to a local port, with a limit for reading.
pub(crate) fn connect(port: u16) -> std::io::Result<TcpStream> {
    let stream = TcpStream::connect(("127.0.0.1", port))?;
    stream.set_read_timeout(Some(LIMIT))?;
    stream.set_write_timeout(Some(LIMIT))?;
    Ok(stream)
}

/// `GET` over a connection of its own: the body, which must be whole.
pub(crate) fn request(port: u16, path: &str) -> std::io::Result<String> {
    let mut stream = connect(port)?;
    stream.write_all(format!("GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").as_bytes())?;
    // By its length: the end itself comes a second later, as runtimes have it.
    let mut reader = BufReader::new(stream);
    let (mut line, mut length) = (String::new(), None);
    reader.read_line(&mut line)?;
    if !line.starts_with("HTTP/1.1 200") {
        return Err(std::io::Error::other(format!("no answer, but {line:?}")));
    }
    while line != "\r\n" {
        line.clear();
        if reader.read_line(&mut line)? == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        length = line.strip_prefix("content-length: ").and_then(|length| length.trim().parse().ok()).or(length);
    }
    let mut body = vec![0; length.ok_or(std::io::ErrorKind::InvalidData)?];
    reader.read_exact(&mut body)?;
    Ok(String::from_utf8_lossy(&body).into_owned())
}

/// All that comes until the end.
pub(crate) fn rest(stream: &mut TcpStream) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Sends bytes to an echo server and reads them again.
#[track_caller]
pub(crate) fn echoes(stream: &mut TcpStream, text: &str) {
    stream.write_all(text.as_bytes()).expect("it is sent");
    let mut answer = vec![0; text.len()];
    stream.read_exact(&mut answer).expect("it comes back");
    assert_eq!(answer, text.as_bytes());
}
