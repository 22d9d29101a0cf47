//! What stands between this machine and a cluster. Errors of a connection to it name it: whoever reads of a refused
//! connection would look for the fault at the cluster.

use std::io;

use crate::model::wire::endpoint::Endpoint;

/// What is connected to first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Between {
    Proxy,
    /// Its near end.
    Tunnel,
}

impl Between {
    const ALL: [Self; 2] = [Between::Proxy, Between::Tunnel];

    fn word(self) -> &'static str {
        match self {
            Between::Proxy => "proxy",
            Between::Tunnel => "tunnel",
        }
    }

    /// The error of a connection that failed there.
    pub(super) fn fault(self, at: &Endpoint, why: &str) -> io::Error {
        io::Error::other(format!("{} {at}: {why}", self.word()))
    }

    /// What the words of an error blame, if they are those of a [`Between::fault`].
    pub(super) fn blamed_by(words: &str) -> Option<Self> {
        let (first, _) = words.split_once(' ')?;
        Between::ALL.into_iter().find(|between| between.word() == first)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_blames_what_it_names() {
        let at = Endpoint { host: "localhost".to_owned(), port: 8443 };
        for between in Between::ALL {
            assert_eq!(Between::blamed_by(&between.fault(&at, "connection refused").to_string()), Some(between));
        }
        assert_eq!(Between::Tunnel.fault(&at, "timed out").to_string(), "tunnel localhost:8443: timed out");
        assert_eq!(Between::blamed_by("connection refused"), None);
    }
}
