//! The services by name, and what happens to a request before it reaches one.

use std::sync::Arc;
use std::time::Duration;

use hyper::body::Bytes;
use serde_json::json;
use tokio::sync::mpsc;

use crate::faults::FaultKind;
use crate::journal::Call;
use crate::message::{Content, Reply, Request};
use crate::state::Shared;
use crate::{control_http, eks, hostile, iam, kube, oidc, portal, query, secretsmanager, signin, start_page, sts};

/// A service with its own listener.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Service {
    /// IAM Identity Center OIDC, with the pages for people and the sandbox's own control.
    Oidc,
    /// The portal of IAM Identity Center.
    Portal,
    /// STS.
    Sts,
    /// EKS.
    Eks,
    /// IAM.
    Iam,
    /// Secrets Manager.
    SecretsManager,
    /// The federation endpoint of the console.
    SignIn,
    /// The start page of IAM Identity Center.
    StartPage,
    /// The Kubernetes API of a cluster.
    Kubernetes(String),
}

impl Service {
    /// The name in faults and in the journal.
    pub(crate) fn name(&self) -> String {
        match self {
            Service::Oidc => "oidc".to_owned(),
            Service::Portal => "portal".to_owned(),
            Service::Sts => "sts".to_owned(),
            Service::Eks => "eks".to_owned(),
            Service::Iam => "iam".to_owned(),
            Service::SecretsManager => "secretsmanager".to_owned(),
            Service::SignIn => "signin".to_owned(),
            Service::StartPage => "start-page".to_owned(),
            Service::Kubernetes(cluster) => format!("kube:{cluster}"),
        }
    }

    fn operation(&self, request: &Request) -> String {
        match self {
            Service::Oidc => oidc::operation(request).to_owned(),
            Service::Portal => portal::operation(request).to_owned(),
            Service::Sts | Service::Iam => query::operation(request),
            Service::Eks => eks::operation(request).to_owned(),
            Service::SecretsManager => secretsmanager::operation(request).to_owned(),
            Service::SignIn => signin::operation(request).to_owned(),
            Service::StartPage => start_page::operation(request).to_owned(),
            Service::Kubernetes(_) => kube::operation(request),
        }
    }

    fn handle(&self, shared: &Arc<Shared>, request: &Request) -> Reply {
        match self {
            Service::Oidc => oidc::handle(shared, request),
            Service::Portal => portal::handle(shared, request),
            Service::Sts => sts::handle(shared, request),
            Service::Eks => eks::handle(shared, request),
            Service::Iam => iam::service::handle(shared, request),
            Service::SecretsManager => secretsmanager::handle(shared, request),
            Service::SignIn => signin::handle(shared, request),
            Service::StartPage => start_page::handle(shared, request),
            Service::Kubernetes(cluster) => kube::handle(shared, cluster, request),
        }
    }

    /// An error in the format of this service.
    fn error(&self, status: u16, code: &str, message: &str) -> Reply {
        match self {
            Service::Oidc => oidc::errors::reply(status, code, message),
            Service::Portal => portal::error(status, code, message),
            Service::Sts => sts::error(status, code, message),
            Service::Eks => eks::error(status, code, message),
            Service::Iam => iam::service::error(status, code, message),
            Service::SecretsManager => secretsmanager::error(status, code, message),
            Service::SignIn => signin::error(status, message),
            Service::StartPage => start_page::error(status),
            Service::Kubernetes(_) => kube::status::reply(status, code, message, &json!({})),
        }
    }

    fn throttled(&self) -> Reply {
        match self {
            Service::Oidc => self.error(400, "SlowDownException", "Request rate is too high"),
            Service::Portal => self.error(429, "TooManyRequestsException", "HTTP 429 Unknown Code"),
            Service::Sts | Service::Iam => self.error(400, "Throttling", "Rate exceeded"),
            Service::Eks => self.error(429, "ThrottlingException", "Rate exceeded"),
            Service::SecretsManager => self.error(400, "ThrottlingException", "Rate exceeded"),
            Service::SignIn => signin::error(429, "Too many requests"),
            Service::StartPage => start_page::error(429),
            Service::Kubernetes(_) => {
                let message = "the server has received too many requests and has asked us to try again later";
                self.error(429, "TooManyRequests", message).with("retry-after", "1")
            }
        }
    }
}

