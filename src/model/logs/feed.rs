//! Splits a log into lines across interruptions: no line is lost or repeated, and memory is bounded.
//!
//! Every line has a timestamp. After an interruption, the log is requested again from shortly before the last line (in
//! whole seconds, which is the kubelet's resolution), and lines that were already emitted are skipped. Timestamps alone do
//! not identify them: many lines may share one, and the two streams of a container may be slightly out of order. So recent
//! lines are remembered by hash, and older lines count as emitted.

use std::collections::{HashMap, VecDeque};
use std::hash::{DefaultHasher, Hash, Hasher};

use jiff::{SignedDuration, Timestamp};

use crate::model::logs::timestamp::TimestampReader;

/// How far out of order the lines of a container may be.
const DISORDER: SignedDuration = SignedDuration::from_millis(200);
/// How many lines are remembered, in about 2 MiB.
const REMEMBERED: usize = 65_536;

/// A line, or a piece of a line that is too long to buffer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Piece<'a> {
    /// As the server wrote it; empty if it wrote none.
    pub(crate) timestamp: &'a str,
    /// Without the line end.
    pub(crate) text: &'a [u8],
    /// The piece begins the line.
    pub(crate) begins: bool,
    /// The piece ends the line.
    pub(crate) ends: bool,
}

/// The log of one container.
#[derive(Debug)]
pub(crate) struct Feed {
    longest: usize,
    timestamps: TimestampReader,
    buffer: Vec<u8>,
    open: Option<OpenLine>,
    anchor: Option<Timestamp>,
    first: Option<Timestamp>,
    recent: VecDeque<(Timestamp, u64)>,
    replay: Option<Replay>,
    /// An unfinished line at an interruption. It is sent again unless the container ended with it.
    unfinished: Option<Vec<u8>>,
}

/// A long line whose first pieces were emitted.
#[derive(Debug, Clone)]
struct OpenLine {
    identity: u64,
    timestamp: Timestamp,
    /// Bytes of its text that were emitted.
    emitted: usize,
    /// Bytes still to skip, because they were emitted before the interruption.
    skip: usize,
    /// The whole line was emitted before.
    seen: bool,
}

/// What was emitted before an interruption.
#[derive(Debug)]
struct Replay {
    seen: HashMap<u64, u32>,
    floor: Option<Timestamp>,
    newest: Option<Timestamp>,
    unfinished: Option<OpenLine>,
}

enum LineVerdict {
    New,
    Emitted,
    EmittedUpTo(usize),
}

impl Feed {
    /// Emits lines of up to `longest` bytes whole, and longer ones in pieces.
    pub(crate) fn new(longest: usize) -> Self {
        Feed {
            longest: longest.max(64),
            timestamps: TimestampReader::default(),
            buffer: Vec::new(),
            open: None,
            anchor: None,
            first: None,
            recent: VecDeque::new(),
            replay: None,
            unfinished: None,
        }
    }

