//! A log as lines, across cuts: no line lost, none given twice, memory bounded.
//!
//! Every line comes with its timestamp. After a cut the log is asked for again from a moment before the last line, in
//! whole seconds because the kubelet knows no finer ones, and what was given already is left out. Timestamps alone
//! cannot decide that: many lines may share one, and two streams of a container may be written slightly out of order.
//! So lines of the last moments are remembered by a hash, and those older than these moments are taken for given.

use std::collections::{HashMap, VecDeque};
use std::hash::{DefaultHasher, Hash, Hasher};

use jiff::{SignedDuration, Timestamp};

use crate::model::logs::stamp::Stamps;

/// How much out of order lines of one container may be.
const DISORDER: SignedDuration = SignedDuration::from_millis(200);
/// Lines remembered at most: about 2 MiB.
const REMEMBERED: usize = 65_536;

/// A line, or a piece of one that is longer than a feed holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Piece<'a> {
    /// As the server wrote it; empty where it wrote none.
    pub(crate) timestamp: &'a str,
    /// Without the line end.
    pub(crate) text: &'a [u8],
    /// The line begins here.
    pub(crate) begins: bool,
    /// The line ends here.
    pub(crate) ends: bool,
}

/// The log of one container.
#[derive(Debug)]
pub(crate) struct Feed {
    longest: usize,
    stamps: Stamps,
    buffer: Vec<u8>,
    open: Option<Open>,
    anchor: Option<Timestamp>,
    first: Option<Timestamp>,
    recent: VecDeque<(Timestamp, u64)>,
    replay: Option<Replay>,
    /// A line that was not finished when the log stopped. It comes again, unless its run was over: then it was whole.
    held: Option<Vec<u8>>,
}

/// A long line of which pieces came already.
#[derive(Debug, Clone)]
struct Open {
    identity: u64,
    timestamp: Timestamp,
    /// Bytes of its text that were given.
    given: usize,
    /// Bytes of its text still to be left out: they were given before a cut.
    skip: usize,
    /// The whole line was given before.
    seen: bool,
}

/// What was given before a cut.
#[derive(Debug)]
struct Replay {
    seen: HashMap<u64, u32>,
    floor: Option<Timestamp>,
    newest: Option<Timestamp>,
    unfinished: Option<Open>,
}

enum LineVerdict {
    New,
    Given,
    GivenUpTo(usize),
}

impl Feed {
    /// A feed that holds lines of up to `longest` bytes and gives longer ones in pieces.
    pub(crate) fn new(longest: usize) -> Self {
        Feed {
            longest: longest.max(64),
            stamps: Stamps::default(),
            buffer: Vec::new(),
            open: None,
            anchor: None,
            first: None,
            recent: VecDeque::new(),
            replay: None,
            held: None,
        }
    }

