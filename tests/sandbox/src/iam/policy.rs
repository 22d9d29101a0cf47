//! Policy documents: principals, actions, resources and conditions. What is not supported does not match.

use serde_json::Value;

/// The result of evaluating a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Some statement allows it and none denies it.
    Allowed,
    /// No statement matches.
    Silent,
    /// A statement denies it.
    Denied,
}

/// The request that a document is evaluated for.
#[derive(Debug, Default)]
pub(crate) struct Question<'words> {
    pub(crate) action: &'words str,
    /// The resource; None if the document belongs to the resource, as a trust policy does.
    pub(crate) resource: Option<&'words str>,
    /// The caller, as a trust policy may name them: `("AWS", "arn:…")`, `("Federated", "arn:…")`.
    pub(crate) principals: &'words [(&'static str, String)],
    /// The condition keys that are set. Their names are case-insensitive.
    pub(crate) context: &'words [(String, String)],
}

/// Evaluates a document. An explicit denial wins.
pub(crate) fn judge(document: &Value, question: &Question) -> Verdict {
    let mut verdict = Verdict::Silent;
    for statement in list(&document["Statement"]) {
        if !covers(statement, question) {
            continue;
        }
        match statement["Effect"].as_str() {
            Some("Deny") => return Verdict::Denied,
            Some("Allow") => verdict = Verdict::Allowed,
            _ => {}
        }
    }
    verdict
}

fn covers(statement: &Value, question: &Question) -> bool {
    let action = question.action.to_ascii_lowercase();
    texts(&statement["Action"]).any(|pattern| matches(&pattern.to_ascii_lowercase(), &action))
        && question.resource.is_none_or(|it| texts(&statement["Resource"]).any(|pattern| matches(pattern, it)))
        && (question.principals.is_empty() || names(&statement["Principal"], question.principals))
        && holds(&statement["Condition"], question.context)
}

fn names(principal: &Value, asking: &[(&'static str, String)]) -> bool {
    if principal == "*" {
        return true;
    }
    // IAM allows no patterns here, except `*` alone.
    asking
        .iter()
        .any(|(kind, arn)| texts(&principal[*kind]).any(|named| named == arn || (named == "*" && *kind == "AWS")))
}

fn holds(conditions: &Value, context: &[(String, String)]) -> bool {
    conditions.as_object().into_iter().flatten().all(|(operator, keys)| {
        keys.as_object().into_iter().flatten().all(|(key, wanted)| {
            let given =
                context.iter().find(|(name, _)| name.eq_ignore_ascii_case(key)).map(|(_, value)| value.as_str());
            holds_for(operator, given, wanted)
        })
    })
}

fn holds_for(operator: &str, given: Option<&str>, wanted: &Value) -> bool {
    let (operator, or_absent) = match operator.strip_suffix("IfExists") {
        Some(operator) => (operator, true),
        None => (operator, false),
    };
    if operator == "Null" {
        return words(wanted).any(|absent| (absent == "true") == given.is_none());
    }
    let negated = operator.contains("Not");
    // A negated operator matches a missing key.
    let Some(given) = given else { return or_absent || negated };
    let compare: fn(&str, &str) -> bool = match operator {
        "StringEquals" | "StringNotEquals" => |pattern, text| pattern == text,
        "StringEqualsIgnoreCase" => |pattern, text| pattern.eq_ignore_ascii_case(text),
        "StringLike" | "StringNotLike" => matches,
        "Bool" => |pattern, text| pattern.eq_ignore_ascii_case(text),
        "NumericEquals" | "NumericNotEquals" => |limit, text| number(text, limit, |text, limit| text == limit),
        "NumericLessThan" => |limit, text| number(text, limit, |text, limit| text < limit),
        "NumericLessThanEquals" => |limit, text| number(text, limit, |text, limit| text <= limit),
        "NumericGreaterThan" => |limit, text| number(text, limit, |text, limit| text > limit),
        "NumericGreaterThanEquals" => |limit, text| number(text, limit, |text, limit| text >= limit),
        "ArnEquals" | "ArnLike" | "ArnNotEquals" | "ArnNotLike" => matches_arn,
        _ => return false,
    };
    words(wanted).any(|pattern| compare(&pattern, given)) != negated
}

/// Compares whole numbers. What is none does not match.
fn number(text: &str, limit: &str, compare: fn(i64, i64) -> bool) -> bool {
    text.parse().is_ok_and(|text| limit.parse().is_ok_and(|limit| compare(text, limit)))
}

/// The values of a condition. People write `true` and `3600` without quotes too.
fn words(wanted: &Value) -> impl Iterator<Item = String> {
    list(wanted).iter().filter_map(|value| match value {
        Value::String(text) => Some(text.clone()),
        Value::Bool(_) | Value::Number(_) => Some(value.to_string()),
        _ => None,
    })
}

/// `*` for any text, `?` for any one character.
pub(crate) fn matches(pattern: &str, text: &str) -> bool {
    let (pattern, text): (Vec<char>, Vec<char>) = (pattern.chars().collect(), text.chars().collect());
    let (mut at, mut position, mut star) = (0, 0, None);
    while position < text.len() {
        if at < pattern.len() && pattern[at] == '*' {
            star = Some((at, position));
            at += 1;
        } else if at < pattern.len() && (pattern[at] == '?' || pattern[at] == text[position]) {
            at += 1;
            position += 1;
        } else if let Some((star_at, taken)) = star {
            at = star_at + 1;
            position = taken + 1;
            star = Some((star_at, position));
        } else {
            return false;
        }
    }
    pattern[at..].iter().all(|&left| left == '*')
}

/// The six parts of an ARN, each by itself.
fn matches_arn(pattern: &str, arn: &str) -> bool {
    let (patterns, parts): (Vec<&str>, Vec<&str>) = (pattern.splitn(6, ':').collect(), arn.splitn(6, ':').collect());
    patterns.len() == parts.len() && patterns.iter().zip(&parts).all(|(pattern, part)| matches(pattern, part))
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice)
}

fn texts(value: &Value) -> impl Iterator<Item = &str> {
    list(value).iter().filter_map(Value::as_str)
}

#[cfg(test)]
#[path = "policy_tests.rs"]
mod tests;
