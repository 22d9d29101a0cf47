//! The objects of a cluster, their versions, and whoever watches them.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use tokio::sync::broadcast;

/// Kind, namespace (empty for what belongs to the cluster) and name.
type Key = (String, String, String);

/// One change.
#[derive(Debug, Clone)]
pub(crate) struct Event {
    pub(crate) version: u64,
    pub(crate) kind: String,
    pub(crate) namespace: String,
    pub(crate) before: Option<Value>,
    pub(crate) after: Option<Value>,
}

/// The objects of a cluster.
#[derive(Debug)]
pub(crate) struct Store {
    objects: BTreeMap<Key, Value>,
    version: u64,
    history: Vec<Event>,
    changes: broadcast::Sender<Event>,
}

impl Store {
    /// A store with objects in it.
    pub(crate) fn new(objects: &[Value]) -> Store {
        let (changes, _) = broadcast::channel(1024);
        let mut store = Store { objects: BTreeMap::new(), version: 1000, history: Vec::new(), changes };
        for object in objects {
            store.apply(object.clone());
        }
        store.history.clear();
        store
    }

    /// The version of the newest change.
    pub(crate) fn version(&self) -> u64 {
        self.version
    }

    /// All objects of a kind, in a namespace or everywhere.
    pub(crate) fn of(&self, kind: &str, namespace: Option<&str>) -> Vec<&Value> {
        let here = |key: &Key| key.0 == kind && namespace.is_none_or(|wanted| key.1 == wanted);
        self.objects.iter().filter(|(key, _)| here(key)).map(|(_, object)| object).collect()
    }

    /// One object.
    pub(crate) fn get(&self, kind: &str, namespace: Option<&str>, name: &str) -> Option<&Value> {
        self.objects.get(&(kind.to_owned(), namespace.unwrap_or_default().to_owned(), name.to_owned()))
    }

    /// Creates an object or puts it in the place of the old one.
    pub(crate) fn apply(&mut self, mut object: Value) -> Value {
        self.version += 1;
        let key = key_of(&object);
        let before = self.objects.get(&key).cloned();
        object["metadata"]["resourceVersion"] = json!(self.version.to_string());
        if object["metadata"]["uid"].is_null() {
            object["metadata"]["uid"] =
                json!(crate::objects::uid(&[&key.0, &key.1, &key.2, &self.version.to_string()]));
        }
        self.objects.insert(key.clone(), object.clone());
        self.tell(key, before, Some(object.clone()));
        object
    }

    /// Deletes an object; the deleted one, if there was one.
    pub(crate) fn delete(&mut self, kind: &str, namespace: &str, name: &str) -> Option<Value> {
        let key = (kind.to_owned(), namespace.to_owned(), name.to_owned());
        let mut before = self.objects.remove(&key)?;
        self.version += 1;
        before["metadata"]["resourceVersion"] = json!(self.version.to_string());
        self.tell(key, Some(before.clone()), None);
        Some(before)
    }

    fn tell(&mut self, key: Key, before: Option<Value>, after: Option<Value>) {
        let event = Event { version: self.version, kind: key.0, namespace: key.1, before, after };
        self.history.push(event.clone());
        let _ = self.changes.send(event);
    }

    /// The changes after a version, and whatever comes.
    pub(crate) fn watch(&self, after: u64) -> (Vec<Event>, broadcast::Receiver<Event>) {
        let past = self.history.iter().filter(|event| event.version > after).cloned().collect();
        (past, self.changes.subscribe())
    }
}

fn key_of(object: &Value) -> Key {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let metadata = &object["metadata"];
    (text(&object["kind"]), text(&metadata["namespace"]), text(&metadata["name"]))
}
