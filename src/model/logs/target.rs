//! What `logs` is asked for: targets as people type them, and requests to the log subresource.

use jiff::Timestamp;

use crate::model::kube::pod::{Container, Pod};

/// The annotation by which a pod names the container that people mean.
const DEFAULT_CONTAINER: &str = "kubectl.kubernetes.io/default-container";

/// What owns the pods whose logs are wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Workload {
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
    /// `svc/x`
    Service,
}

/// A target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LogTarget {
    /// A pod by name.
    Pod(String),
    /// The pods of something.
    Of(Workload, String),
}

impl Workload {
    /// Where its API is, and its plural.
    pub fn api(self) -> (&'static str, &'static str) {
        match self {
            Workload::Deployment => ("apis/apps/v1", "deployments"),
            Workload::StatefulSet => ("apis/apps/v1", "statefulsets"),
            Workload::DaemonSet => ("apis/apps/v1", "daemonsets"),
            Workload::ReplicaSet => ("apis/apps/v1", "replicasets"),
            Workload::Job => ("apis/batch/v1", "jobs"),
            Workload::Service => ("api/v1", "services"),
        }
    }

    /// Its API group.
    pub fn group(self) -> &'static str {
        match self {
            Workload::Service => "",
            Workload::Job => "batch",
            _ => "apps",
        }
    }

    /// The word that a person types before the slash.
    pub fn short(self) -> &'static str {
        match self {
            Workload::Deployment => "deploy",
            Workload::StatefulSet => "sts",
            Workload::DaemonSet => "ds",
            Workload::ReplicaSet => "rs",
            Workload::Job => "job",
            Workload::Service => "svc",
        }
    }
}

/// Reads `web-1`, `pod/web-1`, `deploy/web`, `deployment.apps/web`, …
///
/// # Errors
/// Why it is no target.
pub fn parse(text: &str) -> Result<LogTarget, String> {
    let Some((kind, name)) = text.split_once('/') else {
        return object_name(text).map(LogTarget::Pod);
    };
    let name = object_name(name)?;
    let kind = kind.to_ascii_lowercase();
    let workload = match kind.split('.').next().unwrap_or_default() {
        "pod" | "pods" | "po" => return Ok(LogTarget::Pod(name)),
        "deployment" | "deployments" | "deploy" => Workload::Deployment,
        "statefulset" | "statefulsets" | "sts" => Workload::StatefulSet,
        "daemonset" | "daemonsets" | "ds" => Workload::DaemonSet,
        "replicaset" | "replicasets" | "rs" => Workload::ReplicaSet,
        "job" | "jobs" => Workload::Job,
        "service" | "services" | "svc" => Workload::Service,
        _ => return Err(format!("{kind:?} is none of pod, deploy, sts, ds, rs, job, svc")),
    };
    Ok(LogTarget::Of(workload, name))
}

/// A name that an object can have: an RFC 1123 subdomain.
///
/// # Errors
/// Why none can.
pub fn object_name(name: &str) -> Result<String, String> {
    let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '.';
    let ends = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric());
    if name.len() > 253 || !name.chars().all(allowed) || !ends(name.chars().next()) || !ends(name.chars().last()) {
        return Err(format!("{name:?} is no name of an object (a-z, 0-9, '-' and '.')"));
    }
    Ok(name.to_owned())
}

/// Which containers of a pod.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Containers {
    /// The one that the pod names, else its first.
    #[default]
    Default,
    /// All, the init containers first.
    All,
    /// These.
    Named(Vec<String>),
}

impl Containers {
    /// The names of the containers of a pod that are meant.
    pub fn of(&self, pod: &Pod) -> Vec<String> {
        let spec = &pod.spec;
        let names = |list: &[Container]| list.iter().map(|container| container.name.clone()).collect::<Vec<_>>();
        match self {
            Containers::All => [names(&spec.init_containers), names(&spec.containers)].concat(),
            Containers::Named(wanted) => {
                let known = [names(&spec.init_containers), names(&spec.containers)].concat();
                wanted.iter().filter(|name| known.contains(name)).cloned().collect()
            }
            Containers::Default => {
                let annotated = pod.metadata.annotations.get(DEFAULT_CONTAINER);
                let annotated = annotated.filter(|name| spec.containers.iter().any(|found| found.name == **name));
                let first = || spec.containers.first().map(|container| container.name.clone());
                annotated.cloned().or_else(first).into_iter().collect()
            }
        }
    }
}

