//! What the credentials of a profile come from, by the rules of botocore and the SDKs (botocore/credentials.py):
//! a role to assume, a web identity, an SSO permission set, the keys of `~/.aws/credentials`, a process, the keys of
//! `~/.aws/config`; the first of these that the profile has.

mod fault;
mod profiles;
#[cfg(test)]
mod tests;

pub(crate) use fault::SourceFault;
pub(crate) use profiles::Profiles;

use crate::model::aws::access_keys::AccessKeys;
use crate::model::aws::role_to_assume::RoleToAssume;
use crate::model::aws::sso_cache::role_credentials_file_name;
use crate::model::aws::target::Portal;
use crate::secret::Secret;

/// What the credentials of a profile come from.
#[derive(Debug, Clone)]
pub(crate) enum ProfileSource {
    /// Keys that are written down.
    Keys(AccessKeys),
    /// A permission set.
    Sso(SsoRole),
    /// A role that other credentials assume.
    AssumeRole { role: RoleToAssume, by: Box<RoleSource> },
    /// What the AWS SDK gets by itself; `definition` is what it goes by.
    Provider { profile: String, kind: ProviderKind, definition: String },
}

/// Whose credentials assume a role.
#[derive(Debug, Clone)]
pub(crate) enum RoleSource {
    /// Those of a profile.
    Profile { name: String, source: ProfileSource },
    /// Those of the machine: `credential_source`.
    Machine { profile: String, source: CredentialSource },
}

/// The values of `credential_source`, and one more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CredentialSource {
    Environment,
    EcsContainer,
    Ec2InstanceMetadata,
    /// That of the variables `AWS_WEB_IDENTITY_TOKEN_FILE` and `AWS_ROLE_ARN`, which no profile can name.
    WebIdentity,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ProviderKind {
    WebIdentity,
    Process,
    /// `aws login`.
    Login,
}

/// A permission set in an account, as a profile names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SsoRole {
    /// For a profile without an sso-session the session is called as the start URL, which names the token file then.
    pub(crate) portal: Portal,
    pub(crate) has_session: bool,
    pub(crate) account: String,
    pub(crate) role: String,
}

impl ProfileSource {
    /// The profile that somebody signs in to for these credentials. `name`: the profile that they are of.
    pub(crate) fn sso_profile<'a>(&'a self, name: &'a str) -> Option<&'a str> {
        match self {
            ProfileSource::Sso(_) => Some(name),
            ProfileSource::AssumeRole { by, .. } => match by.as_ref() {
                RoleSource::Profile { name, source } => source.sso_profile(name),
                RoleSource::Machine { .. } => None,
            },
            ProfileSource::Keys(_) | ProfileSource::Provider { .. } => None,
        }
    }
}

impl SsoRole {
    /// The file of its credentials in the AWS CLI's cache.
    pub(crate) fn cache_file_name(&self) -> String {
        let session = self.has_session.then_some(self.portal.session_name.as_str());
        role_credentials_file_name(&self.account, &self.role, session, &self.portal.start_url)
    }
}

impl ProfileSource {
    /// The portal that all credentials come from in the end.
    pub(crate) fn portal(&self) -> Option<&Portal> {
        match self {
            ProfileSource::Sso(role) => Some(&role.portal),
            ProfileSource::AssumeRole { by, .. } => by.portal(),
            ProfileSource::Keys(_) | ProfileSource::Provider { .. } => None,
        }
    }

    /// The profiles that it leads through.
    pub(crate) fn profiles(&self) -> Vec<&str> {
        match self {
            ProfileSource::AssumeRole { by, .. } => by.profiles(),
            ProfileSource::Provider { profile, .. } => vec![profile],
            ProfileSource::Keys(_) | ProfileSource::Sso(_) => Vec::new(),
        }
    }

