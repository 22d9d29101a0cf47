//! Deletion, with preconditions. A namespace goes with everything in it.

use serde_json::{Value, json};

use super::attributes::Attributes;
use super::status;
use super::store::Store;
use super::write::Write;
use crate::message::Reply;

impl Write<'_> {
    pub(super) fn delete(&self, store: &mut Store) -> Result<Reply, Reply> {
        let (kind, name) = (self.resource.kind, &self.attributes.name);
        let found = store.get(kind, Some(self.namespace()), name).cloned();
        let mut object = found.ok_or_else(|| status::not_found(self.attributes))?;
        let options = self.request.json().unwrap_or(Value::Null);
        for (key, what) in [("uid", "UID"), ("resourceVersion", "ResourceVersion")] {
            let (given, own) = (&options["preconditions"][key], &object["metadata"][key]);
            if let Some(given) = given.as_str().filter(|given| own.as_str() != Some(given)) {
                let own = own.as_str().unwrap_or_default();
                let ending = match key {
                    "uid" => "The object might have been deleted and then recreated",
                    _ => "The object might have been modified",
                };
                // Here the server names the kind and not the resource.
                let of_kind = Attributes { resource: kind.to_owned(), ..self.attributes.clone() };
                return Err(status::conflict(
                    &of_kind,
                    &format!(
                        "the {what} in the precondition ({given}) does not match the {what} in record ({own}). {ending}"
                    ),
                ));
            }
        }
        let dry_run = self.dry_run() || options["dryRun"].as_array().is_some_and(|list| !list.is_empty());
        if kind == "Namespace" {
            object["status"]["phase"] = json!("Terminating");
            object["metadata"]["deletionTimestamp"] = json!(self.time());
            if !dry_run {
                store.end_namespace(name, object.clone());
            }
            return Ok(Reply::json(200, &object));
        }
        if !dry_run {
            store.delete(kind, self.namespace(), name);
        }
        let mut details = json!({"name": name});
        if !self.resource.group.is_empty() {
            details["group"] = json!(self.resource.group);
        }
        details["kind"] = json!(self.resource.plural);
        details["uid"] = object["metadata"]["uid"].clone();
        let answer =
            json!({"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "details": details});
        Ok(Reply::json(200, &answer))
    }
}
