//! Which process got a token when. client-go keeps a token until it expires or the cluster answers 401, so a process that
//! asks again earlier has received a 401.

/// How many processes are remembered per namespace. Processes may collide on a slot.
pub(crate) const SLOTS: usize = 16;
/// The size of a record in bytes.
pub(crate) const LENGTH: usize = 16;

/// Seconds after which a repeated request only means that the token has expired.
const SOON: i64 = 12 * 60;
/// Seconds for which the result of a credentials check holds.
const CHECKED_FOR: i64 = 30;

/// The record of a token that was issued.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct IssuedToken {
    /// The process that asked for it.
    pub(crate) process: u32,
    /// When, in seconds since 1970.
    pub(crate) at: i64,
    /// Whether the credentials behind it were checked with AWS.
    pub(crate) checked: bool,
}

/// What a request for a token means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Request {
    /// The process has no token, or an expired one.
    First,
    /// The cluster refused the last token, and the credentials were checked a moment ago.
    RepeatedAfterCheck,
    /// The cluster refused the last token.
    Repeated,
}

/// The slot of a process.
#[cfg(unix)]
pub(crate) fn slot(process: u32) -> usize {
    process as usize % SLOTS
}

/// What a request by this process means, given the last record in its slot.
pub(crate) fn classify(last: Option<IssuedToken>, process: u32, now: i64) -> Request {
    let Some(last) = last.filter(|last| last.process == process) else { return Request::First };
    match now - last.at {
        age if last.checked && (0..CHECKED_FOR).contains(&age) => Request::RepeatedAfterCheck,
        age if (0..SOON).contains(&age) => Request::Repeated,
        _ => Request::First,
    }
}

/// As the file has it, which only Unix writes in place.
#[cfg(unix)]
impl IssuedToken {
    pub(crate) fn to_bytes(self) -> [u8; LENGTH] {
        let mut bytes = [0; LENGTH];
        bytes[..4].copy_from_slice(&self.process.to_le_bytes());
        bytes[4] = u8::from(self.checked);
        bytes[8..].copy_from_slice(&self.at.to_le_bytes());
        bytes
    }

    /// `None` for an empty slot: no process has the number 0.
    pub(crate) fn from_bytes(bytes: [u8; LENGTH]) -> Option<Self> {
        let (process, rest) = bytes.split_first_chunk::<4>()?;
        let at = rest.last_chunk::<8>()?;
        let (process, at) = (u32::from_le_bytes(*process), i64::from_le_bytes(*at));
        (process != 0).then_some(IssuedToken { process, at, checked: bytes[4] == 1 })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_early_repeat_by_the_same_process_means_a_401() {
        let issued = |checked| Some(IssuedToken { process: 7, at: 1000, checked });
        assert_eq!(classify(None, 7, 1000), Request::First);
        assert_eq!(classify(issued(false), 8, 1001), Request::First);
        assert_eq!(classify(issued(false), 7, 1001), Request::Repeated);
        assert_eq!(classify(issued(true), 7, 1029), Request::RepeatedAfterCheck);
        assert_eq!(classify(issued(true), 7, 1030), Request::Repeated);
        assert_eq!(classify(issued(false), 7, 1000 + SOON), Request::First);
        assert_eq!(classify(issued(false), 7, 999), Request::First);
    }

    #[test]
    #[cfg(unix)]
    fn bytes_round_trip() {
        for issued in [
            IssuedToken { process: u32::MAX, at: -1, checked: true },
            IssuedToken { process: 1, at: i64::MAX, checked: false },
        ] {
            assert_eq!(IssuedToken::from_bytes(issued.to_bytes()), Some(issued));
        }
        assert_eq!(IssuedToken::from_bytes([0; LENGTH]), None);
    }
}
