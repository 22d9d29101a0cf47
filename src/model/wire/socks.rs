//! The messages of a SOCKS5 client (RFC 1928) with a login (RFC 1929).

use crate::secret::Secret;

const VERSION: u8 = 5;
const NO_LOGIN: u8 = 0;
const LOGIN: u8 = 2;

/// The first message: the supported authentication methods.
pub fn greeting(with_login: bool) -> Vec<u8> {
    if with_login { vec![VERSION, 2, NO_LOGIN, LOGIN] } else { vec![VERSION, 1, NO_LOGIN] }
}

/// Whether the answer to the greeting asks for the login.
///
/// # Errors
/// When it is not SOCKS5 or asks for another method.
pub fn wants_login(answer: [u8; 2]) -> Result<bool, String> {
    match answer {
        [VERSION, NO_LOGIN] => Ok(false),
        [VERSION, LOGIN] => Ok(true),
        [VERSION, _] => Err("it requires an unsupported kind of login".to_owned()),
        _ => Err("the response is not SOCKS5".to_owned()),
    }
}

/// The login.
pub fn login(user: &str, password: &str) -> Secret<Vec<u8>> {
    let mut message = vec![1];
    for text in [user, password] {
        let text = &text.as_bytes()[..text.len().min(255)];
        message.push(text.len() as u8);
        message.extend_from_slice(text);
    }
    Secret::new(message)
}

/// Requests a connection to a host by name or IP address.
///
/// # Errors
/// When the name is too long.
pub fn connect(host: &str, port: u16) -> Result<Vec<u8>, String> {
    let mut message = vec![VERSION, 1, 0];
    match host.parse() {
        Ok(std::net::IpAddr::V4(address)) => {
            message.push(1);
            message.extend_from_slice(&address.octets());
        }
        Ok(std::net::IpAddr::V6(address)) => {
            message.push(4);
            message.extend_from_slice(&address.octets());
        }
        Err(_) => {
            message.push(3);
            message.push(u8::try_from(host.len()).map_err(|_| "the host name is too long".to_owned())?);
            message.extend_from_slice(host.as_bytes());
        }
    }
    message.extend_from_slice(&port.to_be_bytes());
    Ok(message)
}

/// How many bytes follow the first five of the reply.
///
/// # Errors
/// Why the proxy could not connect.
pub fn rest_of_reply(head: [u8; 5]) -> Result<usize, String> {
    let [VERSION, reply, _, kind, first] = head else { return Err("the response is not SOCKS5".to_owned()) };
    let why = match reply {
        0 => {
            return match kind {
                1 => Ok(3 + 2),
                4 => Ok(15 + 2),
                3 => Ok(usize::from(first) + 2),
                _ => Err("the response is not SOCKS5".to_owned()),
            };
        }
        2 => "its rules do not allow the connection",
        3 => "the network is unreachable from it",
        4 => "the host is unreachable from it, or it cannot resolve the name",
        5 => "the connection was refused",
        6 => "the connection took too long",
        _ => "it could not connect",
    };
    Err(why.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_those_of_the_rfcs() {
        assert_eq!(greeting(false), [5, 1, 0]);
        assert_eq!(greeting(true), [5, 2, 0, 2]);
        assert_eq!(login("ab", "c").expose(), &[1, 2, b'a', b'b', 1, b'c']);
        assert_eq!(connect("h.x", 443).expect("a name"), [5, 1, 0, 3, 3, b'h', b'.', b'x', 1, 0xbb]);
        assert_eq!(connect("10.0.0.1", 80).expect("an address"), [5, 1, 0, 1, 10, 0, 0, 1, 0, 80]);
        assert_eq!(connect("::1", 80).expect("an address")[3..5], [4, 0]);
        assert!(connect(&"x".repeat(256), 80).is_err());
    }

    #[test]
    fn answers_are_read_or_refused() {
        assert_eq!(wants_login([5, 0]), Ok(false));
        assert_eq!(wants_login([5, 2]), Ok(true));
        assert!(wants_login([5, 0xff]).is_err() && wants_login([b'H', b'T']).is_err());
        assert_eq!(rest_of_reply([5, 0, 0, 1, 10]), Ok(5));
        assert_eq!(rest_of_reply([5, 0, 0, 3, 7]), Ok(9));
        assert_eq!(rest_of_reply([5, 0, 0, 4, 0]), Ok(17));
        assert_eq!(rest_of_reply([5, 5, 0, 1, 0]), Err("the connection was refused".to_owned()));
        assert!(rest_of_reply([4, 0, 0, 1, 0]).is_err() && rest_of_reply([5, 0, 0, 9, 0]).is_err());
    }
}
