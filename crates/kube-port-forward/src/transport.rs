//! The two ways to carry SPDY to an API server.

/// How SPDY is carried. An API server authorises each way by a different verb on `pods/portforward`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Transport {
    /// `GET` (verb `get`): a WebSocket that tunnels SPDY, which passes proxies. Servers offer it by default from 1.31 on.
    WebSocket,
    /// `POST` (verb `create`): SPDY at once, which every server takes.
    Spdy,
}

impl Transport {
    pub(crate) fn other(self) -> Self {
        match self {
            Transport::WebSocket => Transport::Spdy,
            Transport::Spdy => Transport::WebSocket,
        }
    }

    /// A name for messages and files.
    pub fn name(self) -> &'static str {
        match self {
            Transport::WebSocket => "websocket",
            Transport::Spdy => "spdy",
        }
    }

    /// The transport of this name.
    pub fn named(name: &str) -> Option<Self> {
        [Transport::WebSocket, Transport::Spdy].into_iter().find(|transport| transport.name() == name)
    }
}
