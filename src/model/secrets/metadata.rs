//! What Secrets Manager says about a secret, without its value.

use jiff::Timestamp;

/// A secret as `ListSecrets` and `DescribeSecret` return it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct SecretMetadata {
    /// The full name.
    pub(crate) name: String,
    /// Ends in a hyphen and six random characters.
    pub(crate) arn: String,
    pub(crate) description: Option<String>,
    /// `None` for the account's `aws/secretsmanager` key.
    pub(crate) kms_key: Option<String>,
    /// The AWS service that manages the secret.
    pub(crate) owning_service: Option<String>,
    /// Of a replica.
    pub(crate) primary_region: Option<String>,
    pub(crate) created_at: Option<Timestamp>,
    /// Of any change, not only of the value.
    pub(crate) changed_at: Option<Timestamp>,
    /// Only the day is exact.
    pub(crate) accessed_at: Option<Timestamp>,
    /// Set if the secret is marked for deletion. By the API references, `ListSecrets` returns when it was marked,
    /// `DescribeSecret` when it will be deleted.
    pub(crate) deleted_at: Option<Timestamp>,
    pub(crate) rotation: Rotation,
    /// Ids and stages of the versions that have stages.
    pub(crate) versions: Vec<(String, Vec<String>)>,
    pub(crate) tags: Vec<(String, String)>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Rotation {
    pub(crate) enabled: bool,
    /// `every 30 days`, or a schedule expression.
    pub(crate) schedule: Option<String>,
    /// The rotation function's ARN.
    pub(crate) lambda: Option<String>,
    pub(crate) last_at: Option<Timestamp>,
    pub(crate) next_at: Option<Timestamp>,
}

impl Rotation {
    /// From the two ways in which AWS gives a schedule. An expression is more exact.
    pub(crate) fn schedule_of(days: Option<i64>, expression: Option<&str>) -> Option<String> {
        let by_days = || days.map(|days| if days == 1 { "every day".to_owned() } else { format!("every {days} days") });
        expression.map(str::to_owned).or_else(by_days)
    }

    /// For tables.
    pub(crate) fn summary(&self) -> String {
        match (self.enabled, &self.schedule) {
            (false, _) => "-".to_owned(),
            (true, Some(schedule)) => schedule.clone(),
            (true, None) => "on".to_owned(),
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Version {
    pub(crate) id: String,
    /// `AWSCURRENT`, `AWSPREVIOUS`, `AWSPENDING` and custom ones; empty for a deprecated version.
    pub(crate) stages: Vec<String>,
    pub(crate) created_at: Option<Timestamp>,
    /// Only the day is exact.
    pub(crate) accessed_at: Option<Timestamp>,
}

/// Sorts the newest first, then by id so that the order is stable.
pub(crate) fn sort_newest_first(versions: &mut [Version]) {
    versions.sort_by(|left, right| (right.created_at, &left.id).cmp(&(left.created_at, &right.id)));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_schedule_is_summarised() {
        let shown = |days, expression| {
            Rotation { enabled: true, schedule: Rotation::schedule_of(days, expression), ..Rotation::default() }
                .summary()
        };
        assert_eq!(shown(Some(30), None), "every 30 days");
        assert_eq!(shown(Some(1), None), "every day");
        assert_eq!(shown(Some(10), Some("rate(10 days)")), "rate(10 days)");
        assert_eq!(shown(None, None), "on");
        assert_eq!(Rotation::default().summary(), "-");
    }

    #[test]
    fn versions_come_with_the_newest_first() {
        let at = |seconds| Timestamp::from_second(seconds).ok();
        let version = |id: &str, created_at| Version { id: id.into(), stages: vec![], created_at, accessed_at: None };
        let mut versions = vec![version("b", at(1)), version("c", at(2)), version("a", at(1)), version("d", None)];
        sort_newest_first(&mut versions);
        let ids: Vec<&str> = versions.iter().map(|version| version.id.as_str()).collect();
        assert_eq!(ids, ["c", "a", "b", "d"]);
    }
}
