//! Access to one Kubernetes namespace on Amazon EKS, starting from nothing but its name.
//!
//! ```text
//! namespace ──► target ──► session ──► credentials ──► cluster ──► action
//!  (a name)    account      sign in     role creds      endpoint    token, verify, …
//!              role         refresh     15 min..12 h    + CA
//! ```
//!
//! | folder | what it holds | what it may use |
//! | --- | --- | --- |
//! | [`commands`] | one verb a file: its arguments and a thin `run` | `access`, `disk`, `net`, `model` |
//! | [`access`] | the chain above: from disk, else from the network under a lock, then to disk | `disk`, `net`, `model` |
//! | [`disk`] | files: ours and other people's | `model` |
//! | [`net`] | AWS and Kubernetes | `model` |
//! | [`model`] | pure decisions | nothing but the leaves |
//!
//! The leaves, which everything may use: [`error`], [`secret`], [`screen`], [`host`], [`ui`], [`env_vars`].

pub mod actions;
pub mod chain;
pub mod cli;
pub mod commands;
pub mod disk;
pub mod env_vars;
pub mod error;
pub mod host;
pub mod model;
pub mod net;
pub mod process;
pub mod screen;
pub mod secret;
pub mod ui;

use std::ffi::OsString;

use clap::Parser;

use crate::cli::Cli;
use crate::error::Kind;
use crate::host::Host;
use crate::ui::{Format, Ui};

/// Parses, runs the verb, renders the error. Returns the exit code.
pub fn run(arguments: &[OsString], host: &Host) -> u8 {
    if let Some(answer) = commands::token::warm_start(arguments, host) {
        let ui = Ui::new(host, Format::Table, false, 0);
        return ended(&ui, ui.bytes(answer.expose().as_bytes()));
    }
    let cli = match Cli::try_parse_from(arguments) {
        Ok(cli) => cli,
        Err(error) => return parse_failure(&error),
    };
    let ui = Ui::new(host, cli.global.output, cli.global.quiet, cli.global.verbose);
    ended(&ui, commands::run(cli, host, &ui))
}

fn ended(ui: &Ui, result: error::Result<()>) -> u8 {
    match result {
        Ok(()) => 0,
        Err(error) => {
            // What a child left on the screen, perhaps half a line, is its own.
            if !matches!(error.kind, Kind::Child(_)) {
                ui.end_transient();
            }
            ui.error(&error);
            error.kind.exit_code()
        }
    }
}

/// clap prints help and version to standard output, mistakes to standard error, in its own words.
fn parse_failure(error: &clap::Error) -> u8 {
    let printed = error.print();
    match error.kind() {
        clap::error::ErrorKind::DisplayHelp | clap::error::ErrorKind::DisplayVersion => {
            if printed.is_ok() {
                0
            } else {
                Kind::BrokenPipe.exit_code()
            }
        }
        _ => Kind::Usage.exit_code(),
    }
}
