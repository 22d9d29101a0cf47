//! `status`: what is set up and until when it lasts. Reads files only, so it works offline.

use clap::Args;
use serde_json::json;

use crate::chain::session::stored::{self, Stored};
use crate::chain::target::{self, portal};
use crate::chain::{Chain, Presence, access};
use crate::commands::Context;
use crate::disk::kubeconfig::Merged;
use crate::error::{Error, Kind, Result};
use crate::model::aws::credentials::{Freshness, judge};
use crate::model::kube::access::AccessName;
use crate::model::settings::Flags;
use crate::ui::local_time;
use crate::ui::table;

/// Show what is set up: session, profiles, roles, clusters, contexts, and until when each lasts. Works offline.
#[derive(Debug, Args)]
pub(crate) struct StatusArgs {
    /// Only this namespace
    pub(crate) namespace: Option<String>,
    /// Exit with 3 unless the session is signed in or can be renewed; for scripts and prompts
    #[arg(long)]
    pub(crate) check: bool,
}

/// A namespace that is set up here.
struct Row {
    namespace: String,
    current: bool,
    account: Option<String>,
    role: Option<String>,
    cluster: Option<String>,
    credentials: String,
    credentials_expire_at: Option<jiff::Timestamp>,
    context: bool,
}

/// Runs the verb.
///
/// # Errors
/// When a file cannot be read; with `--check` [`Kind::NotSignedIn`].
pub(crate) fn run(context: Context<'_>, args: &StatusArgs) -> Result<()> {
    let chain = &context.open_for(&Flags::default(), Presence::Nobody)?;
    let merged = chain.kubeconfigs.merged()?;
    let current = merged.current_context();
    let only = context.named(args.namespace.as_deref());
    let rows: Vec<Row> = chain
        .aws_config
        .profile_names()
        .filter_map(|name| row(chain, &merged, name))
        .filter(|row| only.is_none_or(|only| row.namespace == only))
        .collect();
    if let (Some(only), true) = (only, rows.is_empty()) {
        return Err(
            Error::new(Kind::NotFound, format!("{only} is not set up here")).try_next(format!("nsaccess login {only}"))
        );
    }
    let session = session(chain, only);
    let value = json!({
        "session": {"start_url": session.start_url, "state": session.state, "reason": session.reason, "access_token_expires_at": session.expires_at},
        "current_context": current,
        "namespaces": rows.iter().map(|row| json!({
            "namespace": row.namespace, "current": row.current, "account": row.account, "role": row.role,
            "cluster": row.cluster, "context": row.context, "credentials_expire_at": row.credentials_expire_at,
        })).collect::<Vec<_>>(),
    });
    context.ui.print_document(&value, || shown(context, &session, current, &rows))?;
    if args.check && session.state == "over" {
        let in_use = rows.iter().find(|row| row.current).or_else(|| rows.first());
        return Err(Error::new(Kind::NotSignedIn, "not signed in")
            .because(session.reason)
            .or_sign_in(in_use.map_or("NAMESPACE", |row| row.namespace.as_str())));
    }
    Ok(())
}

/// The session in words.
struct Session {
    start_url: Option<String>,
    state: &'static str,
    reason: String,
    expires_at: Option<jiff::Timestamp>,
}

fn session(chain: &Chain<'_>, only: Option<&str>) -> Session {
    let access = only.and_then(|only| AccessName::parse(only).ok());
    let profile = access.map(|name| chain.settings.context_pattern.value.render(name.as_str()));
    let Ok(portal) = portal::of(chain, profile.as_deref()) else {
        return Session {
            start_url: None,
            state: "over",
            reason: "no start URL is configured".to_owned(),
            expires_at: None,
        };
    };
    let (state, reason, expires_at) = match stored::stored(chain, &portal, None) {
        Ok(Stored::Fresh(token)) => ("signed_in", String::new(), Some(token.expires_at)),
        Ok(Stored::Refreshable(token, reason)) => ("renewable", reason, Some(token.expires_at)),
        Ok(Stored::Over(reason)) => ("over", reason, None),
        Err(error) => ("over", error.to_string(), None),
    };
    Session { start_url: Some(portal.start_url), state, reason, expires_at }
}

fn shown(context: Context<'_>, session: &Session, current: Option<&str>, rows: &[Row]) -> String {
    let state = match (session.state, session.expires_at) {
        ("signed_in", Some(at)) => format!("signed in (access token until {})", local_time(context.host, at)),
        ("renewable", _) => "signed in, renewed at the next use".to_owned(),
        _ => format!("not signed in: {}", session.reason),
    };
    let (start_url, current) = (or_dash(session.start_url.as_deref()), or_dash(current));
    let head = format!("Session          {state}\nPortal           {start_url}\nCurrent context  {current}\n");
    if rows.is_empty() {
        return format!("{head}\nNo namespace is set up here. Try: nsaccess login NAMESPACE\n");
    }
    let lines: Vec<Vec<String>> = rows
        .iter()
        .map(|row| {
            let mark = if row.current { "*" } else { "" };
            let name = if row.context { row.namespace.clone() } else { format!("{} (no context)", row.namespace) };
            vec![
                mark.to_owned(),
                name,
                or_dash(row.account.as_deref()),
                or_dash(row.role.as_deref()),
                or_dash(row.cluster.as_deref()),
                row.credentials.clone(),
            ]
        })
        .collect();
    format!("{head}\n{}", table(&["", "NAMESPACE", "ACCOUNT", "ROLE", "CLUSTER", "CREDENTIALS"], &lines))
}

/// What a table shows where nothing is known; JSON has null there.
fn or_dash(text: Option<&str>) -> String {
    text.unwrap_or("-").to_owned()
}

fn row(chain: &Chain<'_>, merged: &Merged, profile_name: &str) -> Option<Row> {
    let name = chain.settings.context_pattern.value.namespace_of(profile_name)?;
    let access = access::named(chain, AccessName::parse(&name).ok()?).ok()?;
    let profile = chain.aws_config.profile(profile_name)?;
    let target = portal::own(chain, profile_name).and_then(|portal| target::known(chain, &access, &portal));
    let cached = target.and_then(|target| chain.cache.credentials(&access.name, &target.identity.key()));
    let credentials = match cached.as_ref().map(|cached| judge(&cached.credentials, chain.host.now())) {
        None => "none yet".to_owned(),
        Some(Freshness::Fresh) => cached.as_ref().map_or_else(String::new, |cached| {
            format!("until {}", local_time(chain.host, cached.credentials.expires_at))
        }),
        Some(Freshness::Stale(reason)) => reason.to_string(),
    };
    Some(Row {
        current: merged.current_context() == Some(profile_name),
        account: profile.get("sso_account_id").map(str::to_owned),
        role: profile.get("sso_role_name").map(str::to_owned),
        cluster: chain.cache.cluster(&access.name).map(|cluster| cluster.name),
        credentials,
        credentials_expire_at: cached.map(|cached| cached.credentials.expires_at),
        context: merged.context(profile_name).is_some(),
        namespace: name,
    })
}
