//! `assume-irsa`: a workload's IAM role, to debug what *it* is allowed to do.

pub(crate) mod profile;
mod who;

use clap::{Args, ValueEnum};

use crate::actions::irsa;
use crate::actions::irsa::AssumedRole;
use crate::commands::Context;
use crate::commands::flags::Shell;
use crate::error::{Error, Result};
use crate::model::aws::credential_output::{self, AwsIdentity};
use crate::model::irsa::{AssumeMethod, IrsaRequest, Via};
use crate::model::settings::Flags;
use crate::model::shell;
use crate::process::child::{self, Environment};
use crate::process::runtime;
use crate::ui::Format;

/// Assume a workload's IAM role on this machine, to debug its permissions.
///
/// TARGET is pod/NAME, deploy/NAME, sts/NAME, job/NAME, sa/NAME (also ds, rs,
/// cronjob) or the name of a pod. Without further options, shows the assumed
/// identity, when it expires, and how to use it.
///
/// Run a command:   nsaccess assume-irsa deploy/billing -- aws s3 ls
/// In bash or zsh:  eval "$(nsaccess assume-irsa deploy/billing --export)"
/// In fish:         nsaccess assume-irsa deploy/billing --export=fish | source
/// As a profile:    nsaccess assume-irsa deploy/billing --profile
///
/// In ~/.aws/config:
/// credential_process = nsaccess assume-irsa deploy/billing -n idp-dev -o json
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct AssumeIrsaArgs {
    /// Workload: pod/NAME, deploy/NAME, sts/NAME, job/NAME, sa/NAME or the name of a pod
    #[arg(required_unless_present = "role_arn")]
    pub(crate) target: Option<String>,
    /// Role to assume instead of the workload's; without a target, no cluster is needed
    #[arg(long, value_name = "ARN")]
    pub(crate) role_arn: Option<String>,
    /// Container, if several have a role
    #[arg(short = 'c', long, value_name = "NAME")]
    pub(crate) container: Option<String>,
    /// How to assume the role: sts (with your own credentials), token (with a token of the service account), auto (the first
    /// that works)
    #[arg(long, value_enum, default_value = "auto", value_name = "METHOD")]
    pub(crate) via: ViaArg,
    /// Duration of the session, 15m to 1h [default: 1h]
    #[arg(long, value_name = "DURATION")]
    pub(crate) duration: Option<String>,
    /// Try even in production, where it is not expected to work
    #[arg(long)]
    pub(crate) force: bool,
    /// Print lines for a shell to evaluate [default shell: that of $SHELL]
    #[arg(long, value_enum, value_name = "SHELL", num_args = 0..=1, default_missing_value = "auto", require_equals = true)]
    pub(crate) export: Option<Shell>,
    /// Write the AWS profile idp-irsa-NAMESPACE-SERVICEACCOUNT, which any AWS tool can use
    #[arg(long, conflicts_with_all = ["export", "command"])]
    pub(crate) profile: bool,
    /// Command to run as the role; nsaccess exits with its status
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
        return Err(Error::usage("-o yaml is not supported for credentials")
            .because("AWS tools read JSON; use -o json for a credential_process")
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
        (None, None) => Err("no workload or role specified".to_owned()),
    };
    let wanted = wanted.and_then(|it| it.in_container(args.container.as_deref())).map_err(|why| {
        Error::usage("invalid target")
            .because(why)
            .try_next("nsaccess assume-irsa --help   # shows the forms of a target")
    })?;
    let wanted = wanted.lasting(args.duration.as_deref()).map_err(|why| {
        Error::usage("invalid --duration").because(why).try_next("nsaccess assume-irsa TARGET --duration 30m")
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
    let dialect = shell.meant(context.host).dialect();
    let lines = shell::change_variables(dialect, &credential_output::variables(identity(assumed)));
    context.ui.print_bytes(lines.expose().as_bytes())
}
