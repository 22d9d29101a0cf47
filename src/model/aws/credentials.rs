//! Role credentials, and whether they can still be used.

use std::fmt;

use jiff::{SignedDuration, Timestamp};

use crate::model::aws::access_keys::AccessKeys;

/// Temporary credentials of a role.
#[derive(Debug, Clone)]
pub(crate) struct RoleCredentials {
    pub(crate) keys: AccessKeys,
    pub(crate) obtained_at: Timestamp,
    pub(crate) expires_at: Timestamp,
}

/// Whether something can be used, and if not, why. `-v` prints it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Freshness {
    Fresh,
    Stale(StaleReason),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum StaleReason {
    Expired {
        at: Timestamp,
    },
    /// It expires so soon that a slow request could fail.
    ExpiresSoon {
        at: Timestamp,
    },
    /// It was obtained in the future: the clock was set back, so its expiry cannot be trusted either.
    ClockWentBack,
    Missing,
    /// AWS refused it before its expiry.
    Refused,
    /// The profile that it was made from means something else now.
    Outdated,
}

impl fmt::Display for StaleReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            StaleReason::Expired { at } => write!(f, "expired at {at:.0}"),
            StaleReason::ExpiresSoon { at } => write!(f, "about to expire at {at:.0}"),
            StaleReason::ClockWentBack => f.write_str("from the future: the clock was set back"),
            StaleReason::Missing => f.write_str("not cached yet"),
            StaleReason::Refused => f.write_str("rejected by AWS before they expired"),
            StaleReason::Outdated => f.write_str("from before the profile changed"),
        }
    }
}

/// How long before their expiry credentials are renewed.
const MARGIN: SignedDuration = SignedDuration::from_mins(5);
/// How much the clocks of two machines that share a home folder may differ.
const CLOCK_TOLERANCE: SignedDuration = SignedDuration::from_mins(5);

/// Judges credentials. The margin is five minutes, but at most a quarter of their lifetime: credentials of 15 minutes
/// (the shortest session of an assumed role) stay usable for most of it.
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
            keys: AccessKeys::for_test("ASIA"),
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
    fn fifteen_minutes_are_fresh_for_most_of_their_time() {
        assert_eq!(judge(&credentials(15), at(11)), Freshness::Fresh);
        assert_ne!(judge(&credentials(15), at(12)), Freshness::Fresh);
    }

    #[test]
    fn credentials_from_the_future_are_stale() {
        assert_eq!(judge(&credentials(60), at(-6)), Freshness::Stale(StaleReason::ClockWentBack));
        assert_eq!(judge(&credentials(60), at(-4)), Freshness::Fresh);
    }
}
