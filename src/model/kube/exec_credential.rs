//! client-go's credential plugin protocol: the request in `KUBERNETES_EXEC_INFO`, and the answer.
//! <https://kubernetes.io/docs/reference/config-api/client-authentication.v1/>

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use crate::model::aws::eks_token::TOKEN_LIFETIME_SECONDS;
use crate::secret::Secret;

/// The request of client-go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExecInfo {
    /// The version of the answer. client-go refuses any other.
    pub api_version: ApiVersion,
    /// Whether standard input may be used to ask a person.
    pub interactive: bool,
    /// A problem with the request, for people.
    pub warning: Option<String>,
}

/// The versions of the protocol. `v1alpha1` was removed from client-go in 1.24, but old clients are still in use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ApiVersion {
    /// Since Kubernetes 1.22.
    V1,
    /// The AWS CLI's default.
    V1Beta1,
    /// Before Kubernetes 1.24.
    V1Alpha1,
}

impl ApiVersion {
    fn name(self) -> &'static str {
        match self {
            ApiVersion::V1 => "client.authentication.k8s.io/v1",
            ApiVersion::V1Beta1 => "client.authentication.k8s.io/v1beta1",
            ApiVersion::V1Alpha1 => "client.authentication.k8s.io/v1alpha1",
        }
    }

    fn parse(name: &str) -> Option<Self> {
        [ApiVersion::V1, ApiVersion::V1Beta1, ApiVersion::V1Alpha1].into_iter().find(|version| version.name() == name)
    }
}

impl ExecInfo {
    /// Parses `KUBERNETES_EXEC_INFO`. Without it (a person at a terminal, or an old client) the version is `v1beta1`, as in
    /// the AWS CLI; so it is for an invalid value, with a warning.
    pub fn parse(text: Option<&str>) -> ExecInfo {
        let fallback = |warning| ExecInfo { api_version: ApiVersion::V1Beta1, interactive: false, warning };
        let Some(text) = text else { return ExecInfo { interactive: true, ..fallback(None) } };
        let Ok(info) = serde_json::from_str::<Value>(text) else {
            return fallback(Some("KUBERNETES_EXEC_INFO is not JSON; answering in v1beta1".to_owned()));
        };
        let interactive = info["spec"]["interactive"].as_bool().unwrap_or(false);
        match info["apiVersion"].as_str().map(|name| (name, ApiVersion::parse(name))) {
            Some((_, Some(api_version))) => ExecInfo { api_version, interactive, warning: None },
            Some((name, None)) => ExecInfo {
                interactive,
                ..fallback(Some(format!("KUBERNETES_EXEC_INFO asks for {name:?}; answering in v1beta1")))
            },
            None => ExecInfo { interactive, ..fallback(Some("KUBERNETES_EXEC_INFO has no apiVersion".to_owned())) },
        }
    }
}

/// When client-go asks again: after 14 minutes, or when the credentials that signed the token expire, because the token
/// becomes invalid with them (see gravitational/teleport#50072).
pub fn expiration(now: Timestamp, credentials_end: Option<Timestamp>) -> Timestamp {
    let own_end = now + SignedDuration::from_secs(TOKEN_LIFETIME_SECONDS);
    credentials_end.map_or(own_end, |end| own_end.min(end))
}

/// The answer for client-go: one line of JSON with a line end.
pub fn render(api_version: ApiVersion, token: &Secret<String>, expires_at: Timestamp) -> Secret<String> {
    // Nothing needs escaping: the token is base64url, the rest is ours.
    Secret::new(format!(
        r#"{{"kind":"ExecCredential","apiVersion":"{}","spec":{{}},"status":{{"expirationTimestamp":"{}","token":"{}"}}}}
"#,
        api_version.name(),
        expires_at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        token.expose()
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_asked_for_is_the_version_answered() {
        let ask = |text: &str| ExecInfo::parse(Some(text));
        let v1 = ask(
            r#"{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","spec":{"interactive":true}}"#,
        );
        assert_eq!((v1.api_version, v1.interactive, v1.warning), (ApiVersion::V1, true, None));
        let beta = ask(r#"{"apiVersion":"client.authentication.k8s.io/v1beta1","spec":{"interactive":false}}"#);
        assert_eq!((beta.api_version, beta.interactive), (ApiVersion::V1Beta1, false));
        assert_eq!(ask(r#"{"apiVersion":"client.authentication.k8s.io/v1alpha1"}"#).api_version, ApiVersion::V1Alpha1);
    }

    #[test]
    fn invalid_requests_are_v1beta1_with_a_warning() {
        for text in ["{", "[]", r#"{"apiVersion":7}"#, r#"{"apiVersion":"x/v9"}"#, r#"{}"#] {
            let info = ExecInfo::parse(Some(text));
            assert_eq!(info.api_version, ApiVersion::V1Beta1, "{text}");
            assert!(info.warning.is_some(), "{text}");
        }
        assert_eq!(ExecInfo::parse(None).warning, None);
    }

    #[test]
    fn the_answer_is_what_client_go_reads() {
        let now: Timestamp = "2026-01-15T09:30:00.75Z".parse().expect("a time");
        let text = render(ApiVersion::V1, &Secret::from("k8s-aws-v1.abc"), expiration(now, None));
        let answer: Value = serde_json::from_str(text.expose()).expect("JSON");
        assert_eq!(answer["apiVersion"], "client.authentication.k8s.io/v1");
        assert_eq!(answer["kind"], "ExecCredential");
        assert_eq!(answer["status"]["token"], "k8s-aws-v1.abc");
        assert_eq!(answer["status"]["expirationTimestamp"], "2026-01-15T09:44:00Z");
    }

    #[test]
    fn a_token_never_outlives_its_credentials() {
        let now: Timestamp = "2026-01-15T09:30:00Z".parse().expect("a time");
        let soon: Timestamp = "2026-01-15T09:36:00Z".parse().expect("a time");
        let late: Timestamp = "2026-01-15T19:36:00Z".parse().expect("a time");
        assert_eq!(expiration(now, Some(soon)), soon);
        assert_eq!(expiration(now, Some(late)).to_string(), "2026-01-15T09:44:00Z");
    }
}
