//! `exec`: one command in a namespace.

use clap::Args;

use crate::actions::child_environment;
use crate::chain::Chain;
use crate::chain::target::identity;
use crate::commands::Context;
use crate::commands::flags::{SignInArgs, TargetArgs, flags};
use crate::error::{Error, Result};
use crate::model::irsa::IrsaRequest;
use crate::process::child;
use crate::process::runtime;

/// Run a command with the AWS credentials of a namespace and a kubeconfig of its own.
///
///   nsaccess exec -n idp-dev -- terraform plan
///   nsaccess exec -n idp-dev --irsa deploy/billing -- aws s3 ls
///
/// AWS_PROFILE and whatever else names another identity are taken away, AWS_REGION is the
/// cluster's. The command's exit status is ours.
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct ExecArgs {
    /// Use the role of this workload instead: pod/x, deploy/x, sts/x, job/x, sa/x
    #[arg(long, value_name = "TARGET")]
    pub(crate) irsa: Option<String>,
    /// Command and its arguments
    #[arg(last = true, required = true, value_name = "COMMAND")]
    pub(crate) command: Vec<String>,
    /// Where and how to sign in.
    #[command(flatten)]
    pub(crate) sign_in: SignInArgs,
}

/// Runs the verb.
///
/// # Errors
/// What keeps the command from being started; its own status.
pub(crate) fn run(context: Context<'_>, args: &ExecArgs) -> Result<()> {
    let chain = &outside(context, &args.sign_in)?;
    let access = chain.access(context.named(None))?;
    let irsa = args.irsa.as_deref().map(workload).transpose()?;
    let Some((program, words)) = args.command.split_first() else { return Ok(()) };
    // Ctrl-C is the command's: it decides what it means.
    runtime::run_with_child(async {
        let child = runtime::interruptible(child_environment::prepare(chain, &access, irsa.as_ref())).await?;
        identity::tell_unusual_role(chain, &child.target);
        child::run(program, words, &child.variables).await
    })
}

/// The chain for a child that gets an environment of its own.
///
/// # Errors
/// Inside of such a child, and when the settings cannot be read.
pub(crate) fn outside<'a>(context: Context<'a>, sign_in: &SignInArgs) -> Result<Chain<'a>> {
    let chain = context.open(&flags(&TargetArgs::default(), sign_in))?;
    child_environment::refuse_nesting(&chain)?;
    Ok(chain)
}

/// What `--irsa` names.
///
/// # Errors
/// Why it is nothing that has a role.
pub(crate) fn workload(target: &str) -> Result<IrsaRequest> {
    IrsaRequest::of(target).map_err(|why| {
        Error::usage(format!("--irsa {target} names nothing that has a role"))
            .because(why)
            .try_next("nsaccess assume-irsa --help   # how targets are named")
    })
}
