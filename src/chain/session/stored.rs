//! What the token file says of a session, and what is known of it besides.

use std::fmt;

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
    /// Needs a person.
    Over(Ended),
}

/// Why a session needs a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Ended {
    /// Nobody has signed in.
    Never,
    /// Somebody signed out.
    SignedOut,
    /// It ended, or the portal turned it down.
    Expired(String),
    /// What is stored is of no use.
    Unusable(String),
}

impl fmt::Display for Ended {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Ended::Never => f.write_str("you have not signed in yet"),
            Ended::SignedOut => f.write_str("signed out on this machine"),
            Ended::Expired(reason) | Ended::Unusable(reason) => f.write_str(reason),
        }
    }
}

/// What the token file says, without changing anything. `refused`: a token that the portal just turned down.
///
/// # Errors
/// When the file exists and cannot be read.
pub(crate) fn stored(chain: &Chain<'_>, portal: &Portal, refused: Option<&Secret<String>>) -> Result<Stored> {
    let mut token = match sso_cache::read_token(chain.host, &portal.session_name)? {
        Cached::Found(token) => token,
        Cached::Absent if chain.cache.sign_out_mark(&portal.start_url).is_some() => {
            return Ok(Stored::Over(Ended::SignedOut));
        }
        Cached::Absent => return Ok(Stored::Over(Ended::Never)),
        Cached::Unusable { path, reason } => {
            let words = format!("{} cannot be used: {reason}", chain.host.shorten_home(&path));
            return Ok(Stored::Over(Ended::Unusable(words)));
        }
    };
    if let Some(reason) = of_another_portal(&token, portal) {
        return Ok(Stored::Over(Ended::Unusable(reason)));
    }
    let refused = is_refused(chain, &token.access_token, refused);
    let ended = token.refresh.as_ref().and_then(|refresh| chain.cache.refusal(&refresh.refresh_token));
    if ended.is_some() {
        token.refresh = None;
    }
    let expired = |reason: &dyn fmt::Display| Stored::Over(Ended::Expired(ended.unwrap_or_else(|| reason.to_string())));
    Ok(match judge(&token, chain.host.now(), MARGIN) {
        _ if refused && token.refresh.is_none() => expired(&REFUSED_BY_PORTAL),
        TokenState::Fresh if refused => {
            Stored::Refreshable(token, "the portal no longer accepts the access token".to_owned())
        }
        TokenState::Fresh => Stored::Fresh(token),
        TokenState::Refreshable { reason } => Stored::Refreshable(token, reason.to_string()),
        TokenState::Over { reason } => expired(&reason),
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
