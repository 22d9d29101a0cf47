//! Random identifiers: a counter hashed with a seed. Good enough for tests.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::sync::atomic::{AtomicU64, Ordering};

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use sha2::{Digest, Sha256};

/// A source of identifiers.
pub(crate) struct Random {
    seed: [u8; 32],
    counter: AtomicU64,
}

impl Random {
    /// A source seeded by the standard library's hash keys.
    pub(crate) fn new() -> Random {
        let mut hash = Sha256::new();
        for _ in 0..4 {
            hash.update(RandomState::new().build_hasher().finish().to_le_bytes());
        }
        Random { seed: hash.finalize().into(), counter: AtomicU64::new(0) }
    }

    /// This many bytes.
    pub(crate) fn bytes(&self, count: usize) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(count + 32);
        while bytes.len() < count {
            let next = self.counter.fetch_add(1, Ordering::Relaxed);
            bytes.extend_from_slice(&Sha256::new().chain_update(self.seed).chain_update(next.to_le_bytes()).finalize());
        }
        bytes.truncate(count);
        bytes
    }

    /// Base64url text of this many bytes.
    pub(crate) fn url_safe(&self, count: usize) -> String {
        URL_SAFE_NO_PAD.encode(self.bytes(count))
    }

    /// Standard base64 text (with `+`, `/` and `=`) of this many bytes.
    pub(crate) fn standard(&self, count: usize) -> String {
        STANDARD.encode(self.bytes(count))
    }

    /// This many characters of an alphabet.
    pub(crate) fn letters(&self, alphabet: &[u8], count: usize) -> String {
        self.bytes(count).iter().map(|byte| char::from(alphabet[usize::from(*byte) % alphabet.len()])).collect()
    }

    /// A UUID in its usual spelling.
    pub(crate) fn uuid(&self) -> String {
        let hex = self.letters(b"0123456789abcdef", 32);
        format!("{}-{}-4{}-a{}-{}", &hex[..8], &hex[8..12], &hex[13..16], &hex[17..20], &hex[20..])
    }
}
