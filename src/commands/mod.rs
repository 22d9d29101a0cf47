//! The verbs, one a file. Each turns its arguments into a resolved input, asks the chain and the actions, and prints
//! through `ui`. What there is to say about a verb besides stands here: its line in the list, and how it is run.

pub(crate) mod assume_irsa;
pub(crate) mod audit;
pub(crate) mod can_i;
pub(crate) mod completion;
pub(crate) mod config;
pub(crate) mod console;
pub(crate) mod credentials;
mod diff_lines;
pub(crate) mod doctor;
pub(crate) mod documents;
pub(crate) mod exec;
pub(crate) mod flags;
pub(crate) mod grant;
pub(crate) mod kubeconfig;
pub(crate) mod list;
pub(crate) mod login;
pub(crate) mod logout;
pub(crate) mod logs;
mod misplaced;
mod plan;
pub(crate) mod pods;
pub(crate) mod port_forward;
pub(crate) mod revoke;
pub(crate) mod secrets;
pub(crate) mod shell;
pub(crate) mod status;
pub(crate) mod token;
pub(crate) mod use_context;
pub(crate) mod version;
pub(crate) mod whoami;

use clap::Subcommand;

use crate::actions::read_only::{self, MoreThanReading};
use crate::chain::{Chain, Presence, newer_release};
use crate::commands::flags::GlobalArgs;
use crate::disk::settings;
use crate::error::{Error, Result};
use crate::host::Host;
use crate::model::settings::Flags;
use crate::ui::{Format, Ui};

/// What nsaccess does. A variant's text is its line in the list of verbs; what `--help` of a verb says besides stands on its
/// arguments (a doc comment here would take that away).
#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    #[command(about = "Sign in and set up a namespace")]
    Login(login::LoginArgs),
    #[command(about = "Sign out")]
    Logout(logout::LogoutArgs),
    #[command(about = "Show what is set up and when it expires (works offline)")]
    Status(status::StatusArgs),
    #[command(about = "Find out what is wrong and how to fix it")]
    Doctor(doctor::DoctorArgs),
    #[command(about = "List the namespaces you have access to")]
    List(list::ListArgs),
    #[command(about = "Switch kubectl to another namespace", visible_alias = "ns")]
    Use(use_context::UseArgs),
    #[command(about = "Write, repair, print, remove or convert kubeconfig entries")]
    Kubeconfig(kubeconfig::KubeconfigArgs),
    #[command(about = "Forward local ports to pods and services", visible_alias = "pf")]
    PortForward(port_forward::PortForwardArgs),
    #[command(about = "Show what you are allowed to do, and what is missing")]
    CanI(can_i::CanIArgs),
    #[command(about = "Show the identity that the cluster sees")]
    Whoami(whoami::WhoamiArgs),
    #[command(about = "List pods")]
    Pods(pods::PodsArgs),
    #[command(about = "Print or follow logs")]
    Logs(logs::LogsArgs),
    #[command(about = "Assume a workload's IAM role")]
    AssumeIrsa(assume_irsa::AssumeIrsaArgs),
    #[command(
        about = "Read a namespace's secrets, or run a command with them",
        long_about = "Read a namespace's secrets in AWS Secrets Manager, or run a command with them.\n\nYou can read the secrets below the namespace's prefix (setting patterns.secrets_prefix, by default customer/NAMESPACE/); of others you see only the names. NAME is the name without the prefix, the full name, or the ARN."
    )]
    Secrets(secrets::SecretsArgs),
    #[command(about = "Print a token for kubectl (exec plugin)")]
    Token(token::TokenArgs),
    #[command(about = "Print AWS credentials")]
    Credentials(credentials::CredentialsArgs),
    #[command(about = "Run a command with a namespace's credentials and kubeconfig")]
    Exec(exec::ExecArgs),
    #[command(about = "Open a shell in a namespace")]
    Shell(shell::ShellArgs),
    #[command(about = "Open the AWS console")]
    Console(console::ConsoleArgs),
    #[command(about = "Complete commands with Tab in your shell")]
    Completion(completion::CompletionArgs),
    #[command(about = "Show which build this is")]
    Version,
    #[command(about = "Show and change settings")]
    Config(config::ConfigArgs),
    #[command(about = "Grant access to a namespace")]
    Grant(grant::GrantArgs),
    #[command(about = "Revoke access to a namespace")]
    Revoke(revoke::RevokeArgs),
    #[command(about = "Report who has access, and what is wrong with it")]
    Audit(audit::AuditArgs),
}

