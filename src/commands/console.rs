//! `console`: the AWS console as the namespace's role.

use clap::Args;
use serde_json::json;

use crate::commands::Context;
use crate::commands::flags::{SignInArgs, TargetArgs, flags};
use crate::error::{Error, Result};
use crate::model::aws::console::{Destination, service, shortcut};
use crate::model::aws::identity::Identity;
use crate::model::aws::target::Target;
use crate::process::runtime;

/// Open the AWS console as the role of a namespace, through the access portal.
///
///   nsaccess console idp-dev --service secretsmanager
///
/// Without a browser here, or with --print, the address is printed.
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct ConsoleArgs {
    /// Namespace
    pub(crate) namespace: Option<String>,
    /// Page of this service, as the console's addresses call it: secretsmanager, eks, s3, cloudwatch
    #[arg(long, value_name = "SERVICE")]
    pub(crate) service: Option<String>,
    /// Print the address, open nothing
    #[arg(long)]
    pub(crate) print: bool,
    /// What the namespace resolves to.
    #[command(flatten)]
    pub(crate) target: TargetArgs,
    /// Where and how to sign in.
    #[command(flatten)]
    pub(crate) sign_in: SignInArgs,
}

/// Runs the verb.
///
/// # Errors
/// When the namespace is not found.
pub(crate) fn run(context: Context<'_>, args: &ConsoleArgs) -> Result<()> {
    let service = args.service.as_deref().map(service).transpose().map_err(|why| {
        Error::usage("--service cannot be used").because(why).try_next("nsaccess console --service secretsmanager")
    })?;
    let chain = &context.open(&flags(&args.target, &args.sign_in))?;
    let access = chain.access(context.named(args.namespace.as_deref()))?;
    // What is known is enough: the browser has its own session with the portal.
    let target = match chain.known_target(&access)? {
        Some(target) => target,
        None => runtime::run(chain.target(&access))?,
    };
    let cluster = chain.cache.cluster(&access.name);
    let place = Destination {
        service,
        region: cluster.as_ref().map(|cluster| cluster.region.as_str()),
        cluster: cluster.as_ref().map(|cluster| cluster.name.as_str()),
    };
    let Identity::PermissionSet(set) = &target.identity else { return Err(no_portal(&target)) };
    let url = shortcut(&set.portal.start_url, &set.account, &set.name, place);
    if !context.ui.is_table() {
        return context.ui.print_document(&json!({"url": url, "account": set.account, "role": set.name}), String::new);
    }
    let to_be_printed = args.print || args.sign_in.no_browser || !context.host.terminals.stdout;
    if to_be_printed || chain.browser.obstacle().is_some() || chain.browser.open(&url).is_err() {
        return context.ui.print(&format!("{url}\n"));
    }
    context.ui.status(&format!("opened the console of account {} as {}", set.account, set.name));
    Ok(())
}

fn no_portal(target: &Target) -> Error {
    Error::usage(format!("{} has no access portal", target.access))
        .because(format!("its credentials are those of {}", target.identity))
}
