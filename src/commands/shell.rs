//! `shell`: the person's own shell, in a namespace.

use clap::Args;

use crate::actions::child_environment;
use crate::actions::child_environment::ChildEnvironment;
use crate::actions::read_only::ReadOnlyApi;
use crate::chain::target::identity;
use crate::commands::Context;
use crate::commands::exec::{outside, workload};
use crate::commands::flags::SignInArgs;
use crate::env_vars;
use crate::error::Result;
use crate::host::Host;
use crate::model::shell::marked::marked_shell;
use crate::process::child;
use crate::process::runtime;
use crate::ui::local_time;

/// Open a shell with a namespace's AWS credentials and a kubeconfig with its context only.
///
/// The shell is $SHELL with your own configuration; its prompt shows the namespace, and PRODUCTION where that applies.
/// Nothing outside the shell changes. The AWS credentials expire at the time shown; kubectl's tokens are renewed.
#[derive(Debug, Args)]
pub(crate) struct ShellArgs {
    /// Namespace to use
    pub(crate) namespace: Option<String>,
    /// Use the IAM role of this workload: pod/NAME, deploy/NAME, sts/NAME, job/NAME, sa/NAME
    #[arg(long, value_name = "TARGET")]
    pub(crate) irsa: Option<String>,
    /// Let kubectl only read: what would change the cluster or connect to a pod is refused
    #[arg(long)]
    pub(crate) read_only: bool,
    /// Where and how to sign in.
    #[command(flatten)]
    pub(crate) sign_in: SignInArgs,
}

/// Runs the verb.
///
/// # Errors
/// What keeps the shell from being started; its own status.
pub(crate) fn run(context: Context<'_>, args: &ShellArgs) -> Result<()> {
    let chain = &outside(context, &args.sign_in)?;
    let access = chain.access(context.named(args.namespace.as_deref()))?;
    let irsa = args.irsa.as_deref().map(workload).transpose()?;
    runtime::run_with_child(async {
        let set_up = async {
            let child = child_environment::prepare(chain, &access, irsa.as_ref()).await?;
            let api = if args.read_only { Some(ReadOnlyApi::open(chain, &access).await?) } else { None };
            Ok((child, api))
        };
        let (child, api) = runtime::interruptible(set_up).await?;
        let until = local_time(context.host, child.expires_at);
        let unusual = identity::unusual_role(chain, &child.target).filter(|_| irsa.is_none());
        let why = unusual.map_or_else(String::new, |why| format!(" ({why})"));
        let label = if api.is_some() { format!("{} read-only", child.mark()) } else { child.mark() };
        let role = &child.role;
        context.ui.status(&format!("{label}: AWS credentials of {role}{why} until {until}. Type \"exit\" to leave."));
        match api {
            None => open(context.host, child, &label).await,
            Some(api) => open_read_only(context, child, &label, &api).await,
        }
    })
}

/// A shell whose kubeconfig leads to our own server, which ends with it.
async fn open_read_only(
    context: Context<'_>,
    mut child: ChildEnvironment,
    label: &str,
    api: &ReadOnlyApi<'_>,
) -> Result<()> {
    context.ui.status("kubectl only reads here; the AWS credentials are not limited.");
    child.folder.write("kubeconfig", api.kubeconfig().expose())?;
    child.variables.set_plain(env_vars::NSACCESS_READ_ONLY, "1");
    // What kubectl keeps of a server whose address nobody will have again goes away with it.
    child.variables.set_plain(env_vars::KUBECACHEDIR, &child.folder.path().join("kube-cache").to_string_lossy());
    // The shell has the terminal.
    let _held = context.ui.hold();
    tokio::select! {
        ended = open(context.host, child, label) => ended,
        never = api.serve() => match never {},
    }
}

async fn open(host: &Host, mut child: ChildEnvironment, label: &str) -> Result<()> {
    let shell = host.env(env_vars::SHELL).unwrap_or(if cfg!(windows) { "powershell" } else { "/bin/sh" });
    let folder = child.folder.path().to_string_lossy().into_owned();
    let home = host.home.to_string_lossy();
    let marked = marked_shell(shell, label, &folder, host.env(env_vars::ZDOTDIR).unwrap_or(&home));
    for (name, text) in &marked.files {
        child.folder.write(name, text)?;
    }
    for (name, value) in &marked.variables {
        child.variables.set_plain(*name, value);
    }
    child::run(shell, &marked.arguments, &child.variables).await
}
