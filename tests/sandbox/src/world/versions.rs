//! The Kubernetes versions that EKS offers.

/// A version, as `DescribeClusterVersions` knows it. The dates are seconds since 1970.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClusterVersion {
    /// `1.33`
    pub version: String,
    /// `STANDARD_SUPPORT`, `EXTENDED_SUPPORT` or `UNSUPPORTED`.
    pub status: String,
    /// When EKS began to offer it.
    pub release_date: i64,
    /// When its standard support ends.
    pub end_of_standard_support: i64,
    /// When its extended support ends.
    pub end_of_extended_support: i64,
}

/// 2099-01-01, so that nothing depends on today's date.
const FAR_AWAY: i64 = 4_070_908_800;
const YEAR: i64 = 365 * 86400;
/// 2025-01-01
const RELEASED: i64 = 1_735_689_600;

impl ClusterVersion {
    /// A version in standard support until 2099, and in extended support for a year after.
    pub fn new(version: &str) -> ClusterVersion {
        ClusterVersion {
            version: version.to_owned(),
            status: "STANDARD_SUPPORT".to_owned(),
            release_date: RELEASED,
            end_of_standard_support: FAR_AWAY,
            end_of_extended_support: FAR_AWAY + YEAR,
        }
    }
}

/// The versions that the tests use.
pub(super) fn usual() -> Vec<ClusterVersion> {
    (25..=36).map(|minor| ClusterVersion::new(&format!("1.{minor}"))).collect()
}
