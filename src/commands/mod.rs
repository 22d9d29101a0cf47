//! The verbs, one a file. Each turns its arguments into a resolved input, asks `access/`, and prints through `ui`.

pub mod assume_irsa;
pub mod can_i;
pub mod config;
pub mod console;
pub mod credentials;
pub mod exec;
pub mod kubeconfig;
pub mod list;
pub mod login;
pub mod logout;
pub mod logs;
pub mod pods;
pub mod port_forward;
pub mod secrets;
pub mod shell;
pub mod status;
pub mod token;
pub mod use_context;
pub mod whoami;

use crate::chain::{Chain, Presence};
use crate::cli::{Cli, GlobalArgs, Verb};
use crate::error::{Error, Result};
use crate::host::Host;
use crate::model::settings::Flags;
use crate::ui::Ui;

/// What every verb gets: the process, the screen, the global flags.
#[derive(Debug, Clone, Copy)]
pub struct Context<'a> {
    /// The process.
    pub host: &'a Host,
    /// The screen.
    pub ui: &'a Ui,
    /// The global flags.
    pub global: &'a GlobalArgs,
}

impl<'a> Context<'a> {
    /// The chain, for a verb with these flags. A person is asked if one is at the terminal.
    ///
    /// # Errors
    /// When the settings cannot be read or understood.
    pub(crate) fn open(&self, flags: &Flags) -> Result<Chain<'a>> {
        self.open_for(flags, Presence::at(self.host))
    }

    /// The same; `presence` says who may be asked.
    ///
    /// # Errors
    /// As [`Context::open`].
    pub(crate) fn open_for(&self, flags: &Flags, presence: Presence) -> Result<Chain<'a>> {
        Chain::open(self.host, self.ui, self.global.kubeconfig.as_deref(), flags, presence)
    }

    /// The namespace that an argument, or else `-n`, names.
    pub fn named<'b>(&'b self, argument: Option<&'b str>) -> Option<&'b str> {
        argument.or(self.global.namespace.as_deref())
    }

    /// Says what could be typed next, in the namespace that was named.
    pub fn hint(&self, command: &str) {
        match &self.global.namespace {
            Some(namespace) => self.ui.hint(&with_namespace(command, namespace)),
            None => self.ui.hint(command),
        }
    }

    /// The same error, whose commands are for the namespace that was named.
    fn in_namespace(&self, mut error: Error) -> Error {
        if let Some(namespace) = &self.global.namespace {
            error.try_next.iter_mut().for_each(|command| *command = with_namespace(command, namespace));
        }
        error
    }
}

/// Runs a verb.
///
/// # Errors
/// The verb's own.
pub fn run(cli: Cli, host: &Host, ui: &Ui) -> Result<()> {
    let context = Context { host, ui, global: &cli.global };
    secrets::check_format(&cli)?;
    let result = match cli.verb {
        Verb::Login(args) => login::run(context, &args),
        Verb::Logout(args) => logout::run(context, &args),
        Verb::Status(args) => status::run(context, &args),
        Verb::List(args) => list::run(context, &args),
        Verb::Use(args) => use_context::run(context, &args),
        Verb::Kubeconfig(args) => kubeconfig::run(context, &args),
        Verb::PortForward(args) => port_forward::run(context, &args),
        Verb::Token(args) => token::run(context, &args),
        Verb::Credentials(args) => credentials::run(context, &args),
        Verb::Exec(args) => exec::run(context, &args),
        Verb::Shell(args) => shell::run(context, &args),
        Verb::Console(args) => console::run(context, &args),
        Verb::Config(args) => config::run(context, &args),
        Verb::AssumeIrsa(args) => assume_irsa::run(context, &args),
        Verb::CanI(args) => can_i::run(context, &args),
        Verb::Whoami(args) => whoami::run(context, &args),
        Verb::Pods(args) => pods::run(context, &args),
        Verb::Logs(args) => logs::run(context, &args),
        Verb::Secrets(args) => secrets::run(context, &args),
    };
    // Whoever is not signed in has one thing to do, wherever it was noticed.
    let error = match result {
        Ok(()) => return Ok(()),
        Err(error) => error.or_sign_in(context.global.namespace.as_deref().unwrap_or("NAMESPACE")),
    };
    Err(context.in_namespace(error))
}

/// The verbs that work in the namespace of `-n`.
const IN_A_NAMESPACE: [&str; 8] = ["assume-irsa", "can-i", "exec", "logs", "pods", "port-forward", "secrets", "whoami"];

/// A command of ours with the namespace that it was meant for: without it, it would be another one's.
fn with_namespace(command: &str, namespace: &str) -> String {
    let verb = command.strip_prefix("nsaccess ").and_then(|rest| rest.split(' ').next()).unwrap_or_default();
    let named = [" -n ", " --namespace", " --help"].iter().any(|word| command.contains(word));
    if named || !IN_A_NAMESPACE.contains(&verb) {
        return command.to_owned();
    }
    let end = ["   #", " -- "].iter().filter_map(|word| command.find(word)).min().unwrap_or(command.len());
    format!("{} -n {namespace}{}", &command[..end], &command[end..])
}

#[cfg(test)]
mod tests {
    use super::with_namespace;

    #[test]
    fn hints_keep_the_namespace_that_was_named() {
        for (command, expected) in [
            ("nsaccess pods", "nsaccess pods -n x"),
            ("nsaccess pods NAME   # by name", "nsaccess pods NAME -n x   # by name"),
            ("nsaccess secrets exec a -- env", "nsaccess secrets exec a -n x -- env"),
            ("nsaccess secrets get a -n y", "nsaccess secrets get a -n y"),
            ("nsaccess login x", "nsaccess login x"),
            ("nsaccess assume-irsa --help   # how", "nsaccess assume-irsa --help   # how"),
            ("kubectl get pods", "kubectl get pods"),
        ] {
            assert_eq!(with_namespace(command, "x"), expected);
        }
    }
}
