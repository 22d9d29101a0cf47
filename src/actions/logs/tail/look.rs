//! What the pod says about a container whose log has stopped.

use crate::actions::logs::tail::Tail;
use crate::actions::pods::Pods;
use crate::chain::call_error::CallError;
use crate::error::Result;
use crate::model::kube::pod::Pod;
use crate::net::kube::KubeFailure;

/// How a container is.
pub(crate) enum Look {
    /// It runs, after so many restarts.
    Running(i64),
    /// It does not run, and will.
    Between,
    /// It will write no more.
    Over,
    /// The pod is gone.
    Gone,
    /// The role may not see the pod.
    Hidden,
    /// The cluster did not say.
    Unknown,
}

impl Tail<'_> {
    /// What became of the container. The end of a stream does not tell: kubelets and proxies end them, too.
    pub(crate) async fn look(&self) -> Result<Look> {
        Ok(match Pods::of(self.cluster).get(&self.request.pod).await {
            Ok(pod) => look_at(&pod, self.request.container.as_deref()),
            Err(CallError::Chain(error)) => return Err(error),
            Err(CallError::Answer(KubeFailure::Status(404, _))) => Look::Gone,
            Err(CallError::Answer(KubeFailure::Status(403, _))) => Look::Hidden,
            Err(CallError::Answer(_)) => Look::Unknown,
        })
    }
}

fn look_at(pod: &Pod, container: Option<&str>) -> Look {
    if pod.is_over() {
        return Look::Over;
    }
    let only = || pod.status.container_statuses.first();
    let Some(status) = container.map_or_else(only, |name| pod.container(name)) else { return Look::Between };
    if status.state.running.is_some() {
        return Look::Running(status.restart_count);
    }
    let Some(ended) = &status.state.terminated else { return Look::Between };
    let init = pod.spec.init_containers.iter().find(|init| init.name == status.name);
    let good = ended.exit_code == 0;
    let starts_again = match init {
        Some(init) if init.is_sidecar() => true,
        Some(_) => !good && pod.spec.restart_policy != "Never",
        None => match pod.spec.restart_policy.as_str() {
            "Never" => false,
            "OnFailure" => !good,
            _ => true,
        },
    };
    if starts_again && pod.metadata.deletion_timestamp.is_none() { Look::Between } else { Look::Over }
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
        match look_at(&pod, Some("app")) {
            Look::Running(3) => "running",
            Look::Running(_) => "other",
            Look::Between => "between",
            Look::Over => "over",
            Look::Gone => "gone",
            Look::Hidden | Look::Unknown => "hidden",
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
