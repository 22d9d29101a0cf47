//! `shell`: the person's own shell, in a namespace.

use clap::Args;

use crate::actions::child_environment;
use crate::actions::child_environment::ChildEnvironment;
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
        let child = runtime::interruptible(child_environment::prepare(chain, &access, irsa.as_ref())).await?;
        let until = local_time(context.host, child.expires_at);
        let unusual = identity::unusual_role(chain, &child.target).filter(|_| irsa.is_none());
        let why = unusual.map_or_else(String::new, |why| format!(" ({why})"));
        let (label, role) = (child.mark(), &child.role);
        context.ui.status(&format!("{label}: AWS credentials of {role}{why} until {until}. Type \"exit\" to leave."));
        open(context.host, child).await
    })
}

async fn open(host: &Host, mut child: ChildEnvironment) -> Result<()> {
    let shell = host.env(env_vars::SHELL).unwrap_or(if cfg!(windows) { "powershell" } else { "/bin/sh" });
    let folder = child.folder.path().to_string_lossy().into_owned();
    let home = host.home.to_string_lossy();
    let marked = marked_shell(shell, &child.mark(), &folder, host.env(env_vars::ZDOTDIR).unwrap_or(&home));
    for (name, text) in &marked.files {
        child.folder.write(name, text)?;
    }
    for (name, value) in &marked.variables {
        child.variables.set_plain(*name, value);
    }
    child::run(shell, &marked.arguments, &child.variables).await
}
