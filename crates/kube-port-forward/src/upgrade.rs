//! From a byte stream to an upgraded connection: the HTTP request and its answer.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use secrecy::{ExposeSecret, SecretBox, SecretString};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};

use crate::http_head::{io_words, parse_status, read_head};
use crate::server::{ApiServer, ByteStream};
use crate::transport::Transport;
use crate::websocket::TUNNEL_PROTOCOL;

/// The API server dials the node for 30 seconds before it says that it cannot.
pub(crate) const ANSWER_LIMIT: Duration = Duration::from_secs(35);
/// For the other transport, when the first one got no answer: it is tried only because something on the way may have
/// swallowed the first.
pub(crate) const SECOND_ANSWER_LIMIT: Duration = Duration::from_secs(10);
/// How long a refusal's words are listened to.
const REFUSAL_LIMIT: Duration = Duration::from_secs(5);
/// Bytes of a refusal that are read for its words.
const LARGEST_REFUSAL: usize = 64 * 1024;

/// An upgraded connection, with the bytes that came behind the answer's head.
pub(crate) struct UpgradedConnection {
    pub(crate) stream: Box<dyn ByteStream>,
    /// What the server sent at once.
    pub(crate) first_bytes: Vec<u8>,
    /// What the bytes are wrapped in.
    pub(crate) transport: Transport,
}

/// Why there is no upgraded connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum UpgradeError {
    /// The server answered, and not with 101.
    Refused { status: u16, words: String },
    /// The server took the request and said nothing for this long.
    Unanswered(Duration),
    /// No usable answer.
    Unreachable(String),
}

impl UpgradeError {
    /// Whether the other transport would be told the same: no token is taken, or the server does not reach the pod's node (in
    /// the words of Kubernetes' `UpgradeAwareHandler`).
    pub(crate) fn is_final(&self) -> bool {
        match self {
            UpgradeError::Refused { status: 401, .. } => true,
            UpgradeError::Refused { words, .. } => words.starts_with("error dialing backend"),
            UpgradeError::Unanswered(_) | UpgradeError::Unreachable(_) => false,
        }
    }
}

impl ApiServer {
    /// Opens a connection to a pod and upgrades it.
    pub(crate) async fn upgrade(
        &self,
        token: &SecretString,
        namespace: &str,
        pod: &str,
        transport: Transport,
        limit: Duration,
    ) -> Result<UpgradedConnection, UpgradeError> {
        let connected = self.connector.connect().await;
        let mut stream = connected.map_err(|error| UpgradeError::Unreachable(io_words(&error)))?;
        let head = self.request_head(token, namespace, pod, transport);
        let answer = async {
            stream.write_all(head.expose_secret().as_bytes()).await?;
            stream.flush().await?;
            read_head(&mut stream).await
        };
        let answered = tokio::time::timeout(limit, answer).await;
        let (head, rest) = answered
            .map_err(|_| UpgradeError::Unanswered(limit))?
            .map_err(|error| UpgradeError::Unreachable(format!("no answer: {}", io_words(&error))))?;
        match parse_status(&head) {
            Some(101) => Ok(UpgradedConnection { stream, first_bytes: rest, transport }),
            Some(status) => {
                let body = read_body(&mut stream, rest).await;
                Err(UpgradeError::Refused { status, words: words_of(&body, status) })
            }
            None => Err(UpgradeError::Unreachable("the answer is not HTTP".to_owned())),
        }
    }

    fn request_head(
        &self,
        token: &SecretString,
        namespace: &str,
        pod: &str,
        transport: Transport,
    ) -> SecretBox<String> {
        let path = format!("{}/api/v1/namespaces/{namespace}/pods/{pod}/portforward", self.path);
        let upgrade = match transport {
            Transport::Spdy => "Connection: Upgrade\r\nUpgrade: SPDY/3.1\r\nX-Stream-Protocol-Version: portforward.k8s.io\r\nContent-Length: 0\r\n".to_owned(),
            Transport::WebSocket => format!(
                "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {}\r\nSec-WebSocket-Protocol: {TUNNEL_PROTOCOL}\r\n",
                STANDARD.encode(random_16())
            ),
        };
        let method = if transport == Transport::Spdy { "POST" } else { "GET" };
        SecretBox::new(Box::new(format!(
            "{method} {path} HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {}\r\nUser-Agent: {}\r\n{upgrade}\r\n",
            self.authority,
            token.expose_secret(),
            self.user_agent,
        )))
    }
}

fn random_16() -> [u8; 16] {
    let mut bytes = [0; 16];
    // The key only keeps caches from answering; without randomness it still does.
    let _ = getrandom::fill(&mut bytes);
    bytes
}

/// A refusal's body as far as it comes: by its length, or until the server closes, says nothing for a while, or says
/// too little for too long.
async fn read_body(stream: &mut (impl AsyncRead + Unpin), mut body: Vec<u8>) -> Vec<u8> {
    let pause = Duration::from_millis(500);
    let end = tokio::time::Instant::now() + REFUSAL_LIMIT;
    while body.len() < LARGEST_REFUSAL && serde_json::from_slice::<serde_json::Value>(&body).is_err() {
        let until = end.min(tokio::time::Instant::now() + pause);
        match tokio::time::timeout_at(until, stream.read_buf(&mut body)).await {
            Ok(Ok(read)) if read > 0 => {}
            _ => break,
        }
    }
    body
}

/// The message of a Kubernetes Status, else the beginning of whatever was said.
fn words_of(body: &[u8], status: u16) -> String {
    let message = serde_json::from_slice::<serde_json::Value>(body)
        .ok()
        .and_then(|value| value["message"].as_str().map(str::to_owned));
    message.unwrap_or_else(|| {
        let text = String::from_utf8_lossy(body);
        let line = text.lines().next().unwrap_or_default().chars().take(200).collect::<String>();
        if line.is_empty() { format!("HTTP status {status}") } else { line }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_read() {
        assert_eq!(words_of(br#"{"kind":"Status","message":"pods \"x\" not found"}"#, 404), "pods \"x\" not found");
        assert_eq!(words_of(b"", 502), "HTTP status 502");
    }
}
