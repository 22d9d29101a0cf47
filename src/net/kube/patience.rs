//! A refusal that is believed. An API server that has just started answers 403 to everybody until it has read the
//! roles, so a 403 is asked again for some seconds when the same request was allowed before, and when the server says
//! that it is not ready yet. `/readyz` may be read by everybody and waits for the roles.

use std::collections::HashSet;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use http::{Method, Request, Response, StatusCode};
use kube::client::Body;
use tokio::time::Instant;
use tower::{BoxError, Service, ServiceExt as _};

/// How long a refusal is doubted when the server is ready.
const DOUBT: Duration = Duration::from_secs(8);
/// The same while it says that it starts.
const START: Duration = Duration::from_secs(20);
const FIRST_PAUSE: Duration = Duration::from_millis(250);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);
/// How long a server that said it is ready is not asked again.
const READY_FOR: Duration = Duration::from_secs(5);
/// What is remembered at most.
const REMEMBERED: usize = 4096;
const READY: &str = "/readyz";

/// What a cluster allowed so far, and whether it is ready to refuse.
#[derive(Debug, Default)]
pub(crate) struct Patience {
    known: Mutex<Memory>,
    /// One at a time asks whether the server is ready; the others wait for that answer.
    asking: tokio::sync::Mutex<()>,
}

#[derive(Debug, Default)]
struct Memory {
    allowed: HashSet<String>,
    ready_at: Option<Instant>,
}

/// One request, however often it is refused.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Refusals {
    since: Option<Instant>,
    pause: Duration,
}

impl Default for Refusals {
    fn default() -> Self {
        Refusals { since: None, pause: FIRST_PAUSE }
    }
}

impl Patience {
    /// This was allowed. `what` is any name that the same question has the next time.
    pub(crate) fn allowed(&self, what: &str) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if !known.allowed.contains(what) {
            if known.allowed.len() >= REMEMBERED {
                known.allowed.clear();
            }
            known.allowed.insert(what.to_owned());
        }
    }

    /// This was refused: true, after a pause, if it is worth asking again. `ready` asks the server whether it is ready;
    /// `None`: it did not say.
    pub(crate) async fn again(
        &self,
        what: &str,
        refusals: &mut Refusals,
        ready: impl Future<Output = Option<bool>>,
    ) -> bool {
        let since = *refusals.since.get_or_insert_with(Instant::now);
        let (was_allowed, readiness) = (self.was_allowed(what), self.readiness_now(ready).await);
        let doubted = match readiness {
            Readiness::Starts => since.elapsed() < START,
            // It may have become ready after it refused.
            Readiness::IsReady if !was_allowed => return true,
            Readiness::IsReady | Readiness::WasReady | Readiness::Unknown => was_allowed && since.elapsed() < DOUBT,
        };
        if !doubted {
            self.known.lock().unwrap_or_else(PoisonError::into_inner).allowed.remove(what);
            return false;
        }
        tokio::time::sleep(refusals.pause).await;
        refusals.pause = (refusals.pause * 2).min(LONGEST_PAUSE);
        true
    }

    fn was_allowed(&self, what: &str) -> bool {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).allowed.contains(what)
    }

    async fn readiness_now(&self, ready: impl Future<Output = Option<bool>>) -> Readiness {
        let _turn = self.asking.lock().await;
        let known = || self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known().ready_at.is_some_and(|at| at.elapsed() < READY_FOR) {
            return Readiness::WasReady;
        }
        let answer = ready.await;
        known().ready_at = (answer == Some(true)).then(Instant::now);
        answer.map_or(Readiness::Unknown, |ready| if ready { Readiness::IsReady } else { Readiness::Starts })
    }
}

/// What is known of the server.
enum Readiness {
    Starts,
    IsReady,
    /// It said so before.
    WasReady,
    Unknown,
}

/// A client's service, with patience for refusals.
pub(super) struct Patient<S> {
    inner: Arc<tokio::sync::Mutex<S>>,
    patience: Arc<Patience>,
}

impl<S> Patient<S> {
    fn new(inner: S, patience: Arc<Patience>) -> Self {
        Patient { inner: Arc::new(tokio::sync::Mutex::new(inner)), patience }
    }

    /// What puts it around a service.
    pub(super) fn layer(patience: &Arc<Patience>) -> tower::layer::LayerFn<impl Fn(S) -> Self + use<S>> {
        let patience = Arc::clone(patience);
        tower::layer::layer_fn(move |inner| Patient::new(inner, Arc::clone(&patience)))
    }
}