/// A request to the log subresource; timestamps are always asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LogRequest {
    /// The pod.
    pub pod: String,
    /// Not needed where there is one only.
    pub container: Option<String>,
    /// Stay.
    pub follow: bool,
    /// The container's run before this one.
    pub previous: bool,
    /// Only the last so many seconds, by the node's clock.
    pub since_seconds: Option<i64>,
    /// Only from here on.
    pub since_time: Option<Timestamp>,
    /// Only the last so many lines.
    pub tail_lines: Option<u64>,
}

impl LogRequest {
    /// The query.
    pub fn query(&self) -> Vec<(&'static str, String)> {
        let mut query = vec![("timestamps", "true".to_owned())];
        query.extend(self.container.clone().map(|name| ("container", name)));
        for (key, on) in [("follow", self.follow), ("previous", self.previous)] {
            if on {
                query.push((key, "true".to_owned()));
            }
        }
        // 0 is refused by the server, and a second is as good.
        query.extend(self.since_seconds.map(|seconds| ("sinceSeconds", seconds.max(1).to_string())));
        query.extend(self.since_time.map(|time| ("sinceTime", format!("{time:.0}"))));
        query.extend(self.tail_lines.map(|lines| ("tailLines", lines.to_string())));
        query
    }
}

/// What a server names when it was asked for a log without saying of which container.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Choices {
    /// The containers.
    pub own: Vec<String>,
    /// The init containers.
    pub init: Vec<String>,
}

/// Reads a server's words.
pub fn choices(words: &str) -> Choices {
    let list = |after: &str| -> Vec<String> {
        let list = words.split_once(after).and_then(|(_, list)| list.split(']').next());
        list.unwrap_or_default().split_whitespace().map(str::to_owned).collect()
    };
    Choices { own: list("choose one of: ["), init: list("one of the init containers: [") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn targets_are_read_as_kubectl_prints_them() {
        for (text, target) in [
            ("web-1", LogTarget::Pod("web-1".into())),
            ("pod/web-1", LogTarget::Pod("web-1".into())),
            ("Deploy/web", LogTarget::Of(Workload::Deployment, "web".into())),
            ("deployment.apps/web", LogTarget::Of(Workload::Deployment, "web".into())),
            ("sts/db", LogTarget::Of(Workload::StatefulSet, "db".into())),
            ("svc/web", LogTarget::Of(Workload::Service, "web".into())),
            ("job/once", LogTarget::Of(Workload::Job, "once".into())),
        ] {
            assert_eq!(parse(text), Ok(target), "{text}");
        }
        for text in ["", "node/x", "deploy/", "deploy/a/b", "Web", "a b", "-a", "../x", &"a".repeat(254)] {
            assert!(parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn the_default_container_is_the_named_or_the_first() {
        let pod = |annotated: &str| -> Pod {
            serde_json::from_value(json!({
                "metadata": {"annotations": {DEFAULT_CONTAINER: annotated}},
                "spec": {"initContainers": [{"name": "setup"}], "containers": [{"name": "app"}, {"name": "mesh"}]},
            }))
            .expect("a pod")
        };
        assert_eq!(Containers::Default.of(&pod("mesh")), ["mesh"]);
        assert_eq!(Containers::Default.of(&pod("gone")), ["app"]);
        assert_eq!(Containers::All.of(&pod("")), ["setup", "app", "mesh"]);
        assert_eq!(Containers::Named(vec!["mesh".into(), "nope".into()]).of(&pod("")), ["mesh"]);
    }

    #[test]
    fn requests_always_want_timestamps_and_never_zero_seconds() {
        let request = LogRequest { since_seconds: Some(0), follow: true, ..LogRequest::default() };
        let query: Vec<String> = request.query().iter().map(|(key, value)| format!("{key}={value}")).collect();
        assert_eq!(query, ["timestamps=true", "follow=true", "sinceSeconds=1"]);
        let since = "2026-11-22T00:00:00.987Z".parse().expect("a time");
        let request = LogRequest { since_time: Some(since), ..LogRequest::default() };
        assert_eq!(request.query()[1].1, "2026-11-22T00:00:00Z");
    }

    #[test]
    fn the_server_names_its_containers() {
        let words = "a container name must be specified for pod web, choose one of: [app mesh] or one of the init containers: [setup]";
        let own = vec!["app".to_owned(), "mesh".to_owned()];
        assert_eq!(choices(words), Choices { own, init: vec!["setup".to_owned()] });
        assert_eq!(choices("something else"), Choices::default());
    }
}
