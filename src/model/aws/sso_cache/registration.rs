//! The client registration, which sign-in and refresh need.

use std::fmt;

use jiff::{SignedDuration, Timestamp};

use super::fields::{Fields, render_time};
use super::json::{self, Spacing};
use crate::secret::Secret;

/// A public client, registered with Identity Center.
#[derive(Debug, Clone)]
pub struct Registration {
    /// The client.
    pub client_id: String,
    /// The client's secret.
    pub client_secret: Secret<String>,
    /// When the registration ends.
    pub expires_at: Timestamp,
    /// Empty for a registration without scopes.
    pub scopes: Vec<String>,
    /// Absent for the device flow.
    pub grant_types: Option<Vec<String>>,
}

/// Why a registration cannot be used for a sign-in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RegistrationReason {
    /// It ends too soon for a sign-in.
    Ends {
        /// When it ends or ended.
        at: Timestamp,
    },
    /// It is for the other sign-in flow: both share one file name.
    OtherGrantTypes,
    /// It is for other scopes.
    OtherScopes,
}

impl fmt::Display for RegistrationReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            RegistrationReason::Ends { at } => write!(f, "the client registration ends at {}", render_time(*at)),
            RegistrationReason::OtherGrantTypes => f.write_str("the client was registered for another kind of sign-in"),
            RegistrationReason::OtherScopes => f.write_str("the client was registered for other scopes"),
        }
    }
}

/// The AWS CLI's margin: it does not use a registration that ends sooner.
const MARGIN: SignedDuration = SignedDuration::from_mins(15);

/// Whether a registration can be used for a sign-in with these scopes and grant types (`None`: the device flow).
pub fn judge_registration(
    registration: &Registration,
    now: Timestamp,
    scopes: &[&str],
    grant_types: Option<&[&str]>,
) -> Result<(), RegistrationReason> {
    let at = registration.expires_at;
    let found = registration.grant_types.as_ref();
    if at.duration_since(now) < MARGIN {
        return Err(RegistrationReason::Ends { at });
    }
    if found.map(|list| list.iter().map(String::as_str).collect::<Vec<_>>()).as_deref() != grant_types {
        return Err(RegistrationReason::OtherGrantTypes);
    }
    if registration.scopes != scopes {
        return Err(RegistrationReason::OtherScopes);
    }
    Ok(())
}

/// Reads a registration file. Errors never repeat its content.
pub fn parse_registration(bytes: &[u8]) -> Result<Registration, String> {
    let mut fields = Fields::read(bytes)?;
    Ok(Registration {
        client_id: fields.required("clientId")?,
        client_secret: Secret::new(fields.required("clientSecret")?),
        expires_at: fields.required_time("expiresAt")?,
        scopes: fields.list("scopes")?.unwrap_or_default(),
        grant_types: fields.list("grantTypes")?,
    })
}

/// The file's text, as the AWS CLI writes it.
pub fn render_registration(registration: &Registration) -> Secret<String> {
    let secret = registration.client_secret.expose();
    let expires_at = render_time(registration.expires_at);
    let mut text = String::with_capacity(6 * secret.len() + 4096);
    text.push('{');
    for (name, value) in
        [("clientId", registration.client_id.as_str()), ("clientSecret", secret), ("expiresAt", &expires_at)]
    {
        text.push_str(if text.len() > 1 { ", " } else { "" });
        json::name(&mut text, name, Spacing::Default);
        json::string(&mut text, value);
    }
    let scopes = (!registration.scopes.is_empty()).then_some(&registration.scopes);
    for (name, list) in [("scopes", scopes), ("grantTypes", registration.grant_types.as_ref())] {
        if let Some(list) = list {
            text.push_str(", ");
            json::name(&mut text, name, Spacing::Default);
            json::value(&mut text, &list.as_slice().into(), Spacing::Default);
        }
    }
    text.push('}');
    Secret::new(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    const DEVICE: &str = r#"{"clientId": "id", "clientSecret": "s3cret", "expiresAt": "2027-02-20T01:07:46Z", "scopes": ["sso:account:access"]}"#;
    const BROWSER: &str = r#"{"clientId": "id", "clientSecret": "s3cret", "expiresAt": "2027-02-20T01:07:46Z", "scopes": ["sso:account:access"], "grantTypes": ["authorization_code", "refresh_token"]}"#;
    const LEGACY: &str = r#"{"clientId": "id", "clientSecret": "s3cret", "expiresAt": "2027-02-20T01:07:46Z"}"#;

    fn read(text: &str) -> Registration {
        parse_registration(text.as_bytes()).expect("a registration")
    }

    #[test]
    fn files_of_the_aws_cli_come_out_as_they_went_in() {
        for text in [DEVICE, BROWSER, LEGACY] {
            assert_eq!(render_registration(&read(text)).expose(), text);
        }
    }

    #[test]
    fn a_registration_serves_the_sign_in_that_it_was_made_for() {
        let scopes = ["sso:account:access"];
        let grants = ["authorization_code", "refresh_token"];
        let now = "2027-01-01T00:00:00Z".parse().expect("a time");
        let late = "2027-02-20T00:52:47Z".parse().expect("a time");
        let at = "2027-02-20T01:07:46Z".parse().expect("a time");
        assert_eq!(judge_registration(&read(DEVICE), now, &scopes, None), Ok(()));
        assert_eq!(judge_registration(&read(BROWSER), now, &scopes, Some(&grants)), Ok(()));
        assert_eq!(judge_registration(&read(DEVICE), late, &scopes, None), Err(RegistrationReason::Ends { at }));
        for (text, grants) in [(DEVICE, Some(&grants[..])), (BROWSER, None)] {
            let judged = judge_registration(&read(text), now, &scopes, grants);
            assert_eq!(judged, Err(RegistrationReason::OtherGrantTypes));
        }
        let judged = judge_registration(&read(LEGACY), now, &scopes, None);
        assert_eq!(judged.expect_err("no scopes").to_string(), "the client was registered for other scopes");
    }

    #[test]
    fn what_is_missing_is_named_and_secrets_are_not_shown() {
        for (text, reason) in [
            (r#"{"clientSecret": "x", "expiresAt": "2027-02-20T01:07:46Z"}"#, "`clientId` is missing"),
            (r#"{"clientId": "x", "clientSecret": "x"}"#, "`expiresAt` is missing"),
            (r#"{"clientId": "x", "clientSecret": "x", "expiresAt": "x"}"#, "`expiresAt` is not a time"),
            (&DEVICE.replace("[\"sso:account:access\"]", "\"x\""), "`scopes` is not a list of strings"),
        ] {
            assert_eq!(parse_registration(text.as_bytes()).err().as_deref(), Some(reason));
        }
        assert!(!format!("{:?}", read(DEVICE)).contains("s3cret"));
    }
}
