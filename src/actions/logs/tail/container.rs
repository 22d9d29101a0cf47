//! What the pod says about a container whose log has stopped.

use crate::actions::logs::tail::Tail;
use crate::actions::pods::Pods;
use crate::chain::call_error::CallError;
use crate::error::Result;
use crate::model::kube::pod::Pod;
use crate::net::kube::KubeFailure;

/// What a container whose log stopped is doing.
pub(crate) enum ContainerState {
    /// It runs, after so many restarts.
    Running(i64),
    /// It does not run, and will.
    Between,
    /// It will write no more.
    Over,
    Gone,
    /// The role may not see the pod.
    Hidden,
    /// The cluster did not say.
    Unknown,
}

impl Tail<'_> {
    /// What became of the container. The end of a stream does not tell: kubelets and proxies end them, too.
    pub(crate) async fn container_state(&self) -> Result<ContainerState> {
        Ok(match Pods::of(self.cluster).get(&self.request.pod).await {
            Ok(pod) => state_of(&pod, self.request.container.as_deref()),
            Err(CallError::Chain(error)) => return Err(error),
            Err(CallError::Answer(KubeFailure::Status(404, _))) => ContainerState::Gone,
            Err(CallError::Answer(KubeFailure::Status(403, _))) => ContainerState::Hidden,
            Err(CallError::Answer(_)) => ContainerState::Unknown,
        })
    }
}

fn state_of(pod: &Pod, container: Option<&str>) -> ContainerState {
    if pod.is_over() {
        return ContainerState::Over;
    }
    let only = || pod.status.container_statuses.first();
    let Some(status) = container.map_or_else(only, |name| pod.container(name)) else { return ContainerState::Between };
    if status.state.running.is_some() {
        return ContainerState::Running(status.restart_count);
    }
    let Some(ended) = &status.state.terminated else { return ContainerState::Between };
    let init = pod.spec.init_containers.iter().find(|init| init.name == status.name);
    let good = ended.exit_code == 0;
    let is_ephemeral = pod.spec.ephemeral_containers.iter().any(|found| found.name == status.name);
    let starts_again = match init {
        _ if is_ephemeral => false,
        Some(init) if init.is_sidecar() => true,
        Some(_) => !good && pod.spec.restart_policy != "Never",
        None => match pod.spec.restart_policy.as_str() {
            "Never" => false,
            "OnFailure" => !good,
            _ => true,
        },
    };
    if starts_again && pod.metadata.deletion_timestamp.is_none() {
        ContainerState::Between
    } else {
        ContainerState::Over
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn look(policy: &str, state: serde_json::Value, phase: &str) -> &'static str {
        let pod: Pod = serde_json::from_value(json!({
            "spec": {"restartPolicy": policy, "containers": [{"name": "app"}]},
            "status": {"phase": phase, "containerStatuses": [{"name": "app", "restartCount": 3, "state": state}]},
        }))
        .expect("a pod");
        match state_of(&pod, Some("app")) {
            ContainerState::Running(3) => "running",
            ContainerState::Running(_) => "other",
            ContainerState::Between => "between",
            ContainerState::Over => "over",
            ContainerState::Gone => "gone",
            ContainerState::Hidden | ContainerState::Unknown => "hidden",
        }
    }

    #[test]
    fn only_a_container_that_never_starts_again_is_over() {
        let (good, bad) = (json!({"terminated": {"exitCode": 0}}), json!({"terminated": {"exitCode": 1}}));
        for (policy, state, phase, expected) in [
            ("Always", json!({"running": {}}), "Running", "running"),
            ("Always", good.clone(), "Running", "between"),
            ("Always", json!({"waiting": {"reason": "CrashLoopBackOff"}}), "Running", "between"),
            ("OnFailure", bad.clone(), "Running", "between"),
            ("OnFailure", good.clone(), "Running", "over"),
            ("Never", bad, "Running", "over"),
            ("Never", good, "Succeeded", "over"),
        ] {
            assert_eq!(look(policy, state.clone(), phase), expected, "{policy} {state}");
        }
    }
}
