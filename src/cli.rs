//! The command line: global flags, and those that several verbs share. No behaviour.

use std::path::PathBuf;

use clap::{Args, Parser};

use crate::commands::Verb;
use crate::model::settings::Flags;
use crate::ui::Format;

/// Access to one Kubernetes namespace on Amazon EKS, starting from nothing but its name.
#[derive(Debug, Parser)]
#[command(
    name = "nsaccess",
    version,
    max_term_width = 100,
    subcommand_required = true,
    arg_required_else_help = true,
    after_help = "Start with:  nsaccess login NAMESPACE\nThen:        kubectl get pods\n\nExit codes: 0 done, 1 a no or a failure, 2 usage, 3 not signed in, 4 denied, 5 not found, 6 unreachable, 130 interrupted."
)]
pub struct Cli {
    /// Flags of every verb.
    #[command(flatten)]
    pub global: GlobalArgs,
    /// The verb.
    #[command(subcommand)]
    pub verb: Verb,
}

/// Flags of every verb.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Global options")]
pub struct GlobalArgs {
    /// Namespace, where no argument names it [default: $NSACCESS_NAMESPACE, the current context, this folder]
    // An id of its own: under that of a verb's argument clap would not let the verb have this flag.
    #[arg(id = "namespace_flag", short = 'n', long = "namespace", global = true, value_name = "NAMESPACE")]
    pub namespace: Option<String>,
    /// Form of the output
    #[arg(
        short,
        long,
        global = true,
        value_enum,
        default_value = "table",
        value_name = "FORMAT",
        hide_possible_values = false
    )]
    pub output: Format,
    /// Say nothing but data, warnings and errors
    #[arg(short, long, global = true)]
    pub quiet: bool,
    /// Say what is decided, and why
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    pub verbose: u8,
    /// Use this kubeconfig file only [default: $KUBECONFIG, else ~/.kube/config]
    #[arg(long, global = true, value_name = "FILE")]
    pub kubeconfig: Option<PathBuf>,
}

/// Flags that name what a namespace resolves to; they win over every setting.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Target")]
pub struct TargetArgs {
    /// Account that has the namespace's permission set
    #[arg(long, value_name = "ID")]
    pub account: Option<String>,
    /// Permission set, where its name does not follow the pattern
    #[arg(long, value_name = "NAME")]
    pub role: Option<String>,
    /// EKS cluster
    #[arg(long, value_name = "NAME")]
    pub cluster: Option<String>,
    /// Region of the cluster
    #[arg(long, value_name = "REGION")]
    pub region: Option<String>,
}

/// Flags that say where and how to sign in.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Sign-in")]
pub struct SignInArgs {
    /// Start URL of the AWS access portal
    #[arg(long, value_name = "URL")]
    pub start_url: Option<String>,
    /// Region of IAM Identity Center
    #[arg(long, value_name = "REGION")]
    pub sso_region: Option<String>,
    /// device: a code to approve on any device; browser: a page on this machine
    #[arg(long, value_parser = ["device", "browser"], value_name = "FLOW")]
    pub flow: Option<String>,
    /// Open no browser; print the address only
    #[arg(long)]
    pub no_browser: bool,
}

/// Both groups of flags as settings.
pub fn flags(target: &TargetArgs, sign_in: &SignInArgs) -> Flags {
    Flags {
        start_url: sign_in.start_url.clone(),
        sso_region: sign_in.sso_region.clone(),
        flow: sign_in.flow.clone(),
        account: target.account.clone(),
        role: target.role.clone(),
        cluster: target.cluster.clone(),
        region: target.region.clone(),
        regions: None,
        no_browser: sign_in.no_browser,
    }
}
