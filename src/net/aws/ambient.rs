//! Ambient AWS credentials, for what is done without a namespace's role: the providers of the AWS SDK. Which of them is asked
//! is decided in `chain/ambient.rs`.

use aws_config::ecs::EcsCredentialsProvider;
use aws_config::imds::credentials::ImdsCredentialsProvider;
use aws_config::profile::ProfileFileCredentialsProvider;
use aws_config::provider_config::ProviderConfig;
use aws_config::web_identity_token::WebIdentityTokenCredentialsProvider;
use aws_credential_types::provider::ProvideCredentials;
use aws_credential_types::provider::error::CredentialsError;
use jiff::Timestamp;

use crate::error::{Error, Kind, Result};
use crate::model::aws::credentials::AccessKeys;
use crate::net::aws::Aws;
use crate::secret::Secret;

#[derive(Debug, Clone)]
pub(crate) struct AmbientCredentials {
    pub(crate) keys: AccessKeys,
    /// `None` for long-lived keys.
    pub(crate) expires_at: Option<Timestamp>,
}

/// The credentials of a profile, by default of `default`.
pub(crate) async fn load_profile(aws: &Aws, profile: Option<&str>, region: &str) -> Result<AmbientCredentials> {
    let mut builder = ProfileFileCredentialsProvider::builder().configure(&provider_config(aws, region)?);
    if let Some(profile) = profile {
        builder = builder.profile_name(profile);
    }
    let given = builder.build().provide_credentials().await;
    given.map(from_sdk).map_err(|error| no_credentials(profile, &error))
}

/// The role of `$AWS_ROLE_ARN`, assumed with the token in `$AWS_WEB_IDENTITY_TOKEN_FILE`.
pub(crate) async fn load_web_identity(aws: &Aws, region: &str) -> Result<AmbientCredentials> {
    let provider = WebIdentityTokenCredentialsProvider::builder().configure(&provider_config(aws, region)?).build();
    provider.provide_credentials().await.map(from_sdk).map_err(|error| {
        Error::new(Kind::NotSignedIn, "the web identity of $AWS_WEB_IDENTITY_TOKEN_FILE gives no credentials")
            .because(innermost(&error))
            .try_next("unset AWS_WEB_IDENTITY_TOKEN_FILE")
    })
}

/// The role of the container that we run in.
pub(crate) async fn load_container(aws: &Aws, region: &str) -> Result<AmbientCredentials> {
    let provider = EcsCredentialsProvider::builder().configure(&provider_config(aws, region)?).build();
    provider
        .provide_credentials()
        .await
        .map(from_sdk)
        .map_err(|error| Error::new(Kind::NotSignedIn, "the container gives no credentials").because(innermost(&error)))
}

/// The role of the machine that we run on.
pub(crate) async fn load_instance(aws: &Aws, region: &str) -> Result<AmbientCredentials> {
    let provider = ImdsCredentialsProvider::builder().configure(&provider_config(aws, region)?).build();
    provider
        .provide_credentials()
        .await
        .map(from_sdk)
        .map_err(|error| Error::new(Kind::NotSignedIn, "the instance gives no credentials").because(innermost(&error)))
}

fn provider_config(aws: &Aws, region: &str) -> Result<ProviderConfig> {
    let config = aws.config("STS", region, None);
    Ok(ProviderConfig::empty()
        .with_http_client(config.http_client().ok_or_else(|| Error::failure("no HTTP client"))?)
        .with_region(config.region().cloned()))
}

fn from_sdk(given: aws_credential_types::Credentials) -> AmbientCredentials {
    let expires_at = given.expiry().and_then(|expiry| Timestamp::try_from(expiry).ok());
    AmbientCredentials {
        keys: AccessKeys {
            access_key_id: given.access_key_id().to_owned(),
            secret_access_key: Secret::from(given.secret_access_key()),
            session_token: given.session_token().map(Secret::from),
        },
        expires_at,
    }
}

/// Neither a profile nor keys.
pub(crate) fn nothing_named() -> Error {
    Error::new(Kind::NotSignedIn, "there are no AWS credentials")
        .because("no profile is named, there are no keys in the environment, and the profile default gives none")
        .try_next("export AWS_PROFILE=NAME   # one of: aws configure list-profiles")
}

fn no_credentials(profile: Option<&str>, error: &CredentialsError) -> Error {
    let Some(name) = profile else { return nothing_named().because(innermost(error)) };
    Error::new(Kind::NotSignedIn, format!("the AWS profile {name} gives no credentials"))
        .because(innermost(error))
        .try_next(format!("aws sso login --profile {name}"))
}

fn innermost(error: &dyn std::error::Error) -> String {
    let mut cause = error;
    while let Some(next) = cause.source() {
        cause = next;
    }
    cause.to_string()
}
