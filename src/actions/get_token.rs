//! A token without a namespace, as `aws eks get-token` makes it: signed with the credentials of the environment or of a
//! profile, and of a role that these assume.

use jiff::Timestamp;

use crate::chain;
use crate::error::{Error, Result};
use crate::host::Host;
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
    let known = signer.region.map(str::to_owned).or_else(|| chain::ambient::region(host, signer.profile));
    let Some(region) = known else {
        return Err(Error::usage("the region of the cluster is not known")
            .because("no --region, $AWS_REGION or profile names it")
            .try_next(format!("nsaccess token --cluster-name {cluster_name} --region REGION")));
    };
    // Keys in the environment need no network.
    let from_environment = if signer.profile.is_none() { chain::ambient::environment_keys(host) } else { None };
    let ambient = match (from_environment, signer.role_arn) {
        (Some(ambient), None) => ambient,
        _ => runtime::run(load(host, signer, &region))?,
    };
    let now = host.now();
    let token = eks_token::sign(&ambient.keys, cluster_name, &region, now);
    Ok((token, exec_credential::expiration(now, ambient.expires_at)))
}

async fn load(host: &Host, signer: Signer<'_>, region: &str) -> Result<AmbientCredentials> {
    let aws = Aws::new(host)?;
    let base = chain::ambient::load(host, &aws, signer.profile, region).await?;
    match signer.role_arn {
        Some(role_arn) => ambient::assume_role(&aws, &base, role_arn, region).await,
        None => Ok(base),
    }
}
