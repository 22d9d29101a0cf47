//! SPDY/3.1 framing, as far as port-forward speaks it: bytes in, events out; events in, bytes out. No I/O.
//! Draft: <https://www.chromium.org/spdy/spdy-protocol/spdy-protocol-draft3-1/>; the peer is Go's `moby/spdystream`.
//!
//! Header blocks are zlib streams. What the server says in its headers decides nothing for us, so they are skipped, not
//! inflated; ours are written as *stored* blocks, which every inflater takes and which cost neither time nor memory.

use crate::partial_frame::PartialFrame;

/// The largest control frame that we hold; a larger one is not port-forward's.
const LARGEST_CONTROL: usize = 64 * 1024;
/// Bytes of the header that every frame begins with.
pub(crate) const FRAME_HEADER: usize = 8;
/// The most that one data frame carries by the protocol (24 bits); we send much less.
pub(crate) const LARGEST_DATA: usize = 0x00ff_ffff;

const SYN_STREAM: u16 = 1;
const SYN_REPLY: u16 = 2;
const RST_STREAM: u16 = 3;
const PING: u16 = 6;
const GOAWAY: u16 = 7;
const HEADERS: u16 = 8;
const FLAG_FIN: u8 = 1;

/// RST_STREAM status: we give the stream up.
pub(crate) const CANCEL: u32 = 5;

/// What a frame, or a piece of a data frame, says.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Event<'a> {
    /// Bytes of a stream; `fin` with the last of them: the peer sends nothing more on it.
    Data {
        /// The stream.
        stream: u32,
        /// A piece, not necessarily a whole frame.
        bytes: &'a [u8],
        /// The peer's side of the stream is closed.
        fin: bool,
    },
    /// The peer accepted a stream that we opened.
    Reply {
        /// The stream.
        stream: u32,
        /// The peer's side of the stream is closed.
        fin: bool,
    },
    /// The peer gave a stream up.
    Reset {
        /// The stream.
        stream: u32,
        /// Why, by the draft's table.
        status: u32,
    },
    /// A ping, or the answer to ours: ours have odd ids.
    Ping {
        /// To be sent back.
        id: u32,
    },
    /// The peer takes no more streams.
    GoAway,
    /// Something that means nothing to us.
    Ignored,
}

/// Bytes that are not SPDY/3.1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Malformed(pub(crate) String);

#[derive(Debug)]
enum State {
    Header,
    Data { stream: u32, left: usize, fin: bool },
    Control { kind: u16, flags: u8, length: usize },
}

/// Takes frames apart, however the bytes are cut.
#[derive(Debug)]
pub(crate) struct Decoder {
    state: State,
    partial: PartialFrame,
}

impl Default for Decoder {
    fn default() -> Self {
        Decoder { state: State::Header, partial: PartialFrame::default() }
    }
}

impl Decoder {
    /// The next event in `input`, which is moved past what was used. `None` when more bytes are needed.
    ///
    /// # Errors
    /// When the bytes cannot be SPDY/3.1; the connection is then of no more use.
    pub(crate) fn next<'a>(&mut self, input: &mut &'a [u8]) -> Result<Option<Event<'a>>, Malformed> {
        loop {
            match self.state {
                State::Header => {
                    if !self.partial.fill(input, FRAME_HEADER) {
                        return Ok(None);
                    }
                    self.state = parse_header(self.partial.bytes())?;
                    self.partial.clear();
                }
                State::Data { stream, left, fin } => {
                    if input.is_empty() && left > 0 {
                        return Ok(None);
                    }
                    let (bytes, rest) = input.split_at(left.min(input.len()));
                    *input = rest;
                    let left = left - bytes.len();
                    self.state = if left == 0 { State::Header } else { State::Data { stream, left, fin } };
                    return Ok(Some(Event::Data { stream, bytes, fin: fin && left == 0 }));
                }
                State::Control { kind, flags, length } => {
                    if !self.partial.fill(input, length) {
                        return Ok(None);
                    }
                    self.state = State::Header;
                    return control(kind, flags, &self.partial.take()).map(Some);
                }
            }
        }
    }
}

fn parse_header(header: &[u8]) -> Result<State, Malformed> {
    let first = number(header, 0);
    let flags = header[4];
    let length = (number(header, 4) & 0x00ff_ffff) as usize;
    if first & 0x8000_0000 == 0 {
        return Ok(State::Data { stream: first, left: length, fin: flags & FLAG_FIN != 0 });
    }
    let version = (first >> 16) & 0x7fff;
    if version != 3 {
        return Err(Malformed(format!("a control frame of SPDY version {version}")));
    }
    if length > LARGEST_CONTROL {
        return Err(Malformed(format!("a control frame of {length} bytes")));
    }
    Ok(State::Control { kind: (first & 0xffff) as u16, flags, length })
}

