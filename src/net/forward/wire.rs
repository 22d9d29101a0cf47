//! What is written and read on an upgraded connection: SPDY bytes, wrapped in WebSocket messages where the transport
//! is the tunnel.

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

    /// Appends SPDY bytes, wrapped.
    pub fn wrap(&mut self, out: &mut Vec<u8>, bytes: &[u8]) {
        match self.transport {
            Transport::Spdy => out.extend_from_slice(bytes),
            Transport::Tunnel => {
                let mask = self.next_mask();
                websocket::binary(out, bytes, mask);
            }
        }
    }

    /// The answer to a ping of the transport, wrapped.
    pub fn pong(&mut self, body: &[u8]) -> Vec<u8> {
        let mut out = Vec::new();
        let mask = self.next_mask();
        websocket::pong(&mut out, body, mask);
        out
    }

    /// The transport's own end, if it has one.
    pub fn close(&mut self) -> Vec<u8> {
        let mut out = Vec::new();
        if self.transport == Transport::Tunnel {
            let mask = self.next_mask();
            websocket::close(&mut out, mask);
        }
        out
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
