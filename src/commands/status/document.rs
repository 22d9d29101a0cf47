//! What `status` tells programs.

use schemars::JsonSchema;
use serde::Serialize;

use super::{Row, Session, Shown, State, portal_of};
use crate::model::rfc3339::Rfc3339;

/// What is set up on this machine.
#[derive(Debug, Serialize, JsonSchema)]
pub(in crate::commands) struct StatusDocument {
    /// The session of the current namespace, or of the default portal
    session: Option<SessionDocument>,
    /// All sessions, that one first
    sessions: Vec<SessionDocument>,
    /// The current context of the kubeconfig
    current_context: Option<String>,
    /// The namespaces that are set up
    namespaces: Vec<NamespaceDocument>,
}

/// The session of a portal.
#[derive(Debug, Serialize, JsonSchema)]
struct SessionDocument {
    /// The portal
    start_url: Option<String>,
    /// `renewable`: signed in, and renewed at the next use
    state: State,
    /// Why, where the state does not say it
    reason: Option<String>,
    /// When the access token expires; it is renewed before, if the session can be
    access_token_expires_at: Option<Rfc3339>,
}

/// A way into a namespace that is set up.
#[derive(Debug, Serialize, JsonSchema)]
struct NamespaceDocument {
    /// The namespace
    namespace: String,
    /// The name that commands take: the namespace's, or one of its own
    access: String,
    /// Whether it is that of the current context
    current: bool,
    /// Whether the settings call it production
    production: bool,
    /// The AWS account
    account: Option<String>,
    /// The permission set or IAM role
    role: Option<String>,
    /// The portal that gives its credentials
    start_url: Option<String>,
    /// The AWS profile that gives its credentials, where no portal does
    source_profile: Option<String>,
    /// The EKS cluster
    cluster: Option<String>,
    /// The kubeconfig context, if it exists
    context: Option<String>,
    /// When the cached credentials expire
    credentials_expire_at: Option<Rfc3339>,
}

impl StatusDocument {
    pub(super) fn of(shown: &Shown) -> StatusDocument {
        StatusDocument {
            session: shown.sessions.first().map(session),
            sessions: shown.sessions.iter().map(session).collect(),
            current_context: shown.current_context.clone(),
            namespaces: shown.rows.iter().map(namespace).collect(),
        }
    }
}

fn session(session: &Session) -> SessionDocument {
    SessionDocument {
        start_url: session.start_url.clone(),
        state: session.state,
        reason: session.reason.clone(),
        access_token_expires_at: session.expires_at.map(Rfc3339::from),
    }
}

fn namespace(row: &Row) -> NamespaceDocument {
    let identity = row.target.as_ref().map(|target| &target.identity);
    NamespaceDocument {
        namespace: row.access.namespace.to_string(),
        access: row.access.name.to_string(),
        current: row.current,
        production: row.production,
        account: identity.and_then(|identity| identity.account()).map(str::to_owned),
        role: identity.and_then(|identity| identity.role()).map(str::to_owned),
        start_url: portal_of(row).map(|portal| portal.start_url.clone()),
        source_profile: identity.and_then(|identity| identity.source_profile()).map(str::to_owned),
        cluster: row.cluster.clone(),
        context: row.context.clone(),
        credentials_expire_at: row.credentials_expire_at.map(Rfc3339::from),
    }
}
