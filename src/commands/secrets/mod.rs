//! `secrets`: what AWS Secrets Manager has for the namespace.

mod clear;
mod describe;
mod diff;
pub(crate) mod document;
mod exec;
mod get;
mod hold;
mod list;
mod refusals;
mod versions;

use clap::{Args, Subcommand};
use jiff::Timestamp;

use crate::actions::secrets;
use crate::chain::{Chain, Presence};
use crate::commands::Context;
use crate::error::{Error, Kind, Result};
use crate::model::kube::access::Access;
use crate::model::secrets::SecretName;
use crate::model::settings::Flags;
use crate::process::runtime;
use crate::ui::{local_time, or_dash};

/// What is to be done, and where.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  nsaccess secrets list\n  nsaccess secrets get billing/database --field password\n  nsaccess secrets exec billing/database --prefix DB_ -- ./server"
)]
pub(crate) struct SecretsArgs {
    /// Region of the secrets [default: that of the namespace's cluster]
    #[arg(long, global = true, value_name = "REGION")]
    pub(crate) region: Option<String>,
    /// What to do.
    #[command(subcommand)]
    pub(crate) action: Action,
}

/// What can be done with secrets.
#[derive(Debug, Subcommand)]
pub(crate) enum Action {
    /// List the namespace's secrets
    ///
    /// Names are shown without the namespace's prefix, as the other verbs take them. -o wide adds the day of the last
    /// access, the rotation and the number of versions.
    List(list::ListArgs),
    /// Print the value of a secret
    ///
    /// The value is printed byte for byte; on a terminal a newline is added. -o json and -o yaml print an object with the
    /// value and its version, -o env prints lines for your shell to evaluate, with the variables of `secrets exec`.
    Get(get::GetArgs),
    /// List the versions of a secret
    ///
    /// Newest first. A version without a stage can still be read by its ID until AWS removes it.
    Versions(versions::VersionsArgs),
    /// Show the metadata of a secret
    Describe(describe::DescribeArgs),
    /// Show which keys changed since the previous version
    ///
    /// Compares AWSPREVIOUS with AWSCURRENT. Keys of nested objects are joined with dots; a value that is not a JSON
    /// object is compared as a whole.
    Diff(diff::DiffArgs),
    /// Run a command with secrets in its environment
    ///
    /// A JSON object sets one variable for each key, named after the key. Any other value sets one variable, named after
    /// the secret in upper case (billing/api-key sets BILLING_API_KEY). Characters that a variable name cannot have become
    /// _. Two values for one variable are refused, and so are variables that control programs (PATH, LD_PRELOAD,
    /// AWS_PROFILE) unless --allow names them. The values are in no argument and in no file; the FILE of --mount
    /// exists in memory only, until the command ends. The command has the AWS credentials of the namespace's role; nsaccess
    /// exits with its status and passes signals on to it.
    Exec(exec::ExecArgs),
    /// What `get --copy` leaves behind.
    #[command(hide = true)]
    ClearClipboard,
    /// What `exec --mount` starts.
    #[command(hide = true)]
    HoldValue,
}

/// Runs the verb.
///
/// # Errors
/// [`crate::error::Kind::Denied`] for what the role cannot read, [`crate::error::Kind::NotFound`] for what is not
/// there.
pub(crate) fn run(context: Context<'_>, args: &SecretsArgs) -> Result<()> {
    match args.action {
        Action::ClearClipboard => return clear::run(),
        Action::HoldValue => return hold::run(context),
        _ => {}
    }
    let flags = Flags { region: args.region.clone(), ..Flags::default() };
    let chain = &context.open(&flags)?;
    let access = chain.access(context.named(None))?;
    let place = Place { context, chain, access: &access, flags: &flags };
    let result = match &args.action {
        Action::List(args) => list::run(place, args),
        Action::Get(args) => get::run(place, args),
        Action::Versions(args) => versions::run(place, args),
        Action::Describe(args) => describe::run(place, args),
        Action::Diff(args) => diff::run(place, args),
        Action::Exec(args) => exec::run(place, args),
        Action::ClearClipboard | Action::HoldValue => Ok(()),
    };
    result.map_err(|error| error.or_sign_in(access.name.as_str()))
}

impl SecretsArgs {
    /// Whether this is `secrets list`.
    pub(super) fn lists(&self) -> bool {
        matches!(self.action, Action::List(_))
    }

    /// Whether this is `secrets get`.
    pub(super) fn reads_value(&self) -> bool {
        matches!(self.action, Action::Get(_))
    }
}

/// What every action works on.
#[derive(Clone, Copy)]
struct Place<'a> {
    context: Context<'a>,
    chain: &'a Chain<'a>,
    access: &'a Access,
    /// What the chain was opened with.
    flags: &'a Flags,
}

impl Place<'_> {
    /// The command that lists all secrets of the account, in the region that was typed.
    fn list_all(&self) -> String {
        match &self.flags.region {
            Some(region) => format!("nsaccess secrets list --all --region {region}"),
            None => "nsaccess secrets list --all".to_owned(),
        }
    }
}

/// The secret that an argument names, else one that a person chooses. `command` is what a person types to name one.
///
/// # Errors
/// [`crate::error::Kind::Usage`] when none is named and nobody can be asked.
fn named_or_chosen(place: Place<'_>, command: &str, typed: Option<&str>) -> Result<SecretName> {
    let Place { chain, access, .. } = place;
    if let Some(typed) = typed {
        return secrets::secret_name(chain, access, typed);
    }
    if chain.presence != Presence::Person {
        return Err(Error::usage("no secret specified").try_next(command).try_next("nsaccess secrets list"));
    }
    let prefix = secrets::prefix(chain, access);
    let found = runtime::run(async { secrets::open(chain, access).await?.list(false).await })?;
    let readable = found.iter().filter(|facts| facts.deleted_at.is_none());
    let names: Vec<String> = readable.map(|facts| prefix.display_name(&facts.name).to_owned()).collect();
    if names.is_empty() {
        return Err(
            Error::new(Kind::NotFound, format!("no secrets below {}", prefix.as_str())).try_next(place.list_all())
        );
    }
    let chosen = chain.prompts.pick("Which secret?", &names)?;
    secrets::secret_name(chain, access, &names[chosen])
}

fn time(context: Context<'_>, at: Option<Timestamp>) -> String {
    or_dash(at.map(|at| local_time(context.host, at)).as_deref())
}

/// AWS keeps the day of the last read only, in UTC.
fn day(at: Option<Timestamp>) -> String {
    or_dash(at.map(|at| at.strftime("%Y-%m-%d").to_string()).as_deref())
}
