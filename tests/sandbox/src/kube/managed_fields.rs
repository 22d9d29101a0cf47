//! `metadata.managedFields`: who owns which field, and server-side apply's conflicts.
//!
//! After k8s.io/apimachinery's `managedfields` and structured-merge-diff. There is one version of every kind, so nothing
//! is converted; the annotation of client-side apply is not looked at.

mod compare;
mod schema;
mod set;

use serde_json::{Value, json};

use compare::{compare, fields, merged, remove};
pub(super) use schema::{Shape, item, shape};
use set::{FieldSet, shown};

/// What a client calls itself in an apply, with `force` of the request.
pub(super) struct Applier<'words> {
    pub(super) manager: &'words str,
    pub(super) force: bool,
}

/// A field that somebody else owns.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Conflict {
    /// Who, as the message names them: `"kubectl-edit" using v1`.
    pub(super) manager: String,
    /// `.data.mapRoles`
    pub(super) field: String,
}

/// One of the owners of an object.
#[derive(Debug, Clone)]
struct Owner {
    manager: String,
    applies: bool,
    subresource: String,
    time: String,
    fields: FieldSet,
}

impl Owner {
    fn is(&self, manager: &str, applies: bool) -> bool {
        self.manager == manager && self.applies == applies && self.subresource.is_empty()
    }

    fn new(manager: &str, applies: bool) -> Owner {
        Owner {
            manager: manager.to_owned(),
            applies,
            subresource: String::new(),
            time: String::new(),
            fields: FieldSet::default(),
        }
    }

    fn shown(&self, version: &Value) -> String {
        let name = format!("{:?}", self.manager);
        if self.applies { name } else { format!("{name} using {}", version.as_str().unwrap_or_default()) }
    }
}

/// What nobody owns.
fn stripped() -> FieldSet {
    let mut set = FieldSet::of(&[&["apiVersion"], &["kind"], &["metadata"]]);
    for name in [
        "name",
        "namespace",
        "creationTimestamp",
        "selfLink",
        "uid",
        "clusterName",
        "generation",
        "managedFields",
        "resourceVersion",
    ] {
        set = set.union(&FieldSet::of(&[&["metadata", name]]));
    }
    set
}

/// An object of a kind without anything in it, as the server has it before a creation.
fn nothing() -> Value {
    json!({"metadata": {}, "spec": {}, "status": {}})
}

fn kind(object: &Value) -> &str {
    object["kind"].as_str().unwrap_or_default()
}

fn without_owners(object: &Value) -> Value {
    let mut object = object.clone();
    if let Some(metadata) = object["metadata"].as_object_mut() {
        metadata.shift_remove("managedFields");
    }
    object
}

/// Notes who changed what, for a creation or an update: whoever owned a changed field before owns it no more.
pub(super) fn update(live: Option<&Value>, new: &Value, manager: &str, now: &str) -> Value {
    let given = new["metadata"]["managedFields"].as_array();
    let reset = given.is_some_and(|list| list.is_empty() || (list.len() == 1 && list[0] == json!({})));
    let given = decode(new);
    let live_owners = live.map(decode).unwrap_or_default();
    let owners = if reset || !given.is_empty() { given } else { live_owners };
    let bare = without_owners(new);
    if live.is_some() && owners.is_empty() {
        return bare;
    }
    let old = live.map_or_else(nothing, without_owners);
    let owners = after_update(owners, &old, &bare, manager, now);
    encode(bare, owners)
}

fn after_update(mut owners: Vec<Owner>, old: &Value, new: &Value, manager: &str, now: &str) -> Vec<Owner> {
    let difference = compare(kind(new), old, new);
    let changed = difference.added.union(&difference.modified);
    for owner in &mut owners {
        owner.fields = owner.fields.difference(&changed).difference(&difference.removed);
    }
    let own = changed.difference(&stripped()).without("f:status");
    if !own.is_empty() {
        let position = owners.iter().position(|owner| owner.is(manager, false)).unwrap_or_else(|| {
            owners.push(Owner::new(manager, false));
            owners.len() - 1
        });
        let owner = &mut owners[position];
        owner.fields = owner.fields.union(&own);
        now.clone_into(&mut owner.time);
    }
    owners
}

