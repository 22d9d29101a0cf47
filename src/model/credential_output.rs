//! Credentials as others read them: the JSON of `credential_process`, the variables of the environment.

use serde_json::json;

use crate::env_vars;
use crate::model::credentials::RoleCredentials;
use crate::secret::Secret;

/// Variables by which an AWS SDK would find other credentials than those that [`variables`] sets, or other ones beside
/// them: to be taken away from whoever gets these. The JavaScript SDK, for one, prefers a profile to keys.
/// <https://docs.aws.amazon.com/sdkref/latest/guide/settings-reference.html>
pub const AMBIENT: [&str; 10] = [
    "AWS_PROFILE",
    "AWS_DEFAULT_PROFILE",
    "AWS_SECURITY_TOKEN",
    "AWS_ROLE_ARN",
    "AWS_ROLE_SESSION_NAME",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
];

/// What a `credential_process` prints: <https://docs.aws.amazon.com/sdkref/latest/guide/feature-process-credentials.html>
pub fn process(credentials: &RoleCredentials) -> Secret<String> {
    let keys = &credentials.keys;
    let value = json!({
        "Version": 1,
        "AccessKeyId": keys.access_key_id,
        "SecretAccessKey": keys.secret_access_key.expose(),
        "SessionToken": keys.session_token.as_ref().map(|token| token.expose()),
        "Expiration": credentials.expires_at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
    });
    Secret::new(format!("{value:#}\n"))
}

/// What the SDKs and the AWS CLI read from the environment.
pub fn variables<'a>(credentials: &'a RoleCredentials, region: Option<&'a str>) -> Vec<(&'static str, Secret<String>)> {
    let keys = &credentials.keys;
    let mut variables = vec![
        (env_vars::AWS_ACCESS_KEY_ID, Secret::from(keys.access_key_id.as_str())),
        (env_vars::AWS_SECRET_ACCESS_KEY, keys.secret_access_key.clone()),
    ];
    variables.extend(keys.session_token.clone().map(|token| (env_vars::AWS_SESSION_TOKEN, token)));
    let end = credentials.expires_at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
    variables.push((env_vars::AWS_CREDENTIAL_EXPIRATION, Secret::new(end)));
    // The SDKs read the first, boto3 and version 1 of the AWS CLI the second only.
    for name in [env_vars::AWS_REGION, env_vars::AWS_DEFAULT_REGION] {
        variables.extend(region.map(|region| (name, Secret::from(region))));
    }
    variables
}
