//! Create, update, patch and delete, for objects of every kind, in the order of the API server's checks.

use serde_json::{Value, json};

use super::attributes::Attributes;
use super::defaults::{defaulted, finish, same};
use super::managed_fields::{self, Applier, Conflict};
use super::rbac::{self, User};
use super::registry::Resource;
use super::store::Store;
use super::{escalation, patch, status, strict, validate};
use crate::message::{Reply, Request};

const RBAC: &str = "rbac.authorization.k8s.io";
const APPLY: &str = "application/apply-patch+yaml";

/// A write that is under way.
pub(super) struct Write<'a> {
    pub(super) user: &'a User,
    pub(super) resource: &'static Resource,
    pub(super) attributes: &'a Attributes,
    pub(super) request: &'a Request,
    pub(super) now: i64,
}

impl Write<'_> {
    /// Answers the request.
    pub(super) fn answer(&self, store: &mut Store) -> Reply {
        let result = self.check_options().and_then(|()| match self.attributes.verb.as_str() {
            "create" => self.create(store),
            "update" => self.update(store),
            "patch" => self.patch(store),
            _ => self.delete(store),
        });
        result.unwrap_or_else(|refusal| refusal)
    }

    pub(super) fn namespace(&self) -> &str {
        if self.resource.namespaced { self.attributes.namespace.as_str() } else { "" }
    }

    fn media_type(&self) -> &str {
        let given = self.request.header("content-type").unwrap_or("application/json");
        given.split(';').next().unwrap_or_default().trim()
    }

    fn applies(&self) -> bool {
        self.attributes.verb == "patch" && self.media_type() == APPLY
    }

    pub(super) fn dry_run(&self) -> bool {
        self.request.parameter("dryRun").is_some()
    }

    fn check_options(&self) -> Result<(), Reply> {
        let options = match self.attributes.verb.as_str() {
            "create" => "CreateOptions",
            "update" => "UpdateOptions",
            "patch" => "PatchOptions",
            _ => "DeleteOptions",
        };
        let mut faults = Vec::new();
        if let Some(other) = self.request.parameter("dryRun").filter(|value| value != "All") {
            let words = format!("Unsupported value: [{other:?}]: supported values: \"All\"");
            faults.push(("dryRun".to_owned(), "FieldValueNotSupported", words));
        }
        if self.applies() && self.request.parameter("fieldManager").is_none_or(|name| name.is_empty()) {
            let words = "Required value: is required for apply patch".to_owned();
            faults.push(("fieldManager".to_owned(), "FieldValueRequired", words));
        }
        if options == "PatchOptions" && !self.applies() && self.request.parameter("force").is_some() {
            let words = "Forbidden: may not be specified for non-apply patch".to_owned();
            faults.push(("force".to_owned(), "FieldValueForbidden", words));
        }
        if faults.is_empty() { Ok(()) } else { Err(status::invalid((options, "meta.k8s.io", ""), &faults)) }
    }

    /// Who writes, as `managedFields` names them: what the request says, or the beginning of the user agent.
    fn manager(&self) -> String {
        let given = self.request.parameter("fieldManager").filter(|name| !name.is_empty());
        let agent = || self.request.header("user-agent").unwrap_or_default().split('/').next().map(str::to_owned);
        given.or_else(agent).unwrap_or_default()
    }

    pub(super) fn time(&self) -> String {
        crate::clock::format(self.now, "%Y-%m-%dT%H:%M:%SZ")
    }

    /// The object in the body of a creation or an update.
    fn body(&self) -> Result<Value, Reply> {
        let object = match self.media_type() {
            "application/json" => self.request.json(),
            "application/yaml" => serde_saphyr::from_slice::<Value>(&self.request.body).ok(),
            _ => return Err(status::unsupported_media_type()),
        };
        let kind = self.resource.kind;
        let object = object.filter(Value::is_object).ok_or_else(|| {
            let why = "couldn't get version/kind; json parse error";
            status::bad_request(&format!("the object provided is unrecognized (must be of type {kind}): {why}"))
        })?;
        if let Some(other) = object["kind"].as_str().filter(|other| *other != kind) {
            return Err(status::bad_request(&format!(
                "{other} in version \"v1\" cannot be handled as a {kind}: converting (v1.{other}) to ({kind}): unknown \
                 conversion"
            )));
        }
        if let Some(why) = strict::wrong_type(kind, &object) {
            let message = format!("{kind} in version \"v1\" cannot be handled as a {kind}: {why}");
            return Err(status::bad_request(&message));
        }
        strict::check(self.resource, self.request, &object)?;
        Ok(object)
    }

    /// Checks the name and the namespace of an object, and sets what the URL says.
    fn placed(&self, mut object: Value, name: &str) -> Result<Value, Reply> {
        let own = object["metadata"]["name"].as_str().unwrap_or(name);
        if own.is_empty() {
            return Err(status::bad_request("name is required"));
        }
        if own != name {
            let message = format!("the name of the object ({own}) does not match the name on the URL ({name})");
            return Err(status::bad_request(&message));
        }
        let namespace = self.namespace().to_owned();
        if object["metadata"]["namespace"].as_str().unwrap_or(&namespace) != namespace {
            let message = "the namespace of the provided object does not match the namespace sent on the request";
            return Err(status::bad_request(message));
        }
        let version =
            if self.resource.group.is_empty() { "v1".to_owned() } else { format!("{}/v1", self.resource.group) };
        object["kind"] = json!(self.resource.kind);
        object["apiVersion"] = json!(version);
        object["metadata"]["name"] = json!(name);
        if self.resource.namespaced {
            object["metadata"]["namespace"] = json!(namespace);
        }
        Ok(object)
    }

    fn create(&self, store: &mut Store) -> Result<Reply, Reply> {
        let object = self.body()?;
        let name = object["metadata"]["name"].as_str().unwrap_or_default().to_owned();
        if name.is_empty() {
            let words = "Required value: name or generateName is required".to_owned();
            let fault = ("metadata.name".to_owned(), "FieldValueRequired", words);
            return Err(status::invalid((self.resource.kind, self.resource.group, ""), &[fault]));
        }
        if object["metadata"]["resourceVersion"].as_str().is_some_and(|version| !version.is_empty()) {
            return Err(status::internal("resourceVersion should not be set on objects to be created"));
        }
        let object = self.placed(object, &name)?;
        let named = Attributes { name, ..self.attributes.clone() };
        let object = managed_fields::update(None, &defaulted(object), &self.manager(), &self.time());
        self.store(store, &named, None, object)
    }

    fn update(&self, store: &mut Store) -> Result<Reply, Reply> {
        let (name, body) = (&self.attributes.name, self.body()?);
        if body["metadata"]["name"].as_str().is_none_or(str::is_empty) {
            let message =
                format!("the name of the object ({name} based on URL) was undeterminable: name must be provided");
            return Err(status::bad_request(&message));
        }
        let object = defaulted(self.placed(body, name)?);
        let old = store.get(self.resource.kind, Some(self.namespace()), name).cloned();
        // Of the kinds that are served, only RBAC's are created by an update.
        if old.is_none() && self.resource.group != RBAC {
            return Err(status::not_found(self.attributes));
        }
        if let Some(old) = &old {
            self.check_preconditions(&object["metadata"], old, true)?;
        }
        let object = managed_fields::update(old.as_ref(), &object, &self.manager(), &self.time());
        self.store(store, self.attributes, old, object)
    }

    fn patch(&self, store: &mut Store) -> Result<Reply, Reply> {
        let name = &self.attributes.name;
        let old = store.get(self.resource.kind, Some(self.namespace()), name).cloned();
        if self.applies() {
            return self.apply(store, old);
        }
        patch::check_media_type(self.media_type())?;
        let patch: Value = serde_json::from_slice(&self.request.body)
            .map_err(|error| status::bad_request(&format!("error decoding patch: {error}")))?;
        let old = old.ok_or_else(|| status::not_found(self.attributes))?;
        let object = self.placed(patch::patched(&old, self.media_type(), &patch)?, name)?;
        if let Some(why) = strict::wrong_type(self.resource.kind, &object) {
            let fault =
                ("patch".to_owned(), "FieldValueInvalid", format!("Invalid value: {:?}: {why}", object.to_string()));
            return Err(status::invalid(("", "", ""), &[fault]));
        }
        strict::check(self.resource, self.request, &object)?;
        self.check_preconditions(&object["metadata"], &old, false)?;
        let object = managed_fields::update(Some(&old), &defaulted(object), &self.manager(), &self.time());
        self.store(store, self.attributes, Some(old), object)
    }

    fn apply(&self, store: &mut Store, old: Option<Value>) -> Result<Reply, Reply> {
        let config = serde_saphyr::from_slice::<Value>(&self.request.body)
            .map_err(|error| status::bad_request(&format!("error decoding YAML: {error}")))?;
        let (version, kind) = (config["apiVersion"].as_str().unwrap_or_default(), &config["kind"]);
        let (group, version) = version.split_once('/').unwrap_or(("", version));
        if (group, version) != (self.resource.group, "v1") || *kind != self.resource.kind {
            let kind = kind.as_str().unwrap_or_default();
            return Err(status::bad_request(&format!("invalid object type: {group}/{version}, Kind={kind}")));
        }
        if !config["metadata"]["managedFields"].is_null() {
            return Err(status::bad_request("metadata.managedFields must be nil"));
        }
        strict::check_applied(self.resource, &config)?;
        let mut config = self.placed(config, &self.attributes.name)?;
        if let Some(old) = &old {
            self.check_preconditions(&config["metadata"], old, false)?;
        }
        for name in ["resourceVersion", "uid", "creationTimestamp"] {
            config["metadata"].as_object_mut().and_then(|metadata| metadata.shift_remove(name));
        }
        let force = self.request.parameter("force").is_some_and(|value| value == "true");
        let applier = Applier { manager: &self.manager(), force };
        let applied = managed_fields::apply(old.as_ref(), &config, &applier, &self.time()).map_err(|conflicts| {
            let cause = |it: &Conflict| {
                json!({"reason": "FieldManagerConflict", "message": format!("conflict with {}", it.manager),
                    "field": it.field})
            };
            let causes: Vec<Value> = conflicts.iter().map(cause).collect();
            status::reply(409, "Conflict", &managed_fields::sentence(&conflicts), &json!({"causes": causes}))
        })?;
        if old.is_none() {
            let create = Attributes { verb: "create".to_owned(), ..self.attributes.clone() };
            if rbac::authorize(store, self.user, &create).is_none() {
                return Err(status::forbidden(&self.user.name, &create));
            }
        }
        self.store(store, self.attributes, old, defaulted(applied))
    }

    /// A version or a UID that the client names must be the present one.
    fn check_preconditions(&self, given: &Value, old: &Value, replaces: bool) -> Result<(), Reply> {
        let (own, name) = (&old["metadata"], &self.attributes.name);
        let differs = |key: &str| {
            let given = given[key].as_str().filter(|text| !text.is_empty());
            given.filter(|given| own[key].as_str() != Some(given))
        };
        if let Some(uid) = differs("uid") {
            if replaces {
                let (group, current) = (self.resource.plural, own["uid"].as_str().unwrap_or_default());
                let key = format!("/registry/{group}/{}/{name}", self.namespace());
                return Err(status::conflict(
                    self.attributes,
                    &format!(
                        "StorageError: invalid object, Code: 4, Key: {key}, ResourceVersion: 0, AdditionalErrorMsg: \
                         Precondition failed: UID in precondition: {uid}, UID in object meta: {current}"
                    ),
                ));
            }
            let words = format!("Invalid value: {uid:?}: field is immutable");
            let fault = ("metadata.uid".to_owned(), "FieldValueInvalid", words);
            return Err(status::invalid((self.resource.kind, self.resource.group, name), &[fault]));
        }
        match differs("resourceVersion") {
            Some(_) => Err(status::conflict(self.attributes, status::MODIFIED)),
            None => Ok(()),
        }
    }

    /// The namespace must be there, and for something new it must not be ending.
    fn check_namespace(&self, store: &Store, named: &Attributes, creates: bool) -> Result<(), Reply> {
        let name = self.namespace();
        if !self.resource.namespaced {
            return Ok(());
        }
        let Some(namespace) = store.get("Namespace", None, name) else {
            let message = format!("namespaces \"{name}\" not found");
            return Err(status::reply(404, "NotFound", &message, &json!({"name": name, "kind": "namespaces"})));
        };
        if creates && namespace["status"]["phase"] == "Terminating" {
            let why = format!("unable to create new content in namespace {name} because it is being terminated");
            let causes = json!([{"reason": "NamespaceTerminating",
                "message": format!("namespace {name} is being terminated"), "field": "metadata.namespace"}]);
            return Err(status::forbidden_because(named, &why, &causes));
        }
        Ok(())
    }

    /// The last checks of a new or changed object, and its storage.
    fn store(
        &self,
        store: &mut Store,
        named: &Attributes,
        old: Option<Value>,
        mut object: Value,
    ) -> Result<Reply, Reply> {
        self.check_namespace(store, named, old.is_none())?;
        escalation::check(store, self.user, named, &object)?;
        match &old {
            Some(old) => {
                for name in ["uid", "creationTimestamp", "deletionTimestamp", "resourceVersion"] {
                    match old["metadata"].get(name) {
                        Some(value) => object["metadata"][name] = value.clone(),
                        None => drop(object["metadata"].as_object_mut().map(|it| it.shift_remove(name))),
                    }
                }
                if self.resource.kind == "Namespace" {
                    (object["spec"], object["status"]) = (old["spec"].clone(), old["status"].clone());
                }
            }
            None => {
                object["metadata"]["creationTimestamp"] = json!(self.time());
                let (kind, name) = (self.resource.kind, named.name.as_str());
                object["metadata"]["uid"] = json!(store.new_uid(kind, self.namespace(), name));
                object["metadata"].as_object_mut().and_then(|metadata| metadata.shift_remove("resourceVersion"));
                if kind == "Namespace" {
                    object["spec"] = json!({"finalizers": ["kubernetes"]});
                    object["status"] = json!({"phase": "Active"});
                }
            }
        }
        finish(&mut object);
        validate::check(self.resource, old.as_ref(), &object)?;
        let present = store.get(self.resource.kind, Some(self.namespace()), &named.name);
        if self.attributes.verb == "create"
            && let Some(present) = present
        {
            return Err(status::already_exists(named, !present["metadata"]["deletionTimestamp"].is_null()));
        }
        let code = if old.is_none() { 201 } else { 200 };
        if let Some(old) = old.filter(|old| same(old, &object)) {
            return Ok(Reply::json(code, &old));
        }
        let stored = if self.dry_run() { object } else { store.apply(object) };
        if code == 201 && self.resource.kind == "Namespace" && !self.dry_run() {
            store.apply(crate::objects::service_account(&named.name, "default"));
        }
        Ok(Reply::json(code, &stored))
    }
}

#[cfg(test)]
#[path = "write_tests.rs"]
mod tests;
