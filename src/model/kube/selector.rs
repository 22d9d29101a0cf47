//! Label selectors: from an object's `spec.selector` to the syntax of a list request.

use serde_json::Value;

/// The selector of a service (a map) or a workload (`matchLabels`, `matchExpressions`), for a list request. `None` if there
/// is none, or if it has an unknown operator.
pub(crate) fn of_object(object: &Value) -> Option<String> {
    let selector = object.pointer("/spec/selector")?.as_object()?;
    let structured = selector.contains_key("matchLabels") || selector.contains_key("matchExpressions");
    if !structured || selector.values().all(Value::is_string) {
        return labels(&Value::Object(selector.clone())).filter(|text| !text.is_empty());
    }
    let mut parts: Vec<String> = Vec::new();
    if let Some(map) = selector.get("matchLabels") {
        parts.push(labels(map)?);
    }
    for expression in selector.get("matchExpressions").and_then(Value::as_array).into_iter().flatten() {
        parts.push(requirement(expression)?);
    }
    parts.retain(|part| !part.is_empty());
    (!parts.is_empty()).then(|| parts.join(","))
}

fn labels(map: &Value) -> Option<String> {
    let pairs = map.as_object()?.iter().map(|(key, value)| Some(format!("{key}={}", value.as_str()?)));
    Some(pairs.collect::<Option<Vec<_>>>()?.join(","))
}

fn requirement(expression: &Value) -> Option<String> {
    let key = expression["key"].as_str()?;
    let values = || {
        let values = expression["values"].as_array()?.iter().map(Value::as_str).collect::<Option<Vec<_>>>()?;
        Some(values.join(","))
    };
    match expression["operator"].as_str()? {
        "In" => Some(format!("{key} in ({})", values()?)),
        "NotIn" => Some(format!("{key} notin ({})", values()?)),
        "Exists" => Some(key.to_owned()),
        "DoesNotExist" => Some(format!("!{key}")),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn selectors_of_all_objects_are_written() {
        for (selector, text) in [
            (json!({"app": "web", "tier": "front"}), Some("app=web,tier=front")),
            (json!({"matchLabels": {"app": "web"}}), Some("app=web")),
            (
                json!({"matchLabels": {"app": "web"}, "matchExpressions": [
                    {"key": "tier", "operator": "In", "values": ["a", "b"]},
                    {"key": "old", "operator": "DoesNotExist"},
                    {"key": "zone", "operator": "Exists"},
                    {"key": "env", "operator": "NotIn", "values": ["prod"]},
                ]}),
                Some("app=web,tier in (a,b),!old,zone,env notin (prod)"),
            ),
            (json!({"matchExpressions": [{"key": "a", "operator": "Near", "values": []}]}), None),
            (json!({}), None),
            (json!(null), None),
            // A label may be called so.
            (json!({"matchLabels": "x"}), Some("matchLabels=x")),
        ] {
            assert_eq!(of_object(&json!({"spec": {"selector": selector}})).as_deref(), text, "{selector}");
        }
        assert_eq!(of_object(&json!({"spec": {}})), None);
    }
}
