//! The log subresource of a pod, as a stream of bytes.

use std::pin::Pin;

use http_body::Body as _;
use jiff::Timestamp;
use kube::client::Body;

use crate::model::logs::target::LogRequest;
use crate::net::bounds::ReadMode;
use crate::net::kube::objects::{path, request};
use crate::net::kube::{KubeApi, KubeFailure, root_cause};

/// An error's text is read up to here.
const LONGEST_ERROR: usize = 64 * 1024;

/// A log that is being read.
pub(crate) struct LogStream {
    body: Body,
    /// The server's clock when it began to answer.
    pub(crate) opened_at: Option<Timestamp>,
}

impl KubeApi {
    /// Opens the log of a container. Lines come with their timestamps.
    ///
    /// # Errors
    /// The failed call, in the server's or the kubelet's words.
    pub(crate) async fn open_log(&self, namespace: &str, wanted: &LogRequest) -> Result<LogStream, KubeFailure> {
        let query = wanted.query();
        let query: Vec<(&str, &str)> = query.iter().map(|(key, value)| (*key, value.as_str())).collect();
        let name = format!("{}/log", path("api/v1", namespace, "pods", Some(&wanted.pod), &[]));
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
            code => Err(KubeFailure::Status(code, stream.error_words().await)),
        }
    }
}

impl LogStream {
    /// The next bytes; `None` at the end.
    ///
    /// # Errors
    /// Why the stream was cut.
    pub(crate) async fn chunk(&mut self) -> Result<Option<impl AsRef<[u8]> + use<>>, String> {
        loop {
            let frame = std::future::poll_fn(|context| Pin::new(&mut self.body).poll_frame(context)).await;
            match frame {
                None => return Ok(None),
                // rustls ends its words with the address of a page.
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

    /// The message of a Status, or the text as it is.
    async fn error_words(&mut self) -> String {
        let mut bytes = Vec::new();
        while let Ok(Some(chunk)) = self.chunk().await {
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
