//! Durations: as people type them (`90s`, `1h30m`, `2d`) and as Kubernetes prints ages.

/// A hundred years: any longer, and adding it to a time could overflow.
const LONGEST: i64 = 100 * 366 * 86_400;

/// The seconds in `5m`, `1h30m`, `2d`, or in `90`, which AWS understands as seconds.
pub(crate) fn parse_or_seconds(text: &str) -> Result<i64, String> {
    match !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        true => parse(&format!("{text}s")),
        false => parse(text),
    }
}

/// The seconds in `5m`, `1h30m` or `2d`. A number without a unit is refused, as kubectl refuses it: who types 8 may mean hours.
pub(crate) fn parse(text: &str) -> Result<i64, String> {
    let wrong = || format!("invalid duration {text:?}: expected one like 90s, 5m, 1h30m or 2d");
    let mut rest = text;
    let mut total: i64 = 0;
    if rest.is_empty() {
        return Err(wrong());
    }
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
        let number: i64 = rest[..digits].parse().map_err(|_| wrong())?;
        rest = &rest[digits..];
        let letters = rest.find(|c: char| c.is_ascii_digit()).unwrap_or(rest.len());
        let unit = match &rest[..letters] {
            "d" => 86_400,
            "h" => 3_600,
            "m" => 60,
            "s" => 1,
            "" if text == "0" => 1,
            "" if text.len() == digits => {
                return Err(format!("{text} has no unit: {text}s, {text}m, {text}h or {text}d"));
            }
            _ => return Err(wrong()),
        };
        total = number.checked_mul(unit).and_then(|part| total.checked_add(part)).ok_or_else(wrong)?;
        rest = &rest[letters..];
    }
    match total {
        0..=LONGEST => Ok(total),
        _ => Err(format!("{text:?} is longer than a hundred years")),
    }
}

/// An age as `kubectl get` prints it: `k8s.io/apimachinery/pkg/util/duration`, `HumanDuration`.
pub(crate) fn human(seconds: i64) -> String {
    let (minutes, hours, days) = (seconds / 60, seconds / 3_600, seconds / 86_400);
    let two = |large: i64, unit: &str, small: i64, small_unit: &str| match small {
        0 => format!("{large}{unit}"),
        small => format!("{large}{unit}{small}{small_unit}"),
    };
    match seconds {
        ..-1 => "<invalid>".to_owned(),
        -1..0 => "0s".to_owned(),
        0..120 => format!("{seconds}s"),
        _ if minutes < 10 => two(minutes, "m", seconds % 60, "s"),
        _ if minutes < 180 => format!("{minutes}m"),
        _ if hours < 8 => two(hours, "h", minutes % 60, "m"),
        _ if hours < 48 => format!("{hours}h"),
        _ if hours < 192 => two(days, "d", hours % 24, "h"),
        _ if hours < 24 * 365 * 2 => format!("{days}d"),
        _ if hours < 24 * 365 * 8 => two(days / 365, "y", days % 365, "d"),
        _ => format!("{}y", days / 365),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_read() {
        for (text, seconds) in [("90s", 90), ("5m", 300), ("1h30m", 5_400), ("2d", 172_800), ("0", 0)] {
            assert_eq!(parse(text), Ok(seconds), "{text}");
            assert_eq!(parse_or_seconds(text), Ok(seconds), "{text}");
        }
        assert_eq!(parse_or_seconds("45"), Ok(45));
        assert_eq!(parse("8"), Err("8 has no unit: 8s, 8m, 8h or 8d".to_owned()));
        for text in ["", "m", "5x", "-5m", "5 m", "1h30", "99999999999999999999s", "9999999999999999d", "36601d"] {
            assert!(parse(text).is_err(), "{text}");
        }
    }

    /// The table of `duration_test.go`.
    #[test]
    fn ages_are_those_of_kubectl() {
        let (minute, hour, day, year) = (60, 3_600, 86_400, 365 * 86_400);
        for (seconds, text) in [
            (0, "0s"),
            (1, "1s"),
            (-1, "0s"),
            (-2, "<invalid>"),
            (70, "70s"),
            (119, "119s"),
            (120, "2m"),
            (190, "3m10s"),
            (10 * minute, "10m"),
            (70 * minute, "70m"),
            (179 * minute, "179m"),
            (180 * minute, "3h"),
            (3 * hour + 5 * minute, "3h5m"),
            (8 * hour - 1, "7h59m"),
            (8 * hour, "8h"),
            (47 * hour, "47h"),
            (2 * day, "2d"),
            (2 * day + hour, "2d1h"),
            (8 * day - 1, "7d23h"),
            (8 * day, "8d"),
            (729 * day, "729d"),
            (2 * year, "2y"),
            (2 * year + day, "2y1d"),
            (8 * year - 1, "7y364d"),
            (8 * year, "8y"),
            (9 * year + 200 * day, "9y"),
        ] {
            assert_eq!(human(seconds), text, "{seconds}");
        }
    }
}
