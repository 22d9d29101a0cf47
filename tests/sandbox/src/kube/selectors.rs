//! Label and field selectors.

use serde_json::Value;

/// Which objects a list or a watch is about.
#[derive(Debug, Clone, Default)]
pub(crate) struct Selection {
    labels: Vec<Requirement>,
    fields: Vec<(String, bool, String)>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Requirement {
    In(String, Vec<String>),
    NotIn(String, Vec<String>),
    Exists(String),
    Absent(String),
}

impl Selection {
    /// Parses both selectors. The error is the message of a 400.
    pub(crate) fn parse(labels: &str, fields: &str) -> Result<Selection, String> {
        let mut selection = Selection::default();
        for part in split(labels) {
            selection.labels.push(requirement(&part).ok_or_else(|| format!("unable to parse requirement: {part}"))?);
        }
        for part in split(fields) {
            let (name, value) = part
                .split_once('=')
                .ok_or_else(|| format!("invalid selector: '{fields}'; can't understand '{part}'"))?;
            let (name, equal) = name.strip_suffix('!').map_or((name, true), |name| (name, false));
            if !["metadata.name", "metadata.namespace", "status.phase", "spec.nodeName"].contains(&name) {
                return Err(format!("field label not supported: {name}"));
            }
            selection.fields.push((name.to_owned(), equal, value.trim_start_matches('=').to_owned()));
        }
        Ok(selection)
    }

    /// Whether an object is selected.
    pub(crate) fn matches(&self, object: &Value) -> bool {
        let label = |name: &str| object["metadata"]["labels"][name].as_str();
        let labels = self.labels.iter().all(|requirement| match requirement {
            Requirement::In(name, values) => label(name).is_some_and(|value| values.iter().any(|it| it == value)),
            Requirement::NotIn(name, values) => label(name).is_none_or(|value| values.iter().all(|it| it != value)),
            Requirement::Exists(name) => label(name).is_some(),
            Requirement::Absent(name) => label(name).is_none(),
        });
        labels
            && self.fields.iter().all(|(name, equal, value)| {
                let found =
                    object.pointer(&format!("/{}", name.replace('.', "/"))).and_then(Value::as_str).unwrap_or_default();
                (found == value) == *equal
            })
    }
}

/// Splits at commas outside of brackets.
fn split(text: &str) -> Vec<String> {
    let (mut parts, mut depth) = (vec![String::new()], 0);
    for letter in text.chars() {
        match letter {
            '(' => depth += 1,
            ')' => depth -= 1,
            ',' if depth == 0 => {
                parts.push(String::new());
                continue;
            }
            _ => {}
        }
        if let Some(last) = parts.last_mut() {
            last.push(letter);
        }
    }
    parts.into_iter().map(|part| part.trim().to_owned()).filter(|part| !part.is_empty()).collect()
}

fn requirement(part: &str) -> Option<Requirement> {
    let owned = |text: &str| text.trim().to_owned();
    if let Some((head, list)) = part.split_once('(') {
        let values = list.strip_suffix(')')?.split(',').map(owned).collect();
        let (name, operator) = head.trim().split_once(' ')?;
        return match operator.trim() {
            "in" => Some(Requirement::In(owned(name), values)),
            "notin" => Some(Requirement::NotIn(owned(name), values)),
            _ => None,
        };
    }
    if let Some((name, value)) = part.split_once("!=") {
        return Some(Requirement::NotIn(owned(name), vec![owned(value)]));
    }
    if let Some((name, value)) = part.split_once('=') {
        return Some(Requirement::In(owned(name), vec![owned(value.trim_start_matches('='))]));
    }
    if part.contains(' ') {
        return None;
    }
    Some(
        part.strip_prefix('!')
            .map_or_else(|| Requirement::Exists(owned(part)), |name| Requirement::Absent(owned(name))),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn selectors_select() {
        let pod = crate::objects::pod("idp-dev", "web-0", "web", true);
        for (labels, fields, selected) in [
            ("", "", true),
            ("app=web", "", true),
            ("app==web,app", "metadata.name=web-0", true),
            ("app!=web", "", false),
            ("app in (web,worker)", "status.phase=Running", true),
            ("app notin (web,worker)", "", false),
            ("!app", "", false),
            ("tier", "", false),
            ("tier!=x", "metadata.name!=web-0", false),
            ("", "metadata.name=web-1", false),
        ] {
            let selection = Selection::parse(labels, fields).expect("a selection");
            assert_eq!(selection.matches(&pod), selected, "{labels} {fields}");
        }
        assert!(Selection::parse("a b", "").is_err());
        assert!(Selection::parse("", "spec.colour=red").is_err());
    }
}
