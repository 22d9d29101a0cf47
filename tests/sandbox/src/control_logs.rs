//! Controls of logs: what containers write, how they end and restart, and cut connections.

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::containers::Which;
use crate::control::Control;
use crate::workloads::Workloads;

/// A container: `Container { cluster, namespace, pod, name }`; an empty name is the pod's first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Container<'name> {
    /// The cluster.
    pub cluster: &'name str,
    /// The namespace.
    pub namespace: &'name str,
    /// The pod.
    pub pod: &'name str,
    /// The container, or empty.
    pub name: &'name str,
}

impl<'name> Container<'name> {
    fn which(self) -> Which<'name> {
        Which { pod: self.pod, container: self.name }
    }

    fn workloads(self, control: &Control) -> Workloads {
        let (cluster, namespace) = (self.cluster.to_owned(), self.namespace.to_owned());
        Workloads { shared: control.shared(), cluster, namespace }
    }
}

impl Control {
    /// Writes to a container's log: each line gets this time (now if there is none), and text without a line end is the
    /// beginning of a line. False if there is no such container, as in all functions here.
    pub fn write_log(&self, container: Container<'_>, at: Option<Timestamp>, text: impl AsRef<[u8]>) -> bool {
        container.workloads(self).write_log(container.which(), at, text.as_ref())
    }

    /// Ends a container until it is restarted. A pod that restarts nothing ends with its last container.
    pub fn end_container(&self, container: Container<'_>, exit_code: i64) -> bool {
        container.workloads(self).end_container(container.which(), exit_code)
    }

    /// Lets an ended container wait in `CrashLoopBackOff`.
    pub fn back_off_container(&self, container: Container<'_>) -> bool {
        container.workloads(self).back_off(container.which())
    }

    /// Restarts an ended container with a new log. The old log is then the previous one.
    pub fn start_container(&self, container: Container<'_>) -> bool {
        container.workloads(self).start_again(container.which())
    }

    /// Cuts all log streams, as an API server that is killed does: at once, or after this many more bytes.
    pub fn cut_logs(&self, after: usize) {
        self.shared().logs.cut(after);
    }

    /// Restarts the kubelets of a cluster: log streams are cut, and for each pod, also later ones, this many requests
    /// get a 404 and one more "is not available" before the log is served. 0 ends this.
    pub fn restart_kubelets(&self, cluster: &str, unknown_for: usize) {
        self.shared().state().kubelets.start(cluster, unknown_for);
        if unknown_for > 0 {
            self.cut_logs(0);
        }
    }

    /// Stops the kubelets of a cluster, which cuts what goes through them and lets the API server reach none; or lets them run
    /// again.
    pub fn set_kubelets_running(&self, cluster: &str, running: bool) {
        self.shared().state().kubelets.set_running(cluster, running);
        if !running {
            self.cut_logs(0);
            self.cut_forwards();
        }
    }
}

/// The same controls over HTTP.
pub(crate) const HELP: &[(&str, &str)] = &[
    (
        "POST /_control/cluster/<name>/log",
        "{\"namespace\", \"pod\", \"container\"?, \"text\", \"at\"?} a container writes; lines end with \\n",
    ),
    (
        "POST /_control/cluster/<name>/end-container",
        "{\"namespace\", \"pod\", \"container\"?, \"exit_code\"?} and the pod too, if it restarts nothing",
    ),
    ("POST /_control/cluster/<name>/back-off-container", "{\"namespace\", \"pod\", \"container\"?} CrashLoopBackOff"),
    (
        "POST /_control/cluster/<name>/start-container",
        "{\"namespace\", \"pod\", \"container\"?} once more, with a new log",
    ),
    (
        "POST /_control/cluster/<name>/restart-kubelets",
        "{\"unknown_for\"?: requests for each pod's log that come too early, 3}",
    ),
    ("POST /_control/cluster/<name>/kubelets", "{\"running\": bool} false: the API server reaches no node"),
    ("POST /_control/logs/cut", "{\"after\"?: bytes} cut every log that is being read"),
];

/// Answers a request, if it is one of these.
pub(crate) fn handle(control: &Control, path: &[&str], input: &Value) -> Option<Result<Value, String>> {
    let text = |name: &str| input[name].as_str().unwrap_or_default();
    let container =
        |cluster| Container { cluster, namespace: text("namespace"), pod: text("pod"), name: text("container") };
    let done = match path {
        ["cluster", cluster, "log"] => {
            let at = match input["at"].as_str().map(str::parse::<Timestamp>).transpose() {
                Ok(at) => at,
                Err(error) => return Some(Err(error.to_string())),
            };
            control.write_log(container(cluster), at, text("text"))
        }
        ["cluster", cluster, "end-container"] => {
            control.end_container(container(cluster), input["exit_code"].as_i64().unwrap_or(0))
        }
        ["cluster", cluster, "back-off-container"] => control.back_off_container(container(cluster)),
        ["cluster", cluster, "start-container"] => control.start_container(container(cluster)),
        ["cluster", cluster, "restart-kubelets"] => {
            let times = input["unknown_for"].as_u64().and_then(|times| usize::try_from(times).ok());
            control.restart_kubelets(cluster, times.unwrap_or(3));
            true
        }
        ["cluster", cluster, "kubelets"] => {
            control.set_kubelets_running(cluster, input["running"].as_bool().unwrap_or(true));
            true
        }
        ["logs", "cut"] => {
            control.cut_logs(input["after"].as_u64().and_then(|bytes| usize::try_from(bytes).ok()).unwrap_or(0));
            true
        }
        _ => return None,
    };
    Some(if done { Ok(json!({"ok": true})) } else { Err("there is nothing of that name".to_owned()) })
}
