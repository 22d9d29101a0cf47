//! `console`: the AWS console as the namespace's role.

use clap::Args;
use schemars::JsonSchema;
use serde::Serialize;

use crate::actions::console;
use crate::actions::console::isolated;
use crate::chain::credentials::Credentials;
use crate::chain::{Chain, access, cluster};
use crate::commands::Context;
use crate::commands::flags::{SignInArgs, TargetArgs, flags};
use crate::error::{Error, Result};
use crate::model::aws::console::{Destination, service, shortcut};
use crate::model::aws::identity::Identity;
use crate::model::aws::target::Target;
use crate::process::profile_browser::ProfileBrowser;
use crate::process::runtime;
use crate::ui::PRODUCTION;

/// Open the AWS console as a namespace's role: through the access portal, or
/// signed in with the session of an IAM role.
///
///   nsaccess console idp-dev --service secretsmanager
///
/// With --isolated, the browser has a profile of its own for this namespace, so
/// that several accounts can be open side by side. nsaccess logout removes it.
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
    /// Open it in a browser profile of its own, beside those of other accounts
    #[arg(long, conflicts_with_all = ["print", "no_browser"])]
    pub(crate) isolated: bool,
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

/// A link and whom it is for.
struct Page<'a> {
    link: ConsoleLink<'a>,
    target: &'a Target,
    /// Whether it signs in whoever opens it.
    signs_in: bool,
}

/// Runs the verb.
///
/// # Errors
/// When the namespace is not found.
pub(crate) fn run(context: Context<'_>, args: &ConsoleArgs) -> Result<()> {
    let service = args.service.as_deref().map(service).transpose().map_err(|why| {
        Error::usage("invalid --service").because(why).try_next("nsaccess console --service secretsmanager")
    })?;
    if args.isolated && !context.ui.is_table() {
        return Err(Error::usage("--isolated cannot be used with -o json or -o yaml")
            .because("one opens the console, and the others print its URL")
            .try_next("remove one of them"));
    }
    let chain = &context.open(&flags(&args.target, &args.sign_in))?;
    let access = chain.access(context.named(args.namespace.as_deref()))?;
    let browser = args.isolated.then(|| runtime::run(isolated::browser(chain, &access))).transpose()?;
    // What is known is enough: the browser has its own session with the portal.
    let target = &match chain.known_target(&access)? {
        Some(target) => target,
        None => runtime::run(chain.target(&access))?,
    };
    let (cluster, region) = cluster::known_name(chain, target).unzip();
    let region = region.flatten().or_else(|| cluster::known_region(chain, target));
    // A page of a service is one of a region.
    let region = region.or_else(|| service.map(|_| cluster::likely_region(chain, target)));
    let place = Destination { service, region: region.as_deref(), cluster: cluster.as_deref() };
    let show = |page: &Page<'_>| match &browser {
        Some(browser) => open_isolated(context, chain, browser, page),
        None => open_or_print(context, args, chain, page),
    };
    match &target.identity {
        Identity::PermissionSet(set) => {
            let url = &shortcut(&set.portal.start_url, &set.account, &set.name, place);
            let link = ConsoleLink { url, account: Some(&set.account), role: Some(&set.name) };
            show(&Page { link, target, signs_in: false })
        }
        Identity::Role { .. } | Identity::Profile(_) => {
            let console::SignIn { url, account } = runtime::run(async {
                let credentials = Credentials::of(chain, target.clone()).await?;
                console::sign_in(&credentials, place).await
            })?;
            let link = ConsoleLink { url: url.expose(), account: Some(&account), role: Some(target.role()) };
            show(&Page { link, target, signs_in: true })
        }
    }
}

fn open_isolated(context: Context<'_>, chain: &Chain<'_>, browser: &ProfileBrowser, page: &Page<'_>) -> Result<()> {
    let Page { link, target, .. } = page;
    isolated::open(chain, browser, &target.access, &target.identity, link.url)?;
    tell_opened(context, chain, page, &format!(" in a profile of its own ({})", browser.name()));
    Ok(())
}

/// The address of a session is as secret as its credentials.
fn open_or_print(context: Context<'_>, args: &ConsoleArgs, chain: &Chain<'_>, page: &Page<'_>) -> Result<()> {
    let url = page.link.url;
    if !context.ui.is_table() {
        return context.ui.print_document(&page.link, String::new);
    }
    if is_printed(context, args, chain) || chain.browser.open(url).is_err() {
        if page.signs_in {
            context.ui.status("Anyone who opens this URL is signed in (valid for 15 minutes):");
        }
        return context.ui.print(&format!("{url}\n"));
    }
    tell_opened(context, chain, page, "");
    Ok(())
}

fn tell_opened(context: Context<'_>, chain: &Chain<'_>, page: &Page<'_>, how: &str) {
    let is_production = access::is_production(chain, page.target.access.name.as_str());
    let mark = if is_production { format!(" ({PRODUCTION})") } else { String::new() };
    let account = page.link.account.unwrap_or_default();
    let role = page.link.role.unwrap_or_default();
    context.ui.status(&format!("opened the AWS console of account {account} as {role}{mark}{how}"));
}

/// Whether the address is for a person to open.
fn is_printed(context: Context<'_>, args: &ConsoleArgs, chain: &Chain<'_>) -> bool {
    let wanted = args.print || args.sign_in.no_browser || !context.host.terminals.stdout;
    wanted || chain.browser.obstacle().is_some()
}
