//! Role credentials, and whether they are still good.

use std::fmt;

use jiff::{SignedDuration, Timestamp};

use crate::secret::Secret;

/// What signs a request to AWS.
#[derive(Debug, Clone)]
pub(crate) struct AccessKeys {
    /// Public part; it appears in logs of both sides.
    pub access_key_id: String,
    /// The secret part.
    pub secret_access_key: Secret<String>,
    /// Present on temporary credentials.
    pub session_token: Option<Secret<String>>,
}

/// Temporary credentials of a role, as the portal gives them.
#[derive(Debug, Clone)]
pub(crate) struct RoleCredentials {
    /// What signs.
    pub keys: AccessKeys,
    /// When they were given.
    pub obtained_at: Timestamp,
    /// When AWS stops taking them.
    pub expires_at: Timestamp,
}

/// Whether something may be used, and if not, why: what `-v` and `doctor` print.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Freshness {
    /// Good to use.
    Fresh,
    /// Not to be used any more.
    Stale(StaleReason),
}

/// Why something is stale.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum StaleReason {
    /// Its end has passed.
    Expired {
        /// When it ended.
        at: Timestamp,
    },
    /// Its end is so near that a slow request could miss it.
    ExpiresSoon {
        /// When it ends.
        at: Timestamp,
    },
    /// It says that it was made in the future: the clock was set back, so its end cannot be believed either.
    ClockWentBack,
    /// There is none.
    Missing,
    /// AWS refused it although its time has not come.
    Refused,
}

impl fmt::Display for StaleReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            StaleReason::Expired { at } => write!(f, "expired at {at:.0}"),
            StaleReason::ExpiresSoon { at } => write!(f, "about to expire at {at:.0}"),
            StaleReason::ClockWentBack => f.write_str("from the future: the clock was set back"),
            StaleReason::Missing => f.write_str("not there yet"),
            StaleReason::Refused => f.write_str("refused by AWS before their time"),
        }
    }
}

/// The longest time before their end at which credentials are renewed.
const MARGIN: SignedDuration = SignedDuration::from_mins(5);
/// A clock may differ this much between two machines that share a home folder.
const CLOCK_TOLERANCE: SignedDuration = SignedDuration::from_mins(5);

/// Judges credentials. The margin is five minutes, or a quarter of a short life, so that credentials of 15 minutes
/// (the shortest that a permission set can give) are not stale from birth.
pub(crate) fn judge(credentials: &RoleCredentials, now: Timestamp) -> Freshness {
    let lifetime = credentials.expires_at.duration_since(credentials.obtained_at);
    let margin = MARGIN.min(lifetime / 4);
    let left = credentials.expires_at.duration_since(now);
    if credentials.obtained_at.duration_since(now) > CLOCK_TOLERANCE {
        Freshness::Stale(StaleReason::ClockWentBack)
    } else if left <= SignedDuration::ZERO {
        Freshness::Stale(StaleReason::Expired { at: credentials.expires_at })
    } else if left <= margin {
        Freshness::Stale(StaleReason::ExpiresSoon { at: credentials.expires_at })
    } else {
        Freshness::Fresh
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn credentials(minutes: i64) -> RoleCredentials {
        let obtained_at = Timestamp::UNIX_EPOCH;
        RoleCredentials {
            keys: AccessKeys {
                access_key_id: "ASIA".to_owned(),
                secret_access_key: Secret::from("s"),
                session_token: None,
            },
            obtained_at,
            expires_at: obtained_at + SignedDuration::from_mins(minutes),
        }
    }

    fn at(minutes: i64) -> Timestamp {
        Timestamp::UNIX_EPOCH + SignedDuration::from_mins(minutes)
    }

    #[test]
    fn an_hour_is_fresh_until_five_minutes_before_its_end() {
        let hour = credentials(60);
        assert_eq!(judge(&hour, at(54)), Freshness::Fresh);
        assert_eq!(judge(&hour, at(55)), Freshness::Stale(StaleReason::ExpiresSoon { at: at(60) }));
        assert_eq!(judge(&hour, at(60)), Freshness::Stale(StaleReason::Expired { at: at(60) }));
    }

    #[test]
    fn fifteen_minutes_are_not_stale_from_birth() {
        assert_eq!(judge(&credentials(15), at(11)), Freshness::Fresh);
        assert_ne!(judge(&credentials(15), at(12)), Freshness::Fresh);
    }

    #[test]
    fn credentials_from_the_future_are_not_believed() {
        assert_eq!(judge(&credentials(60), at(-6)), Freshness::Stale(StaleReason::ClockWentBack));
        assert_eq!(judge(&credentials(60), at(-4)), Freshness::Fresh);
    }
}
