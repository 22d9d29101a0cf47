//! `iam`: GetRole, GetUser and ListRoles, in the query protocol. Three calls do not deserve an SDK.
//! <https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetRole.html>

use std::time::SystemTime;

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4::SigningParams;
use jiff::Timestamp;

use crate::model::aws::access_keys::AccessKeys;
use crate::model::aws::partition::Partition;
use crate::model::wire::pages::Pages;
use crate::model::wire::{percent, xml};
use crate::net::aws::Aws;
use crate::net::aws::failure::{Class, Failure};
use crate::net::aws::plain::{PlainRequest, send_repeatedly};

/// The newest version of the protocol: IAM has had no other since.
const VERSION: &str = "2010-05-08";

/// What IAM says of a role or a user.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct IamPrincipal {
    /// With its path.
    pub(crate) arn: Option<String>,
    pub(crate) created_at: Option<Timestamp>,
    /// A role's trust policy: JSON.
    pub(crate) trust_policy: Option<String>,
}

/// A role of the keys' account. A namespace's role may not be allowed to ask. `region`: any of the partition.
pub(crate) async fn get_role(aws: &Aws, keys: &AccessKeys, region: &str, name: &str) -> Result<IamPrincipal, Failure> {
    let answer = call(aws, keys, region, ("GetRole", &[("RoleName", name)])).await?;
    Ok(parsed(&answer))
}

/// A user of the keys' account.
pub(crate) async fn get_user(aws: &Aws, keys: &AccessKeys, region: &str, name: &str) -> Result<IamPrincipal, Failure> {
    let answer = call(aws, keys, region, ("GetUser", &[("UserName", name)])).await?;
    Ok(parsed(&answer))
}

/// The roles of the keys' account whose path begins with a prefix, like `/aws-reserved/sso.amazonaws.com/`.
pub(crate) async fn list_roles(
    aws: &Aws,
    keys: &AccessKeys,
    region: &str,
    path_prefix: &str,
) -> Result<Vec<IamPrincipal>, Failure> {
    const OPERATION: &str = "ListRoles";
    let (mut roles, mut pages) = (Vec::new(), Pages::new(aws.received()));
    loop {
        let marker = pages.token();
        let mut parameters = vec![("PathPrefix", path_prefix), ("MaxItems", "1000")];
        parameters.extend(marker.as_deref().map(|marker| ("Marker", marker)));
        let page = call(aws, keys, region, (OPERATION, &parameters)).await?;
        roles.extend(xml::elements(&page, "member").map(parsed));
        let next = (xml::text(&page, "IsTruncated").as_deref() == Some("true")).then(|| xml::text(&page, "Marker"));
        let more = pages.advance(next.flatten(), aws.received());
        if !more.map_err(|why| Failure::endless(OPERATION, why))? {
            return Ok(roles);
        }
    }
}

async fn call(
    aws: &Aws,
    keys: &AccessKeys,
    region: &str,
    (operation, parameters): (&'static str, &[(&str, &str)]),
) -> Result<String, Failure> {
    let (iam_region, host) = Partition::of_region(region).iam;
    let endpoint = aws.endpoint("IAM").unwrap_or_else(|| format!("https://{host}"));
    let parameters = parameters.iter().map(|(name, value)| format!("&{name}={}", percent::encode(value)));
    let mut request = PlainRequest {
        method: "POST",
        url: format!("{}/", endpoint.trim_end_matches('/')),
        headers: vec![("content-type".to_owned(), "application/x-www-form-urlencoded".to_owned())],
        body: format!("Action={operation}&Version={VERSION}{}", parameters.collect::<String>()),
    };
    let signature = signed(&request, keys, iam_region, aws.signing_time()).map_err(|words| Failure {
        operation,
        class: Class::Service,
        code: None,
        words,
    })?;
    request.headers.extend(signature);
    Ok(send_repeatedly(aws.http("IAM"), operation, request, &aws.retries()).await?.body)
}

/// The headers that sign a request.
fn signed(
    request: &PlainRequest,
    keys: &AccessKeys,
    region: &str,
    now: SystemTime,
) -> Result<Vec<(String, String)>, String> {
    let token = keys.session_token().as_ref().map(|token| token.expose().clone());
    let secret = keys.secret_access_key().expose();
    let identity = Credentials::new(keys.access_key_id(), secret, token, None, "nsaccess").into();
    let parameters = SigningParams::builder()
        .identity(&identity)
        .region(region)
        .name("iam")
        .time(now)
        .settings(SigningSettings::default())
        .build()
        .map_err(|error| error.to_string())?;
    let headers = request.headers.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    let signable =
        SignableRequest::new(request.method, &request.url, headers, SignableBody::Bytes(request.body.as_bytes()))
            .map_err(|error| error.to_string())?;
    let (instructions, _) = sign(signable, &parameters.into()).map_err(|error| error.to_string())?.into_parts();
    Ok(instructions.headers().map(|(name, value)| (name.to_owned(), value.to_owned())).collect())
}

fn parsed(xml: &str) -> IamPrincipal {
    IamPrincipal {
        arn: xml::text(xml, "Arn"),
        created_at: xml::text(xml, "CreateDate").and_then(|text| text.parse().ok()),
        trust_policy: xml::text(xml, "AssumeRolePolicyDocument").map(|text| percent::decode(&text)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::secret::Secret;

    #[test]
    fn an_answer_is_read() {
        // From IAM's API reference.
        let xml = "<GetRoleResponse xmlns=\"https://iam.amazonaws.com/doc/2010-05-08/\"><GetRoleResult><Role>\
            <Path>/application_abc/component_xyz/</Path><Arn>arn:aws:iam::123456789012:role/x/S3Access</Arn>\
            <RoleName>S3Access</RoleName><AssumeRolePolicyDocument>%7B%22Version%22%3A%222012-10-17%22%7D\
            </AssumeRolePolicyDocument><CreateDate>2012-05-08T23:34:01Z</CreateDate></Role></GetRoleResult>";
        let facts = parsed(xml);
        assert_eq!(facts.created_at, Some("2012-05-08T23:34:01Z".parse().expect("a time")));
        assert_eq!(facts.trust_policy.as_deref(), Some(r#"{"Version":"2012-10-17"}"#));
        assert_eq!(facts.arn.as_deref(), Some("arn:aws:iam::123456789012:role/x/S3Access"));
        assert_eq!(parsed("<html>"), IamPrincipal::default());
    }

    #[test]
    fn a_request_is_signed_for_iam_and_with_the_session() {
        let request = PlainRequest {
            method: "POST",
            url: "https://iam.amazonaws.com/".to_owned(),
            headers: Vec::new(),
            body: "Action=GetRole".to_owned(),
        };
        let keys = AccessKeys::new("ASIAEXAMPLE", Secret::from("secret"), Some(Secret::from("session"))).expect("keys");
        let headers = signed(&request, &keys, "us-east-1", SystemTime::UNIX_EPOCH).expect("a signature");
        let header = |name: &str| headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
        assert_eq!(header("x-amz-security-token"), Some("session"));
        let scope = "Credential=ASIAEXAMPLE/19700101/us-east-1/iam/aws4_request";
        assert!(header("authorization").is_some_and(|value| value.contains(scope)), "{headers:?}");
    }
}
