//! The command line: global flags and a verb, its help, and what is said about mistakes in it.

mod help;
mod mistake;
pub(crate) mod topics;

use std::ffi::OsString;

use clap::{CommandFactory, FromArgMatches, Parser};

use crate::commands::Verb;
use crate::commands::flags::GlobalArgs;

pub(crate) use mistake::{Mistake, help_of};

/// Access to one Kubernetes namespace on Amazon EKS, starting from nothing but its name.
#[derive(Debug, Parser)]
#[command(
    name = "nsaccess",
    version,
    max_term_width = 100,
    subcommand_required = true,
    arg_required_else_help = true,
    after_help = "Start with:  nsaccess login\nThen:        kubectl get pod NAME\nMore:        nsaccess help COMMAND\n\nExit codes: 0 success, 1 no or failure, 2 usage, 3 not signed in, 4 denied, 5 not found, 6 unreachable, 130 interrupted."
)]
pub struct Cli {
    /// Flags of every verb.
    #[command(flatten)]
    pub(crate) global: GlobalArgs,
    /// The verb.
    #[command(subcommand)]
    pub(crate) verb: Verb,
}

impl Cli {
    /// Reads arguments, the program's name first.
    ///
    /// # Errors
    /// When they ask for help or the version, or are not understood.
    pub(crate) fn read(arguments: &[OsString]) -> Result<Self, Mistake> {
        // Who types the name alone asks what there is, as with gh and kubectl.
        let alone = [OsString::from("nsaccess"), OsString::from("--help")];
        let arguments = if arguments.len() == 1 { &alone } else { arguments };
        let read = Cli::command().try_get_matches_from(arguments);
        let read = read.and_then(|matches| Cli::from_arg_matches(&matches));
        read.map_err(|error| match help::is_help(&error) {
            // The layout of the pages costs a second walk through all verbs, so it is made only here.
            true => help::laid_out(Cli::command()).try_get_matches_from(arguments).err().unwrap_or(error).into(),
            false => Mistake::of(error, arguments),
        })
    }
}
