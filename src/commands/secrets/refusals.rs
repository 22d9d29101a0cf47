//! Why the values of secrets cannot be variables, and what helps.

use crate::error::{Error, Kind};
use crate::model::secrets::SecretName;
use crate::model::secrets::variables::{DangerousVariable, VariablesError};

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