    /// The roles that are assumed on the way, the last one first.
    pub(crate) fn roles(&self) -> Vec<&RoleToAssume> {
        match self {
            ProfileSource::AssumeRole { role, by } => std::iter::once(role).chain(by.roles()).collect(),
            ProfileSource::Keys(_) | ProfileSource::Sso(_) | ProfileSource::Provider { .. } => Vec::new(),
        }
    }
}

impl RoleSource {
    pub(crate) fn portal(&self) -> Option<&Portal> {
        match self {
            RoleSource::Profile { source, .. } => source.portal(),
            RoleSource::Machine { .. } => None,
        }
    }

    pub(crate) fn profiles(&self) -> Vec<&str> {
        match self {
            RoleSource::Profile { name, source } => std::iter::once(name.as_str()).chain(source.profiles()).collect(),
            RoleSource::Machine { .. } => Vec::new(),
        }
    }

    fn roles(&self) -> Vec<&RoleToAssume> {
        match self {
            RoleSource::Profile { source, .. } => source.roles(),
            RoleSource::Machine { .. } => Vec::new(),
        }
    }
}

/// What the credentials of a profile come from.
///
/// # Errors
/// When it does not exist, has none, or is written so that the AWS CLI refuses it too.
pub(crate) fn source_of(profiles: Profiles<'_>, name: &str) -> Result<ProfileSource, SourceFault> {
    if !profiles.has(name) {
        return Err(SourceFault::no_such(profiles, name, None));
    }
    if !profiles.assumes_role(name) {
        return own_source(profiles, name);
    }
    assumed(profiles, name, &mut vec![name.to_owned()])
}

fn assumed(profiles: Profiles<'_>, name: &str, visited: &mut Vec<String>) -> Result<ProfileSource, SourceFault> {
    let of = |key: &str| profiles.get(name, key);
    let Some(role) = RoleToAssume::of_profile(of) else {
        return Err(SourceFault::incomplete(name, "role_arn"));
    };
    let by = match (of("source_profile"), of("credential_source")) {
        (Some(_), Some(_)) => return Err(SourceFault::TwoSources { profile: name.to_owned() }),
        (None, None) => return Err(SourceFault::NoSource { profile: name.to_owned() }),
        (None, Some(source)) => {
            let unknown = || SourceFault::UnknownMachineSource { profile: name.to_owned(), value: source.to_owned() };
            RoleSource::Machine {
                profile: name.to_owned(),
                source: CredentialSource::parse(source).ok_or_else(unknown)?,
            }
        }
        (Some(source), None) => by_profile(profiles, (name, source), visited)?,
    };
    Ok(ProfileSource::AssumeRole { role, by: Box::new(by) })
}

fn by_profile(
    profiles: Profiles<'_>,
    (name, source): (&str, &str),
    visited: &mut Vec<String>,
) -> Result<RoleSource, SourceFault> {
    if !profiles.has(source) {
        return Err(SourceFault::no_such(profiles, source, Some(name)));
    }
    let has_keys = profiles.has_keys(source);
    if visited.iter().any(|before| before == source) && !(source == name && has_keys) {
        visited.push(source.to_owned());
        return Err(SourceFault::Circle { profiles: visited.clone() });
    }
    visited.push(source.to_owned());
    let found = match profiles.assumes_role(source) && !has_keys {
        true => assumed(profiles, source, visited)?,
        false => own_source(profiles, source)?,
    };
    Ok(RoleSource::Profile { name: source.to_owned(), source: found })
}

