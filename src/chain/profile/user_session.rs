//! A session of a profile's own identity. Keys that are written down have no end; what is kept, and given to programs, is a
//! session that they begin: it is the same user, and is over by itself.
//! <https://docs.aws.amazon.com/STS/latest/APIReference/API_GetSessionToken.html>

use jiff::SignedDuration;

use super::{Wanted, credentials, region};
use crate::chain::{Chain, clock_skew};
use crate::error::{Error, Result};
use crate::model::aws::assume_refusal::AssumeRefusal;
use crate::model::aws::credentials::RoleCredentials;
use crate::net::aws::failure::Failure;

/// What we say of temporary keys whose end nobody wrote down: the shortest session that AWS gives. Whoever uses them asks
/// again by then, and finds what is written down by that time.
const UNKNOWN_END: SignedDuration = SignedDuration::from_mins(15);

/// The credentials of a profile as a session that ends.
///
/// # Errors
/// As [`credentials`], and when AWS does not take its keys.
pub(crate) async fn session(chain: &Chain<'_>, profile: &str, wanted: Wanted<'_>) -> Result<RoleCredentials> {
    let given = credentials(chain, profile, wanted).await?;
    if let Some(expires_at) = given.expires_at {
        return Ok(RoleCredentials { keys: given.keys, obtained_at: chain.host.now(), expires_at });
    }
    if given.keys.session_token().is_some() {
        // A session already (saml2aws and gimme-aws-creds write such keys): AWS gives it no other.
        let obtained_at = chain.host.now();
        return Ok(RoleCredentials { keys: given.keys, obtained_at, expires_at: obtained_at + UNKNOWN_END });
    }
    let region = region(chain, Some(profile), None, wanted);
    let asked = chain.services.session_token(&given.keys, &region).await;
    asked.map_err(|failure| clock_skew::explain(chain, no_session(profile, failure)))
}

fn no_session(profile: &str, failure: Failure) -> Error {
    let refusal = AssumeRefusal::read(failure.code.as_deref(), &failure.words);
    let error = failure.into_error(format!("cannot start a session with the keys of the profile {profile}"));
    match refusal {
        AssumeRefusal::UnknownKey => error
            .because("AWS does not recognize the access key: it was deleted or deactivated")
            .try_next(format!("aws configure --profile {profile}   # with a new key")),
        AssumeRefusal::WrongSecret => error
            .because("the secret access key does not match the access key")
            .try_next(format!("aws configure --profile {profile}   # with the right one")),
        _ => error.try_next(format!("aws --profile {profile} sts get-caller-identity")),
    }
}
