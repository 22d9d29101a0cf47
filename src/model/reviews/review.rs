//! Questions to a cluster about our permissions, and their answers.

use crate::model::kube::role_rule::Rule;

/// The question of a SelfSubjectAccessReview.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Question {
    /// `get`, `list`, `create`, …
    pub(crate) verb: &'static str,
    /// API group; empty for the core group.
    pub(crate) group: &'static str,
    /// `pods`, `services`, …
    pub(crate) resource: &'static str,
    /// `portforward`, `log`, …
    pub(crate) subresource: Option<&'static str>,
}

/// The answer to a question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Verdict {
    Allowed,
    /// With the authorizer's reason, if it gave one.
    Denied(Option<String>),
    /// An authorizer failed, or the call did.
    Unknown(String),
}

/// Our identity in the cluster, from its authenticator.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct ClusterIdentity {
    pub(crate) username: String,
    /// On EKS `aws-iam-authenticator:<account>:<role id>`.
    pub(crate) uid: Option<String>,
    pub(crate) groups: Vec<String>,
    /// On EKS `arn`, `canonicalArn`, `sessionName`, `principalId`, `accessKeyId`.
    pub(crate) extra: std::collections::BTreeMap<String, Vec<String>>,
}

/// A rule of ours, as an authorizer lists it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct ListedRule {
    pub(crate) groups: Vec<String>,
    /// Including subresources.
    pub(crate) resources: Vec<String>,
    /// If not empty, only these objects.
    pub(crate) names: Vec<String>,
    /// Non-resource paths.
    pub(crate) paths: Vec<String>,
    pub(crate) verbs: Vec<String>,
}

/// A SelfSubjectRulesReview.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct ListedRules {
    pub(crate) rules: Vec<ListedRule>,
    /// Whether an authorizer could not list its rules; always true on EKS.
    pub(crate) incomplete: bool,
    /// The server's message.
    pub(crate) why: Option<String>,
}

impl ListedRule {
    /// Whether the rule allows it for all objects.
    pub(crate) fn allows(&self, question: Question) -> bool {
        let any = |list: &[String], wanted: &str| list.iter().any(|item| item == "*" || item == wanted);
        let full = match question.subresource {
            Some(subresource) => format!("{}/{subresource}", question.resource),
            None => question.resource.to_owned(),
        };
        let every = question.subresource.map(|subresource| format!("*/{subresource}"));
        let resource = any(&self.resources, &full) || every.is_some_and(|every| self.resources.contains(&every));
        self.names.is_empty() && resource && any(&self.groups, question.group) && any(&self.verbs, question.verb)
    }
}

/// Every namespace role allows this.
pub(crate) const GET_PODS: Question = Question { verb: "get", group: "", resource: "pods", subresource: None };
pub(crate) const LIST_PODS: Question = Question { verb: "list", group: "", resource: "pods", subresource: None };
pub(crate) const GET_SERVICES: Question = Question { verb: "get", group: "", resource: "services", subresource: None };
/// Port-forward by SPDY over POST, for every server version.
pub(crate) const CREATE_PORT_FORWARD: Question =
    Question { verb: "create", group: "", resource: "pods", subresource: Some("portforward") };
/// Port-forward over a WebSocket: sufficient up to 1.34; from 1.35 on, `create` is also needed (kubernetes#134577).
pub(crate) const GET_PORT_FORWARD: Question =
    Question { verb: "get", group: "", resource: "pods", subresource: Some("portforward") };

/// The questions of `login`.
pub(crate) const LOGIN_QUESTIONS: [Question; 5] =
    [GET_PODS, LIST_PODS, GET_SERVICES, CREATE_PORT_FORWARD, GET_PORT_FORWARD];

impl Question {
    pub(crate) fn rule(&self) -> Rule {
        let resource = match self.subresource {
            Some(subresource) => format!("{}/{subresource}", self.resource),
            None => self.resource.to_owned(),
        };
        Rule::new(self.group, &resource, &[self.verb])
    }
}

impl std::fmt::Display for Question {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.verb, self.resource)?;
        match self.subresource {
            Some(subresource) => write!(f, "/{subresource}"),
            None => Ok(()),
        }
    }
}

impl Verdict {
    pub(crate) fn is_allowed(&self) -> bool {
        *self == Verdict::Allowed
    }

    /// As documents have it: `None` if the cluster could not say.
    pub(crate) fn allowed(&self) -> Option<bool> {
        match self {
            Verdict::Allowed => Some(true),
            Verdict::Denied(_) => Some(false),
            Verdict::Unknown(_) => None,
        }
    }
}

/// Whether and how port-forward works with these answers on a server of this minor version, if known.
pub(crate) fn port_forward(create: &Verdict, get: &Verdict, minor: Option<u32>) -> (bool, &'static str) {
    match (create.is_allowed(), get.is_allowed()) {
        (true, true) => (true, "WebSocket or SPDY"),
        (true, false) => (true, "SPDY only (no get pods/portforward)"),
        (false, true) if minor.is_some_and(|minor| minor < 35) => (true, "WebSocket only, until Kubernetes 1.35"),
        (false, true) if minor.is_some() => (false, "1.35+ needs create pods/portforward"),
        (false, true) => (true, "WebSocket only, before Kubernetes 1.35"),
        (false, false) => (false, "no create or get pods/portforward"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn port_forward_depends_on_the_verbs_and_the_version() {
        let yes = Verdict::Allowed;
        let no = Verdict::Denied(None);
        for (create, get, minor, works) in [
            (&yes, &yes, Some(36), true),
            (&yes, &no, Some(28), true),
            (&yes, &no, Some(36), true),
            (&no, &yes, Some(34), true),
            (&no, &yes, Some(35), false),
            (&no, &no, Some(30), false),
        ] {
            assert_eq!(port_forward(create, get, minor).0, works, "{create:?} {get:?} {minor:?}");
        }
    }

    #[test]
    fn questions_read_as_kubectl_writes_them() {
        assert_eq!(CREATE_PORT_FORWARD.to_string(), "create pods/portforward");
        assert_eq!(GET_PODS.to_string(), "get pods");
    }
}
