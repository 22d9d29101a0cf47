//! Why a pod does not serve, and the command that shows more.

use crate::model::kube::pod::Pod;

/// Why a pod does not serve.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Obstacle {
    /// Follows the pod's name: `is in CrashLoopBackOff`.
    pub(crate) what: String,
    /// A command that shows more.
    pub(crate) next: Option<String>,
}

/// Longer messages of a server are cut.
const LONGEST: usize = 160;

impl Pod {
    /// Why the pod does not serve; `None` if it does.
    pub(crate) fn obstacle(&self, namespace: &str) -> Option<Obstacle> {
        let name = &self.metadata.name;
        let logs = |more: &str| Some(format!("nsaccess logs {name} -n {namespace}{more}"));
        let obstacle = |what: String, next: Option<String>| Some(Obstacle { what, next });
        let describe = || Some(format!("kubectl describe pod {name} -n {namespace}"));
        if self.is_terminating() {
            return Some(Obstacle::being_deleted());
        }
        if self.is_over() {
            return obstacle("has ended".to_owned(), logs(""));
        }
        let scheduled = self.condition("PodScheduled");
        if let Some(not) = scheduled.filter(|it| it.status == "False" && !it.reason.is_empty()) {
            return obstacle(format!("is Pending: no node takes it{}", words(&not.message)), describe());
        }
        match self.first_waiting() {
            Some(waiting) if is_restarting(&waiting.reason) => {
                obstacle(format!("is in {}", waiting.reason), logs(" --previous"))
            }
            Some(waiting) if !self.is_running() && is_starting(&waiting.reason) => {
                obstacle(format!("is Pending ({})", waiting.reason), describe())
            }
            Some(waiting) => obstacle(format!("is in {}{}", waiting.reason, words(&waiting.message)), describe()),
            None if !self.is_running() => obstacle("is Pending".to_owned(), describe()),
            None if !self.is_ready() => Some(Obstacle::not_ready(name, namespace)),
            None => None,
        }
    }
}

impl Obstacle {
    pub(crate) fn being_deleted() -> Self {
        Obstacle { what: "is being deleted".to_owned(), next: None }
    }

    /// Running, but not ready.
    pub(crate) fn not_ready(pod: &str, namespace: &str) -> Self {
        Obstacle { what: "is not ready".to_owned(), next: Some(format!("nsaccess logs {pod} -n {namespace}")) }
    }

    /// The reason, with the command that shows more.
    pub(crate) fn words(&self) -> String {
        match &self.next {
            Some(next) => format!("{} (try: {next})", self.what),
            None => self.what.clone(),
        }
    }
}

fn is_restarting(reason: &str) -> bool {
    reason == "CrashLoopBackOff"
}

/// What every container waits for when it starts.
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
    use serde_json::json;

    use super::*;
    use crate::model::kube::pod::Condition;

    fn pod(phase: &str, ready: bool, status: serde_json::Value) -> Pod {
        let mut pod: Pod =
            serde_json::from_value(json!({"metadata": {"name": "web-0"}, "status": status})).expect("a pod");
        phase.clone_into(&mut pod.status.phase);
        let status = if ready { "True" } else { "False" };
        pod.status.conditions.push(Condition { kind: "Ready".into(), status: status.into(), ..Condition::default() });
        pod
    }

    fn waiting(phase: &str, reason: &str, message: &str) -> Pod {
        let waiting = json!({"waiting": {"reason": reason, "message": message}});
        pod(phase, false, json!({"containerStatuses": [{"name": "app", "state": waiting}]}))
    }

    #[test]
    fn every_obstacle_has_its_command() {
        let mut going = pod("Running", true, json!({}));
        going.metadata.deletion_timestamp = Some(jiff::Timestamp::UNIX_EPOCH);
        let unscheduled = json!({"conditions": [{
            "type": "PodScheduled", "status": "False", "reason": "Unschedulable",
            "message": "0/3 nodes are available: 3 Insufficient cpu.",
        }]});
        for (pod, what, next) in [
            (going, "is being deleted", None),
            (pod("Failed", false, json!({})), "has ended", Some("nsaccess logs web-0 -n idp")),
            (
                pod("Pending", false, unscheduled),
                "is Pending: no node takes it (0/3 nodes are available: 3 Insufficient cpu.)",
                Some("kubectl describe pod web-0 -n idp"),
            ),
            (
                waiting("Running", "CrashLoopBackOff", "back-off 5m0s restarting"),
                "is in CrashLoopBackOff",
                Some("nsaccess logs web-0 -n idp --previous"),
            ),
            (
                waiting("Pending", "ErrImagePull", "not found\nmore"),
                "is in ErrImagePull (not found)",
                Some("kubectl describe pod web-0 -n idp"),
            ),
            (
                waiting("Pending", "ContainerCreating", ""),
                "is Pending (ContainerCreating)",
                Some("kubectl describe pod web-0 -n idp"),
            ),
            (pod("Pending", false, json!({})), "is Pending", Some("kubectl describe pod web-0 -n idp")),
            (pod("Running", false, json!({})), "is not ready", Some("nsaccess logs web-0 -n idp")),
        ] {
            let found = pod.obstacle("idp").unwrap_or_else(|| panic!("{what}"));
            assert_eq!((found.what.as_str(), found.next.as_deref()), (what, next));
        }
        assert_eq!(pod("Running", true, json!({})).obstacle("idp"), None);
    }

    #[test]
    fn long_messages_are_cut_between_characters() {
        let long = "é".repeat(500);
        assert_eq!(words(&long).chars().count(), LONGEST + " (…)".chars().count());
    }
}
