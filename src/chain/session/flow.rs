//! What both sign-in flows share: the page that a person is sent to, and how they fail.

use std::time::Duration;

use crate::chain::{Chain, clock_skew};
use crate::error::{Error, Kind, Result};
use crate::model::aws::sso_cache::registration_file_name;
use crate::model::aws::target::Portal;
use crate::model::settings::Origin;
use crate::net::aws::failure::Failure;
use crate::net::aws::oidc::SCOPE;
use crate::process::browser::is_page;

/// As long as a device code lives.
pub(crate) const LONGEST_SIGN_IN: Duration = Duration::from_secs(600);

/// Why a flow ended without a token.
#[derive(Debug)]
pub(crate) enum NoToken {
    /// The service no longer knows our registration: a new one is made, and the flow begins again, once.
    Unregistered,
    /// Anything else.
    Failed(Error),
}

impl From<Error> for NoToken {
    fn from(error: Error) -> Self {
        NoToken::Failed(error)
    }
}

/// The file of a portal's registration, as the AWS CLI names it.
pub(crate) fn registration_name(portal: &Portal) -> String {
    registration_file_name(&portal.start_url, &portal.region, Some(&[SCOPE]), Some(&portal.session_name))
}

/// Shows which portal is signed in to.
pub(crate) fn show_portal(chain: &Chain<'_>, portal: &Portal) {
    chain.ui.blank();
    chain.ui.status_with("Sign in to ", &portal.start_url);
    chain.ui.blank();
}

/// Opens the page in a browser, or says how to get there without one. `place`: where it can be opened; `then`: what the person
/// does on it.
pub(crate) fn open_page(chain: &Chain<'_>, url: &str, (place, then): (&str, &str)) {
    let obstacle = match (chain.no_browser, chain.browser.obstacle()) {
        (true, _) => Some("as asked".to_owned()),
        (false, Some(obstacle)) => Some(obstacle.to_owned()),
        (false, None) => chain.browser.open(url).err().map(|error| crate::error::plain_io(&error)),
    };
    match obstacle {
        None => chain.ui.status(&format!("Your browser opens the page. {then}")),
        Some(why) => {
            chain.ui.status(&format!("No browser was opened ({why}). Open the page yourself, on {place}. {then}"))
        }
    }
}

/// A person is sent to pages only, and so is a browser.
///
/// # Errors
/// When the service names something else.
pub(crate) fn check_page(url: &str) -> Result<()> {
    if is_page(url) {
        return Ok(());
    }
    Err(Error::new(Kind::Unreachable, "cannot sign in")
        .because(format!("the sign-in page is neither https nor on this machine: {url:?}"))
        .try_next("nsaccess config   # shows the start URL and its region, and where they come from"))
}

/// A call of a flow that failed.
pub(crate) fn flow_failed(chain: &Chain<'_>, portal: &Portal, failure: Failure) -> NoToken {
    match failure.code.as_deref() {
        Some("invalid_client" | "InvalidClientException") => NoToken::Unregistered,
        _ => NoToken::Failed(cannot_sign_in(chain, portal, failure)),
    }
}

/// A call of a sign-in that failed, as an error.
pub(crate) fn cannot_sign_in(chain: &Chain<'_>, portal: &Portal, failure: Failure) -> Error {
    let invalid = matches!(failure.code.as_deref(), Some("invalid_request" | "InvalidRequestException"));
    let error = failure.into_error(format!("cannot sign in to {}", portal.start_url));
    let error = if invalid {
        error
            .because(format!("the start URL or its region ({}) is probably wrong", portal.region))
            .try_next(where_they_come_from(chain))
    } else {
        error
    };
    clock_skew::explain(chain, error)
}

/// How to look at the start URL and its region, by where they were set.
fn where_they_come_from(chain: &Chain<'_>) -> &'static str {
    let of_flags = chain.settings.start_url.as_ref().is_some_and(|url| matches!(url.origin, Origin::Flag(_)));
    if of_flags {
        "nsaccess login NAMESPACE --start-url URL --sso-region REGION   # your platform team knows both"
    } else {
        "nsaccess config   # shows both, and where they come from"
    }
}
