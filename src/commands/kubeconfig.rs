//! `kubeconfig`: the entry of a namespace, written, repaired, printed or removed.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use schemars::JsonSchema;
use serde::Serialize;

use crate::actions::child_environment;
use crate::actions::setup::profile_and_context;
use crate::actions::setup::replace;
use crate::chain::cluster;
use crate::chain::credentials::own;
use crate::chain::target;
use crate::chain::{Chain, access};
use crate::commands::Context;
use crate::commands::flags::{LoginFlags, SignInArgs, TargetArgs, flags, insistent_login, login_command};
use crate::error::{Error, Kind, Result};
use crate::model::aws::target::Target;
use crate::model::kube::access::Access;
use crate::model::kube::cluster::Cluster;
use crate::process::runtime;

pub(in crate::commands) mod conversion_document;
mod conversion_screen;
pub(crate) mod convert;

/// Write or repair the kubeconfig entry of a namespace.
///
/// Only the cluster, user and context with its own name are changed; everything else stays byte for byte. A namespace
/// that is set up needs no network; for another one a sign-in is started, on a terminal only.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct KubeconfigArgs {
    #[command(subcommand)]
    other: Option<Other>,
    /// Namespace
    pub(crate) namespace: Option<String>,
    /// Print a complete kubeconfig for this namespace, and write nothing
    #[arg(long, conflicts_with_all = ["remove", "switch"])]
    pub(crate) print: bool,
    /// Remove the entry
    #[arg(long, conflicts_with = "switch")]
    pub(crate) remove: bool,
    /// Make the context current
    #[arg(long)]
    pub(crate) switch: bool,
    /// Ask EKS again, even if the cluster is known
    #[arg(long)]
    pub(crate) refresh: bool,
    /// What the namespace resolves to.
    #[command(flatten)]
    pub(crate) target: TargetArgs,
    /// Where and how to sign in.
    #[command(flatten)]
    pub(crate) sign_in: SignInArgs,
}

/// What is done with entries that others wrote.
#[derive(Debug, Subcommand)]
enum Other {
    #[command(about = "Switch EKS contexts from aws to nsaccess, and back")]
    Convert(convert::ConvertArgs),
}

/// Runs the verb.
///
/// # Errors
/// When the kubeconfig cannot be edited safely; it is then as it was.
pub(crate) fn run(context: Context<'_>, args: &KubeconfigArgs) -> Result<()> {
    if let Some(Other::Convert(args)) = &args.other {
        return convert::run(context, args);
    }
    let chain = &context.open(&flags(&args.target, &args.sign_in))?;
    let access = chain.access(context.named(args.namespace.as_deref()))?;
    if args.switch && context.global.kubeconfig.is_none() {
        child_environment::refuse_change_inside(chain, &access, false, "kubeconfig")?;
    }
    if args.remove {
        return remove(context, chain, &access);
    }
    let login_flags = LoginFlags { target: &args.target, sign_in: &args.sign_in, identity: None };
    if !args.print {
        refuse_without_profile(chain, args, &access, &login_command(&access, login_flags))?;
    }
    let (target, cluster) = known(chain, args, &access).map_or_else(|| runtime::run(resolved(chain, &access)), Ok)?;
    if !args.print {
        replace::refuse_other_than_profile(chain, &target, &insistent_login(&access, login_flags))?;
    }
    if args.print {
        let text = profile_and_context::standalone(chain, &target, &cluster)?;
        return context.ui.print_bytes(text.as_bytes());
    }
    let (entry, applied) = profile_and_context::write_context(chain, (&target, &cluster), args.switch)?;
    own::keep_cluster(chain, &target, &cluster);
    let files = profile_and_context::shown(chain, &applied.files);
    if applied.files.is_empty() {
        context.ui.status(&format!("context {} unchanged", entry.name));
    } else {
        context.ui.status(&format!("wrote context {} to {files}", entry.name));
    }
    if args.switch {
        context.ui.status(&format!("switched to {}{}", entry.name, access::mark(chain, access.name.as_str())));
    }
    if context.ui.is_table() {
        return Ok(());
    }
    let document = KubeconfigDocument {
        context: entry.name,
        server: Some(entry.server),
        changed: applied.files,
        kept_for: Vec::new(),
    };
    context.ui.print_document(&document, String::new)
}

/// An entry that was written or removed.
#[derive(Debug, Serialize, JsonSchema)]
pub(in crate::commands) struct KubeconfigDocument {
    /// The context
    context: String,
    /// The context's server: the address of the API server, or a tunnel's near end; `null` for an entry that was removed
    server: Option<String>,
    /// The files that changed
    changed: Vec<PathBuf>,
    /// Other contexts for which cluster and user were kept
    kept_for: Vec<String>,
}

fn remove(context: Context<'_>, chain: &Chain<'_>, access: &Access) -> Result<()> {
    let name = target::entry(chain, access);
    let removed = chain.kubeconfigs.remove(&name)?;
    if removed.files.is_empty() {
        return Err(nothing_removed(&name, &removed.kept_for));
    }
    context.ui.status(&format!("removed {name} from {}", profile_and_context::shown(chain, &removed.files)));
    say_what_stayed(context, &name, &removed.kept_for);
    if context.ui.is_table() {
        Ok(())
    } else {
        let (changed, kept_for) = (removed.files, removed.kept_for);
        context.ui.print_document(&KubeconfigDocument { context: name, server: None, changed, kept_for }, String::new)
    }
}

fn nothing_removed(name: &str, kept_for: &[String]) -> Error {
    match kept_for.first() {
        None => Error::new(Kind::NotFound, format!("no kubeconfig entry {name:?}"))
            .because("no kubeconfig file in use has a cluster, user or context with that name")
            .try_next("kubectl config get-contexts"),
        Some(first) => Error::failure(format!("cluster and user {name:?} are still in use"))
            .because(format!("by the context {}", kept_for.join(", ")))
            .try_next(format!("kubectl config delete-context {first}")),
    }
}

/// A cluster or user stays for the sake of contexts that somebody else wrote.
pub(crate) fn say_what_stayed(context: Context<'_>, name: &str, kept_for: &[String]) {
    if !kept_for.is_empty() {
        context.ui.warning(&format!("kept cluster and user {name}: still used by the context {}", kept_for.join(", ")));
    }
}

/// A token has no flags: without a profile nothing would remember these.
fn refuse_without_profile(chain: &Chain<'_>, args: &KubeconfigArgs, access: &Access, login: &str) -> Result<()> {
    let flags = &args.target;
    let given = [("--account", &flags.account), ("--role", &flags.role)].into_iter().find(|(_, value)| value.is_some());
    match given {
        Some((flag, _)) if chain.aws_config.profile(&target::entry(chain, access)).is_none() => {
            Err(Error::usage(format!("namespace \"{}\" is not set up on this machine", access))
                .because(format!("kubectl would not know {flag}: only a login saves it, in an AWS profile"))
                .try_next(login))
        }
        _ => Ok(()),
    }
}

/// Target and cluster from profile and cache, without a call.
fn known(chain: &Chain<'_>, args: &KubeconfigArgs, access: &Access) -> Option<(Target, Cluster)> {
    let target = chain.known_target(access).ok()??;
    let cluster = cluster::known(chain, &target).filter(|_| !args.refresh)?;
    Some((target, cluster))
}

async fn resolved(chain: &Chain<'_>, access: &Access) -> Result<(Target, Cluster)> {
    let credentials = chain.credentials(access).await?;
    let cluster = cluster::describe(&credentials).await?;
    Ok((credentials.target.clone(), cluster))
}
