//! `status`: what is set up and until when it lasts. Reads files only, so it works offline.

pub(super) mod document;
mod screen;

use clap::Args;
use schemars::JsonSchema;
use serde::Serialize;

use crate::chain::session::stored::{self, Ended, Stored};
use crate::chain::target::{self, portal};
use crate::chain::{Chain, Presence, access};
use crate::commands::Context;
use crate::commands::status::document::StatusDocument;
use crate::disk::kubeconfig::Merged;
use crate::error::{Error, Kind, Result};
use crate::model::aws::credentials::{Freshness, StaleReason, judge};
use crate::model::aws::target::{Portal, Target};
use crate::model::kube::access::{Access, AccessName};
use crate::model::settings::Flags;
use crate::ui::local_time;

/// Show sessions, namespaces and credentials on this machine, and when they expire. Works offline.
///
/// Several sign-ins are listed one after the other, that of the current namespace first.
#[derive(Debug, Args)]
pub(crate) struct StatusArgs {
    /// Show only this namespace
    pub(crate) namespace: Option<String>,
    /// Exit with 3 unless signed in (or renewable without a sign-in); for scripts and prompts
    #[arg(long)]
    pub(crate) check: bool,
}

/// An access that is set up here.
struct Row {
    access: Access,
    /// Account and role, if they are known.
    target: Option<Target>,
    current: bool,
    production: bool,
    cluster: Option<String>,
    credentials: String,
    credentials_expire_at: Option<jiff::Timestamp>,
    /// The name of its context, if there is one.
    context: Option<String>,
}

/// The session of a portal.
struct Session {
    start_url: Option<String>,
    state: State,
    /// Why it is so, if the state does not say it.
    reason: Option<String>,
    /// Whether it is renewed without a sign-in.
    renewable: bool,
    expires_at: Option<jiff::Timestamp>,
}

/// The state of a session. The names are a stable contract.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum State {
    SignedIn,
    Renewable,
    Expired,
    SignedOut,
    NotSignedIn,
}

/// What there is to show.
struct Shown {
    /// The session of the access in use comes first. None where only profiles give credentials.
    sessions: Vec<Session>,
    current_context: Option<String>,
    rows: Vec<Row>,
}

/// Runs the verb.
///
/// # Errors
/// When a file cannot be read; with `--check` [`Kind::NotSignedIn`].
pub(crate) fn run(context: Context<'_>, args: &StatusArgs) -> Result<()> {
    let chain = &context.open_for(&Flags::default(), Presence::Nobody)?;
    let merged = chain.kubeconfigs.merged()?;
    let only = context.named(args.namespace.as_deref());
    let names = access::set_up(chain).into_iter().filter(|name| only.is_none_or(|only| name.as_str() == only));
    let rows: Vec<Row> = names.filter_map(|name| row(chain, &merged, name)).collect();
    if let (Some(only), true) = (only, rows.is_empty()) {
        return Err(Error::new(Kind::NotFound, format!("namespace \"{only}\" is not set up on this machine"))
            .try_next(format!("nsaccess login {only}")));
    }
    let sessions = sessions(chain, only, &rows);
    let shown = Shown { sessions, current_context: merged.current_context().map(str::to_owned), rows };
    let names = shown.rows.iter().map(|row| row.access.to_string());
    context.ui.print_list(&StatusDocument::of(&shown), names, || screen::text(context, &shown))?;
    let over = shown.sessions.first().filter(|session| !is_open(session));
    if context.ui.is_table() {
        match in_use(&shown.rows) {
            None => context.ui.hint("nsaccess login   # signs in and lists your namespaces"),
            // An error says it below.
            Some(row) if over.is_some() && !args.check => {
                context.ui.hint(&format!("nsaccess login {}", row.access.name));
            }
            Some(_) => {}
        }
    }
    match over {
        Some(session) if args.check => Err(not_signed_in(session, &shown.rows)),
        _ => Ok(()),
    }
}

fn is_open(session: &Session) -> bool {
    matches!(session.state, State::SignedIn | State::Renewable)
}

/// The row of the current context, else the first one.
fn in_use(rows: &[Row]) -> Option<&Row> {
    rows.iter().find(|row| row.current).or_else(|| rows.first())
}

fn not_signed_in(session: &Session, rows: &[Row]) -> Error {
    let error = session.reason.iter().fold(Error::new(Kind::NotSignedIn, "not signed in"), Error::because);
    match in_use(rows) {
        Some(row) => error.or_sign_in(row.access.name.as_str()),
        None => error.try_next("nsaccess login   # signs in and lists your namespaces"),
    }
}

