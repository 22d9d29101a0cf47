//! The browser flow: a page on this machine, which comes back with a code (RFC 8252, PKCE).

use crate::chain::Chain;
use crate::chain::session::flow::{
    LONGEST_SIGN_IN, NoToken, check_page, flow_failed, open_page, registration_name, show_portal,
};
use crate::disk::sso_cache;
use crate::error::{Error, Kind};
use crate::model::aws::pkce::PkceAttempt;
use crate::model::aws::target::Portal;
use crate::net::aws::oidc::{NewRegistration, NewToken, SCOPE};
use crate::net::callback::CallbackListener;

/// Opens the page and waits for its answer.
///
/// # Errors
/// When it does not come, or the service no longer knows the registration.
pub(crate) async fn run(chain: &Chain<'_>, portal: &Portal, client: &NewRegistration) -> Result<NewToken, NoToken> {
    let attempt = PkceAttempt::new(chain.host.random(), chain.host.random());
    // Bound before the browser opens: a warm session is back in no time (synfinatic/aws-sso-cli#1441).
    let listener = CallbackListener::bind().await?;
    let redirect_uri = listener.redirect_uri().to_owned();
    let endpoint = chain.services.authorize_endpoint(portal);
    let url = attempt.authorize_url(&endpoint, &client.client_id, &redirect_uri, SCOPE);
    check_page(&url)?;
    show_portal(chain, portal);
    chain.ui.status(&format!("    page   {url}"));
    chain.ui.blank();
    open_page(chain, &url, ("this machine", "To sign in on another device, use --flow device."));
    let code = tokio::time::timeout(LONGEST_SIGN_IN, listener.wait(&attempt)).await;
    let code = code.map_err(|_| not_finished(chain, portal))??;
    let exchanged = chain.services.exchange_code(portal, client, (&code, attempt.verifier(), &redirect_uri)).await;
    exchanged.map_err(|failure| flow_failed(chain, portal, failure))
}

/// The page shows an error and never comes back when the service has forgotten our registration, so that goes.
fn not_finished(chain: &Chain<'_>, portal: &Portal) -> Error {
    let _ = sso_cache::remove_registration(chain.host, &registration_name(portal));
    Error::new(Kind::NotSignedIn, "the sign-in in the browser was not completed within 10 minutes")
        .because("the page may have shown an error and not returned to nsaccess")
        .try_next("nsaccess login NAMESPACE --flow device")
}
