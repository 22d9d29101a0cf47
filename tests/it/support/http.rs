//! A browser that is as small as can be: one request, one answer, no redirect followed.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};

/// An answer.
#[derive(Debug)]
pub(crate) struct Answer {
    /// The status.
    pub status: u16,
    /// The head, for its headers.
    pub head: String,
    /// The body.
    pub body: String,
}

impl Answer {
    /// The value of a header.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let line = self.head.lines().find(|line| line.to_ascii_lowercase().starts_with(&format!("{name}:")))?;
        line.split_once(':').map(|(_, value)| value.trim())
    }
}

/// `GET` of an `http://127.0.0.1:PORT/…` address.
pub(crate) fn get(url: &str) -> Answer {
    let rest = url.strip_prefix("http://").unwrap_or_else(|| panic!("{url} is not http"));
    let (address, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    assert!(address.starts_with("127.0.0.1:"), "{address} is not loopback");
    let path = if path.is_empty() { "/" } else { path };
    let mut stream = TcpStream::connect(address).unwrap_or_else(|error| panic!("{address}: {error}"));
    let request = format!("GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).expect("the request is sent");
    let mut text = Vec::new();
    stream.read_to_end(&mut text).expect("an answer");
    let text = String::from_utf8_lossy(&text).into_owned();
    let (head, body) = text.split_once("\r\n\r\n").unwrap_or((&text, ""));
    let status = head.split_whitespace().nth(1).and_then(|status| status.parse().ok()).unwrap_or_default();
    Answer { status, head: head.to_owned(), body: body.to_owned() }
}

/// A server that answers each connection with these bytes, and closes it.
pub(crate) fn serve(answer: impl Into<Vec<u8>>) -> SocketAddr {
    let answer = answer.into();
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("an address");
    std::thread::spawn(move || {
        for mut stream in listener.incoming().map_while(Result::ok) {
            let _ = stream.read(&mut [0; 4096]);
            let _ = stream.write_all(&answer);
        }
    });
    address
}
