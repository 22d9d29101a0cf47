//! How the cluster knows a principal: by an access entry, or by aws-auth.

pub(super) mod aws_auth;
pub(super) mod entry;
