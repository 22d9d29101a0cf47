//! Access entries of EKS: which principal of AWS is who in a cluster.

use jiff::Timestamp;

/// What an access entry says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct AccessEntry {
    pub(crate) groups: Vec<String>,
    pub(crate) created_at: Option<Timestamp>,
}
