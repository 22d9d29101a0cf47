//! `signin`: a token for a sign-in to the console, which the federation endpoint gives for the credentials of a session.

use serde::Deserialize;

use crate::model::aws::access_keys::AccessKeys;
use crate::model::aws::console::{federation_endpoint, sign_in_token_url};
use crate::net::aws::Aws;
use crate::net::aws::failure::{Class, Failure};
use crate::net::aws::plain::{PlainRequest, send_repeatedly};
use crate::secret::Secret;

const OPERATION: &str = "getSigninToken";

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Answer {
    signin_token: String,
}

/// Where the sign-in is. `region`: any of the partition.
pub(crate) fn endpoint(aws: &Aws, region: &str) -> String {
    aws.endpoint("SIGNIN").unwrap_or_else(|| federation_endpoint(region))
}

/// A token for one sign-in, which is good for a quarter of an hour.
pub(crate) async fn token(aws: &Aws, keys: &AccessKeys, endpoint: &str) -> Result<Secret<String>, Failure> {
    let url = sign_in_token_url(endpoint, keys);
    let request = PlainRequest { method: "GET", url: url.expose().clone(), headers: Vec::new(), body: String::new() };
    let answer = send_repeatedly(aws.http("SIGNIN"), OPERATION, request, &aws.retries()).await?;
    let body = Secret::new(answer.body);
    serde_json::from_str(body.expose()).map(|Answer { signin_token }| Secret::new(signin_token)).map_err(|_| Failure {
        operation: OPERATION,
        class: Class::Broken,
        code: None,
        words: "the response has no sign-in token".to_owned(),
    })
}
