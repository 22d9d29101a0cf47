//! Who issued a certificate: for messages about certificates that are not trusted. Nothing is decided by it.
//!
//! Of X.509 (RFC 5280 §4.1) only the way to the issuer's name is read.

const SEQUENCE: u8 = 0x30;
const SET: u8 = 0x31;
const INTEGER: u8 = 0x02;
const OBJECT_ID: u8 = 0x06;
const VERSION: u8 = 0xa0;
/// 2.5.4.3, 2.5.4.11 and 2.5.4.10: common name, unit, organisation; the most telling first.
const NAMES: [[u8; 3]; 3] = [[0x55, 4, 3], [0x55, 4, 11], [0x55, 4, 10]];

/// The issuer's common name, else its unit or organisation.
pub(crate) fn issuer(der: &[u8]) -> Option<String> {
    let (certificate, _) = value(der, SEQUENCE)?;
    let (signed, _) = value(certificate, SEQUENCE)?;
    let after_version = value(signed, VERSION).map_or(signed, |(_, rest)| rest);
    let (_, rest) = value(after_version, INTEGER)?;
    let (_, rest) = value(rest, SEQUENCE)?;
    let (mut name, _) = value(rest, SEQUENCE)?;
    let mut parts = Vec::new();
    while let Some((attribute, rest)) = value(name, SET) {
        let (attribute, _) = value(attribute, SEQUENCE)?;
        let (kind, text) = value(attribute, OBJECT_ID)?;
        let (text, _) = any_value(text)?;
        parts.push((kind, text));
        name = rest;
    }
    let found = NAMES.iter().find_map(|wanted| parts.iter().find(|(kind, _)| kind == wanted));
    let text = String::from_utf8_lossy(found?.1).into_owned();
    (!text.is_empty()).then_some(text)
}

/// The value of the item at the start, if it is of this kind; and what follows it.
fn value(der: &[u8], kind: u8) -> Option<(&[u8], &[u8])> {
    (*der.first()? == kind).then(|| any_value(der))?
}

fn any_value(der: &[u8]) -> Option<(&[u8], &[u8])> {
    let (&[_, short], rest) = der.split_first_chunk::<2>()?;
    let (length, rest) = match short {
        0..=0x7f => (usize::from(short), rest),
        // A certificate needs no more than two bytes for a length.
        0x81 => (usize::from(*rest.first()?), rest.get(1..)?),
        0x82 => {
            let (&bytes, rest) = rest.split_first_chunk::<2>()?;
            (usize::from(u16::from_be_bytes(bytes)), rest)
        }
        _ => return None,
    };
    rest.split_at_checked(length)
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;

    use super::*;

    /// Made by `openssl req -x509 -subj "/C=DE/O=Example Corp/CN=Example Inspection CA"`.
    const WITH_NAME: &str = "MIIB3DCCAYOgAwIBAgIUKsGp/Cbtq9dYCDpb3FSWnhUFiA8wCgYIKoZIzj0EAwIwRDELMAkGA1UEBhMCREUxFTATBgNVBAoMDEV4\
         YW1wbGUgQ29ycDEeMBwGA1UEAwwVRXhhbXBsZSBJbnNwZWN0aW9uIENBMB4XDTI2MTEyNjAyNDYxOVoXDTM2MTEyMzAyNDYxOVow\
         RDELMAkGA1UEBhMCREUxFTATBgNVBAoMDEV4YW1wbGUgQ29ycDEeMBwGA1UEAwwVRXhhbXBsZSBJbnNwZWN0aW9uIENBMFkwEwYH\
         KoZIzj0CAQYIKoZIzj0DAQcDQgAEB+yFBRH1LFvTYliHWDgkoVOR9uSgr16mGd22Dp0H2lAGbkWLGGJoUx0N92UZFKvq5zf2/pfK\
         hqpSk8l7+EXTEaNTMFEwHQYDVR0OBBYEFOr0orEom1WW48T9FfNp+8hk7V7sMB8GA1UdIwQYMBaAFOr0orEom1WW48T9FfNp+8hk\
         7V7sMA8GA1UdEwEB/wQFMAMBAf8wCgYIKoZIzj0EAwIDRwAwRAIgMysg9opnAzoCkYvz7PALNCzq1WevUdqPwB1kVUd5XkECIEpI\
         BWPXIxhIyZQRo0Xj0X9upo8ZjwexJFhjUEqTXIwQ";
    /// The same with `-subj "/C=DE/O=Only An Organisation"`.
    const WITH_ORGANISATION: &str = "MIIBrTCCAVOgAwIBAgIUU+qGO9EOloQ4QaGAoWeee19g+xkwCgYIKoZIzj0EAwIwLDELMAkGA1UEBhMCREUxHTAbBgNVBAoMFE9u\
         bHkgQW4gT3JnYW5pc2F0aW9uMB4XDTI2MTEyNjAyNDYxOVoXDTM2MTEyMzAyNDYxOVowLDELMAkGA1UEBhMCREUxHTAbBgNVBAoM\
         FE9ubHkgQW4gT3JnYW5pc2F0aW9uMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEP6ZhKprNPoxiUUrEOC9mFt9m/XwE+Tjy9V+Q\
         qZ1tbp2X8azW1bvjPJD8G/ZslY91wHpCPkzoOdQMPejN39y3gKNTMFEwHQYDVR0OBBYEFLZMPQUfRjjmMfsIwrS4tnxbTVkXMB8G\
         A1UdIwQYMBaAFLZMPQUfRjjmMfsIwrS4tnxbTVkXMA8GA1UdEwEB/wQFMAMBAf8wCgYIKoZIzj0EAwIDSAAwRQIhAKpbavNHATd4\
         aVknyC9HYrlCw9ToSEwHu6CKMqeUZ37JAiApLtX2tqLZuCIhwB78WnRU8DCJR1JORlSD6Ne/KT3NhA==";

    #[test]
    fn the_issuer_is_named() {
        let issuer = |data: &str| issuer(&STANDARD.decode(data).expect("base64"));
        assert_eq!(issuer(WITH_NAME).as_deref(), Some("Example Inspection CA"));
        assert_eq!(issuer(WITH_ORGANISATION).as_deref(), Some("Only An Organisation"));
    }

    #[test]
    fn what_is_cut_or_no_certificate_has_no_issuer() {
        let der = STANDARD.decode(WITH_NAME).expect("base64");
        for end in 0..der.len() {
            assert_eq!(issuer(&der[..end]), None, "{end}");
        }
        for other in [&b""[..], b"\x30", b"\x30\x84\xff\xff\xff\xff", b"HTTP/1.1 400 Bad Request"] {
            assert_eq!(issuer(other), None, "{other:?}");
        }
    }
}
