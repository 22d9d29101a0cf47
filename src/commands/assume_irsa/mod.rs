//! `assume-irsa`: be the role of a workload, to see what *it* may do.

mod profile;
mod who;

use clap::{Args, ValueEnum};

use crate::actions::irsa;
use crate::actions::irsa::AssumedRole;
use crate::commands::Context;
use crate::commands::flags::{Shell, dialect};
use crate::error::{Error, Result};
use crate::model::aws::credential_output::{self, AwsIdentity};
use crate::model::irsa::{AssumeMethod, IrsaRequest, Via};
use crate::model::settings::Flags;
use crate::model::shell;
use crate::process::child::{self, Environment};
use crate::process::runtime;
use crate::ui::Format;

/// Assume the IAM role of a workload from here, to debug what it may do.
///
/// TARGET is pod/x, deploy/x, sts/x, job/x, sa/x (also ds/x, rs/x, cronjob/x) or a pod's name.
/// With nothing more it says who you are then, until when, and how to use it.
///
///   nsaccess assume-irsa deploy/billing -- aws dynamodb list-tables
///   eval "$(nsaccess assume-irsa deploy/billing --export)"
///   nsaccess assume-irsa deploy/billing --profile
///
/// In ~/.aws/config:   credential_process = nsaccess assume-irsa deploy/billing -n idp-dev -o json
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct AssumeIrsaArgs {
    /// Whose role: pod/x, deploy/x, sts/x, job/x, sa/x or a pod's name
    #[arg(required_unless_present = "role_arn")]
    pub(crate) target: Option<String>,
    /// This role instead of the one that the target names; needs no target, and then no cluster
    #[arg(long, value_name = "ARN")]
    pub(crate) role_arn: Option<String>,
    /// The container whose role is meant, where several have one
    #[arg(short = 'c', long, value_name = "NAME")]
    pub(crate) container: Option<String>,
    /// sts: your own credentials assume the role; token: a token of its service account does; auto: the first that works
    #[arg(long, value_enum, default_value = "auto", value_name = "WAY")]
    pub(crate) via: ViaArg,
    /// How long the session lasts, 15m to 1h [default: 1h]
    #[arg(long, value_name = "SPAN")]
    pub(crate) duration: Option<String>,
    /// Try it in production, too, where it is not expected to work
    #[arg(long)]
    pub(crate) force: bool,
    /// Print lines for this shell [default shell: the one of $SHELL]
    #[arg(long, value_enum, value_name = "SHELL", num_args = 0..=1, default_missing_value = "auto", require_equals = true)]
    pub(crate) export: Option<Shell>,
    /// Write the profile idp-irsa-NAMESPACE-SERVICEACCOUNT, which every AWS tool can use and renews by itself
    #[arg(long, conflicts_with_all = ["export", "command"])]
    pub(crate) profile: bool,
    /// Run this as the role; its exit status is ours
    #[arg(last = true, value_name = "COMMAND", conflicts_with = "export")]
    pub(crate) command: Vec<String>,
}

/// Which ways may be taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ViaArg {
    /// The first that works.
    Auto,
    /// sts:AssumeRole.
    Sts,
    /// sts:AssumeRoleWithWebIdentity.
    Token,
}

/// Runs the verb.
///
/// # Errors
/// Of `assume`; and with a command, how that ended.
pub(crate) fn run(context: Context<'_>, args: &AssumeIrsaArgs) -> Result<()> {
    let request = request(args)?;
    let prints = args.command.is_empty() && !args.profile && args.export.is_none();
    if prints && context.global.output == Format::Yaml {
        return Err(Error::usage("credentials are not printed as YAML")
            .because("no AWS tool reads it; -o json is what a credential_process prints")
            .try_next(format!("nsaccess assume-irsa {request} -o json")));
    }
    let chain = &context.open(&Flags::default())?;
    let access = chain.access(context.named(None))?;
    let assumed = async { irsa::assume(chain, &access, &request).await };
    let done = if let Some((program, words)) = args.command.split_first() {
        runtime::run_with_child(async {
            let assumed = runtime::interruptible(assumed).await?;
            child::run(program, words, &environment(&assumed)).await
        })
    } else if args.profile {
        runtime::run(assumed).and_then(|assumed| profile::write(context, chain, &request, &assumed))
    } else if let Some(shell) = args.export {
        runtime::run(assumed).and_then(|assumed| export(context, shell, &assumed))
    } else if !context.ui.is_table() {
        runtime::run(assumed).and_then(|assumed| {
            context.ui.print_bytes(credential_output::process(&assumed.credentials).expose().as_bytes())
        })
    } else {
        let confirmed = irsa::assume_and_confirm(chain, &access, &request);
        runtime::run(confirmed).and_then(|assumed| who::show(context, &request, &assumed))
    };
    done.map_err(|error| error.or_sign_in(access.name.as_str()))
}

fn request(args: &AssumeIrsaArgs) -> Result<IrsaRequest> {
    let wanted = match (&args.target, &args.role_arn) {
        (Some(target), role_arn) => IrsaRequest::of(target).and_then(|it| it.with_role(role_arn.as_deref())),
        (None, Some(role_arn)) => IrsaRequest::of_role(role_arn),
        (None, None) => Err("neither a target nor a role is named".to_owned()),
    };
    let wanted = wanted.and_then(|it| it.in_container(args.container.as_deref())).map_err(|why| {
        Error::usage("this names no role")
            .because(why)
            .try_next("nsaccess assume-irsa --help   # how targets are named")
    })?;
    let wanted = wanted.lasting(args.duration.as_deref()).map_err(|why| {
        Error::usage("--duration cannot be used").because(why).try_next("nsaccess assume-irsa TARGET --duration 30m")
    })?;
    let via = match args.via {
        ViaArg::Auto => Via::Auto,
        ViaArg::Sts => Via::Only(AssumeMethod::Sts),
        ViaArg::Token => Via::Only(AssumeMethod::Token),
    };
    Ok(IrsaRequest { via, force: args.force, ..wanted })
}

/// The credentials, and nothing by which an SDK would find others.
fn environment(assumed: &AssumedRole) -> Environment {
    let mut environment = Environment::default();
    environment.change(credential_output::variables(identity(assumed)));
    environment
}

fn identity(assumed: &AssumedRole) -> AwsIdentity<'_> {
    AwsIdentity {
        credentials: &assumed.credentials,
        account: assumed.workload_role.role.account(),
        region: &assumed.region,
    }
}

fn export(context: Context<'_>, shell: Shell, assumed: &AssumedRole) -> Result<()> {
    let dialect = dialect(context.host, shell);
    let lines = shell::change_variables(dialect, &credential_output::variables(identity(assumed)));
    context.ui.print_bytes(lines.expose().as_bytes())
}