fn control<'a>(kind: u16, flags: u8, body: &[u8]) -> Result<Event<'a>, Malformed> {
    let fin = flags & FLAG_FIN != 0;
    let needed = match kind {
        SYN_REPLY | HEADERS | PING => 4,
        RST_STREAM | GOAWAY => 8,
        _ => 0,
    };
    if body.len() < needed {
        return Err(Malformed(format!("a control frame of type {kind} with {} bytes", body.len())));
    }
    Ok(match kind {
        SYN_REPLY => Event::Reply { stream: number(body, 0) & 0x7fff_ffff, fin },
        HEADERS if fin => Event::Data { stream: number(body, 0) & 0x7fff_ffff, bytes: &[], fin },
        RST_STREAM => Event::Reset { stream: number(body, 0) & 0x7fff_ffff, status: number(body, 4) },
        PING => Event::Ping { id: number(body, 0) },
        GOAWAY => Event::GoAway,
        _ => Event::Ignored,
    })
}

fn number(bytes: &[u8], at: usize) -> u32 {
    bytes[at..at + 4].iter().fold(0, |number, byte| number << 8 | u32::from(*byte))
}

/// The header of a data frame; `length` bytes follow it.
pub(crate) fn data_header(stream: u32, length: usize, fin: bool) -> [u8; FRAME_HEADER] {
    let length = u32::try_from(length.min(LARGEST_DATA)).unwrap_or_default();
    let mut header = [0; FRAME_HEADER];
    header[..4].copy_from_slice(&(stream & 0x7fff_ffff).to_be_bytes());
    header[4..].copy_from_slice(&(u32::from(fin as u8 * FLAG_FIN) << 24 | length).to_be_bytes());
    header
}

/// A ping, or the answer to one.
pub(crate) fn ping(id: u32) -> Vec<u8> {
    control_frame(PING, &id.to_be_bytes())
}

/// Gives a stream up.
pub(crate) fn reset(stream: u32, status: u32) -> Vec<u8> {
    control_frame(RST_STREAM, &[stream.to_be_bytes(), status.to_be_bytes()].concat())
}

fn control_frame(kind: u16, body: &[u8]) -> Vec<u8> {
    let mut frame = Vec::with_capacity(FRAME_HEADER + body.len());
    frame.extend_from_slice(&(0x8003_0000 | u32::from(kind)).to_be_bytes());
    frame.extend_from_slice(&u32::try_from(body.len()).unwrap_or_default().to_be_bytes());
    frame.extend_from_slice(body);
    frame
}

/// The one zlib stream that all header blocks of a connection are parts of.
#[derive(Debug, Default)]
pub(crate) struct HeaderBlocks {
    begun: bool,
    written: usize,
}

/// Go's inflater hands out what it has when its window of this size is full.
const WINDOW: usize = 32 * 1024;

impl HeaderBlocks {
    /// Opens a stream with these headers.
    pub(crate) fn syn_stream(&mut self, stream: u32, headers: &[(&str, &str)]) -> Vec<u8> {
        let mut body = Vec::new();
        body.extend_from_slice(&stream.to_be_bytes());
        body.extend_from_slice(&[0; 6]); // no associated stream, no priority, no slot
        body.extend_from_slice(&self.block(headers));
        control_frame(SYN_STREAM, &body)
    }

    fn block(&mut self, headers: &[(&str, &str)]) -> Vec<u8> {
        let mut plain = pairs(headers);
        // A block that ends where Go's window does is handed out before its end marker is read, and spdystream takes
        // the marker for a corrupt header. One more header moves the end.
        if (self.written + plain.len()).is_multiple_of(WINDOW) {
            plain = pairs(&[headers, &[("padding", "1")]].concat());
        }
        self.written += plain.len();
        let mut block = Vec::with_capacity(plain.len() + 12);
        if !self.begun {
            self.begun = true;
            block.extend_from_slice(&[0x78, 0x01]); // zlib, deflate, window of 32 KiB, no dictionary
        }
        stored(&mut block, &plain);
        stored(&mut block, &[]); // the end marker of a flush
        block
    }
}

/// A stored block of deflate (RFC 1951 §3.2.4), not the last one.
fn stored(block: &mut Vec<u8>, plain: &[u8]) {
    let length = u16::try_from(plain.len()).unwrap_or_default();
    block.push(0);
    block.extend_from_slice(&length.to_le_bytes());
    block.extend_from_slice(&(!length).to_le_bytes());
    block.extend_from_slice(plain);
}

