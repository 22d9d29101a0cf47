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
//! | `commands` | one verb a file: its arguments and a thin `run` | all below but `net` |
//! | `actions` | what is done in a namespace, one folder for each: pods, logs, port_forward, irsa, secrets, … | `chain` and below |
//! | `chain` | the five stages above, one file each, in this order | `disk`, `net`, `process`, `model` |
//! | `disk` | files: ours and other people's | `model` |
//! | `net` | AWS and Kubernetes | `model` |
//! | `process` | children, signals, the runtime, the browser, the clipboard, prompts | `model` |
//! | `model` | pure decisions | the leaves alone |
//!
//! The leaves, which everything may use: `error`, `secret`, `screen`, `host`, `ui`, `env_vars`.

mod actions;
mod chain;
mod cli;
mod commands;
mod disk;
mod env_vars;
mod error;
#[cfg(any(test, fuzzing))]
#[doc(hidden)]
pub mod fuzzing;
mod host;
mod model;
mod net;
mod process;
mod screen;
mod secret;
mod ui;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::CommandFactory as _;

use crate::cli::Cli;
use crate::host::Host;
use crate::ui::{Format, Ui};

/// What the integration tests and the fuzz targets look at. It is no interface: it changes without notice.
#[doc(hidden)]
pub mod inside {
    pub use crate::cli::Cli;
    pub use crate::commands::documents::{Document, documents};
    pub use crate::error::Kind;
    pub use crate::model::aws::sso_cache;
    pub use crate::model::kube::exec_credential;
    pub use crate::model::wire::socks;
    pub use crate::secret::Secret;
}

/// The program: argv and the process in, an exit code out.
pub fn main() -> ExitCode {
    abort_on_panic();
    host::memory::protect();
    let arguments: Vec<_> = std::env::args_os().collect();
    ExitCode::from(run(&arguments, &Host::real()))
}

/// A panic ends the process at once: whatever runs beside must not go on half alive. Only `doctor`, which takes this hook
/// away for a while, unwinds.
fn abort_on_panic() {
    let say = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        say(panic);
        std::process::abort();
    }));
}

/// Parses, runs the verb, renders the error. Returns the exit code.
fn run(arguments: &[OsString], host: &Host) -> u8 {
    if let Some(answer) = commands::token::warm_start(arguments, host) {
        let ui = Ui::new(host, Format::Table, false, 0);
        return ended(&ui, ui.print_bytes(answer.expose().as_bytes()));
    }
    if let Some(candidates) = commands::completion::answer(arguments, host, Cli::command) {
        let ui = Ui::new(host, Format::Table, false, 0);
        return ended(&ui, ui.print_bytes(candidates.as_bytes()));
    }
    if let Some(page) = cli::topics::asked(arguments) {
        let ui = Ui::new(host, Format::Table, false, 0);
        return ended(&ui, ui.print_coloured(&cli::topics::text(&ui, page)));
    }
    let cli = match Cli::read(arguments) {
        Ok(cli) => cli,
        Err(mistake) => {
            return match mistake.for_program() {
                Some((format, error)) => ended(&Ui::new(host, format, false, 0), Err(error)),
                None => mistake.print(),
            };
        }
    };
    let ui = Ui::new(host, cli.global.output, cli.global.quiet, cli.global.verbose);
    let result = commands::run(cli.verb, &cli.global, host, &ui);
    ended(&ui, result.map_err(|error| error.or_help(|| cli::help_of(arguments))))
}

fn ended(ui: &Ui, result: error::Result<()>) -> u8 {
    match result {
        Ok(()) => 0,
        Err(error) => {
            ui.print_error(&error);
            error.kind.exit_code()
        }
    }
}
