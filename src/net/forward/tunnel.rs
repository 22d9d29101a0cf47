//! Through a proxy to the API server: HTTP CONNECT (RFC 9110 §9.3.6), or SOCKS5 (RFC 1928, 1929) as `ssh -D` speaks it.

use std::sync::Arc;

use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::error::plain_io;
use crate::model::wire::proxy::{Proxy, ProxyScheme};
use crate::model::wire::socks;
use crate::net::forward::pipe::{DialFailure, Pipe, parse_status, read_head, tcp};
use crate::net::trust::Trust;
use crate::secret::Secret;

/// A pipe to a host behind a proxy. The proxy looks the name up: what is private is often known there alone.
pub(super) async fn open(proxy: &Proxy, host: &str, port: u16, trust: &Trust) -> Result<Box<dyn Pipe>, DialFailure> {
    let stream = tcp(proxy.host(), proxy.port()).await?;
    let mut stream: Box<dyn Pipe> = match proxy.scheme() {
        ProxyScheme::Https => Box::new(encrypted(proxy.host(), stream, trust).await?),
        ProxyScheme::Http | ProxyScheme::Socks5 => Box::new(stream),
    };
    let opened = match proxy.scheme() {
        ProxyScheme::Socks5 => socks5(proxy, host, port, &mut stream).await,
        ProxyScheme::Http | ProxyScheme::Https => connect(proxy, host, port, &mut stream).await,
    };
    opened.map_err(|why| DialFailure::Unreachable(format!("proxy {}: {why}", proxy.host())))?;
    Ok(stream)
}

async fn connect(proxy: &Proxy, host: &str, port: u16, stream: &mut Box<dyn Pipe>) -> Result<(), String> {
    let target = if host.contains(':') { format!("[{host}]:{port}") } else { format!("{host}:{port}") };
    let authorization = proxy.basic_login().map(|login| format!("Proxy-Authorization: {}\r\n", login.expose()));
    let authorization = authorization.unwrap_or_default();
    let head = Secret::new(format!("CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n{authorization}\r\n"));
    stream.write_all(head.expose().as_bytes()).await.map_err(|error| plain_io(&error))?;
    let (head, _) = read_head(stream).await.map_err(|error| plain_io(&error))?;
    match parse_status(&head) {
        Some(200..300) => Ok(()),
        Some(status) => Err(format!("answered {status}")),
        None => Err("the answer is not HTTP".to_owned()),
    }
}

async fn socks5(proxy: &Proxy, host: &str, port: u16, stream: &mut Box<dyn Pipe>) -> Result<(), String> {
    let io = |error: std::io::Error| plain_io(&error);
    let login = proxy.login();
    stream.write_all(&socks::greeting(login.is_some())).await.map_err(io)?;
    let mut chosen = [0; 2];
    stream.read_exact(&mut chosen).await.map_err(io)?;
    if socks::wants_login(chosen)? {
        let (user, password) = login.ok_or("it wants a login")?;
        stream.write_all(socks::login(&user, password.expose()).expose()).await.map_err(io)?;
        let mut verdict = [0; 2];
        stream.read_exact(&mut verdict).await.map_err(io)?;
        if verdict[1] != 0 {
            return Err("the login was refused".to_owned());
        }
    }
    stream.write_all(&socks::connect(host, port)?).await.map_err(io)?;
    let mut head = [0; 5];
    stream.read_exact(&mut head).await.map_err(io)?;
    let mut rest = vec![0; socks::rest_of_reply(head)?];
    stream.read_exact(&mut rest).await.map_err(io)?;
    Ok(())
}

/// TLS to the proxy itself.
async fn encrypted(host: &str, stream: TcpStream, trust: &Trust) -> Result<TlsStream<TcpStream>, DialFailure> {
    let fail = |why: String| DialFailure::Unreachable(format!("TLS to the proxy: {why}"));
    let config = ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| fail(error.to_string()))?
        .with_root_certificates(trust.roots())
        .with_no_client_auth();
    let name = ServerName::try_from(host.to_owned()).map_err(|error| fail(error.to_string()))?;
    TlsConnector::from(Arc::new(config)).connect(name, stream).await.map_err(|error| fail(plain_io(&error)))
}
