//! The targets of `logs`, and requests to the log subresource.

use jiff::Timestamp;

use crate::model::kube::pod::{Container, Pod};
use crate::model::kube::workload::Kind;

/// The annotation of a pod that names its default container.
const DEFAULT_CONTAINER: &str = "kubectl.kubernetes.io/default-container";

/// The kinds that have logs.
pub(crate) const KINDS: [Kind; 7] =
    [Kind::Pod, Kind::Deployment, Kind::StatefulSet, Kind::DaemonSet, Kind::ReplicaSet, Kind::Job, Kind::Service];

/// Selects containers of a pod.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) enum Containers {
    /// The one in the pod's annotation, else the first.
    #[default]
    Default,
    /// Init containers first.
    All,
    Named(Vec<String>),
}

impl Containers {
    /// The names of the selected containers.
    pub(crate) fn of(&self, pod: &Pod) -> Vec<String> {
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

/// A request to the log subresource. Timestamps are always requested.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct LogRequest {
    pub(crate) pod: String,
    /// Not needed if there is only one.
    pub(crate) container: Option<String>,
    pub(crate) follow: bool,
    /// The container's previous run.
    pub(crate) previous: bool,
    /// Only the last so many seconds, by the node's clock.
    pub(crate) since_seconds: Option<i64>,
    /// Only from here on.
    pub(crate) since_time: Option<Timestamp>,
    /// Only the last so many lines.
    pub(crate) tail_lines: Option<u64>,
}

impl LogRequest {
    pub(crate) fn query(&self) -> Vec<(&'static str, String)> {
        let mut query = vec![("timestamps", "true".to_owned())];
        query.extend(self.container.clone().map(|name| ("container", name)));
        for (key, on) in [("follow", self.follow), ("previous", self.previous)] {
            if on {
                query.push((key, "true".to_owned()));
            }
        }
        // The server refuses 0.
        query.extend(self.since_seconds.map(|seconds| ("sinceSeconds", seconds.max(1).to_string())));
        query.extend(self.since_time.map(|time| ("sinceTime", format!("{time:.0}"))));
        query.extend(self.tail_lines.map(|lines| ("tailLines", lines.to_string())));
        query
    }
}

/// The containers in the error for a request that did not name one.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Choices {
    pub(crate) own: Vec<String>,
    pub(crate) init: Vec<String>,
}

/// Parses the server's message.
pub(crate) fn choices(words: &str) -> Choices {
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
