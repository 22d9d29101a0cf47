//! Retries of refused requests. An API server that has just started answers 403 to every request until it has loaded the
//! roles. So a 403 is retried for some seconds if the same request was allowed before, or if `/readyz` (which needs no role)
//! says that the server is not ready.

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

/// How long to retry what was allowed before.
const RETRY_ALLOWED: Duration = Duration::from_secs(8);
/// How long to retry while the server is not ready.
const RETRY_STARTING: Duration = Duration::from_secs(20);
const FIRST_PAUSE: Duration = Duration::from_millis(250);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);
/// How long `/readyz` is not asked again after it said that the server is ready.
const READY_FOR: Duration = Duration::from_secs(5);
/// How many allowed requests are remembered.
const REMEMBERED: usize = 4096;
const READY: &str = "/readyz";

/// Which requests a cluster allowed so far, and whether it is ready.
#[derive(Debug, Default)]
pub(crate) struct RefusalMemory {
    known: Mutex<Known>,
    /// Held while `/readyz` is asked; others wait for the answer.
    asking: tokio::sync::Mutex<()>,
}

#[derive(Debug, Default)]
struct Known {
    allowed: HashSet<String>,
    ready_at: Option<Instant>,
}

/// The retries of one request.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RetryState {
    since: Option<Instant>,
    pause: Duration,
}

impl Default for RetryState {
    fn default() -> Self {
        RetryState { since: None, pause: FIRST_PAUSE }
    }
}

impl RefusalMemory {
    /// Remembers that a request was allowed. `what` identifies it.
    pub(crate) fn record_allowed(&self, what: &str) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if !known.allowed.contains(what) {
            if known.allowed.len() >= REMEMBERED {
                known.allowed.clear();
            }
            known.allowed.insert(what.to_owned());
        }
    }

    /// Whether to retry a refused request; if so, returns after a pause. `ready` asks the server whether it is ready, `None` if
    /// it did not say.
    pub(crate) async fn should_retry(
        &self,
        what: &str,
        retries: &mut RetryState,
        ready: impl Future<Output = Option<bool>>,
    ) -> bool {
        let since = *retries.since.get_or_insert_with(Instant::now);
        let (was_allowed, readiness) = (self.was_allowed(what), self.get_readiness(ready).await);
        let retry = match readiness {
            Readiness::Starts => since.elapsed() < RETRY_STARTING,
            // It may have become ready since the refusal.
            Readiness::IsReady if !was_allowed => return true,
            Readiness::IsReady | Readiness::WasReady | Readiness::Unknown => {
                was_allowed && since.elapsed() < RETRY_ALLOWED
            }
        };
        if !retry {
            self.known.lock().unwrap_or_else(PoisonError::into_inner).allowed.remove(what);
            return false;
        }
        tokio::time::sleep(retries.pause).await;
        retries.pause = (retries.pause * 2).min(LONGEST_PAUSE);
        true
    }

    fn was_allowed(&self, what: &str) -> bool {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).allowed.contains(what)
    }

    async fn get_readiness(&self, ready: impl Future<Output = Option<bool>>) -> Readiness {
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

enum Readiness {
    Starts,
    IsReady,
    /// By an earlier answer.
    WasReady,
    Unknown,
}

/// A kube service that retries refused requests.
pub(super) struct RefusalRetry<S> {
    inner: Arc<tokio::sync::Mutex<S>>,
    memory: Arc<RefusalMemory>,
}

impl<S> RefusalRetry<S> {
    fn new(inner: S, memory: Arc<RefusalMemory>) -> Self {
        RefusalRetry { inner: Arc::new(tokio::sync::Mutex::new(inner)), memory }
    }

    pub(super) fn layer(memory: &Arc<RefusalMemory>) -> tower::layer::LayerFn<impl Fn(S) -> Self + use<S>> {
        let memory = Arc::clone(memory);
        tower::layer::layer_fn(move |inner| RefusalRetry::new(inner, Arc::clone(&memory)))
    }
}

impl<S, B> Service<Request<Body>> for RefusalRetry<S>
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
        let (inner, memory) = (Arc::clone(&self.inner), Arc::clone(&self.memory));
        Box::pin(async move {
            let what = identify(&request);
            let (mut request, mut retries) = (request, RetryState::default());
            loop {
                let next = copy(&request);
                let answer = send(&inner, request).await?;
                if answer.status() != StatusCode::FORBIDDEN {
                    if answer.status().is_success() {
                        memory.record_allowed(&what);
                    }
                    return Ok(answer);
                }
                let Some(next) = next else { return Ok(answer) };
                if !memory.should_retry(&what, &mut retries, is_ready(&inner)).await {
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

/// Reads the status of `/readyz`. `None` if something else answered.
pub(super) fn readiness(status: StatusCode) -> Option<bool> {
    match status.as_u16() {
        200 => Some(true),
        500.. => Some(false),
        _ => None,
    }
}

pub(super) fn ready_request() -> Option<Request<Body>> {
    Request::get(READY).body(Body::empty()).ok()
}

/// A copy of a request, if it can be sent again.
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

/// Identifies a request by what is authorised: verb and path. The query does not matter, except for `watch`.
fn identify(request: &Request<Body>) -> String {
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
    fn refusals_are_retried_after_an_allowance_and_while_the_server_starts() {
        run(async {
            let memory = RefusalMemory::default();
            memory.record_allowed("GET /a");
            assert!(memory.should_retry("GET /b", &mut RetryState::default(), async { Some(false) }).await);
            assert!(!memory.should_retry("GET /b", &mut RetryState::default(), async { None }).await);
            let mut retries = RetryState::default();
            assert!(memory.should_retry("GET /a", &mut retries, async { None }).await);
            let mut others = RetryState::default();
            assert!(
                memory.should_retry("GET /b", &mut others, async { Some(true) }).await,
                "it may just have become ready"
            );
            assert!(!memory.should_retry("GET /b", &mut others, async { Some(true) }).await);
            retries.since = retries.since.and_then(|since| since.checked_sub(RETRY_ALLOWED));
            assert!(!memory.should_retry("GET /a", &mut retries, async { Some(true) }).await);
            // The refusal is final now.
            assert!(!memory.should_retry("GET /a", &mut RetryState::default(), async { Some(true) }).await);
        });
    }

    #[test]
    fn readiness_is_not_asked_at_every_refusal() {
        run(async {
            let memory = RefusalMemory::default();
            let mut count = 0;
            for _ in 0..9 {
                let ready = async {
                    count += 1;
                    Some(true)
                };
                memory.should_retry("GET /a", &mut RetryState::default(), ready).await;
            }
            assert_eq!(count, 1);
        });
    }

    #[test]
    fn watch_and_list_are_different_requests() {
        let of = |uri: &str| identify(&Request::get(uri).body(Body::empty()).expect("a request"));
        assert_eq!(of("/api/v1/namespaces/a/pods?limit=5"), "GET /api/v1/namespaces/a/pods");
        assert_eq!(of("/api/v1/namespaces/a/pods?watch=true"), "GET watch /api/v1/namespaces/a/pods");
    }
}
