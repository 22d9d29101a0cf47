//! Logs that containers write, and a `logs` that runs beside a test: its lines as they come.

use std::io::Read;
use std::process::Child;
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

use jiff::Timestamp;
use rustix::process::{Pid, Signal, kill_process};
use sandbox::Container;
use serde_json::json;

use super::forward::{CLUSTER, NAMESPACE};
use super::{World, until};

/// The right to read logs.
pub(crate) const LOG: (&str, &str, &str) = ("", "pods/log", "get");
/// The same, and to see how the pods are.
pub(crate) const SEEN: &[(&str, &str, &str)] = &[LOG, ("", "pods", "get")];
/// All that leads from a workload to its pods, now and later, and to their logs.
pub(crate) const ALL: &[(&str, &str, &str)] = &[
    LOG,
    ("", "pods", "get"),
    ("", "pods", "list"),
    ("", "pods", "watch"),
    ("", "services", "get"),
    ("apps", "deployments", "get"),
    ("apps", "replicasets", "get"),
    ("apps", "statefulsets", "get"),
    ("batch", "jobs", "get"),
];

/// The first container of a pod; `POD/CONTAINER` is another one.
pub(crate) fn container(place: &str) -> Container<'_> {
    let (pod, name) = place.split_once('/').unwrap_or((place, ""));
    Container { cluster: CLUSTER, namespace: NAMESPACE, pod, name }
}

/// A container writes, now.
#[track_caller]
pub(crate) fn write(world: &World, place: &str, text: &str) {
    assert!(world.control().write_log(container(place), None, text), "{place} is there");
}

/// A container writes at a time: seconds and nanoseconds after a certain moment.
#[track_caller]
pub(crate) fn write_at(world: &World, place: &str, (second, nanosecond): (i64, i32), text: &str) {
    let at = Timestamp::new(1_795_000_000 + second, nanosecond).expect("a time");
    assert!(world.control().write_log(container(place), Some(at), text), "{place} is there");
}

/// A container ends and starts again.
#[track_caller]
pub(crate) fn restart(world: &World, place: &str, exit_code: i64) {
    assert!(world.control().end_container(container(place), exit_code), "{place} is there");
    assert!(world.control().start_container(container(place)), "{place} is there");
}

/// A pod of two containers and an init container that has ended, each with a line.
#[track_caller]
pub(crate) fn two(world: &World, pod_name: &str) {
    let mut pod = sandbox::objects::pod(NAMESPACE, pod_name, pod_name, true);
    let status = |name: &str, state: serde_json::Value| {
        json!({"name": name, "ready": true, "restartCount": 0, "state": state, "lastState": {},
            "containerID": format!("containerd://{name}")})
    };
    let running = json!({"running": {"startedAt": "2026-10-05T08:12:44Z"}});
    let ended = json!({"terminated": {"exitCode": 0, "containerID": "containerd://setup"}});
    pod["spec"]["containers"] = json!([{"name": "app"}, {"name": "mesh"}]);
    pod["spec"]["initContainers"] = json!([{"name": "setup"}]);
    pod["status"]["containerStatuses"] = json!([status("app", running.clone()), status("mesh", running)]);
    pod["status"]["initContainerStatuses"] = json!([status("setup", ended)]);
    assert!(world.control().apply(CLUSTER, pod));
    for container in ["app", "mesh", "setup"] {
        write(world, &format!("{pod_name}/{container}"), &format!("{container} speaks\n"));
    }
}

/// The names of the pods of a label `app`.
pub(crate) fn pods(world: &World, application: &str) -> Vec<String> {
    let listed = world.run(&format!("pods -l app={application} -o json")).success().json();
    let names = listed.as_array().into_iter().flatten().filter_map(|pod| pod["name"].as_str());
    names.map(str::to_owned).collect()
}

/// A running `logs`. It is killed when it is dropped.
pub(crate) struct Follow {
    child: Child,
    shown: String,
    out: Arc<Mutex<Vec<u8>>>,
    err: Arc<Mutex<Vec<u8>>>,
    readers: Vec<JoinHandle<()>>,
}

