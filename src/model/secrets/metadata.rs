//! What Secrets Manager says about a secret without its value.

use jiff::Timestamp;

/// A secret as `ListSecrets` and `DescribeSecret` show it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct SecretMetadata {
    /// The name, slashes and all.
    pub name: String,
    /// The ARN, which ends in a hyphen and six characters.
    pub arn: String,
    /// What its owner wrote about it.
    pub description: Option<String>,
    /// The KMS key; none for the account's `aws/secretsmanager`.
    pub kms_key: Option<String>,
    /// The AWS service that manages it.
    pub owning_service: Option<String>,
    /// The region that a replica comes from.
    pub primary_region: Option<String>,
    /// When it was made.
    pub created_at: Option<Timestamp>,
    /// When it was last changed in any way.
    pub changed_at: Option<Timestamp>,
    /// The day of the last read.
    pub accessed_at: Option<Timestamp>,
    /// There if it is marked for deletion. When that was for `ListSecrets`, when it will be gone for `DescribeSecret`:
    /// so say their references.
    pub deleted_at: Option<Timestamp>,
    /// How it is rotated.
    pub rotation: Rotation,
    /// The versions that have a stage: id and stages.
    pub versions: Vec<(String, Vec<String>)>,
    /// Tags.
    pub tags: Vec<(String, String)>,
}

/// How a secret is rotated.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Rotation {
    /// Whether it is.
    pub enabled: bool,
    /// How often: `every 30 days`, or the expression of a schedule.
    pub schedule: Option<String>,
    /// The function that does it.
    pub lambda: Option<String>,
    /// When it last happened.
    pub last_at: Option<Timestamp>,
    /// When it happens next.
    pub next_at: Option<Timestamp>,
}

impl Rotation {
    /// The schedule of the two ways in which AWS names one; an expression is the more exact.
    pub(crate) fn schedule_of(days: Option<i64>, expression: Option<&str>) -> Option<String> {
        let by_days = || days.map(|days| if days == 1 { "every day".to_owned() } else { format!("every {days} days") });
        expression.map(str::to_owned).or_else(by_days)
    }

    /// In a word or two.
    pub(crate) fn shown(&self) -> String {
        match (self.enabled, &self.schedule) {
            (false, _) => "-".to_owned(),
            (true, Some(schedule)) => schedule.clone(),
            (true, None) => "on".to_owned(),
        }
    }
}

/// A version of a secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Version {
    /// Its id.
    pub id: String,
    /// `AWSCURRENT`, `AWSPREVIOUS`, `AWSPENDING` and others; none for one that is kept for a while only.
    pub stages: Vec<String>,
    /// When it was made.
    pub created_at: Option<Timestamp>,
    /// The day of the last read.
    pub accessed_at: Option<Timestamp>,
}

/// The newest first; what was made in the same moment by id, so that the order never changes.
pub(crate) fn newest_first(versions: &mut [Version]) {
    versions.sort_by(|left, right| (right.created_at, &left.id).cmp(&(left.created_at, &right.id)));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_schedule_is_said_in_few_words() {
        let shown = |days, expression| {
            Rotation { enabled: true, schedule: Rotation::schedule_of(days, expression), ..Rotation::default() }.shown()
        };
        assert_eq!(shown(Some(30), None), "every 30 days");
        assert_eq!(shown(Some(1), None), "every day");
        assert_eq!(shown(Some(10), Some("rate(10 days)")), "rate(10 days)");
        assert_eq!(shown(None, None), "on");
        assert_eq!(Rotation::default().shown(), "-");
    }

    #[test]
    fn versions_come_with_the_newest_first() {
        let at = |seconds| Timestamp::from_second(seconds).ok();
        let version = |id: &str, created_at| Version { id: id.into(), stages: vec![], created_at, accessed_at: None };
        let mut versions = vec![version("b", at(1)), version("c", at(2)), version("a", at(1)), version("d", None)];
        newest_first(&mut versions);
        let ids: Vec<&str> = versions.iter().map(|version| version.id.as_str()).collect();
        assert_eq!(ids, ["c", "a", "b", "d"]);
    }
}
