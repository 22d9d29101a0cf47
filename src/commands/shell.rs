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

/// Open a shell in a namespace: AWS credentials, and a kubeconfig with this context alone. Nothing outside of it changes.
///
/// The shell is $SHELL with your own set-up; its prompt is marked with the namespace. The AWS credentials end at the time
/// that is said; kubectl's go on.
#[derive(Debug, Args)]
pub(crate) struct ShellArgs {
    /// Namespace
    pub(crate) namespace: Option<String>,
    /// Use the role of this workload instead: pod/x, deploy/x, sts/x, job/x, sa/x
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
        let (label, role) = (&child.label, &child.role);
        context.ui.status(&format!("{label}: AWS as {role}{why} until {until}; exit leaves"));
        open(context.host, child).await
    })
}

async fn open(host: &Host, mut child: ChildEnvironment) -> Result<()> {
    let shell = host.env(env_vars::SHELL).unwrap_or(if cfg!(windows) { "powershell" } else { "/bin/sh" });
    let folder = child.folder.path().to_string_lossy().into_owned();
    let home = host.home.to_string_lossy();
    let marked = marked_shell(shell, &child.label, &folder, host.env(env_vars::ZDOTDIR).unwrap_or(&home));
    for (name, text) in &marked.files {
        child.folder.write(name, text)?;
    }
    for (name, value) in &marked.variables {
        child.variables.set_plain(*name, value);
    }
    child::run(shell, &marked.arguments, &child.variables).await
}