/// Server-side apply: the live object with what the configuration says, and without what the applier said the last time
/// and nobody says now.
///
/// # Errors
/// The fields of others that would change.
pub(super) fn apply(
    live: Option<&Value>,
    config: &Value,
    applier: &Applier,
    now: &str,
) -> Result<Value, Vec<Conflict>> {
    let (kind, version) = (kind(config), &config["apiVersion"]);
    let old = live.map_or_else(nothing, without_owners);
    let mut owners = live.map(decode).unwrap_or_default();
    if live.is_some() && owners.is_empty() {
        owners = after_update(owners, &nothing(), &old, "before-first-apply", now);
    }
    let own = fields(kind, config).difference(&stripped()).without("f:status");
    let position = owners.iter().position(|owner| owner.is(applier.manager, true)).unwrap_or_else(|| {
        owners.push(Owner::new(applier.manager, true));
        owners.len() - 1
    });
    let last = std::mem::replace(&mut owners[position].fields, own);
    let mut new = merged(kind, &old, config);
    let owned = owners.iter().fold(FieldSet::default(), |all, owner| all.union(&owner.fields));
    let dropped = last.paths().into_iter().filter(|path| !owned.touches(path));
    // An item goes before what is in it, by which it is found.
    dropped.for_each(|path| remove(kind, &mut new, &path));
    let difference = compare(kind, &old, &new);
    let changed = difference.added.union(&difference.modified);
    let others = |index: usize| index != position;
    if !applier.force {
        let of = |(_, owner): (usize, &Owner)| {
            let manager = owner.shown(version);
            let fields = owner.fields.intersection(&changed).paths();
            fields.into_iter().map(move |path| Conflict { manager: manager.clone(), field: shown(&path) })
        };
        let conflicts: Vec<Conflict> =
            owners.iter().enumerate().filter(|(index, _)| others(*index)).flat_map(of).collect();
        if !conflicts.is_empty() {
            return Err(conflicts);
        }
    }
    for (_, owner) in owners.iter_mut().enumerate().filter(|(index, _)| others(*index)) {
        owner.fields = owner.fields.difference(&changed).difference(&difference.removed);
    }
    let owner = &mut owners[position];
    if old != new || owner.time.is_empty() {
        now.clone_into(&mut owner.time);
    }
    if live.is_none() {
        new.as_object_mut().into_iter().for_each(|members| members.retain(|_, value| *value != json!({})));
    }
    Ok(encode(new, owners))
}

fn decode(object: &Value) -> Vec<Owner> {
    let entries = object["metadata"]["managedFields"].as_array().into_iter().flatten();
    let owner = |entry: &Value| {
        let text = |name: &str| entry[name].as_str().unwrap_or_default().to_owned();
        Owner {
            manager: text("manager"),
            applies: entry["operation"] == "Apply",
            subresource: text("subresource"),
            time: text("time"),
            fields: FieldSet::from_json(&entry["fieldsV1"]),
        }
    };
    entries.map(owner).filter(|owner| !owner.fields.is_empty()).collect()
}

/// Those who apply come first, then those who update; each by their time and name.
fn encode(mut object: Value, mut owners: Vec<Owner>) -> Value {
    owners.retain(|owner| !owner.fields.is_empty());
    owners.sort_by(|one, other| {
        (!one.applies, &one.time, &one.manager).cmp(&(!other.applies, &other.time, &other.manager))
    });
    let version = object["apiVersion"].clone();
    let entry = |owner: &Owner| {
        let operation = if owner.applies { "Apply" } else { "Update" };
        let mut entry = json!({"manager": owner.manager, "operation": operation, "apiVersion": version,
            "time": owner.time, "fieldsType": "FieldsV1", "fieldsV1": owner.fields.to_json()});
        if !owner.subresource.is_empty() {
            entry["subresource"] = json!(owner.subresource);
        }
        entry
    };
    let entries: Vec<Value> = owners.iter().map(entry).collect();
    if !entries.is_empty() {
        object["metadata"]["managedFields"] = entries.into();
    }
    object
}

/// The server's sentence about conflicts.
pub(super) fn sentence(conflicts: &[Conflict]) -> String {
    if let [Conflict { manager, field }] = conflicts {
        return format!("Apply failed with 1 conflict: conflict with {manager}: {field}");
    }
    let mut managers: Vec<&String> = conflicts.iter().map(|conflict| &conflict.manager).collect();
    managers.sort_unstable();
    managers.dedup();
    let of = |manager: &&String| {
        let fields = conflicts.iter().filter(|conflict| conflict.manager == **manager);
        fields.fold(format!("conflicts with {manager}:"), |text, conflict| format!("{text}\n- {}", conflict.field))
    };
    let lines: Vec<String> = managers.iter().map(of).collect();
    format!("Apply failed with {} conflicts: {}", conflicts.len(), lines.join("\n"))
}

#[cfg(test)]
#[path = "managed_fields_tests.rs"]
mod tests;