/// What a profile has but for a role to assume.
fn own_source(profiles: Profiles<'_>, name: &str) -> Result<ProfileSource, SourceFault> {
    let of = |key: &str| profiles.get(name, key);
    let provider = |kind, definition: &str| ProfileSource::Provider {
        profile: name.to_owned(),
        kind,
        definition: definition.to_owned(),
    };
    if let Some(file) = of("web_identity_token_file") {
        let Some(role) = RoleToAssume::of_profile(of) else {
            return Err(SourceFault::incomplete(name, "role_arn"));
        };
        return Ok(provider(ProviderKind::WebIdentity, &format!("{file}\n{}", role.cache_file_name())));
    }
    if of("sso_account_id").is_some() || of("sso_role_name").is_some() {
        return sso_role(profiles, name).map(ProfileSource::Sso);
    }
    if let Some(keys) = keys(name, |key| profiles.in_credentials(name, key))? {
        return Ok(ProfileSource::Keys(keys));
    }
    if let Some(session) = of("login_session") {
        return Ok(provider(ProviderKind::Login, session));
    }
    if let Some(command) = of("credential_process") {
        return Ok(provider(ProviderKind::Process, command));
    }
    if let Some(keys) = keys(name, |key| profiles.in_config(name, key))? {
        return Ok(ProfileSource::Keys(keys));
    }
    Err(SourceFault::Nothing { profile: name.to_owned() })
}

fn keys<'a>(name: &str, get: impl Fn(&str) -> Option<&'a str>) -> Result<Option<AccessKeys>, SourceFault> {
    let Some(id) = get("aws_access_key_id") else { return Ok(None) };
    let secret = get("aws_secret_access_key").ok_or_else(|| SourceFault::incomplete(name, "aws_secret_access_key"))?;
    // The older name comes first, as in botocore.
    let token = get("aws_security_token").or_else(|| get("aws_session_token"));
    AccessKeys::new(id, Secret::from(secret), token.map(Secret::from))
        .map(Some)
        .map_err(|unusable| SourceFault::UnusableKeys { profile: name.to_owned(), unusable })
}

fn sso_role(profiles: Profiles<'_>, name: &str) -> Result<SsoRole, SourceFault> {
    let session_name = profiles.get(name, "sso_session");
    let session = match session_name {
        Some(session) => Some(
            profiles
                .session(session)
                .ok_or_else(|| SourceFault::NoSuchSession { profile: name.to_owned(), session: session.to_owned() })?,
        ),
        None => None,
    };
    let of = |key: &str| {
        let (own, shared) = (profiles.get(name, key), session.and_then(|session| session.get(key)));
        match (own, shared) {
            (Some(own), Some(shared)) if own != shared => Err(SourceFault::Contradiction {
                profile: name.to_owned(),
                key: key.to_owned(),
                values: [own.to_owned(), shared.to_owned()],
            }),
            _ => own.or(shared).map(str::to_owned).ok_or_else(|| SourceFault::incomplete(name, key)),
        }
    };
    let start_url = of("sso_start_url")?;
    let portal =
        Portal { session_name: session_name.unwrap_or(&start_url).to_owned(), region: of("sso_region")?, start_url };
    Ok(SsoRole {
        portal,
        has_session: session_name.is_some(),
        account: of("sso_account_id")?,
        role: of("sso_role_name")?,
    })
}

impl CredentialSource {
    /// In any case of letters.
    fn parse(value: &str) -> Option<Self> {
        let known = [
            ("Environment", CredentialSource::Environment),
            ("EcsContainer", CredentialSource::EcsContainer),
            ("Ec2InstanceMetadata", CredentialSource::Ec2InstanceMetadata),
        ];
        known.into_iter().find(|(name, _)| name.eq_ignore_ascii_case(value)).map(|(_, source)| source)
    }

    /// As in "the credentials of the …".
    pub(crate) fn in_words(self) -> &'static str {
        match self {
            CredentialSource::Environment => "environment",
            CredentialSource::EcsContainer => "container",
            CredentialSource::Ec2InstanceMetadata => "instance",
            CredentialSource::WebIdentity => "web identity",
        }
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            CredentialSource::Environment => "Environment",
            CredentialSource::EcsContainer => "EcsContainer",
            CredentialSource::Ec2InstanceMetadata => "Ec2InstanceMetadata",
            CredentialSource::WebIdentity => "WebIdentity",
        }
    }
}
