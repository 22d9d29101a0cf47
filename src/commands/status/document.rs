//! What `status` tells programs.

use serde::Serialize;

use super::{Row, Session, Shown, State, portal_of};

/// What is set up on this machine.
#[derive(Debug, Serialize)]
pub(super) struct StatusDocument {
    /// The session of the current namespace, or of the default portal.
    session: Option<SessionDocument>,
    /// All sessions, that one first.
    sessions: Vec<SessionDocument>,
    current_context: Option<String>,
    namespaces: Vec<NamespaceDocument>,
}

/// The session of a portal.
#[derive(Debug, Serialize)]
struct SessionDocument {
    start_url: Option<String>,
    state: State,
    /// Why it takes a sign-in or a renewal, where the state does not say it.
    reason: Option<String>,
    access_token_expires_at: Option<String>,
}

/// A way into a namespace that is set up.
#[derive(Debug, Serialize)]
struct NamespaceDocument {
    namespace: String,
    access: String,
    current: bool,
    production: bool,
    account: Option<String>,
    role: Option<String>,
    start_url: Option<String>,
    source_profile: Option<String>,
    cluster: Option<String>,
    /// The context of kubectl, if it is there.
    context: Option<String>,
    credentials_expire_at: Option<String>,
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
        access_token_expires_at: session.expires_at.map(seconds),
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
        credentials_expire_at: row.credentials_expire_at.map(seconds),
    }
}

fn seconds(at: jiff::Timestamp) -> String {
    format!("{at:.0}")
}