impl Verb {
    /// Whether there is a list of names to print.
    fn prints_names(&self) -> bool {
        match self {
            Verb::List(_) | Verb::Status(_) | Verb::Pods(_) => true,
            Verb::Secrets(args) => args.lists(),
            Verb::Doctor(args) => args.list,
            Verb::Audit(args) => args.list,
            Verb::Grant(args) => matches!(args.presets, Some(None)),
            _ => false,
        }
    }

    /// What it is called, if it prints what happens as it happens.
    fn prints_as_it_goes(&self) -> Option<&'static str> {
        match self {
            Verb::Logs(_) => Some("logs"),
            Verb::PortForward(_) => Some("port-forward"),
            Verb::Pods(args) if args.watch => Some("pods --watch"),
            _ => None,
        }
    }

    /// Whether there are values that a shell can evaluate.
    fn prints_variables(&self) -> bool {
        matches!(self, Verb::Secrets(args) if args.reads_value())
    }

    /// The verb's name, and why it has no place in a read-only shell.
    fn is_more_than_reading(&self, global: &GlobalArgs) -> Option<(&'static str, MoreThanReading)> {
        let own_kubeconfig = global.kubeconfig.is_none();
        match self {
            Verb::PortForward(_) => Some(("port-forward", MoreThanReading::Connects)),
            Verb::AssumeIrsa(_) => Some(("assume-irsa", MoreThanReading::Changes)),
            Verb::Grant(args) if args.changes_clusters() => Some(("grant", MoreThanReading::Changes)),
            Verb::Revoke(args) if !args.dry_run => Some(("revoke", MoreThanReading::Changes)),
            Verb::Login(_) if own_kubeconfig => Some(("login", MoreThanReading::LeadsAround)),
            Verb::Use(args) if own_kubeconfig && args.namespace.is_some() => {
                Some(("use", MoreThanReading::LeadsAround))
            }
            Verb::Kubeconfig(args) if own_kubeconfig && !args.print => {
                Some(("kubeconfig", MoreThanReading::LeadsAround))
            }
            // It may ask the cluster for a token of the service account.
            Verb::Doctor(args) if args.irsa.is_some() => Some(("doctor --irsa", MoreThanReading::Changes)),
            Verb::Doctor(args) if own_kubeconfig && args.fix => Some(("doctor --fix", MoreThanReading::LeadsAround)),
            _ => None,
        }
    }

    /// The namespace that an argument names.
    fn namespace(&self) -> Option<&str> {
        match self {
            Verb::Login(args) => args.namespace.as_deref(),
            Verb::Status(args) => args.namespace.as_deref(),
            Verb::Doctor(args) => args.namespace.as_deref(),
            Verb::Audit(args) => args.namespace.as_deref(),
            Verb::Use(args) => args.namespace.as_deref(),
            Verb::Kubeconfig(args) => args.namespace.as_deref(),
            Verb::Token(args) => args.namespace.as_deref(),
            Verb::Credentials(args) => args.namespace.as_deref(),
            // Without --, the first word is more likely the command's.
            Verb::Exec(args) if args.command.is_empty() || !args.misplaced.is_empty() => None,
            Verb::Exec(args) => args.namespace.as_deref(),
            Verb::Whoami(args) => args.namespace.as_deref(),
            Verb::Shell(args) => args.namespace.as_deref(),
            Verb::Console(args) => args.namespace.as_deref(),
            Verb::Grant(args) => args.wanted.namespace.as_deref(),
            Verb::Revoke(args) => args.namespace.as_deref(),
            _ => None,
        }
    }
}

/// The verbs that work in the namespace of `-n`.
const IN_A_NAMESPACE: [&str; 8] = ["assume-irsa", "can-i", "exec", "logs", "pods", "port-forward", "secrets", "whoami"];

