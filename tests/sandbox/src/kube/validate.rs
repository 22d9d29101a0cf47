//! What the storage of the API server refuses: names, labels, rules, bindings, the keys of ConfigMaps.

use serde_json::Value;

use super::registry::Resource;
use super::status::{self, Fault};
use crate::message::Reply;

const RBAC: &str = "rbac.authorization.k8s.io";
const INVALID: &str = "FieldValueInvalid";
const REQUIRED: &str = "FieldValueRequired";
const UNSUPPORTED: &str = "FieldValueNotSupported";

const LABEL_NAME: &str = "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with \
    an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is \
    '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";
const LABEL_VALUE: &str = "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', \
    and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for \
    validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";
const DNS_LABEL: &str = "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must \
    start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is \
    '[a-z0-9]([-a-z0-9]*[a-z0-9])?')";
const DNS_SUBDOMAIN: &str = "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or \
    '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is \
    '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
const CONFIG_KEY: &str = "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  \
    or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')";

/// Everything that is wrong with an object, in the order of the server.
pub(super) fn check(resource: &Resource, old: Option<&Value>, object: &Value) -> Result<(), Reply> {
    let name = object["metadata"]["name"].as_str().unwrap_or_default();
    let mut faults = name_faults(resource, name);
    for (list, values) in [("labels", true), ("annotations", false)] {
        label_faults(list, values, &object["metadata"][list], &mut faults);
    }
    match resource.kind {
        "Role" | "ClusterRole" => rule_faults(object, &mut faults),
        "RoleBinding" | "ClusterRoleBinding" => binding_faults(old, object, &mut faults),
        "ConfigMap" => {
            let keys = object["data"].as_object().into_iter().flatten().map(|(key, _)| key);
            let is_key = |key: &str| {
                !key.is_empty()
                    && key.len() <= 253
                    && key.bytes().all(|it| it.is_ascii_alphanumeric() || b"-._".contains(&it))
            };
            faults.extend(
                keys.filter(|key| !is_key(key))
                    .map(|key| (format!("data[{key}]"), INVALID, format!("Invalid value: {key:?}: {CONFIG_KEY}"))),
            );
        }
        _ => {}
    }
    if faults.is_empty() { Ok(()) } else { Err(status::invalid((resource.kind, resource.group, name), &faults)) }
}

fn name_faults(resource: &Resource, name: &str) -> Vec<Fault> {
    let why = if resource.group == RBAC {
        let dots = [".", ".."].iter().find(|dots| **dots == name);
        let why = dots.map(|dots| if *dots == "." { "may not be '.'" } else { "may not be '..'" });
        let has = |part: char, why: &'static str| name.contains(part).then_some(why);
        why.or(has('/', "may not contain '/'")).or(has('%', "may not contain '%'"))
    } else if resource.kind == "Namespace" && name.len() > 63 {
        Some("must be no more than 63 characters")
    } else if resource.kind == "Namespace" {
        (!is_dns_label(name)).then_some(DNS_LABEL)
    } else {
        (name.len() > 253 || !name.split('.').all(is_dns_label)).then_some(DNS_SUBDOMAIN)
    };
    let fault = |why| ("metadata.name".to_owned(), INVALID, format!("Invalid value: {name:?}: {why}"));
    why.map(fault).into_iter().collect()
}

/// Of at most 63 characters.
fn is_dns_label(name: &str) -> bool {
    let alphanumeric = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    name.len() <= 63
        && name.bytes().all(|byte| alphanumeric(byte) || byte == b'-')
        && name.bytes().next().is_some_and(alphanumeric)
        && name.bytes().last().is_some_and(alphanumeric)
}

fn is_label_value(text: &str) -> bool {
    let ends = |byte: Option<u8>| byte.is_some_and(|byte| byte.is_ascii_alphanumeric());
    text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
        && ends(text.bytes().next())
        && ends(text.bytes().last())
}

fn label_faults(list: &str, values: bool, members: &Value, faults: &mut Vec<Fault>) {
    let field = format!("metadata.{list}");
    for (key, value) in members.as_object().into_iter().flatten() {
        let name = key.split_once('/').map_or(key.as_str(), |(_, name)| name);
        let mut refuse = |value: &str, why: &str| {
            faults.push((field.clone(), INVALID, format!("Invalid value: {value:?}: {why}")));
        };
        if name.len() > 63 {
            refuse(key, "name part must be no more than 63 bytes");
        } else if !is_label_value(name) {
            refuse(key, LABEL_NAME);
        }
        if let Some((prefix, _)) = key.split_once('/')
            && (prefix.len() > 253 || !prefix.split('.').all(is_dns_label))
        {
            refuse(key, &format!("prefix part {DNS_SUBDOMAIN}"));
        }
        let value = value.as_str().unwrap_or_default();
        if values && value.len() > 63 {
            refuse(value, "must be no more than 63 bytes");
        } else if values && !value.is_empty() && !is_label_value(value) {
            refuse(value, LABEL_VALUE);
        }
    }
}

