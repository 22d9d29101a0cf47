//! What differs between two objects, which fields one has, and one object merged into another: the parts of
//! structured-merge-diff's `typed` that ownership needs.

use serde_json::{Map, Value};

use super::schema::{Shape, item, shape};
use super::set::{FieldSet, Path};

/// What became of the fields of an object.
#[derive(Debug, Default)]
pub(super) struct Comparison {
    pub(super) added: FieldSet,
    pub(super) modified: FieldSet,
    pub(super) removed: FieldSet,
}

/// Compares two objects of a kind.
pub(super) fn compare(kind: &str, old: &Value, new: &Value) -> Comparison {
    let mut comparison = Comparison::default();
    comparison.visit(kind, &mut Vec::new(), Some(old), Some(new));
    comparison
}

impl Comparison {
    fn visit(&mut self, kind: &str, path: &mut Path, old: Option<&Value>, new: Option<&Value>) {
        let Some(either) = new.or(old) else { return };
        let same_type = old
            .zip(new)
            .is_none_or(|(old, new)| (old.is_object(), old.is_array()) == (new.is_object(), new.is_array()));
        let shape = if same_type { shape(kind, path, either) } else { Shape::Leaf };
        let empty = |value: Option<&Value>| value.is_none_or(is_empty);
        if shape == Shape::Leaf || (empty(old) && empty(new)) {
            match (old, new) {
                (None, Some(_)) => self.added.insert(path),
                (Some(_), None) => self.removed.insert(path),
                (old, new) if old != new => self.modified.insert(path),
                _ => {}
            }
            return;
        }
        let (old_items, new_items) = (elements(shape, old), elements(shape, new));
        let only_old = old_items.iter().filter(|(element, _)| find(&new_items, element).is_none());
        for (element, _) in new_items.iter().chain(only_old) {
            path.push(element.clone());
            self.visit(kind, path, find(&old_items, element), find(&new_items, element));
            path.pop();
        }
        match (old, new) {
            (None, _) => self.added.insert(path),
            (_, None) => self.removed.insert(path),
            _ => {}
        }
    }
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Object(members) => members.values().all(Value::is_null),
        Value::Array(items) => items.is_empty(),
        _ => false,
    }
}

/// What is in a map or a list, with its path elements. Null is nothing.
fn elements(shape: Shape, value: Option<&Value>) -> Vec<(String, &Value)> {
    match value {
        Some(Value::Object(members)) => members
            .iter()
            .filter(|(_, value)| !value.is_null())
            .map(|(name, value)| (format!("f:{name}"), value))
            .collect(),
        Some(Value::Array(items)) => items.iter().map(|value| (item(shape, value), value)).collect(),
        _ => Vec::new(),
    }
}

fn find<'value>(items: &[(String, &'value Value)], element: &str) -> Option<&'value Value> {
    items.iter().find(|(own, _)| own == element).map(|(_, value)| *value)
}

/// The fields of an object.
pub(super) fn fields(kind: &str, object: &Value) -> FieldSet {
    let mut set = FieldSet::default();
    collect(kind, &mut Vec::new(), object, &mut set);
    set
}

fn collect(kind: &str, path: &mut Path, value: &Value, set: &mut FieldSet) {
    let shape = shape(kind, path, value);
    if shape == Shape::Leaf {
        set.insert(path);
        return;
    }
    for (element, below) in elements(shape, Some(value)) {
        path.push(element);
        collect(kind, path, below, set);
        let is_item = shape != Shape::Map;
        if is_item || below.as_object().is_some_and(Map::is_empty) {
            set.insert(path);
        }
        path.pop();
    }
}

/// An object with what another one says.
pub(super) fn merged(kind: &str, object: &Value, config: &Value) -> Value {
    merge(kind, &mut Vec::new(), object, config)
}

fn merge(kind: &str, path: &mut Path, old: &Value, new: &Value) -> Value {
    let shape = shape(kind, path, new);
    match (shape, old, new) {
        (Shape::Map, Value::Object(old), Value::Object(new)) => {
            let mut all = old.clone();
            for (name, value) in new.iter().filter(|(_, value)| !value.is_null()) {
                path.push(format!("f:{name}"));
                let value = old.get(name).map_or_else(|| value.clone(), |old| merge(kind, path, old, value));
                path.pop();
                all.insert(name.clone(), value);
            }
            all.into()
        }
        (Shape::Keyed(_) | Shape::Set, Value::Array(old), Value::Array(new)) => {
            let mut all: Vec<(String, Value)> = old.iter().map(|value| (item(shape, value), value.clone())).collect();
            for value in new {
                let element = item(shape, value);
                match all.iter_mut().find(|(own, _)| *own == element) {
                    Some((_, own)) => {
                        path.push(element);
                        *own = merge(kind, path, own, value);
                        path.pop();
                    }
                    None => all.push((element, value.clone())),
                }
            }
            all.into_iter().map(|(_, value)| value).collect::<Vec<_>>().into()
        }
        _ => new.clone(),
    }
}

/// Removes a field, and the maps and lists around it that are empty then.
pub(super) fn remove(kind: &str, object: &mut Value, path: &[String]) {
    remove_below(kind, object, &mut Vec::new(), path);
}

fn remove_below(kind: &str, value: &mut Value, at: &mut Path, path: &[String]) {
    let [element, rest @ ..] = path else { return };
    let shape = shape(kind, at, value);
    at.push(element.clone());
    match value {
        Value::Object(members) => {
            let name = element.strip_prefix("f:").unwrap_or_default();
            let below = members.get_mut(name).filter(|_| !rest.is_empty());
            let emptied = below.is_some_and(|below| {
                remove_below(kind, below, at, rest);
                is_empty(below)
            });
            if rest.is_empty() || emptied {
                members.shift_remove(name);
            }
        }
        Value::Array(items) if rest.is_empty() => items.retain(|value| item(shape, value) != *element),
        Value::Array(items) => {
            let found = items.iter_mut().find(|value| item(shape, value) == *element);
            found.into_iter().for_each(|below| remove_below(kind, below, at, rest));
        }
        _ => {}
    }
    at.pop();
}
