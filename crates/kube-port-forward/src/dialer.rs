//! How sessions to pods are opened: a token, and two transports to try.

use std::cell::Cell;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::time::Duration;

use secrecy::SecretString;

use crate::server::ApiServer;
use crate::session::Session;
use crate::transport::Transport;
use crate::upgrade::{ANSWER_LIMIT, SECOND_ANSWER_LIMIT, UpgradeError};

/// Gives a bearer token. `true` asks for one from new credentials, because the server refused the last one.
pub type TokenSource<E> = Box<dyn Fn(bool) -> Pin<Box<dyn Future<Output = Result<SecretString, E>>>>>;

/// Why no session could be opened. `E` is the error of the [`TokenSource`].
#[derive(Debug)]
pub enum OpenError<E> {
    /// There is no token.
    Token(E),
    /// Both transports were refused with 403.
    Denied {
        /// What the server said to `GET`.
        websocket: String,
        /// What the server said to `POST`.
        spdy: String,
    },
    /// The pod is not there, or not in a state to be forwarded to.
    PodGone(String),
    /// The server answered otherwise, such as 500 when it cannot reach the pod's node.
    Answered {
        /// The HTTP status.
        status: u16,
        /// What the server said.
        words: String,
    },
    /// The server took the request and did not answer for this long. It may be waiting for the pod's node.
    Unanswered(Duration),
    /// The server could not be reached.
    Unreachable(String),
}

impl<E: fmt::Display> fmt::Display for OpenError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            OpenError::Token(error) => write!(f, "no token: {error}"),
            OpenError::Denied { websocket, spdy } => write!(f, "denied: {spdy}; by WebSocket: {websocket}"),
            OpenError::Answered { status, words } => write!(f, "the server answered {status}: {words}"),
            OpenError::Unanswered(limit) => write!(f, "the server did not answer within {}s", limit.as_secs()),
            OpenError::PodGone(words) | OpenError::Unreachable(words) => f.write_str(words),
        }
    }
}

impl<E: fmt::Debug + fmt::Display> std::error::Error for OpenError<E> {}

/// Opens sessions to the pods of one namespace.
pub struct Dialer<E> {
    server: ApiServer,
    namespace: String,
    token: TokenSource<E>,
    preferred: Cell<Transport>,
}

/// Why one transport did not work.
enum AttemptError<E> {
    Token(E),
    Upgrade(UpgradeError),
}

impl<E> Dialer<E> {
    /// `preferred` is tried first, and the other transport when the server does not switch to it.
    pub fn new(server: ApiServer, namespace: &str, token: TokenSource<E>, preferred: Transport) -> Self {
        Dialer { server, namespace: namespace.to_owned(), token, preferred: Cell::new(preferred) }
    }

    /// The transport that worked last.
    pub fn preferred(&self) -> Transport {
        self.preferred.get()
    }

    pub(crate) async fn open(&self, pod: &str) -> Result<Rc<Session>, OpenError<E>> {
        let first = self.preferred.get();
        let one = match self.open_by(pod, first, ANSWER_LIMIT).await {
            Ok(session) => return Ok(session),
            Err(error) => error.of_upgrade()?,
        };
        if one.is_final() {
            return Err(both_failed(one.clone(), one));
        }
        let limit = if matches!(one, UpgradeError::Unanswered(_)) { SECOND_ANSWER_LIMIT } else { ANSWER_LIMIT };
        let other = match self.open_by(pod, first.other(), limit).await {
            Ok(session) => {
                self.preferred.set(first.other());
                return Ok(session);
            }
            Err(error) => error.of_upgrade()?,
        };
        let (websocket, spdy) = if first == Transport::WebSocket { (one, other) } else { (other, one) };
        Err(both_failed(websocket, spdy))
    }

    async fn open_by(&self, pod: &str, transport: Transport, limit: Duration) -> Result<Rc<Session>, AttemptError<E>> {
        let open = async |renew| {
            let token = (self.token)(renew).await.map_err(AttemptError::Token)?;
            let upgraded = self.server.upgrade(&token, &self.namespace, pod, transport, limit).await;
            Ok(Session::start(upgraded.map_err(AttemptError::Upgrade)?, self.server.connector.clone()))
        };
        match open(false).await {
            Err(AttemptError::Upgrade(UpgradeError::Refused { status: 401, .. })) => open(true).await,
            opened => opened,
        }
    }
}

impl<E> AttemptError<E> {
    /// An error after which the other transport is tried; without a token there is nothing to try.
    fn of_upgrade(self) -> Result<UpgradeError, OpenError<E>> {
        match self {
            AttemptError::Token(error) => Err(OpenError::Token(error)),
            AttemptError::Upgrade(error) => Ok(error),
        }
    }
}

fn both_failed<E>(websocket: UpgradeError, spdy: UpgradeError) -> OpenError<E> {
    use UpgradeError::{Refused, Unanswered, Unreachable};
    let is_final = [&spdy, &websocket].into_iter().find(|error| error.is_final());
    if let Some(Refused { status, words }) = is_final {
        return OpenError::Answered { status: *status, words: words.clone() };
    }
    match (websocket, spdy) {
        (Refused { status: 404, words }, _) | (_, Refused { status: 404, words }) => OpenError::PodGone(words),
        (Refused { status: 403, words: websocket }, Refused { status: 403, words: spdy }) => {
            OpenError::Denied { websocket, spdy }
        }
        // What POST is told says more: every server version serves it.
        (_, Refused { status, words }) => OpenError::Answered { status, words },
        (Unanswered(one), Unanswered(other)) => OpenError::Unanswered(one.max(other)),
        (_, Unanswered(limit)) => OpenError::Unanswered(limit),
        (Refused { status, words }, Unreachable(why)) => {
            OpenError::Unreachable(format!("{why}; by WebSocket {status}: {words}"))
        }
        (Unreachable(_) | Unanswered(_), Unreachable(why)) => OpenError::Unreachable(why),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_both_transports_said_becomes_one_reason() {
        let refused = |status, words: &str| UpgradeError::Refused { status, words: words.to_owned() };
        let unreachable = |words: &str| UpgradeError::Unreachable(words.to_owned());
        for (websocket, spdy, words) in [
            (refused(404, "gone"), refused(500, "x"), "gone"),
            (refused(403, "no get"), refused(403, "no create"), "denied: no create; by WebSocket: no get"),
            (refused(403, "no get"), refused(500, "broken"), "the server answered 500: broken"),
            (refused(403, "no get"), unreachable("cut"), "cut; by WebSocket 403: no get"),
            (
                refused(403, "no get"),
                UpgradeError::Unanswered(Duration::from_secs(35)),
                "the server did not answer within 35s",
            ),
            (unreachable("x"), unreachable("no route"), "no route"),
            (
                refused(500, "error dialing backend: refused"),
                UpgradeError::Unanswered(Duration::from_secs(35)),
                "the server answered 500: error dialing backend: refused",
            ),
            (
                UpgradeError::Unanswered(Duration::from_secs(35)),
                UpgradeError::Unanswered(Duration::from_secs(10)),
                "the server did not answer within 35s",
            ),
        ] {
            assert_eq!(both_failed::<std::io::Error>(websocket, spdy).to_string(), words);
        }
    }
}
