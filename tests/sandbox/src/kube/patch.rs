//! The patches that are not server-side apply: JSON merge patch, strategic merge patch and JSON patch.

use serde_json::{Map, Value, json};

use super::managed_fields::{Shape, item, shape};
use super::status;
use crate::message::Reply;

/// An object after a patch of a media type, which comes without its parameters.
pub(super) fn patched(object: &Value, media_type: &str, patch: &Value) -> Result<Value, Reply> {
    match media_type {
        "application/merge-patch+json" => Ok(merge(object, patch)),
        "application/strategic-merge-patch+json" => {
            let kind = object["kind"].as_str().unwrap_or_default();
            Ok(merge_strategically(kind, &mut Vec::new(), object, patch))
        }
        "application/json-patch+json" => {
            let mut object = object.clone();
            for step in patch.as_array().into_iter().flatten() {
                carry_out(&mut object, step).ok_or_else(not_applicable)?;
            }
            Ok(object)
        }
        _ => Err(unsupported()),
    }
}

/// Refuses what is no patch, before it is read.
pub(super) fn check_media_type(media_type: &str) -> Result<(), Reply> {
    let kinds = ["merge", "strategic-merge", "json"].map(|kind| format!("application/{kind}-patch+json"));
    if kinds.iter().any(|kind| kind == media_type) { Ok(()) } else { Err(unsupported()) }
}

fn unsupported() -> Reply {
    status::reply(415, "UnsupportedMediaType", "415: Unsupported Media Type", &json!({}))
}

fn not_applicable() -> Reply {
    status::reply(422, "Invalid", "the server rejected our request due to an error in our request", &json!({}))
}

/// RFC 7386.
fn merge(old: &Value, patch: &Value) -> Value {
    let Value::Object(patch) = patch else { return patch.clone() };
    let mut new = old.as_object().cloned().unwrap_or_default();
    for (name, value) in patch {
        if value.is_null() {
            new.shift_remove(name);
        } else {
            let value = merge(new.get(name).unwrap_or(&Value::Null), value);
            new.insert(name.clone(), value);
        }
    }
    new.into()
}

/// A merge patch whose lists are merged by the keys of their items, where they have such keys.
fn merge_strategically(kind: &str, path: &mut Vec<String>, old: &Value, patch: &Value) -> Value {
    match (shape(kind, path, patch), old, patch) {
        (Shape::Keyed(_) | Shape::Set, Value::Array(_), Value::Array(items)) => {
            let shape = shape(kind, path, patch);
            let mut new: Vec<Value> = old.as_array().cloned().unwrap_or_default();
            for value in items.iter() {
                let element = item(shape, value);
                let position = new.iter().position(|own| item(shape, own) == element);
                match position {
                    Some(position) if value["$patch"] == "delete" => {
                        new.remove(position);
                    }
                    Some(position) => {
                        path.push(element);
                        new[position] = merge_strategically(kind, path, &new[position], value);
                        path.pop();
                    }
                    None => new.push(value.clone()),
                }
            }
            new.into()
        }
        (_, old, Value::Object(members)) => {
            let replaces = members.get("$patch").is_some_and(|directive| directive == "replace");
            let mut new = if replaces { Map::new() } else { old.as_object().cloned().unwrap_or_default() };
            for (name, value) in members.iter().filter(|(name, _)| !name.starts_with('$')) {
                if value.is_null() {
                    new.shift_remove(name);
                    continue;
                }
                path.push(format!("f:{name}"));
                let value = merge_strategically(kind, path, new.get(name).unwrap_or(&Value::Null), value);
                path.pop();
                new.insert(name.clone(), value);
            }
            new.into()
        }
        _ => patch.clone(),
    }
}

/// One step of RFC 6902. None if it does not fit the object.
fn carry_out(object: &mut Value, step: &Value) -> Option<()> {
    let (path, value) = (step["path"].as_str()?, step["value"].clone());
    match step["op"].as_str()? {
        "test" => (object.pointer(path)? == &value).then_some(()),
        "add" => add(object, path, value),
        "remove" => take(object, path).map(|_| ()),
        "replace" => object.pointer_mut(path).map(|place| *place = value),
        "copy" => {
            let value = object.pointer(step["from"].as_str()?)?.clone();
            add(object, path, value)
        }
        "move" => {
            let value = take(object, step["from"].as_str()?)?;
            add(object, path, value)
        }
        _ => None,
    }
}

fn parent(path: &str) -> Option<(&str, String)> {
    let (parent, last) = path.rsplit_once('/')?;
    Some((parent, last.replace("~1", "/").replace("~0", "~")))
}

fn add(object: &mut Value, path: &str, value: Value) -> Option<()> {
    let (parent, last) = parent(path)?;
    match object.pointer_mut(parent)? {
        Value::Object(members) => {
            members.insert(last, value);
        }
        Value::Array(items) => {
            let position = if last == "-" { items.len() } else { last.parse().ok().filter(|at| *at <= items.len())? };
            items.insert(position, value);
        }
        _ => return None,
    }
    Some(())
}

fn take(object: &mut Value, path: &str) -> Option<Value> {
    let (parent, last) = parent(path)?;
    match object.pointer_mut(parent)? {
        Value::Object(members) => members.shift_remove(&last),
        Value::Array(items) => {
            let position = last.parse::<usize>().ok().filter(|at| *at < items.len())?;
            Some(items.remove(position))
        }
        _ => None,
    }
}

#[cfg(test)]
#[path = "patch_tests.rs"]
mod tests;
