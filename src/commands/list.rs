//! `list`: the namespaces that the portal gives, and which are set up here.

use clap::Args;
use serde_json::json;

use crate::chain::Chain;
use crate::chain::access;
use crate::chain::session::portal_list;
use crate::chain::target::portal;
use crate::commands::Context;
use crate::commands::flags::{SignInArgs, TargetArgs, flags};
use crate::error::{Error, Kind, Result};
use crate::model::aws::target::Assignment;
use crate::process::runtime;
use crate::ui::table;

/// List the namespaces that the portal gives you, and which of them are set up here.
///
/// The portal's answer is kept for a week; --refresh asks again.
#[derive(Debug, Args)]
pub(crate) struct ListArgs {
    /// Ask the portal, even if its last answer is kept
    #[arg(long)]
    pub(crate) refresh: bool,
    /// Where and how to sign in.
    #[command(flatten)]
    pub(crate) sign_in: SignInArgs,
}

/// How many permission sets without a namespace are named.
const SHOWN: usize = 8;

/// Runs the verb.
///
/// # Errors
/// When the portal has to be asked and cannot.
pub(crate) fn run(context: Context<'_>, args: &ListArgs) -> Result<()> {
    let chain = &context.open(&flags(&TargetArgs::default(), &args.sign_in))?;
    let portal = portal::of(chain, None)?;
    let kept = if args.refresh { None } else { portal_list::recent(chain, &portal) };
    let index = match kept {
        Some(index) => index,
        None => runtime::run(portal_list::read(chain, &portal)).map_err(|error| with_sign_in(chain, error))?,
    };
    portal::remember(chain, &portal)?;
    let contexts = chain.kubeconfigs.merged()?;
    let pattern = &chain.settings.permission_sets.value;
    let namespaces = index.assignments.iter().filter_map(|found| Some((chain.settings.namespace_of(found)?, found)));
    let rows: Vec<(String, &Assignment, bool)> = namespaces
        .map(|(namespace, found)| {
            let name = chain.settings.context_pattern.value.render(&namespace);
            let profile = chain.aws_config.profile(&name);
            let same_account =
                profile.and_then(|profile| profile.get("sso_account_id")) == Some(found.account.as_str());
            (namespace, found, same_account && contexts.context(&name).is_some())
        })
        .collect();
    let value = rows.iter().map(|(namespace, found, set_up)| {
        json!({"namespace": namespace, "account": found.account, "account_name": found.account_name, "role": found.role, "set_up": set_up})
    });
    context.ui.print_document(&json!(value.collect::<Vec<_>>()), || {
        let lines: Vec<Vec<String>> = rows
            .iter()
            .map(|(namespace, found, set_up)| {
                let name = found.account_name.clone().unwrap_or_default();
                vec![namespace.clone(), found.account.clone(), name, if *set_up { "yes" } else { "" }.to_owned()]
            })
            .collect();
        table(&["NAMESPACE", "ACCOUNT", "ACCOUNT NAME", "SET UP"], &lines)
    })?;
    tell_unmatched(chain, &index.assignments);
    if rows.is_empty() {
        context.ui.warning(&format!(
            "none of your {} permission sets follows the pattern {pattern}",
            index.assignments.len()
        ));
        context.ui.hint("nsaccess config   # shows the pattern and where it comes from");
    }
    Ok(())
}

/// Permission sets that are for no namespace by their names: they may be meant for several, and then a login names one.
fn tell_unmatched(chain: &Chain<'_>, assignments: &[Assignment]) {
    let unmatched: Vec<&Assignment> =
        assignments.iter().filter(|found| chain.settings.namespace_of(found).is_none()).collect();
    let Some(first) = unmatched.first() else { return };
    let mut roles: Vec<&str> = unmatched.iter().map(|found| found.role.as_str()).collect();
    roles.sort_unstable();
    roles.dedup();
    let more = roles.len().saturating_sub(SHOWN);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    let shown = roles.iter().take(SHOWN).copied().collect::<Vec<_>>().join(", ");
    chain.ui.status(&format!("for no namespace by their names: {shown}{more}"));
    let (account, role) = (&first.account, &first.role);
    chain.ui.hint(&format!("nsaccess login NAMESPACE --account {account} --role {role}   # uses one for a namespace"));
}

/// Not signed in: suggests a login of a namespace that is set up here, or this command where it can sign in.
fn with_sign_in(chain: &Chain<'_>, error: Error) -> Error {
    match access::familiar(chain).first() {
        Some(name) => error.or_sign_in(name),
        None if error.kind == Kind::NotSignedIn => {
            error.try_next("run the same command on a terminal: there it signs in")
        }
        None => error,
    }
}
