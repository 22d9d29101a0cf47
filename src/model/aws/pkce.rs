//! The browser flow's proof key (RFC 7636) and its callback.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};

use crate::model::wire::percent;
use crate::secret::{Secret, constant_time_eq};

/// The callback's path below `http://127.0.0.1:<port>`. Identity Center ignores the port (RFC 8252 §7.3).
pub(crate) const CALLBACK_PATH: &str = "/oauth/callback";

/// One attempt to sign in with the browser flow.
#[derive(Debug)]
pub(crate) struct PkceAttempt {
    verifier: Secret<String>,
    state: Secret<String>,
}

/// A request to our listener.
#[derive(Debug)]
pub(crate) enum Callback {
    /// The authorization code.
    Code(Secret<String>),
    /// The person or the service refused: `error` and description.
    Refused(String),
    /// Not our callback: another path or state, or a browser that asks for an icon.
    Foreign,
}

impl PkceAttempt {
    /// From 48 random bytes for the verifier and 24 for the state.
    pub(crate) fn new(verifier: [u8; 48], state: [u8; 24]) -> Self {
        PkceAttempt {
            verifier: Secret::new(URL_SAFE_NO_PAD.encode(verifier)),
            state: Secret::new(URL_SAFE_NO_PAD.encode(state)),
        }
    }

    pub(crate) fn verifier(&self) -> &Secret<String> {
        &self.verifier
    }

    /// The page to open: `authorize` of the OIDC endpoint with our challenge.
    pub(crate) fn authorize_url(&self, endpoint: &str, client_id: &str, redirect_uri: &str, scope: &str) -> String {
        let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(self.verifier.expose()));
        let parameters = [
            ("response_type", "code"),
            ("client_id", client_id),
            ("redirect_uri", redirect_uri),
            ("state", self.state.expose()),
            ("code_challenge_method", "S256"),
            ("scopes", scope),
            ("code_challenge", &challenge),
        ];
        let query: Vec<String> =
            parameters.iter().map(|(name, value)| format!("{name}={}", percent::encode(value))).collect();
        format!("{}/authorize?{}", endpoint.trim_end_matches('/'), query.join("&"))
    }

    /// Reads the request line of a request to our listener. Only our path with our state counts.
    pub(crate) fn read_callback(&self, request_line: &str) -> Callback {
        let mut words = request_line.split_whitespace();
        let (Some("GET"), Some(target)) = (words.next(), words.next()) else { return Callback::Foreign };
        let Some(query) = target.strip_prefix(CALLBACK_PATH).and_then(|rest| rest.strip_prefix('?')) else {
            return Callback::Foreign;
        };
        let value = |wanted: &str| {
            let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
            pairs.filter(|(name, _)| *name == wanted).map(|(_, value)| decode(value)).next()
        };
        if !value("state").is_some_and(|state| constant_time_eq(state.as_bytes(), self.state.expose().as_bytes())) {
            return Callback::Foreign;
        }
        match (value("code"), value("error")) {
            (_, Some(error)) => {
                let description = value("error_description").map(|text| format!(": {text}")).unwrap_or_default();
                Callback::Refused(format!("{error}{description}"))
            }
            (Some(code), None) if !code.is_empty() => Callback::Code(Secret::new(code)),
            _ => Callback::Foreign,
        }
    }
}

fn decode(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, tail)) = rest.split_first() {
        let hex = tail.get(..2).and_then(|pair| std::str::from_utf8(pair).ok());
        match (first, hex.and_then(|pair| u8::from_str_radix(pair, 16).ok())) {
            (b'%', Some(byte)) => {
                bytes.push(byte);
                rest = &tail[2..];
                continue;
            }
            (b'+', _) => bytes.push(b' '),
            _ => bytes.push(first),
        }
        rest = tail;
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn attempt() -> PkceAttempt {
        PkceAttempt::new([7; 48], [9; 24])
    }

    fn request(path: &str, query: &str) -> String {
        format!("GET {path}?{query} HTTP/1.1\r\n")
    }

    #[test]
    fn the_challenge_is_the_hash_of_the_verifier() {
        let url =
            attempt().authorize_url("https://oidc/", "id", "http://127.0.0.1:8/oauth/callback", "sso:account:access");
        assert!(url.starts_with("https://oidc/authorize?response_type=code&client_id=id&"), "{url}");
        assert!(url.contains("redirect_uri=http%3A%2F%2F127.0.0.1%3A8%2Foauth%2Fcallback"), "{url}");
        let challenge = url.rsplit_once("code_challenge=").expect("a challenge").1;
        assert_eq!(challenge, URL_SAFE_NO_PAD.encode(Sha256::digest(attempt().verifier().expose())));
        assert_eq!(challenge.len(), 43);
        assert_eq!(attempt().verifier().expose().len(), 64);
    }

    #[test]
    fn only_our_path_with_our_state_counts() {
        let attempt = attempt();
        let state = attempt.state.expose();
        let good = attempt.read_callback(&request(CALLBACK_PATH, &format!("code=a%2Fb&state={state}")));
        assert!(matches!(good, Callback::Code(code) if code.expose() == "a/b"));
        for foreign in [
            request(CALLBACK_PATH, "code=a&state=wrong"),
            request(CALLBACK_PATH, "code=a"),
            request("/favicon.ico", &format!("code=a&state={state}")),
            request("/oauth/callbackx", &format!("code=a&state={state}")),
            format!("POST {CALLBACK_PATH}?code=a&state={state} HTTP/1.1"),
            format!("GET {CALLBACK_PATH}?state={state} HTTP/1.1"),
            "\0".to_owned(),
        ] {
            assert!(matches!(attempt.read_callback(&foreign), Callback::Foreign), "{foreign}");
        }
    }

    #[test]
    fn a_refusal_says_why() {
        let attempt = attempt();
        let line = request(
            CALLBACK_PATH,
            &format!("error=access_denied&error_description=not+today&state={}", attempt.state.expose()),
        );
        assert!(matches!(attempt.read_callback(&line), Callback::Refused(why) if why == "access_denied: not today"));
    }
}
