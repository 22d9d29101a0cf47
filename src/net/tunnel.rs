//! Connections to the near end of a tunnel, where the far end is the cluster.

use std::io;

use crate::error::plain_io;

/// The error of a connection to a near end. It names the tunnel: whoever reads of a refused connection would look for the
/// fault at the cluster.
pub(super) fn fault(near_end: &str, error: &io::Error) -> io::Error {
    io::Error::other(format!("tunnel {near_end}: {}", plain_io(error)))
}

/// Whether the words of an error blame the tunnel, as those of [`fault`] do.
pub(super) fn is_at_fault(words: &str) -> bool {
    words.starts_with("tunnel ")
}