    /// Adds bytes and emits the lines that they complete.
    pub(crate) fn push(&mut self, mut bytes: &[u8], emit: &mut impl FnMut(Piece<'_>)) {
        while !bytes.is_empty() {
            let end = memchr::memchr(b'\n', bytes);
            let (part, rest) = match end {
                Some(end) => (&bytes[..end], &bytes[end + 1..]),
                None => (bytes, &bytes[bytes.len()..]),
            };
            let room = self.longest - self.buffer.len();
            if part.len() > room {
                self.emit_full(&part[..room], emit);
                bytes = &bytes[room..];
                continue;
            }
            if end.is_some() && self.buffer.is_empty() {
                self.piece(part, true, emit);
            } else {
                self.buffer.extend_from_slice(part);
                if end.is_some() {
                    let mut line = std::mem::take(&mut self.buffer);
                    self.piece(&line, true, emit);
                    line.clear();
                    self.buffer = line;
                }
            }
            bytes = rest;
        }
    }

    /// Ends the log. Emits a last line without a line end.
    pub(crate) fn finish(&mut self, emit: &mut impl FnMut(Piece<'_>)) {
        let held = std::mem::take(&mut self.buffer);
        if self.open.is_some() || !held.is_empty() {
            self.piece(&held, true, emit);
        }
        if let Some(held) = self.unfinished.take() {
            self.begin(&held, true, emit);
        }
    }

    /// Emits what fits of a long line, up to its last whole character.
    fn emit_full(&mut self, part: &[u8], emit: &mut impl FnMut(Piece<'_>)) {
        self.buffer.extend_from_slice(part);
        let rest = self.buffer.split_off(whole_characters(&self.buffer));
        let held = std::mem::replace(&mut self.buffer, rest);
        self.piece(&held, false, emit);
    }

    fn piece(&mut self, text: &[u8], ends: bool, emit: &mut impl FnMut(Piece<'_>)) {
        if self.open.is_some() {
            self.extend_open(text, ends, emit);
        } else {
            self.begin(text, ends, emit);
        }
    }

    /// Prepares for the log to be sent again from [`Feed::since`] on, including an unfinished line.
    pub(crate) fn interrupt(&mut self) {
        let unfinished = std::mem::take(&mut self.buffer);
        // During a replay, a partial line may be of a line that was emitted.
        let begins = self.replay.is_none() && self.open.is_none();
        if begins && matches!(self.timestamps.split(&unfinished), (_, Some(_), [_, ..])) {
            self.unfinished = Some(unfinished);
        }
        let earlier = self.replay.take().and_then(|replay| replay.unfinished);
        let open = self.open.take().filter(|open| !open.seen);
        let unfinished = open.map(|open| OpenLine { emitted: open.emitted + open.skip, skip: 0, ..open }).or(earlier);
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

    /// From when the log must be requested after an interruption; `None` before the first line.
    pub(crate) fn since(&self) -> Option<Timestamp> {
        let unfinished = self.replay.as_ref().and_then(|replay| replay.unfinished.as_ref());
        let oldest = self.anchor.or(unfinished.map(|open| open.timestamp))?;
        let moment = before(oldest);
        Timestamp::from_second(moment.as_second() - i64::from(moment.subsec_nanosecond() < 0)).ok()
    }

    fn begin(&mut self, line: &[u8], ends: bool, emit: &mut impl FnMut(Piece<'_>)) {
        let (timestamp_text, parsed, text) = self.timestamps.split(line);
        let mut hasher = DefaultHasher::new();
        line.hash(&mut hasher);
        let identity = hasher.finish();
        let timestamp = parsed.or(self.anchor).unwrap_or(Timestamp::UNIX_EPOCH);
        let (skip, seen) = match self.judge(identity, parsed) {
            LineVerdict::New => (0, false),
            LineVerdict::Emitted => (usize::MAX, true),
            LineVerdict::EmittedUpTo(emitted) => (emitted, false),
        };
        // The first piece of a long line can be shorter than what was held: it ends with a whole character.
        let is_of = |held: &[u8]| line.starts_with(held) || !ends && held.starts_with(line);
        if !seen && let Some(held) = self.unfinished.take_if(|held| !is_of(held)) {
            self.begin(&held, true, emit);
        }
        if !seen {
            self.unfinished = None;
            let fresh = text.get(skip..).unwrap_or_default();
            let begins = skip == 0;
            if begins || !fresh.is_empty() || ends {
                emit(Piece { timestamp: timestamp_text, text: fresh, begins, ends });
            }
            self.anchor = parsed.or(self.anchor);
            self.first = self.first.or(parsed);
            if ends {
                self.remember(timestamp, identity);
            }
        }
        if !ends {
            let emitted = text.len();
            self.open = Some(OpenLine { identity, timestamp, emitted, skip: skip.saturating_sub(emitted), seen });
        }
    }

    fn extend_open(&mut self, part: &[u8], ends: bool, emit: &mut impl FnMut(Piece<'_>)) {
        let Some(open) = &mut self.open else { return };
        if !open.seen {
            let left_out = open.skip.min(part.len());
            open.skip -= left_out;
            open.emitted += part.len();
            let fresh = &part[left_out..];
            if !fresh.is_empty() || ends {
                emit(Piece { timestamp: "", text: fresh, begins: false, ends });
            }
        }
        if ends && let Some(open) = self.open.take().filter(|open| !open.seen) {
            self.remember(open.timestamp, open.identity);
        }
    }

    fn judge(&mut self, identity: u64, timestamp: Option<Timestamp>) -> LineVerdict {
        let Some(replay) = &mut self.replay else { return LineVerdict::New };
        if let Some(open) = replay.unfinished.take_if(|open| open.identity == identity) {
            return LineVerdict::EmittedUpTo(open.emitted);
        }
        if let Some(count) = replay.seen.get_mut(&identity).filter(|count| **count > 0) {
            *count -= 1;
            return LineVerdict::Emitted;
        }
        if timestamp.is_some() && timestamp < replay.floor {
            return LineVerdict::Emitted;
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

/// The earliest timestamp that a line after one with this timestamp may have.
fn before(timestamp: Timestamp) -> Timestamp {
    timestamp.checked_sub(DISORDER).unwrap_or(Timestamp::MIN)
}

/// The length without an incomplete character at the end. The full length if the bytes are not UTF-8.
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
