//! Where the credentials of a role are kept: in the AWS CLI's own cache, so that neither asks for what the other has; in
//! ours where that cannot hold them.

use crate::chain::profile::Origin;
use crate::chain::session::standing::{Standing, keep_while};
use crate::chain::{Chain, lock_wait};
use crate::disk::aws_config;
use crate::disk::cache::Cache;
use crate::disk::cli_cache;
use crate::disk::lock::Lock;
use crate::env_vars;
use crate::error::Result;
use crate::host::Host;
use crate::model::aws::credentials::{Freshness, RoleCredentials, StaleReason, judge};
use crate::model::aws::profile_source::{CredentialSource, ProviderKind, RoleSource};
use crate::model::aws::role_to_assume::RoleToAssume;
use crate::secret::Secret;

/// A place for the credentials of one role.
#[derive(Debug)]
pub(super) struct Place {
    /// The file in the AWS CLI's cache.
    cli_file: Option<String>,
    /// The key in ours.
    key: String,
}

impl Place {
    /// Shared with the AWS CLI.
    pub(super) fn shared(cli_file: String) -> Self {
        Place { key: cli_file.clone(), cli_file: Some(cli_file) }
    }

    /// That of a role which others assume. The AWS CLI tells sessions apart by the role alone; with the keys of the environment,
    /// which are others tomorrow, that is not enough.
    pub(super) fn of_role(host: &Host, role: &RoleToAssume, by: &RoleSource) -> Self {
        let file = role.cache_file_name();
        let RoleSource::Machine { source, .. } = by else { return Place::shared(file) };
        let names = variables(*source);
        let values: Vec<&str> = names.iter().map(|name| host.env(name).unwrap_or_default()).collect();
        Place::own(format!("{file}\n{}\n{}", source.name(), values.join("\n")))
    }

    /// That of what the AWS SDK gets.
    pub(super) fn of_provider(host: &Host, profile: &str, kind: ProviderKind, definition: &str) -> Self {
        let file = aws_config::path(host);
        Place::own(format!("{}\n{profile}\n{kind:?}\n{definition}", file.display()))
    }

    /// Ours alone. `key`: all that the credentials depend on.
    fn own(key: String) -> Self {
        Place { cli_file: None, key }
    }

    /// What is kept, if it is good to use now. `refused`: the access key of those that are not.
    pub(super) fn look(
        &self,
        (host, cache): (&Host, &Cache),
        refused: Option<&str>,
    ) -> Result<RoleCredentials, StaleReason> {
        let theirs = self.cli_file.as_deref().and_then(|file| cli_cache::read(host, file));
        let kept: Vec<_> = theirs.into_iter().chain(cache.profile_credentials(&self.key)).collect();
        let is_refused = |kept: &RoleCredentials| refused == Some(kept.keys.access_key_id());
        if !kept.is_empty() && kept.iter().all(is_refused) {
            return Err(StaleReason::Refused);
        }
        let usable = kept.into_iter().filter(|kept| !is_refused(kept));
        let credentials = usable.max_by_key(|kept| kept.expires_at).ok_or(StaleReason::Missing)?;
        match judge(&credentials, host.now()) {
            Freshness::Fresh => Ok(credentials),
            Freshness::Stale(reason) => Err(reason),
        }
    }

    pub(super) async fn lock(&self, chain: &Chain<'_>) -> Result<Option<Lock>> {
        let path = chain.cache.profile_lock_path(&self.key);
        lock_wait::for_lock(chain.ui, &path, "fetching the credentials", None).await
    }

    /// Keeps credentials, unless somebody signed out since. `text`: the file of the AWS CLI.
    pub(super) async fn store(
        &self,
        chain: &Chain<'_>,
        (credentials, text): (&RoleCredentials, Option<Secret<String>>),
        (origin, since): (&Origin, &Standing),
    ) -> Result<()> {
        let store = || {
            let shared = self.cli_file.as_deref().zip(text.as_ref());
            let written = shared.is_some_and(|(file, text)| {
                // A sign-out has to find it.
                let noted = origin.giver().keys().iter().all(|key| chain.cache.note_shared_role(file, key).is_ok());
                noted && cli_cache::write(chain.host, file, text).is_ok()
            });
            if written {
                return Ok(());
            }
            let start_url = origin.portal.as_ref().map(|portal| portal.start_url.as_str());
            let from = (start_url, origin.profiles.as_slice());
            chain.cache.store_profile_credentials(&self.key, (from, credentials), chain.host.now())
        };
        keep_while(chain, origin.giver(), since, "cannot cache the credentials", store).await
    }
}

/// The variables that decide what a machine's source gives.
pub(super) fn variables(source: CredentialSource) -> &'static [&'static str] {
    match source {
        CredentialSource::Environment => &[env_vars::AWS_ACCESS_KEY_ID],
        CredentialSource::WebIdentity => &[env_vars::AWS_WEB_IDENTITY_TOKEN_FILE, env_vars::AWS_ROLE_ARN],
        CredentialSource::EcsContainer | CredentialSource::Ec2InstanceMetadata => &[],
    }
}
