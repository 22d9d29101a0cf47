//! What moves the bytes of a session: the reader and the writer.

use std::rc::Rc;
use std::time::Duration;

use futures_util::FutureExt;
use tokio::io::{AsyncReadExt, AsyncWriteExt, ReadHalf, WriteHalf};
use tokio::time::Instant;

use super::{ALONE_LIMIT, OUTGOING_LIMIT, Pipes, SHARED_LIMIT, Session, Stream};
use crate::model::spdy::{self, Decoder, Event};
use crate::net::forward::wire::{Aside, Unwrapper, Wrapper};

const READ_BUFFER: usize = 128 * 1024;
const LEAST_FILL: usize = 16 * 1024;

impl Session {
    /// Takes in what the server sends, until either side ends the session.
    pub(super) async fn read(self: Rc<Self>, mut reader: ReadHalf<Pipes>, first_bytes: Vec<u8>) {
        let (mut unwrapper, mut decoder) = (Unwrapper::new(self.transport), Decoder::default());
        let mut buffer = vec![0; READ_BUFFER];
        let mut outcome = self.consume(&mut unwrapper, &mut decoder, &first_bytes);
        while let (Ok(()), true) = (&outcome, self.is_alive()) {
            self.pause_for_a_slow_reader().await;
            let read = tokio::select! {
                read = reader.read(&mut buffer) => read,
                () = self.ended_by_others() => break,
            };
            outcome = match read {
                Ok(0) => Err("the server closed the connection".to_owned()),
                Ok(read) => {
                    let read = read + fill(&mut reader, &mut buffer[read..]);
                    self.heard.set(Instant::now());
                    self.pinged.set(None);
                    self.urgent.set(false);
                    self.consume(&mut unwrapper, &mut decoder, &buffer[..read])
                }
                Err(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => {
                    Err("the server closed the connection".to_owned())
                }
                Err(error) => Err(crate::error::plain_io(&error)),
            };
        }
        if let Err(reason) = outcome {
            self.stop(&reason);
        }
    }

    async fn ended_by_others(&self) {
        while self.is_alive() {
            self.over.notified().await;
        }
    }

    /// Back-pressure: a slow reader that has the session to itself slows the pod down, as it would without us.
    async fn pause_for_a_slow_reader(&self) {
        while self.is_alive() && self.lively() <= 1 && self.slowest() > ALONE_LIMIT {
            self.reading_paused.set(true);
            self.resume.notified().await;
        }
        self.reading_paused.set(false);
    }

    fn consume(&self, unwrapper: &mut Unwrapper, decoder: &mut Decoder, bytes: &[u8]) -> Result<(), String> {
        let mut input = bytes;
        while let Some(step) = unwrapper.next(&mut input)? {
            match step {
                Ok(mut inner) => {
                    while let Some(event) = decoder.next(&mut inner).map_err(|malformed| malformed.0)? {
                        self.handle(event);
                    }
                }
                Err(Aside::Ping(body)) => self.push_aside(Wrapper::new(self.transport).pong(&body)),
                Err(Aside::Close) => return Err("the server closed the connection".to_owned()),
            }
        }
        Ok(())
    }

    /// Bytes of the transport itself: the writer must not wrap them again, so they carry a mark.
    fn push_aside(&self, bytes: Vec<u8>) {
        let mut marked = ASIDE.to_vec();
        marked.extend_from_slice(&bytes);
        self.push(marked);
    }

    fn handle(&self, event: Event<'_>) {
        match event {
            Event::Data { stream, bytes, fin } => {
                let Some(stream) = self.streams.borrow().get(&stream).cloned() else { return };
                if !bytes.is_empty() {
                    stream.answered.set(true);
                    stream.take(bytes);
                    self.cut_if_too_slow(&stream);
                }
                if fin {
                    stream.finished.set(true);
                    stream.changed.notify_one();
                }
            }
            Event::Reply { stream, fin } => {
                if let Some(stream) = self.streams.borrow().get(&stream) {
                    stream.accepted.set(true);
                    stream.finished.set(stream.finished.get() || fin);
                    stream.changed.notify_one();
                }
            }
            Event::Reset { stream, .. } => {
                if let Some(stream) = self.streams.borrow_mut().remove(&stream) {
                    stream.cut.set(true);
                    stream.changed.notify_one();
                }
            }
            // Ours are odd; the server's are even and want an answer.
            Event::Ping { id } if id.is_multiple_of(2) => self.push(spdy::ping(id)),
            Event::GoAway => self.going_away.set(true),
            Event::Ping { .. } | Event::Ignored => {}
        }
    }

    /// Among others a slow reader has its limit: the alternative is to stall them all.
    fn cut_if_too_slow(&self, stream: &Stream) {
        let waiting = stream.pending.borrow().len();
        if waiting > SHARED_LIMIT && self.lively() > 1 {
            self.streams.borrow_mut().remove(&stream.id);
            self.push(spdy::reset(stream.id, spdy::CANCEL));
            stream.overflowed.set(true);
            stream.cut.set(true);
            stream.changed.notify_one();
        }
    }

    /// Sends what waits, until the session ends.
    pub(super) async fn write(self: Rc<Self>, mut writer: WriteHalf<Pipes>) {
        let mut wrapper = Wrapper::new(self.transport);
        let mut out = Vec::new();
        loop {
            out.clear();
            let mut taken = 0;
            while let Some(frame) = self.next_outgoing(taken) {
                taken += frame.len();
                match frame.strip_prefix(ASIDE) {
                    Some(aside) => out.extend_from_slice(aside),
                    None => wrapper.wrap(&mut out, &frame),
                }
            }
            if out.is_empty() {
                if !self.is_alive() {
                    break;
                }
                self.wake_writer.notified().await;
                continue;
            }
            let written = async {
                writer.write_all(&out).await?;
                writer.flush().await
            };
            let written = tokio::select! {
                written = written => written,
                () = self.ended_by_others() => break,
            };
            if let Err(error) = written {
                self.stop(&crate::error::plain_io(&error));
                break;
            }
            self.queued.set(self.queued.get().saturating_sub(taken));
            self.space.notify_waiters();
            if out.capacity() > 4 * OUTGOING_LIMIT {
                out = Vec::new();
            }
        }
        let farewell = wrapper.close();
        let _ = tokio::time::timeout(Duration::from_secs(1), async {
            let _ = writer.write_all(&farewell).await;
            let _ = writer.shutdown().await;
        })
        .await;
    }

    fn next_outgoing(&self, taken: usize) -> Option<Vec<u8>> {
        if taken >= OUTGOING_LIMIT {
            return None;
        }
        self.outgoing.borrow_mut().pop_front()
    }
}

/// What more is there to read without waiting: TLS hands out a record of 16 KiB at a time, and each hand-over to a
/// local connection is a system call. An error or an end comes again with the next read.
fn fill(reader: &mut ReadHalf<Pipes>, mut space: &mut [u8]) -> usize {
    let mut filled = 0;
    while space.len() >= LEAST_FILL {
        match reader.read(space).now_or_never() {
            Some(Ok(read)) if read > 0 => {
                filled += read;
                space = &mut space[read..];
            }
            _ => break,
        }
    }
    filled
}

/// Marks bytes that are already wrapped. No SPDY frame begins so: it would be a control frame of version 32767.
const ASIDE: &[u8] = &[0xff, 0xff, 0xff, 0xff];
