//! AWS: credentials, tokens, ARNs, the shared SSO cache.

pub mod console;
pub mod credential_output;
pub mod credentials;
pub mod device_flow;
pub mod eks_token;
pub mod partition;
pub mod pkce;
pub mod role_arn;
pub mod session_name;
pub mod sso_cache;
pub mod target;
