//! `pods/portforward`: raw SPDY after a POST, SPDY in a WebSocket after a GET.

#[cfg(test)]
mod live_tests;
mod pairs;
mod runtime;
mod session;
mod tunnel;

use std::sync::Arc;

use hyper_util::rt::TokioIo;
use serde_json::Value;

use super::attributes::Attributes;
use super::status;
use super::store::has_ended;
use crate::message::{Content, Reply, Request, Upgrade};
use crate::state::Shared;
use crate::text::form_pairs;
use crate::traffic::Gate;
pub(super) use runtime::PodSide;

const PROTOCOL: &str = "portforward.k8s.io";
const TUNNEL: &str = "SPDY/3.1+portforward.k8s.io";

/// Answers a request for a forward to an existing pod. `dialled`: whether the API server has reached the pod's node.
pub(super) fn answer(
    (side, dialled): (PodSide, Result<(), String>),
    attributes: &Attributes,
    request: &Request,
    pod: &Value,
) -> Reply {
    if let Err(refusal) = ports(request) {
        return refusal;
    }
    let name = &attributes.name;
    if pod["spec"]["nodeName"].as_str().unwrap_or_default().is_empty() {
        return status::bad_request(&format!("pod {name} does not have a host assigned"));
    }
    let upgrade = request.header("upgrade").unwrap_or_default();
    if !tokens(request, "connection").iter().any(|token| token == "upgrade") || upgrade.is_empty() {
        return status::bad_request("Upgrade request required");
    }
    if let Err(why) = dialled {
        return status::internal(&format!("error dialing backend: {why}"));
    }
    if has_ended(pod) {
        let text = format!("pod not found (\"{name}_{}\")", attributes.namespace);
        return Reply::new(500, "text/plain; charset=utf-8", text);
    }
    if upgrade.eq_ignore_ascii_case("websocket") { websocket(request, side) } else { spdy(request, side) }
}

/// `ports` is for old WebSocket clients, but must always be valid.
fn ports(request: &Request) -> Result<(), Reply> {
    for (_, value) in form_pairs(&request.query).iter().filter(|(name, _)| name == "ports") {
        for text in value.split(',') {
            if text.parse::<u32>().is_err() {
                let why = if text.parse::<u128>().is_ok() { "value out of range" } else { "invalid syntax" };
                let message = format!("cannot convert to []int32: strconv.ParseUint: parsing \"{text}\": {why}");
                return Err(status::bad_request(&message));
            }
        }
    }
    Ok(())
}

/// The words of a header, in lower case.
fn tokens(request: &Request, name: &str) -> Vec<String> {
    let values = request.headers.iter().filter(|(candidate, _)| candidate == name);
    values.flat_map(|(_, value)| value.split(',')).map(|token| token.trim().to_ascii_lowercase()).collect()
}

fn plain(code: u16, text: String) -> Reply {
    Reply::new(code, "text/plain; charset=utf-8", text).with("x-content-type-options", "nosniff")
}

fn spdy(request: &Request, side: PodSide) -> Reply {
    let offered = tokens(request, "x-stream-protocol-version");
    if offered.is_empty() {
        return plain(500, "invalid upgrade response: status code 200".to_owned());
    }
    if !offered.iter().any(|protocol| protocol == PROTOCOL) {
        let offered = offered.join(" ");
        let text = format!(
            "unable to upgrade: unable to negotiate protocol: client supports [{offered}], server accepts [{PROTOCOL}]"
        );
        return plain(403, text).with("x-accepted-stream-protocol-versions", PROTOCOL);
    }
    if !request.header("upgrade").is_some_and(|upgrade| upgrade.eq_ignore_ascii_case("SPDY/3.1")) {
        let text = "unable to upgrade: missing upgrade headers in request".to_owned();
        return plain(400, text).with("x-stream-protocol-version", PROTOCOL);
    }
    let shared = Arc::clone(&side.shared);
    upgraded(shared, "spdy", move |io| session::serve(io, side))
        .with("upgrade", "SPDY/3.1")
        .with("x-stream-protocol-version", PROTOCOL)
}

fn websocket(request: &Request, side: PodSide) -> Reply {
    let protocols = request.headers.iter().filter(|(name, _)| name == "sec-websocket-protocol");
    let mut protocols = protocols.flat_map(|(_, value)| value.split(',')).map(str::trim);
    if !protocols.any(|protocol| protocol == TUNNEL) {
        // WebSockets with numbered channels are not supported; they would need `ports` anyway.
        return plain(400, "query parameter \"port\" is required".to_owned());
    }
    let key = request.header("sec-websocket-key").unwrap_or_default();
    if request.header("sec-websocket-version") != Some("13") || key.is_empty() || request.method != "GET" {
        return plain(400, "Bad Request".to_owned()).with("sec-websocket-version", "13");
    }
    let shared = Arc::clone(&side.shared);
    upgraded(shared, "websocket", move |io| async move {
        let (near, far) = tokio::io::duplex(64 * 1024);
        tokio::join!(tunnel::carry(io, near), session::serve(far, side));
    })
    .with("upgrade", "websocket")
    .with("sec-websocket-accept", tunnel::accept(key))
    .with("sec-websocket-protocol", TUNNEL)
}

/// The stream of an upgraded HTTP connection.
type Raw = Gate<TokioIo<hyper::upgrade::Upgraded>>;

fn upgraded<Talk>(
    shared: Arc<Shared>,
    transport: &'static str,
    talk: impl FnOnce(Raw) -> Talk + Send + 'static,
) -> Reply
where
    Talk: Future<Output = ()> + Send + 'static,
{
    let cut = shared.forwarding.next_cut();
    let upgrade = Upgrade::new(move |io| {
        Box::pin(async move {
            let _open = shared.forwarding.session(transport);
            tokio::select! {
                () = talk(shared.forwarding.gate(TokioIo::new(io))) => {}
                () = cut => {}
            }
        })
    });
    let headers = vec![("connection", "Upgrade".to_owned())];
    Reply { status: 101, headers, content: Content::Upgrade(upgrade), remark: None }
}
