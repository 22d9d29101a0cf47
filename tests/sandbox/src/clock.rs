//! The sandbox's clock: the machine's, with an offset that a test sets.

use std::sync::atomic::{AtomicI64, Ordering};

use jiff::Timestamp;
use jiff::tz::TimeZone;

/// The clock of everything in the sandbox.
#[derive(Default)]
pub(crate) struct Clock {
    offset_milliseconds: AtomicI64,
    date_shift_seconds: AtomicI64,
}

impl Clock {
    /// Now, in milliseconds since 1970.
    pub(crate) fn milliseconds(&self) -> i64 {
        Timestamp::now().as_millisecond() + self.offset_milliseconds.load(Ordering::Relaxed)
    }

    /// Now, in seconds since 1970.
    pub(crate) fn seconds(&self) -> i64 {
        self.milliseconds().div_euclid(1000)
    }

    /// Moves the whole sandbox in time: expiries, signatures and the `Date` header.
    pub(crate) fn set_offset(&self, seconds: i64) {
        self.offset_milliseconds.store(seconds * 1000, Ordering::Relaxed);
    }

    /// Moves only the `Date` header.
    pub(crate) fn set_date_shift(&self, seconds: i64) {
        self.date_shift_seconds.store(seconds, Ordering::Relaxed);
    }

    /// The `Date` header, as RFC 9110 spells it.
    pub(crate) fn http_date(&self) -> String {
        let seconds = self.seconds() + self.date_shift_seconds.load(Ordering::Relaxed);
        format(seconds, "%a, %d %b %Y %H:%M:%S GMT")
    }
}

/// A moment in UTC, in `strftime` form.
pub(crate) fn format(seconds: i64, pattern: &str) -> String {
    let timestamp = Timestamp::from_second(seconds).unwrap_or(Timestamp::UNIX_EPOCH);
    timestamp.to_zoned(TimeZone::UTC).strftime(pattern).to_string()
}

/// A moment as SigV4 spells it: `20260115T093000Z`.
pub(crate) fn basic(seconds: i64) -> String {
    format(seconds, "%Y%m%dT%H%M%SZ")
}

/// Reads SigV4's spelling, strictly.
pub(crate) fn parse_basic(text: &str) -> Option<i64> {
    if text.len() != 16 {
        return None;
    }
    let civil = jiff::civil::DateTime::strptime("%Y%m%dT%H%M%SZ", text).ok()?;
    civil.to_zoned(TimeZone::UTC).ok().map(|zoned| zoned.timestamp().as_second())
}
