//! `logout`: the end of a session, here and on the portal.

use aws_config_edit::same_start_url;
use clap::Args;
use schemars::JsonSchema;
use serde::Serialize;

use crate::actions::convert;
use crate::actions::logout;
use crate::actions::logout::assumed;
use crate::actions::logout::browsers;
use crate::actions::logout::purge;
use crate::actions::logout::purge::Purged;
use crate::chain::Chain;
use crate::chain::target;
use crate::chain::target::portal;
use crate::commands::Context;
use crate::commands::kubeconfig::say_what_stayed;
use crate::error::{Error, Kind, Result};
use crate::model::aws::target::{Portal, Target};
use crate::model::shell::quote;
use crate::process::runtime;

/// Sign out: end the session at the portal, and remove its token (which the AWS CLI shares), all cached
/// credentials that came from it, and the browser profiles of `console --isolated`.
///
/// Contexts and profiles are kept for the next login; --purge removes them too.
#[derive(Debug, Args)]
pub(crate) struct LogoutArgs {
    /// Sign out of every sso-session in ~/.aws/config
    #[arg(long)]
    pub(crate) all: bool,
    /// Sign out of the portal with this start URL [default: that of the current namespace]
    #[arg(long, value_name = "URL", conflicts_with = "all")]
    pub(crate) start_url: Option<String>,
    /// Also remove the contexts and profiles that nsaccess wrote
    #[arg(long)]
    pub(crate) purge: bool,
}

/// Runs the verb.
///
/// # Errors
/// When a file cannot be removed or edited.
pub(crate) fn run(context: Context<'_>, args: &LogoutArgs) -> Result<()> {
    let chain = &Chain::open_to_sign_out(context.host, context.ui, context.global.kubeconfig.as_deref())?;
    logout::remove_left_overs(chain);
    let (portals, assumed) = match (args.all, &args.start_url) {
        (true, _) => (logout::portals(chain), assumed::all(chain)),
        (false, Some(start_url)) => (vec![portal_at(chain, start_url)?], Vec::new()),
        (false, None) => match one_access(context, chain)? {
            Some(target) => (Vec::new(), vec![target]),
            None => match one_portal(context, chain)? {
                Some(portal) => (vec![portal], Vec::new()),
                None => return nothing_to_end(context, chain),
            },
        },
    };
    let (mut rows, mut failed) = (Vec::new(), Vec::new());
    for portal in &portals {
        let ended = runtime::run(logout::sign_out(chain, portal))?;
        let what = if ended.was_signed_in { "signed out of" } else { "not signed in to" };
        context.ui.status(&format!("{what} {}", portal.start_url));
        if !args.all {
            say_where_else(context, chain, portal, ended.was_signed_in);
        }
        say_forgotten(context, &ended.namespaces);
        say_browsers(context, &ended.browsers);
        let purged = if args.purge { purge::purge(chain, portal) } else { Purged::default() };
        say_purged(context, &purged);
        rows.push(LogoutDocument {
            start_url: Some(portal.start_url.clone()),
            was_signed_in: Some(ended.was_signed_in),
            ended_on_portal: Some(ended.on_portal),
            credentials_forgotten: ended.namespaces,
            browser_profiles_removed: ended.browsers,
            ..LogoutDocument::of(&purged)
        });
        failed.extend(purged.failed);
    }
    for target in &assumed {
        let forgotten = runtime::run(assumed::forget(chain, target))?;
        let names: Vec<String> = forgotten.credentials.then(|| target.access.to_string()).into_iter().collect();
        match names.is_empty() && !args.all {
            true => context.ui.status(&format!("no cached credentials for {}", target.access)),
            false => say_forgotten(context, &names),
        }
        say_browsers(context, &forgotten.browsers);
        let purged = if args.purge { purge::purge_assumed(chain, target) } else { Purged::default() };
        say_purged(context, &purged);
        rows.push(LogoutDocument {
            access: Some(target.access.to_string()),
            source_profile: target.identity.source_profile().map(str::to_owned),
            credentials_forgotten: names,
            browser_profiles_removed: forgotten.browsers,
            ..LogoutDocument::of(&purged)
        });
        failed.extend(purged.failed);
    }
    if args.all {
        assumed::forget_the_rest(chain)?;
        say_browsers(context, &browsers::remove_the_rest(chain));
    }
    if rows.is_empty() {
        context.ui.status("not signed in, and nothing is set up");
    }
    if !context.ui.is_table() {
        context.ui.print_document(&rows, String::new)?;
    }
    if args.purge && convert::is_any_converted(chain) {
        context.ui.hint("nsaccess kubeconfig convert --revert --all   # other contexts still use nsaccess");
    }
    half_purged(failed)
}

/// A session, or the credentials of an access, that ended.
#[derive(Debug, Default, Serialize, JsonSchema)]
pub(in crate::commands) struct LogoutDocument {
    /// The portal; `null` where a profile gave the credentials
    start_url: Option<String>,
    /// Whether there was a session
    was_signed_in: Option<bool>,
    /// Whether the portal confirmed its end
    ended_on_portal: Option<bool>,
    /// The access whose credentials a profile gave
    access: Option<String>,
    /// That profile
    source_profile: Option<String>,
    /// Names whose cached credentials were removed
    credentials_forgotten: Vec<String>,
    /// Names whose browser profiles were removed
    browser_profiles_removed: Vec<String>,
    /// Contexts and profiles that were removed (`--purge`)
    removed: Vec<String>,
    /// Those that could not be removed
    not_removed: Vec<String>,
}

