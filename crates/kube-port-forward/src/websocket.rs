//! WebSocket framing (RFC 6455), as far as the SPDY tunnel needs it: a byte pipe in binary messages, with ping, pong
//! and close. Bytes in, events out. No I/O.

use crate::partial_frame::PartialFrame;

/// The subprotocol under which an API server tunnels SPDY (KEP-4006).
pub(crate) const TUNNEL_PROTOCOL: &str = "SPDY/3.1+portforward.k8s.io";

/// The largest control frame by the RFC.
const LARGEST_CONTROL: u64 = 125;

/// What a frame, or a piece of one, says.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Event<'a> {
    /// Bytes of the pipe; where messages begin and end means nothing.
    Bytes(&'a [u8]),
    /// To be answered with [`pong`].
    Ping(Vec<u8>),
    /// The answer to a ping.
    Pong,
    /// The end, with its code if there is one (1000 is a normal end).
    Close(Option<u16>),
}

/// Bytes that no server may send.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Malformed(pub(crate) String);

#[derive(Debug)]
enum State {
    Head,
    Bytes { left: u64 },
    Control { opcode: u8, length: usize },
}

/// Takes frames apart, however the bytes are cut.
#[derive(Debug)]
pub(crate) struct Decoder {
    state: State,
    partial: PartialFrame,
}

impl Default for Decoder {
    fn default() -> Self {
        Decoder { state: State::Head, partial: PartialFrame::default() }
    }
}

impl Decoder {
    /// The next event in `input`, which is moved past what was used. `None` when more bytes are needed.
    ///
    /// # Errors
    /// When no server may send this; the connection is then of no more use.
    pub(crate) fn next<'a>(&mut self, input: &mut &'a [u8]) -> Result<Option<Event<'a>>, Malformed> {
        loop {
            match self.state {
                State::Head => {
                    if !self.partial.fill(input, 2) {
                        return Ok(None);
                    }
                    let extra = match self.partial.bytes()[1] & 0x7f {
                        126 => 2,
                        127 => 8,
                        _ => 0,
                    };
                    if !self.partial.fill(input, 2 + extra) {
                        return Ok(None);
                    }
                    self.state = parse_head(self.partial.bytes())?;
                    self.partial.clear();
                }
                State::Bytes { left: 0 } => self.state = State::Head,
                State::Bytes { left } => {
                    if input.is_empty() {
                        return Ok(None);
                    }
                    let length = usize::try_from(left).unwrap_or(usize::MAX).min(input.len());
                    let (bytes, rest) = input.split_at(length);
                    *input = rest;
                    self.state = State::Bytes { left: left - length as u64 };
                    return Ok(Some(Event::Bytes(bytes)));
                }
                State::Control { opcode, length } => {
                    if !self.partial.fill(input, length) {
                        return Ok(None);
                    }
                    self.state = State::Head;
                    let body = self.partial.take();
                    return Ok(Some(control(opcode, body)));
                }
            }
        }
    }
}

fn parse_head(head: &[u8]) -> Result<State, Malformed> {
    let opcode = head[0] & 0x0f;
    if head[1] & 0x80 != 0 {
        return Err(Malformed("a masked frame from the server".to_owned()));
    }
    if head[0] & 0x70 != 0 {
        return Err(Malformed("a frame of an extension that was not agreed".to_owned()));
    }
    let length = match head.len() {
        2 => u64::from(head[1]),
        _ => head[2..].iter().fold(0, |length, byte| length << 8 | u64::from(*byte)),
    };
    match opcode {
        // Text is the same pipe to us; continuation carries on whatever came before.
        0..=2 => Ok(State::Bytes { left: length }),
        8..=10 if length <= LARGEST_CONTROL => Ok(State::Control { opcode, length: length as usize }),
        _ => Err(Malformed(format!("a frame of kind {opcode} with {length} bytes"))),
    }
}

fn control<'a>(opcode: u8, body: Vec<u8>) -> Event<'a> {
    match opcode {
        8 => Event::Close(body.get(..2).map(|code| u16::from_be_bytes([code[0], code[1]]))),
        9 => Event::Ping(body),
        _ => Event::Pong,
    }
}

/// Bytes that a frame's head takes at most, its mask with it.
pub(crate) const LARGEST_HEAD: usize = 14;

/// Makes a binary message of the bytes from `start` on, where they lie: they are masked, as the RFC demands of clients,
/// and the head is put right before them. Returns where the message begins.
///
/// # Panics
/// When there is no room for the head: [`LARGEST_HEAD`] bytes before `start`.
pub(crate) fn binary(bytes: &mut [u8], start: usize, mask: [u8; 4]) -> usize {
    apply(&mut bytes[start..], mask);
    let (head, length) = head(2, bytes.len() - start, mask);
    bytes[start - length..start].copy_from_slice(&head[..length]);
    start - length
}

/// The answer to a ping.
pub(crate) fn pong(body: &[u8], mask: [u8; 4]) -> Vec<u8> {
    control_frame(10, body, mask)
}

