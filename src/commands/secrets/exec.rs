//! `secrets exec`: a program with secrets in its environment, and nowhere else.

use clap::Args;

use super::get::warn_of_invalid_json;
use super::{Place, named_or_chosen};
use crate::actions::secrets;
use crate::actions::secrets::Secrets;
use crate::chain::target::identity;
use crate::env_vars;
use crate::error::{Error, Kind, Result};
use crate::host::Host;
use crate::model::aws::credential_output::{self, AwsIdentity};
use crate::model::secrets::variables::{DangerousVariable, Naming, VariablesError, check_prefix, variables};
use crate::model::secrets::{SecretName, SecretValue};
use crate::model::shell::quote;
use crate::process::child::{self, Environment};
use crate::process::runtime;
use crate::secret::Secret;

/// Which secrets, and which program.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  nsaccess secrets exec billing/database -- ./server\n  nsaccess secrets exec billing/database api-key --prefix BILLING_ \\\n      -- sh -c 'psql -U \"$BILLING_username\"'"
)]
pub(crate) struct ExecArgs {
    /// Names of the secrets
    #[arg(value_name = "NAME")]
    pub(crate) names: Vec<String>,
    /// How its variables are called.
    #[command(flatten)]
    pub(crate) naming: NamingArgs,
    /// Command and its arguments
    #[arg(last = true, value_name = "COMMAND")]
    pub(crate) command: Vec<String>,
}

/// How variables are called.
#[derive(Debug, Args)]
pub(crate) struct NamingArgs {
    /// Prefix for the names of the variables
    #[arg(long, value_name = "PREFIX", default_value = "", hide_default_value = true)]
    pub(crate) prefix: String,
    /// Allow variables that control programs, such as PATH, LD_PRELOAD or AWS_PROFILE
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    pub(crate) allow: Vec<String>,
}

impl NamingArgs {
    /// The same, checked. `again` is the command that a prefix is given to.
    ///
    /// # Errors
    /// When no variable can begin with the prefix.
    pub(super) fn naming(&self, again: &str) -> Result<Naming<'_>> {
        check_prefix(&self.prefix)
            .map_err(|why| Error::usage(format!("invalid prefix {:?}", self.prefix)).because(why).try_next(again))?;
        Ok(Naming { prefix: &self.prefix, allowed: &self.allow })
    }
}

pub(super) fn run(place: Place<'_>, args: &ExecArgs) -> Result<()> {
    let Place { chain, access, .. } = place;
    let naming = args.naming.naming("nsaccess secrets exec NAME --prefix DB_ -- COMMAND")?;
    let (program, words) = args.command.split_first().ok_or_else(|| no_command(&args.names))?;
    let mut names: Vec<SecretName> = Vec::new();
    for typed in &args.names {
        let name = secrets::secret_name(chain, access, typed)?;
        // Named twice it is the same secret, and no collision.
        if names.iter().all(|other| other.full != name.full) {
            names.push(name);
        }
    }
    if names.is_empty() {
        names.push(named_or_chosen(place, "nsaccess secrets exec NAME -- COMMAND", None)?);
    }
    runtime::run_with_child(async {
        let environment = runtime::interruptible(environment(place, naming, &names)).await?;
        child::run(program, words, &environment).await
    })
}

/// There is nothing behind `--`. A second word before it is the command then, more likely than a second secret.
fn no_command(words: &[String]) -> Error {
    match words {
        [] => Error::usage("no command specified").try_next("nsaccess secrets exec NAME -- COMMAND"),
        [secret] => {
            Error::usage("no command specified").try_next(format!("nsaccess secrets exec {} -- COMMAND", quote(secret)))
        }
        [secret, command @ ..] => {
            let command: Vec<_> = command.iter().map(|word| quote(word)).collect();
            Error::usage("the command must follow --").try_next(format!(
                "nsaccess secrets exec {} -- {}",
                quote(secret),
                command.join(" ")
            ))
        }
    }
}

