//! The one policy for what is kept between calls and processes: kept → lock → look again → fetch → store.
//!
//! However many processes find the same thing stale, one of them fetches it and the others find it fresh.

use std::fmt::Display;

use crate::chain::renewal::{Refusable, Renewable, with_renewal};
use crate::disk::lock::Lock;
use crate::error::{Error, Result};

/// What is kept, judged.
#[derive(Debug)]
pub(crate) enum Look<V, R> {
    /// Good to use now.
    Fresh(V),
    /// Not to be used, and why.
    Stale(R),
}

/// Something that is kept, and fetched when it is stale.
pub(crate) trait Kept {
    /// What is kept.
    type Value;
    /// Why it is stale.
    type Reason: Display;
    /// What a fetch needs. It is made before the lock is taken: a person may have to sign in for it, and other
    /// processes must not wait for that.
    type Means: Renewable;
    /// How a fetch fails.
    type Failure: From<Error> + Refusable;

    /// Looks at what is kept, without a call.
    fn look(&self) -> Result<Look<Self::Value, Self::Reason>, Self::Failure>;

    /// Where the means of a fetch come from.
    fn means(&self) -> &Self::Means;

    /// The lock that a fetch is made under. `None`: it may be made twice at the same time.
    async fn lock(&self) -> Result<Option<Lock>>;

    /// Asks for a new one.
    async fn fetch(&self, means: &MeansOf<Self>, stale: Self::Reason) -> Result<Self::Value, Self::Failure>;

    /// Stores it for the next caller. What cannot be stored is still used now, unless its session has ended.
    async fn store(&self, means: &MeansOf<Self>, value: &Self::Value) -> Result<()>;

    /// Says why a fetch is needed, once.
    fn say(&self, _stale: &Self::Reason) {}
}

/// What a fetch is made with.
pub(crate) type MeansOf<K> = <<K as Kept>::Means as Renewable>::Value;

/// What is kept if it is fresh, else a new one.
///
/// # Errors
/// Of the look, the means, the lock, the fetch, or an end of the session while it was under way.
pub(crate) async fn fresh<K: Kept>(kept: &K) -> Result<K::Value, K::Failure> {
    match kept.look()? {
        Look::Fresh(value) => return Ok(value),
        Look::Stale(reason) => kept.say(&reason),
    }
    // On the heap: a fetch is rare, and stages stand upon stages.
    let fetched = with_renewal(kept.means(), async |means: &MeansOf<K>| {
        let _lock = kept.lock().await?;
        let reason = match kept.look()? {
            Look::Fresh(value) => return Ok(value),
            Look::Stale(reason) => reason,
        };
        let value = kept.fetch(means, reason).await?;
        kept.store(means, &value).await?;
        Ok(value)
    });
    Box::pin(fetched).await
}

#[cfg(test)]
#[path = "freshness_tests.rs"]
mod tests;
