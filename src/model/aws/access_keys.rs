//! The keys that sign requests to AWS.

use std::fmt;

use crate::secret::Secret;

/// Keys that can sign: header lines can hold them.
#[derive(Debug, Clone)]
pub(crate) struct AccessKeys {
    access_key_id: String,
    secret_access_key: Secret<String>,
    session_token: Option<Secret<String>>,
}

/// The part of some keys that cannot sign. What it is is not repeated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct UnusableKeys(&'static str);

impl AccessKeys {
    /// An empty session token is none, as for the AWS CLI.
    ///
    /// # Errors
    /// When a part is empty, or has characters that AWS does not give and no header can hold. The AWS SDK panics on those.
    pub(crate) fn new(
        access_key_id: impl Into<String>,
        secret_access_key: Secret<String>,
        session_token: Option<Secret<String>>,
    ) -> Result<Self, UnusableKeys> {
        let access_key_id = access_key_id.into();
        let session_token = session_token.filter(|token| !token.expose().is_empty());
        if !is_visible(&access_key_id) {
            return Err(UnusableKeys("access key ID"));
        }
        if !is_visible(secret_access_key.expose()) {
            return Err(UnusableKeys("secret access key"));
        }
        if session_token.as_ref().is_some_and(|token| !is_visible(token.expose())) {
            return Err(UnusableKeys("session token"));
        }
        Ok(AccessKeys { access_key_id, secret_access_key, session_token })
    }

    /// Not secret: it appears in logs.
    pub(crate) fn access_key_id(&self) -> &str {
        &self.access_key_id
    }

    pub(crate) fn secret_access_key(&self) -> &Secret<String> {
        &self.secret_access_key
    }

    /// Temporary credentials have one.
    pub(crate) fn session_token(&self) -> Option<&Secret<String>> {
        self.session_token.as_ref()
    }

    /// Temporary keys, called by this ID.
    #[cfg(test)]
    pub(crate) fn for_test(access_key_id: &str) -> Self {
        AccessKeys::new(access_key_id, Secret::from("s"), Some(Secret::from("t"))).expect("they can sign")
    }
}

fn is_visible(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic())
}

impl fmt::Display for UnusableKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the {} is empty or has characters that none of AWS has", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(id: &str, secret: &str, token: Option<&str>) -> Result<AccessKeys, UnusableKeys> {
        AccessKeys::new(id, Secret::from(secret), token.map(Secret::from))
    }

    #[test]
    fn what_no_header_can_hold_is_refused_by_its_part() {
        for wrong in ["", "AS\nIA", "ASIA\u{1b}[2J", "AS IA", "ASIA\u{0}", "ASIÄ"] {
            assert_eq!(keys(wrong, "s", None).err(), Some(UnusableKeys("access key ID")), "{wrong:?}");
            assert_eq!(keys("ASIA", wrong, None).err(), Some(UnusableKeys("secret access key")), "{wrong:?}");
            if !wrong.is_empty() {
                assert_eq!(keys("ASIA", "s", Some(wrong)).err(), Some(UnusableKeys("session token")), "{wrong:?}");
            }
        }
    }

    #[test]
    fn an_empty_session_token_is_none() {
        assert!(keys("AKIA", "s+/=", Some("")).is_ok_and(|keys| keys.session_token().is_none()));
        assert!(keys("ASIA", "s", Some("t/+=")).is_ok_and(|keys| keys.session_token().is_some()));
    }
}
