//! Whose role is wanted, as people type it.

use std::fmt;

use serde_json::Value;

use crate::model::kube::pod::Pod;
use crate::model::logs::target::object_name;

/// What has the role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum IrsaTarget {
    /// A pod by name.
    Pod(String),
    /// What makes pods.
    Of(Controller, String),
    /// A service account.
    ServiceAccount(String),
}

/// What makes pods out of a template.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Controller {
    /// `deploy/x`
    Deployment,
    /// `sts/x`
    StatefulSet,
    /// `ds/x`
    DaemonSet,
    /// `rs/x`
    ReplicaSet,
    /// `job/x`
    Job,
    /// `cronjob/x`
    CronJob,
}

/// The sorts of target, for messages.
const SORTS: &str = "pod, deploy, sts, ds, rs, job, cronjob, sa";

impl IrsaTarget {
    /// Reads `web-1`, `pod/web-1`, `deploy/web`, `sa/web`, …
    ///
    /// # Errors
    /// Why it is no target.
    pub fn parse(text: &str) -> Result<Self, String> {
        let Some((kind, name)) = text.split_once('/') else {
            return object_name(text).map(IrsaTarget::Pod);
        };
        let name = object_name(name)?;
        let kind = kind.to_ascii_lowercase();
        let controller = match kind.split('.').next().unwrap_or_default() {
            "pod" | "pods" | "po" => return Ok(IrsaTarget::Pod(name)),
            "serviceaccount" | "serviceaccounts" | "sa" => return Ok(IrsaTarget::ServiceAccount(name)),
            "deployment" | "deployments" | "deploy" => Controller::Deployment,
            "statefulset" | "statefulsets" | "sts" => Controller::StatefulSet,
            "daemonset" | "daemonsets" | "ds" => Controller::DaemonSet,
            "replicaset" | "replicasets" | "rs" => Controller::ReplicaSet,
            "job" | "jobs" => Controller::Job,
            "cronjob" | "cronjobs" | "cj" => Controller::CronJob,
            _ => return Err(format!("{kind:?} is none of {SORTS}")),
        };
        Ok(IrsaTarget::Of(controller, name))
    }
}

impl fmt::Display for IrsaTarget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            IrsaTarget::Pod(name) => write!(f, "pod/{name}"),
            IrsaTarget::Of(controller, name) => write!(f, "{}/{name}", controller.short()),
            IrsaTarget::ServiceAccount(name) => write!(f, "sa/{name}"),
        }
    }
}

impl Controller {
    /// Where its API is, and its plural.
    pub fn api(self) -> (&'static str, &'static str) {
        match self {
            Controller::Deployment => ("apis/apps/v1", "deployments"),
            Controller::StatefulSet => ("apis/apps/v1", "statefulsets"),
            Controller::DaemonSet => ("apis/apps/v1", "daemonsets"),
            Controller::ReplicaSet => ("apis/apps/v1", "replicasets"),
            Controller::Job => ("apis/batch/v1", "jobs"),
            Controller::CronJob => ("apis/batch/v1", "cronjobs"),
        }
    }

    /// Its API group.
    pub fn group(self) -> &'static str {
        match self {
            Controller::Job | Controller::CronJob => "batch",
            _ => "apps",
        }
    }

    /// The word that a person types before the slash.
    pub fn short(self) -> &'static str {
        match self {
            Controller::Deployment => "deploy",
            Controller::StatefulSet => "sts",
            Controller::DaemonSet => "ds",
            Controller::ReplicaSet => "rs",
            Controller::Job => "job",
            Controller::CronJob => "cronjob",
        }
    }

    /// The template of its pods in the object.
    pub fn template(self, object: &Value) -> &Value {
        match self {
            Controller::CronJob => &object["spec"]["jobTemplate"]["spec"]["template"],
            _ => &object["spec"]["template"],
        }
    }

    /// Whether a pod comes from the one of this name, by its owner: a Deployment owns through ReplicaSets and a CronJob
    /// through Jobs, which are called after it with one word more.
    pub fn owns(self, name: &str, pod: &Pod) -> bool {
        let Some(owner) = pod.owner() else { return false };
        let Some((kind, owner)) = owner.split_once('/') else { return false };
        let one_word_more =
            || owner.strip_prefix(name).and_then(|rest| rest.strip_prefix('-')).is_some_and(|word| !word.contains('-'));
        match self {
            Controller::Deployment => kind == "ReplicaSet" && one_word_more(),
            Controller::CronJob => kind == "Job" && one_word_more(),
            Controller::StatefulSet => kind == "StatefulSet" && owner == name,
            Controller::DaemonSet => kind == "DaemonSet" && owner == name,
            Controller::ReplicaSet => kind == "ReplicaSet" && owner == name,
            Controller::Job => kind == "Job" && owner == name,
        }
    }
}

