//! What is written and read on an upgraded connection: SPDY bytes, wrapped in WebSocket messages where the transport
//! is the tunnel.

use crate::spdy;
use crate::transport::Transport;
use crate::websocket;

/// Takes the bytes of the transport apart.
#[derive(Debug)]
pub(crate) enum TransportDecoder {
    Plain,
    WebSocket(websocket::Decoder),
}

/// What came in, of one or the other layer.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Received<'a> {
    Spdy(&'a [u8]),
    /// To be answered.
    Ping(Vec<u8>),
    Close,
}

impl TransportDecoder {
    pub(crate) fn new(transport: Transport) -> Self {
        match transport {
            Transport::Spdy => TransportDecoder::Plain,
            Transport::WebSocket => TransportDecoder::WebSocket(websocket::Decoder::default()),
        }
    }

    /// The next SPDY bytes, or what the transport itself said. `None` when more bytes are needed.
    ///
    /// # Errors
    /// When the bytes cannot be of this transport.
    pub(crate) fn next<'a>(&mut self, input: &mut &'a [u8]) -> Result<Option<Received<'a>>, String> {
        let decoder = match self {
            TransportDecoder::Plain if input.is_empty() => return Ok(None),
            TransportDecoder::Plain => return Ok(Some(Received::Spdy(std::mem::take(input)))),
            TransportDecoder::WebSocket(decoder) => decoder,
        };
        loop {
            let event = decoder.next(input).map_err(|malformed| malformed.0)?;
            return Ok(match event {
                None => None,
                Some(websocket::Event::Bytes(bytes)) => Some(Received::Spdy(bytes)),
                Some(websocket::Event::Ping(body)) => Some(Received::Ping(body)),
                Some(websocket::Event::Close(_)) => Some(Received::Close),
                Some(websocket::Event::Pong) => continue,
            });
        }
    }
}

/// Room in front of what goes out: for the transport's head, and for SPDY's.
pub(crate) const HEADROOM: usize = websocket::LARGEST_HEAD + spdy::FRAME_HEADER;

/// Bytes on their way out, with room in front of them, so that they are wrapped where they lie.
#[derive(Debug)]
pub(crate) struct OutgoingFrame {
    bytes: Vec<u8>,
    start: usize,
    wrapped: bool,
}

impl OutgoingFrame {
    pub(crate) fn spdy(frame: &[u8]) -> Self {
        OutgoingFrame { bytes: [&[0; HEADROOM][..], frame].concat(), start: HEADROOM, wrapped: false }
    }

    /// A SPDY data frame of the bytes that lie behind [`HEADROOM`].
    pub(crate) fn data(stream: u32, mut bytes: Vec<u8>) -> Self {
        let start = HEADROOM - spdy::FRAME_HEADER;
        let header = spdy::data_header(stream, bytes.len() - HEADROOM, false);
        bytes[start..HEADROOM].copy_from_slice(&header);
        OutgoingFrame { bytes, start, wrapped: false }
    }

    /// A message of the transport itself.
    fn control(bytes: Vec<u8>) -> Self {
        OutgoingFrame { bytes, start: 0, wrapped: true }
    }

    /// Puts another one behind it; both are wrapped.
    pub(crate) fn append(&mut self, next: &OutgoingFrame) {
        self.bytes.extend_from_slice(next.bytes());
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes[self.start..]
    }
}

/// Puts the transport's wrapping on.
#[derive(Debug)]
pub(crate) struct TransportEncoder {
    transport: Transport,
    mask: u32,
}

impl TransportEncoder {
    pub(crate) fn new(transport: Transport) -> Self {
        let mut seed = [0; 4];
        let _ = getrandom::fill(&mut seed);
        TransportEncoder { transport, mask: u32::from_ne_bytes(seed) | 1 }
    }

    pub(crate) fn wrap(&mut self, outgoing: &mut OutgoingFrame) {
        if self.transport == Transport::WebSocket && !outgoing.wrapped {
            let mask = self.next_mask();
            outgoing.start = websocket::binary(&mut outgoing.bytes, outgoing.start, mask);
            outgoing.wrapped = true;
        }
    }

    /// The answer to a ping of the transport.
    pub(crate) fn pong(&mut self, body: &[u8]) -> OutgoingFrame {
        OutgoingFrame::control(websocket::pong(body, self.next_mask()))
    }

    /// The transport's own end, if it has one.
    pub(crate) fn close(&mut self) -> Vec<u8> {
        match self.transport {
            Transport::WebSocket => websocket::close(self.next_mask()),
            Transport::Spdy => Vec::new(),
        }
    }

    /// A mask that changes with every frame. Masks keep plain HTTP proxies from being confused; we are inside TLS, so
    /// a cheap sequence (xorshift) serves.
    fn next_mask(&mut self) -> [u8; 4] {
        self.mask ^= self.mask << 13;
        self.mask ^= self.mask >> 17;
        self.mask ^= self.mask << 5;
        self.mask.to_ne_bytes()
    }
}
