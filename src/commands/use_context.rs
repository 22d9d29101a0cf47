//! `use`: switch kubectl to the context of a namespace.

use clap::Args;
use schemars::JsonSchema;
use serde::Serialize;

use crate::actions::child_environment;
use crate::actions::setup::profile_and_context;
use crate::chain::access;
use crate::chain::{Chain, Presence};
use crate::commands::Context;
use crate::commands::login::{self, LoginArgs};
use crate::disk::kubeconfig::Merged;
use crate::env_vars;
use crate::error::{Error, Kind, Result};
use crate::model::kube::access::AccessName;
use crate::model::kube::namespace::similar;
use crate::model::settings::Flags;

/// Switch kubectl to the context of a namespace; `-` goes back to the previous context.
///
/// Without a name, choose from a list. A namespace that is not set up yet can be set up on the way, as
/// `nsaccess login` does.
#[derive(Debug, Args)]
pub(crate) struct UseArgs {
    /// Namespace, or - for the previous context
    pub(crate) namespace: Option<String>,
}

/// Where to switch to.
enum Wanted {
    /// A context that is there.
    Context(String),
    /// An access that has none.
    NotSetUp(AccessName),
}

/// Runs the verb.
///
/// # Errors
/// [`Kind::NotFound`] when the namespace has no context here, and nobody wants to set it up.
pub(crate) fn run(context: Context<'_>, args: &UseArgs) -> Result<()> {
    let chain = &context.open(&Flags::default())?;
    let merged = chain.kubeconfigs.merged()?;
    let named = context.named(args.namespace.as_deref());
    named.map_or(Ok(()), |named| stay_inside(context, chain, named))?;
    let wanted = match named {
        Some("-") => Wanted::Context(previous(chain, &merged)?),
        Some(named) => named_one(chain, &merged, named)?,
        None => picked(context, chain, &merged)?,
    };
    match wanted {
        Wanted::Context(name) => switch(context, chain, &name),
        Wanted::NotSetUp(access) => set_up(context, chain, &merged, &access),
    }
}

fn switch(context: Context<'_>, chain: &Chain<'_>, name: &str) -> Result<()> {
    let applied = chain.kubeconfigs.set_current_context(name)?;
    profile_and_context::remember_previous(chain, &applied, name, true);
    let namespace = chain.settings.context_pattern.value.namespace_of(name);
    let mark = namespace.map(|namespace| access::mark(chain, &namespace)).unwrap_or_default();
    context.ui.status(&format!("switched to {name}{mark}"));
    report(context, name, applied.previous_context.as_deref())
}

fn report(context: Context<'_>, name: &str, previous: Option<&str>) -> Result<()> {
    if context.ui.is_table() {
        return Ok(());
    }
    let document = UseDocument { context: name.to_owned(), previous: previous.map(str::to_owned) };
    context.ui.print_document(&document, String::new)
}

/// A switch of context.
#[derive(Debug, Serialize, JsonSchema)]
pub(in crate::commands) struct UseDocument {
    /// The current context
    context: String,
    /// The one before
    previous: Option<String>,
}

/// Offers the login that would make the context.
fn set_up(context: Context<'_>, chain: &Chain<'_>, merged: &Merged, access: &AccessName) -> Result<()> {
    let known = access::familiar(chain);
    let is_known = known.iter().any(|name| name == access.as_str());
    let near = similar(access.as_str(), known.iter().map(String::as_str)).filter(|_| !is_known);
    if chain.aws_config.profile(&chain.settings.context_pattern.value.render(access.as_str())).is_some() {
        return Err(Error::new(Kind::NotFound, format!("namespace \"{access}\" has no context in your kubeconfig"))
            .try_next(format!("nsaccess kubeconfig {access} --switch")));
    }
    let not_set_up = Error::new(Kind::NotFound, format!("namespace \"{access}\" is not set up on this machine"));
    let not_set_up = match near {
        Some(near) => not_set_up.because(format!("did you mean {near}?")).try_next(format!("nsaccess use {near}")),
        None => not_set_up.try_next(format!("nsaccess login {access}")),
    };
    let question = format!("{access} is not set up. Set it up now?");
    if near.is_some() || chain.presence != Presence::Person || !chain.prompts.confirm(&question)? {
        return Err(not_set_up);
    }
    let args = LoginArgs { namespace: Some(access.to_string()), ..LoginArgs::default() };
    if context.ui.is_table() {
        return login::run(context, &args);
    }
    let done = login::set_up(context, &args)?;
    report(context, &done.target.entry, merged.current_context())
}

