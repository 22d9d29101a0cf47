//! The command line: global flags and a verb. No behaviour.

use clap::Parser;

use crate::commands::Verb;
use crate::commands::flags::GlobalArgs;

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
    pub(crate) global: GlobalArgs,
    /// The verb.
    #[command(subcommand)]
    pub(crate) verb: Verb,
}
