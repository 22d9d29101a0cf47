//! What `status` shows.

use serde_json::{Value, json};

use super::{Row, Session, Shown, portal_of};
use crate::commands::Context;
use crate::ui::{Ui, local_time, or_dash};

/// The document for programs.
pub(super) fn document(shown: &Shown) -> Value {
    let session = |session: &Session| {
        json!({
            "start_url": session.start_url, "state": session.state, "reason": session.reason,
            "access_token_expires_at": session.expires_at,
        })
    };
    json!({
        "session": shown.sessions.first().map(session),
        "sessions": shown.sessions.iter().map(session).collect::<Vec<_>>(),
        "current_context": shown.current_context,
        "namespaces": shown.rows.iter().map(row_document).collect::<Vec<_>>(),
    })
}

fn row_document(row: &Row) -> Value {
    let identity = row.target.as_ref().map(|target| &target.identity);
    json!({
        "namespace": row.access.namespace.as_str(), "access": row.access.name.as_str(), "current": row.current,
        "account": identity.and_then(|identity| identity.account()),
        "role": identity.and_then(|identity| identity.role()),
        "start_url": portal_of(row).map(|portal| &portal.start_url),
        "source_profile": identity.and_then(|identity| identity.source_profile()),
        "cluster": row.cluster, "context": row.context, "credentials_expire_at": row.credentials_expire_at,
    })
}

/// The text for people.
pub(super) fn text(context: Context<'_>, shown: &Shown) -> String {
    let mut text = String::new();
    for session in &shown.sessions {
        let start_url = or_dash(session.start_url.as_deref());
        text.push_str(&format!("Session          {}\nPortal           {start_url}\n", state(context, session)));
    }
    text.push_str(&format!("Current context  {}\n\n", or_dash(shown.current_context.as_deref())));
    match shown.rows.is_empty() {
        true => text.push_str("No namespace is set up here. Try: nsaccess login NAMESPACE\n"),
        false => text.push_str(&rows(context.ui, shown)),
    }
    text
}

fn state(context: Context<'_>, session: &Session) -> String {
    match (session.state, session.expires_at) {
        ("signed_in", Some(at)) => format!("signed in (access token until {})", local_time(context.host, at)),
        ("renewable", _) => "signed in, renewed at the next use".to_owned(),
        _ => format!("not signed in: {}", session.reason),
    }
}

/// A column for names and one for portals stand there only if the namespaces do not tell.
fn rows(ui: &Ui, shown: &Shown) -> String {
    let with_names = shown.rows.iter().any(|row| row.access.has_own_name());
    let with_portals = shown.sessions.len() > 1;
    let mut header = vec![""];
    header.extend(with_names.then_some("NAME"));
    header.extend(["NAMESPACE", "ACCOUNT", "ROLE"]);
    header.extend(with_portals.then_some("PORTAL"));
    header.extend(["CLUSTER", "CREDENTIALS"]);
    let row = |row: &Row| {
        let identity = row.target.as_ref().map(|target| &target.identity);
        let own_profile = identity.and_then(|identity| identity.source_profile()).map(|name| format!("profile {name}"));
        let role = identity.and_then(|identity| identity.role()).map(str::to_owned).or(own_profile);
        let missing = if row.context { "" } else { " (no context)" };
        let mut cells = vec![if row.current { "*" } else { "" }.to_owned()];
        cells.extend(with_names.then(|| format!("{}{missing}", row.access.name)));
        cells.push(if with_names { row.access.namespace.to_string() } else { format!("{}{missing}", row.access.name) });
        cells.push(or_dash(identity.and_then(|identity| identity.account())));
        cells.push(or_dash(role.as_deref()));
        cells.extend(with_portals.then(|| or_dash(portal_of(row).map(|portal| portal.start_url.as_str()))));
        cells.push(or_dash(row.cluster.as_deref()));
        cells.push(row.credentials.clone());
        cells
    };
    ui.table(&header, &shown.rows.iter().map(row).collect::<Vec<_>>())
}