fn pairs(headers: &[(&str, &str)]) -> Vec<u8> {
    let count = |length: usize| u32::try_from(length).unwrap_or_default().to_be_bytes();
    let mut plain = count(headers.len()).to_vec();
    for text in headers.iter().flat_map(|(name, value)| [name, value]) {
        plain.extend_from_slice(&count(text.len()));
        plain.extend_from_slice(text.as_bytes());
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes(hex: &str) -> Vec<u8> {
        let digits: String = hex.split_whitespace().collect();
        (0..digits.len()).step_by(2).map(|at| u8::from_str_radix(&digits[at..at + 2], 16).expect("hex")).collect()
    }

    /// All events of a text of bytes, cut into pieces of this size; data is put together again.
    fn events(input: &[u8], piece: usize) -> Result<Vec<String>, Malformed> {
        let mut decoder = Decoder::default();
        let mut found: Vec<String> = Vec::new();
        let mut data: Vec<u8> = Vec::new();
        for mut part in input.chunks(piece) {
            while let Some(event) = decoder.next(&mut part)? {
                match event {
                    Event::Data { stream, bytes, fin } => {
                        data.extend_from_slice(bytes);
                        if fin || data.len() == 5 {
                            found.push(format!("data {stream} {:?} {fin}", String::from_utf8_lossy(&data)));
                            data.clear();
                        }
                    }
                    other => found.push(format!("{other:?}")),
                }
            }
        }
        Ok(found)
    }

    #[test]
    fn one_table_both_ways() {
        let table: Vec<(Vec<u8>, &str, &str)> = vec![
            (
                [&data_header(3, 5, false)[..], b"hello"].concat(),
                "00000003 00000005 68656c6c6f",
                r#"data 3 "hello" false"#,
            ),
            (data_header(3, 0, true).to_vec(), "00000003 01000000", r#"data 3 "" true"#),
            (ping(1), "80030006 00000004 00000001", "Ping { id: 1 }"),
            (reset(5, CANCEL), "80030003 00000008 00000005 00000005", "Reset { stream: 5, status: 5 }"),
        ];
        for (ours, wire, event) in &table {
            assert_eq!(ours, &bytes(wire), "{event}");
        }
        let all: Vec<u8> = table.iter().flat_map(|(ours, _, _)| ours.clone()).collect();
        let wanted: Vec<&str> = table.iter().map(|(_, _, event)| *event).collect();
        for piece in [1, 2, 3, 7, 8, 9, 1000] {
            assert_eq!(events(&all, piece).expect("frames"), wanted, "pieces of {piece}");
        }
    }

    #[test]
    fn frames_of_the_server_are_read() {
        let all = bytes(
            "80030002 00000006 00000003 aabb   80030002 01000004 00000005
             80030004 0000000c 00000001 0100000400000064   80030007 00000008 0000000300000000
             80030009 00000008 0000000300001000   80030008 01000004 00000007",
        );
        let wanted = [
            "Reply { stream: 3, fin: false }",
            "Reply { stream: 5, fin: true }",
            "Ignored",
            "GoAway",
            "Ignored",
            r#"data 7 "" true"#,
        ];
        assert_eq!(events(&all, 3).expect("frames"), wanted);
    }

    #[test]
    fn what_is_not_spdy_is_refused_and_never_panics() {
        for wrong in
            ["80020006 00000004 00000001", "80030006 00000001 00", "80030001 00ffffff", "80030003 00000004 00000001"]
        {
            assert!(events(&bytes(wrong), 4).is_err(), "{wrong}");
        }
        assert!(
            events(b"HTTP/1.1 400 Bad Request\r\n\r\n", 5).is_ok_and(|found| found.is_empty()),
            "a data frame of another stream"
        );
    }

    #[test]
    fn header_blocks_inflate_to_what_was_said() {
        let mut blocks = HeaderBlocks::default();
        let frame = blocks.syn_stream(1, &[("streamtype", "error"), ("port", "80")]);
        assert_eq!(&frame[..8], &bytes("80030001 0000003f")[..]);
        let block = &frame[18..];
        assert_eq!(&block[..7], &bytes("7801 00 2900 d6ff")[..]);
        assert_eq!(&block[7..11], &bytes("00000002")[..]);
        assert_eq!(&block[block.len() - 5..], &bytes("00 0000 ffff")[..]);
        let second = blocks.syn_stream(3, &[]);
        assert_eq!(&second[18..21], &bytes("000400")[..], "the zlib header comes once");
    }

    #[test]
    fn no_block_ends_where_the_window_of_the_peer_does() {
        let mut blocks = HeaderBlocks::default();
        let plain = pairs(&[("streamtype", "data")]).len();
        let mut padded = 0;
        for _ in 0..20_000 {
            let before = blocks.written;
            blocks.syn_stream(1, &[("streamtype", "data")]);
            padded += usize::from(blocks.written - before != plain);
            assert!(!blocks.written.is_multiple_of(WINDOW));
        }
        assert!(padded > 0, "the case occurs");
    }
}
