//! What credentials that no portal gives were made from. A profile is a name: its keys and its definition change under it,
//! and what was made from the old ones is not used any more.

use crate::chain::Chain;
use crate::chain::profile::{self, definition};
use crate::disk::cache::{CachedCredentials, MadeFrom};
use crate::disk::config_fingerprint;
use crate::error::Result;
use crate::model::aws::credentials::StaleReason;
use crate::model::aws::identity::{Identity, IdentityKey};
use crate::model::aws::profile_source::ProfileSource;
use crate::model::aws::target::Target;

/// What the credentials of a target would be made from now; `None` for those of a portal.
///
/// # Errors
/// When the profile does not exist or is not complete.
pub(super) fn made_from(chain: &Chain<'_>, target: &Target) -> Result<Option<MadeFrom>> {
    Ok(source(chain, target)?.map(|(made_from, _)| made_from))
}

/// The same with the source itself.
///
/// # Errors
/// As [`made_from`].
pub(super) fn source(chain: &Chain<'_>, target: &Target) -> Result<Option<(MadeFrom, ProfileSource)>> {
    let Some(name) = target.identity.source_profile() else { return Ok(None) };
    // Before the file is read, so that a change in between is noticed.
    let files = config_fingerprint::of_credentials(chain.host);
    let source = profile::source(chain.host, &chain.aws_config, name)?;
    let variables = definition::variables_of(&source);
    let files = config_fingerprint::with_variables(files, chain.host, variables);
    Ok(Some((MadeFrom { definition: definition::of(chain.host, &source), files }, source)))
}

/// Whether cached credentials were made from what the profile is now. One that cannot be read gives nothing.
///
/// # Errors
/// Why they are not to be used.
pub(super) fn check(chain: &Chain<'_>, target: &Target, cached: &CachedCredentials) -> Result<(), StaleReason> {
    let now = made_from(chain, target).map_err(|_| StaleReason::Missing)?;
    match (now, &cached.made_from) {
        (None, _) => Ok(()),
        (Some(now), Some(then)) if now.definition == then.definition => Ok(()),
        (Some(_), Some(_)) => Err(StaleReason::Outdated),
        (Some(_), None) => Err(StaleReason::Missing),
    }
}

/// What tells an identity from others in what is kept of workloads' roles: for a profile, what it is now as well.
pub(crate) fn key(chain: &Chain<'_>, target: &Target) -> IdentityKey {
    let key = target.identity.key();
    match made_from(chain, target) {
        Ok(Some(MadeFrom { definition, .. })) => IdentityKey { source: format!("{}\n{definition}", key.source), ..key },
        _ => key,
    }
}

/// Temporary keys that are written down with no end: they are used as they are, and kept nowhere.
pub(super) fn is_written_session(target: &Target, source: &ProfileSource) -> bool {
    let has_token = |source: &ProfileSource| match source {
        ProfileSource::Keys(keys) => keys.session_token().is_some(),
        _ => false,
    };
    matches!(target.identity, Identity::Profile(_)) && has_token(source)
}
