//! A token without a namespace, as `aws eks get-token` makes it: signed with the credentials of the environment or of a
//! profile, and of a role that these assume. What ends is kept, so that the next call reads one file.

use crate::chain::cached_signer::{self, Signer};
use crate::chain::credentials::aws_refuses;
use crate::chain::profile::{self, Wanted};
use crate::chain::session::standing::Giver;
use crate::chain::{self, Chain, Presence, cached_token};
use crate::disk::cache::{Cache, CachedSigner, RememberedFailure, SignerKey};
use crate::disk::lock::Lock;
use crate::disk::{aws_config, config_fingerprint, sso_cache};
use crate::env_vars;
use crate::error::{Error, Result};
use crate::host::Host;
use crate::model::aws::profile_source::{CredentialSource, ProfileSource, RoleSource};
use crate::model::aws::role_to_assume::RoleToAssume;
use crate::model::kube::exec_credential::ExecInfo;
use crate::model::settings::Flags;
use crate::net::aws::ambient::{AmbientCredentials, nothing_specified};
use crate::process::runtime;
use crate::secret::Secret;
use crate::ui::Ui;

/// The name that `aws eks get-token` gives the session of a role. A cluster may know the caller by it.
const SESSION_NAME: &str = "EKSGetTokenAuth";

/// A token for a cluster. `region`: the cluster's; else the environment's, else the profile's.
///
/// # Errors
/// When no region is known, there are no credentials, or the role cannot be assumed.
pub(crate) fn exec_credential(
    host: &Host,
    ui: &Ui,
    info: &ExecInfo,
    signer: Signer<'_>,
    (cluster_name, region): (&str, Option<&str>),
) -> Result<Secret<String>> {
    let known = region.map(str::to_owned).or_else(|| chain::ambient::region(host, signer.profile));
    let Some(region) = known else {
        return Err(Error::usage("no region specified")
            .because("neither --region, $AWS_REGION nor the profile sets one")
            .try_next(format!("nsaccess token --cluster-name {cluster_name} --region REGION")));
    };
    let cluster = (cluster_name, region.as_str());
    if let Some(answer) = cached_signer::exec_credential(host, info, signer, cluster) {
        return Ok(answer);
    }
    let request =
        TokenRequest { host, ui, info, signer, region: &region, cache: Cache::new(host), key: signer.key(host) };
    let AmbientCredentials { keys, expires_at } = request.credentials()?;
    Ok(cached_token::sign(host, info, (&keys, expires_at), cluster))
}

/// What signs, as the files and variables say.
enum Meant {
    /// Keys that no call has to be made for.
    Keys(AmbientCredentials),
    /// A profile, or a role.
    Source { source: ProfileSource, profile: Option<String> },
    /// What the machine gives.
    Machine(CredentialSource),
}

struct TokenRequest<'a> {
    host: &'a Host,
    ui: &'a Ui,
    info: &'a ExecInfo,
    signer: Signer<'a>,
    region: &'a str,
    cache: Cache,
    key: SignerKey,
}

