//! Failures that a program which polls `token` should not repeat every second.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::{Cache, read, write};
use crate::error::{Error, Kind, Result};
use crate::model::kube::access::AccessName;

/// A failure, and how long it is reported without another try.
#[derive(Debug, Clone, Serialize, Deserialize, PartialEq, Eq)]
pub(crate) struct RememberedFailure {
    pub(crate) until: Timestamp,
    /// The fingerprint of the token file at the time: a sign-in by any tool changes it and ends the failure.
    pub(crate) token_file: String,
    /// Whether there were valid credentials at the time: if not, new ones end the failure.
    #[serde(default)]
    pub(crate) with_credentials: bool,
    /// The process that was told, by its ID: kubectl asks six times and shows each answer.
    #[serde(default)]
    pub(crate) told: u32,
    pub(crate) exit_code: u8,
    pub(crate) message: String,
    pub(crate) because: Vec<String>,
    pub(crate) try_next: Vec<String>,
}

/// How long a failure that needs a person is remembered, so that a program that polls us does not ask AWS each time.
const REMEMBER_REFUSAL: SignedDuration = SignedDuration::from_secs(60);
/// The same for a network that does not answer: it may be back any moment.
const REMEMBER_UNREACHABLE: SignedDuration = SignedDuration::from_secs(5);

impl RememberedFailure {
    /// A failure that is worth it. `token_file`: as the field.
    pub(crate) fn of(error: &Error, token_file: String, now: Timestamp) -> Option<Self> {
        let stands = match error.kind {
            Kind::NotSignedIn | Kind::Denied | Kind::NotFound => REMEMBER_REFUSAL,
            Kind::Unreachable => REMEMBER_UNREACHABLE,
            _ => return None,
        };
        Some(RememberedFailure {
            until: now + stands,
            token_file,
            with_credentials: false,
            told: 0,
            exit_code: error.kind.exit_code(),
            message: error.message.clone(),
            because: error.because.clone(),
            try_next: error.try_next.clone(),
        })
    }

    /// The failure without its words, for who has read them.
    pub(crate) fn into_silence(self) -> Error {
        Error::new(Kind::Child(self.exit_code), self.message)
    }

    /// The failure as it was.
    pub(crate) fn into_error(self) -> Error {
        let kinds = [Kind::NotSignedIn, Kind::Denied, Kind::NotFound, Kind::Unreachable];
        let kind = kinds.into_iter().find(|kind| kind.exit_code() == self.exit_code).unwrap_or(Kind::Failure);
        Error { because: self.because, try_next: self.try_next, ..Error::new(kind, self.message) }
    }

    /// Whether it is to be reported: its time is not over, and the token file is as it was.
    pub(super) fn stands(&self, token_file: &str, now: Timestamp) -> bool {
        self.until > now && self.token_file == token_file
    }
}

impl Cache {
    /// The failure of a namespace, unless it is over or the token file has changed since.
    pub(crate) fn failure(&self, name: &AccessName, token_file: &str, now: Timestamp) -> Option<RememberedFailure> {
        let failure: RememberedFailure = read(&self.file("failures", name.as_str()))?;
        failure.stands(token_file, now).then_some(failure)
    }

    pub(crate) fn store_failure(&self, name: &AccessName, failure: &RememberedFailure) -> Result<()> {
        write(&self.file("failures", name.as_str()), failure)
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
        let namespace = AccessName::parse("a").expect("a name");
        let at = |second| Timestamp::from_second(second).expect("a time");
        let failure = RememberedFailure {
            until: at(60),
            token_file: "state 1".into(),
            with_credentials: false,
            told: 0,
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
