//! The port-forward engine: SPDY streams over two transports, connections spread over a few sessions.
//!
//! ```text
//! local connection ─┐                       ┌─ session (TLS) ─┐
//! local connection ─┼─► link to one pod ────┼─ session (TLS) ─┼──► API server ──► kubelet ──► pod
//! local connection ─┘                       └─ spare session ─┘
//! ```
//!
//! No flow control exists on this wire: whoever stops reading stops everybody on the same TCP connection. So each
//! connection gets a session of its own as long as there are not too many; `docs/port-forward.md` says what happens then,
//! and what the lanes of a session are.

pub mod carry;
pub mod claim;
pub mod dial;
pub mod link;
pub mod listen;
pub mod pipe;
pub mod probe;
pub mod session;
mod tunnel;
mod upload;
pub mod wire;
