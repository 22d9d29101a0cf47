//! The tags of access entries: `TagResource`, `UntagResource` and `ListTagsForResource`. A cluster's own are for reading.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::access_entries::entry_arn;
use super::{authorize, error};
use crate::cluster::AccessEntry;
use crate::message::{Reply, Request};
use crate::sigv4::Caller;
use crate::state::State;
use crate::text::form_pairs;

const MOST: usize = 50;

type Tags = BTreeMap<String, String>;

/// The tags of a request's body.
pub(super) fn given(body: &Value) -> Result<Tags, Reply> {
    read(&body["tags"]).map_err(|message| error(400, "InvalidParameterException", &message))
}

fn read(tags: &Value) -> Result<Tags, String> {
    let members = tags.as_object().into_iter().flatten();
    let tags: Tags = members.filter_map(|(key, value)| Some((key.clone(), value.as_str()?.to_owned()))).collect();
    let length = |text: &str| text.chars().count();
    match tags.iter().find(|(key, value)| key.is_empty() || length(key) > 128 || length(value) > 256) {
        Some((key, _)) => Err(format!("The tag {key} is invalid: a key has 1 to 128 characters, a value 256 at most")),
        None if tags.keys().any(|key| key.to_ascii_lowercase().starts_with("aws:")) => {
            Err("aws: prefixed tag key names are not allowed for external use.".to_owned())
        }
        None if tags.len() > MOST => Err(format!("A resource can have at most {MOST} tags")),
        None => Ok(tags),
    }
}

/// What is done with the tags of an entry.
type Change = dyn Fn(&mut Tags) -> Result<(), String>;

/// Adds tags, or replaces those with the same keys.
pub(super) fn tag(state: &mut State, caller: &Caller, request: &Request) -> Result<Reply, Reply> {
    let body = request.json().unwrap_or(Value::Null);
    let tags = read(&body["tags"]).map_err(|message| error(400, "BadRequestException", &message))?;
    change(state, caller, request, "eks:TagResource", &move |own| {
        let mut all = own.clone();
        all.extend(tags.clone());
        if all.len() > MOST {
            return Err(format!("A resource can have at most {MOST} tags"));
        }
        *own = all;
        Ok(())
    })
}

/// Removes tags. A key that is not there is nothing to it.
pub(super) fn untag(state: &mut State, caller: &Caller, request: &Request) -> Result<Reply, Reply> {
    let pairs = form_pairs(&request.query).into_iter().filter(|(name, _)| name == "tagKeys");
    let keys: Vec<String> = pairs.map(|(_, key)| key).collect();
    if keys.is_empty() {
        return Err(error(400, "BadRequestException", "tagKeys is required"));
    }
    change(state, caller, request, "eks:UntagResource", &move |own| {
        own.retain(|key, _| !keys.contains(key));
        Ok(())
    })
}

/// All tags.
pub(super) fn list(state: &State, caller: &Caller, request: &Request) -> Result<Reply, Reply> {
    let arn = arn(request);
    authorize(state, caller, "eks:ListTagsForResource", &arn)?;
    if state.world.clusters.iter().any(|cluster| cluster.arn() == arn) {
        return Ok(Reply::json(200, &json!({"tags": {"team": "platform"}})));
    }
    let (cluster, position) = find(state, &arn).ok_or_else(not_found)?;
    Ok(Reply::json(200, &json!({"tags": state.world.clusters[cluster].access_entries[position].tags})))
}

fn change(
    state: &mut State,
    caller: &Caller,
    request: &Request,
    action: &str,
    change: &Change,
) -> Result<Reply, Reply> {
    let arn = arn(request);
    authorize(state, caller, action, &arn)?;
    let (cluster, position) = find(state, &arn).ok_or_else(not_found)?;
    let entry: &mut AccessEntry = &mut state.world.clusters[cluster].access_entries[position];
    change(&mut entry.tags).map_err(|message| error(400, "BadRequestException", &message))?;
    Ok(Reply::json(200, &json!({})))
}

fn arn(request: &Request) -> String {
    request.segments().into_iter().skip(1).collect::<Vec<_>>().join("/")
}

/// The positions of a cluster and an entry in it.
fn find(state: &State, arn: &str) -> Option<(usize, usize)> {
    state.world.clusters.iter().enumerate().find_map(|(index, cluster)| {
        let position = cluster.access_entries.iter().position(|entry| entry_arn(cluster, entry) == arn)?;
        Some((index, position))
    })
}

fn not_found() -> Reply {
    error(404, "NotFoundException", "Resource not found")
}

#[cfg(test)]
#[path = "tags_tests.rs"]
mod tests;
