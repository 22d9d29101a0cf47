//! `use`: switch kubectl to the context of a namespace.

use clap::Args;
use serde_json::json;

use crate::actions::child_environment;
use crate::actions::setup::profile_and_context;
use crate::chain::Chain;
use crate::chain::access;
use crate::commands::Context;
use crate::disk::kubeconfig::Merged;
use crate::error::{Error, Kind, Result};
use crate::model::kube::access::AccessName;
use crate::model::kube::namespace::nearest;
use crate::model::settings::Flags;

/// Switch kubectl to the context of a namespace that is set up; `-` goes back to the context before.
///
/// Without a name, choose from a list.
#[derive(Debug, Args)]
pub(crate) struct UseArgs {
    /// Namespace, or - for the context before
    pub(crate) namespace: Option<String>,
}

/// Runs the verb.
///
/// # Errors
/// [`Kind::NotFound`] when the namespace has no context here.
pub(crate) fn run(context: Context<'_>, args: &UseArgs) -> Result<()> {
    let chain = &context.open(&Flags::default())?;
    let merged = chain.kubeconfigs.merged()?;
    // A file that is named is not the one of the surroundings.
    if let (None, Some(named)) = (&context.global.kubeconfig, context.named(args.namespace.as_deref())) {
        stay_inside(chain, named)?;
    }
    let name = match context.named(args.namespace.as_deref()) {
        Some("-") => previous(chain, &merged)?,
        Some(named) => context_of(chain, &merged, named)?,
        None => picked(chain, &merged)?,
    };
    let applied = chain.kubeconfigs.set_current_context(&name)?;
    profile_and_context::remember_previous(chain, &applied, &name, true);
    context.ui.status(&format!("switched to {name}"));
    if context.ui.is_table() {
        return Ok(());
    }
    context.ui.print_document(&json!({"context": name, "previous": applied.previous_context}), String::new)
}

fn previous(chain: &Chain<'_>, merged: &Merged) -> Result<String> {
    let name = chain.cache.previous_context().ok_or_else(|| {
        Error::new(Kind::NotFound, "there is no context to go back to")
            .because("nsaccess has not switched before")
            .try_next("nsaccess use NAMESPACE")
    })?;
    match merged.context(&name) {
        Some(_) => Ok(name),
        None => Err(Error::new(Kind::NotFound, format!("the context {name} is no longer there"))
            .try_next("kubectl config get-contexts")),
    }
}

fn stay_inside(chain: &Chain<'_>, named: &str) -> Result<()> {
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

fn context_of(chain: &Chain<'_>, merged: &Merged, named: &str) -> Result<String> {
    let pattern = &chain.settings.context_pattern.value;
    // The context's own name is taken too: it is what `kubectl config get-contexts` shows.
    let namespace = pattern.namespace_of(named).unwrap_or_else(|| named.to_owned());
    let access = AccessName::parse(&namespace).map_err(|why| {
        Error::usage(format!("{named:?} is not a namespace")).because(format!("it {why}")).try_next("nsaccess use")
    })?;
    let name = pattern.render(access.as_str());
    if merged.context(&name).is_some() {
        return Ok(name);
    }
    let ours = ours(chain, merged);
    let error = Error::new(Kind::NotFound, format!("{access} is not set up here"))
        .because(format!("the kubeconfig has no context {name}"))
        .try_next(format!("nsaccess login {access}"));
    let near = nearest(access.as_str(), ours.iter().map(String::as_str));
    Err(if near.is_empty() { error } else { error.because(format!("set up are {}", near.join(", "))) })
}

fn picked(chain: &Chain<'_>, merged: &Merged) -> Result<String> {
    let names = ours(chain, merged);
    if names.is_empty() {
        return Err(Error::new(Kind::NotFound, "no namespace is set up here").try_next("nsaccess login NAMESPACE"));
    }
    if chain.presence != crate::chain::Presence::Person {
        return Err(Error::usage("no namespace is named")
            .because(format!("set up are {}", names.join(", ")))
            .try_next("nsaccess use NAMESPACE"));
    }
    let chosen = chain.prompts.pick("Switch to which namespace?", &names)?;
    Ok(chain.settings.context_pattern.value.render(&names[chosen]))
}

fn ours(chain: &Chain<'_>, merged: &Merged) -> Vec<String> {
    merged.context_names().filter_map(|name| chain.settings.context_pattern.value.namespace_of(name)).collect()
}
