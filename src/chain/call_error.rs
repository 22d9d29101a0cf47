//! Why a call did not succeed: the chain could not make it, or the service answered with a failure.

use crate::error::Error;
use crate::net::aws::failure::Failure;
use crate::net::kube::KubeFailure;

/// A call that failed. `F` is the failure in the service's own terms.
#[derive(Debug)]
pub(crate) enum CallError<F> {
    /// The chain failed before the call: no session, no credentials, no cluster.
    Chain(Error),
    /// What the service answered.
    Answer(F),
}

impl<F> CallError<F> {
    /// As an error for people; `explain` knows what the answer means.
    pub(crate) fn explained(self, explain: impl FnOnce(F) -> Error) -> Error {
        match self {
            CallError::Chain(error) => error,
            CallError::Answer(failure) => explain(failure),
        }
    }
}

impl<F> From<Error> for CallError<F> {
    fn from(error: Error) -> Self {
        CallError::Chain(error)
    }
}

impl CallError<KubeFailure> {
    /// As an error about this cluster, where the answer means nothing special.
    pub(crate) fn into_error(self, cluster: &str) -> Error {
        self.explained(|failure| failure.into_error(cluster))
    }
}

impl CallError<Failure> {
    /// As an error of what the person wanted, like "cannot sign in".
    pub(crate) fn into_error(self, what: impl Into<String>) -> Error {
        self.explained(|failure| failure.into_error(what))
    }
}
