//! `secrets`: what AWS Secrets Manager has for the namespace.

mod clear;
mod describe;
mod diff;
mod exec;
mod get;
mod list;
mod versions;

use clap::{Args, Subcommand};
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::chain::Chain;
use crate::commands::Context;
use crate::error::Result;
use crate::model::kube::access::Access;
use crate::model::secrets::{Prefix, SecretMetadata};
use crate::model::settings::Flags;
use crate::ui::local_time;

/// What is to be done, and where.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  nsaccess secrets list\n  nsaccess secrets get billing/database --field password\n  nsaccess secrets exec billing/database --prefix DB_ -- ./server"
)]
pub(crate) struct SecretsArgs {
    /// Region of the secrets [default: the namespace's]
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
    /// The names are those that the other verbs take. LAST ACCESSED is a day: AWS keeps no more.
    List(list::ListArgs),
    /// Print the value of a secret, byte for byte
    ///
    /// Nothing is added, but for a line end on a terminal. With -o json or -o yaml an object around the value, with
    /// -o env lines that your shell evaluates, named as `secrets exec` names its variables.
    Get(get::GetArgs),
    /// List the versions of a secret
    ///
    /// The newest first. A version without a stage is kept for a while and can still be read by its id.
    Versions(versions::VersionsArgs),
    /// Show what is known of a secret, without its value
    Describe(describe::DescribeArgs),
    /// Show which keys changed from the previous version to the current one
    ///
    /// AWSPREVIOUS is compared with AWSCURRENT. Keys of nested objects are joined by dots; a value that is no JSON
    /// object is compared as a whole.
    Diff(diff::DiffArgs),
    /// Run a program with secrets in its environment
    ///
    /// A JSON object becomes a variable for each key, called like the key; any other value becomes one variable, called
    /// like the secret in upper case (billing/api-key: BILLING_API_KEY). What a name cannot have becomes _, and two
    /// values that would share a name are refused; so are names that decide over programs (PATH, LD_PRELOAD, AWS_PROFILE),
    /// unless --allow names them. The program is the namespace's role for AWS. Values are in no argument and in no file. The exit status is the
    /// program's, and signals are passed on to it.
    Exec(exec::ExecArgs),
    /// What `get --copy` leaves behind.
    #[command(hide = true)]
    ClearClipboard,
}

/// Runs the verb.
///
/// # Errors
/// [`crate::error::Kind::Denied`] for what the role cannot read, [`crate::error::Kind::NotFound`] for what is not
/// there.
pub(crate) fn run(context: Context<'_>, args: &SecretsArgs) -> Result<()> {
    if let Action::ClearClipboard = args.action {
        return clear::run();
    }
    let flags = Flags { region: args.region.clone(), ..Flags::default() };
    let chain = &context.open(&flags)?;
    let access = chain.access(context.named(None))?;
    let place = Place { context, chain, access: &access };
    let result = match &args.action {
        Action::List(args) => list::run(place, args),
        Action::Get(args) => get::run(place, args),
        Action::Versions(args) => versions::run(place, args),
        Action::Describe(args) => describe::run(place, args),
        Action::Diff(args) => diff::run(place, args),
        Action::Exec(args) => exec::run(place, args),
        Action::ClearClipboard => Ok(()),
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
}

/// The contract of `-o json` for a secret's facts.
fn value(facts: &SecretMetadata, prefix: &Prefix) -> Value {
    let versions = facts.versions.iter().map(|(id, stages)| json!({"id": id, "stages": stages}));
    let tags: serde_json::Map<_, _> = facts.tags.iter().map(|(key, value)| (key.clone(), json!(value))).collect();
    json!({
        "name": prefix.display_name(&facts.name),
        "full_name": facts.name,
        "arn": facts.arn,
        "readable": prefix.covers(&facts.name),
        "description": facts.description,
        "created_at": facts.created_at,
        "changed_at": facts.changed_at,
        "accessed_at": facts.accessed_at,
        "deleted_at": facts.deleted_at,
        "rotation": {
            "enabled": facts.rotation.enabled,
            "schedule": facts.rotation.schedule,
            "lambda": facts.rotation.lambda,
            "last_at": facts.rotation.last_at,
            "next_at": facts.rotation.next_at,
        },
        "versions": versions.collect::<Vec<_>>(),
        "kms_key": facts.kms_key,
        "owning_service": facts.owning_service,
        "primary_region": facts.primary_region,
        "tags": tags,
    })
}

fn time(context: Context<'_>, at: Option<Timestamp>) -> String {
    at.map_or_else(|| "-".to_owned(), |at| local_time(context.host, at))
}

/// AWS keeps the day of the last read only, in UTC.
fn day(at: Option<Timestamp>) -> String {
    at.map_or_else(|| "-".to_owned(), |at| at.strftime("%Y-%m-%d").to_string())
}