/// Runs a verb.
///
/// # Errors
/// The verb's own.
pub(crate) fn run(verb: Verb, global: &GlobalArgs, host: &Host, ui: &Ui) -> Result<()> {
    let context = Context { host, ui, global };
    let named = verb.namespace().or(global.namespace.as_deref()).map(str::to_owned);
    check_format(&verb, global.output)?;
    check_namespaces(verb.namespace(), global.namespace.as_deref())?;
    if let Some((name, why)) = verb.is_more_than_reading(global) {
        read_only::refuse_inside(host, name, why, named.as_deref())?;
    }
    let result = match verb {
        Verb::Login(args) => login::run(context, &args),
        Verb::Logout(args) => logout::run(context, &args),
        Verb::Status(args) => status::run(context, &args),
        Verb::Doctor(args) => doctor::run(context, &args),
        Verb::List(args) => list::run(context, &args),
        Verb::Use(args) => use_context::run(context, &args),
        Verb::Kubeconfig(args) => kubeconfig::run(context, &args),
        Verb::PortForward(args) => port_forward::run(context, &args),
        Verb::CanI(args) => can_i::run(context, &args),
        Verb::Whoami(args) => whoami::run(context, &args),
        Verb::Pods(args) => pods::run(context, &args),
        Verb::Logs(args) => logs::run(context, &args),
        Verb::AssumeIrsa(args) => assume_irsa::run(context, &args),
        Verb::Secrets(args) => secrets::run(context, &args),
        Verb::Audit(args) => audit::run(context, &args),
        Verb::Token(args) => token::run(context, &args),
        Verb::Credentials(args) => credentials::run(context, &args),
        Verb::Exec(args) => exec::run(context, &args),
        Verb::Shell(args) => shell::run(context, &args),
        Verb::Console(args) => console::run(context, &args),
        Verb::Completion(args) => completion::run(context, &args),
        Verb::Version => version::run(context),
        Verb::Config(args) => config::run(context, &args),
        Verb::Grant(args) => grant::run(context, &args),
        Verb::Revoke(args) => revoke::run(context, &args),
    };
    // Signing in is the answer to this wherever it was noticed.
    let error = match result {
        Ok(()) => return Ok(()),
        Err(error) => error.or_sign_in(context.global.namespace.as_deref().unwrap_or("NAMESPACE")),
    };
    let error = settings::with_request(host, error).or_doctor(named.as_deref());
    Err(context.in_namespace(error))
}

/// `-o name` is for lists, `-o env` for the value of a secret, and `-o yaml` for what is complete when it is printed.
fn check_format(verb: &Verb, output: Format) -> Result<()> {
    let running = verb.prints_as_it_goes();
    if let Some(name) = running.filter(|_| output == Format::Yaml) {
        return Err(Error::usage(format!("{name} cannot print YAML"))
            .because("it prints lines or, with -o json, one object per line")
            .try_next("the same command with -o json"));
    }
    let prints = match output {
        Format::Name => verb.prints_names(),
        Format::Env => verb.prints_variables(),
        _ => true,
    };
    match prints {
        true => Ok(()),
        false if output == Format::Env => {
            Err(Error::usage("-o env is for nsaccess secrets get alone").try_next("nsaccess secrets get NAME -o env"))
        }
        false => {
            let formats = if running.is_some() { "table, wide and json" } else { "table, wide, json and yaml" };
            Err(Error::usage("-o name is for verbs that list things")
                .because(format!("this one does not; {formats} are its formats")))
        }
    }
}

/// One of two namespaces would be ignored, and nobody could know which.
fn check_namespaces(argument: Option<&str>, flag: Option<&str>) -> Result<()> {
    match (argument, flag) {
        (Some(argument), Some(flag)) if argument != flag => {
            Err(Error::usage(format!("two namespaces specified: {argument} and -n {flag}"))
                .try_next(format!("the same command without -n {flag}, or with it and without {argument}")))
        }
        _ => Ok(()),
    }
}

/// What every verb gets: the process, the screen, the global flags.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Context<'a> {
    /// The process.
    pub(crate) host: &'a Host,
    /// The screen.
    pub(crate) ui: &'a Ui,
    /// The global flags.
    pub(crate) global: &'a GlobalArgs,
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
        let chain = Chain::open(self.host, self.ui, self.global.kubeconfig.as_deref(), flags, presence)?;
        if Presence::at(self.host) == Presence::Person {
            newer_release::tell(&chain);
        }
        Ok(chain)
    }

    /// The namespace that an argument, or else `-n`, names.
    pub(crate) fn named<'b>(&'b self, argument: Option<&'b str>) -> Option<&'b str> {
        argument.or(self.global.namespace.as_deref())
    }

    /// Says what could be typed next, in the namespace that was named.
    pub(crate) fn hint(&self, command: &str) {
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