impl TokenRequest<'_> {
    fn credentials(&self) -> Result<AmbientCredentials> {
        if let (None, None) = (self.signer.profile, self.signer.role_arn)
            && let Some(keys) = chain::ambient::environment_keys(self.host)?
        {
            return Ok(keys);
        }
        let files = config_fingerprint::of_profiles(self.host);
        let (source, profile) = match self.meant()? {
            Meant::Keys(keys) => return Ok(keys),
            Meant::Source { source, profile } => (source, profile),
            Meant::Machine(source) => {
                return self.run(async |chain| profile::of_machine(chain, source, self.wanted()).await);
            }
        };
        let again = cached_signer::asks_again(self.host, &self.cache, &self.key);
        let kept = profile::kept(self.host, &self.cache, &source);
        let has_kept = kept.is_some();
        if let Some(kept) = kept.filter(|_| !again) {
            self.keep((&source, profile.as_deref()), files);
            return Ok(AmbientCredentials { keys: kept.keys, expires_at: Some(kept.expires_at) });
        }
        let state = self.state(&source, &files);
        let presence = self.presence();
        // A failure to get credentials is over once any process has got some.
        let remembered = self.cache.signer_failure(&self.key, &state, self.host.now()).filter(|_| !has_kept);
        if let (Presence::Nobody, Some(failure)) = (presence, remembered) {
            return Err(failure.into_error());
        }
        let got = self.run(async |chain| match again {
            true => self.in_doubt(chain, &source, profile.as_deref()).await,
            false => profile::of_source(chain, &source, profile.as_deref(), self.wanted()).await,
        });
        match &got {
            Ok(_) => self.keep((&source, profile.as_deref()), files),
            Err(error) if presence == Presence::Nobody => {
                if let Some(failure) = RememberedFailure::of(error, state, self.host.now()) {
                    // The next caller finds out by itself.
                    let _ = self.cache.store_signer_failure(&self.key, &failure);
                }
            }
            Err(_) => {}
        }
        got
    }

    /// The order of the AWS CLI: a profile that is named, keys in the environment, a web identity, `$AWS_PROFILE`, the
    /// profile `default`, the container's role.
    fn meant(&self) -> Result<Meant> {
        let (host, config) = (self.host, aws_config::read(self.host)?);
        let of_profile = |name: &str| profile::source(host, &config, name).map(|source| (source, name.to_owned()));
        let (found, machine) = match (self.signer.profile, host.env(env_vars::AWS_PROFILE)) {
            (Some(name), _) => (Some(of_profile(name)?), None),
            (None, _) if chain::ambient::has_environment_keys(host) => (None, Some(CredentialSource::Environment)),
            (None, _) if host.env(env_vars::AWS_WEB_IDENTITY_TOKEN_FILE).is_some() => {
                (None, Some(CredentialSource::WebIdentity))
            }
            (None, Some(name)) => (Some(of_profile(name)?), None),
            (None, None) => match profile::default_source(host, &config)? {
                Some(source) => (Some((source, "default".to_owned())), None),
                None if chain::ambient::is_in_container(host) => (None, Some(CredentialSource::EcsContainer)),
                None => return Err(nothing_specified()),
            },
        };
        let by = match (found, machine, self.signer.role_arn) {
            (Some((ProfileSource::Keys(keys), _)), _, None) => {
                return Ok(Meant::Keys(AmbientCredentials { keys, expires_at: None }));
            }
            (Some((source, name)), _, None) => return Ok(Meant::Source { source, profile: Some(name) }),
            (None, Some(source), None) => return Ok(Meant::Machine(source)),
            (Some((source, name)), _, Some(_)) => RoleSource::Profile { name, source },
            (None, Some(source), Some(_)) => RoleSource::Machine { profile: String::new(), source },
            (None, None, _) => return Err(nothing_specified()),
        };
        let role = RoleToAssume {
            external_id: self.signer.external_id.map(str::to_owned),
            session_name: Some(self.signer.session_name.unwrap_or(SESSION_NAME).to_owned()),
            ..RoleToAssume::plain(self.signer.role_arn.unwrap_or_default())
        };
        Ok(Meant::Source { source: ProfileSource::AssumeRole { role, by: Box::new(by) }, profile: None })
    }

    /// A cluster has refused a token of what is kept. AWS says whether the credentials are alive, and is not asked again for a
    /// while; if they are, the cluster has reasons of its own.
    async fn in_doubt(
        &self,
        chain: &Chain<'_>,
        source: &ProfileSource,
        profile: Option<&str>,
    ) -> Result<AmbientCredentials> {
        let kept = profile::of_source(chain, source, profile, self.wanted()).await?;
        let credentials = match aws_refuses(chain, &kept.keys, self.region).await {
            true => {
                let wanted = Wanted { refused: Some(kept.keys.access_key_id()), ..self.wanted() };
                profile::of_source(chain, source, profile, wanted).await?
            }
            false => kept,
        };
        self.cache.note_signer_checked(&self.key, self.host.parent_pid, self.host.now().as_second());
        Ok(credentials)
    }

    /// Makes the next call a warm one. Best effort, and only what is kept elsewhere too: otherwise a sign-out meanwhile
    /// would be undone.
    fn keep(&self, (source, profile): (&ProfileSource, Option<&str>), files: String) {
        let (portal, profiles) = (source.portal(), profile::names(profile, source));
        let start_url = portal.map(|portal| portal.start_url.clone());
        let paths = Giver::of_profiles(portal, &profiles).lock_paths(&self.cache);
        let locks: Vec<_> = paths.iter().map(|path| Lock::try_acquire(path)).collect();
        if locks.iter().any(|lock| matches!(lock, Ok(None))) {
            return;
        }
        if let Some(credentials) = profile::kept(self.host, &self.cache, source) {
            let signer = CachedSigner { files, start_url, profiles, credentials };
            let _ = self.cache.store_signer(&self.key, &signer, self.host.now());
            // Only now is there a place to note who asked.
            let _ = cached_signer::asks_again(self.host, &self.cache, &self.key);
        }
    }

    fn run(&self, call: impl AsyncFn(&Chain<'_>) -> Result<AmbientCredentials>) -> Result<AmbientCredentials> {
        let chain = Chain::open_anywhere(self.host, self.ui, &Flags::default(), self.presence())?;
        runtime::run(call(&chain))
    }

    fn presence(&self) -> Presence {
        let terminals = &self.host.terminals;
        match self.info.interactive && terminals.stdin && terminals.stderr {
            true => Presence::Person,
            false => Presence::Nobody,
        }
    }

    fn wanted(&self) -> Wanted<'_> {
        Wanted { region: Some(self.region), ..Wanted::default() }
    }

    /// What ends a failure when it changes: a sign-in, other files.
    fn state(&self, source: &ProfileSource, files: &str) -> String {
        let session = source.portal().map(|portal| sso_cache::fingerprint(self.host, &portal.session_name));
        format!("{}\n{files}", session.unwrap_or_default())
    }
}
