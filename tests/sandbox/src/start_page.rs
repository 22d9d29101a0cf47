//! The start page of IAM Identity Center, over HTTPS and for whatever host it is asked, and a proxy that leads there.
//!
//! The start URL names a host of AWS. A client that asks it goes through the proxy, which connects every host that is
//! not loopback to this page.

use std::io;
use std::net::IpAddr;
use std::sync::Arc;

use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};

use crate::message::{Reply, Request};
use crate::state::Shared;
use crate::text::escape;

/// Which region the start page names.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum StartPage {
    /// The one of the Identity Center.
    #[default]
    True,
    /// Another one.
    Region(String),
    /// None: the page has no such element.
    Silent,
    /// There is no page: the host is not of the Identity Center.
    Missing,
}

/// The operation a request asks for.
pub(crate) fn operation(request: &Request) -> &'static str {
    match (request.method.as_str(), request.path.trim_end_matches('/')) {
        ("GET" | "HEAD", "/start") => "StartPage",
        _ => "unknown",
    }
}

/// Answers a request.
pub(crate) fn handle(shared: &Shared, request: &Request) -> Reply {
    let state = shared.state();
    let region = match &state.start_page {
        StartPage::True => {
            let portal = state.world.portal_on(request.header("host").unwrap_or_default());
            Some(state.world.sso_region_of(portal).to_owned())
        }
        StartPage::Region(region) => Some(region.clone()),
        StartPage::Silent => None,
        StartPage::Missing => return error(404),
    };
    if operation(request) == "unknown" {
        return error(404);
    }
    let meta = region.map(|region| format!("\n    <meta name=\"region\" content=\"{}\">", escape(&region)));
    Reply::html(
        200,
        format!(
            "<!DOCTYPE html>\n<html lang=\"en\">\n  <head>\n    <meta charset=\"utf-8\">\n    <meta name=\"awsc-lang\" \
             content=\"en\">{}\n    <title>AWS access portal</title>\n  </head>\n  <body><div id=\"root\"></div></body>\n</html>\n",
            meta.unwrap_or_default()
        ),
    )
}

/// An error as a page.
pub(crate) fn error(status: u16) -> Reply {
    Reply::html(status, format!("<html><head><title>{status}</title></head><body><h1>{status}</h1></body></html>\n"))
}

/// Serves the proxy until the runtime ends.
pub(crate) async fn serve_proxy(shared: Arc<Shared>, listener: TcpListener) {
    while let Ok((client, _)) = listener.accept().await {
        tokio::spawn(proxy(Arc::clone(&shared), client));
    }
}

async fn proxy(shared: Arc<Shared>, client: TcpStream) -> io::Result<()> {
    let mut client = BufReader::new(client);
    let mut lines = String::new();
    while !lines.ends_with("\r\n\r\n") {
        if client.read_line(&mut lines).await? == 0 {
            return Ok(());
        }
    }
    let line = lines.lines().next().unwrap_or_default();
    let Some(target) = line.strip_prefix("CONNECT ").and_then(|rest| rest.split(' ').next()) else {
        return client.write_all(b"HTTP/1.1 405 Method Not Allowed\r\ncontent-length: 0\r\n\r\n").await;
    };
    shared.state().journal.count(&format!("CONNECT {target}"));
    let address = if is_loopback(target) { target.to_owned() } else { shared.addresses.start_page.clone() };
    let Ok(mut server) = TcpStream::connect(&address).await else {
        return client.write_all(b"HTTP/1.1 502 Bad Gateway\r\ncontent-length: 0\r\n\r\n").await;
    };
    client.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n").await?;
    tokio::io::copy_bidirectional(&mut client, &mut server).await.map(drop)
}

/// Whether a `host:port` is of this machine.
fn is_loopback(target: &str) -> bool {
    let host = target.rsplit_once(':').map_or(target, |(host, _)| host).trim_matches(['[', ']']);
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
#[path = "start_page_tests.rs"]
mod tests;
