//! The objects of a cluster, their versions, and the watches on them.

use std::collections::{BTreeMap, HashMap};
use std::ops::Bound;

use serde_json::{Value, json};
use tokio::sync::{broadcast, watch};

use super::{aggregation, aws_auth, endpoints, webhook};
use crate::cluster::{Cluster, PodIdentity};

/// Kind, namespace (empty for what belongs to the cluster) and name.
pub(crate) type Key = (String, String, String);

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
    /// The pods with connections, by their UID.
    lives: HashMap<String, watch::Sender<bool>>,
    /// What the admission of pods needs: the cluster's region, and its EKS Pod Identity associations.
    region: String,
    pod_identities: Vec<PodIdentity>,
    /// False while the API server has not read its roles yet.
    knows_roles: bool,
    self_review: SelfReview,
}

/// What the API server does with a `SelfSubjectReview`: `kubectl auth whoami`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum SelfReview {
    /// It answers, as every server since 1.28 does.
    #[default]
    Fine,
    /// It refuses everybody, as one whose `system:basic-user` was edited.
    Forbidden,
    /// It does not know the resource, as a server before 1.28.
    Absent,
}

/// Whether a pod's containers have run to their end.
pub(crate) fn has_ended(pod: &Value) -> bool {
    matches!(pod["status"]["phase"].as_str(), Some("Succeeded" | "Failed"))
}

impl Store {
    /// A store with objects in it.
    #[cfg(test)]
    pub(crate) fn new(objects: &[Value]) -> Store {
        let mut cluster = Cluster::new("any", "111122223333", "eu-west-1");
        cluster.objects = objects.to_vec();
        Store::of_cluster(&cluster)
    }

    /// The store of a cluster, with its objects in it.
    pub(crate) fn of_cluster(cluster: &Cluster) -> Store {
        let (changes, _) = broadcast::channel(1024);
        let mut store = Store {
            objects: BTreeMap::new(),
            version: 1000,
            history: Vec::new(),
            changes,
            lives: HashMap::new(),
            region: cluster.region.clone(),
            pod_identities: cluster.pod_identities.clone(),
            knows_roles: true,
            self_review: SelfReview::default(),
        };
        for object in &cluster.objects {
            store.apply(object.clone());
        }
        if !cluster.aws_auth.is_empty() {
            store.apply(aws_auth::config_map(&aws_auth::map_roles(&cluster.aws_auth)));
        }
        store.history.clear();
        store
    }

    /// Whether roles and bindings have been read. An API server that is starting has not.
    pub(crate) fn knows_roles(&self) -> bool {
        self.knows_roles
    }

    /// Sets whether the API server has started.
    pub(crate) fn set_knows_roles(&mut self, knows: bool) {
        self.knows_roles = knows;
    }

    /// What is done with a `SelfSubjectReview`.
    pub(crate) fn self_review(&self) -> SelfReview {
        self.self_review
    }

    /// Sets what is done with a `SelfSubjectReview`.
    pub(crate) fn set_self_review(&mut self, review: SelfReview) {
        self.self_review = review;
    }

    /// The version of the newest change.
    pub(crate) fn version(&self) -> u64 {
        self.version
    }

    /// All objects of a kind, in a namespace or everywhere.
    pub(crate) fn of(&self, kind: &str, namespace: Option<&str>) -> Vec<&Value> {
        self.after(kind, namespace, None).map(|(_, object)| object).collect()
    }

    /// The objects of a kind, in a namespace or everywhere, in the order of their namespaces and names; from the first
    /// one after this namespace and name.
    pub(crate) fn after(
        &self,
        kind: &str,
        namespace: Option<&str>,
        after: Option<(&str, &str)>,
    ) -> impl Iterator<Item = (&Key, &Value)> {
        let text = str::to_owned;
        let first = Bound::Included((text(kind), text(namespace.unwrap_or_default()), String::new()));
        let start = after.map_or(first, |(space, name)| Bound::Excluded((text(kind), text(space), text(name))));
        let here = move |key: &Key, kind: &str, namespace: Option<&str>| {
            key.0 == kind && namespace.is_none_or(|wanted| key.1 == wanted)
        };
        let (kind, namespace) = (text(kind), namespace.map(text));
        self.objects.range((start, Bound::Unbounded)).take_while(move |(key, _)| here(key, &kind, namespace.as_deref()))
    }

    /// One object.
    pub(crate) fn get(&self, kind: &str, namespace: Option<&str>, name: &str) -> Option<&Value> {
        self.objects.get(&(kind.to_owned(), namespace.unwrap_or_default().to_owned(), name.to_owned()))
    }

    /// Creates or replaces an object.
    pub(crate) fn apply(&mut self, mut object: Value) -> Value {
        self.version += 1;
        let key = key_of(&object);
        let before = self.objects.get(&key).cloned();
        if key.0 == "Pod" && before.is_none() {
            let account = object["spec"]["serviceAccountName"].as_str().unwrap_or("default");
            let account = self.get("ServiceAccount", Some(&key.1), account).cloned();
            webhook::inject(&mut object, account.as_ref(), &self.pod_identities, &self.region);
        }
        object["metadata"]["resourceVersion"] = json!(self.version.to_string());
        if object["metadata"]["uid"].is_null() {
            object["metadata"]["uid"] =
                json!(crate::objects::uid(&[&key.0, &key.1, &key.2, &self.version.to_string()]));
        }
        self.objects.insert(key.clone(), object.clone());
        self.tell(key.clone(), before, Some(object.clone()));
        self.keep_endpoints(&key);
        self.keep_aggregated(&key);
        object
    }