    /// Takes bytes in, and gives out the lines that they complete.
    pub(crate) fn push(&mut self, mut bytes: &[u8], give: &mut impl FnMut(Piece<'_>)) {
        while !bytes.is_empty() {
            let end = memchr::memchr(b'\n', bytes);
            let (part, rest) = match end {
                Some(end) => (&bytes[..end], &bytes[end + 1..]),
                None => (bytes, &bytes[bytes.len()..]),
            };
            let room = self.longest - self.buffer.len();
            if part.len() > room {
                self.give_full(&part[..room], give);
                bytes = &bytes[room..];
                continue;
            }
            if end.is_some() && self.buffer.is_empty() {
                self.piece(part, true, give);
            } else {
                self.buffer.extend_from_slice(part);
                if end.is_some() {
                    let mut held = std::mem::take(&mut self.buffer);
                    self.piece(&held, true, give);
                    held.clear();
                    self.buffer = held;
                }
            }
            bytes = rest;
        }
    }

    /// The log has ended for good: a last line without an end is a line too.
    pub(crate) fn finish(&mut self, give: &mut impl FnMut(Piece<'_>)) {
        let held = std::mem::take(&mut self.buffer);
        if self.open.is_some() || !held.is_empty() {
            self.piece(&held, true, give);
        }
        if let Some(held) = self.held.take() {
            self.begin(&held, true, give);
        }
    }

    /// A line is too long to hold: what fits is a piece of its own, to the end of its last whole character.
    fn give_full(&mut self, part: &[u8], give: &mut impl FnMut(Piece<'_>)) {
        self.buffer.extend_from_slice(part);
        let rest = self.buffer.split_off(whole_characters(&self.buffer));
        let held = std::mem::replace(&mut self.buffer, rest);
        self.piece(&held, false, give);
    }

    fn piece(&mut self, text: &[u8], ends: bool, give: &mut impl FnMut(Piece<'_>)) {
        if self.open.is_some() {
            self.go_on(text, ends, give);
        } else {
            self.begin(text, ends, give);
        }
    }

    /// The log will be sent again from [`Feed::since`] on. An unfinished line comes again, too, if its run goes on.
    pub(crate) fn cut(&mut self) {
        let unfinished = std::mem::take(&mut self.buffer);
        // While lines come again, a part of one may be of a line that was given.
        let begins = self.replay.is_none() && self.open.is_none();
        if begins && matches!(self.stamps.split(&unfinished), (_, Some(_), [_, ..])) {
            self.held = Some(unfinished);
        }
        let earlier = self.replay.take().and_then(|replay| replay.unfinished);
        let open = self.open.take().filter(|open| !open.seen);
        let unfinished = open.map(|open| Open { given: open.given + open.skip, skip: 0, ..open }).or(earlier);
        if self.anchor.is_none() && unfinished.is_none() {
            return;
        }
        let mut seen: HashMap<u64, u32> = HashMap::with_capacity(self.recent.len());
        for (_, identity) in &self.recent {
            *seen.entry(*identity).or_default() += 1;
        }
        let anchored = self.anchor.map(before);
        let remembered =
            self.recent.front().map(|(timestamp, _)| *timestamp).filter(|_| self.recent.len() >= REMEMBERED);
        let floor = anchored.max(self.first).max(remembered);
        let newest = self.recent.iter().map(|(timestamp, _)| *timestamp).max();
        self.replay = Some(Replay { seen, floor, newest, unfinished });
    }

    /// From where the log has to be asked for after a cut; `None` if nothing came yet.
    pub(crate) fn since(&self) -> Option<Timestamp> {
        let unfinished = self.replay.as_ref().and_then(|replay| replay.unfinished.as_ref());
        let oldest = self.anchor.or(unfinished.map(|open| open.timestamp))?;
        let moment = before(oldest);
        Timestamp::from_second(moment.as_second() - i64::from(moment.subsec_nanosecond() < 0)).ok()
    }

    fn begin(&mut self, line: &[u8], ends: bool, give: &mut impl FnMut(Piece<'_>)) {
        let (timestamp_text, parsed, text) = self.stamps.split(line);
        let mut hasher = DefaultHasher::new();
        line.hash(&mut hasher);
        let identity = hasher.finish();
        let timestamp = parsed.or(self.anchor).unwrap_or(Timestamp::UNIX_EPOCH);
        let (skip, seen) = match self.judge(identity, parsed) {
            LineVerdict::New => (0, false),
            LineVerdict::Given => (usize::MAX, true),
            LineVerdict::GivenUpTo(given) => (given, false),
        };
        if !seen && let Some(held) = self.held.take_if(|held| !line.starts_with(held)) {
            self.begin(&held, true, give);
        }
        if !seen {
            self.held = None;
            let fresh = text.get(skip..).unwrap_or_default();
            let begins = skip == 0;
            if begins || !fresh.is_empty() || ends {
                give(Piece { timestamp: timestamp_text, text: fresh, begins, ends });
            }
            self.anchor = parsed.or(self.anchor);
            self.first = self.first.or(parsed);
            if ends {
                self.remember(timestamp, identity);
            }
        }
        if !ends {
            let given = text.len();
            self.open = Some(Open { identity, timestamp, given, skip: skip.saturating_sub(given), seen });
        }
    }

    fn go_on(&mut self, part: &[u8], ends: bool, give: &mut impl FnMut(Piece<'_>)) {
        let Some(open) = &mut self.open else { return };
        if !open.seen {
            let left_out = open.skip.min(part.len());
            open.skip -= left_out;
            open.given += part.len();
            let fresh = &part[left_out..];
            if !fresh.is_empty() || ends {
                give(Piece { timestamp: "", text: fresh, begins: false, ends });
            }
        }
        if ends && let Some(open) = self.open.take().filter(|open| !open.seen) {
            self.remember(open.timestamp, open.identity);
        }
    }

    fn judge(&mut self, identity: u64, timestamp: Option<Timestamp>) -> LineVerdict {
        let Some(replay) = &mut self.replay else { return LineVerdict::New };
        if let Some(open) = replay.unfinished.take_if(|open| open.identity == identity) {
            return LineVerdict::GivenUpTo(open.given);
        }
        if let Some(count) = replay.seen.get_mut(&identity).filter(|count| **count > 0) {
            *count -= 1;
            return LineVerdict::Given;
        }
        if timestamp.is_some() && timestamp < replay.floor {
            return LineVerdict::Given;
        }
        if timestamp.is_some() && timestamp > replay.newest {
            self.replay = None;
        }
        LineVerdict::New
    }

    fn remember(&mut self, timestamp: Timestamp, identity: u64) {
        self.recent.push_back((timestamp, identity));
        let horizon = before(timestamp);
        while self.recent.len() > REMEMBERED || self.recent.front().is_some_and(|(oldest, _)| *oldest < horizon) {
            self.recent.pop_front();
        }
    }
}

/// The earliest moment that a line after one of this moment may carry. A server may write any time there is.
fn before(timestamp: Timestamp) -> Timestamp {
    timestamp.checked_sub(DISORDER).unwrap_or(Timestamp::MIN)
}

/// How many of these bytes are whole characters; all, if they are no text.
fn whole_characters(bytes: &[u8]) -> usize {
    let begins = |byte: &u8| *byte & 0b1100_0000 != 0b1000_0000;
    let Some(last) = bytes.iter().rev().take(4).position(begins).map(|back| bytes.len() - 1 - back) else {
        return bytes.len();
    };
    let length = match bytes[last] {
        0b1100_0000..=0b1101_1111 => 2,
        0b1110_0000..=0b1110_1111 => 3,
        0b1111_0000..=0b1111_0111 => 4,
        _ => 1,
    };
    if last + length > bytes.len() { last } else { bytes.len() }
}

#[cfg(test)]
#[path = "feed_tests.rs"]
mod tests;
