//! Percent-encoding, one way for all: signed queries, addresses of sign-in pages, paths of the Kubernetes API.

/// RFC 3986: everything but the unreserved characters, `/` too, as SigV4 also wants it.
pub fn encode(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len() * 2);
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
    }
    encoded
}
