//! Connections through a proxy: HTTP CONNECT (RFC 9110 §9.3.6), or SOCKS5 (RFC 1928, 1929) as `ssh -D` offers it.

use std::io;

use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::client::TlsStream;

use crate::error::plain_io;
use crate::model::wire::endpoint::Endpoint;
use crate::model::wire::proxy::{Proxy, ProxyScheme};
use crate::model::wire::socks;
use crate::net::tls;
use crate::net::trust::Trust;
use crate::secret::Secret;

const LARGEST_HEAD: usize = 64 * 1024;

/// A stream of bytes, plain or over TLS to the proxy.
pub(super) type Stream = Box<dyn AnyStream>;

/// What a [`Stream`] can do.
pub(super) trait AnyStream: AsyncRead + AsyncWrite + Unpin + Send {}

impl<T: AsyncRead + AsyncWrite + Unpin + Send> AnyStream for T {}

/// Goes on from a connection to the proxy to a host. The proxy resolves the name, which often only it can.
///
/// # Errors
/// What the proxy said, or that it said nothing.
pub(super) async fn through(
    stream: TcpStream,
    proxy: &Proxy,
    target: &Endpoint,
    trust: &Trust,
) -> Result<Stream, String> {
    let mut stream: Stream = match proxy.scheme() {
        ProxyScheme::Https => Box::new(connect_tls(&proxy.endpoint().host, stream, trust).await?),
        ProxyScheme::Http | ProxyScheme::Socks5 => Box::new(stream),
    };
    match proxy.scheme() {
        ProxyScheme::Socks5 => connect_socks5(proxy, target, &mut stream).await?,
        ProxyScheme::Http | ProxyScheme::Https => connect_http(proxy, target, &mut stream).await?,
    }
    Ok(stream)
}

async fn connect_http(proxy: &Proxy, target: &Endpoint, stream: &mut Stream) -> Result<(), String> {
    let authorization = proxy.basic_login().map(|login| format!("Proxy-Authorization: {}\r\n", login.expose()));
    let authorization = authorization.unwrap_or_default();
    let head = Secret::new(format!("CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n{authorization}\r\n"));
    stream.write_all(head.expose().as_bytes()).await.map_err(|error| plain_io(&error))?;
    let head = read_head(stream).await.map_err(|error| plain_io(&error))?;
    match status(&head) {
        Some(200..300) => Ok(()),
        Some(status) => Err(format!("returned status {status}")),
        None => Err("the response is not HTTP".to_owned()),
    }
}

/// Reads the head of the answer and nothing after it, which belongs to the tunnel.
async fn read_head(stream: &mut (impl AsyncRead + Unpin)) -> io::Result<Vec<u8>> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        if head.len() > LARGEST_HEAD {
            return Err(io::Error::other("the response header is too long"));
        }
        head.push(stream.read_u8().await?);
    }
    Ok(head)
}

fn status(head: &[u8]) -> Option<u16> {
    let mut words = str::from_utf8(head).ok()?.split_whitespace();
    words.next().filter(|version| version.starts_with("HTTP/1."))?;
    words.next()?.parse().ok()
}

async fn connect_socks5(proxy: &Proxy, target: &Endpoint, stream: &mut Stream) -> Result<(), String> {
    let io = |error: std::io::Error| plain_io(&error);
    let login = proxy.login();
    stream.write_all(&socks::greeting(login.is_some())).await.map_err(io)?;
    let mut chosen = [0; 2];
    stream.read_exact(&mut chosen).await.map_err(io)?;
    if socks::wants_login(chosen)? {
        let (user, password) = login.ok_or("it requires a login")?;
        stream.write_all(socks::login(&user, password.expose()).expose()).await.map_err(io)?;
        let mut verdict = [0; 2];
        stream.read_exact(&mut verdict).await.map_err(io)?;
        if verdict[1] != 0 {
            return Err("it rejected the login".to_owned());
        }
    }
    stream.write_all(&socks::connect(&target.host, target.port)?).await.map_err(io)?;
    let mut head = [0; 5];
    stream.read_exact(&mut head).await.map_err(io)?;
    let mut rest = vec![0; socks::rest_of_reply(head)?];
    stream.read_exact(&mut rest).await.map_err(io)?;
    Ok(())
}

/// TLS to the proxy itself.
async fn connect_tls(host: &str, stream: TcpStream, trust: &Trust) -> Result<TlsStream<TcpStream>, String> {
    let fail = |why: String| format!("TLS: {why}");
    let name = ServerName::try_from(host.to_owned()).map_err(|error| fail(error.to_string()))?;
    let connector = tls::trusting(trust.roots()).map_err(fail)?;
    connector.connect(name, stream).await.map_err(|error| fail(plain_io(&error)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(flavor = "current_thread")]
    async fn bytes_after_the_head_belong_to_the_tunnel() {
        let mut stream = &b"HTTP/1.1 200 Connection established\r\nVia: x\r\n\r\n\x16\x03"[..];
        let head = read_head(&mut stream).await.expect("a head");
        assert_eq!((status(&head), stream), (Some(200), &b"\x16\x03"[..]));
        assert_eq!(status(b"SSH-2.0-OpenSSH\r\n\r\n"), None);
    }
}
