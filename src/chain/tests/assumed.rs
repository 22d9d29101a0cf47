//! What AssumeRole was asked for.

use crate::model::aws::access_keys::AccessKeys;
use crate::net::aws::assume_role::RoleSessionRequest;

/// A request to AssumeRole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Assumed {
    /// The access key that signed.
    pub(super) by: String,
    pub(super) role_arn: String,
    pub(super) session_name: String,
    pub(super) external_id: Option<String>,
    pub(super) mfa: Option<(String, String)>,
    pub(super) region: String,
}

impl Assumed {
    pub(super) fn of(keys: &AccessKeys, request: &RoleSessionRequest<'_>) -> Self {
        Assumed {
            by: keys.access_key_id().to_owned(),
            role_arn: request.role_arn.to_owned(),
            session_name: request.session_name.to_owned(),
            external_id: request.external_id.map(str::to_owned),
            mfa: request.mfa.map(|(serial, code)| (serial.to_owned(), code.expose().clone())),
            region: request.region.to_owned(),
        }
    }
}
