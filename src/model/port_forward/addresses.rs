//! The addresses to listen on.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::error::{Error, Result};

pub(crate) const LOOPBACK: [IpAddr; 2] = [IpAddr::V4(Ipv4Addr::LOCALHOST), IpAddr::V6(Ipv6Addr::LOCALHOST)];

/// The addresses of `--address`. `localhost` means both loopback addresses; one of them suffices.
pub(crate) fn parse(words: &[String]) -> Result<Vec<IpAddr>> {
    if words.is_empty() || words.iter().any(|word| word == "localhost") && words.len() == 1 {
        return Ok(LOOPBACK.to_vec());
    }
    let mut addresses = Vec::new();
    for word in words {
        match word.parse() {
            Ok(address) => addresses.push(address),
            Err(_) if word == "localhost" => addresses.extend(LOOPBACK),
            Err(_) => {
                return Err(Error::usage(format!("invalid address {word:?}"))
                    .because("expected an IP address or localhost")
                    .try_next("nsaccess port-forward TARGET PORT --address 127.0.0.1"));
            }
        }
    }
    Ok(addresses)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_ips_or_localhost() {
        assert_eq!(parse(&[]).expect("loopback"), LOOPBACK);
        assert_eq!(parse(&["0.0.0.0".into()]).expect("an address").len(), 1);
        assert!(parse(&["example.com".into()]).is_err());
    }
}
