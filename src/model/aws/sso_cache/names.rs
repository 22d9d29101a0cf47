//! File names: SHA-1 of what the AWS CLI hashes.

use serde_json::{Value, json};
use sha1::{Digest, Sha1};

use super::json::{self, Spacing};

/// The token file in `~/.aws/sso/cache`. The key is the sso-session's name; for a profile without one, the exact start
/// URL.
pub fn token_file_name(key: &str) -> String {
    file_name(key)
}

/// The file of a client registration in `~/.aws/sso/cache`. Without an sso-session there are no scopes and no session
/// name.
pub fn registration_file_name(
    start_url: &str,
    region: &str,
    scopes: Option<&[&str]>,
    session_name: Option<&str>,
) -> String {
    // In the order of `sort_keys=True`.
    hashed(
        &json!({
            "region": region,
            "scopes": scopes,
            "session_name": session_name,
            "startUrl": start_url,
            "tool": "botocore",
        }),
        Spacing::Default,
    )
}

/// The file in `~/.aws/cli/cache` for the credentials of a role, as AWS CLI 2 names it. A profile without an sso-session
/// is identified by its start URL.
pub fn role_credentials_file_name(account: &str, role: &str, session_name: Option<&str>, start_url: &str) -> String {
    let recipe = match session_name {
        Some(name) => json!({"accountId": account, "roleName": role, "sessionName": name}),
        None => json!({"accountId": account, "roleName": role, "startUrl": start_url}),
    };
    hashed(&recipe, Spacing::Compact)
}

/// The file in `~/.aws/cli/cache` for the session of a role that a profile assumes, as AWS CLI 1 and 2 name it. `get`
/// reads the profile's keys. `None` if the profile assumes no role.
pub fn assumed_role_file_name<'a>(get: impl Fn(&str) -> Option<&'a str>) -> Option<String> {
    let mut recipe = serde_json::Map::new();
    // In the order of `sort_keys=True`. The AWS CLI also ignores a duration that is not a number.
    if let Some(seconds) = get("duration_seconds").and_then(|seconds| seconds.trim().parse::<i64>().ok()) {
        recipe.insert("DurationSeconds".to_owned(), seconds.into());
    }
    recipe.extend(get("external_id").map(|id| ("ExternalId".to_owned(), id.into())));
    recipe.insert("RoleArn".to_owned(), get("role_arn")?.into());
    recipe.extend(get("role_session_name").map(|name| ("RoleSessionName".to_owned(), name.into())));
    recipe.extend(get("mfa_serial").map(|serial| ("SerialNumber".to_owned(), serial.into())));
    Some(hashed(&Value::Object(recipe), Spacing::Default))
}

fn hashed(recipe: &Value, spacing: Spacing) -> String {
    let mut text = String::new();
    json::value(&mut text, recipe, spacing);
    file_name(&text)
}

fn file_name(hashed: &str) -> String {
    let digest = Sha1::digest(hashed.as_bytes());
    digest.iter().map(|byte| format!("{byte:02x}")).collect::<String>() + ".json"
}

#[cfg(test)]
mod tests {
    use super::*;

    const URL: &str = "https://example.awsapps.com/start";

    /// Names written by AWS CLI 1.46.3, and by its `AssumeRoleCredentialFetcher`.
    #[test]
    fn names_of_assumed_roles_are_those_of_the_aws_cli() {
        let arn = ("role_arn", "arn:aws:iam::111122223333:role/idp-demo-ledger");
        let full = [
            arn,
            ("duration_seconds", "900"),
            ("external_id", "x\u{e9}"),
            ("role_session_name", "ada"),
            ("mfa_serial", "arn:aws:iam::1:mfa/a"),
        ];
        for (keys, expected) in [
            (&[arn][..], Some("e87594d5b65bf82dc3959ba704d252f11dec4a83")),
            (&full[..], Some("a826c95128b2dc3b340ec25f0f6c8179070f6f33")),
            (&[("source_profile", "x")][..], None),
        ] {
            let get = |key: &str| keys.iter().find(|(name, _)| *name == key).map(|(_, value)| *value);
            assert_eq!(assumed_role_file_name(get), expected.map(|name| format!("{name}.json")));
        }
    }

    /// Names written by AWS CLI 2.36.7.
    #[test]
    fn names_are_those_of_the_aws_cli() {
        let scopes: &[&str] = &["sso:account:access"];
        for (found, expected) in [
            (token_file_name("corp"), "ee0bfd2552fbd840c02cc48b6e823320543c450f"),
            (token_file_name(URL), "e8be5486177c5b5392bd9aa76563515b29358e6e"),
            (
                registration_file_name(URL, "eu-west-1", Some(scopes), Some("corp")),
                "9f4ce7c372b014c25eef5e3b0969a696ec4a1dc4",
            ),
            (registration_file_name(URL, "eu-west-1", None, None), "9d9dd9a416ed033eec7556781302088a89d3d330"),
            (
                role_credentials_file_name("111122223333", "Dev", Some("corp"), URL),
                "20985b56d713cfd135648cadc68a6115ca80d9a5",
            ),
            (role_credentials_file_name("111122223333", "Dev", None, URL), "8d7c2c9d82dcde0814f440efe52db6531dc17184"),
        ] {
            assert_eq!(found, format!("{expected}.json"));
        }
    }
}
