//! Tokens of service accounts: signed by their cluster, read and verified by STS.
//!
//! EKS signs with RS256; the sandbox signs with ES256, whose keys are quick to generate.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::rand::SystemRandom;
use ring::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _, UnparsedPublicKey,
};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::text::hex;

/// The signing keys, by the name of the cluster.
pub(crate) struct Issuers(BTreeMap<String, EcdsaKeyPair>);

/// A decoded token. Nothing about it is verified.
#[derive(Debug)]
pub(crate) struct Token {
    header: Value,
    pub(crate) claims: Value,
    signed: String,
    signature: Vec<u8>,
}

impl Issuers {
    /// A new key for each cluster.
    pub(crate) fn new<'names>(clusters: impl Iterator<Item = &'names str>) -> Issuers {
        let key = || {
            let (random, kind) = (SystemRandom::new(), &ECDSA_P256_SHA256_FIXED_SIGNING);
            let document = EcdsaKeyPair::generate_pkcs8(kind, &random).expect("the system has randomness");
            EcdsaKeyPair::from_pkcs8(kind, document.as_ref(), &random).expect("a key that was just made")
        };
        Issuers(clusters.map(|name| (name.to_owned(), key())).collect())
    }

    /// Signs claims as a cluster. None if there is no such cluster.
    pub(crate) fn sign(&self, cluster: &str, claims: &Value) -> Option<String> {
        let key = self.0.get(cluster)?;
        let header = json!({"alg": "ES256", "kid": key_id(key)});
        let signed =
            format!("{}.{}", URL_SAFE_NO_PAD.encode(header.to_string()), URL_SAFE_NO_PAD.encode(claims.to_string()));
        let signature = key.sign(&SystemRandom::new(), signed.as_bytes()).ok()?;
        Some(format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature.as_ref())))
    }

    /// Whether a cluster signed a token; None if it has no key with that id.
    pub(crate) fn verify(&self, cluster: &str, token: &Token) -> Option<bool> {
        let key = self.0.get(cluster)?;
        if token.header["kid"] != key_id(key) || token.header["alg"] != "ES256" {
            return None;
        }
        let public = UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, key.public_key().as_ref());
        Some(public.verify(token.signed.as_bytes(), &token.signature).is_ok())
    }
}

fn key_id(key: &EcdsaKeyPair) -> String {
    hex(&Sha256::digest(key.public_key().as_ref())[..20])
}

/// Decodes a token. None if it is not a signed JWT.
pub(crate) fn read(text: &str) -> Option<Token> {
    let (signed, signature) = text.rsplit_once('.')?;
    let (header, claims) = signed.split_once('.')?;
    let json = |part: &str| -> Option<Value> {
        let value: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).ok()?).ok()?;
        Some(value).filter(Value::is_object)
    };
    let signature = URL_SAFE_NO_PAD.decode(signature).ok()?;
    Some(Token { header: json(header)?, claims: json(claims)?, signed: signed.to_owned(), signature })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_verified_by_its_own_cluster_alone() {
        let issuers = Issuers::new(["one", "two"].into_iter());
        let text = issuers.sign("one", &json!({"sub": "a"})).expect("a token");
        let token = read(&text).expect("a JWT");
        assert_eq!(token.claims["sub"], "a");
        assert_eq!(issuers.verify("one", &token), Some(true));
        assert_eq!(issuers.verify("two", &token), None, "another key");
        assert_eq!(issuers.verify("three", &token), None);
        let other = URL_SAFE_NO_PAD.encode(json!({"sub": "b"}).to_string());
        let forged: Vec<&str> = text.split('.').collect();
        let forged = read(&[forged[0], &other, forged[2]].join(".")).expect("a JWT");
        assert_eq!(issuers.verify("one", &forged), Some(false));
    }

    #[test]
    fn what_is_no_jwt_is_none() {
        for text in ["", "a", "a.b", "a.b.c", "e30.e30", "e30.W10.AA", "e30.e30.%"] {
            assert!(read(text).is_none(), "{text}");
        }
        assert!(read("e30.e30.AA").is_some());
    }
}
