//! The one retry of what is refused before its time: renew what the call was made with, and call once more.

use crate::chain::call_error::CallError;
use crate::error::{Error, Result};
use crate::net::aws::failure::{Class, Failure};
use crate::net::kube::KubeFailure;

/// What calls are made with: a session, credentials, a token.
pub(crate) trait Renewable {
    /// What a call gets.
    type Value;

    /// The one that is believed to be good.
    async fn current(&self) -> Result<Self::Value>;

    /// Another one, since this one was refused.
    async fn renewed(&self, refused: &Self::Value, refusal: &str) -> Result<Self::Value>;

    /// The renewed one was refused as well.
    fn give_up(&self, _refused: &Self::Value) {}
}

/// A failure that may be the refusal of what the call was made with.
pub(crate) trait Refusable {
    /// The words of the refusal, if it is one.
    fn refusal(&self) -> Option<String>;
}

impl Refusable for Failure {
    fn refusal(&self) -> Option<String> {
        (self.class == Class::Unauthorized).then(|| self.to_string())
    }
}

impl Refusable for CallError<Failure> {
    fn refusal(&self) -> Option<String> {
        match self {
            CallError::Answer(failure) => failure.refusal(),
            CallError::Chain(_) => None,
        }
    }
}

impl Refusable for CallError<KubeFailure> {
    fn refusal(&self) -> Option<String> {
        matches!(self, CallError::Answer(KubeFailure::Unauthorized)).then(|| "the cluster returned 401".to_owned())
    }
}

/// An error for a person: whatever was refused was renewed before it came about.
impl Refusable for Error {
    fn refusal(&self) -> Option<String> {
        None
    }
}

/// Nothing: for a fetch that brings its own means.
#[derive(Debug)]
pub(crate) struct NoMeans;

impl Renewable for NoMeans {
    type Value = ();

    async fn current(&self) -> Result<()> {
        Ok(())
    }

    async fn renewed(&self, (): &(), _: &str) -> Result<()> {
        Ok(())
    }
}

/// Calls; after a refusal once more, with renewed means.
///
/// # Errors
/// The call's, and those of getting or renewing the means.
pub(crate) async fn with_renewal<M: Renewable, T, F: Refusable + From<Error>>(
    means: &M,
    call: impl AsyncFn(&M::Value) -> Result<T, F>,
) -> Result<T, F> {
    let first = means.current().await?;
    let failure = match call(&first).await {
        Err(failure) => failure,
        answer => return answer,
    };
    let Some(refusal) = failure.refusal() else { return Err(failure) };
    let second = means.renewed(&first, &refusal).await?;
    let answer = call(&second).await;
    if answer.as_ref().is_err_and(|failure| failure.refusal().is_some()) {
        means.give_up(&second);
    }
    answer
}

#[cfg(test)]
mod tests {
    use std::cell::{Cell, RefCell};

    use super::*;
    use crate::error::Kind;

    /// Numbered keys, of which the service takes those from a number on.
    struct Keys {
        given: Cell<u32>,
        given_up: RefCell<Vec<u32>>,
        renewable: bool,
    }

    impl Renewable for Keys {
        type Value = u32;

        async fn current(&self) -> Result<u32> {
            Ok(self.given.get())
        }

        async fn renewed(&self, refused: &u32, refusal: &str) -> Result<u32> {
            assert_eq!(refusal, "GetThing failed: no");
            if !self.renewable {
                return Err(Error::new(Kind::NotSignedIn, "not signed in"));
            }
            self.given.set(refused + 1);
            Ok(refused + 1)
        }

        fn give_up(&self, refused: &u32) {
            self.given_up.borrow_mut().push(*refused);
        }
    }

    fn failure(class: Class) -> CallError<Failure> {
        CallError::Answer(Failure { operation: "GetThing", class, code: None, words: "no".to_owned() })
    }

    async fn call(keys: &Keys, taken_from: u32, otherwise: Class) -> (Result<u32, CallError<Failure>>, u32) {
        let calls = Cell::new(0);
        let answer = with_renewal(keys, async |key: &u32| {
            calls.set(calls.get() + 1);
            if *key >= taken_from { Ok(*key) } else { Err(failure(otherwise)) }
        })
        .await;
        (answer, calls.get())
    }

    fn keys(renewable: bool) -> Keys {
        Keys { given: Cell::new(1), given_up: RefCell::default(), renewable }
    }

    #[tokio::test]
    async fn what_is_taken_is_asked_once() {
        let (answer, calls) = call(&keys(true), 1, Class::Unauthorized).await;
        assert!(matches!(answer, Ok(1)) && calls == 1);
    }

    #[tokio::test]
    async fn a_refusal_renews_once_and_asks_again() {
        let keys = keys(true);
        let (answer, calls) = call(&keys, 2, Class::Unauthorized).await;
        assert!(matches!(answer, Ok(2)) && calls == 2);
        assert!(keys.given_up.borrow().is_empty());
    }

    #[tokio::test]
    async fn a_second_refusal_is_the_answer() {
        let keys = keys(true);
        let (answer, calls) = call(&keys, 9, Class::Unauthorized).await;
        assert!(matches!(answer, Err(CallError::Answer(_))) && calls == 2);
        assert_eq!(*keys.given_up.borrow(), [2]);
    }

    #[tokio::test]
    async fn a_denial_renews_nothing() {
        let keys = keys(true);
        let (answer, calls) = call(&keys, 9, Class::Denied).await;
        assert!(matches!(answer, Err(CallError::Answer(_))) && calls == 1);
        assert_eq!(keys.given.get(), 1);
    }

    #[tokio::test]
    async fn means_that_cannot_be_renewed_say_why() {
        let (answer, calls) = call(&keys(false), 9, Class::Unauthorized).await;
        assert!(matches!(answer, Err(CallError::Chain(error)) if error.kind == Kind::NotSignedIn) && calls == 1);
    }
}
