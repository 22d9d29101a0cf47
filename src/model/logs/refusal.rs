//! Why a log cannot be opened, from the messages of the API server and the kubelet.
//!
//! The API server looks up the pod before it asks the kubelet, so only its own 404 means that the pod is gone. For a second
//! or two after a restart, the kubelet answers 404, or 400 "is not available", even for running pods.

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LogRefusal {
    NoPod,
    /// The pod has no such container, or the container has no previous run.
    NoLog,
    /// The container has not started.
    NotStarted,
    /// The kubelet does not know the pod or the container yet.
    NotKnownYet,
    /// The server or the kubelet does not answer.
    NoAnswer,
    Denied,
    Other,
}

pub(crate) fn classify(status: u16, words: &str, pod: &str) -> LogRefusal {
    match status {
        404 if words == format!("pods \"{pod}\" not found") => LogRefusal::NoPod,
        404 => LogRefusal::NotKnownYet,
        403 => LogRefusal::Denied,
        400 if words.contains("is not valid for pod") || words.starts_with("previous terminated container") => {
            LogRefusal::NoLog
        }
        400 if words.contains("is waiting to start") => LogRefusal::NotStarted,
        400 if words.starts_with("container \"") && words.ends_with("is not available") => LogRefusal::NotKnownYet,
        429 | 500.. => LogRefusal::NoAnswer,
        _ => LogRefusal::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_deleted_pod_differs_from_one_that_is_not_known_yet() {
        for (status, words, refusal) in [
            (404, "pods \"web-0\" not found", LogRefusal::NoPod),
            (404, "the server could not find the requested resource ( pods/log web-0)", LogRefusal::NotKnownYet),
            (404, "", LogRefusal::NotKnownYet),
            (400, "container \"web\" in pod \"web-0\" is not available", LogRefusal::NotKnownYet),
            (400, "container \"web\" in pod \"web-0\" is waiting to start: ContainerCreating", LogRefusal::NotStarted),
            (400, "container \"web\" in pod \"web-0\" is waiting to start - no logs yet", LogRefusal::NotStarted),
            (400, "container nope is not valid for pod web-0", LogRefusal::NoLog),
            (400, "previous terminated container \"web\" in pod \"web-0\" not found", LogRefusal::NoLog),
            (400, "a container name must be specified for pod web-0, choose one of: [a b]", LogRefusal::Other),
            (403, "pods \"web-0\" is forbidden", LogRefusal::Denied),
            (422, "PodLogOptions \"web-0\" is invalid", LogRefusal::Other),
            (429, "too many requests", LogRefusal::NoAnswer),
            (502, "", LogRefusal::NoAnswer),
        ] {
            assert_eq!(classify(status, words, "web-0"), refusal, "{status} {words}");
        }
    }
}