impl LogoutDocument {
    fn of(purged: &Purged) -> Self {
        let not_removed = purged.failed.iter().map(|(name, _)| name.clone()).collect();
        LogoutDocument { removed: purged.removed.clone(), not_removed, ..LogoutDocument::default() }
    }
}

fn say_forgotten(context: Context<'_>, names: &[String]) {
    if !names.is_empty() {
        context.ui.status(&format!("removed cached credentials for {}", names.join(", ")));
    }
}

fn say_browsers(context: Context<'_>, names: &[String]) {
    if !names.is_empty() {
        context.ui.status(&format!("removed browser profiles for {}", names.join(", ")));
    }
}

fn say_purged(context: Context<'_>, purged: &Purged) {
    if !purged.removed.is_empty() {
        context.ui.status(&format!("removed contexts and profiles: {}", purged.removed.join(", ")));
    }
    for (name, kept_for) in &purged.kept {
        say_what_stayed(context, name, kept_for);
    }
}

/// Who meant another session than the one that ended must not believe that it is over. Nothing ended: then somebody did.
fn say_where_else(context: Context<'_>, chain: &Chain<'_>, portal: &Portal, one_ended: bool) {
    let others = logout::still_signed_in(chain, &portal.session_name);
    for other in &others {
        let words = format!("still signed in to {} ([sso-session {}])", other.start_url, other.session_name);
        match one_ended {
            true => context.ui.status(&words),
            false => context.ui.warning(&words),
        }
    }
    match others.as_slice() {
        [] => {}
        [other] => context.ui.hint(&format!("nsaccess logout --start-url {}", quote(&other.start_url))),
        _ => context.ui.hint("nsaccess logout --all"),
    }
}

/// The portal of `~/.aws/config` with this start URL.
fn portal_at(chain: &Chain<'_>, start_url: &str) -> Result<Portal> {
    let portals = logout::portals(chain);
    if let Some(found) = portals.iter().find(|portal| same_start_url(&portal.start_url, start_url)) {
        return Ok(found.clone());
    }
    if let Some(found) = logout::unfinished(chain, start_url)? {
        return Ok(found);
    }
    let error = Error::new(Kind::NotFound, format!("no session for {start_url}"))
        .because("no [sso-session] in ~/.aws/config has this start URL");
    Err(portals.iter().fold(error, |error, portal| {
        error.try_next(format!("nsaccess logout --start-url {}", quote(&portal.start_url)))
    }))
}

/// What a purge left, and why. The first reason decides the exit code.
fn half_purged(failed: Vec<(String, Error)>) -> Result<()> {
    let Some(kind) = failed.first().map(|(_, error)| error.kind) else { return Ok(()) };
    let names: Vec<&str> = failed.iter().map(|(name, _)| name.as_str()).collect();
    let mut all = Error::new(kind, format!("signed out, but not removed: {}", names.join(", ")));
    for (_, error) in failed {
        all = all.because(error.to_string());
        all = error.try_next.into_iter().fold(all, Error::try_next);
    }
    Err(all)
}

/// The access that is named or in use, if no portal gives its credentials.
fn one_access(context: Context<'_>, chain: &Chain<'_>) -> Result<Option<Target>> {
    let named = match context.named(None) {
        Some(name) => Some(name.to_owned()),
        None => {
            let current = chain.kubeconfigs.merged()?.current_context().map(str::to_owned).unwrap_or_default();
            chain.settings.context_pattern.value.namespace_of(&current)
        }
    };
    match named {
        Some(name) => target::without_portal(chain, &chain.access(Some(&name))?),
        None => Ok(None),
    }
}

/// The portal of the namespace in use, else the one of the settings. `None`: there is none, and nobody is asked for one.
fn one_portal(context: Context<'_>, chain: &Chain<'_>) -> Result<Option<Portal>> {
    if let Some(name) = context.named(None) {
        return portal::known_of_access(chain, &chain.access(Some(name))?);
    }
    let current = chain.kubeconfigs.merged()?.current_context().map(str::to_owned).unwrap_or_default();
    match chain.settings.context_pattern.value.namespace_of(&current) {
        Some(name) => portal::known_of_access(chain, &chain.access(Some(&name))?),
        None => portal::known(chain, None),
    }
}

/// Nothing says which session is meant: none, if there is none.
fn nothing_to_end(context: Context<'_>, chain: &Chain<'_>) -> Result<()> {
    let open = logout::still_signed_in(chain, "");
    if open.is_empty() {
        context.ui.status("not signed in");
        return if context.ui.is_table() {
            Ok(())
        } else {
            context.ui.print_document(&Vec::<LogoutDocument>::new(), String::new)
        };
    }
    let error = Error::usage("no session specified");
    let error = open.iter().fold(error, |error, portal| {
        error
            .because(format!("signed in to {} ([sso-session {}])", portal.start_url, portal.session_name))
            .try_next(format!("nsaccess logout --start-url {}", quote(&portal.start_url)))
    });
    Err(error.try_next("nsaccess logout --all"))
}
