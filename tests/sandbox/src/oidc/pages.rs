//! The pages for approving a device code or an authorization. They work without scripts, and with curl.

use super::model::{AUTHORIZATION_CODE, Authorization, Client, is_elsewhere};
use crate::message::{Reply, Request};
use crate::state::{Shared, State};
use crate::text::{escape, first, percent_encode};

const STYLE: &str = "body{font:16px system-ui,sans-serif;max-width:34rem;margin:12vh auto;padding:0 1rem;color:#16191f}\
h1{font-size:1.4rem}code{font-size:1.8rem;letter-spacing:.15em;background:#f2f3f3;padding:.3em .6em;border-radius:6px}\
button{font:inherit;padding:.6em 1.4em;margin:1em .6em 0 0;border:1px solid #545b64;border-radius:6px;background:#fff}\
button[value=approve]{background:#0972d3;border-color:#0972d3;color:#fff}small{color:#687078}";

fn page(status: u16, title: &str, body: &str) -> Reply {
    let html = format!(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>{title}</title><style>{STYLE}</style></head>\n\
         <body><h1>{title}</h1>\n{body}\n<p><small>This is the sandbox: nothing here is AWS.</small></p></body></html>\n",
    );
    Reply::html(status, html)
}

const BUTTONS: &str = "<p><button name=\"action\" value=\"approve\">Approve</button>\
<button name=\"action\" value=\"deny\">Deny</button></p>";

/// `GET /device` shows, `POST /device` decides.
pub(super) fn device(shared: &Shared, request: &Request) -> Reply {
    if request.method == "POST" {
        return decide_device(shared, request);
    }
    let Some(code) = request.parameter("user_code").filter(|code| !code.is_empty()) else {
        let form = "<form method=\"get\" action=\"/device\"><p>The code that your terminal shows:</p>\
                    <p><input name=\"user_code\" autofocus> <button>Next</button></p></form>";
        return page(200, "Sign in", form);
    };
    let state = shared.state();
    let portal = state.oidc.portal_of_code(&code).unwrap_or(0);
    let shown = escape(&code);
    let form = format!(
        "<p>A program asks for access as <b>{}</b> at {}. Go on only if it shows this code:</p><p><code>{shown}</code></p>\
         <form method=\"post\" action=\"/device\"><input type=\"hidden\" name=\"user_code\" value=\"{shown}\">{BUTTONS}</form>",
        escape(state.world.user_of(portal)),
        escape(state.world.start_url_of(portal))
    );
    page(200, "Authorization requested", &form)
}

fn decide_device(shared: &Shared, request: &Request) -> Reply {
    let form = request.form();
    let (code, action) = (first(&form, "user_code").unwrap_or_default(), first(&form, "action").unwrap_or_default());
    if action != "approve" && action != "deny" {
        return page(
            400,
            "Not understood",
            "<p>The form needs <code>action=approve</code> or <code>action=deny</code>.</p>",
        );
    }
    let now = shared.clock.milliseconds();
    let mut state = shared.state();
    let lifetime = state.world.settings.session_lifetime;
    if state.oidc.decide(Some(code), action == "approve", now, lifetime) == 0 {
        return page(400, "Invalid code", "<p>No program waits with this code: it is mistyped, used or too old.</p>");
    }
    decided(action == "approve")
}

fn decided(approved: bool) -> Reply {
    if approved {
        return page(200, "Request approved", "<p>You can close this window and go on in your terminal.</p>");
    }
    page(200, "Request denied", "<p>The program got no access.</p>")
}

