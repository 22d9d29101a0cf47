//! Values of several secrets: in few calls where that is allowed.

use futures_util::stream::{self, StreamExt};

use super::Secrets;
use crate::chain::call_error::CallError;
use crate::error::Result;
use crate::model::secrets::{SecretName, SecretValue, VersionSelector};
use crate::net::aws::failure::{Class, Failure};
use crate::net::aws::secrets_manager::BATCH;

/// Values under way at once, where they have to be asked for one by one.
const AT_ONCE: usize = 8;

impl Secrets<'_> {
    /// The current values of several secrets, in the order of the names: in one call for every twenty where that is
    /// allowed, else in one for each. All of them, or an error for each that is missing.
    ///
    /// # Errors
    /// The outer one when nothing can be asked for; the inner ones by secret.
    pub(crate) async fn values(&self, names: &[SecretName]) -> Result<Vec<Result<SecretValue>>> {
        for name in names {
            self.check_place(name)?;
        }
        let mut all = Vec::new();
        let mut chunks = names.chunks(BATCH);
        for chunk in chunks.by_ref() {
            let ids: Vec<String> = chunk.iter().map(|name| name.id.clone()).collect();
            match self.call(async |client| client.batch_get_values(&ids).await).await {
                Ok(answer) => all.extend(self.in_order(chunk, answer).await),
                // Whatever the batch as a whole was refused for, each secret alone has an answer of its own.
                Err(CallError::Answer(failure)) if matches!(failure.class, Class::Denied | Class::Service) => {
                    self.chain.ui.detail(&format!("{failure}; asking for one at a time"));
                    all.extend(self.one_by_one(chunk).await);
                    break;
                }
                Err(failure) => return Err(self.explain(&chunk[0], &VersionSelector::default(), failure).await),
            }
        }
        for chunk in chunks {
            all.extend(self.one_by_one(chunk).await);
        }
        Ok(all)
    }

    async fn one_by_one(&self, names: &[SecretName]) -> Vec<Result<SecretValue>> {
        let wanted = VersionSelector::default();
        let asked = names.iter().map(|name| self.value(name, &wanted));
        stream::iter(asked).buffered(AT_ONCE).collect().await
    }

    async fn in_order(
        &self,
        names: &[SecretName],
        (found, missing): (Vec<SecretValue>, Vec<(String, Failure)>),
    ) -> Vec<Result<SecretValue>> {
        let mut answers = Vec::new();
        for name in names {
            let is_this = |stored: &&SecretValue| stored.name == name.full || stored.arn == name.id;
            let failed = |(id, _): &&(String, Failure)| *id == name.id || *id == name.full;
            answers.push(match (found.iter().find(is_this), missing.iter().find(failed)) {
                (Some(stored), _) => Ok(stored.clone()),
                (None, Some((_, failure))) => {
                    Err(self.explain(name, &VersionSelector::default(), CallError::Answer(failure.clone())).await)
                }
                // It answers ARNs with the names it found, and names with ARNs: asked alone there is no doubt.
                (None, None) => self.value(name, &VersionSelector::default()).await,
            });
        }
        answers
    }
}
