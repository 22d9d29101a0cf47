//! The sign-in cache that the AWS CLI and the SDKs share: file names, contents, and expiry.
//!
//! Names and bytes are those of AWS CLI 2, so that either side can use the other's sign-in. Reading is lenient, because
//! other tools write these files too, and unknown fields survive a rewrite.

mod fields;
mod json;
mod names;
#[cfg(test)]
mod properties;
mod registration;
mod role_credentials;
mod token;

pub use fields::Unknown;
pub use names::{assumed_role_file_name, registration_file_name, role_credentials_file_name, token_file_name};
pub use registration::{Registration, RegistrationReason, judge_registration, parse_registration, render_registration};
pub(crate) use role_credentials::{parse_role_credentials, render_assumed_role, render_sso_role};
pub use token::{Refresh, SsoToken, TokenReason, TokenState, judge, parse_token, render_token};
