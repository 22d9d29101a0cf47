//! The listener of the browser flow: bound on 127.0.0.1 before the browser opens, and closed to all but our callback.

use futures_util::stream::{FuturesUnordered, StreamExt};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::error::{Error, Kind, Result, plain_io};
use crate::model::aws::pkce::{CALLBACK_PATH, Callback, PkceAttempt};
use crate::secret::Secret;

/// Longer requests are not our callback.
const LONGEST_REQUEST: usize = 16 * 1024;

/// More than any browser opens at once.
const MOST_CONNECTIONS: usize = 64;

/// The pause after a failed `accept`.
const ACCEPT_RETRY_DELAY: std::time::Duration = std::time::Duration::from_millis(50);

/// A bound listener.
#[derive(Debug)]
pub(crate) struct CallbackListener {
    listener: TcpListener,
    redirect_uri: String,
}

impl CallbackListener {
    /// Binds a port that the system chooses.
    pub(crate) async fn bind() -> Result<Self> {
        let fail = |error: std::io::Error| Error::failure("cannot listen on 127.0.0.1").because(plain_io(&error));
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.map_err(fail)?;
        let port = listener.local_addr().map_err(fail)?.port();
        Ok(CallbackListener { listener, redirect_uri: format!("http://127.0.0.1:{port}{CALLBACK_PATH}") })
    }

    /// Where the service sends the browser back to.
    pub(crate) fn redirect_uri(&self) -> &str {
        &self.redirect_uri
    }

    /// Waits for the callback with our state and answers everything else with 404. Each connection has its own time
    /// limit, so that a silent one does not hold up the callback.
    ///
    /// # Errors
    /// When the sign-in was refused.
    pub(crate) async fn wait(self, attempt: &PkceAttempt) -> Result<Secret<String>> {
        let mut open = FuturesUnordered::new();
        loop {
            tokio::select! {
                // At the limit, new connections wait in the system's queue.
                stream = accept(&self.listener), if open.len() < MOST_CONNECTIONS => open.push(answer(stream, attempt)),
                Some(callback) = open.next() => match callback {
                    Callback::Code(code) => return Ok(code),
                    Callback::Refused(why) => {
                        return Err(Error::new(Kind::NotSignedIn, "the sign-in was denied in the browser").because(why));
                    }
                    Callback::Foreign => {}
                },
            }
        }
    }
}

/// The next connection. Without free file descriptors `accept` fails again and again until a connection ends, hence the
/// pause.
async fn accept(listener: &TcpListener) -> TcpStream {
    loop {
        match listener.accept().await {
            Ok((stream, _)) => return stream,
            Err(_) => tokio::time::sleep(ACCEPT_RETRY_DELAY).await,
        }
    }
}

async fn answer(mut stream: TcpStream, attempt: &PkceAttempt) -> Callback {
    let limit = std::time::Duration::from_secs(10);
    let Ok(request_line) = tokio::time::timeout(limit, read_request_line(&mut stream)).await else {
        return Callback::Foreign;
    };
    let callback = attempt.read_callback(&request_line);
    let (status, text) = match &callback {
        Callback::Code(_) => ("200 OK", "You are signed in. You can close this window."),
        Callback::Refused(_) => ("200 OK", "Sign-in denied. See the terminal for details. You can close this window."),
        Callback::Foreign => ("404 Not Found", "Not found."),
    };
    let page = format!(
        "<!doctype html><meta charset=utf-8><title>nsaccess</title><p style=\"font:18px sans-serif\">{text}</p>"
    );
    let response = format!(
        "HTTP/1.1 {status}\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: {}\r\nCache-Control: no-store\r\n\
         Content-Security-Policy: default-src 'none'; style-src 'unsafe-inline'\r\nReferrer-Policy: no-referrer\r\n\
         Connection: close\r\n\r\n{page}",
        page.len()
    );
    // The code is valid even if the browser is gone.
    let _ = tokio::time::timeout(limit, stream.write_all(response.as_bytes())).await;
    callback
}

async fn read_request_line(stream: &mut TcpStream) -> String {
    let mut bytes = Vec::new();
    let mut buffer = [0; 2048];
    // To the end of the head: a browser reads the answer only after it sent its whole request.
    while bytes.len() < LONGEST_REQUEST && !bytes.windows(4).any(|end| end == b"\r\n\r\n") {
        match stream.read(&mut buffer).await {
            Ok(read) if read > 0 => bytes.extend_from_slice(&buffer[..read]),
            _ => break,
        }
    }
    let line = bytes.split(|byte| *byte == b'\n').next().unwrap_or_default();
    String::from_utf8_lossy(line).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn get(uri: &str, path_and_query: &str) -> String {
        let address = uri.strip_prefix("http://").and_then(|rest| rest.split('/').next()).expect("an address");
        let mut stream = TcpStream::connect(address).await.expect("a listener");
        stream.write_all(format!("GET {path_and_query} HTTP/1.1\r\nHost: x\r\n\r\n").as_bytes()).await.expect("sent");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.expect("an answer");
        answer
    }

    #[test]
    fn strangers_and_silent_connections_do_not_end_the_wait() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(async {
            let attempt = PkceAttempt::new([1; 48], [2; 24]);
            let url = attempt.authorize_url("https://oidc", "id", "uri", "scope");
            let state = url.split("state=").nth(1).and_then(|rest| rest.split('&').next()).expect("a state").to_owned();
            let listener = CallbackListener::bind().await.expect("bound");
            let uri = listener.redirect_uri().to_owned();
            assert!(uri.starts_with("http://127.0.0.1:"), "{uri}");
            let browser = async {
                let address = uri.strip_prefix("http://").and_then(|rest| rest.split('/').next()).expect("an address");
                let silent = TcpStream::connect(address).await.expect("a listener");
                assert!(get(&uri, "/favicon.ico").await.starts_with("HTTP/1.1 404"));
                assert!(get(&uri, "/oauth/callback?code=evil&state=guessed").await.starts_with("HTTP/1.1 404"));
                let good = get(&uri, &format!("/oauth/callback?code=good&state={state}")).await;
                assert!(good.starts_with("HTTP/1.1 200") && good.contains("Content-Security-Policy"), "{good}");
                drop(silent);
            };
            let (code, ()) = tokio::join!(listener.wait(&attempt), browser);
            assert_eq!(code.expect("a code").expose(), "good");
        });
    }
}
