//! The log subresource of a pod, as a stream of bytes.

use std::pin::Pin;

use http_body::Body as _;
use jiff::Timestamp;
use kube::client::Body;

use crate::error::root_cause;
use crate::model::logs::target::LogRequest;
use crate::net::bounds::ReadMode;
use crate::net::kube::objects::{path, request};
use crate::net::kube::{KubeApi, KubeFailure};

/// How much of an error's body is read.
const LONGEST_ERROR: usize = 64 * 1024;

/// An open log.
pub(crate) struct LogStream {
    body: Body,
    /// When the server began to answer, by its clock.
    pub(crate) opened_at: Option<Timestamp>,
}

impl KubeApi {
    /// Opens the log of a container. Lines begin with their timestamps. Errors have the server's or the kubelet's message.
    pub(crate) async fn open_log(&self, namespace: &str, log: &LogRequest) -> Result<LogStream, KubeFailure> {
        let query = log.query();
        let query: Vec<(&str, &str)> = query.iter().map(|(key, value)| (*key, value.as_str())).collect();
        let name = format!("{}/log", path("api/v1", namespace, "pods", Some(&log.pod), &[]));
        let query = path("", "", "", None, &query);
        let query = query.split_once('?').map(|(_, query)| query).unwrap_or_default();
        let mut request = request(&format!("{name}?{query}"))?.map(Body::from);
        request.extensions_mut().insert(ReadMode::Stream);
        let answer = self.client.send(request).await.map_err(|error| KubeFailure::Unreachable(root_cause(&error)))?;
        let status = answer.status();
        let date = answer.headers().get("date").and_then(|date| date.to_str().ok());
        let opened_at = date.and_then(|date| jiff::fmt::rfc2822::parse(date).ok()).map(|date| date.timestamp());
        let mut stream = LogStream { body: answer.into_body(), opened_at };
        match status.as_u16() {
            200..300 => Ok(stream),
            401 => Err(KubeFailure::Unauthorized),
            code => Err(KubeFailure::Status(code, stream.read_error().await)),
        }
    }
}

impl LogStream {
    /// The next bytes; `None` at the end.
    pub(crate) async fn next_chunk(&mut self) -> Result<Option<impl AsRef<[u8]> + use<>>, String> {
        loop {
            let frame = std::future::poll_fn(|context| Pin::new(&mut self.body).poll_frame(context)).await;
            match frame {
                None => return Ok(None),
                // rustls ends its message with a URL.
                Some(Err(error)) => {
                    let words = root_cause(&error);
                    return Err(words.split(": https://").next().unwrap_or_default().to_owned());
                }
                Some(Ok(frame)) => {
                    if let Ok(data) = frame.into_data() {
                        return Ok(Some(data));
                    }
                }
            }
        }
    }

    /// The message of a Status, or the body as it is.
    async fn read_error(&mut self) -> String {
        let mut bytes = Vec::new();
        while let Ok(Some(chunk)) = self.next_chunk().await {
            bytes.extend_from_slice(chunk.as_ref());
            if bytes.len() > LONGEST_ERROR {
                break;
            }
        }
        let status: serde_json::Value = serde_json::from_slice(&bytes).unwrap_or_default();
        match status["message"].as_str() {
            Some(message) => message.to_owned(),
            None => String::from_utf8_lossy(&bytes).trim().chars().take(500).collect(),
        }
    }
}
