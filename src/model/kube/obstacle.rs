//! What keeps a pod from serving, and the command that says more.

use crate::model::kube::pods::PodFacts;

/// A container that does not run, and what it waits for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiting {
    /// `CrashLoopBackOff`, `ErrImagePull`, …
    pub reason: String,
    /// The kubelet's words.
    pub message: String,
}

/// Why nobody serves in a pod.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Obstacle {
    /// What is the matter, as it goes on after the pod's name: `is in CrashLoopBackOff`.
    pub what: String,
    /// The command that says more, if there is one that does.
    pub next: Option<String>,
}

/// Words of a server are longer than a line has room for.
const LONGEST: usize = 160;

impl PodFacts {
    /// What keeps it from serving; nothing when it is good.
    pub fn obstacle(&self, namespace: &str) -> Option<Obstacle> {
        let name = &self.name;
        let logs = |more: &str| Some(format!("nsaccess logs {name} -n {namespace}{more}"));
        let obstacle = |what: String, next: Option<String>| Some(Obstacle { what, next });
        let describe = || Some(format!("kubectl describe pod {name} -n {namespace}"));
        if self.terminating {
            return obstacle("is being deleted".to_owned(), None);
        }
        if self.finished {
            return obstacle("has ended".to_owned(), logs(""));
        }
        if let Some(why) = &self.unschedulable {
            return obstacle(format!("is Pending: no node takes it{}", words(why)), describe());
        }
        match &self.waiting {
            Some(waiting) if is_restarting(&waiting.reason) => {
                obstacle(format!("is in {}", waiting.reason), logs(" --previous"))
            }
            Some(waiting) if !self.running && is_starting(&waiting.reason) => {
                obstacle(format!("is Pending ({})", waiting.reason), describe())
            }
            Some(waiting) => obstacle(format!("is in {}{}", waiting.reason, words(&waiting.message)), describe()),
            None if !self.running => obstacle("is Pending".to_owned(), describe()),
            None if !self.ready => obstacle("is not ready".to_owned(), logs("")),
            None => None,
        }
    }
}

impl Obstacle {
    /// The matter, with the command that says more.
    pub fn words(&self) -> String {
        match &self.next {
            Some(next) => format!("{} (try: {next})", self.what),
            None => self.what.clone(),
        }
    }
}

/// A container that ended, again and again.
fn is_restarting(reason: &str) -> bool {
    reason == "CrashLoopBackOff"
}

/// What every container waits for at first.
fn is_starting(reason: &str) -> bool {
    matches!(reason, "ContainerCreating" | "PodInitializing" | "")
}

fn words(text: &str) -> String {
    let line = text.lines().next().unwrap_or_default().trim();
    match line.char_indices().nth(LONGEST) {
        Some((end, _)) => format!(" ({}…)", &line[..end]),
        None if line.is_empty() => String::new(),
        None => format!(" ({line})"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn waiting(reason: &str, message: &str) -> Option<Waiting> {
        Some(Waiting { reason: reason.into(), message: message.into() })
    }

    #[test]
    fn every_state_is_named_with_what_to_do_next() {
        let pending = PodFacts { name: "web-0".into(), ..PodFacts::default() };
        let running = PodFacts { running: true, ..pending.clone() };
        let nodes = Some("0/3 nodes are available: 3 Insufficient cpu.".to_owned());
        for (pod, what, next) in [
            (PodFacts { terminating: true, ready: true, ..running.clone() }, "is being deleted", None),
            (PodFacts { finished: true, ..pending.clone() }, "has ended", Some("nsaccess logs web-0 -n idp")),
            (
                PodFacts { unschedulable: nodes, ..pending.clone() },
                "is Pending: no node takes it (0/3 nodes are available: 3 Insufficient cpu.)",
                Some("kubectl describe pod web-0 -n idp"),
            ),
            (
                PodFacts { waiting: waiting("CrashLoopBackOff", "back-off 5m0s restarting"), ..running.clone() },
                "is in CrashLoopBackOff",
                Some("nsaccess logs web-0 -n idp --previous"),
            ),
            (
                PodFacts { waiting: waiting("ErrImagePull", "not found\nmore"), ..pending.clone() },
                "is in ErrImagePull (not found)",
                Some("kubectl describe pod web-0 -n idp"),
            ),
            (
                PodFacts { waiting: waiting("ContainerCreating", ""), ..pending.clone() },
                "is Pending (ContainerCreating)",
                Some("kubectl describe pod web-0 -n idp"),
            ),
            (pending, "is Pending", Some("kubectl describe pod web-0 -n idp")),
            (running.clone(), "is not ready", Some("nsaccess logs web-0 -n idp")),
        ] {
            let found = pod.obstacle("idp").unwrap_or_else(|| panic!("{what}"));
            assert_eq!((found.what.as_str(), found.next.as_deref()), (what, next));
        }
        assert_eq!(PodFacts { ready: true, ..running }.obstacle("idp"), None);
    }

    #[test]
    fn long_words_are_cut_between_characters() {
        let long = "é".repeat(500);
        assert_eq!(words(&long).chars().count(), LONGEST + " (…)".chars().count());
    }
}
