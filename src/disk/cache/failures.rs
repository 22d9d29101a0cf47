//! Failures that a program which polls `token` should not repeat every second.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Cache, read, write};
use crate::error::Result;
use crate::model::kube::namespace::Namespace;

/// A failure, and how long it is reported without another try.
#[derive(Debug, Clone, Serialize, Deserialize, PartialEq, Eq)]
pub(crate) struct RememberedFailure {
    pub(crate) until: Timestamp,
    /// The fingerprint of the token file at the time: a sign-in by any tool changes it and ends the failure.
    pub(crate) token_file: String,
    /// Whether there were valid credentials at the time: if not, new ones end the failure.
    #[serde(default)]
    pub(crate) with_credentials: bool,
    pub(crate) exit_code: u8,
    pub(crate) message: String,
    pub(crate) because: Vec<String>,
    pub(crate) try_next: Vec<String>,
}

impl Cache {
    /// The failure of a namespace, unless it is over or the token file has changed since.
    pub(crate) fn failure(&self, namespace: &Namespace, token_file: &str, now: Timestamp) -> Option<RememberedFailure> {
        let failure: RememberedFailure = read(&self.file("failures", namespace.as_str()))?;
        (failure.until > now && failure.token_file == token_file).then_some(failure)
    }

    pub(crate) fn store_failure(&self, namespace: &Namespace, failure: &RememberedFailure) -> Result<()> {
        write(&self.file("failures", namespace.as_str()), failure)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::Host;

    #[test]
    fn a_failure_ends_with_its_time_or_with_a_sign_in() {
        let home = tempfile::tempdir().expect("a folder");
        let cache = Cache::new(&Host::for_test(home.path(), &[], Timestamp::UNIX_EPOCH));
        let namespace = Namespace::parse("a").expect("a name");
        let at = |second| Timestamp::from_second(second).expect("a time");
        let failure = RememberedFailure {
            until: at(60),
            token_file: "state 1".into(),
            with_credentials: false,
            exit_code: 3,
            message: "m".into(),
            because: vec![],
            try_next: vec![],
        };
        cache.store_failure(&namespace, &failure).expect("stored");
        assert_eq!(cache.failure(&namespace, "state 1", at(59)), Some(failure));
        assert_eq!(cache.failure(&namespace, "state 1", at(60)), None);
        assert_eq!(cache.failure(&namespace, "state 2", at(1)), None);
    }
}