fn rule_faults(object: &Value, faults: &mut Vec<Fault>) {
    let namespaced = object["kind"] == "Role";
    for (index, rule) in object["rules"].as_array().into_iter().flatten().enumerate() {
        let empty = |key: &str| rule[key].as_array().is_none_or(Vec::is_empty);
        let mut refuse = |key: &str, reason, why: String| faults.push((format!("rules[{index}].{key}"), reason, why));
        if empty("verbs") {
            refuse("verbs", REQUIRED, "Required value: verbs must contain at least one value".to_owned());
        }
        if !empty("nonResourceURLs") {
            let (paths, key) = (&rule["nonResourceURLs"], "nonResourceURLs");
            if namespaced {
                let why = "namespaced rules cannot apply to non-resource URLs";
                refuse(key, INVALID, format!("Invalid value: {paths}: {why}"));
            }
            if !(empty("apiGroups") && empty("resources") && empty("resourceNames")) {
                let why = "rules cannot apply to both regular resources and non-resource URLs";
                refuse(key, INVALID, format!("Invalid value: {paths}: {why}"));
            }
            continue;
        }
        for (key, what) in [("apiGroups", "api group"), ("resources", "resource")] {
            if empty(key) {
                refuse(key, REQUIRED, format!("Required value: resource rules must supply at least one {what}"));
            }
        }
    }
}

fn binding_faults(old: Option<&Value>, object: &Value, faults: &mut Vec<Fault>) {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let role = &object["roleRef"];
    let (group, kind, name) = (text(&role["apiGroup"]), text(&role["kind"]), text(&role["name"]));
    let kinds: &[&str] = if object["kind"] == "RoleBinding" { &["Role", "ClusterRole"] } else { &["ClusterRole"] };
    if group != RBAC {
        let words = format!("Unsupported value: {group:?}: supported values: {RBAC:?}");
        faults.push(("roleRef.apiGroup".to_owned(), UNSUPPORTED, words));
    }
    if !kinds.contains(&kind.as_str()) {
        let known: Vec<String> = kinds.iter().map(|kind| format!("{kind:?}")).collect();
        let words = format!("Unsupported value: {kind:?}: supported values: {}", known.join(", "));
        faults.push(("roleRef.kind".to_owned(), UNSUPPORTED, words));
    }
    if name.is_empty() {
        faults.push(("roleRef.name".to_owned(), REQUIRED, "Required value".to_owned()));
    } else if name.contains('/') {
        let words = format!("Invalid value: {name:?}: may not contain '/'");
        faults.push(("roleRef.name".to_owned(), INVALID, words));
    }
    for (index, subject) in object["subjects"].as_array().into_iter().flatten().enumerate() {
        let (kind, name) = (text(&subject["kind"]), text(&subject["name"]));
        let mut refuse = |key: &str, reason, words: String| {
            faults.push((format!("subjects[{index}].{key}"), reason, words));
        };
        if name.is_empty() {
            refuse("name", REQUIRED, "Required value".to_owned());
        }
        let group = text(&subject["apiGroup"]);
        let usual = if kind == "ServiceAccount" { "" } else { RBAC };
        if !["ServiceAccount", "User", "Group"].contains(&kind.as_str()) {
            let known = "\"ServiceAccount\", \"User\", \"Group\"";
            refuse("kind", UNSUPPORTED, format!("Unsupported value: {kind:?}: supported values: {known}"));
        } else if group != usual {
            refuse("apiGroup", UNSUPPORTED, format!("Unsupported value: {group:?}: supported values: {usual:?}"));
        }
    }
    if let Some(old) = old
        && old["roleRef"] != *role
    {
        let shown = format!("{{\"APIGroup\":{group:?},\"Kind\":{kind:?},\"Name\":{name:?}}}");
        faults.push(("roleRef".to_owned(), INVALID, format!("Invalid value: {shown}: cannot change roleRef")));
    }
}

#[cfg(test)]
#[path = "validate_tests.rs"]
mod tests;
