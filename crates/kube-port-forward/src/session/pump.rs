//! What moves the bytes of a session: the reader and the writer.

use std::rc::Rc;
use std::time::Duration;

use futures_util::FutureExt;
use tokio::io::{AsyncReadExt, AsyncWriteExt, ReadHalf, WriteHalf};
use tokio::time::Instant;

use super::{ALONE_LIMIT, SHARED_LIMIT, Session, Stream};
use crate::framing::{OutgoingFrame, Received, TransportDecoder, TransportEncoder};
use crate::http_head::io_words;
use crate::server::ByteStream;
use crate::spdy::{self, Decoder, Event};

const READ_BUFFER: usize = 64 * 1024;
const LEAST_FILL: usize = 16 * 1024;
/// Frames below this are sent together: it is what a TLS record carries.
const SMALL: usize = 16 * 1024;

impl Session {
    /// Takes in what the server sends, until either side ends the session.
    pub(crate) async fn read(self: Rc<Self>, mut reader: ReadHalf<Box<dyn ByteStream>>, first_bytes: Vec<u8>) {
        let (mut transport_decoder, mut decoder) = (TransportDecoder::new(self.transport), Decoder::default());
        let mut buffer = vec![0; READ_BUFFER];
        let mut outcome = self.consume(&mut transport_decoder, &mut decoder, &first_bytes);
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
                    self.received.set(self.received.get() + read as u64);
                    self.last_heard.set(Instant::now());
                    self.pinged.set(None);
                    self.urgent.set(false);
                    self.consume(&mut transport_decoder, &mut decoder, &buffer[..read])
                }
                Err(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => {
                    Err("the server closed the connection".to_owned())
                }
                Err(error) => Err(io_words(&error)),
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

    /// Back-pressure: a slow client that has the session to itself slows the pod down, as it would without a forward.
    async fn pause_for_a_slow_reader(&self) {
        while self.is_alive() && self.active_connections() <= 1 && self.slowest() > ALONE_LIMIT {
            self.reading_paused.set(true);
            self.resume.notified().await;
        }
        self.reading_paused.set(false);
    }

    fn consume(
        &self,
        transport_decoder: &mut TransportDecoder,
        decoder: &mut Decoder,
        bytes: &[u8],
    ) -> Result<(), String> {
        let mut input = bytes;
        while let Some(received) = transport_decoder.next(&mut input)? {
            match received {
                Received::Spdy(mut inner) => {
                    while let Some(event) = decoder.next(&mut inner).map_err(|malformed| malformed.0)? {
                        self.handle(event);
                    }
                }
                Received::Ping(body) => self.push(TransportEncoder::new(self.transport).pong(&body)),
                Received::Close => return Err("the server closed the connection".to_owned()),
            }
        }
        Ok(())
    }

    fn handle(&self, event: Event<'_>) {
        match event {
            Event::Data { stream, bytes, fin } => {
                let Some(stream) = self.streams.borrow().get(&stream).cloned() else { return };
                if !bytes.is_empty() {
                    if !stream.answered.replace(true) {
                        stream.changed.notify_one();
                    }
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
            Event::Ping { id } if id.is_multiple_of(2) => {
                self.lanes.borrow_mut().answered_a_ping();
                self.send_frame(&spdy::ping(id));
            }
            Event::Ping { id } => self.lanes.borrow_mut().pong(id),
            Event::GoAway => self.going_away.set(true),
            Event::Ignored => {}
        }
    }

    /// On a shared session a slow client is cut off at a limit: otherwise all of them would stall.
    fn cut_if_too_slow(&self, stream: &Stream) {
        let waiting = stream.pending.borrow().len();
        if waiting > SHARED_LIMIT && self.active_connections() > 1 {
            self.streams.borrow_mut().remove(&stream.id);
            self.send_frame(&spdy::reset(stream.id, spdy::CANCEL));
            stream.overflowed.set(true);
            stream.cut.set(true);
            stream.changed.notify_one();
        }
    }

    /// Sends what waits, until the session ends.
    pub(crate) async fn write(self: Rc<Self>, mut writer: WriteHalf<Box<dyn ByteStream>>) {
        let mut encoder = TransportEncoder::new(self.transport);
        while self.is_alive() || !self.outgoing.borrow().is_empty() {
            if self.outgoing.borrow().is_empty() {
                self.wake_writer.notified().await;
                continue;
            }
            let written = tokio::select! {
                written = self.write_waiting(&mut writer, &mut encoder) => written,
                () = self.ended_by_others() => break,
            };
            if let Err(error) = written {
                self.stop(&io_words(&error));
                break;
            }
        }
        let farewell = encoder.close();
        let _ = tokio::time::timeout(Duration::from_secs(1), async {
            let _ = writer.write_all(&farewell).await;
            let _ = writer.shutdown().await;
        })
        .await;
    }

    async fn write_waiting(
        &self,
        writer: &mut WriteHalf<Box<dyn ByteStream>>,
        encoder: &mut TransportEncoder,
    ) -> std::io::Result<()> {
        while let Some((piece, taken)) = self.next_piece(encoder) {
            writer.write_all(piece.bytes()).await?;
            self.queued.set(self.queued.get() - taken);
            self.space_left.notify_waiters();
        }
        writer.flush().await
    }

    /// What goes out in one write, and how much of the queue that was. Large frames go as they lie; small ones are put
    /// together, because each write makes a TLS record and a system call of its own.
    fn next_piece(&self, encoder: &mut TransportEncoder) -> Option<(OutgoingFrame, usize)> {
        let mut waiting = self.outgoing.borrow_mut();
        let mut first = waiting.pop_front()?;
        let mut taken = first.bytes().len();
        encoder.wrap(&mut first);
        while taken < SMALL && waiting.front().is_some_and(|next| next.bytes().len() < SMALL) {
            let mut next = waiting.pop_front()?;
            taken += next.bytes().len();
            encoder.wrap(&mut next);
            first.append(&next);
        }
        Some((first, taken))
    }
}

/// What more is there to read without waiting: TLS hands out a record of 16 KiB at a time, and each hand-over to a
/// local connection is a system call. An error or an end comes again with the next read.
fn fill(reader: &mut ReadHalf<Box<dyn ByteStream>>, mut space: &mut [u8]) -> usize {
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
