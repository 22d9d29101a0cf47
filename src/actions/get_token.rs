//! A token without a namespace, as `aws eks get-token` makes it: signed with the credentials of the environment or of a
//! profile, and of a role that these assume.

use jiff::Timestamp;

use crate::disk::aws_config;
use crate::env_vars;
use crate::error::{Error, Result};
use crate::host::Host;
use crate::model::aws::credentials::AccessKeys;
use crate::model::aws::eks_token;
use crate::model::kube::exec_credential;
use crate::net::aws::Aws;
use crate::net::aws::ambient::{self, AmbientCredentials};
use crate::process::runtime;
use crate::secret::Secret;

/// What signs.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Signer<'a> {
    /// The profile; else the environment's keys, else its profile.
    pub(crate) profile: Option<&'a str>,
    /// A role to assume first.
    pub(crate) role_arn: Option<&'a str>,
    /// The cluster's region; else the environment's, else the profile's.
    pub(crate) region: Option<&'a str>,
}

/// A token for a cluster, and until when client-go may keep it.
///
/// # Errors
/// When no region is known, there are no credentials, or the role cannot be assumed.
pub(crate) fn sign(host: &Host, signer: Signer<'_>, cluster_name: &str) -> Result<(Secret<String>, Timestamp)> {
    let Some(region) = signer.region.map(str::to_owned).or_else(|| region(host)) else {
        return Err(Error::usage("the region of the cluster is not known")
            .because("no --region, $AWS_REGION or profile names it")
            .try_next(format!("nsaccess token --cluster-name {cluster_name} --region REGION")));
    };
    // A profile that is named wins over keys in the environment, as in the AWS CLI.
    let from_environment = if signer.profile.is_none() { environment_keys(host) } else { None };
    let ambient = match (from_environment, signer.role_arn) {
        (Some(ambient), None) => ambient,
        (ambient, _) => runtime::run(load(host, signer, ambient, &region))?,
    };
    let now = host.now();
    let token = eks_token::sign(&ambient.keys, cluster_name, &region, now);
    Ok((token, exec_credential::expiration(now, ambient.expires_at)))
}

async fn load(
    host: &Host,
    signer: Signer<'_>,
    known: Option<AmbientCredentials>,
    region: &str,
) -> Result<AmbientCredentials> {
    let aws = Aws::new(host)?;
    let profile = signer.profile.or_else(|| host.env(env_vars::AWS_PROFILE));
    let base = match known {
        Some(ambient) => ambient,
        None => {
            aws_config::check_for_sdk(host)?;
            ambient::load_profile(&aws, profile, region).await?
        }
    };
    match signer.role_arn {
        Some(role_arn) => ambient::assume_role(&aws, &base, role_arn, region).await,
        None => Ok(base),
    }
}

fn environment_keys(host: &Host) -> Option<AmbientCredentials> {
    let keys = AccessKeys {
        access_key_id: host.env(env_vars::AWS_ACCESS_KEY_ID)?.to_owned(),
        secret_access_key: Secret::from(host.env(env_vars::AWS_SECRET_ACCESS_KEY)?),
        session_token: host.env(env_vars::AWS_SESSION_TOKEN).map(Secret::from),
    };
    let expires_at = host.env(env_vars::AWS_CREDENTIAL_EXPIRATION).and_then(|at| at.parse().ok());
    Some(AmbientCredentials { keys, expires_at })
}

fn region(host: &Host) -> Option<String> {
    let from_environment = host.env(env_vars::AWS_REGION).or_else(|| host.env(env_vars::AWS_DEFAULT_REGION));
    if let Some(region) = from_environment {
        return Some(region.to_owned());
    }
    let config = aws_config::read(host).ok()?;
    let profile = host.env(env_vars::AWS_PROFILE).unwrap_or("default");
    config.profile(profile)?.get("region").map(str::to_owned)
}