fn previous(chain: &Chain<'_>, merged: &Merged) -> Result<String> {
    let name = chain.cache.previous_context().ok_or_else(|| {
        Error::new(Kind::NotFound, "no previous context")
            .because("nsaccess has not switched contexts yet")
            .try_next("nsaccess use NAMESPACE")
    })?;
    match merged.context(&name) {
        Some(_) => Ok(name),
        None => Err(Error::new(Kind::NotFound, format!("context \"{name}\" no longer exists"))
            .try_next("kubectl config get-contexts")),
    }
}

/// Inside of `exec` and `shell` there is one namespace only. A kubeconfig that is named is not the one of the surroundings.
fn stay_inside(context: Context<'_>, chain: &Chain<'_>, named: &str) -> Result<()> {
    if context.global.kubeconfig.is_some() {
        return Ok(());
    }
    let named = match named {
        "-" => chain.cache.previous_context().unwrap_or_default(),
        named => named.to_owned(),
    };
    let namespace = chain.settings.context_pattern.value.namespace_of(&named).unwrap_or(named);
    match AccessName::parse(&namespace) {
        Ok(name) => child_environment::refuse_change_inside(chain, &access::named(chain, name)?, false, "use"),
        // An invalid name is refused as such.
        Err(_) => Ok(()),
    }
}

fn named_one(chain: &Chain<'_>, merged: &Merged, named: &str) -> Result<Wanted> {
    let pattern = &chain.settings.context_pattern.value;
    // The context's own name is taken too: it is what `kubectl config get-contexts` shows.
    let namespace = pattern.namespace_of(named).unwrap_or_else(|| named.to_owned());
    let access = access::parse_name(&namespace)?;
    let name = pattern.render(access.as_str());
    Ok(match merged.context(&name) {
        Some(_) => Wanted::Context(name),
        None => Wanted::NotSetUp(access),
    })
}

/// A choice among the contexts that are there, then, where a login could make others, among those.
fn picked(context: Context<'_>, chain: &Chain<'_>, merged: &Merged) -> Result<Wanted> {
    let pattern = &chain.settings.context_pattern.value;
    let set_up: Vec<String> = merged.context_names().filter_map(|name| pattern.namespace_of(name)).collect();
    if chain.presence != Presence::Person {
        return Err(not_specified(&set_up));
    }
    let inside = chain.host.env(env_vars::NSACCESS_INSIDE).is_some() && context.global.kubeconfig.is_none();
    let others = if inside { Vec::new() } else { access::familiar(chain) };
    let others = others.into_iter().filter(|name| !set_up.contains(name));
    let names: Vec<(String, bool)> =
        set_up.iter().map(|name| (name.clone(), true)).chain(others.map(|name| (name, false))).collect();
    if names.is_empty() {
        return Err(not_specified(&set_up));
    }
    let current = merged.current_context().and_then(|name| pattern.namespace_of(name));
    let line = |(name, is_set_up): &(String, bool)| {
        let state = match is_set_up {
            false => " (not set up)",
            true if current.as_ref() == Some(name) => " (current)",
            true => "",
        };
        format!("{}{state}", access::with_mark(chain, name))
    };
    let lines: Vec<String> = names.iter().map(line).collect();
    let (name, _) = &names[chain.prompts.pick("Switch to which namespace?", &lines)?];
    named_one(chain, merged, name)
}

fn not_specified(set_up: &[String]) -> Error {
    match set_up.is_empty() {
        true => Error::new(Kind::NotFound, "no namespace is set up on this machine")
            .try_next("nsaccess login   # signs in and lists your namespaces"),
        false => Error::usage("no namespace specified")
            .because(format!("set up on this machine: {}", set_up.join(", ")))
            .try_next("nsaccess use NAMESPACE"),
    }
}
