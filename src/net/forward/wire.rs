//! What is written and read on an upgraded connection: SPDY bytes, wrapped in WebSocket messages where the transport
//! is the tunnel.

use crate::model::spdy;
use crate::model::websocket;
use crate::net::forward::dial::Transport;

/// Takes the transport's wrapping off.
#[derive(Debug)]
pub enum Unwrapper {
    /// Nothing to take off.
    Plain,
    /// WebSocket frames.
    Tunnel(websocket::Decoder),
}

/// What the transport itself said between the SPDY bytes.
#[derive(Debug, PartialEq, Eq)]
pub enum Aside {
    /// To be answered.
    Ping(Vec<u8>),
    /// The end.
    Close,
}

impl Unwrapper {
    /// For a transport.
    pub fn new(transport: Transport) -> Self {
        match transport {
            Transport::Spdy => Unwrapper::Plain,
            Transport::Tunnel => Unwrapper::Tunnel(websocket::Decoder::default()),
        }
    }

    /// The next SPDY bytes, or what the transport said. `None` when more bytes are needed.
    ///
    /// # Errors
    /// When the bytes cannot be of this transport.
    pub fn next<'a>(&mut self, input: &mut &'a [u8]) -> Result<Option<Result<&'a [u8], Aside>>, String> {
        let decoder = match self {
            Unwrapper::Plain if input.is_empty() => return Ok(None),
            Unwrapper::Plain => return Ok(Some(Ok(std::mem::take(input)))),
            Unwrapper::Tunnel(decoder) => decoder,
        };
        loop {
            let event = decoder.next(input).map_err(|malformed| malformed.0)?;
            return Ok(match event {
                None => None,
                Some(websocket::Event::Bytes(bytes)) => Some(Ok(bytes)),
                Some(websocket::Event::Ping(body)) => Some(Err(Aside::Ping(body))),
                Some(websocket::Event::Close(_)) => Some(Err(Aside::Close)),
                Some(websocket::Event::Pong) => continue,
            });
        }
    }
}

/// Room in front of what goes out: for the transport's head, and for SPDY's.
pub const HEADROOM: usize = websocket::LARGEST_HEAD + spdy::FRAME_HEADER;

/// Bytes on their way out, with room in front of them, so that they are wrapped where they lie.
#[derive(Debug)]
pub struct Outgoing {
    bytes: Vec<u8>,
    start: usize,
    wrapped: bool,
}

impl Outgoing {
    /// A SPDY frame.
    pub fn frame(frame: &[u8]) -> Self {
        Outgoing { bytes: [&[0; HEADROOM][..], frame].concat(), start: HEADROOM, wrapped: false }
    }

    /// A SPDY data frame of the bytes that lie behind [`HEADROOM`].
    pub fn data(stream: u32, mut bytes: Vec<u8>) -> Self {
        let start = HEADROOM - spdy::FRAME_HEADER;
        let header = spdy::data_header(stream, bytes.len() - HEADROOM, false);
        bytes[start..HEADROOM].copy_from_slice(&header);
        Outgoing { bytes, start, wrapped: false }
    }

    /// What the transport itself says.
    fn aside(bytes: Vec<u8>) -> Self {
        Outgoing { bytes, start: 0, wrapped: true }
    }

    /// Puts one behind it that is wrapped too.
    pub fn append(&mut self, next: &Outgoing) {
        self.bytes.extend_from_slice(next.bytes());
    }

    /// What goes out.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes[self.start..]
    }
}

/// Puts the transport's wrapping on.
#[derive(Debug)]
pub struct Wrapper {
    transport: Transport,
    mask: u32,
}

impl Wrapper {
    /// For a transport, with a random beginning of its masks.
    pub fn new(transport: Transport) -> Self {
        let mut seed = [0; 4];
        let _ = getrandom::fill(&mut seed);
        Wrapper { transport, mask: u32::from_ne_bytes(seed) | 1 }
    }

    /// Wraps what is not wrapped yet.
    pub fn wrap(&mut self, outgoing: &mut Outgoing) {
        if self.transport == Transport::Tunnel && !outgoing.wrapped {
            let mask = self.next_mask();
            outgoing.start = websocket::binary(&mut outgoing.bytes, outgoing.start, mask);
            outgoing.wrapped = true;
        }
    }

    /// The answer to a ping of the transport.
    pub fn pong(&mut self, body: &[u8]) -> Outgoing {
        Outgoing::aside(websocket::pong(body, self.next_mask()))
    }

    /// The transport's own end, if it has one.
    pub fn close(&mut self) -> Vec<u8> {
        match self.transport {
            Transport::Tunnel => websocket::close(self.next_mask()),
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
