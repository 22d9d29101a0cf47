//! The timestamp at the start of a log line. Every line has one, so the kubelet's format has its own fast parser.

use jiff::{SignedDuration, Timestamp};

/// More than the longest, `2026-11-22T10:00:00.123456789+02:00`.
const LONGEST: usize = 40;
/// The length of `2026-11-22T10:00`.
const MINUTE: usize = 16;

/// Parses timestamps, and remembers the last minute.
#[derive(Debug, Default)]
pub(crate) struct TimestampReader {
    /// The text and its time as UTC, in seconds since 1970.
    minute: Option<([u8; MINUTE], i64)>,
}

impl TimestampReader {
    /// Splits a line into its timestamp, as text and as a time, and the rest. The kubelet's own messages have none.
    pub(crate) fn split<'line>(&mut self, line: &'line [u8]) -> (&'line str, Option<Timestamp>, &'line [u8]) {
        let end = line.iter().take(LONGEST).position(|byte| *byte == b' ').unwrap_or(line.len().min(LONGEST));
        let stamp = std::str::from_utf8(&line[..end]).ok().filter(|text| text.len() >= 20);
        match stamp.and_then(|text| Some((text, self.parse(text)?))) {
            Some((text, time)) => (text, Some(time), line.get(end + 1..).unwrap_or_default()),
            None => ("", None, line),
        }
    }

    fn parse(&mut self, text: &str) -> Option<Timestamp> {
        self.parse_fast(text.as_bytes()).or_else(|| text.parse().ok())
    }

    /// The kubelet's format: `2026-11-22T10:00:00.123456789Z`, or with an offset.
    fn parse_fast(&mut self, text: &[u8]) -> Option<Timestamp> {
        let (minute, rest) = text.split_first_chunk::<MINUTE>()?;
        let [b':', tens, ones, rest @ ..] = rest else { return None };
        let second = i64::from(digit(*tens)?) * 10 + i64::from(digit(*ones)?);
        if second > 59 {
            return None;
        }
        let (nanosecond, zone) = match rest {
            [b'.', rest @ ..] => fraction(rest)?,
            _ => (0, rest),
        };
        let start = match self.minute {
            Some((known, start)) if known == *minute => start,
            _ => {
                let text = std::str::from_utf8(minute).ok()?;
                let start = format!("{text}:00Z").parse::<Timestamp>().ok()?.as_second();
                self.minute = Some((*minute, start));
                start
            }
        };
        Timestamp::new(start + second - offset(zone)?, nanosecond).ok()
    }
}

/// The nanoseconds in up to nine digits, and the rest.
fn fraction(text: &[u8]) -> Option<(i32, &[u8])> {
    let length = text.iter().position(|byte| !byte.is_ascii_digit()).unwrap_or(text.len());
    if length == 0 || length > 9 {
        return None;
    }
    let (digits, rest) = text.split_at(length);
    let value = digits.iter().fold(0, |value, byte| value * 10 + i32::from(byte - b'0'));
    Some((value * 10_i32.pow(9 - u32::try_from(length).ok()?), rest))
}

/// Seconds east of UTC.
fn offset(zone: &[u8]) -> Option<i64> {
    match zone {
        b"Z" => Some(0),
        [sign @ (b'+' | b'-'), a, b, b':', c, d] => {
            let hours = i64::from(digit(*a)?) * 10 + i64::from(digit(*b)?);
            let minutes = i64::from(digit(*c)?) * 10 + i64::from(digit(*d)?);
            let east = SignedDuration::from_mins(hours * 60 + minutes).as_secs();
            (hours < 24 && minutes < 60).then_some(if *sign == b'+' { east } else { -east })
        }
        _ => None,
    }
}

fn digit(byte: u8) -> Option<u8> {
    byte.is_ascii_digit().then(|| byte - b'0')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_fast_parser_agrees_with_the_general_one() {
        let mut reader = TimestampReader::default();
        for text in [
            "2026-11-22T10:00:00Z",
            "2026-11-22T10:00:00.1Z",
            "2026-11-22T10:00:59.123456789Z",
            "2026-11-22T10:00:59.000000001+02:00",
            "2026-11-22T10:00:00.5-05:30",
            "2026-11-22T10:01:07.987654Z",
            "2024-02-29T23:59:59.999999999Z",
        ] {
            assert_eq!(reader.parse_fast(text.as_bytes()), text.parse().ok(), "{text}");
        }
        for text in ["", "2026-11-22T10:00:00", "2026-11-22T10:00:60Z", "2026-13-22T10:00:00Z", "2026-11-22T10:00:00.Z"]
        {
            assert_eq!(reader.parse_fast(text.as_bytes()), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_time_is_read_back(second in 0_i64..4_000_000_000, nanosecond in 0_i32..1_000_000_000, digits in 0_usize..10) {
            let at = Timestamp::new(second, nanosecond).expect("a time");
            let text = format!("{at:.digits$}");
            prop_assert_eq!(TimestampReader::default().parse_fast(text.as_bytes()), text.parse().ok(), "{}", text);
        }

        #[test]
        fn a_line_is_its_timestamp_and_the_rest(line in "[0-9TZ:.+ -]{0,45}") {
            let mut reader = TimestampReader::default();
            let (stamp, time, rest) = reader.split(line.as_bytes());
            prop_assert_eq!(time, stamp.parse().ok());
            prop_assert_eq!(stamp.is_empty(), rest.len() == line.len());
        }
    }
}
