//! AWS: credentials, tokens, ARNs, the shared SSO cache.

pub(crate) mod access_keys;
pub(crate) mod assume_refusal;
pub(crate) mod console;
pub(crate) mod credential_output;
pub(crate) mod credentials;
pub(crate) mod device_flow;
pub(crate) mod eks_token;
pub(crate) mod identity;
pub(crate) mod offers;
pub(crate) mod partition;
pub(crate) mod pkce;
pub(crate) mod profile_source;
pub(crate) mod regions;
pub(crate) mod role_arn;
pub(crate) mod role_to_assume;
pub(crate) mod session_name;
pub mod sso_cache;
pub(crate) mod start_url;
pub(crate) mod target;

/// The services that are called, as in the variables of their endpoints: `AWS_ENDPOINT_URL_<SERVICE>`.
pub(crate) const SERVICES: [&str; 7] = ["SSO", "SSO_OIDC", "STS", "EKS", "IAM", "SECRETS_MANAGER", "SIGNIN"];
