//! `--condition`: only pods whose condition has a certain value.

use std::fmt;

use jiff::Timestamp;

use crate::model::kube::pod::{Condition, Pod};

const VALUES: [&str; 3] = ["true", "false", "unknown"];

/// A condition of a pod, and the value that is wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Wanted {
    condition: String,
    value: &'static str,
}

impl Wanted {
    /// Reads `Ready` or `Ready=false`, in any case.
    ///
    /// # Errors
    /// What is wrong with it.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let (condition, value) = text.split_once('=').unwrap_or((text, "true"));
        let allowed = |c: char| c.is_ascii_alphanumeric() || "-_./".contains(c);
        if condition.is_empty() || !condition.chars().all(allowed) {
            return Err("expected the name of a condition, like Ready or Ready=false".to_owned());
        }
        let value = VALUES.into_iter().find(|known| known.eq_ignore_ascii_case(value));
        let value = value.ok_or_else(|| format!("expected the value {} or {}", VALUES[..2].join(", "), VALUES[2]))?;
        Ok(Wanted { condition: condition.to_owned(), value })
    }

    /// Whether the pod's condition has the value. One that nobody has set is unknown, as Kubernetes means it.
    pub(crate) fn holds(&self, pod: &Pod) -> bool {
        self.value_of(pod).eq_ignore_ascii_case(self.value)
    }

    /// When the pod's condition came to have its value.
    pub(crate) fn since(&self, pod: &Pod) -> Option<Timestamp> {
        self.of(pod)?.last_transition_time
    }

    /// `Ready is false`, for a sentence.
    pub(crate) fn state_of(&self, pod: &Pod) -> String {
        let name = self.of(pod).map_or(self.condition.as_str(), |condition| condition.kind.as_str());
        format!("{name} is {}", self.value_of(pod).to_ascii_lowercase())
    }

    fn value_of<'a>(&self, pod: &'a Pod) -> &'a str {
        self.of(pod).map_or("unknown", |condition| condition.status.as_str())
    }

    fn of<'a>(&self, pod: &'a Pod) -> Option<&'a Condition> {
        pod.status.conditions.iter().find(|condition| condition.kind.eq_ignore_ascii_case(&self.condition))
    }
}

impl fmt::Display for Wanted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}={}", self.condition, self.value)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn names_and_values_are_read_in_any_case() {
        let pod: Pod = serde_json::from_value(json!({"status": {"conditions": [
            {"type": "Ready", "status": "False", "lastTransitionTime": "2026-11-22T10:00:00Z"},
            {"type": "PodScheduled", "status": "True"}]}}))
        .expect("a pod");
        for (text, holds) in [
            ("Ready", false),
            ("Ready=false", true),
            ("READY=False", true),
            ("podscheduled", true),
            ("PodScheduled=TRUE", true),
            ("Ready=unknown", false),
            ("example.com/gate=unknown", true),
            ("example.com/gate", false),
        ] {
            assert_eq!(Wanted::parse(text).expect(text).holds(&pod), holds, "{text}");
        }
        let ready = Wanted::parse("ready").expect("a condition");
        assert_eq!((ready.to_string(), ready.state_of(&pod)), ("ready=true".into(), "Ready is false".into()));
        assert_eq!(ready.since(&pod), "2026-11-22T10:00:00Z".parse().ok());
    }

    #[test]
    fn what_is_no_condition_is_refused() {
        for text in ["", "=true", "Ready=", "Ready=maybe", "a b", "Ready=true=false"] {
            assert!(Wanted::parse(text).is_err(), "{text}");
        }
    }
}
