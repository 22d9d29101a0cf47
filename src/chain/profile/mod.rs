//! The credentials of an AWS profile, as the AWS CLI understands it: written down, of a permission set, of a role that
//! other credentials assume, or what the AWS SDK gets. What ends is kept, where the AWS CLI keeps it too, and asked for
//! once however many processes want it.

mod assumed;
pub(crate) mod definition;
mod kept;
mod provided;
mod refusals;
mod sso;
mod user_session;

pub(crate) use user_session::session;

use aws_config_edit::AwsConfig;
use futures_util::FutureExt;
use futures_util::future::LocalBoxFuture;

use crate::chain::profile::kept::Place;
use crate::chain::session::standing::{Giver, Standing, standing};
use crate::chain::{Chain, ambient};
use crate::disk::cache::Cache;
use crate::disk::{aws_config, aws_credentials};
use crate::error::{Error, Kind, Result};
use crate::host::Host;
use crate::model::aws::credentials::RoleCredentials;
use crate::model::aws::partition::Partition;
use crate::model::aws::profile_source::{
    CredentialSource, ProfileSource, Profiles, RoleSource, SourceFault, source_of,
};
use crate::model::aws::role_to_assume::RoleToAssume;
use crate::model::aws::target::Portal;
use crate::net::aws::ambient::{self as provider, AmbientCredentials};

/// What is known besides the profile.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Wanted<'a> {
    /// The region of STS; else that of the environment, of the profile or of the role's partition.
    pub(crate) region: Option<&'a str>,
    /// The access key of credentials that AWS has just refused.
    pub(crate) refused: Option<&'a str>,
    /// The command to run on a terminal, where a person has to say a code.
    pub(crate) on_terminal: Option<&'a str>,
}

/// The credentials of a profile that are good to use now. Keys that are written down have no end.
///
/// # Errors
/// [`Kind::NotFound`] when there is no such profile, [`Kind::Usage`] when it is not complete, [`Kind::NotSignedIn`] when a
/// person is needed and not there, [`Kind::Denied`] when a role or a permission set is not given.
pub(crate) async fn credentials(chain: &Chain<'_>, profile: &str, wanted: Wanted<'_>) -> Result<AmbientCredentials> {
    let source = source(chain.host, &chain.aws_config, profile)?;
    of_source(chain, &source, Some(profile), wanted).await
}

/// The same of what was found before; `profile`, if that is one.
///
/// # Errors
/// As [`credentials`].
pub(crate) async fn of_source(
    chain: &Chain<'_>,
    source: &ProfileSource,
    profile: Option<&str>,
    wanted: Wanted<'_>,
) -> Result<AmbientCredentials> {
    let role = match source {
        ProfileSource::AssumeRole { role, .. } => Some(role),
        _ => None,
    };
    let region = region(chain, profile, role, wanted);
    let origin = Origin::now(chain, source.portal(), names(profile, source));
    Asked { chain, profile, region, wanted, origin }.of(source, wanted.refused).await
}

/// The credentials that the machine gives.
///
/// # Errors
/// When it gives none.
pub(crate) async fn of_machine(
    chain: &Chain<'_>,
    source: CredentialSource,
    wanted: Wanted<'_>,
) -> Result<AmbientCredentials> {
    let origin = Origin::now(chain, None, Vec::new());
    let asked = Asked { chain, profile: None, region: region(chain, None, None, wanted), wanted, origin };
    asked.source(&RoleSource::Machine { profile: String::new(), source }, None).await
}

/// The credentials of a role that those of a profile assume.
///
/// # Errors
/// As [`credentials`].
pub(crate) async fn assume(
    chain: &Chain<'_>,
    source_profile: &str,
    role: &RoleToAssume,
    wanted: Wanted<'_>,
) -> Result<RoleCredentials> {
    let by = RoleSource::Profile {
        name: source_profile.to_owned(),
        source: source(chain.host, &chain.aws_config, source_profile)?,
    };
    let region = region(chain, Some(source_profile), Some(role), wanted);
    let origin = Origin::now(chain, by.portal(), by.profiles().into_iter().map(str::to_owned).collect());
    let asked = Asked { chain, profile: None, region, wanted, origin };
    asked.role(role, &by, wanted.refused).await
}

/// What the credentials of a profile come from.
///
/// # Errors
/// [`Kind::NotFound`] when there is no such profile, [`Kind::Usage`] when it is not complete.
pub(crate) fn source(host: &Host, config: &AwsConfig, profile: &str) -> Result<ProfileSource> {
    let credentials = aws_credentials::parsed(host)?;
    let profiles = Profiles { config, credentials: &credentials };
    source_of(profiles, profile).map_err(|fault| explained(host, fault))
}

/// What is wrong with a profile, in words.
fn explained(host: &Host, fault: SourceFault) -> Error {
    let file = aws_config::path(host);
    fault.into_error(&host.shorten_home(&file), &file.display().to_string())
}

