//! `secrets exec`: a program with secrets in its environment, and nowhere else.

use clap::Args;

use super::Place;
use crate::error::{Error, Kind, Result};
use crate::model::secrets::variables::{Refusal, check_prefix, variables};
use crate::model::secrets::{SecretName, Stored};
use crate::net::child::{self, Environment};
use crate::net::runtime;

/// Which secrets, and which program.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  nsaccess secrets exec billing/database -- ./server\n  nsaccess secrets exec billing/database api-key --prefix BILLING_ -- sh -c 'psql -U \"$BILLING_username\"'"
)]
pub struct ExecArgs {
    /// Secrets
    #[arg(required = true, value_name = "NAME")]
    pub names: Vec<String>,
    /// Beginning of every variable's name
    #[arg(long, value_name = "PREFIX", default_value = "", hide_default_value = true)]
    pub prefix: String,
    /// Program and its arguments
    #[arg(last = true, required = true, value_name = "COMMAND")]
    pub command: Vec<String>,
}

pub(super) fn run(place: Place<'_>, args: &ExecArgs) -> Result<()> {
    let Place { access, namespace, .. } = place;
    check_prefix(&args.prefix).map_err(|why| {
        Error::usage(format!("the prefix {:?} {why}", args.prefix))
            .try_next("nsaccess secrets exec NAME --prefix DB_ -- COMMAND")
    })?;
    let mut names: Vec<SecretName> = Vec::new();
    for typed in &args.names {
        let name = access.secret_name(namespace, typed)?;
        // Named twice it is the same secret, and no collision.
        if names.iter().all(|other| other.full != name.full) {
            names.push(name);
        }
    }
    let (program, words) = args.command.split_first().ok_or_else(|| Error::usage("there is nothing to run"))?;
    runtime::run_deaf(async {
        let environment = runtime::unless_ended(environment(place, args, &names)).await?;
        child::run(program, words, &environment).await
    })
}

async fn environment(place: Place<'_>, args: &ExecArgs, names: &[SecretName]) -> Result<Environment> {
    let Place { context, access, namespace } = place;
    let secrets = access.secrets(namespace).await?;
    let (mut found, mut failures): (Vec<(&str, Stored)>, Vec<Error>) = (Vec::new(), Vec::new());
    for (name, answer) in names.iter().zip(secrets.values(names).await?) {
        match answer {
            Ok(stored) => found.push((&name.relative, stored)),
            Err(failure) => failures.push(failure),
        }
    }
    // All but the last are shown here; the last decides the exit code.
    if let Some(last) = failures.pop() {
        failures.iter().for_each(|failure| context.ui.error(failure));
        return Err(last);
    }
    let sources: Vec<_> = found.iter().map(|(name, stored)| (*name, &stored.value)).collect();
    let variables = variables(&args.prefix, &sources).map_err(|refusal| refused(refusal, names))?;
    let mut environment = Environment::default();
    for (name, value) in variables {
        if context.host.environment().contains_key(&name) {
            context.ui.warning(&format!("${name} of your environment is replaced by the secret's"));
        }
        context.ui.detail(&format!("${name} is set"));
        environment.set(name, value);
    }
    Ok(environment)
}

pub(super) fn refused(refusal: Refusal, names: &[SecretName]) -> Error {
    let only = |name: &str| format!("nsaccess secrets get {name} --out FILE");
    let first = names.first().map_or("NAME", |name| name.relative.as_str());
    match refusal {
        Refusal::Collision { variable, first, second } => {
            let error =
                Error::failure(format!("two values would be ${variable}")).because(format!("{first}, and {second}"));
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
        Refusal::Binary(secret) => Error::failure(format!("the secret {secret} is no text"))
            .because("an environment variable cannot hold its bytes")
            .try_next(only(&secret)),
        Refusal::ZeroByte(origin) => Error::failure(format!("{origin} has a zero byte"))
            .because("an environment variable ends there")
            .try_next(only(first)),
        Refusal::Nameless(origin) => Error::new(Kind::Failure, format!("{origin} makes no variable's name"))
            .because("it has neither a letter nor a digit")
            .try_next(only(first)),
    }
}
