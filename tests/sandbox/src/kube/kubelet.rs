//! Restarted kubelets: for a while they do not know the pods that have kept running.

use std::collections::HashMap;

/// What kubelets know about pods, when they are asked for logs.
#[derive(Debug, Default)]
pub(crate) struct Kubelets {
    /// For each cluster, how many requests for each pod are answered before the kubelet knows it.
    unknown_for: HashMap<String, usize>,
    asked: HashMap<String, usize>,
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
}