fn collect(mut stream: impl Read + Send + 'static) -> (Arc<Mutex<Vec<u8>>>, JoinHandle<()>) {
    let (seen, mut buffer) = (Arc::new(Mutex::new(Vec::new())), vec![0; 65_536]);
    let shared = Arc::clone(&seen);
    let reader = std::thread::spawn(move || {
        while let Ok(length @ 1..) = stream.read(&mut buffer) {
            shared.lock().expect("no panic holds it").extend_from_slice(&buffer[..length]);
        }
    });
    (seen, reader)
}

fn text(bytes: &Mutex<Vec<u8>>) -> String {
    String::from_utf8_lossy(&bytes.lock().expect("no panic holds it")).into_owned()
}

impl Follow {
    /// Starts `nsaccess logs` with these words.
    pub(crate) fn start(world: &World, words: &str) -> Follow {
        Follow::of(world, &format!("logs {words}"))
    }

    /// Starts `nsaccess` with these words, a verb that runs on.
    pub(crate) fn of(world: &World, words: &str) -> Follow {
        let (mut child, shown) = world.nsaccess(words).child();
        let (out, reader) = collect(child.stdout.take().expect("a pipe"));
        let (err, other) = collect(child.stderr.take().expect("a pipe"));
        Follow { child, shown, out, err, readers: vec![reader, other] }
    }

    /// Waits until a line that is whole ends with these words.
    #[track_caller]
    pub(crate) fn shows(&self, words: &str) {
        let ends = format!("{words}\n");
        self.wait(&format!("the line {words:?}"), || text(&self.out).contains(&ends));
    }

    /// Waits until standard error has these words.
    #[track_caller]
    pub(crate) fn says(&self, words: &str) {
        self.wait(&format!("the words {words:?}"), || text(&self.err).contains(words));
    }

    /// Waits until standard output is as it should be.
    #[track_caller]
    pub(crate) fn wait_for(&self, what: &str, there: impl Fn(&str) -> bool) {
        self.wait(what, || there(&text(&self.out)));
    }

    #[track_caller]
    fn wait(&self, what: &str, there: impl Fn() -> bool) {
        until(&format!("{what} of {}", self.shown), || there().then_some(()));
    }

    /// Standard output so far.
    pub(crate) fn out(&self) -> String {
        text(&self.out)
    }

    /// How many bytes standard output has had so far.
    pub(crate) fn size(&self) -> usize {
        self.out.lock().expect("no panic holds it").len()
    }

    /// Whether standard output ends with these words now.
    pub(crate) fn out_ends_with(&self, words: &str) -> bool {
        self.out.lock().expect("no panic holds it").ends_with(words.as_bytes())
    }

    /// Standard error so far.
    pub(crate) fn err(&self) -> String {
        text(&self.err)
    }

    /// Standard error so far, besides what is followed.
    pub(crate) fn complaints(&self) -> String {
        self.err().lines().filter(|line| !line.starts_with("following ")).map(|line| format!("{line}\n")).collect()
    }

    /// All that it said, for messages.
    pub(crate) fn story(&self) -> String {
        format!("{}\n{}------- stderr -------\n{}", self.shown, self.out(), self.err())
    }

    /// Waits for its end by itself, and for the last of what it said: the exit code.
    #[track_caller]
    pub(crate) fn ends(&mut self) -> Option<i32> {
        let child = &mut self.child;
        let status = until(&format!("the end of {}", self.shown), || child.try_wait().expect("our own child"));
        self.readers.drain(..).for_each(|reader| reader.join().expect("a reader"));
        status.code()
    }

    /// Whether it is still there.
    pub(crate) fn runs(&mut self) -> bool {
        self.child.try_wait().expect("our own child").is_none()
    }

    /// Sends a signal.
    pub(crate) fn signal(&self, signal: Signal) {
        let pid = Pid::from_raw(i32::try_from(self.child.id()).expect("a process id")).expect("not zero");
        kill_process(pid, signal).expect("our own child");
    }

    /// Ctrl-C, and the exit code.
    #[track_caller]
    pub(crate) fn interrupted(mut self) -> Option<i32> {
        self.signal(Signal::INT);
        self.ends()
    }

    /// The most memory that it had at once, in KiB; none where the system does not tell.
    pub(crate) fn peak_memory(&self) -> Option<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).ok()?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
        line.trim().trim_end_matches(" kB").parse().ok()
    }
}

impl Drop for Follow {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("{}", self.story());
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
