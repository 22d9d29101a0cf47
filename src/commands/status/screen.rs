//! What `status` shows.

use super::{Row, Session, Shown, State, portal_of};
use crate::commands::Context;
use crate::model::aws::start_url::host;
use crate::ui::{PRODUCTION, Style, Ui, local_time, or_dash};

/// The text for people.
pub(super) fn text(context: Context<'_>, shown: &Shown) -> String {
    let mut text = String::new();
    for session in &shown.sessions {
        let start_url = or_dash(session.start_url.as_deref());
        text.push_str(&format!("Session          {}\nPortal           {start_url}\n", state(context, session)));
    }
    text.push_str(&format!("Current context  {}\n\n", or_dash(shown.current_context.as_deref())));
    match shown.rows.is_empty() {
        true => text.push_str("No namespaces are set up on this machine.\n"),
        false => text.push_str(&rows(context.ui, shown)),
    }
    text
}

fn state(context: Context<'_>, session: &Session) -> String {
    let words = match (session.state, session.expires_at) {
        (State::SignedIn, Some(at)) if session.renewable => {
            return format!("signed in until {}, renewed automatically", local_time(context.host, at));
        }
        (State::SignedIn, Some(at)) => return format!("signed in until {}", local_time(context.host, at)),
        (State::SignedIn, None) => "signed in",
        (State::Renewable, _) => return "signed in, renewed at the next use".to_owned(),
        (State::Expired, _) => "expired",
        (State::SignedOut, _) => "signed out",
        (State::NotSignedIn, _) => "not signed in",
    };
    session.reason.as_ref().map_or_else(|| words.to_owned(), |reason| format!("{words}: {reason}"))
}

/// Columns for names, portals and notes are there only if they tell something; roles give way to names.
fn rows(ui: &Ui, shown: &Shown) -> String {
    let with_names = shown.rows.iter().any(|row| row.access.has_own_name());
    // Beside names there is no room for them.
    let with_roles = ui.is_wide() || !with_names;
    let with_portals = shown.sessions.len() > 1;
    let with_notes = shown.rows.iter().any(|row| row.production || row.context.is_none());
    let mut header = vec![""];
    header.extend(with_names.then_some("NAME"));
    header.extend(["NAMESPACE", "ACCOUNT"]);
    header.extend(with_roles.then_some("ROLE"));
    header.extend(with_portals.then_some("PORTAL"));
    header.extend(["CLUSTER", "CREDENTIALS"]);
    header.extend(with_notes.then_some("NOTES"));
    let row = |row: &Row| {
        let identity = row.target.as_ref().map(|target| &target.identity);
        let own_profile = identity.and_then(|identity| identity.source_profile()).map(|name| format!("profile {name}"));
        let role = identity.and_then(|identity| identity.role()).map(str::to_owned).or(own_profile);
        let mut cells = vec![if row.current { "*" } else { "" }.to_owned()];
        cells.extend(with_names.then(|| row.access.name.to_string()));
        cells.push(row.access.namespace.to_string());
        cells.push(or_dash(identity.and_then(|identity| identity.account())));
        cells.extend(with_roles.then(|| or_dash(role.as_deref())));
        cells.extend(with_portals.then(|| or_dash(portal_of(row).map(|portal| host(&portal.start_url)))));
        cells.push(or_dash(row.cluster.as_deref()));
        cells.push(row.credentials.clone());
        cells.extend(with_notes.then(|| notes(row)));
        cells
    };
    ui.styled_table(&header, &shown.rows.iter().map(row).collect::<Vec<_>>(), Style::of_notes)
}

fn notes(row: &Row) -> String {
    let notes = [(row.production, PRODUCTION), (row.context.is_none(), "no context")];
    notes.into_iter().filter_map(|(is_so, note)| is_so.then_some(note)).collect::<Vec<_>>().join(", ")
}
