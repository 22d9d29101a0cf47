//! Get, list and watch.

use hyper::body::Bytes;
use serde_json::{Value, json};
use tokio::sync::mpsc;

use super::attributes::Attributes;
use super::pages::Page;
use super::registry::Resource;
use super::selectors::Selection;
use super::status;
use super::store::{Event, Key, Store};
use super::table::table;
use crate::message::{Content, Reply, Request};

/// The format that the client wants.
#[derive(Clone)]
struct Form {
    kind: &'static str,
    as_table: bool,
    include: String,
    now: i64,
}

impl Form {
    fn of(resource: &Resource, request: &Request, now: i64) -> Form {
        let accept = request.header("accept").unwrap_or_default();
        let wanted = |part: &str| part.contains("as=Table") && part.contains("v=v1") && !part.contains("v=v1beta1");
        Form {
            kind: resource.kind,
            as_table: accept.split(',').any(wanted),
            include: request.parameter("includeObject").unwrap_or_else(|| "Metadata".to_owned()),
            now,
        }
    }

    fn one(&self, object: &Value) -> Value {
        if !self.as_table {
            return object.clone();
        }
        let metadata = json!({"resourceVersion": object["metadata"]["resourceVersion"]});
        table(self.kind, std::slice::from_ref(object), metadata, &self.include, self.now)
    }
}

fn namespace(attributes: &Attributes) -> Option<&str> {
    Some(attributes.namespace.as_str()).filter(|namespace| !namespace.is_empty())
}

/// One object.
pub(super) fn get(store: &Store, resource: &Resource, attributes: &Attributes, request: &Request, now: i64) -> Reply {
    let namespace = if resource.namespaced { namespace(attributes) } else { None };
    match store.get(resource.kind, namespace, &attributes.name) {
        Some(object) => Reply::json(200, &Form::of(resource, request, now).one(object)),
        None => status::not_found(attributes),
    }
}

/// All selected objects, in pages if the client asks for pages.
pub(super) fn list(store: &Store, resource: &Resource, attributes: &Attributes, request: &Request, now: i64) -> Reply {
    let selection = match selection(request) {
        Ok(selection) => selection,
        Err(refusal) => return refusal,
    };
    let page = match Page::of(store, request) {
        Ok(page) => page,
        Err(refusal) => return refusal,
    };
    let after = page.after.as_ref().map(|(namespace, name)| (namespace.as_str(), name.as_str()));
    let mut selected =
        store.after(resource.kind, namespace(attributes), after).filter(|(_, object)| selection.matches(object));
    let all: Vec<(&Key, &Value)> = selected.by_ref().take(page.limit.unwrap_or(usize::MAX)).collect();
    let left = selected.count();
    let mut metadata = json!({"resourceVersion": page.version});
    if let Some(((_, space, name), _)) = all.last().filter(|_| left > 0) {
        metadata["continue"] = json!(page.next(space, name));
        // With a selector the server does not count.
        if request.parameter("labelSelector").is_none() && request.parameter("fieldSelector").is_none() {
            metadata["remainingItemCount"] = json!(left);
        }
    }
    let form = Form::of(resource, request, now);
    if form.as_table {
        let all: Vec<Value> = all.into_iter().map(|(_, object)| object.clone()).collect();
        return Reply::json(200, &table(resource.kind, &all, metadata, &form.include, now));
    }
    let version = if resource.group.is_empty() { "v1".to_owned() } else { format!("{}/v1", resource.group) };
    let kind = resource.kind;
    // Written as it goes: there may be tens of thousands.
    let mut body =
        format!("{{\"kind\":\"{kind}List\",\"apiVersion\":\"{version}\",\"metadata\":{metadata},\"items\":[");
    for (index, (_, object)) in all.into_iter().enumerate() {
        body.push_str(if index == 0 { "{" } else { ",{" });
        body.push_str(&bare(object));
        body.push('}');
    }
    Reply::new(200, "application/json", body + "]}")
}

/// The members of an object in a list, which have neither kind nor version.
fn bare(object: &Value) -> String {
    let members = object.as_object().into_iter().flatten();
    let own = members.filter(|(key, _)| *key != "kind" && *key != "apiVersion");
    own.map(|(key, value)| format!("\"{key}\":{value}")).collect::<Vec<_>>().join(",")
}

fn selection(request: &Request) -> Result<Selection, Reply> {
    let text = |name: &str| request.parameter(name).unwrap_or_default();
    Selection::parse(&text("labelSelector"), &text("fieldSelector")).map_err(|message| status::bad_request(&message))
}

/// Changes as they happen, one JSON document per line.
pub(super) fn watch(store: &Store, resource: &Resource, attributes: &Attributes, request: &Request, now: i64) -> Reply {
    let selection = match selection(request) {
        Ok(selection) => selection,
        Err(refusal) => return refusal,
    };
    if request.parameter("sendInitialEvents").is_some() {
        let message = "sendInitialEvents: Forbidden: sendInitialEvents is forbidden for watch unless the WatchList feature gate is enabled";
        return status::reply(422, "Invalid", message, &json!({}));
    }
    let since = request.parameter("resourceVersion").unwrap_or_default();
    let namespace = namespace(attributes).map(str::to_owned);
    let form = Form::of(resource, request, now);
    let kind = resource.kind;
    let mut first: Vec<Bytes> = Vec::new();
    let from_now = since.is_empty() || since == "0";
    if from_now {
        let present = store.of(kind, namespace.as_deref()).into_iter().filter(|object| selection.matches(object));
        first.extend(present.map(|object| line("ADDED", &form.one(object))));
    }
    let after = if from_now { store.version() } else { since.parse().unwrap_or(0) };
    let (past, mut changes) = store.watch(after);
    let mine =
        move |event: &Event| event.kind == kind && namespace.as_ref().is_none_or(|wanted| *wanted == event.namespace);
    let render = move |event: &Event| if mine(event) { render(event, &selection, &form) } else { None };
    first.extend(past.iter().filter_map(&render));
    let seconds = request.parameter("timeoutSeconds").and_then(|text| text.parse().ok()).unwrap_or(1800);
    let (sender, receiver) = mpsc::channel(64);
    tokio::spawn(async move {
        for line in first {
            if sender.send(Ok(line)).await.is_err() {
                return;
            }
        }
        let deadline = tokio::time::sleep(std::time::Duration::from_secs(seconds));
        tokio::pin!(deadline);
        loop {
            let event = tokio::select! {
                () = &mut deadline => return,
                () = sender.closed() => return,
                event = changes.recv() => event,
            };
            let Ok(event) = event else { return };
            if let Some(line) = render(&event)
                && sender.send(Ok(line)).await.is_err()
            {
                return;
            }
        }
    });
    Reply { content: Content::Stream(receiver), ..Reply::new(200, "application/json", "") }
}

/// What a watcher with this selection sees of a change.
fn render(event: &Event, selection: &Selection, form: &Form) -> Option<Bytes> {
    let before = event.before.as_ref().filter(|object| selection.matches(object));
    let after = event.after.as_ref().filter(|object| selection.matches(object));
    match (before, after) {
        (None, Some(object)) => Some(line("ADDED", &form.one(object))),
        (Some(_), Some(object)) => Some(line("MODIFIED", &form.one(object))),
        (Some(object), None) => Some(line("DELETED", &form.one(event.after.as_ref().unwrap_or(object)))),
        (None, None) => None,
    }
}

fn line(kind: &str, object: &Value) -> Bytes {
    Bytes::from(format!("{}\n", json!({"type": kind, "object": object})))
}
