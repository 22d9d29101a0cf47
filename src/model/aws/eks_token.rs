//! The EKS token: `k8s-aws-v1.` and a presigned STS GetCallerIdentity URL, made without a network call.
//!
//! What the cluster checks: <https://github.com/kubernetes-sigs/aws-iam-authenticator> `pkg/token` (`Verify`).
//! How the AWS CLI makes the same: `awscli/customizations/eks/get_token.py`.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use jiff::Timestamp;
use sha2::{Digest, Sha256};

use crate::model::aws::access_keys::AccessKeys;
use crate::model::aws::partition::sts_host;
use crate::model::wire::percent;
use crate::secret::Secret;

/// How long client-go may use a token: the cluster accepts it for 15 minutes; one minute is a margin.
pub(crate) const TOKEN_LIFETIME_SECONDS: i64 = 14 * 60;

/// The bearer token for a cluster. The host is always the regional STS host of the cluster's partition: EKS accepts no
/// other, so endpoint settings do not apply.
pub(crate) fn sign(keys: &AccessKeys, cluster: &str, region: &str, now: Timestamp) -> Secret<String> {
    let host = sts_host(region);
    let instant = amz_date(now);
    let scope = format!("{}/{region}/sts/aws4_request", &instant[..8]);
    let query = canonical_query(keys, &scope, &instant);
    let canonical_request =
        format!("GET\n/\n{query}\nhost:{host}\nx-k8s-aws-id:{cluster}\n\nhost;x-k8s-aws-id\n{EMPTY_SHA256}");
    let to_sign = format!("AWS4-HMAC-SHA256\n{instant}\n{scope}\n{}", hex(&Sha256::digest(&canonical_request)));
    let signature = hex(&hmac(&signing_key(keys, &scope), to_sign.as_bytes()));
    let url = format!("https://{host}/?{query}&X-Amz-Signature={signature}");
    Secret::new(format!("k8s-aws-v1.{}", URL_SAFE_NO_PAD.encode(url)))
}

/// SHA-256 of an empty payload.
const EMPTY_SHA256: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

/// The query, sorted by name as SigV4 requires.
fn canonical_query(keys: &AccessKeys, scope: &str, instant: &str) -> String {
    let credential = percent::encode(&format!("{}/{scope}", keys.access_key_id()));
    let session = keys
        .session_token()
        .as_ref()
        .map_or_else(String::new, |token| format!("&X-Amz-Security-Token={}", percent::encode(token.expose())));
    format!(
        "Action=GetCallerIdentity&Version=2011-06-15&X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential={credential}\
         &X-Amz-Date={instant}&X-Amz-Expires=60{session}&X-Amz-SignedHeaders=host%3Bx-k8s-aws-id"
    )
}

/// The four nested keys of SigV4: date, region, service, `aws4_request`.
fn signing_key(keys: &AccessKeys, scope: &str) -> Vec<u8> {
    let secret = format!("AWS4{}", keys.secret_access_key().expose());
    scope.split('/').fold(secret.into_bytes(), |key, part| hmac(&key, part.as_bytes()))
}

fn hmac(key: &[u8], message: &[u8]) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes a key of any length");
    mac.update(message);
    mac.finalize().into_bytes().to_vec()
}

/// `20260115T093000Z`.
fn amz_date(now: Timestamp) -> String {
    now.strftime("%Y%m%dT%H%M%SZ").to_string()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Tokens of the AWS CLI with the credentials and times that they were made from.
    const VECTORS: &str = include_str!("../../../tests/it/data/eks-token.json");

    /// The URL inside a token and its sorted parameters, whose order does not matter.
    fn parts(token: &str) -> (String, Vec<String>) {
        let encoded = token.strip_prefix("k8s-aws-v1.").expect("the prefix");
        let url = String::from_utf8(URL_SAFE_NO_PAD.decode(encoded).expect("base64")).expect("text");
        let (base, query) = url.split_once('?').expect("a query");
        let mut parameters: Vec<String> = query.split('&').map(str::to_owned).collect();
        parameters.sort();
        (base.to_owned(), parameters)
    }

    #[test]
    fn tokens_equal_those_of_the_aws_cli() {
        let vectors: serde_json::Value = serde_json::from_str(VECTORS).expect("JSON");
        let vectors = vectors.as_array().expect("a list");
        assert_eq!(vectors.len(), 5);
        for vector in vectors {
            let text = |name: &str| vector[name].as_str().expect("text");
            let keys = AccessKeys::new(
                text("access_key_id"),
                Secret::from(text("secret_access_key")),
                vector["session_token"].as_str().map(Secret::from),
            )
            .expect("keys");
            let now: Timestamp = text("time").parse().expect("a time");
            let ours = sign(&keys, text("cluster"), text("region"), now);
            let theirs = vector["expect"]["token"].as_str().expect("a token");
            assert_eq!(parts(ours.expose()), parts(theirs), "cluster {}", text("cluster"));
        }
    }
}
