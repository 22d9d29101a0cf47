//! The credentials of a role in `~/.aws/cli/cache`, as the AWS CLI reads and writes them.

use jiff::Timestamp;
use serde_json::Value;

use super::fields::{Fields, parse_time, render_time};
use super::json::{self, Spacing};
use crate::model::aws::access_keys::AccessKeys;
use crate::model::aws::credentials::RoleCredentials;
use crate::secret::Secret;

/// Reads a file of the AWS CLI's cache: the keys, and their end. Errors never repeat its content.
pub(crate) fn parse_role_credentials(bytes: &[u8]) -> Result<(AccessKeys, Timestamp), String> {
    let mut file = Fields::read(bytes)?;
    let Some(Value::Object(credentials)) = file.take("Credentials") else {
        return Err("`Credentials` is missing".to_owned());
    };
    let text = |name: &str| {
        let value = credentials.get(name).and_then(Value::as_str).filter(|value| !value.is_empty());
        value.ok_or_else(|| format!("`{name}` is missing"))
    };
    let expires_at = parse_time(text("Expiration")?).ok_or_else(|| "`Expiration` is not a time".to_owned())?;
    let [secret, token] = [text("SecretAccessKey")?, text("SessionToken")?].map(Secret::from);
    let keys = AccessKeys::new(text("AccessKeyId")?, secret, Some(token)).map_err(|unusable| unusable.to_string())?;
    Ok((keys, expires_at))
}

/// The file of a permission set's credentials, as AWS CLI 2 writes it. Its `aws sso logout` removes what is marked so.
pub(crate) fn render_sso_role(credentials: &RoleCredentials, account: &str) -> Secret<String> {
    let mut text = with_room(credentials);
    text.push_str("{\"ProviderType\": \"sso\", ");
    push_credentials(&mut text, credentials, Some(account));
    text.push('}');
    Secret::new(text)
}

/// The file of an assumed role: STS's answer, as AWS CLI 1 and 2 keep it. `session`: its ARN, and its id.
pub(crate) fn render_assumed_role(credentials: &RoleCredentials, (arn, id): (&str, &str)) -> Secret<String> {
    let account = arn.split(':').nth(4).filter(|account| !account.is_empty());
    let mut text = with_room(credentials);
    text.push('{');
    push_credentials(&mut text, credentials, account);
    text.push_str(", \"AssumedRoleUser\": ");
    push_object(&mut text, &[("AssumedRoleId", id), ("Arn", arn)]);
    text.push('}');
    Secret::new(text)
}

/// Growing a string leaves copies of secrets in memory.
fn with_room(credentials: &RoleCredentials) -> String {
    let keys = &credentials.keys;
    let token = keys.session_token().as_ref().map_or(0, |token| token.expose().len());
    String::with_capacity(6 * (keys.access_key_id().len() + keys.secret_access_key().expose().len() + token) + 2048)
}

fn push_credentials(text: &mut String, credentials: &RoleCredentials, account: Option<&str>) {
    let keys = &credentials.keys;
    let token = keys.session_token().as_ref().map_or("", |token| token.expose());
    let ends = render_time(credentials.expires_at);
    let mut fields = vec![
        ("AccessKeyId", keys.access_key_id()),
        ("SecretAccessKey", keys.secret_access_key().expose()),
        ("SessionToken", token),
        ("Expiration", &ends),
    ];
    fields.extend(account.map(|account| ("AccountId", account)));
    json::name(text, "Credentials", Spacing::Default);
    push_object(text, &fields);
}

fn push_object(text: &mut String, fields: &[(&str, &str)]) {
    text.push('{');
    for (index, (name, value)) in fields.iter().enumerate() {
        text.push_str(if index > 0 { ", " } else { "" });
        json::name(text, name, Spacing::Default);
        json::string(text, value);
    }
    text.push('}');
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Written by AWS CLI 2.36.7.
    const SSO: &str = r#"{"ProviderType": "sso", "Credentials": {"AccessKeyId": "ASIA1", "SecretAccessKey": "s", "SessionToken": "t+/=", "Expiration": "2026-11-22T02:07:47Z", "AccountId": "111122223333"}}"#;
    /// Written by AWS CLI 1.46.3.
    const ASSUMED: &str = r#"{"Credentials": {"AccessKeyId": "ASIA1", "SecretAccessKey": "s", "SessionToken": "t+/=", "Expiration": "2026-11-22T02:07:47Z", "AccountId": "111122223333"}, "AssumedRoleUser": {"AssumedRoleId": "AROA:x", "Arn": "arn:aws:sts::111122223333:assumed-role/r/x"}, "ResponseMetadata": {"RequestId": "1", "HTTPStatusCode": 200, "HTTPHeaders": {"content-type": "text/xml"}, "RetryAttempts": 0}}"#;

    fn credentials(text: &str) -> RoleCredentials {
        let (keys, expires_at) = parse_role_credentials(text.as_bytes()).expect("credentials");
        RoleCredentials { keys, obtained_at: Timestamp::UNIX_EPOCH, expires_at }
    }

    #[test]
    fn files_of_the_aws_cli_come_out_as_they_went_in() {
        assert_eq!(render_sso_role(&credentials(SSO), "111122223333").expose(), SSO);
        let session = ("arn:aws:sts::111122223333:assumed-role/r/x", "AROA:x");
        let ours = render_assumed_role(&credentials(ASSUMED), session);
        // The answer's HTTP headers tell nobody anything.
        let theirs = format!("{}}}", ASSUMED.split_once(", \"ResponseMetadata\"").expect("it has them").0);
        assert_eq!(ours.expose(), &theirs);
        let older = ASSUMED.replace("47Z", "47UTC");
        assert_eq!(credentials(&older).expires_at, credentials(ASSUMED).expires_at);
    }

    #[test]
    fn what_is_no_such_file_is_told_without_its_content() {
        for (text, reason) in [
            ("", "the file is empty"),
            (r#"{"accessToken": "x"}"#, "`Credentials` is missing"),
            (r#"{"Credentials": {"AccessKeyId": "A"}}"#, "`Expiration` is missing"),
            (&SSO.replace("2026-11-22T02:07:47Z", "soon"), "`Expiration` is not a time"),
            (&SSO.replace("SessionToken", "Token"), "`SessionToken` is missing"),
        ] {
            assert_eq!(parse_role_credentials(text.as_bytes()).err().as_deref(), Some(reason), "{text}");
        }
    }
}
