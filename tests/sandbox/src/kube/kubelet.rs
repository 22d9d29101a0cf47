//! Kubelets that were started anew: for a while they know nothing of pods that run all the time.

use std::collections::HashMap;

/// What kubelets know, for whoever asks them for logs.
#[derive(Debug, Default)]
pub(crate) struct Kubelets {
    /// For each cluster, how many requests for each pod are answered before the kubelet knows it.
    unknown_for: HashMap<String, usize>,
    asked: HashMap<String, usize>,
}

/// What a kubelet knows of a pod.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Knows {
    /// Not even that it is there.
    Nothing,
    /// That it is there, and not how its containers are.
    ThePod,
    /// All.
    All,
}

impl Kubelets {
    /// From now on the first requests for each pod of a cluster come too early.
    pub(crate) fn start(&mut self, cluster: &str, unknown_for: usize) {
        self.unknown_for.insert(cluster.to_owned(), unknown_for);
        self.asked.clear();
    }

    /// What is known of a pod when its log is asked for now.
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
