//! The credentials of a role that others assume: one AssumeRole, however many processes want them.

use std::cell::RefCell;

use super::Asked;
use super::kept::Place;
use crate::chain::call_error::CallError;
use crate::chain::freshness::{Kept, Look, fresh};
use crate::chain::renewal::{Refusable, Renewable};
use crate::chain::{Presence, clock_skew};
use crate::disk::lock::Lock;
use crate::error::{Error, Result};
use crate::model::aws::access_keys::AccessKeys;
use crate::model::aws::assume_refusal::AssumeRefusal;
use crate::model::aws::credentials::{RoleCredentials, StaleReason};
use crate::model::aws::profile_source::{CredentialSource, ProfileSource, RoleSource};
use crate::model::aws::role_to_assume::RoleToAssume;
use crate::model::aws::sso_cache::render_assumed_role;
use crate::model::irsa::session_name;
use crate::net::aws::assume_role::{AssumedSession, RoleSessionRequest};
use crate::net::aws::failure::{Class, Failure};
use crate::secret::Secret;

/// How often a person may mistype a code.
const TRIES: u32 = 3;

impl<'a> Asked<'a> {
    /// Credentials of a role that are good to use now.
    pub(super) async fn role(
        &'a self,
        role: &'a RoleToAssume,
        by: &'a RoleSource,
        refused: Option<&'a str>,
    ) -> Result<RoleCredentials> {
        let source = Source { asked: self, role, by, caller_arn: RefCell::default() };
        let kept = Assumed { asked: self, role, place: Place::of_role(self.chain.host, role, by), refused, source };
        let mut tries = 1;
        let failure = loop {
            match fresh(&kept).await {
                Ok(session) => return Ok(session.credentials),
                Err(NotAssumed { failure: CallError::Answer(failure), .. })
                    if tries < TRIES && self.chain.presence == Presence::Person && is_wrong_code(&failure) =>
                {
                    self.chain.ui.warning("AWS rejected the code; a code works only once");
                    tries += 1;
                }
                Err(not_assumed) => break not_assumed.failure,
            }
        };
        let caller_arn = kept.source.caller_arn.take();
        Err(self.not_assumed(role, by, failure, caller_arn).await)
    }
}

fn is_wrong_code(failure: &Failure) -> bool {
    AssumeRefusal::read(failure.code.as_deref(), &failure.words) == AssumeRefusal::WrongCode
}

/// What signs for a role, and is sent along.
struct Signing {
    keys: AccessKeys,
    session_name: String,
    code: Option<Secret<String>>,
}

/// The credentials that assume a role.
struct Source<'a> {
    asked: &'a Asked<'a>,
    role: &'a RoleToAssume,
    by: &'a RoleSource,
    /// Who they are, once that was asked.
    caller_arn: RefCell<Option<String>>,
}

impl Source<'_> {
    /// All that a call needs. A person may be asked, so it is made before a lock is taken.
    async fn signing(&self, refused: Option<&str>) -> Result<Signing> {
        let Source { asked, role, by, .. } = self;
        let keys = asked.source(by, refused).await?.keys;
        let session_name = match &role.session_name {
            Some(name) => name.clone(),
            None => self.own_session_name(&keys).await?,
        };
        let code = match &role.mfa_serial {
            Some(serial) => Some(asked.code(role, serial)?),
            None => None,
        };
        Ok(Signing { keys, session_name, code })
    }

    /// After the person, for CloudTrail. If AWS does not take the keys, it will not take them for the role either.
    async fn own_session_name(&self, keys: &AccessKeys) -> Result<String> {
        let asked = self.asked;
        match asked.chain.services.caller_arn(keys, &asked.region).await {
            Ok(arn) => {
                let name = session_name(&arn);
                self.caller_arn.replace(Some(arn));
                Ok(name)
            }
            Err(failure) if matches!(failure.class, Class::Unreachable | Class::Broken | Class::Throttled) => {
                Err(failure.into_error(format!("cannot assume the role {}", self.role.name())))
            }
            Err(_) => Ok(session_name("")),
        }
    }

    /// Whether new credentials can be had where AWS does not take these.
    fn is_renewable(&self) -> bool {
        match self.by {
            RoleSource::Profile { source, .. } => !matches!(source, ProfileSource::Keys(_)),
            RoleSource::Machine { source, .. } => *source != CredentialSource::Environment,
        }
    }
}

impl Renewable for Source<'_> {
    type Value = Signing;

    async fn current(&self) -> Result<Signing> {
        self.signing(None).await
    }

    async fn renewed(&self, refused: &Signing, refusal: &str) -> Result<Signing> {
        self.asked.chain.ui.detail(&format!("{refusal}; fetching new credentials of the source"));
        self.signing(Some(refused.keys.access_key_id())).await
    }
}

/// Why a role was not given.
struct NotAssumed {
    failure: CallError<Failure>,
    /// Whether other credentials of the source could help.
    is_renewable: bool,
}

impl From<Error> for NotAssumed {
    fn from(error: Error) -> Self {
        NotAssumed { failure: CallError::Chain(error), is_renewable: false }
    }
}

impl Refusable for NotAssumed {
    fn refusal(&self) -> Option<String> {
        self.failure.refusal().filter(|_| self.is_renewable)
    }
}

/// The session of a role, as it is kept and as STS gives it.
struct Assumed<'a> {
    asked: &'a Asked<'a>,
    role: &'a RoleToAssume,
    place: Place,
    refused: Option<&'a str>,
    source: Source<'a>,
}

impl<'a> Kept for Assumed<'a> {
    type Value = AssumedSession;
    type Reason = StaleReason;
    type Means = Source<'a>;
    type Failure = NotAssumed;

    fn look(&self) -> Result<Look<AssumedSession, StaleReason>, NotAssumed> {
        Ok(match self.place.look(self.asked.kept(), self.refused) {
            Ok(credentials) => Look::Fresh(AssumedSession { credentials, arn: String::new(), id: String::new() }),
            Err(reason) => Look::Stale(reason),
        })
    }

    fn say(&self, stale: &StaleReason) {
        self.asked.chain.ui.detail(&format!("credentials of the role {} are {stale}", self.role.arn));
    }

    fn means(&self) -> &Source<'a> {
        &self.source
    }

    async fn lock(&self) -> Result<Option<Lock>> {
        self.place.lock(self.asked.chain).await
    }

    async fn fetch(&self, signing: &Signing, _: StaleReason) -> Result<AssumedSession, NotAssumed> {
        let request = RoleSessionRequest {
            role_arn: &self.role.arn,
            session_name: &signing.session_name,
            seconds: self.role.duration,
            external_id: self.role.external_id.as_deref(),
            mfa: self.role.mfa_serial.as_deref().zip(signing.code.as_ref()),
            region: &self.asked.region,
        };
        let answer = self.asked.chain.services.assume_role(&signing.keys, request).await;
        let session = answer.map_err(|failure| NotAssumed {
            failure: CallError::Answer(failure),
            is_renewable: self.source.is_renewable(),
        })?;
        clock_skew::warn(self.asked.chain);
        Ok(session)
    }

    async fn store(&self, _: &Signing, session: &AssumedSession) -> Result<()> {
        let text = render_assumed_role(&session.credentials, (&session.arn, &session.id));
        let origin = &self.asked.origin;
        self.place.store(self.asked.chain, (&session.credentials, Some(text)), (origin, &origin.standing)).await
    }
}
