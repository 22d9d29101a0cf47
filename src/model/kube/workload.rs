//! A workload as people type it: `web-0`, `pod/web-0`, `deploy/web`, `Deployment.apps/web`, `svc/web`. It means the same in
//! every verb; each verb says which kinds it accepts.

use std::fmt;

use serde_json::Value;

use crate::model::kube::pod::Pod;
use crate::model::kube::resources;
use crate::model::kube::role_rule::Rule;

/// A kind of workload.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// `pod/x`
    Pod,
    /// `svc/x`
    Service,
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
    /// `sa/x`
    ServiceAccount,
}

const ALL: [Kind; 9] = [
    Kind::Pod,
    Kind::Service,
    Kind::Deployment,
    Kind::StatefulSet,
    Kind::DaemonSet,
    Kind::ReplicaSet,
    Kind::Job,
    Kind::CronJob,
    Kind::ServiceAccount,
];

impl Kind {
    /// The name in API paths and in rules.
    pub(crate) fn plural(self) -> &'static str {
        match self {
            Kind::Pod => "pods",
            Kind::Service => "services",
            Kind::Deployment => "deployments",
            Kind::StatefulSet => "statefulsets",
            Kind::DaemonSet => "daemonsets",
            Kind::ReplicaSet => "replicasets",
            Kind::Job => "jobs",
            Kind::CronJob => "cronjobs",
            Kind::ServiceAccount => "serviceaccounts",
        }
    }

    /// Empty for the core group.
    pub(crate) fn group(self) -> &'static str {
        match self {
            Kind::Pod | Kind::Service | Kind::ServiceAccount => "",
            Kind::Deployment | Kind::StatefulSet | Kind::DaemonSet | Kind::ReplicaSet => "apps",
            Kind::Job | Kind::CronJob => "batch",
        }
    }

    /// The path of the API.
    pub(crate) fn api(self) -> &'static str {
        match self.group() {
            "apps" => "apis/apps/v1",
            "batch" => "apis/batch/v1",
            _ => "api/v1",
        }
    }

    /// As displayed before the slash.
    pub(crate) fn short(self) -> &'static str {
        match self {
            Kind::Pod => "pod",
            Kind::Service => "svc",
            Kind::Deployment => "deploy",
            Kind::StatefulSet => "sts",
            Kind::DaemonSet => "ds",
            Kind::ReplicaSet => "rs",
            Kind::Job => "job",
            Kind::CronJob => "cronjob",
            Kind::ServiceAccount => "sa",
        }
    }

    /// As kubectl writes it before a quoted name: `deployment "web"`.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Kind::Pod => "pod",
            Kind::Service => "service",
            Kind::Deployment => "deployment",
            Kind::StatefulSet => "statefulset",
            Kind::DaemonSet => "daemonset",
            Kind::ReplicaSet => "replicaset",
            Kind::Job => "job",
            Kind::CronJob => "cronjob",
            Kind::ServiceAccount => "service account",
        }
    }

    pub(crate) fn rule(self, verbs: &[&str]) -> Rule {
        Rule::new(self.group(), self.plural(), verbs)
    }

    /// By any of its names: `svc`, `Services`.
    pub(crate) fn parse(typed: &str) -> Option<Kind> {
        let found = resources::built_in(typed)?;
        ALL.into_iter().find(|kind| kind.plural() == found.plural && kind.group() == found.group)
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Workload {
    pub(crate) kind: Kind,
    pub(crate) name: String,
}

impl Workload {
    /// Parses a workload of one of these kinds. A name without a kind is a pod's.
    pub(crate) fn parse(text: &str, kinds: &[Kind]) -> Result<Self, String> {
        let (typed, name) = text.split_once('/').unwrap_or(("pod", text));
        match Kind::parse(typed).filter(|kind| kinds.contains(kind)) {
            Some(kind) => Ok(Workload { kind, name: object_name(name)? }),
            None => Err(format!("expected {}, not {typed:?}", listed(kinds))),
        }
    }

    pub(crate) fn pod(name: impl Into<String>) -> Self {
        Workload { kind: Kind::Pod, name: name.into() }
    }

    pub(crate) fn service_account(name: impl Into<String>) -> Self {
        Workload { kind: Kind::ServiceAccount, name: name.into() }
    }

    /// `deployment "web"`, for a sentence.
    pub(crate) fn quoted(&self) -> String {
        format!("{} {:?}", self.kind.word(), self.name)
    }

    /// The pod template in the workload's object.
    pub(crate) fn template<'a>(&self, object: &'a Value) -> &'a Value {
        match self.kind {
            Kind::Pod => object,
            Kind::CronJob => &object["spec"]["jobTemplate"]["spec"]["template"],
            _ => &object["spec"]["template"],
        }
    }

    /// Whether a pod belongs to the workload, by the pod's owner or service account. A Deployment owns pods through
    /// ReplicaSets and a CronJob through Jobs, whose names add one word to its own. The pods of a service are in its
    /// endpoints.
    pub(crate) fn owns(&self, pod: &Pod) -> bool {
        let (kind, owner) = pod.owner().unwrap_or_default();
        let is = |owning: &str| kind == owning && owner == self.name;
        let one_word_more = |owning: &str| {
            let word = owner.strip_prefix(self.name.as_str()).and_then(|rest| rest.strip_prefix('-'));
            kind == owning && word.is_some_and(|word| !word.contains('-'))
        };
        match self.kind {
            Kind::Pod => pod.metadata.name == self.name,
            Kind::ServiceAccount => pod.spec.service_account_name == self.name,
            Kind::Deployment => one_word_more("ReplicaSet"),
            Kind::CronJob => one_word_more("Job"),
            Kind::StatefulSet => is("StatefulSet"),
            Kind::DaemonSet => is("DaemonSet"),
            Kind::ReplicaSet => is("ReplicaSet"),
            Kind::Job => is("Job"),
            Kind::Service => false,
        }
    }

    /// The name of the newest pod, running ones first: during a rollout, the one that stays.
    pub(crate) fn newest_pod<'a>(&self, pods: impl IntoIterator<Item = &'a Pod>) -> Option<String> {
        let own = pods.into_iter().filter(|pod| self.owns(pod));
        let newest = own.max_by_key(|pod| (!pod.is_over(), pod.metadata.creation_timestamp));
        newest.map(|pod| pod.metadata.name.clone())
    }
}

impl fmt::Display for Workload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.kind.short(), self.name)
    }
}

/// `pod, svc or sts`.
fn listed(kinds: &[Kind]) -> String {
    let words: Vec<&str> = kinds.iter().map(|kind| kind.short()).collect();
    match words.split_last() {
        Some((last, [])) => (*last).to_owned(),
        Some((last, others)) => format!("{} or {last}", others.join(", ")),
        None => String::new(),
    }
}

/// Checks an object's name: an RFC 1123 subdomain.
pub(crate) fn object_name(name: &str) -> Result<String, String> {
    let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '.';
    let ends = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric());
    if name.len() > 253 || !name.chars().all(allowed) || !ends(name.chars().next()) || !ends(name.chars().last()) {
        return Err(format!("{name:?} cannot be an object's name: those are of a-z, 0-9, '-' and '.'"));
    }
    Ok(name.to_owned())
}

#[cfg(test)]
#[path = "workload_tests.rs"]
mod tests;
