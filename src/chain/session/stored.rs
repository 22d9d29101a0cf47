//! What the token file says of a session, and what is known of it besides.

use jiff::SignedDuration;

use crate::chain::Chain;
use crate::chain::session::REFUSED_BY_PORTAL;
use crate::disk::sso_cache::{self, Cached};
use crate::error::Result;
use crate::model::aws::sso_cache::{SsoToken, TokenState, judge};
use crate::model::aws::target::{Difference, Portal};
use crate::secret::Secret;

/// A token is renewed this long before its end: early enough for slow calls, and not before the AWS CLI (15 minutes) or
/// the Rust SDK (5 minutes) would.
const MARGIN: SignedDuration = SignedDuration::from_mins(5);

/// The state of a stored session.
#[derive(Debug)]
pub(crate) enum Stored {
    /// Good as it is.
    Fresh(SsoToken),
    /// Can be renewed without a person; with the reason.
    Refreshable(SsoToken, String),
    /// Needs a person; with the reason.
    Over(String),
}

/// What the token file says, without changing anything. `refused`: a token that the portal just turned down.
///
/// # Errors
/// When the file exists and cannot be read.
pub(crate) fn stored(chain: &Chain<'_>, portal: &Portal, refused: Option<&Secret<String>>) -> Result<Stored> {
    let mut token = match sso_cache::read_token(chain.host, &portal.session_name)? {
        Cached::Found(token) => token,
        Cached::Absent => return Ok(Stored::Over("nobody has signed in yet".to_owned())),
        Cached::Unusable { path, reason } => {
            return Ok(Stored::Over(format!("{} cannot be used: {reason}", chain.host.shorten_home(&path))));
        }
    };
    if let Some(reason) = of_another_portal(&token, portal) {
        return Ok(Stored::Over(reason));
    }
    let refused = is_refused(chain, &token.access_token, refused);
    let ended = token.refresh.as_ref().and_then(|refresh| chain.cache.refusal(&refresh.refresh_token));
    if ended.is_some() {
        token.refresh = None;
    }
    Ok(match judge(&token, chain.host.now(), MARGIN) {
        _ if refused && token.refresh.is_none() => Stored::Over(ended.unwrap_or_else(|| REFUSED_BY_PORTAL.to_owned())),
        TokenState::Fresh if refused => {
            Stored::Refreshable(token, "the portal no longer takes the access token".to_owned())
        }
        TokenState::Fresh => Stored::Fresh(token),
        TokenState::Refreshable { reason } => Stored::Refreshable(token, reason.to_string()),
        TokenState::Over { reason } => Stored::Over(ended.unwrap_or_else(|| reason.to_string())),
    })
}

/// Whether a portal turned a token down, just now or before.
pub(crate) fn is_refused(chain: &Chain<'_>, token: &Secret<String>, refused: Option<&Secret<String>>) -> bool {
    refused.is_some_and(|refused| refused.expose() == token.expose()) || chain.cache.refusal(token).is_some()
}

/// Records, for later processes, that the portal no longer accepts a token. Best effort: the next process would find
/// out by itself.
pub(crate) fn note_refused(chain: &Chain<'_>, token: &Secret<String>, reason: &str) {
    let _ = chain.cache.store_refusal(token, reason, chain.host.now());
}

/// A short text that changes whenever anybody signs in or renews: whether a remembered failure still stands.
pub(crate) fn fingerprint(chain: &Chain<'_>, portal: &Portal) -> String {
    sso_cache::fingerprint(chain.host, &portal.session_name)
}

fn of_another_portal(token: &SsoToken, portal: &Portal) -> Option<String> {
    Some(match portal.difference(token)? {
        Difference::StartUrl(other) => format!("the stored session belongs to {other}"),
        Difference::Region(other) => {
            format!("the stored session belongs to the region {other}, not to {}", portal.region)
        }
    })
}
