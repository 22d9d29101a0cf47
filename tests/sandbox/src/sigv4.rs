//! Verification of Signature Version 4.

use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};

use crate::clock;
use crate::credentials::Credentials;
use crate::text::{first, form_pairs, hex, percent_encode};

/// A request as its signer saw it.
pub(crate) struct Message<'request> {
    pub(crate) method: &'request str,
    pub(crate) path: &'request str,
    pub(crate) query: &'request str,
    /// Names in lower case.
    pub(crate) headers: &'request [(String, String)],
    pub(crate) body: &'request [u8],
}

/// What the service expects.
pub(crate) struct Expectation<'service> {
    pub(crate) service: &'service str,
    pub(crate) now: i64,
    /// How many minutes the signer's clock may be off.
    pub(crate) skew_minutes: i64,
}

/// Why a request is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// No signature at all.
    Missing,
    /// A signature that cannot be read.
    Incomplete(String),
    /// An access key or a session token that the service does not know.
    Unknown,
    /// Expired credentials.
    Expired,
    /// A wrong signature; with the canonical request, for the journal.
    Mismatch(String),
    /// A signing time that is too far off, in AWS's words.
    Skew(String),
    /// A credential scope for another service or another day.
    Scope(String),
}

/// The signer of a request.
#[derive(Debug, Clone)]
pub(crate) struct Caller {
    pub(crate) credentials: Credentials,
    /// The region of the credential scope.
    pub(crate) region: String,
}

/// What a request claims.
struct Claim {
    credential: String,
    signed_headers: String,
    signature: String,
    date: String,
    session_token: Option<String>,
    presigned: bool,
}

/// Checks a request as AWS does: its form, scope and time, its credentials, and its signature.
pub(crate) fn verify<'keys>(
    message: &Message,
    expectation: &Expectation,
    keys: impl Fn(&str) -> Option<&'keys Credentials>,
) -> Result<Caller, Refusal> {
    let claim = Claim::read(message)?;
    let scope: Vec<&str> = claim.credential.rsplitn(5, '/').collect();
    let [terminator, service, region, day, access_key_id] = scope[..] else {
        let shown = &claim.credential;
        return Err(Refusal::Incomplete(format!(
            "Credential must have at least 5 slash-separated elements, found '{shown}'"
        )));
    };
    if service != expectation.service || terminator != "aws4_request" {
        return Err(Refusal::Scope(format!(
            "Credential should be scoped to correct service: '{}'. ",
            expectation.service
        )));
    }
    let signed_at = clock::parse_basic(&claim.date).ok_or_else(|| {
        Refusal::Incomplete(format!("Date must be in ISO-8601 'basic format'. Got '{}'.", claim.date))
    })?;
    if !claim.date.starts_with(day) || day.len() != 8 {
        return Err(Refusal::Scope(format!(
            "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '{day}' != '{}'.",
            &claim.date[..8]
        )));
    }
    let credentials = keys(access_key_id).ok_or(Refusal::Unknown)?;
    if credentials.session_token != claim.session_token || !credentials.known {
        return Err(Refusal::Unknown);
    }
    check_signed_headers(message, &claim)?;
    let canonical = canonical_request(message, &claim)?;
    let to_sign = format!(
        "AWS4-HMAC-SHA256\n{}\n{day}/{region}/{service}/aws4_request\n{}",
        claim.date,
        hex(&Sha256::digest(&canonical))
    );
    let signature = hex(&sign(&signing_key(&credentials.secret_access_key, day, region, service), &to_sign));
    if signature != claim.signature {
        return Err(Refusal::Mismatch(canonical));
    }
    check_time(signed_at, &claim, expectation)?;
    if expectation.now * 1000 >= credentials.expiration {
        return Err(Refusal::Expired);
    }
    Ok(Caller { credentials: credentials.clone(), region: region.to_owned() })
}

impl Claim {
    fn read(message: &Message) -> Result<Claim, Refusal> {
        if let Some(authorization) = first(message.headers, "authorization") {
            return Claim::from_header(message, authorization);
        }
        let query = form_pairs(message.query);
        let value = |name: &str| first(&query, name).map(str::to_owned);
        let Some(algorithm) = value("X-Amz-Algorithm") else { return Err(Refusal::Missing) };
        let parts =
            (value("X-Amz-Credential"), value("X-Amz-SignedHeaders"), value("X-Amz-Signature"), value("X-Amz-Date"));
        let ("AWS4-HMAC-SHA256", (Some(credential), Some(signed_headers), Some(signature), Some(date))) =
            (algorithm.as_str(), parts)
        else {
            return Err(Refusal::Incomplete("AWS query-string parameters must include 'X-Amz-Algorithm', 'X-Amz-Credential', 'X-Amz-Signature', 'X-Amz-SignedHeaders' and 'X-Amz-Date'".to_owned()));
        };
        Ok(Claim {
            credential,
            signed_headers,
            signature,
            date,
            session_token: value("X-Amz-Security-Token"),
            presigned: true,
        })
    }