/// A normal end.
pub(crate) fn close(mask: [u8; 4]) -> Vec<u8> {
    control_frame(8, &1000_u16.to_be_bytes(), mask)
}

fn control_frame(opcode: u8, body: &[u8], mask: [u8; 4]) -> Vec<u8> {
    let (head, length) = head(opcode, body.len(), mask);
    let mut frame = [&head[..length], body].concat();
    apply(&mut frame[length..], mask);
    frame
}

fn head(opcode: u8, length: usize, mask: [u8; 4]) -> ([u8; LARGEST_HEAD], usize) {
    let mut head = [0; LARGEST_HEAD];
    head[0] = 0x80 | opcode;
    let end = match length {
        0..=125 => {
            head[1] = 0x80 | length as u8;
            2
        }
        126..=0xffff => {
            head[1] = 0x80 | 126;
            head[2..4].copy_from_slice(&(length as u16).to_be_bytes());
            4
        }
        _ => {
            head[1] = 0x80 | 127;
            head[2..10].copy_from_slice(&(length as u64).to_be_bytes());
            10
        }
    };
    head[end..end + 4].copy_from_slice(&mask);
    (head, end + 4)
}

fn apply(bytes: &mut [u8], mask: [u8; 4]) {
    // Eight bytes at a time; the compiler makes wider ones of it.
    let wide = u64::from_ne_bytes([mask[0], mask[1], mask[2], mask[3], mask[0], mask[1], mask[2], mask[3]]);
    let mut chunks = bytes.chunks_exact_mut(8);
    for chunk in &mut chunks {
        let masked = u64::from_ne_bytes(chunk.try_into().unwrap_or_default()) ^ wide;
        chunk.copy_from_slice(&masked.to_ne_bytes());
    }
    for (byte, mask) in chunks.into_remainder().iter_mut().zip(mask.iter().cycle()) {
        *byte ^= mask;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(input: &[u8], piece: usize) -> Result<(Vec<u8>, Vec<String>), Malformed> {
        let (mut decoder, mut pipe, mut rest) = (Decoder::default(), Vec::new(), Vec::new());
        for mut part in input.chunks(piece) {
            while let Some(event) = decoder.next(&mut part)? {
                match event {
                    Event::Bytes(bytes) => pipe.extend_from_slice(bytes),
                    other => rest.push(format!("{other:?}")),
                }
            }
        }
        Ok((pipe, rest))
    }

    /// What a server would read from our frame.
    fn unmask(frame: &[u8]) -> Vec<u8> {
        let head = match frame[1] & 0x7f {
            126 => 4,
            127 => 10,
            _ => 2,
        };
        let mask = &frame[head..head + 4];
        frame[head + 4..].iter().zip(mask.iter().cycle()).map(|(byte, mask)| byte ^ mask).collect()
    }

    #[test]
    fn our_frames_say_what_was_put_in() {
        for length in [0, 1, 7, 8, 9, 125, 126, 127, 65_535, 65_536, 70_001] {
            let body: Vec<u8> = (0..length).map(|at| (at % 251) as u8).collect();
            let mut out = [&[0; LARGEST_HEAD][..], &body].concat();
            let begin = binary(&mut out, LARGEST_HEAD, [1, 2, 3, 4]);
            assert_eq!(out[begin], 0x82);
            assert_eq!(unmask(&out[begin..]), body, "{length} bytes");
        }
        let out = close([9, 9, 9, 9]);
        assert_eq!((out[0], unmask(&out)), (0x88, vec![0x03, 0xe8]));
    }

    #[test]
    fn frames_of_a_server_are_read_however_they_are_cut() {
        let mut wire = vec![0x82, 3, b'a', b'b', b'c', 0x89, 2, b'h', b'i', 0x02, 1, b'd', 0x80, 126, 0, 130];
        wire.extend_from_slice(&[b'x'; 130]);
        wire.extend_from_slice(&[0x82, 127, 0, 0, 0, 0, 0, 0, 0, 1, b'z', 0x8a, 0, 0x88, 2, 3, 0xe8, 0x82, 0]);
        let pipe = [b"abcd".to_vec(), vec![b'x'; 130], b"z".to_vec()].concat();
        for piece in [1, 2, 3, 5, 1000] {
            let (read_pipe, events) = read(&wire, piece).expect("frames");
            assert_eq!(read_pipe, pipe, "pieces of {piece}");
            assert_eq!(events, ["Ping([104, 105])", "Pong", "Close(Some(1000))"], "pieces of {piece}");
        }
    }

    #[test]
    fn what_no_server_may_send_is_refused() {
        for wrong in [&[0x82, 0x81, 0, 0, 0, 0, 0][..], &[0xc2, 1, 0], &[0x89, 126, 1, 0], &[0x83, 0], &[0x8b, 0]] {
            assert!(read(wrong, 1).is_err(), "{wrong:?}");
        }
    }
}