    /// The UID of a new object.
    pub(crate) fn new_uid(&self, kind: &str, namespace: &str, name: &str) -> String {
        crate::objects::uid(&[kind, namespace, name, &(self.version + 1).to_string()])
    }

    /// Places an object without telling anybody.
    pub(crate) fn place(&mut self, mut object: Value) {
        self.version += 1;
        object["metadata"]["resourceVersion"] = json!(self.version.to_string());
        self.objects.insert(key_of(&object), object);
    }

    /// Deletes an object. Returns the deleted one.
    pub(crate) fn delete(&mut self, kind: &str, namespace: &str, name: &str) -> Option<Value> {
        let key = (kind.to_owned(), namespace.to_owned(), name.to_owned());
        let mut before = self.objects.remove(&key)?;
        self.version += 1;
        before["metadata"]["resourceVersion"] = json!(self.version.to_string());
        self.tell(key.clone(), Some(before.clone()), None);
        self.keep_endpoints(&key);
        self.keep_aggregated(&key);
        Some(before)
    }

    /// Deletes a namespace with everything in it. False if there is none.
    pub(crate) fn delete_namespace(&mut self, name: &str) -> bool {
        let inside: Vec<Key> = self.objects.keys().filter(|key| key.1 == name).cloned().collect();
        for (kind, namespace, name) in inside {
            self.delete(&kind, &namespace, &name);
        }
        self.delete("Namespace", "", name).is_some()
    }

    /// Ends a namespace as its deletion does: at once with everything in it, unless it was ending already, which it is
    /// for as long as something keeps it.
    pub(crate) fn end_namespace(&mut self, name: &str, ending: Value) {
        let before = self.get("Namespace", None, name);
        if before.is_some_and(|before| before["status"]["phase"] == "Terminating") {
            return;
        }
        self.apply(ending);
        self.delete_namespace(name);
    }

    /// Brings the rules of aggregated roles up to date after a change of a ClusterRole.
    fn keep_aggregated(&mut self, (kind, ..): &Key) {
        if kind == "ClusterRole" {
            for role in aggregation::outdated(&self.of("ClusterRole", None)) {
                self.put(key_of(&role), role, false);
            }
        }
    }

    /// Brings the endpoints of a namespace up to date after a change of a pod, a service or endpoints there.
    fn keep_endpoints(&mut self, (kind, namespace, name): &Key) {
        if !["Pod", "Service", "Endpoints"].contains(&kind.as_str()) {
            return;
        }
        let mut wanted = Vec::new();
        for service in self.of("Service", Some(namespace)) {
            let selects = service["spec"]["selector"].as_object().is_some_and(|selector| !selector.is_empty());
            if service["spec"]["type"] == "ExternalName" || (kind == "Endpoints" && selects) {
                continue;
            }
            if selects {
                let pods = self.of("Pod", Some(namespace));
                wanted.push(endpoints::endpoints(service, &pods));
                wanted.extend(endpoints::slices(service, &pods));
            } else if let Some(own) =
                self.get("Endpoints", Some(namespace), service["metadata"]["name"].as_str().unwrap_or_default())
            {
                wanted.extend(endpoints::mirrored(service, own));
            }
        }
        for mut object in wanted {
            let key = key_of(&object);
            if let Some(old) = self.objects.get(&key) {
                object["metadata"] = old["metadata"].clone();
                if object == *old {
                    continue;
                }
            }
            let is_slice = key.0 == "EndpointSlice";
            self.put(key, object, is_slice);
        }
        if kind == "Service" && self.get("Service", Some(namespace), name).is_none() {
            self.forget_endpoints(namespace, name);
        }
    }

    fn put(&mut self, key: Key, mut object: Value, counted: bool) {
        self.version += 1;
        object["metadata"]["resourceVersion"] = json!(self.version.to_string());
        if counted {
            let generation = object["metadata"]["generation"].as_u64().unwrap_or(0) + 1;
            object["metadata"]["generation"] = json!(generation);
        }
        let before = self.objects.insert(key.clone(), object.clone());
        self.tell(key, before, Some(object));
    }

    fn forget_endpoints(&mut self, namespace: &str, service: &str) {
        let slices = self.of("EndpointSlice", Some(namespace)).into_iter();
        let mine = slices.filter(|slice| slice["metadata"]["labels"]["kubernetes.io/service-name"] == service);
        let mut keys: Vec<Key> = mine.map(key_of).collect();
        keys.push(("Endpoints".to_owned(), namespace.to_owned(), service.to_owned()));
        for key in keys {
            if let Some(before) = self.objects.remove(&key) {
                self.version += 1;
                self.tell(key, Some(before), None);
            }
        }
    }

    /// Ends when a pod's containers do: deleted, replaced, or run to their end.
    pub(crate) fn life(&mut self, uid: &str) -> watch::Receiver<bool> {
        self.lives.entry(uid.to_owned()).or_insert_with(|| watch::channel(true).0).subscribe()
    }

    fn end_lives(&mut self, event: &Event) {
        let uid = |object: &Option<Value>| Some(object.as_ref()?["metadata"]["uid"].as_str()?.to_owned());
        let (before, after) = (uid(&event.before), uid(&event.after));
        let ended = event.after.as_ref().is_some_and(has_ended);
        if event.kind == "Pod"
            && (ended || before != after)
            && let Some(life) = before.and_then(|uid| self.lives.remove(&uid))
        {
            life.send_replace(false);
        }
    }

    fn tell(&mut self, key: Key, before: Option<Value>, after: Option<Value>) {
        let event = Event { version: self.version, kind: key.0, namespace: key.1, before, after };
        self.end_lives(&event);
        self.history.push(event.clone());
        let _ = self.changes.send(event);
    }

    /// The changes after a version, and those to come.
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
