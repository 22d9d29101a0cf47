//! `iam`: GetRole, in the query protocol. One call does not deserve an SDK.
//! <https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetRole.html>

use std::time::SystemTime;

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4::SigningParams;
use jiff::Timestamp;

use crate::model::aws::credentials::AccessKeys;
use crate::model::aws::partition::Partition;
use crate::model::wire::{percent, xml};
use crate::net::aws::Aws;
use crate::net::aws::failure::{Class, Failure};
use crate::net::aws::plain::{PlainRequest, send};

const OPERATION: &str = "GetRole";

/// What IAM says of a role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct IamRoleFacts {
    pub(crate) created_at: Option<Timestamp>,
    /// Its trust policy: JSON.
    pub(crate) trust_policy: Option<String>,
}

/// A role of the keys' account. A namespace's role may not be allowed to ask. `region`: any of the partition.
pub(crate) async fn get_role(aws: &Aws, keys: &AccessKeys, region: &str, name: &str) -> Result<IamRoleFacts, Failure> {
    let (iam_region, host) = Partition::of_region(region).iam;
    let endpoint = aws.endpoint("IAM").unwrap_or_else(|| format!("https://{host}"));
    let mut request = PlainRequest {
        method: "POST",
        url: format!("{}/", endpoint.trim_end_matches('/')),
        headers: vec![("content-type".to_owned(), "application/x-www-form-urlencoded".to_owned())],
        body: format!("Action={OPERATION}&Version=2010-05-08&RoleName={}", percent::encode(name)),
    };
    let signature = signed(&request, keys, iam_region, aws.host().now().into()).map_err(|words| Failure {
        operation: OPERATION,
        class: Class::Service,
        code: None,
        words,
    })?;
    request.headers.extend(signature);
    Ok(parsed(&send(aws.http.clone(), OPERATION, request).await?.body))
}

/// The headers that sign a request.
fn signed(
    request: &PlainRequest,
    keys: &AccessKeys,
    region: &str,
    now: SystemTime,
) -> Result<Vec<(String, String)>, String> {
    let token = keys.session_token.as_ref().map(|token| token.expose().clone());
    let secret = keys.secret_access_key.expose();
    let identity = Credentials::new(&keys.access_key_id, secret, token, None, "nsaccess").into();
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

fn parsed(xml: &str) -> IamRoleFacts {
    IamRoleFacts {
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
        assert_eq!(parsed("<html>"), IamRoleFacts { created_at: None, trust_policy: None });
    }

    #[test]
    fn a_request_is_signed_for_iam_and_with_the_session() {
        let request = PlainRequest {
            method: "POST",
            url: "https://iam.amazonaws.com/".to_owned(),
            headers: Vec::new(),
            body: "Action=GetRole".to_owned(),
        };
        let keys = AccessKeys {
            access_key_id: "ASIAEXAMPLE".to_owned(),
            secret_access_key: Secret::from("secret"),
            session_token: Some(Secret::from("session")),
        };
        let headers = signed(&request, &keys, "us-east-1", SystemTime::UNIX_EPOCH).expect("a signature");
        let header = |name: &str| headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
        assert_eq!(header("x-amz-security-token"), Some("session"));
        let scope = "Credential=ASIAEXAMPLE/19700101/us-east-1/iam/aws4_request";
        assert!(header("authorization").is_some_and(|value| value.contains(scope)), "{headers:?}");
    }
}
