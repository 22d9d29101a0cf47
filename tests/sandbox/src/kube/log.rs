//! `pods/log`: the checks of the API server, the answer of the kubelet, and the log stream.

mod options;

use std::io;
use std::sync::Arc;

use serde_json::Value;
use tokio::sync::{mpsc, watch};

use super::attributes::Attributes;
use super::kubelet::{self, Knows, Kubelets};
use super::status;
use super::store::Store;
use crate::containers::{self, previous_run, run};
use crate::logs::{Next, Reader, RunId};
use crate::message::{Content, Reply, Request};
use crate::state::Shared;
use options::Options;

/// Answers a request for a log.
pub(super) fn answer(
    shared: &Arc<Shared>,
    cluster: &str,
    (store, kubelets): (&mut Store, &mut Kubelets),
    attributes: &Attributes,
    request: &Request,
) -> Reply {
    let options = match Options::of(request, &attributes.name) {
        Ok(options) => options,
        Err(refusal) => return refusal,
    };
    let Some(pod) = store.get("Pod", Some(&attributes.namespace), &attributes.name).cloned() else {
        return status::not_found(attributes);
    };
    let container = match container(&pod, &options.container) {
        Ok(container) => container,
        Err(message) => return status::bad_request(&message),
    };
    if pod["spec"]["nodeName"].as_str().unwrap_or_default().is_empty() {
        return Reply { headers: Vec::new(), ..Reply::new(204, "text/plain", "") };
    }
    if let Some(why) = kubelets.dial_error(cluster, &pod) {
        let path = format!("containerLogs/{}/{}/{container}", attributes.namespace, attributes.name);
        let query = if request.query.is_empty() { String::new() } else { format!("?{}", request.query) };
        return status::internal(&format!("Get \"https://{}/{path}{query}\": {why}", kubelet::address(&pod)));
    }
    match kubelets.ask(cluster, pod["metadata"]["uid"].as_str().unwrap_or_default()) {
        Knows::Nothing => return status::not_found_by_kubelet(attributes),
        Knows::ThePod => return status::bad_request(&format!("{} is not available", of_pod(&pod, &container))),
        Knows::All => {}
    }
    let run = match kept(cluster, &pod, &container, options.previous) {
        Ok(run) => run,
        Err(message) => return status::bad_request(&message),
    };
    containers::begin(shared, &pod, &run);
    let reader = shared.logs.reader(run, options.wanted(shared.clock.milliseconds()));
    let life = store.life(pod["metadata"]["uid"].as_str().unwrap_or_default());
    let (sender, receiver) = mpsc::channel(4);
    tokio::spawn(send(Arc::clone(shared), reader, life, sender));
    Reply { content: Content::Stream(receiver), ..Reply::new(200, "text/plain", "") }
}

/// The container of the request, as the API server finds it.
fn container(pod: &Value, wanted: &str) -> Result<String, String> {
    let name = pod["metadata"]["name"].as_str().unwrap_or_default();
    let names = |list: &str| -> Vec<String> {
        let list = pod["spec"][list].as_array().into_iter().flatten();
        list.filter_map(|container| Some(container["name"].as_str()?.to_owned())).collect()
    };
    let (own, init) = (names("containers"), names("initContainers"));
    if wanted.is_empty() {
        if let [only] = own.as_slice() {
            return Ok(only.clone());
        }
        let mut message =
            format!("a container name must be specified for pod {name}, choose one of: [{}]", own.join(" "));
        if !init.is_empty() {
            message += &format!(" or one of the init containers: [{}]", init.join(" "));
        }
        return Err(message);
    }
    let known = own.iter().chain(&init).chain(&names("ephemeralContainers")).any(|known| known == wanted);
    if known { Ok(wanted.to_owned()) } else { Err(format!("container {wanted} is not valid for pod {name}")) }
}

/// How the kubelet names a container.
fn of_pod(pod: &Value, container: &str) -> String {
    let name = pod["metadata"]["name"].as_str().unwrap_or_default();
    format!("container \"{container}\" in pod \"{name}\"")
}

/// The run whose log the kubelet has for a container in its state.
fn kept(cluster: &str, pod: &Value, container: &str, previous: bool) -> Result<RunId, String> {
    let of_pod = of_pod(pod, container);
    let Some(status) = containers::status(pod, container) else { return Err(format!("{of_pod} is not available")) };
    let (state, last) = (&status["state"], &status["lastState"]["terminated"]);
    let has_last = last["containerID"].as_str().is_some_and(|id| !id.is_empty());
    if previous {
        let missing = || format!("previous terminated {of_pod} not found");
        return has_last.then(|| previous_run(cluster, pod, container)).flatten().ok_or_else(missing);
    }
    if state["running"].is_object() || state["terminated"].is_object() || has_last {
        return Ok(run(cluster, pod, container));
    }
    let why = match state["waiting"]["reason"].as_str() {
        Some("ErrImagePull") => ": image can't be pulled".to_owned(),
        Some("ImagePullBackOff") => ": trying and failing to pull image".to_owned(),
        Some(reason) => format!(": {reason}"),
        None => " - no logs yet".to_owned(),
    };
    Err(format!("{of_pod} is waiting to start{why}"))
}

/// Sends a log as fast as it is read, until its end or a cut.
async fn send(
    shared: Arc<Shared>,
    mut reader: Reader,
    mut life: watch::Receiver<bool>,
    sender: mpsc::Sender<io::Result<hyper::body::Bytes>>,
) {
    let mut changes = shared.logs.changes();
    loop {
        changes.mark_unchanged();
        let alive = *life.borrow_and_update();
        match shared.logs.next(&mut reader, alive) {
            Next::Bytes(bytes) => {
                if sender.send(Ok(bytes)).await.is_err() {
                    return;
                }
            }
            Next::Cut(bytes) => {
                if !bytes.is_empty() {
                    let _ = sender.send(Ok(bytes)).await;
                }
                let _ = sender.send(Err(io::ErrorKind::ConnectionReset.into())).await;
                return;
            }
            Next::End => return,
            Next::Wait => tokio::select! {
                _ = changes.changed() => {}
                _ = life.changed(), if alive => {}
                () = sender.closed() => return,
            },
        }
    }
}

#[cfg(test)]
mod tests;
