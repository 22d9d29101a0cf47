//! Credentials that the AWS SDK gets: of a process, a web identity, `aws login`. Those that end are kept here; the AWS CLI
//! has no place for them.

use super::Asked;
use super::kept::Place;
use crate::chain::freshness::{Kept, Look, fresh};
use crate::chain::renewal::NoMeans;
use crate::disk::aws_config;
use crate::disk::lock::Lock;
use crate::error::{Error, Kind, Result};
use crate::model::aws::credentials::{RoleCredentials, StaleReason};
use crate::model::aws::profile_source::ProviderKind;
use crate::net::aws::ambient::{AmbientCredentials, load_profile};

impl<'a> Asked<'a> {
    pub(super) async fn provided(
        &'a self,
        profile: &'a str,
        kind: ProviderKind,
        definition: &'a str,
        refused: Option<&'a str>,
    ) -> Result<AmbientCredentials> {
        let place = Place::of_provider(self.chain.host, profile, kind, definition);
        let given = fresh(&Provided { asked: self, profile, place, refused }).await;
        given.map_err(|error| match kind {
            _ if error.kind != Kind::NotSignedIn => error,
            ProviderKind::Process => Error {
                try_next: vec![format!(
                    "aws configure export-credentials --profile {profile}   # runs the same process"
                )],
                ..error.because(format!("its credential_process is {definition}"))
            },
            ProviderKind::Login => Error { try_next: vec![format!("aws login --profile {profile}")], ..error },
            ProviderKind::WebIdentity => {
                Error { try_next: vec![format!("aws sts get-caller-identity --profile {profile}")], ..error }
            }
        })
    }
}

struct Provided<'a> {
    asked: &'a Asked<'a>,
    profile: &'a str,
    place: Place,
    refused: Option<&'a str>,
}

impl Kept for Provided<'_> {
    type Value = AmbientCredentials;
    type Reason = StaleReason;
    type Means = NoMeans;
    type Failure = Error;

    fn look(&self) -> Result<Look<AmbientCredentials, StaleReason>> {
        let kept = self.place.look(self.asked.kept(), self.refused);
        Ok(kept.map_or_else(Look::Stale, |credentials| Look::Fresh(super::ending(credentials))))
    }

    fn say(&self, stale: &StaleReason) {
        self.asked.chain.ui.detail(&format!("credentials of the profile {} are {stale}", self.profile));
    }

    fn means(&self) -> &NoMeans {
        &NoMeans
    }

    async fn lock(&self) -> Result<Option<Lock>> {
        self.place.lock(self.asked.chain).await
    }

    async fn fetch(&self, (): &(), _: StaleReason) -> Result<AmbientCredentials> {
        aws_config::check_for_sdk(self.asked.chain.host)?;
        load_profile(&self.asked.chain.aws, Some(self.profile), &self.asked.region).await
    }

    async fn store(&self, (): &(), given: &AmbientCredentials) -> Result<()> {
        let Some(expires_at) = given.expires_at else { return Ok(()) };
        let obtained_at = self.asked.chain.host.now();
        let credentials = RoleCredentials { keys: given.keys.clone(), obtained_at, expires_at };
        let origin = &self.asked.origin;
        self.place.store(self.asked.chain, (&credentials, None), (origin, &origin.standing)).await
    }
}
