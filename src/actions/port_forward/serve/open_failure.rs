//! Why no session to a pod could be opened.

use kube_port_forward::OpenError;

use super::Forward;
use crate::actions::pods::{denied, explain_lost_node, or_can_i};
use crate::error::{Error, Kind, ask_platform_team};
use crate::model::kube::role_rule::Rule;
use crate::net::kube::KubeFailure;

impl Forward {
    /// What a session that could not be opened means, and what helps.
    pub(super) async fn explain(&self, failure: OpenError<Error>) -> Error {
        let what = format!("cannot forward to {}", self.resolver.target().quoted());
        match failure {
            OpenError::Token(error) => error,
            OpenError::PodGone(words) => Error::new(Kind::NotFound, what).because(words),
            OpenError::Answered { status: 401, .. } => self.cluster.unknown_role().await,
            OpenError::Answered { status: 403, words } => self.not_allowed(&words, "no answer"),
            OpenError::Answered { status, words } => {
                let error = Error::new(Kind::Unreachable, what).because(format!("{status}: {words}"));
                let explained = explain_lost_node(error, &words);
                if explained.try_next.is_empty() { explained.ask_doctor() } else { explained }
            }
            failure @ OpenError::Unanswered(_) => Error::new(Kind::Unreachable, what)
                .because(failure.to_string())
                .because("it waits for the pod's node, or something on the way holds the request back")
                .try_next(ask_platform_team("to look at the pod's node"))
                .ask_doctor(),
            OpenError::Denied { websocket, spdy } => self.not_allowed(&spdy, &websocket),
            OpenError::Unreachable(words) => KubeFailure::Unreachable(words).into_error(&self.cluster.cluster().name),
        }
    }

    fn not_allowed(&self, spdy: &str, websocket: &str) -> Error {
        let what = format!("not allowed to port-forward in namespace {:?}", self.cluster.namespace());
        let rule = Rule::new("", "pods/portforward", &["get", "create"]);
        let mut error = denied(&self.cluster, what, &format!("create (SPDY): {spdy}"), &rule);
        error.because.insert(1, format!("get (WebSocket): {websocket}"));
        or_can_i(error, &self.cluster, &Rule::new("", "pods/portforward", &["create"]))
    }
}

/// Whether the same may succeed in a moment.
pub(super) fn may_pass(failure: &OpenError<Error>) -> bool {
    match failure {
        OpenError::Answered { status, .. } => matches!(status, 400 | 429 | 500..),
        OpenError::Unanswered(_) | OpenError::Unreachable(_) => true,
        OpenError::Token(_) | OpenError::Denied { .. } | OpenError::PodGone(_) => false,
    }
}
