//! `exec`: one command in a namespace.

use clap::Args;

use crate::actions::child_environment;
use crate::chain::target::identity;
use crate::chain::{Chain, access};
use crate::commands::Context;
use crate::commands::flags::{SignInArgs, TargetArgs, flags};
use crate::error::{Error, Result};
use crate::model::irsa::IrsaRequest;
use crate::model::shell::quote;
use crate::process::child;
use crate::process::runtime;

/// Run a command with a namespace's AWS credentials and a kubeconfig of its own.
///
///   nsaccess exec idp-dev -- terraform plan
///   nsaccess exec idp-dev --irsa deploy/billing -- aws s3 ls
///
/// AWS_PROFILE and other variables that select another identity are removed;
/// AWS_REGION is that of the cluster. nsaccess exits with the command's status.
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct ExecArgs {
    /// Namespace to use
    pub(crate) namespace: Option<String>,
    /// What belongs behind `--`.
    #[arg(hide = true, allow_hyphen_values = true)]
    pub(crate) misplaced: Vec<String>,
    /// Use the IAM role of this workload: pod/NAME, deploy/NAME, sts/NAME, job/NAME, sa/NAME
    #[arg(long, value_name = "TARGET")]
    pub(crate) irsa: Option<String>,
    /// Command and its arguments
    #[arg(last = true, value_name = "COMMAND")]
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
    let (program, words) = match args.command.split_first() {
        Some(command) if args.misplaced.is_empty() => command,
        _ => return Err(no_command(args, &access::familiar(chain))),
    };
    let access = chain.access(context.named(args.namespace.as_deref()))?;
    let irsa = args.irsa.as_deref().map(workload).transpose()?;
    // Ctrl-C is the command's: it decides what it means.
    runtime::run_with_child(async {
        let child = runtime::interruptible(child_environment::prepare(chain, &access, irsa.as_ref())).await?;
        identity::tell_unusual_role(chain, &child.target);
        child::run(program, words, &child.variables).await
    })
}

/// The command is missing, or stands before `--`. `namespaces`: those that are known.
fn no_command(args: &ExecArgs, namespaces: &[String]) -> Error {
    let first = args.namespace.as_deref().filter(|word| !word.starts_with('-'));
    let (namespace, first) = match first {
        Some(word) if namespaces.iter().any(|namespace| namespace == word) => (Some(word), None),
        first => (None, first),
    };
    let misplaced = first.into_iter().chain(args.misplaced.iter().map(String::as_str));
    let command: Vec<_> = misplaced.chain(args.command.iter().map(String::as_str)).map(quote).collect();
    if command.is_empty() {
        let error = Error::usage("no command specified");
        return match namespace {
            Some(namespace) => error
                .try_next(format!("nsaccess exec {namespace} -- COMMAND"))
                .try_next(format!("nsaccess shell {namespace}   # for a shell")),
            None => error.try_next("nsaccess exec -- COMMAND").try_next("nsaccess shell   # for a shell"),
        };
    }
    let (error, command) = (Error::usage("the command must follow --"), command.join(" "));
    match namespace {
        Some(namespace) => error.try_next(format!("nsaccess exec {namespace} -- {command}")),
        None => error.try_next(format!("nsaccess exec -- {command}")),
    }
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
        Error::usage(format!("invalid --irsa target {target:?}"))
            .because(why)
            .try_next("nsaccess assume-irsa --help   # shows the forms of a target")
    })
}
