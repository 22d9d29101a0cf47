//! The timestamp in front of a line of a log. Every line has one, so it is read without a parser's generality first.

use jiff::{SignedDuration, Timestamp};

/// The longest that is one: `2026-11-22T10:00:00.123456789+02:00`.
const LONGEST: usize = 40;
/// Seconds of `2026-11-22T10:00`.
const MINUTE: usize = 16;

/// Reads timestamps; what is the same as in the line before is not read again.
#[derive(Debug, Default)]
pub(crate) struct Stamps {
    /// `2026-11-22T10:00` and what it means in UTC.
    minute: Option<([u8; MINUTE], i64)>,
}

impl Stamps {
    /// The timestamp in front of a line as text and as a time, and the rest. A line without one (the kubelet's own
    /// words) is all text.
    pub(crate) fn split<'line>(&mut self, line: &'line [u8]) -> (&'line str, Option<Timestamp>, &'line [u8]) {
        let end = line.iter().take(LONGEST).position(|byte| *byte == b' ').unwrap_or(line.len().min(LONGEST));
        let stamp = std::str::from_utf8(&line[..end]).ok().filter(|text| text.len() >= 20);
        match stamp.and_then(|text| Some((text, self.read(text)?))) {
            Some((text, time)) => (text, Some(time), line.get(end + 1..).unwrap_or_default()),
            None => ("", None, line),
        }
    }

    fn read(&mut self, text: &str) -> Option<Timestamp> {
        self.usual(text.as_bytes()).or_else(|| text.parse().ok())
    }

    /// What a kubelet writes: `2026-11-22T10:00:00.123456789Z`, or with an offset.
    fn usual(&mut self, text: &[u8]) -> Option<Timestamp> {
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

/// The nanoseconds of up to nine digits, and what follows them.
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
    fn timestamps_are_read_as_the_general_parser_reads_them() {
        let mut stamps = Stamps::default();
        for text in [
            "2026-11-22T10:00:00Z",
            "2026-11-22T10:00:00.1Z",
            "2026-11-22T10:00:59.123456789Z",
            "2026-11-22T10:00:59.000000001+02:00",
            "2026-11-22T10:00:00.5-05:30",
            "2026-11-22T10:01:07.987654Z",
            "2024-02-29T23:59:59.999999999Z",
        ] {
            assert_eq!(stamps.usual(text.as_bytes()), text.parse().ok(), "{text}");
        }
        for text in ["", "2026-11-22T10:00:00", "2026-11-22T10:00:60Z", "2026-13-22T10:00:00Z", "2026-11-22T10:00:00.Z"]
        {
            assert_eq!(stamps.usual(text.as_bytes()), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_time_is_read_back(second in 0_i64..4_000_000_000, nanosecond in 0_i32..1_000_000_000, digits in 0_usize..10) {
            let at = Timestamp::new(second, nanosecond).expect("a time");
            let text = format!("{at:.digits$}");
            prop_assert_eq!(Stamps::default().usual(text.as_bytes()), text.parse().ok(), "{}", text);
        }

        #[test]
        fn a_line_is_its_stamp_and_its_rest(line in "[0-9TZ:.+ -]{0,45}") {
            let mut stamps = Stamps::default();
            let (stamp, time, rest) = stamps.split(line.as_bytes());
            prop_assert_eq!(time, stamp.parse().ok());
            prop_assert_eq!(stamp.is_empty(), rest.len() == line.len());
        }
    }
}