    fn from_header(message: &Message, authorization: &str) -> Result<Claim, Refusal> {
        let incomplete = |what: &str| {
            Refusal::Incomplete(format!("Authorization header requires '{what}' parameter. (Hashed with SHA-256)"))
        };
        let rest = authorization.strip_prefix("AWS4-HMAC-SHA256").ok_or_else(|| incomplete("Credential"))?;
        let pairs: Vec<(String, String)> = rest
            .split(',')
            .filter_map(|pair| pair.trim().split_once('=').map(|(name, value)| (name.to_owned(), value.to_owned())))
            .collect();
        let part = |name: &str| first(&pairs, name).map(str::to_owned).ok_or_else(|| incomplete(name));
        Ok(Claim {
            credential: part("Credential")?,
            signed_headers: part("SignedHeaders")?,
            signature: part("Signature")?,
            date: first(message.headers, "x-amz-date").unwrap_or_default().to_owned(),
            session_token: first(message.headers, "x-amz-security-token").map(str::to_owned),
            presigned: false,
        })
    }
}

fn check_signed_headers(message: &Message, claim: &Claim) -> Result<(), Refusal> {
    let names: Vec<&str> = claim.signed_headers.split(';').collect();
    if !names.is_sorted() {
        return Err(Refusal::Mismatch("the signed headers are not in order".to_owned()));
    }
    for required in ["host", "x-amz-date", "x-amz-security-token", "x-amz-content-sha256", "x-amz-target"] {
        let present = required == "host" || first(message.headers, required).is_some();
        if present && !names.contains(&required) {
            return Err(Refusal::Mismatch(format!("'{required}' must be a 'SignedHeader' in the AWS Authorization")));
        }
    }
    Ok(())
}

fn check_time(signed_at: i64, claim: &Claim, expectation: &Expectation) -> Result<(), Refusal> {
    let (now, minutes) = (expectation.now, expectation.skew_minutes);
    // STS accepts a presigned GetCallerIdentity for 15 minutes, whatever X-Amz-Expires says.
    let allowed = if claim.presigned { 15 } else { minutes };
    let (shown, earliest, latest) = (clock::basic(now), now - allowed * 60, now + minutes * 60);
    if signed_at < earliest {
        return Err(Refusal::Skew(format!(
            "Signature expired: {} is now earlier than {} ({shown} - {allowed} min.)",
            claim.date,
            clock::basic(earliest)
        )));
    }
    if signed_at > latest {
        return Err(Refusal::Skew(format!(
            "Signature not yet current: {} is still later than {} ({shown} + {minutes} min.)",
            claim.date,
            clock::basic(latest)
        )));
    }
    Ok(())
}

fn canonical_request(message: &Message, claim: &Claim) -> Result<String, Refusal> {
    let mut headers = String::new();
    for name in claim.signed_headers.split(';') {
        let values: Vec<String> = message
            .headers
            .iter()
            .filter(|(candidate, _)| candidate == name)
            .map(|(_, value)| value.split_ascii_whitespace().collect::<Vec<_>>().join(" "))
            .collect();
        if values.is_empty() {
            return Err(Refusal::Mismatch(format!("the signed header '{name}' is not in the request")));
        }
        headers.push_str(&format!("{name}:{}\n", values.join(",")));
    }
    let mut pairs: Vec<(String, String)> = form_pairs(message.query)
        .iter()
        .filter(|(name, _)| !(claim.presigned && name == "X-Amz-Signature"))
        .map(|(name, value)| (percent_encode(name), percent_encode(value)))
        .collect();
    pairs.sort();
    let query: Vec<String> = pairs.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let path: Vec<String> = message.path.split('/').map(percent_encode).collect();
    Ok(format!(
        "{}\n{}\n{}\n{headers}\n{}\n{}",
        message.method,
        path.join("/"),
        query.join("&"),
        claim.signed_headers,
        hex(&Sha256::digest(message.body))
    ))
}

/// The signature of a query that is otherwise complete. The headers are the signed ones, in order.
pub(crate) fn presign(message: &Message, secret: &str, (date, region, service): (&str, &str, &str)) -> String {
    let names: Vec<&str> = message.headers.iter().map(|(name, _)| name.as_str()).collect();
    let claim = Claim {
        credential: String::new(),
        signed_headers: names.join(";"),
        signature: String::new(),
        date: date.to_owned(),
        session_token: None,
        presigned: true,
    };
    let (canonical, day) = (canonical_request(message, &claim).unwrap_or_default(), &date[..8]);
    let scope = format!("{day}/{region}/{service}/aws4_request");
    let to_sign = format!("AWS4-HMAC-SHA256\n{date}\n{scope}\n{}", hex(&Sha256::digest(&canonical)));
    hex(&sign(&signing_key(secret, day, region, service), &to_sign))
}

fn sign(key: &[u8], text: &str) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes a key of any length");
    mac.update(text.as_bytes());
    mac.finalize().into_bytes().to_vec()
}

fn signing_key(secret: &str, day: &str, region: &str, service: &str) -> Vec<u8> {
    let day_key = sign(format!("AWS4{secret}").as_bytes(), day);
    sign(&sign(&sign(&day_key, region), service), "aws4_request")
}

#[cfg(test)]
#[path = "sigv4_tests.rs"]
mod tests;
