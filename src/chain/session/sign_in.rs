//! Signing in: a person approves in a browser, and we get a token. It starts only from a command that the person ran
//! (RFC 8628 §5.4: a device code that appears unasked is how phishing works).

use crate::chain::call_error::CallError;
use crate::chain::clock_skew;
use crate::chain::freshness::{Kept, Look, fresh};
use crate::chain::renewal::NoMeans;
use crate::chain::session::flow::{LONGEST_SIGN_IN, NoToken, cannot_sign_in, registration_name};
use crate::chain::session::standing::standing;
use crate::chain::session::stored::{Stored, stored};
use crate::chain::session::{Session, SessionOrigin, browser_flow, device_flow};
use crate::chain::{Chain, lock_wait};
use crate::disk::lock::Lock;
use crate::disk::sso_cache::{self, Cached};
use crate::error::{Error, Result};
use crate::model::aws::sso_cache::{Refresh, Registration, SsoToken, judge_registration};
use crate::model::aws::target::Portal;
use crate::model::settings::Flow;
use crate::net::aws::failure::Failure;
use crate::net::aws::oidc::{Grant, NewRegistration, NewToken, SCOPE};
use crate::secret::Secret;

/// Signs in, or takes over the session of a sign-in that another process finished while we waited for it.
///
/// # Errors
/// When the person says no, or not in time, or the service fails.
pub(crate) async fn sign_in(chain: &Chain<'_>, portal: &Portal, refused: Option<&Secret<String>>) -> Result<Session> {
    let signed_in = fresh(&SignIn { chain, portal, refused }).await;
    signed_in.map_err(|failure| failure.into_error("cannot sign in"))
}

/// A session that a person gives.
struct SignIn<'a> {
    chain: &'a Chain<'a>,
    portal: &'a Portal,
    refused: Option<&'a Secret<String>>,
}

impl Kept for SignIn<'_> {
    type Value = Session;
    type Reason = &'static str;
    type Means = NoMeans;
    type Failure = CallError<Failure>;

    fn look(&self) -> Result<Look<Session, &'static str>, CallError<Failure>> {
        let standing = standing(self.chain, self.portal);
        Ok(match stored(self.chain, self.portal, self.refused)? {
            Stored::Fresh(token) => Look::Fresh(Session { token, origin: SessionOrigin::Stored, standing }),
            _ => Look::Stale("over"),
        })
    }

    fn means(&self) -> &NoMeans {
        &NoMeans
    }

    async fn lock(&self) -> Result<Option<Lock>> {
        let path = sso_cache::lock_path(self.chain.host, &format!("sign-in {}", self.portal.session_name));
        lock_wait::for_lock(self.chain.ui, &path, "signing in", Some(LONGEST_SIGN_IN)).await
    }

    async fn fetch(&self, (): &(), _: &'static str) -> Result<Session, CallError<Failure>> {
        let token = signed_in(self.chain, self.portal).await?;
        Ok(Session { token, origin: SessionOrigin::SignedIn, standing: standing(self.chain, self.portal) })
    }

    async fn store(&self, (): &(), session: &Session) -> Result<()> {
        sso_cache::write_token(self.chain.host, &self.portal.session_name, &session.token)
    }
}

async fn signed_in(chain: &Chain<'_>, portal: &Portal) -> Result<SsoToken> {
    let grant = match chain.settings.flow.value {
        Flow::Device => Grant::Device,
        Flow::Browser => Grant::Browser,
    };
    let mut client = match kept_registration(chain, portal, grant)? {
        Some(kept) => kept,
        None => register(chain, portal, grant).await?,
    };
    let mut flow = run_flow(chain, portal, grant, &client).await;
    if matches!(flow, Err(NoToken::Unregistered)) {
        chain.ui.detail("the client registration is no longer valid; registering again");
        client = register(chain, portal, grant).await?;
        flow = run_flow(chain, portal, grant, &client).await;
    }
    match flow {
        Ok(new) => Ok(token(portal, client, new)),
        Err(NoToken::Failed(error)) => Err(clock_skew::explain(chain, error)),
        Err(NoToken::Unregistered) => Err(Error::failure("cannot sign in")
            .because("the service rejects the client registration that it has just created")
            .try_next("run the same command again")),
    }
}

async fn run_flow(
    chain: &Chain<'_>,
    portal: &Portal,
    grant: Grant,
    registration: &Registration,
) -> Result<NewToken, NoToken> {
    let client = NewRegistration {
        client_id: registration.client_id.clone(),
        client_secret: registration.client_secret.clone(),
        expires_at: registration.expires_at,
    };
    match grant {
        Grant::Device => device_flow::run(chain, portal, &client).await,
        Grant::Browser => browser_flow::run(chain, portal, &client).await,
    }
}

/// The registration of this portal in the shared cache, if it serves.
fn kept_registration(chain: &Chain<'_>, portal: &Portal, grant: Grant) -> Result<Option<Registration>> {
    let Cached::Found(known) = sso_cache::read_registration(chain.host, &registration_name(portal))? else {
        return Ok(None);
    };
    match judge_registration(&known, chain.host.now(), &[SCOPE], grant_types(grant)) {
        Ok(()) => Ok(Some(known)),
        Err(reason) => {
            chain.ui.detail(&format!("registering again: {reason}"));
            Ok(None)
        }
    }
}

async fn register(chain: &Chain<'_>, portal: &Portal, grant: Grant) -> Result<Registration> {
    let new = chain.services.register(portal, grant).await;
    let new = new.map_err(|failure| cannot_sign_in(chain, portal, failure))?;
    let registration = Registration {
        client_id: new.client_id,
        client_secret: new.client_secret,
        expires_at: new.expires_at,
        scopes: vec![SCOPE.to_owned()],
        grant_types: grant_types(grant).map(|list| list.iter().map(|&grant| grant.to_owned()).collect()),
    };
    sso_cache::write_registration(chain.host, &registration_name(portal), &registration)?;
    Ok(registration)
}

fn grant_types(grant: Grant) -> Option<&'static [&'static str]> {
    match grant {
        Grant::Device => None,
        Grant::Browser => Some(&["authorization_code", "refresh_token"]),
    }
}

fn token(portal: &Portal, client: Registration, new: NewToken) -> SsoToken {
    SsoToken {
        start_url: portal.start_url.clone(),
        region: portal.region.clone(),
        access_token: new.access_token,
        expires_at: new.expires_at,
        refresh: new.refresh_token.map(|refresh_token| Refresh {
            client_id: client.client_id,
            client_secret: client.client_secret,
            registration_expires_at: Some(client.expires_at),
            refresh_token,
        }),
        unknown: Default::default(),
    }
}