async fn environment(place: Place<'_>, naming: Naming<'_>, names: &[SecretName]) -> Result<Environment> {
    let Place { context, chain, access } = place;
    let secrets = secrets::open(chain, access).await?;
    identity::tell_unusual_role(chain, secrets.target());
    let (mut found, mut failures): (Vec<(&str, SecretValue)>, Vec<Error>) = (Vec::new(), Vec::new());
    for (name, answer) in names.iter().zip(secrets.values(names).await?) {
        match answer {
            Ok(stored) => found.push((&name.relative, stored)),
            Err(failure) => failures.push(failure),
        }
    }
    // All but the last are shown here; the last decides the exit code.
    if let Some(last) = failures.pop() {
        failures.iter().for_each(|failure| context.ui.print_error(failure));
        return Err(last);
    }
    found.iter().for_each(|(name, stored)| warn_of_invalid_json(place, name, &stored.value));
    let sources: Vec<_> = found.iter().map(|(name, stored)| (*name, &stored.value)).collect();
    let variables = variables(naming, &sources).map_err(|refusal| match refusal {
        VariablesError::Dangerous(variables) => dangerous_variables(&variables, names, &|flags| {
            let names = names.iter().map(|name| name.relative.as_str()).collect::<Vec<_>>().join(" ");
            format!("nsaccess secrets exec {names} {flags} -- COMMAND")
        }),
        refusal => refused(refusal, names),
    })?;
    let mut environment = Environment::default();
    // A secret's PATH is for the program, and does not choose it.
    environment.search_in(context.host.env("PATH").unwrap_or("/bin:/usr/bin"));
    environment.change(identity(context.host, &secrets, &variables));
    for (name, value) in variables {
        if context.host.environment().contains_key(&name) {
            context.ui.warning(&format!("${name} from your environment is overridden by the secret"));
        }
        context.ui.detail(&format!("${name} is set"));
        environment.set(name, value);
    }
    Ok(environment)
}

/// Who the program is for AWS: the namespace's role, as behind every other verb that runs one; inside of `exec` and
/// `shell` whoever it is there; and nobody but the secret's own identity, where the secret brings one.
fn identity(
    host: &Host,
    secrets: &Secrets<'_>,
    of_secrets: &[(String, Secret<String>)],
) -> Vec<(&'static str, Option<Secret<String>>)> {
    let (credentials, region) = (secrets.credentials(), secrets.region.as_str());
    let ours = credential_output::variables(AwsIdentity {
        credentials: &credentials,
        account: secrets.target().account(),
        region,
    });
    let is_region = |name: &str| [env_vars::AWS_REGION, env_vars::AWS_DEFAULT_REGION].contains(&name);
    let brought = |name: &str| !is_region(name) && of_secrets.iter().any(|(other, _)| other == name);
    if ours.iter().any(|(name, _)| brought(name)) {
        ours.into_iter().map(|(name, value)| (name, value.filter(|_| is_region(name)))).collect()
    } else if host.env(env_vars::NSACCESS_INSIDE).is_some() {
        Vec::new()
    } else {
        ours
    }
}

/// Variables that decide over a program are not set unasked. `again` is the command with such flags.
pub(super) fn dangerous_variables(
    dangerous: &[DangerousVariable],
    names: &[SecretName],
    again: &dyn Fn(&str) -> String,
) -> Error {
    let list = |separator: &str| {
        let variables: Vec<&str> = dangerous.iter().map(|it| it.variable.as_str()).collect();
        variables.join(separator)
    };
    let secret = names.first().map_or("S", |name| name.relative.as_str());
    let prefix: String =
        secret.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { '_' }).collect();
    let prefix = if prefix.starts_with(|c: char| c.is_ascii_digit()) { format!("_{prefix}") } else { prefix };
    let error = Error::failure(format!("refusing to set ${} from a secret", list(" and $")));
    let error =
        dangerous.iter().fold(error, |error, it| error.because(format!("{} controls {}", it.origin, it.decides)));
    error.try_next(again(&format!("--prefix {prefix}_"))).try_next(again(&format!("--allow {}", list(","))))
}

pub(super) fn refused(refusal: VariablesError, names: &[SecretName]) -> Error {
    let only = |name: &str| format!("nsaccess secrets get {name} --out FILE");
    let first = names.first().map_or("NAME", |name| name.relative.as_str());
    match refusal {
        VariablesError::Collision { variable, first, second } => {
            let error =
                Error::failure(format!("two values for ${variable}")).because(format!("from {first} and {second}"));
            match names {
                [one, two, ..] => error.try_next(format!(
                    "nsaccess secrets exec {} --prefix A_ -- nsaccess secrets exec {} --prefix B_ -- COMMAND",
                    one.relative, two.relative
                )),
                _ => error.try_next(format!(
                    "nsaccess secrets get {} --field KEY",
                    names.first().map_or("NAME", |name| name.relative.as_str())
                )),
            }
        }
        VariablesError::Binary(secret) => Error::failure(format!("secret {secret:?} is not text"))
            .because("an environment variable cannot hold binary data")
            .try_next(only(&secret)),
        VariablesError::ZeroByte(origin) => Error::failure(format!("{origin} contains a NUL byte"))
            .because("an environment variable cannot hold it")
            .try_next(only(first)),
        VariablesError::Dangerous(variables) => {
            dangerous_variables(&variables, names, &|flags| format!("nsaccess secrets get {first} -o env {flags}"))
        }
        VariablesError::Nameless(origin) => Error::new(Kind::Failure, format!("{origin} has no valid variable name"))
            .because("a variable name needs a letter or a digit")
            .try_next(only(first)),
    }
}
