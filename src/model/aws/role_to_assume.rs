//! A role that is assumed with other credentials.

use crate::model::aws::sso_cache::assumed_role_file_name;

/// What AssumeRole is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RoleToAssume {
    pub(crate) arn: String,
    pub(crate) external_id: Option<String>,
    pub(crate) mfa_serial: Option<String>,
    pub(crate) session_name: Option<String>,
    /// In seconds.
    pub(crate) duration: Option<u32>,
}

impl RoleToAssume {
    /// A role of which nothing else is known.
    pub(crate) fn plain(arn: impl Into<String>) -> Self {
        RoleToAssume { arn: arn.into(), external_id: None, mfa_serial: None, session_name: None, duration: None }
    }

    /// From the keys of a profile; `None` if it assumes no role.
    pub(crate) fn of_profile<'a>(get: impl Fn(&str) -> Option<&'a str>) -> Option<Self> {
        let text = |key: &str| get(key).filter(|value| !value.is_empty()).map(str::to_owned);
        Some(RoleToAssume {
            arn: text("role_arn")?,
            external_id: text("external_id"),
            mfa_serial: text("mfa_serial"),
            session_name: text("role_session_name"),
            // The AWS CLI ignores one that is not a number too.
            duration: get("duration_seconds").and_then(|seconds| seconds.trim().parse().ok()),
        })
    }

    /// The file of its session in the AWS CLI's cache.
    pub(crate) fn cache_file_name(&self) -> String {
        let duration = self.duration.map(|seconds| seconds.to_string());
        let name = assumed_role_file_name(|key| match key {
            "role_arn" => Some(self.arn.as_str()),
            "external_id" => self.external_id.as_deref(),
            "mfa_serial" => self.mfa_serial.as_deref(),
            "role_session_name" => self.session_name.as_deref(),
            "duration_seconds" => duration.as_deref(),
            _ => None,
        });
        name.unwrap_or_default()
    }

    /// Its name, without account and path.
    pub(crate) fn name(&self) -> &str {
        self.arn.rsplit('/').next().unwrap_or(&self.arn)
    }

    /// Its account.
    pub(crate) fn account(&self) -> Option<&str> {
        self.arn.split(':').nth(4).filter(|account| !account.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cache_file_is_the_aws_clis() {
        let arn = "arn:aws:iam::111122223333:role/idp-demo-ledger";
        let plain = RoleToAssume::plain(arn);
        assert_eq!(plain.cache_file_name(), "e87594d5b65bf82dc3959ba704d252f11dec4a83.json");
        let full = RoleToAssume {
            external_id: Some("x\u{e9}".to_owned()),
            mfa_serial: Some("arn:aws:iam::1:mfa/a".to_owned()),
            session_name: Some("ada".to_owned()),
            duration: Some(900),
            ..plain
        };
        assert_eq!(full.cache_file_name(), "a826c95128b2dc3b340ec25f0f6c8179070f6f33.json");
        assert_eq!((full.name(), full.account()), ("idp-demo-ledger", Some("111122223333")));
    }

    #[test]
    fn a_profile_s_keys_are_read_as_the_aws_cli_does() {
        let keys = [("role_arn", "arn:aws:iam::1:role/r"), ("duration_seconds", "an hour"), ("external_id", "")];
        let get = |key: &str| keys.iter().find(|(name, _)| *name == key).map(|(_, value)| *value);
        assert_eq!(RoleToAssume::of_profile(get), Some(RoleToAssume::plain("arn:aws:iam::1:role/r")));
        assert_eq!(RoleToAssume::of_profile(|_| None), None);
    }
}
