//! Why the pod's side of a forwarded connection could not be reached, by the words of kubelets and runtimes.

/// Why the pod's side could not be reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PodError {
    /// Nobody listens on the port.
    Refused(String),
    /// The pod is gone or going.
    PodGone(String),
    /// The session ended before anything was sent.
    SessionEnded(String),
    /// Anything else, in the server's words.
    Other(String),
}

impl std::fmt::Display for PodError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.words())
    }
}

impl std::error::Error for PodError {}

impl PodError {
    /// By the words of kubelets and container runtimes.
    pub(crate) fn from_words(words: String) -> PodError {
        let says = |part: &str| words.contains(part);
        // The runtime could not even connect: whatever the reason, nothing was delivered.
        if ["connection refused", "failed to connect to", "dial tcp"].iter().any(|part| says(part)) {
            PodError::Refused(words)
        } else if [
            "is closed",
            "not found",
            "is not running",
            "failed to find sandbox",
            "no such container",
            "container not running",
        ]
        .iter()
        .any(|part| says(part))
        {
            PodError::PodGone(words)
        } else {
            PodError::Other(words)
        }
    }

    /// The words of whoever refused.
    pub fn words(&self) -> &str {
        match self {
            PodError::Refused(words)
            | PodError::PodGone(words)
            | PodError::SessionEnded(words)
            | PodError::Other(words) => words,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_of_the_runtimes_tell_what_may_be_tried_again() {
        let of = |words: &str| PodError::from_words(words.to_owned());
        assert!(matches!(
            of(
                "error forwarding port 81 to pod a7, uid : failed to execute portforward in network namespace \"/var/run/netns/cni-1\": failed to connect to localhost:81 inside namespace \"a7\", IPv4: dial tcp4 127.0.0.1:81: connect: connection refused IPv6 dial tcp6: address localhost: no suitable address found"
            ),
            PodError::Refused(_)
        ));
        assert!(matches!(
            of(
                "failed to connect to localhost:80 inside namespace: dial tcp4 127.0.0.1:80: connect: connection reset by peer"
            ),
            PodError::Refused(_)
        ));
        assert!(matches!(of("network namespace for sandbox \"a7\" is closed"), PodError::PodGone(_)));
        assert!(matches!(of("an error occurred when try to find sandbox \"a7\": not found"), PodError::PodGone(_)));
        assert!(matches!(of("copying bytes: broken pipe"), PodError::Other(_)));
    }
}
