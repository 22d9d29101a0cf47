//! `credentials`: a namespace's AWS credentials, for SDKs (`credential_process`) and shells.

use clap::Args;

use crate::chain::cluster;
use crate::commands::Context;
use crate::commands::flags::{Shell, SignInArgs, TargetArgs, flags};
use crate::error::Result;
use crate::model::aws::credential_output::{self, AwsIdentity, variables};
use crate::model::shell;
use crate::process::runtime;

/// Print the AWS credentials of a namespace's role, for AWS tools and shells.
///
/// The output is secret. It is JSON for credential_process (whatever -o says), or
/// with --export lines for a shell to evaluate, which also unset AWS_PROFILE and
/// other variables that select another identity.
///
/// In ~/.aws/config:   credential_process = nsaccess credentials idp-dev
/// In bash or zsh:     eval "$(nsaccess credentials idp-dev --export)"
/// In fish:            nsaccess credentials idp-dev --export=fish | source
/// In PowerShell:      nsaccess credentials idp-dev --export | Out-String | iex
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct CredentialsArgs {
    /// Namespace to use
    pub(crate) namespace: Option<String>,
    /// Print lines for a shell to evaluate [default shell: that of $SHELL]
    #[arg(long, value_enum, value_name = "SHELL", num_args = 0..=1, default_missing_value = "auto", require_equals = true)]
    pub(crate) export: Option<Shell>,
    /// Where and how to sign in.
    #[command(flatten)]
    pub(crate) sign_in: SignInArgs,
}

/// Runs the verb.
///
/// # Errors
/// [`crate::error::Kind::NotSignedIn`] when a person is needed and not there.
pub(crate) fn run(context: Context<'_>, args: &CredentialsArgs) -> Result<()> {
    let chain = &context.open(&flags(&TargetArgs::default(), &args.sign_in))?;
    let access = chain.access(context.named(args.namespace.as_deref()))?;
    let credentials = runtime::run(chain.credentials(&access))?;
    let (target, role) = (&credentials.target, credentials.role());
    let text = match args.export {
        None => credential_output::process(&role),
        Some(shell) => {
            let region = cluster::likely_region(chain, target);
            let identity = AwsIdentity { credentials: &role, account: target.account(), region: &region };
            shell::change_variables(shell.meant(context.host).dialect(), &variables(identity))
        }
    };
    context.ui.print_bytes(text.expose().as_bytes())
}
