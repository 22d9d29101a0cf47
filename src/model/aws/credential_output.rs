//! Credentials for other programs: the JSON of `credential_process`, and environment variables.

use serde_json::json;

use crate::env_vars;
use crate::model::aws::credentials::RoleCredentials;
use crate::model::rfc3339::Rfc3339;
use crate::secret::Secret;

/// Variables that could make an AWS SDK or tool use another identity than the one that [`variables`] sets, or mix the
/// two. The JavaScript SDK prefers a profile to keys; the AWS CLI and boto3 take the keys, with everything
/// else from the profile, and fail without it; the Go SDK 1 and the Java SDKs read `AWS_ACCESS_KEY` and `AWS_SECRET_KEY`;
/// aws-vault refuses to run below `AWS_VAULT`.
/// <https://docs.aws.amazon.com/sdkref/latest/guide/settings-reference.html>
const OTHER_IDENTITIES: [&str; 14] = [
    env_vars::AWS_PROFILE,
    "AWS_DEFAULT_PROFILE",
    "AWS_ACCESS_KEY",
    "AWS_SECRET_KEY",
    "AWS_SECURITY_TOKEN",
    "AWS_SESSION_EXPIRATION",
    "AWS_VAULT",
    "AWS_ROLE_ARN",
    "AWS_ROLE_SESSION_NAME",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
];

/// The output of a `credential_process`: <https://docs.aws.amazon.com/sdkref/latest/guide/feature-process-credentials.html>
pub(crate) fn process(credentials: &RoleCredentials) -> Secret<String> {
    let keys = &credentials.keys;
    let value = json!({
        "Version": 1,
        "AccessKeyId": keys.access_key_id(),
        "SecretAccessKey": keys.secret_access_key().expose(),
        "SessionToken": keys.session_token().as_ref().map(|token| token.expose()),
        "Expiration": Rfc3339::from(credentials.expires_at),
    });
    Secret::new(format!("{value:#}\n"))
}

/// An identity to give to a program.
#[derive(Debug, Clone, Copy)]
pub(crate) struct AwsIdentity<'a> {
    pub(crate) credentials: &'a RoleCredentials,
    pub(crate) account: &'a str,
    pub(crate) region: &'a str,
}

/// The variables that give a program this AWS identity and no other. A variable without a value must be unset. Used for
/// child processes and for lines that a shell evaluates.
pub(crate) fn variables(identity: AwsIdentity<'_>) -> Vec<(&'static str, Option<Secret<String>>)> {
    let keys = &identity.credentials.keys;
    let end = Rfc3339::from(identity.credentials.expires_at).to_string();
    let set = [
        (env_vars::AWS_ACCESS_KEY_ID, Some(Secret::from(keys.access_key_id()))),
        (env_vars::AWS_SECRET_ACCESS_KEY, Some(keys.secret_access_key().clone())),
        (env_vars::AWS_SESSION_TOKEN, keys.session_token().cloned()),
        (env_vars::AWS_CREDENTIAL_EXPIRATION, Some(Secret::new(end))),
        ("AWS_ACCOUNT_ID", Some(Secret::from(identity.account))),
        // The SDKs read the first; boto3 and AWS CLI 1 read only the second.
        (env_vars::AWS_REGION, Some(Secret::from(identity.region))),
        (env_vars::AWS_DEFAULT_REGION, Some(Secret::from(identity.region))),
    ];
    OTHER_IDENTITIES.into_iter().map(|name| (name, None)).chain(set).collect()
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::model::aws::access_keys::AccessKeys;

    #[test]
    fn every_variable_is_set_or_unset_once() {
        let of = |session_token: Option<&str>| RoleCredentials {
            keys: AccessKeys::new("ASIA", Secret::from("s"), session_token.map(Secret::from)).expect("keys"),
            obtained_at: Timestamp::UNIX_EPOCH,
            expires_at: Timestamp::UNIX_EPOCH,
        };
        for (token, expected) in [(Some("t"), Some("t")), (None, None)] {
            let credentials = of(token);
            let found =
                variables(AwsIdentity { credentials: &credentials, account: "111122223333", region: "eu-west-1" });
            let value = |name: &str| {
                let with_name: Vec<_> = found.iter().filter(|(other, _)| *other == name).collect();
                assert_eq!(with_name.len(), 1, "{name}");
                with_name[0].1.as_ref().map(|value| value.expose().clone())
            };
            for (name, _) in &found {
                value(name);
            }
            assert_eq!(value("AWS_SESSION_TOKEN").as_deref(), expected);
            assert_eq!(value("AWS_PROFILE"), None);
            assert_eq!(value("AWS_ACCOUNT_ID").as_deref(), Some("111122223333"));
            assert_eq!(value("AWS_CREDENTIAL_EXPIRATION").as_deref(), Some("1970-01-01T00:00:00Z"));
        }
    }
}
