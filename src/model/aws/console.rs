//! Links to the AWS console: through the access portal, and with the credentials of a session.
//! Sources: <https://docs.aws.amazon.com/singlesignon/latest/userguide/createshortcutlink.html>,
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_enable-console-custom-url.html>

use serde_json::json;

use crate::model::aws::access_keys::AccessKeys;
use crate::model::aws::partition::Partition;
use crate::model::wire::percent;
use crate::secret::Secret;

/// Where in the console a link leads.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Destination<'a> {
    /// As in the console's URLs, like `secretsmanager`.
    pub(crate) service: Option<&'a str>,
    pub(crate) region: Option<&'a str>,
    /// The EKS cluster, for `eks`.
    pub(crate) cluster: Option<&'a str>,
}

/// The portal's shortcut to the console of an account as a role.
pub(crate) fn shortcut(start_url: &str, account: &str, role: &str, destination: Destination<'_>) -> String {
    let start = start_url.trim_end_matches('/').trim_end_matches("/#").trim_end_matches('/');
    let link = format!("{start}/#/console?account_id={}&role_name={}", percent::encode(account), percent::encode(role));
    match destination_url(destination) {
        Some(url) => format!("{link}&destination={}", percent::encode(&url)),
        None => link,
    }
}

/// Where the credentials of a session become a sign-in to the console, by its partition.
pub(crate) fn federation_endpoint(region: &str) -> String {
    let host = match Partition::of_region(region).name {
        "aws-cn" => "signin.amazonaws.cn".to_owned(),
        "aws-us-gov" => "signin.amazonaws-us-gov.com".to_owned(),
        "aws-eusc" => format!("{region}.signin.amazonaws-eusc.eu"),
        _ => "signin.aws.amazon.com".to_owned(),
    };
    format!("https://{host}")
}

/// The address that gives a token for a sign-in. Without a duration: AWS takes none for the session of a role that another
/// role assumed, and gives the others as long as their credentials last.
pub(crate) fn sign_in_token_url(endpoint: &str, keys: &AccessKeys) -> Secret<String> {
    let token = keys.session_token().as_ref().map(|token| token.expose().as_str());
    let session = json!({
        "sessionId": keys.access_key_id(), "sessionKey": keys.secret_access_key().expose(), "sessionToken": token,
    });
    let session = Secret::new(session.to_string());
    let session = Secret::new(percent::encode(session.expose()));
    Secret::new(format!("{}?Action=getSigninToken&Session={}", federation(endpoint), session.expose()))
}

/// The address that signs in whoever opens it.
pub(crate) fn sign_in_url(
    endpoint: &str,
    token: &Secret<String>,
    destination: Destination<'_>,
) -> Option<Secret<String>> {
    let page = percent::encode(&destination_url(destination)?);
    let token = Secret::new(percent::encode(token.expose()));
    Some(Secret::new(format!(
        "{}?Action=login&Destination={page}&SigninToken={}",
        federation(endpoint),
        token.expose()
    )))
}

fn federation(endpoint: &str) -> String {
    format!("{}/federation", endpoint.trim_end_matches('/'))
}

/// The URL within the console.
fn destination_url(destination: Destination<'_>) -> Option<String> {
    let region = destination.region?;
    let host = match Partition::of_region(region).name {
        "aws-cn" => format!("{region}.console.amazonaws.cn"),
        "aws-us-gov" => format!("{region}.console.amazonaws-us-gov.com"),
        "aws-eusc" => format!("{region}.console.amazonaws-eusc.eu"),
        _ => format!("{region}.console.aws.amazon.com"),
    };
    let path = match (destination.service, destination.cluster) {
        (None, _) => "console/home".to_owned(),
        (Some("eks"), Some(cluster)) => format!("eks/clusters/{}", percent::encode(cluster)),
        (Some("secretsmanager"), _) => "secretsmanager/listsecrets".to_owned(),
        (Some(service), _) => format!("{service}/home"),
    };
    Some(format!("https://{host}/{path}?region={region}"))
}

/// Checks that a service's name can be part of a URL.
pub(crate) fn service(name: &str) -> Result<&str, String> {
    let fits =
        !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
    if fits { Ok(name) } else { Err("a service has its name from the console's URL: a-z, 0-9 and '-'".to_owned()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn link(service: Option<&str>, region: Option<&str>) -> String {
        shortcut(
            "https://acme.awsapps.com/start/#/",
            "111122223333",
            "idp-ns-idp-dev",
            Destination { service, region, cluster: Some("idp-nonprod-1") },
        )
    }

    #[test]
    fn shortcuts_lead_to_the_destination() {
        let start = "https://acme.awsapps.com/start/#/console?account_id=111122223333&role_name=idp-ns-idp-dev";
        assert_eq!(link(None, None), start);
        assert_eq!(
            link(Some("eks"), Some("eu-west-1")),
            format!(
                "{start}&destination=https%3A%2F%2Feu-west-1.console.aws.amazon.com%2Feks%2Fclusters%2Fidp-nonprod-1%3Fregion%3Deu-west-1"
            )
        );
        assert!(
            link(Some("secretsmanager"), Some("cn-north-1"))
                .contains("cn-north-1.console.amazonaws.cn%2Fsecretsmanager")
        );
        assert!(link(None, Some("us-gov-west-1")).contains("console.amazonaws-us-gov.com%2Fconsole%2Fhome"));
        assert!(service("s3").is_ok() && service("../x").is_err() && service("").is_err());
    }

    #[test]
    fn a_session_becomes_an_address_that_signs_in() {
        let keys = AccessKeys::new("ASIA1", Secret::from("se/cret"), Some(Secret::from("to+ken"))).expect("keys");
        let asked = sign_in_token_url("https://signin.aws.amazon.com", &keys);
        let start = "https://signin.aws.amazon.com/federation?Action=getSigninToken&Session=%7B";
        assert!(asked.expose().starts_with(start), "{}", asked.expose());
        let session = percent::decode(asked.expose().split_once("&Session=").expect("a session").1);
        let session: serde_json::Value = serde_json::from_str(&session).expect("JSON");
        assert_eq!(session, json!({"sessionId": "ASIA1", "sessionKey": "se/cret", "sessionToken": "to+ken"}));
        let place = Destination { service: Some("s3"), region: Some("eu-west-1"), cluster: None };
        let address = sign_in_url("http://127.0.0.1:1/", &Secret::from("a+b"), place).expect("an address");
        assert_eq!(
            address.expose(),
            "http://127.0.0.1:1/federation?Action=login&Destination=https%3A%2F%2Feu-west-1.console.aws.amazon.com%2Fs3%2Fhome%3Fregion%3Deu-west-1&SigninToken=a%2Bb"
        );
    }

    #[test]
    fn each_partition_signs_in_at_its_own_host() {
        for (region, host) in [
            ("eu-west-1", "https://signin.aws.amazon.com"),
            ("cn-north-1", "https://signin.amazonaws.cn"),
            ("us-gov-east-1", "https://signin.amazonaws-us-gov.com"),
            ("eusc-de-east-1", "https://eusc-de-east-1.signin.amazonaws-eusc.eu"),
        ] {
            assert_eq!(federation_endpoint(region), host);
        }
    }
}