impl<S, B> Service<Request<Body>> for Patient<S>
where
    S: Service<Request<Body>, Response = Response<B>, Error = BoxError> + Send + 'static,
    S::Future: Send,
    B: Send + 'static,
{
    type Response = Response<B>;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<Response<B>, BoxError>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let (inner, patience) = (Arc::clone(&self.inner), Arc::clone(&self.patience));
        Box::pin(async move {
            let what = name(&request);
            let (mut request, mut refusals) = (request, Refusals::default());
            loop {
                let next = copy(&request);
                let answer = send(&inner, request).await?;
                if answer.status() != StatusCode::FORBIDDEN {
                    if answer.status().is_success() {
                        patience.allowed(&what);
                    }
                    return Ok(answer);
                }
                let Some(next) = next else { return Ok(answer) };
                if !patience.again(&what, &mut refusals, is_ready(&inner)).await {
                    return Ok(answer);
                }
                request = next;
            }
        })
    }
}

async fn send<S, B>(inner: &tokio::sync::Mutex<S>, request: Request<Body>) -> Result<Response<B>, BoxError>
where
    S: Service<Request<Body>, Response = Response<B>, Error = BoxError>,
{
    let answer = inner.lock().await.ready().await?.call(request);
    answer.await
}

async fn is_ready<S, B>(inner: &tokio::sync::Mutex<S>) -> Option<bool>
where
    S: Service<Request<Body>, Response = Response<B>, Error = BoxError>,
{
    let answer = send(inner, ready_request()?).await.ok()?;
    readiness(answer.status())
}

/// What the status of `/readyz` says; `None` if somebody else answered.
pub(super) fn readiness(status: StatusCode) -> Option<bool> {
    match status.as_u16() {
        200 => Some(true),
        500.. => Some(false),
        _ => None,
    }
}

/// The question for `/readyz`.
pub(super) fn ready_request() -> Option<Request<Body>> {
    Request::get(READY).body(Body::empty()).ok()
}

/// The same request once more, if it can be sent again.
fn copy(request: &Request<Body>) -> Option<Request<Body>> {
    if request.uri().path() == READY {
        return None;
    }
    let mut copy = Request::new(request.body().try_clone()?);
    request.method().clone_into(copy.method_mut());
    request.uri().clone_into(copy.uri_mut());
    request.headers().clone_into(copy.headers_mut());
    Some(copy)
}

/// What a request is authorised as: the verb and the object. What else the query holds plays no part.
fn name(request: &Request<Body>) -> String {
    let watches = request.method() == Method::GET && request.uri().query().is_some_and(|it| it.contains("watch=true"));
    format!("{}{} {}", request.method(), if watches { " watch" } else { "" }, request.uri().path())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run<T>(future: impl Future<Output = T>) -> T {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build();
        runtime.expect("a runtime").block_on(future)
    }

    #[test]
    fn a_refusal_is_doubted_for_some_seconds_after_an_allowance_and_while_the_server_starts() {
        run(async {
            let patience = Patience::default();
            patience.allowed("GET /a");
            assert!(patience.again("GET /b", &mut Refusals::default(), async { Some(false) }).await);
            assert!(!patience.again("GET /b", &mut Refusals::default(), async { None }).await);
            let mut refusals = Refusals::default();
            assert!(patience.again("GET /a", &mut refusals, async { None }).await);
            let mut others = Refusals::default();
            assert!(patience.again("GET /b", &mut others, async { Some(true) }).await, "it may just have become ready");
            assert!(!patience.again("GET /b", &mut others, async { Some(true) }).await);
            refusals.since = refusals.since.and_then(|since| since.checked_sub(DOUBT));
            assert!(!patience.again("GET /a", &mut refusals, async { Some(true) }).await);
            // Believed now, and so at once the next time.
            assert!(!patience.again("GET /a", &mut Refusals::default(), async { Some(true) }).await);
        });
    }

    #[test]
    fn a_server_that_is_ready_is_not_asked_at_every_refusal() {
        run(async {
            let patience = Patience::default();
            let mut count = 0;
            for _ in 0..9 {
                let ready = async {
                    count += 1;
                    Some(true)
                };
                patience.again("GET /a", &mut Refusals::default(), ready).await;
            }
            assert_eq!(count, 1);
        });
    }

    #[test]
    fn a_watch_is_another_right_than_a_list() {
        let of = |uri: &str| name(&Request::get(uri).body(Body::empty()).expect("a request"));
        assert_eq!(of("/api/v1/namespaces/a/pods?limit=5"), "GET /api/v1/namespaces/a/pods");
        assert_eq!(of("/api/v1/namespaces/a/pods?watch=true"), "GET watch /api/v1/namespaces/a/pods");
    }
}
