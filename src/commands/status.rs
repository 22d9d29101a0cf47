//! `status`: what is set up and until when it lasts. Reads files only, so it works offline.

mod screen;

use clap::Args;

use crate::chain::session::stored::{self, Stored};
use crate::chain::target::{self, portal};
use crate::chain::{Chain, Presence, access};
use crate::commands::Context;
use crate::disk::kubeconfig::Merged;
use crate::error::{Error, Kind, Result};
use crate::model::aws::credentials::{Freshness, judge};
use crate::model::aws::target::{Portal, Target};
use crate::model::kube::access::{Access, AccessName};
use crate::model::settings::Flags;
use crate::ui::local_time;

/// Show what is set up: sessions, profiles, roles, clusters, contexts, and until when each lasts. Works offline.
#[derive(Debug, Args)]
pub(crate) struct StatusArgs {
    /// Only this namespace
    pub(crate) namespace: Option<String>,
    /// Exit with 3 unless the session is signed in or can be renewed; for scripts and prompts
    #[arg(long)]
    pub(crate) check: bool,
}

/// An access that is set up here.
struct Row {
    access: Access,
    /// Account and role, if they are known.
    target: Option<Target>,
    current: bool,
    cluster: Option<String>,
    credentials: String,
    credentials_expire_at: Option<jiff::Timestamp>,
    context: bool,
}

/// The session of a portal, in words.
struct Session {
    start_url: Option<String>,
    state: &'static str,
    reason: String,
    expires_at: Option<jiff::Timestamp>,
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
        return Err(
            Error::new(Kind::NotFound, format!("{only} is not set up here")).try_next(format!("nsaccess login {only}"))
        );
    }
    let sessions = sessions(chain, only, &rows);
    let shown = Shown { sessions, current_context: merged.current_context().map(str::to_owned), rows };
    context.ui.print_document(&screen::document(&shown), || screen::text(context, &shown))?;
    match shown.sessions.first() {
        Some(session) if args.check && session.state == "over" => Err(not_signed_in(session, &shown.rows)),
        _ => Ok(()),
    }
}

fn not_signed_in(session: &Session, rows: &[Row]) -> Error {
    let in_use = rows.iter().find(|row| row.current).or_else(|| rows.first());
    let name = in_use.map_or("NAMESPACE", |row| row.access.name.as_str());
    Error::new(Kind::NotSignedIn, "not signed in").because(session.reason.clone()).or_sign_in(name)
}

/// The sessions of the portals in use: that of the settings or of the one access that is meant, then those of the others.
fn sessions(chain: &Chain<'_>, only: Option<&str>, rows: &[Row]) -> Vec<Session> {
    let by_profiles_only = !rows.is_empty() && rows.iter().all(|row| portal_of(row).is_none() && row.target.is_some());
    let name = only.and_then(|only| AccessName::parse(only).ok());
    let access = name.and_then(|name| access::named(chain, name).ok());
    let first = match access {
        Some(access) => chain.portal(&access).ok(),
        None => portal::of(chain, None).ok(),
    };
    if by_profiles_only && (only.is_some() || first.is_none()) {
        return Vec::new();
    }
    let Some(first) = first else {
        let reason = "no start URL is configured".to_owned();
        return vec![Session { start_url: None, state: "over", reason, expires_at: None }];
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
    let (state, reason, expires_at) = match stored::stored(chain, &portal, None) {
        Ok(Stored::Fresh(token)) => ("signed_in", String::new(), Some(token.expires_at)),
        Ok(Stored::Refreshable(token, reason)) => ("renewable", reason, Some(token.expires_at)),
        Ok(Stored::Over(reason)) => ("over", reason, None),
        Err(error) => ("over", error.to_string(), None),
    };
    Session { start_url: Some(portal.start_url), state, reason, expires_at }
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
        None => "none yet".to_owned(),
        Some((cached, Freshness::Fresh)) => format!("until {}", local_time(chain.host, cached.credentials.expires_at)),
        Some((_, Freshness::Stale(reason))) => reason.to_string(),
    };
    let of_context = || merged.own_cluster(&entry).map(|own| own.name.to_owned());
    Some(Row {
        current: merged.current_context() == Some(entry.as_str()),
        cluster: chain.cache.cluster(&access.name).map(|cluster| cluster.name).or_else(of_context),
        credentials,
        credentials_expire_at: cached.map(|cached| cached.credentials.expires_at),
        context: merged.context(&entry).is_some(),
        target,
        access,
    })
}
