//! TokenRequest: tokens of service accounts.
//! <https://kubernetes.io/docs/reference/kubernetes-api/authentication-resources/token-request-v1/>

use serde::Deserialize;
use serde_json::json;

use crate::net::kube::objects::path;
use crate::net::kube::{KubeApi, KubeFailure, failure};
use crate::secret::Secret;

/// The shortest lifetime that the API allows. The token is used at once and never stored.
const SECONDS: u32 = 600;

#[derive(Deserialize)]
struct Answer {
    status: Status,
}

#[derive(Deserialize)]
struct Status {
    token: String,
}

impl KubeApi {
    /// Needs `create` on `serviceaccounts/token`.
    pub(crate) async fn create_service_account_token(
        &self,
        namespace: &str,
        account: &str,
        audience: &str,
    ) -> Result<Secret<String>, KubeFailure> {
        let path = format!("{}/token", path("api/v1", namespace, "serviceaccounts", Some(account), &[]));
        let body = json!({
            "apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest",
            "spec": {"audiences": [audience], "expirationSeconds": SECONDS},
        });
        let request = http::Request::post(path)
            .header("content-type", "application/json")
            .body(body.to_string().into_bytes())
            .map_err(|error| KubeFailure::Unreachable(error.to_string()))?;
        let answer: Answer = self.client.request(request).await.map_err(failure)?;
        Ok(Secret::new(answer.status.token))
    }
}