/// The name of the newest of the pods that fit, of those that still run first: during a rollout it has the role that
/// counts from now on.
pub fn newest(pods: Vec<Pod>, fits: impl Fn(&Pod) -> bool) -> Option<String> {
    let fitting = pods.into_iter().filter(|pod| fits(pod));
    let best = fitting.max_by_key(|pod| (!pod.is_over(), pod.metadata.creation_timestamp));
    best.map(|pod| pod.metadata.name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn targets_are_read_and_written() {
        for (text, shown) in [
            ("web-1", "pod/web-1"),
            ("po/web-1", "pod/web-1"),
            ("Deployment.apps/web", "deploy/web"),
            ("sts/db", "sts/db"),
            ("job/once", "job/once"),
            ("cj/nightly", "cronjob/nightly"),
            ("ds/agent", "ds/agent"),
            ("rs/web-7d4", "rs/web-7d4"),
            ("serviceaccount/web.v2", "sa/web.v2"),
        ] {
            assert_eq!(IrsaTarget::parse(text).map(|target| target.to_string()).as_deref(), Ok(shown), "{text}");
        }
        for text in
            ["", " ", "svc/x", "node/x", "deploy/", "/x", "deploy/a/b", "Web", "a b", "../x", "sa/..", "deploy/a b"]
        {
            assert!(IrsaTarget::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn pods_are_known_by_their_owner() {
        let pod = |owner: &str| -> Pod {
            let (kind, name) = owner.split_once('/').expect("kind/name");
            let owners = json!([{"kind": kind, "name": name, "controller": true}]);
            serde_json::from_value(json!({"metadata": {"ownerReferences": owners}})).expect("a pod")
        };
        for (controller, name, owner, owned) in [
            (Controller::Deployment, "web", "ReplicaSet/web-7d4b9c6f58", true),
            (Controller::Deployment, "web", "ReplicaSet/web-api-7d4b9c6f58", false),
            (Controller::Deployment, "web", "ReplicaSet/web", false),
            (Controller::Deployment, "web", "StatefulSet/web-x", false),
            (Controller::StatefulSet, "db", "StatefulSet/db", true),
            (Controller::Job, "once", "Job/once", true),
            (Controller::CronJob, "nightly", "Job/nightly-28811", true),
            (Controller::CronJob, "nightly", "Job/nightly", false),
        ] {
            assert_eq!(controller.owns(name, &pod(owner)), owned, "{controller:?} {name} {owner}");
        }
        assert!(!Controller::Job.owns("once", &Pod::default()));
    }

    #[test]
    fn the_newest_pod_that_runs_comes_first() {
        let pod = |name: &str, hour: u32, phase: &str| -> Pod {
            let created = format!("2026-10-05T{hour:02}:00:00Z");
            let metadata = json!({"name": name, "creationTimestamp": created});
            serde_json::from_value(json!({"metadata": metadata, "status": {"phase": phase}})).expect("a pod")
        };
        let pods = || {
            vec![pod("old", 1, "Running"), pod("new", 3, "Running"), pod("mid", 2, "Running"), pod("over", 4, "Failed")]
        };
        assert_eq!(newest(pods(), |_| true).as_deref(), Some("new"));
        assert_eq!(newest(pods(), |pod| pod.metadata.name == "over").as_deref(), Some("over"));
        assert_eq!(newest(pods(), |_| false), None);
    }

    #[test]
    fn every_controller_has_its_template_where_kubernetes_has_it() {
        let plain = json!({"spec": {"template": {"spec": "it"}}});
        let cron = json!({"spec": {"jobTemplate": {"spec": {"template": {"spec": "it"}}}}});
        assert_eq!(Controller::Job.template(&plain)["spec"], "it");
        assert_eq!(Controller::CronJob.template(&cron)["spec"], "it");
    }
}