/// The sessions of the portals in use: that of the settings or of the one access that is meant, then those of the others.
fn sessions(chain: &Chain<'_>, only: Option<&str>, rows: &[Row]) -> Vec<Session> {
    let by_profiles_only = !rows.is_empty() && rows.iter().all(|row| portal_of(row).is_none() && row.target.is_some());
    let name = only.and_then(|only| AccessName::parse(only).ok());
    let access = name.and_then(|name| access::named(chain, name).ok());
    let first = match access {
        Some(access) => portal::known_of_access(chain, &access).ok().flatten(),
        None => portal::known(chain, None).ok().flatten(),
    };
    if by_profiles_only && (only.is_some() || first.is_none()) {
        return Vec::new();
    }
    let Some(first) = first else {
        return vec![Session::over(None, State::NotSignedIn, Some("no start URL configured".to_owned()))];
    };
    let mut portals = vec![first];
    for portal in rows.iter().filter_map(portal_of) {
        if portals.iter().all(|known| known.session_name != portal.session_name) {
            portals.push(portal.clone());
        }
    }
    portals.into_iter().map(|portal| session(chain, portal)).collect()
}

fn portal_of(row: &Row) -> Option<&Portal> {
    row.target.as_ref()?.portal()
}

fn session(chain: &Chain<'_>, portal: Portal) -> Session {
    let start_url = Some(portal.start_url.clone());
    match stored::stored(chain, &portal, None) {
        Ok(Stored::Fresh(token)) => {
            let renewable = token.refresh.is_some();
            Session { start_url, state: State::SignedIn, reason: None, renewable, expires_at: Some(token.expires_at) }
        }
        Ok(Stored::Refreshable(token, reason)) => {
            let (reason, expires_at) = (Some(reason), Some(token.expires_at));
            Session { start_url, state: State::Renewable, reason, renewable: true, expires_at }
        }
        Ok(Stored::Over(Ended::Never)) => Session::over(start_url, State::NotSignedIn, None),
        Ok(Stored::Over(Ended::SignedOut)) => Session::over(start_url, State::SignedOut, None),
        Ok(Stored::Over(Ended::Expired(reason))) => Session::over(start_url, State::Expired, Some(reason)),
        Ok(Stored::Over(Ended::Unusable(reason))) => Session::over(start_url, State::NotSignedIn, Some(reason)),
        Err(error) => Session::over(start_url, State::NotSignedIn, Some(error.to_string())),
    }
}

impl Session {
    /// One that takes a sign-in.
    fn over(start_url: Option<String>, state: State, reason: Option<String>) -> Session {
        Session { start_url, state, reason, renewable: false, expires_at: None }
    }
}

fn row(chain: &Chain<'_>, merged: &Merged, name: AccessName) -> Option<Row> {
    let access = access::named(chain, name).ok()?;
    let entry = target::entry(chain, &access);
    let of_portal = || portal::own(chain, &entry).and_then(|portal| target::known(chain, &access, &portal));
    let target = match target::without_portal(chain, &access) {
        Ok(None) => of_portal(),
        known => known.unwrap_or_default(),
    };
    let key = target.as_ref().map(|target| target.identity.key());
    let cached = key.and_then(|key| chain.cache.credentials(&access.name, &key));
    let credentials = match cached.as_ref().map(|cached| (cached, judge(&cached.credentials, chain.host.now()))) {
        None => "none".to_owned(),
        Some((cached, Freshness::Fresh)) => format!("until {}", local_time(chain.host, cached.credentials.expires_at)),
        Some((_, Freshness::Stale(StaleReason::Expired { .. }))) => "expired".to_owned(),
        Some((_, Freshness::Stale(StaleReason::ExpiresSoon { .. }))) => "expire soon".to_owned(),
        Some((_, Freshness::Stale(reason))) => reason.to_string(),
    };
    let of_context = || merged.own_cluster(&entry).map(|own| own.name.to_owned());
    Some(Row {
        current: merged.current_context() == Some(entry.as_str()),
        cluster: chain.cache.cluster(&access.name).map(|cluster| cluster.name).or_else(of_context),
        credentials,
        credentials_expire_at: cached.map(|cached| cached.credentials.expires_at),
        production: access::is_production(chain, access.name.as_str()),
        context: merged.context(&entry).map(|_| entry),
        target,
        access,
    })
}
