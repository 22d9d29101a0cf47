//! Controls of Identity Centers: other organisations beside the world's own, and their regions.

use serde_json::{Value, json};

use crate::control::Control;
use crate::control_http;
use crate::regions;
use crate::world::Portal;

/// Another organisation, and the world's own in a second region:
///
/// ```no_run
/// use sandbox::{Account, Portal};
///
/// let sandbox = sandbox::Sandbox::start();
/// let control = sandbox.control();
/// let account = Account::new("222233334444", "other", &["idp-ns-pay"]);
/// control.add_portal(Portal::new("https://other.awsapps.com/start", "us-east-1").with_account(account));
/// control.replicate_portal(&sandbox.start_url(), "us-east-1");
/// let variables = control.regional_env("us-east-1");
/// ```
impl Control {
    /// Adds the Identity Center of another organisation, or replaces the one with its start URL. It has the same
    /// addresses as the world's own; sessions, registrations and tokens are its own.
    pub fn add_portal(&self, portal: Portal) {
        let shared = self.shared();
        let portals = &mut shared.state().world.portals;
        match portals.iter_mut().find(|other| other.start_url == portal.start_url) {
            Some(other) => *other = portal,
            None => portals.push(portal),
        }
    }

    /// Lets the Identity Center with a start URL answer in another region too. What is issued in one region is refused in
    /// the other. False if there is none with this start URL.
    pub fn replicate_portal(&self, start_url: &str, region: &str) -> bool {
        let shared = self.shared();
        let mut state = shared.state();
        let Some(portal) = state.world.portal_at(start_url) else { return false };
        state.regions.replicas.push((portal, region.to_owned()));
        true
    }

    /// The variables that lead a client to Identity Center in one region: `AWS_ENDPOINT_URL_SSO_OIDC` and
    /// `AWS_ENDPOINT_URL_SSO`. The addresses of [`Sandbox::env`](crate::Sandbox::env) take what is of any region, and
    /// issue what is of the Identity Center's own. A client without such variables gets to each region through
    /// [`Sandbox::start_page_proxy`](crate::Sandbox::start_page_proxy), which leads the hosts of AWS there.
    ///
    /// # Panics
    ///
    /// When loopback cannot be listened on.
    pub fn regional_env(&self, region: &str) -> Vec<(String, String)> {
        let addresses = regions::addresses(&self.shared(), region).expect("the region gets its ports");
        vec![
            ("AWS_ENDPOINT_URL_SSO_OIDC".to_owned(), addresses.oidc),
            ("AWS_ENDPOINT_URL_SSO".to_owned(), addresses.portal),
        ]
    }

    /// Ends the sessions of the Identity Center with a start URL, and no others. False if there is none.
    pub fn end_session_of(&self, start_url: &str) -> bool {
        let shared = self.shared();
        let now = shared.clock.milliseconds();
        let mut state = shared.state();
        let Some(portal) = state.world.portal_at(start_url) else { return false };
        for session in state.oidc.sessions.iter_mut().filter(|session| session.portal == portal) {
            session.ends_at = session.ends_at.min(now);
        }
        true
    }
}

/// The same controls over HTTP.
pub(crate) const HELP: &[(&str, &str)] = &[
    (
        "POST /_control/portal",
        "{\"start_url\", \"region\", \"user\"?, \"accounts\"?: [as of account]} of another organisation: add or replace",
    ),
    ("POST /_control/portal/replicate", "{\"start_url\", \"region\"} let it answer in another region too"),
    ("POST /_control/portal/end-session", "{\"start_url\"} end its sessions, and no others"),
    ("POST /_control/regional-env", "{\"region\"} the variables that lead to Identity Center in this region"),
];

/// Answers a request, if it is one of these.
pub(crate) fn handle(control: &Control, path: &[&str], input: &Value) -> Option<Result<Value, String>> {
    let text = |name: &str| input[name].as_str().unwrap_or_default();
    let done = match path {
        ["portal"] => match portal(input) {
            Ok(portal) => {
                control.add_portal(portal);
                true
            }
            Err(why) => return Some(Err(why)),
        },
        ["portal", "replicate"] => control.replicate_portal(text("start_url"), text("region")),
        ["portal", "end-session"] => control.end_session_of(text("start_url")),
        ["regional-env"] => {
            let variables = control.regional_env(text("region")).into_iter();
            let variables: serde_json::Map<_, _> = variables.map(|(name, value)| (name, json!(value))).collect();
            return Some(Ok(variables.into()));
        }
        _ => return None,
    };
    Some(if done { Ok(json!({"ok": true})) } else { Err("there is nothing of that name".to_owned()) })
}

fn portal(input: &Value) -> Result<Portal, String> {
    let needed = |name: &str| input[name].as_str().ok_or_else(|| format!("{name} is missing"));
    let usual = Portal::new(needed("start_url")?, needed("region")?);
    let accounts = input["accounts"].as_array().into_iter().flatten().map(control_http::account);
    Ok(Portal {
        user: input["user"].as_str().unwrap_or(&usual.user).to_owned(),
        accounts: accounts.collect::<Result<_, _>>()?,
        ..usual
    })
}
