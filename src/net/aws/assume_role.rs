//! `sts`: AssumeRole, AssumeRoleWithWebIdentity and GetSessionToken.

use aws_sdk_sts::Client;
use aws_sdk_sts::types::{AssumedRoleUser, Credentials};
use jiff::Timestamp;

use crate::model::aws::access_keys::AccessKeys;
use crate::model::aws::credentials::RoleCredentials;
use crate::net::aws::Aws;
use crate::net::aws::failure::{Class, Failure};
use crate::secret::Secret;

#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct RoleSessionRequest<'a> {
    pub(crate) role_arn: &'a str,
    pub(crate) session_name: &'a str,
    /// `None`: an hour.
    pub(crate) seconds: Option<u32>,
    pub(crate) external_id: Option<&'a str>,
    /// The serial number of a device, and the code that it shows now.
    pub(crate) mfa: Option<(&'a str, &'a Secret<String>)>,
    /// Of STS.
    pub(crate) region: &'a str,
}

#[derive(Debug, Clone)]
pub(crate) struct AssumedSession {
    pub(crate) credentials: RoleCredentials,
    /// `arn:aws:sts::<account>:assumed-role/<role>/<session>`.
    pub(crate) arn: String,
    /// `AROA…:<session>`.
    pub(crate) id: String,
}

/// AssumeRole, signed with the given keys.
pub(crate) async fn assume_role(
    aws: &Aws,
    keys: &AccessKeys,
    request: RoleSessionRequest<'_>,
) -> Result<AssumedSession, Failure> {
    const OPERATION: &str = "AssumeRole";
    let call = client(aws, request.region, Some(keys))
        .assume_role()
        .role_arn(request.role_arn)
        .role_session_name(request.session_name)
        .set_duration_seconds(seconds(request))
        .set_external_id(request.external_id.map(str::to_owned))
        .set_serial_number(request.mfa.map(|(serial, _)| serial.to_owned()))
        .set_token_code(request.mfa.map(|(_, code)| code.expose().clone()));
    let answer = call.send().await.map_err(|error| Failure::from_sdk(OPERATION, &error))?;
    role_session(aws, OPERATION, answer.credentials(), answer.assumed_role_user())
}

/// AssumeRoleWithWebIdentity. The token, in the body, is the proof of identity; the call is not signed.
pub(crate) async fn assume_role_with_web_identity(
    aws: &Aws,
    token: &Secret<String>,
    request: RoleSessionRequest<'_>,
) -> Result<AssumedSession, Failure> {
    const OPERATION: &str = "AssumeRoleWithWebIdentity";
    let call = client(aws, request.region, None)
        .assume_role_with_web_identity()
        .role_arn(request.role_arn)
        .role_session_name(request.session_name)
        .set_duration_seconds(seconds(request))
        .web_identity_token(token.expose());
    let answer = call.send().await.map_err(|error| Failure::from_sdk(OPERATION, &error))?;
    role_session(aws, OPERATION, answer.credentials(), answer.assumed_role_user())
}

/// How long a user's own session lasts. Short, so that keys which are replaced do not live on for long.
const USER_SESSION: i32 = 3600;

/// GetSessionToken.
pub(crate) async fn get_session_token(aws: &Aws, keys: &AccessKeys, region: &str) -> Result<RoleCredentials, Failure> {
    const OPERATION: &str = "GetSessionToken";
    let call = client(aws, region, Some(keys)).get_session_token().duration_seconds(USER_SESSION);
    let answer = call.send().await.map_err(|error| Failure::from_sdk(OPERATION, &error))?;
    role_session(aws, OPERATION, answer.credentials(), None).map(|session| session.credentials)
}

fn client(aws: &Aws, region: &str, keys: Option<&AccessKeys>) -> Client {
    Client::new(&aws.config("STS", region, keys))
}

fn seconds(request: RoleSessionRequest<'_>) -> Option<i32> {
    request.seconds.map(|seconds| i32::try_from(seconds).unwrap_or(i32::MAX))
}

fn role_session(
    aws: &Aws,
    operation: &'static str,
    credentials: Option<&Credentials>,
    user: Option<&AssumedRoleUser>,
) -> Result<AssumedSession, Failure> {
    let unusable = |words: &str| Failure { operation, class: Class::Broken, code: None, words: words.to_owned() };
    let given = credentials.ok_or_else(|| unusable("the response has no credentials"))?;
    let [secret, token] = [given.secret_access_key(), given.session_token()].map(Secret::from);
    let keys = AccessKeys::new(given.access_key_id(), secret, Some(token));
    let expires_at = Timestamp::from_second(given.expiration().secs());
    Ok(AssumedSession {
        credentials: RoleCredentials {
            keys: keys.map_err(|keys| Failure::unusable(operation, keys))?,
            obtained_at: aws.host().now(),
            expires_at: expires_at.map_err(|_| unusable("the response has no expiry"))?,
        },
        arn: user.map(|user| user.arn().to_owned()).unwrap_or_default(),
        id: user.map(|user| user.assumed_role_id().to_owned()).unwrap_or_default(),
    })
}
