//! `console`: the AWS console as the namespace's role.

use clap::Args;
use schemars::JsonSchema;
use serde::Serialize;

use crate::actions::console;
use crate::chain::credentials::Credentials;
use crate::chain::{Chain, access, cluster};
use crate::commands::Context;
use crate::commands::flags::{SignInArgs, TargetArgs, flags};
use crate::error::{Error, Result};
use crate::model::aws::console::{Destination, service, shortcut};
use crate::model::aws::identity::Identity;
use crate::model::aws::target::Target;
use crate::model::kube::access::Access;
use crate::process::runtime;
use crate::ui::PRODUCTION;

/// Open the AWS console as a namespace's role: through the access portal, or
/// signed in with the session of an IAM role.
///
///   nsaccess console idp-dev --service secretsmanager
///
/// Without a browser, or with --print, prints the URL. Anyone who opens the URL
/// of an IAM role's session is signed in; it is valid for 15 minutes.
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct ConsoleArgs {
    /// Namespace to use
    pub(crate) namespace: Option<String>,
    /// Open the page of a service, as named in the console's URLs: secretsmanager, eks, s3, cloudwatch
    #[arg(long, value_name = "SERVICE")]
    pub(crate) service: Option<String>,
    /// Print the URL instead of opening it
    #[arg(long)]
    pub(crate) print: bool,
    /// What the namespace resolves to.
    #[command(flatten)]
    pub(crate) target: TargetArgs,
    /// Where and how to sign in.
    #[command(flatten)]
    pub(crate) sign_in: SignInArgs,
}

/// A link to the AWS console. That of an IAM role signs in whoever opens it.
#[derive(Serialize, JsonSchema)]
pub(crate) struct ConsoleLink<'a> {
    /// URL.
    url: &'a str,
    /// AWS account.
    account: Option<&'a str>,
    /// Permission set or IAM role.
    role: Option<&'a str>,
}

/// Runs the verb.
///
/// # Errors
/// When the namespace is not found.
pub(crate) fn run(context: Context<'_>, args: &ConsoleArgs) -> Result<()> {
    let service = args.service.as_deref().map(service).transpose().map_err(|why| {
        Error::usage("invalid --service").because(why).try_next("nsaccess console --service secretsmanager")
    })?;
    let chain = &context.open(&flags(&args.target, &args.sign_in))?;
    let access = chain.access(context.named(args.namespace.as_deref()))?;
    // What is known is enough: the browser has its own session with the portal.
    let target = match chain.known_target(&access)? {
        Some(target) => target,
        None => runtime::run(chain.target(&access))?,
    };
    let (cluster, region) = cluster::known_name(chain, &target).unzip();
    let region = region.flatten().or_else(|| cluster::known_region(chain, &target));
    // A page of a service is one of a region.
    let region = region.or_else(|| service.map(|_| cluster::likely_region(chain, &target)));
    let place = Destination { service, region: region.as_deref(), cluster: cluster.as_deref() };
    let url = match &target.identity {
        Identity::PermissionSet(set) => shortcut(&set.portal.start_url, &set.account, &set.name, place),
        Identity::Role { .. } | Identity::Profile(_) => return as_session(context, args, chain, target.clone(), place),
    };
    if !context.ui.is_table() {
        let (account, role) = (target.identity.account(), target.identity.role());
        return context.ui.print_document(&ConsoleLink { url: &url, account, role }, String::new);
    }
    if is_printed(context, args, chain) || chain.browser.open(&url).is_err() {
        return context.ui.print(&format!("{url}\n"));
    }
    tell_opened(context, chain, &access, (target.account(), target.role()));
    Ok(())
}

fn tell_opened(context: Context<'_>, chain: &Chain<'_>, access: &Access, (account, role): (&str, &str)) {
    let mark =
        if access::is_production(chain, access.name.as_str()) { format!(" ({PRODUCTION})") } else { String::new() };
    context.ui.status(&format!("opened the AWS console of account {account} as {role}{mark}"));
}

/// Whether the address is for a person to open.
fn is_printed(context: Context<'_>, args: &ConsoleArgs, chain: &Chain<'_>) -> bool {
    let wanted = args.print || args.sign_in.no_browser || !context.host.terminals.stdout;
    wanted || chain.browser.obstacle().is_some()
}

/// Opens the console with credentials that no portal gives. The address is as secret as they are.
fn as_session(
    context: Context<'_>,
    args: &ConsoleArgs,
    chain: &Chain<'_>,
    target: Target,
    place: Destination<'_>,
) -> Result<()> {
    let (role, access) = (target.role().to_owned(), target.access.clone());
    let console::SignIn { url, account } = runtime::run(async {
        let credentials = Credentials::of(chain, target).await?;
        console::sign_in(&credentials, place).await
    })?;
    if !context.ui.is_table() {
        let link = ConsoleLink { url: url.expose(), account: Some(&account), role: Some(&role) };
        return context.ui.print_document(&link, String::new);
    }
    if is_printed(context, args, chain) || chain.browser.open(url.expose()).is_err() {
        context.ui.status("Anyone who opens this URL is signed in (valid for 15 minutes):");
        return context.ui.print(&format!("{}\n", url.expose()));
    }
    tell_opened(context, chain, &access, (&account, &role));
    Ok(())
}
