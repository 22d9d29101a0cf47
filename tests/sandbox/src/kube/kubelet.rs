//! Kubelets: after a restart they do not know the pods for a while that have kept running, and when they are stopped the API
//! server cannot reach them.

use std::collections::{HashMap, HashSet};

use serde_json::Value;

/// What kubelets know about pods, when they are asked for logs.
#[derive(Debug, Default)]
pub(crate) struct Kubelets {
    /// For each cluster, how many requests for each pod are answered before the kubelet knows it.
    unknown_for: HashMap<String, usize>,
    asked: HashMap<String, usize>,
    /// Clusters whose kubelets do not run.
    stopped: HashSet<String>,
}

/// What a kubelet knows about a pod.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Knows {
    /// Nothing.
    Nothing,
    /// That it exists, but not the state of its containers.
    ThePod,
    /// Everything.
    All,
}

impl Kubelets {
    /// Restarts the kubelets of a cluster: the first requests for each pod come too early.
    pub(crate) fn start(&mut self, cluster: &str, unknown_for: usize) {
        self.unknown_for.insert(cluster.to_owned(), unknown_for);
        self.asked.clear();
    }

    /// Stops the kubelets of a cluster, or lets them run again.
    pub(crate) fn set_running(&mut self, cluster: &str, running: bool) {
        match running {
            true => self.stopped.remove(cluster),
            false => self.stopped.insert(cluster.to_owned()),
        };
    }

    /// How the API server fails to connect to the kubelet of a pod's node, if it does.
    pub(crate) fn dial_error(&self, cluster: &str, pod: &Value) -> Option<String> {
        self.stopped.contains(cluster).then(|| format!("dial tcp {}: connect: connection refused", address(pod)))
    }

    /// What is known about a pod when its log is requested now.
    pub(crate) fn ask(&mut self, cluster: &str, uid: &str) -> Knows {
        let Some(unknown_for) = self.unknown_for.get(cluster).filter(|times| **times > 0) else { return Knows::All };
        let asked = self.asked.entry(uid.to_owned()).or_default();
        *asked += 1;
        match *asked {
            asked if asked <= *unknown_for => Knows::Nothing,
            asked if asked == *unknown_for + 1 => Knows::ThePod,
            _ => Knows::All,
        }
    }
}

/// Where the kubelet of a pod's node listens.
pub(crate) fn address(pod: &Value) -> String {
    format!("{}:10250", pod["status"]["hostIP"].as_str().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kubelet_learns_of_each_pod_by_and_by() {
        let mut kubelets = Kubelets::default();
        assert_eq!(kubelets.ask("c", "a"), Knows::All);
        kubelets.start("c", 2);
        let known: Vec<Knows> = (0..4).map(|_| kubelets.ask("c", "a")).collect();
        assert_eq!(known, [Knows::Nothing, Knows::Nothing, Knows::ThePod, Knows::All]);
        assert_eq!(kubelets.ask("c", "b"), Knows::Nothing);
        assert_eq!(kubelets.ask("other", "a"), Knows::All);
    }

    #[test]
    fn a_stopped_kubelet_is_not_reached() {
        let (mut kubelets, pod) = (Kubelets::default(), serde_json::json!({"status": {"hostIP": "10.0.0.1"}}));
        kubelets.set_running("c", false);
        let refused = "dial tcp 10.0.0.1:10250: connect: connection refused".to_owned();
        assert_eq!((kubelets.dial_error("c", &pod), kubelets.dial_error("other", &pod)), (Some(refused), None));
        kubelets.set_running("c", true);
        assert_eq!(kubelets.dial_error("c", &pod), None);
    }
}
