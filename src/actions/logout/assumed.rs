//! The end of what a profile gives: credentials of a role that was assumed, or of a profile's own identity. No portal has
//! to be told; the credentials themselves live on at AWS until their time is over.

use crate::actions::logout::browsers;
use crate::chain::Chain;
use crate::chain::session::standing::{self, Giver};
use crate::chain::{access, profile, target};
use crate::disk::browser_profiles;
use crate::disk::cli_cache;
use crate::error::Result;
use crate::model::aws::identity::Identity;
use crate::model::aws::sso_cache::assumed_role_file_name;
use crate::model::aws::target::Target;
use crate::model::kube::access::AccessName;

/// The accesses of this machine whose credentials no portal gives: those that are set up, and those of which credentials are
/// kept.
pub(crate) fn all(chain: &Chain<'_>) -> Vec<Target> {
    let kept = chain.cache.accesses_with_credentials().into_iter().map(|(name, _)| name);
    let mut names: Vec<AccessName> = access::set_up(chain).into_iter().chain(kept).collect();
    names.sort();
    names.dedup();
    let accesses = names.into_iter().filter_map(|name| access::named(chain, name).ok());
    accesses.filter_map(|access| target::without_portal(chain, &access).ok().flatten()).collect()
}

/// What there was of an access, and is no more.
#[derive(Debug, Default)]
pub(crate) struct Forgotten {
    pub(crate) credentials: bool,
    /// The access, if it had a browser profile.
    pub(crate) browsers: Vec<String>,
}

/// Forgets the credentials of an access, ours and the AWS CLI's, what else came through its profile, and its browser
/// profiles.
///
/// # Errors
/// When a file cannot be removed.
pub(crate) async fn forget(chain: &Chain<'_>, target: &Target) -> Result<Forgotten> {
    let giver = Giver::from(&target.identity);
    let keys = giver.keys().to_vec();
    let _locks = standing::stop_keeping(chain, giver).await?;
    let credentials = chain.cache.forget_credentials(&target.access.name)?;
    chain.cache.forget_roles_of_access(target.access.name.as_str())?;
    for file in shared_files(chain, target) {
        cli_cache::remove(chain.host, &file)?;
    }
    for key in keys {
        chain.cache.forget_shared_roles(&key, |file| cli_cache::remove(chain.host, file))?;
    }
    if let Some(name) = target.identity.source_profile() {
        chain.cache.forget_signers_through(name)?;
        chain.cache.forget_profiles_through(name)?;
    }
    let browsers = browsers::remove(chain, &browser_profiles::of_access(chain.host, &target.access.name));
    Ok(Forgotten { credentials, browsers })
}

/// Forgets what signs tokens and what profiles gave, whoever asked for it: for a sign-out of everything.
///
/// # Errors
/// When a file cannot be removed.
pub(crate) fn forget_the_rest(chain: &Chain<'_>) -> Result<()> {
    chain.cache.forget_all_signers()?;
    chain.cache.forget_all_profiles()
}

/// The sessions in the AWS CLI's cache that lead to an access: of its role, as it is and as the profile has it, and of the
/// roles that its source assumes on the way.
fn shared_files(chain: &Chain<'_>, target: &Target) -> Vec<String> {
    let entry = chain.aws_config.profile(&target.entry);
    let of_entry = entry.and_then(|profile| assumed_role_file_name(|key| profile.get(key)));
    let own = match &target.identity {
        Identity::Role { role, .. } => Some(role.cache_file_name()),
        Identity::PermissionSet(_) | Identity::Profile(_) => None,
    };
    let name = target.identity.source_profile();
    let source = name.and_then(|name| profile::source(chain.host, &chain.aws_config, name).ok());
    let on_the_way = source.iter().flat_map(|source| source.roles()).map(|role| role.cache_file_name());
    of_entry.into_iter().chain(own).chain(on_the_way).collect()
}
