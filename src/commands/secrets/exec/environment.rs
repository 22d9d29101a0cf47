//! What a program is given: values as variables, and the namespace's role.

use super::Request;
use crate::actions::secrets;
use crate::actions::secrets::Secrets;
use crate::chain::Chain;
use crate::chain::target::identity;
use crate::commands::secrets::Place;
use crate::commands::secrets::get::warn_of_invalid_json;
use crate::commands::secrets::refusals::{dangerous_variables, refused};
use crate::env_vars;
use crate::error::{Error, Result};
use crate::host::Host;
use crate::model::aws::credential_output::{self, AwsIdentity};
use crate::model::secrets::SecretValue;
use crate::model::secrets::basic_variables::is_basic;
use crate::model::secrets::variables::{VariablesError, variables};
use crate::process::child::Environment;
use crate::secret::Secret;

/// The values, and the environment with those that are variables.
pub(super) struct Prepared {
    pub(super) environment: Environment,
    /// In the order of the names.
    values: Vec<SecretValue>,
}

impl Prepared {
    /// A secret's value, byte for byte.
    pub(super) fn bytes(&self, secret: usize) -> Secret<Vec<u8>> {
        Secret::new(self.values[secret].value.bytes().to_vec())
    }

    /// Names of the secrets that have other versions in `new`.
    pub(super) fn changed<'r>(&self, request: &'r Request<'_>, new: &Prepared) -> Vec<&'r str> {
        let pairs = self.values.iter().zip(&new.values).zip(&request.names);
        let changed = pairs.filter(|((old, new), _)| old.version_id != new.version_id);
        changed.map(|(_, name)| name.relative.as_str()).collect()
    }

    /// Which versions these are.
    pub(super) fn versions(&self) -> Vec<String> {
        versions(&self.values)
    }
}

pub(super) fn versions(values: &[SecretValue]) -> Vec<String> {
    values.iter().map(|value| value.version_id.clone()).collect()
}

/// Fetches the values and makes the environment.
pub(super) async fn prepare(place: Place<'_>, request: &Request<'_>) -> Result<Prepared> {
    let secrets = secrets::open(place.chain, place.access).await?;
    identity::tell_unusual_role(place.chain, secrets.target());
    let values = values(place.chain, &secrets, request).await?;
    prepared(place, &secrets, request, values)
}

/// All values. Of several that cannot be read all are shown, and the last decides the exit code.
pub(super) async fn values(
    chain: &Chain<'_>,
    secrets: &Secrets<'_>,
    request: &Request<'_>,
) -> Result<Vec<SecretValue>> {
    let (mut found, mut failures): (Vec<SecretValue>, Vec<Error>) = (Vec::new(), Vec::new());
    for answer in secrets.values(&request.names).await? {
        match answer {
            Ok(stored) => found.push(stored),
            Err(failure) => failures.push(failure),
        }
    }
    match failures.pop() {
        None => Ok(found),
        Some(last) => {
            failures.iter().for_each(|failure| chain.ui.print_error(failure));
            Err(last)
        }
    }
}

/// The environment that these values make.
///
/// # Errors
/// When they cannot be variables.
pub(super) fn prepared(
    place: Place<'_>,
    secrets: &Secrets<'_>,
    request: &Request<'_>,
    values: Vec<SecretValue>,
) -> Result<Prepared> {
    let Place { context, .. } = place;
    let all = request.names.iter().zip(&values).enumerate();
    let of_variables = all.filter(|(secret, _)| request.is_variable(*secret));
    let sources: Vec<_> = of_variables.map(|(_, (name, stored))| (name.relative.as_str(), &stored.value)).collect();
    sources.iter().for_each(|(name, value)| warn_of_invalid_json(place, name, value));
    let variables = variables(request.naming, &sources).map_err(|refusal| cannot_be_variables(refusal, request))?;
    let mut environment = Environment::default();
    // A secret's PATH is for the program, and does not choose it.
    environment.search_in(context.host.env("PATH").unwrap_or("/bin:/usr/bin"));
    let inherited = context.host.environment();
    match request.only_secrets {
        false => environment.change(identity(context.host, secrets, &variables)),
        true => {
            let basic = inherited.iter().filter(|(name, _)| is_basic(name));
            environment.inherit_only(basic.map(|(name, value)| (name.clone(), value.clone())).collect());
        }
    }
    for (name, value) in variables {
        if inherited.contains_key(&name) && (!request.only_secrets || is_basic(&name)) {
            context.ui.warning(&format!("${name} from your environment is overridden by the secret"));
        }
        context.ui.detail(&format!("${name} is set"));
        environment.set(name, value);
    }
    Ok(Prepared { environment, values })
}

fn cannot_be_variables(refusal: VariablesError, request: &Request<'_>) -> Error {
    match refusal {
        VariablesError::Dangerous(variables) => dangerous_variables(&variables, &request.names, &|flags| {
            let names: Vec<&str> = request.names.iter().map(|name| name.relative.as_str()).collect();
            format!("nsaccess secrets exec {} {flags} -- COMMAND", names.join(" "))
        }),
        refusal => refused(refusal, &request.names),
    }
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
