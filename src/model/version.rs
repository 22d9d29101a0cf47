//! Versions of nsaccess: <https://semver.org>, as far as releases are told apart.

/// A release. A pre-release counts as older than its release.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Version {
    numbers: [u64; 3],
    is_released: bool,
}

impl Version {
    /// Reads `1.2.3`, `v1.2.3` and `1.2.3-rc.1`.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let text = text.strip_prefix('v').unwrap_or(text);
        let text = text.split_once('+').map_or(text, |(version, _)| version);
        let (numbers, pre) = text.split_once('-').map_or((text, None), |(numbers, pre)| (numbers, Some(pre)));
        let is_number = |part: &&str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
        let numbers: Option<Vec<u64>> =
            numbers.split('.').map(|part| Some(part).filter(is_number)?.parse().ok()).collect();
        match pre {
            Some("") => None,
            pre => Some(Version { numbers: numbers?.try_into().ok()?, is_released: pre.is_none() }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_compared_by_their_numbers() {
        let version = |text: &str| Version::parse(text).expect(text);
        for (older, newer) in [("0.9.0", "0.10.0"), ("1.2.3", "1.2.4"), ("0.9.9", "v1.0.0"), ("1.0.0-rc.1", "1.0.0")] {
            assert!(version(older) < version(newer), "{older} {newer}");
        }
        assert_eq!(version("1.2.3"), version("v1.2.3+build"));
        for wrong in ["", "1", "1.2", "1.2.3.4", "1.2.x", "+1.2.3", "1.2.3-", "1.-2.3", "latest"] {
            assert_eq!(Version::parse(wrong), None, "{wrong}");
        }
    }
}
