//! The AWS identity that is there without a namespace, by the order of the AWS CLI: a profile that is named, keys in the
//! environment, a web identity, `$AWS_PROFILE` or `default`, a container's role. The instance metadata service is left out:
//! a laptop does not have it, and it takes seconds to time out.

use crate::disk::aws_config;
use crate::env_vars;
use crate::error::{Error, Result};
use crate::host::Host;
use crate::model::aws::access_keys::AccessKeys;
use crate::net::aws::Aws;
use crate::net::aws::ambient::{self, AmbientCredentials};
use crate::secret::Secret;

/// The keys in the environment.
///
/// # Errors
/// When they cannot sign.
pub(crate) fn environment_keys(host: &Host) -> Result<Option<AmbientCredentials>> {
    let (Some(id), Some(secret)) = written_keys(host) else { return Ok(None) };
    let token = host.env(env_vars::AWS_SESSION_TOKEN).map(Secret::from);
    let keys = AccessKeys::new(id, Secret::from(secret), token).map_err(|unusable| {
        Error::usage("cannot use the AWS keys in the environment")
            .because(unusable.to_string())
            .try_next("unset AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_SESSION_TOKEN")
    })?;
    let expires_at = host.env(env_vars::AWS_CREDENTIAL_EXPIRATION).and_then(|at| at.parse().ok());
    Ok(Some(AmbientCredentials { keys, expires_at }))
}

/// Whether the environment has keys, which then come before other identities.
pub(crate) fn has_environment_keys(host: &Host) -> bool {
    matches!(written_keys(host), (Some(_), Some(_)))
}

/// The ID and the secret.
fn written_keys(host: &Host) -> (Option<&str>, Option<&str>) {
    (host.env(env_vars::AWS_ACCESS_KEY_ID), host.env(env_vars::AWS_SECRET_ACCESS_KEY))
}

/// Whether a container's role can be had.
pub(crate) fn is_in_container(host: &Host) -> bool {
    host.env(env_vars::AWS_CONTAINER_CREDENTIALS_FULL_URI).is_some()
        || host.env(env_vars::AWS_CONTAINER_CREDENTIALS_RELATIVE_URI).is_some()
}

/// The credentials of a profile that is named, else of the environment.
///
/// # Errors
/// When there are none, or a file of them cannot be read.
pub(crate) async fn load(host: &Host, aws: &Aws, profile: Option<&str>, region: &str) -> Result<AmbientCredentials> {
    // A profile that is named wins over keys in the environment, as in the AWS CLI.
    if profile.is_none()
        && let Some(keys) = environment_keys(host)?
    {
        return Ok(keys);
    }
    aws_config::check_for_sdk(host)?;
    if profile.is_none() && host.env(env_vars::AWS_WEB_IDENTITY_TOKEN_FILE).is_some() {
        return ambient::load_web_identity(aws, region).await;
    }
    let named = profile.or_else(|| host.env(env_vars::AWS_PROFILE));
    let from_profile = ambient::load_profile(aws, named, region).await;
    match from_profile {
        Err(_) if named.is_none() && is_in_container(host) => ambient::load_container(aws, region).await,
        other => other,
    }
}

/// The region of the environment, else of the profile.
pub(crate) fn region(host: &Host, profile: Option<&str>) -> Option<String> {
    let from_environment = host.env(env_vars::AWS_REGION).or_else(|| host.env(env_vars::AWS_DEFAULT_REGION));
    if let Some(region) = from_environment {
        return Some(region.to_owned());
    }
    let profile = profile.or_else(|| host.env(env_vars::AWS_PROFILE)).unwrap_or("default");
    aws_config::read(host).ok()?.profile(profile)?.get("region").map(str::to_owned)
}