/// The same of the profile `default`, if it gives anything.
///
/// # Errors
/// When it is not complete.
pub(crate) fn default_source(host: &Host, config: &AwsConfig) -> Result<Option<ProfileSource>> {
    let credentials = aws_credentials::parsed(host)?;
    match source_of(Profiles { config, credentials: &credentials }, "default") {
        Ok(source) => Ok(Some(source)),
        Err(SourceFault::Nothing { .. } | SourceFault::NoSuchProfile { wanted_by: None, .. }) => Ok(None),
        Err(fault) => Err(explained(host, fault)),
    }
}

/// What is kept of a profile, if it is good to use now.
pub(crate) fn kept(host: &Host, cache: &Cache, source: &ProfileSource) -> Option<RoleCredentials> {
    let place = match source {
        ProfileSource::Keys(_) => return None,
        ProfileSource::Sso(role) => Place::shared(role.cache_file_name()),
        ProfileSource::AssumeRole { role, by } => Place::of_role(host, role, by),
        ProfileSource::Provider { profile, kind, definition } => Place::of_provider(host, profile, *kind, definition),
    };
    place.look((host, cache), None).ok()
}

/// The profiles that credentials come from: the one that is meant, and those that it builds upon.
pub(crate) fn names(profile: Option<&str>, source: &ProfileSource) -> Vec<String> {
    profile.into_iter().chain(source.profiles()).map(str::to_owned).collect()
}

/// Who gives what is asked for, as they stood before it was asked.
struct Origin {
    /// The portal at the end.
    portal: Option<Portal>,
    profiles: Vec<String>,
    standing: Standing,
}

impl Origin {
    fn now(chain: &Chain<'_>, portal: Option<&Portal>, profiles: Vec<String>) -> Self {
        // What is made from credentials that are kept serves also where no token is.
        let standing = standing(chain, Giver::of_profiles(portal, &profiles)).without_token();
        Origin { portal: portal.cloned(), profiles, standing }
    }

    fn giver(&self) -> Giver<'_> {
        Giver::of_profiles(self.portal.as_ref(), &self.profiles)
    }
}

/// What is asked for: a profile, or a role.
struct Asked<'a> {
    chain: &'a Chain<'a>,
    /// The profile that is meant; `None` for a role that no profile names.
    profile: Option<&'a str>,
    region: String,
    wanted: Wanted<'a>,
    origin: Origin,
}

impl<'a> Asked<'a> {
    /// What a look at what is kept needs.
    fn kept(&self) -> (&'a Host, &'a Cache) {
        (self.chain.host, &self.chain.cache)
    }

    /// On the heap: sources stand upon sources.
    fn of(
        &'a self,
        source: &'a ProfileSource,
        refused: Option<&'a str>,
    ) -> LocalBoxFuture<'a, Result<AmbientCredentials>> {
        async move {
            match source {
                ProfileSource::Keys(keys) => Ok(AmbientCredentials { keys: keys.clone(), expires_at: None }),
                ProfileSource::Sso(role) => self.permission_set(role, refused).await.map(ending),
                ProfileSource::AssumeRole { role, by } => self.role(role, by, refused).await.map(ending),
                ProfileSource::Provider { profile, kind, definition } => {
                    self.provided(profile, *kind, definition, refused).await
                }
            }
        }
        .boxed_local()
    }

    /// The credentials that assume a role. `refused`: those that AWS does not take any more.
    async fn source(&'a self, by: &'a RoleSource, refused: Option<&'a str>) -> Result<AmbientCredentials> {
        let source = match by {
            RoleSource::Profile { source, .. } => return self.of(source, refused).await,
            RoleSource::Machine { source, .. } => *source,
        };
        let given = match source {
            CredentialSource::Environment => {
                ambient::environment_keys(self.chain.host).and_then(|keys| keys.ok_or_else(no_environment_keys))
            }
            CredentialSource::EcsContainer => provider::load_container(&self.chain.aws, &self.region).await,
            CredentialSource::Ec2InstanceMetadata => provider::load_instance(&self.chain.aws, &self.region).await,
            CredentialSource::WebIdentity => provider::load_web_identity(&self.chain.aws, &self.region).await,
        };
        given.map_err(|error| match by {
            RoleSource::Machine { profile, source } if !profile.is_empty() => {
                error.because(format!("the profile {profile} has credential_source = {}", source.name()))
            }
            _ => error,
        })
    }
}

fn ending(credentials: RoleCredentials) -> AmbientCredentials {
    AmbientCredentials { keys: credentials.keys, expires_at: Some(credentials.expires_at) }
}

fn no_environment_keys() -> Error {
    Error::new(Kind::NotSignedIn, "no AWS credentials in the environment")
        .because("AWS_ACCESS_KEY_ID or AWS_SECRET_ACCESS_KEY is not set")
        .try_next("export AWS_ACCESS_KEY_ID=ID AWS_SECRET_ACCESS_KEY=KEY")
}

fn region(chain: &Chain<'_>, profile: Option<&str>, role: Option<&RoleToAssume>, wanted: Wanted<'_>) -> String {
    let named = wanted.region.map(str::to_owned).or_else(|| ambient::region(chain.host, profile));
    named.unwrap_or_else(|| {
        let partition = role.and_then(|role| role.arn.split(':').nth(1)).unwrap_or_default();
        Partition::named(partition).iam.0.to_owned()
    })
}