/// Answers a request: counts it, applies faults, and passes it to the service.
pub(crate) async fn answer(shared: &Arc<Shared>, service: &Service, request: &Request) -> Reply {
    if *service == Service::Oidc && request.path.starts_with("/_control") {
        return control_http::handle(shared, request);
    }
    let (name, operation) = (service.name(), service.operation(request));
    let (faults, throttled) = {
        let mut state = shared.state();
        state.journal.count(&operation);
        let throttled = state.faults.throttled(&name, shared.clock.milliseconds());
        (if throttled { Vec::new() } else { state.faults.take(&name, &operation) }, throttled)
    };
    let mut reply = if throttled { service.throttled() } else { with_faults(shared, service, request, faults).await };
    if !matches!(service, Service::Kubernetes(_)) {
        reply = reply.with("x-amzn-requestid", shared.random.uuid());
    }
    let status = if matches!(reply.content, Content::Nothing) { 0 } else { reply.status };
    let line = format!("{} {}", request.method, request.path);
    shared.state().journal.remember(Call { service: name, operation, line, status, remark: reply.remark.clone() });
    reply
}

/// An endless body that repeats the same piece.
fn without_end(status: u16, piece: Vec<u8>, pause: Option<Duration>) -> Reply {
    let (sender, receiver) = mpsc::channel(1);
    let piece = Bytes::from(piece);
    tokio::spawn(async move {
        while sender.send(Ok(piece.clone())).await.is_ok() {
            if let Some(pause) = pause {
                tokio::time::sleep(pause).await;
            }
        }
    });
    Reply { content: Content::Stream(receiver), ..Reply::new(status, "application/json", "") }
}

/// An empty page of the requested list, which says that another one follows.
fn page_without_end(token: &str) -> Reply {
    let page = json!({
        "accountList": [], "roleList": [], "clusters": [], "clusterVersions": [], "accessEntries": [],
        "associatedAccessPolicies": [], "nextToken": token,
        "SecretList": [], "Versions": [], "NextToken": token,
        "kind": "List", "apiVersion": "v1", "items": [], "metadata": {"resourceVersion": "1", "continue": token},
    });
    Reply::json(200, &page)
}

async fn with_faults(shared: &Arc<Shared>, service: &Service, request: &Request, faults: Vec<FaultKind>) -> Reply {
    let (mut answer, mut held) = (None, false);
    for fault in faults {
        match fault {
            FaultKind::Latency(milliseconds) => tokio::time::sleep(Duration::from_millis(milliseconds)).await,
            FaultKind::Hold => held = true,
            other => answer = Some(other),
        }
    }
    let reply = with_fault(shared, service, request, answer).await;
    if held {
        shared.held.keep().await;
    }
    reply
}

async fn with_fault(shared: &Arc<Shared>, service: &Service, request: &Request, fault: Option<FaultKind>) -> Reply {
    let nothing = |reply: Reply| Reply { content: Content::Nothing, ..reply };
    let reply = match fault {
        None | Some(FaultKind::Latency(_) | FaultKind::Hold) => return service.handle(shared, request),
        Some(FaultKind::Error { status, code, message }) => service.error(status, &code, &message),
        Some(FaultKind::Throttled) => service.throttled(),
        Some(FaultKind::Body { status, content_type, body }) => Reply::new(status, &content_type, body),
        Some(FaultKind::Garbage) => Reply::new(200, "application/json", "\u{fffd}<<not what you asked for>>{\"acc"),
        Some(FaultKind::CutBefore) => nothing(Reply::new(500, "text/plain", "")),
        Some(FaultKind::CutAfter) => nothing(service.handle(shared, request)),
        Some(FaultKind::CutMidBody) => {
            let reply = service.handle(shared, request);
            match reply.content {
                Content::Full(bytes) => Reply { content: Content::Cut(bytes), ..reply },
                Content::Stream(chunks) => Reply { content: Content::Stream(hostile::cut(chunks)), ..reply },
                content => Reply { content, ..reply },
            }
        }
        Some(FaultKind::Hang) => std::future::pending().await,
        Some(FaultKind::Endless { status }) => without_end(status, vec![b' '; 64 * 1024], None),
        Some(FaultKind::Dripping { status, milliseconds }) => {
            without_end(status, vec![b' '], Some(Duration::from_millis(milliseconds)))
        }
        Some(FaultKind::CutChunks) => hostile::cut_chunks(service.handle(shared, request)),
        Some(FaultKind::TooShort) => hostile::too_short(service.handle(shared, request)),
        Some(FaultKind::Redirect { status, location }) => hostile::redirect(status, location, &request.path),
        Some(FaultKind::Words { words, only }) => hostile::with_words(service.handle(shared, request), &words, only),
        Some(FaultKind::PagesWithoutEnd { fresh }) => {
            page_without_end(&if fresh { shared.random.uuid() } else { "again".to_owned() })
        }
    };
    reply.because("a fault was set")
}
