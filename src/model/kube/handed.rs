//! To whom a token was handed out, and whether it is asked for again too soon. client-go keeps a token until it expires
//! or a cluster answers 401; the same process that asks again before that has met a 401.

/// Handings-out that are remembered for a namespace; processes share places by chance.
pub(crate) const PLACES: usize = 16;
/// Bytes of one.
pub(crate) const LENGTH: usize = 16;

/// A process that asks again this much later, in seconds, does so because its token has expired.
const SOON: i64 = 12 * 60;
/// How long what AWS said of the credentials is not asked again, in seconds.
const CHECKED_FOR: i64 = 30;

/// A token that was handed out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Handed {
    /// The process that asked.
    pub(crate) to: u32,
    /// When, in seconds.
    pub(crate) at: i64,
    /// The credentials behind it had been checked.
    pub(crate) checked: bool,
}

/// What a request for a token means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Asked {
    /// The first time.
    Anew,
    /// Again, and what AWS would say is known.
    AgainAfterCheck,
    /// Again: the cluster did not take the last one.
    Again,
}

/// The place of a process.
pub(crate) fn place(process: u32) -> usize {
    process as usize % PLACES
}

/// What it means that a process asks now.
pub(crate) fn judge(last: Option<Handed>, process: u32, now: i64) -> Asked {
    let Some(last) = last.filter(|last| last.to == process) else { return Asked::Anew };
    match now - last.at {
        age if last.checked && (0..CHECKED_FOR).contains(&age) => Asked::AgainAfterCheck,
        age if (0..SOON).contains(&age) => Asked::Again,
        _ => Asked::Anew,
    }
}

impl Handed {
    /// As it stands in a file.
    pub(crate) fn to_bytes(self) -> [u8; LENGTH] {
        let mut bytes = [0; LENGTH];
        bytes[..4].copy_from_slice(&self.to.to_le_bytes());
        bytes[4] = u8::from(self.checked);
        bytes[8..].copy_from_slice(&self.at.to_le_bytes());
        bytes
    }

    /// From a file; nothing was handed out to process 0.
    pub(crate) fn of_bytes(bytes: [u8; LENGTH]) -> Option<Self> {
        let (to, rest) = bytes.split_first_chunk::<4>()?;
        let at = rest.last_chunk::<8>()?;
        let (to, at) = (u32::from_le_bytes(*to), i64::from_le_bytes(*at));
        (to != 0).then_some(Handed { to, at, checked: bytes[4] == 1 })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_process_asks_again_before_its_token_expires_after_a_refusal_only() {
        let handed = |checked| Some(Handed { to: 7, at: 1000, checked });
        assert_eq!(judge(None, 7, 1000), Asked::Anew);
        assert_eq!(judge(handed(false), 8, 1001), Asked::Anew);
        assert_eq!(judge(handed(false), 7, 1001), Asked::Again);
        assert_eq!(judge(handed(true), 7, 1029), Asked::AgainAfterCheck);
        assert_eq!(judge(handed(true), 7, 1030), Asked::Again);
        assert_eq!(judge(handed(false), 7, 1000 + SOON), Asked::Anew);
        assert_eq!(judge(handed(false), 7, 999), Asked::Anew);
    }

    #[test]
    fn what_is_written_is_read_back() {
        for handed in [Handed { to: u32::MAX, at: -1, checked: true }, Handed { to: 1, at: i64::MAX, checked: false }] {
            assert_eq!(Handed::of_bytes(handed.to_bytes()), Some(handed));
        }
        assert_eq!(Handed::of_bytes([0; LENGTH]), None);
    }
}
