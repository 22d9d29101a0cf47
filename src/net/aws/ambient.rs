//! Ambient AWS credentials, for what is done without a namespace's role: the providers of the AWS SDK. Which of them is asked
//! is decided in `chain/ambient.rs`.

use aws_config::ecs::EcsCredentialsProvider;
use aws_config::imds::credentials::ImdsCredentialsProvider;
use aws_config::profile::ProfileFileCredentialsProvider;
use aws_config::provider_config::ProviderConfig;
use aws_config::web_identity_token::WebIdentityTokenCredentialsProvider;
use aws_credential_types::provider::ProvideCredentials;
use jiff::Timestamp;

use crate::error::{Error, Kind, Result, root_cause};
use crate::model::aws::access_keys::AccessKeys;
use crate::net::aws::Aws;
use crate::secret::Secret;

#[derive(Debug, Clone)]
pub(crate) struct AmbientCredentials {
    pub(crate) keys: AccessKeys,
    /// `None` for long-lived keys.
    pub(crate) expires_at: Option<Timestamp>,
}

/// The credentials of a profile, by default of `default`. What helps where there are none depends on the kind of the
/// profile: callers know it.
pub(crate) async fn load_profile(aws: &Aws, profile: Option<&str>, region: &str) -> Result<AmbientCredentials> {
    let mut builder = ProfileFileCredentialsProvider::builder().configure(&provider_config(aws, region)?);
    if let Some(profile) = profile {
        builder = builder.profile_name(profile);
    }
    provided(&builder.build()).await.map_err(|why| match profile {
        // Of a machine without the files the SDK says that the provider was not enabled.
        None if why.contains("not enabled") => nothing_specified(),
        None => nothing_specified().because(why),
        Some(name) => {
            Error::new(Kind::NotSignedIn, format!("cannot get credentials from AWS profile {name:?}")).because(why)
        }
    })
}

/// The role of `$AWS_ROLE_ARN`, assumed with the token in `$AWS_WEB_IDENTITY_TOKEN_FILE`.
pub(crate) async fn load_web_identity(aws: &Aws, region: &str) -> Result<AmbientCredentials> {
    let provider = WebIdentityTokenCredentialsProvider::builder().configure(&provider_config(aws, region)?).build();
    provided(&provider).await.map_err(|why| {
        Error::new(Kind::NotSignedIn, "cannot get credentials with the token in $AWS_WEB_IDENTITY_TOKEN_FILE")
            .because(why)
            .try_next("unset AWS_WEB_IDENTITY_TOKEN_FILE")
    })
}

/// The role of the container that we run in.
pub(crate) async fn load_container(aws: &Aws, region: &str) -> Result<AmbientCredentials> {
    let provider = EcsCredentialsProvider::builder().configure(&provider_config(aws, region)?).build();
    let cannot = |why| Error::new(Kind::NotSignedIn, "cannot get credentials from the container").because(why);
    provided(&provider).await.map_err(cannot)
}

/// The role of the machine that we run on.
pub(crate) async fn load_instance(aws: &Aws, region: &str) -> Result<AmbientCredentials> {
    let provider = ImdsCredentialsProvider::builder().configure(&provider_config(aws, region)?).build();
    let cannot = |why| Error::new(Kind::NotSignedIn, "cannot get credentials from the instance").because(why);
    provided(&provider).await.map_err(cannot)
}

fn provider_config(aws: &Aws, region: &str) -> Result<ProviderConfig> {
    let config = aws.config("STS", region, None);
    Ok(ProviderConfig::empty()
        .with_http_client(config.http_client().ok_or_else(|| Error::failure("no HTTP client"))?)
        .with_region(config.region().cloned()))
}

/// What a provider gives, or why it gives nothing.
async fn provided(provider: &impl ProvideCredentials) -> Result<AmbientCredentials, String> {
    let given = provider.provide_credentials().await.map_err(|error| root_cause(&error))?;
    let (secret, token) = (Secret::from(given.secret_access_key()), given.session_token().map(Secret::from));
    Ok(AmbientCredentials {
        keys: AccessKeys::new(given.access_key_id(), secret, token).map_err(|unusable| unusable.to_string())?,
        expires_at: given.expiry().and_then(|expiry| Timestamp::try_from(expiry).ok()),
    })
}

/// Neither a profile nor keys.
pub(crate) fn nothing_specified() -> Error {
    Error::new(Kind::NotSignedIn, "no AWS credentials found")
        .because("no profile is specified, the environment has no keys, and the profile default has no credentials")
        .try_next("aws configure list-profiles   # then: export AWS_PROFILE=NAME")
}