/// `GET /authorize`: the beginning of the PKCE flow.
pub(super) fn authorize(shared: &Shared, request: &Request) -> Reply {
    let value = |name: &str| request.parameter(name).unwrap_or_default();
    let now = shared.clock.milliseconds();
    let mut state = shared.state();
    // An invalid client or redirect URI must never be redirected to (RFC 6749 section 4.1.2.1).
    let known = state.oidc.clients.get(&value("client_id")).filter(|client| now < client.expires_at);
    let asked = request.region.as_deref();
    let is_here = |client: &&Client| client.region.as_deref().is_none_or(|own| !is_elsewhere(own, asked));
    let known = known.filter(is_here).cloned();
    let Some(client) = known else {
        return page(
            400,
            "Invalid client",
            "<p>The program is not registered here, or its registration has ended.</p>",
        );
    };
    let redirect_uri = value("redirect_uri");
    if !client.redirect_uris.iter().any(|registered| same_but_port(registered, &redirect_uri)) {
        return page(400, "Invalid redirect", "<p>The program is not registered with this redirect URI.</p>");
    }
    let back = |error: &str| {
        Reply::redirect(format!("{redirect_uri}?error={error}&state={}", percent_encode(&value("state"))))
    };
    if value("response_type") != "code" || !client.allows(AUTHORIZATION_CODE) {
        return back("unsupported_response_type");
    }
    if value("code_challenge_method") != "S256" || value("code_challenge").len() != 43 {
        return back("invalid_request");
    }
    let portal = client.portal.unwrap_or(0);
    let region = asked.unwrap_or(state.world.sso_region_of(portal)).to_owned();
    let scopes = request.parameter("scopes").or_else(|| request.parameter("scope"));
    let scopes: Vec<String> = scopes.unwrap_or_default().split_whitespace().map(str::to_owned).collect();
    if scopes.iter().any(|scope| !client.scopes.contains(scope)) {
        return back("invalid_scope");
    }
    let authorization = Authorization {
        id: shared.random.url_safe(18),
        client_id: value("client_id"),
        portal,
        region,
        redirect_uri: redirect_uri.clone(),
        state: value("state"),
        challenge: value("code_challenge"),
        scopes,
        code: None,
        session: 0,
        expires_at: now + 600_000,
        done: false,
    };
    let id = authorization.id.clone();
    state.oidc.authorizations.push(authorization);
    if state.world.settings.auto_approve {
        return finish(shared, &mut state, &id, true);
    }
    let form = format!(
        "<p>A program on this computer asks for access as <b>{}</b> at {}.</p><form method=\"post\" action=\"/authorize\">\
         <input type=\"hidden\" name=\"id\" value=\"{id}\">{BUTTONS}</form>",
        escape(state.world.user_of(portal)),
        escape(state.world.start_url_of(portal))
    );
    page(200, "Authorization requested", &form)
}

/// `POST /authorize`: the person's decision.
pub(super) fn decide_authorization(shared: &Shared, request: &Request) -> Reply {
    let form = request.form();
    let (id, action) = (first(&form, "id").unwrap_or_default(), first(&form, "action").unwrap_or_default());
    finish(shared, &mut shared.state(), id, action == "approve")
}

/// Decides an authorization and sends the browser back to the program.
pub(crate) fn finish(shared: &Shared, state: &mut State, id: &str, approve: bool) -> Reply {
    let now = shared.clock.milliseconds();
    let waiting = |it: &Authorization| it.id == id && it.code.is_none() && !it.done && now < it.expires_at;
    let Some(at) = state.oidc.authorizations.iter().position(waiting) else {
        return page(400, "Invalid request", "<p>No program waits for this answer any more.</p>");
    };
    let (portal, lifetime) = (state.oidc.authorizations[at].portal, state.world.settings.session_lifetime);
    let session = if approve { state.oidc.sign_in(portal, now, lifetime) } else { 0 };
    let authorization = &mut state.oidc.authorizations[at];
    let answer = if approve {
        let code = shared.random.url_safe(120);
        authorization.code = Some(code.clone());
        authorization.session = session;
        format!("code={code}")
    } else {
        authorization.done = true;
        "error=access_denied".to_owned()
    };
    let state_text = percent_encode(&authorization.state);
    Reply::redirect(format!("{}?{answer}&state={state_text}", authorization.redirect_uri))
}

/// RFC 8252 section 7.3: a loopback redirect URI may come with any port.
fn same_but_port(registered: &str, given: &str) -> bool {
    let split = |uri: &str| {
        let rest = uri.strip_prefix("http://127.0.0.1")?;
        let (port, path) = rest.split_once('/')?;
        let port_is_right = port.is_empty() || port.strip_prefix(':').is_some_and(|it| it.parse::<u16>().is_ok());
        port_is_right.then(|| path.to_owned())
    };
    split(given).is_some_and(|path| split(registered) == Some(path))
}

#[cfg(test)]
mod tests {
    use super::same_but_port;

    #[test]
    fn a_loopback_redirect_may_have_any_port() {
        let registered = "http://127.0.0.1/oauth/callback";
        assert!(same_but_port(registered, "http://127.0.0.1:35325/oauth/callback"));
        assert!(same_but_port(registered, registered));
        for wrong in [
            "http://127.0.0.1:1/other",
            "http://localhost:1/oauth/callback",
            "https://127.0.0.1:1/oauth/callback",
            "http://127.0.0.1.evil.example/oauth/callback",
            "http://127.0.0.1:x/oauth/callback",
        ] {
            assert!(!same_but_port(registered, wrong), "{wrong}");
        }
    }
}
