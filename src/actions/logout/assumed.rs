//! The end of what a profile gives: credentials of a role that was assumed, or of a profile's own identity. No portal has
//! to be told; the credentials themselves live on at AWS until their time is over.

use crate::chain::Chain;
use crate::chain::session::standing;
use crate::chain::{access, target};
use crate::disk::cli_cache;
use crate::error::Result;
use crate::model::aws::sso_cache::assumed_role_file_name;
use crate::model::aws::target::Target;

/// The accesses of this machine whose credentials no portal gives.
pub(crate) fn all(chain: &Chain<'_>) -> Vec<Target> {
    let names = access::set_up(chain);
    let accesses = names.into_iter().filter_map(|name| access::named(chain, name).ok());
    accesses.filter_map(|access| target::without_portal(chain, &access).ok().flatten()).collect()
}

/// Forgets the credentials of an access, ours and the AWS CLI's. Returns whether there were any of ours.
///
/// # Errors
/// When a file cannot be removed.
pub(crate) async fn forget(chain: &Chain<'_>, target: &Target) -> Result<bool> {
    let _lock = standing::stop_keeping(chain, &target.identity).await?;
    let were_there = chain.cache.forget_credentials(&target.access.name)?;
    chain.cache.forget_roles_of_access(target.access.name.as_str())?;
    if let Some(profile) = chain.aws_config.profile(&target.entry)
        && let Some(file) = assumed_role_file_name(|key| profile.get(key))
    {
        cli_cache::remove(chain.host, &file)?;
    }
    Ok(were_there)
}
