//! Container logs. Every run of a container has its own log, as the kubelet keeps a file for each.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use hyper::body::Bytes;
use jiff::Timestamp;
use tokio::sync::watch;

/// How much of a log is sent at once.
const CHUNK: usize = 32 * 1024;

/// One run of a container, counted from 0.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct RunId {
    pub(crate) cluster: String,
    /// The pod's UID: another pod with the same name has other logs.
    pub(crate) uid: String,
    pub(crate) container: String,
    pub(crate) number: u64,
}

/// One write as the runtime records it: a line with its end, or a part without.
#[derive(Debug)]
struct Record {
    at: Timestamp,
    text: Vec<u8>,
}

#[derive(Debug, Default)]
struct Run {
    records: Vec<Record>,
    ended: bool,
}

#[derive(Debug, Default)]
struct Inner {
    runs: BTreeMap<RunId, Run>,
    /// How often all readers were cut, and after how many bytes they are cut next.
    cuts: u64,
    cut_after: usize,
}

/// All logs of a sandbox.
pub(crate) struct Logs {
    inner: Mutex<Inner>,
    changes: watch::Sender<u64>,
}

impl Default for Logs {
    fn default() -> Logs {
        Logs { inner: Mutex::default(), changes: watch::channel(0).0 }
    }
}

/// The options of a reader, as the kubelet understands them.
#[derive(Debug, Clone, Default)]
pub(crate) struct Wanted {
    pub(crate) follow: bool,
    pub(crate) timestamps: bool,
    pub(crate) since: Option<Timestamp>,
    pub(crate) tail: Option<usize>,
    pub(crate) limit: Option<usize>,
}

/// A reader of a log.
pub(crate) struct Reader {
    run: RunId,
    wanted: Wanted,
    position: usize,
    /// Whether the next record begins a line, and so gets a timestamp.
    begins: bool,
    cuts: u64,
    until_cut: Option<usize>,
}

/// What a reader gets.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Next {
    /// More of the log.
    Bytes(Bytes),
    /// Nothing until something changes.
    Wait,
    /// The end.
    End,
    /// A last piece, after which the connection is cut.
    Cut(Bytes),
}

impl Logs {
    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn tell(&self) {
        self.changes.send_modify(|changes| *changes += 1);
    }

    /// Starts a run with a line, unless it has started.
    pub(crate) fn begin(&self, run: &RunId, at: Timestamp, line: &str) {
        let mut inner = self.inner();
        let first = || Run { records: vec![Record { at, text: format!("{line}\n").into_bytes() }], ended: false };
        inner.runs.entry(run.clone()).or_insert_with(first);
    }

    /// Writes to a container's log: every line gets this time, and text without a line end is a part of a line.
    pub(crate) fn write(&self, run: &RunId, at: Timestamp, text: &[u8]) {
        let records = text.split_inclusive(|byte| *byte == b'\n').map(|text| Record { at, text: text.to_vec() });
        self.inner().runs.entry(run.clone()).or_default().records.extend(records);
        self.tell();
    }

    /// Ends a run: its followers get the last lines, and then the end.
    pub(crate) fn end(&self, run: &RunId) {
        self.inner().runs.entry(run.clone()).or_default().ended = true;
        self.tell();
    }

    /// Cuts all present readers after this many more bytes.
    pub(crate) fn cut(&self, after: usize) {
        let mut inner = self.inner();
        inner.cuts += 1;
        inner.cut_after = after;
        drop(inner);
        self.tell();
    }

    /// Notifies of every change.
    pub(crate) fn changes(&self) -> watch::Receiver<u64> {
        self.changes.subscribe()
    }

    /// Starts to read a run.
    pub(crate) fn reader(&self, run: RunId, wanted: Wanted) -> Reader {
        let inner = self.inner();
        let length = inner.runs.get(&run).map_or(0, |run| run.records.len());
        let position = wanted.tail.map_or(0, |tail| length.saturating_sub(tail));
        Reader { run, wanted, position, begins: true, cuts: inner.cuts, until_cut: None }
    }

    /// What a reader gets next; `alive` is false when the pod is gone, and with it the container.
    pub(crate) fn next(&self, reader: &mut Reader, alive: bool) -> Next {
        let inner = self.inner();
        if reader.cuts != inner.cuts {
            (reader.cuts, reader.until_cut) = (inner.cuts, Some(inner.cut_after));
        }
        let none = Run { ended: true, ..Run::default() };
        let run = inner.runs.get(&reader.run).unwrap_or(&none);
        let mut bytes = Vec::new();
        while bytes.len() < CHUNK && reader.wanted.limit != Some(0) {
            let Some(record) = run.records.get(reader.position) else { break };
            reader.position += 1;
            reader.render(record, &mut bytes);
        }
        match &mut reader.until_cut {
            Some(left) if *left <= bytes.len() => {
                bytes.truncate(*left);
                return Next::Cut(bytes.into());
            }
            Some(left) => *left -= bytes.len(),
            None => {}
        }
        match (bytes.is_empty(), reader.wanted.follow && alive && !run.ended) {
            (false, _) => Next::Bytes(bytes.into()),
            (true, true) if reader.wanted.limit != Some(0) => Next::Wait,
            (true, _) => Next::End,
        }
    }
}

impl Reader {
    /// A record as the kubelet prints it. Only the first of a line has a timestamp.
    fn render(&mut self, record: &Record, out: &mut Vec<u8>) {
        if self.wanted.since.is_some_and(|since| record.at < since) {
            return;
        }
        let start = out.len();
        if self.wanted.timestamps && self.begins {
            out.extend_from_slice(format!("{:.9} ", record.at).as_bytes());
        }
        out.extend_from_slice(&record.text);
        self.begins = record.text.ends_with(b"\n");
        if let Some(limit) = &mut self.wanted.limit {
            out.truncate(start + *limit);
            *limit -= out.len() - start;
        }
    }
}

#[cfg(test)]
#[path = "logs_tests.rs"]
mod tests;
