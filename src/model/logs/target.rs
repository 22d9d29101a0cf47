//! The targets of `logs`, and requests to the log subresource.

use jiff::Timestamp;
use regex::bytes::Regex;

use crate::model::kube::workload::{Kind, Workload, object_name};

/// The kinds that have logs.
pub(crate) const KINDS: [Kind; 7] =
    [Kind::Pod, Kind::Deployment, Kind::StatefulSet, Kind::DaemonSet, Kind::ReplicaSet, Kind::Job, Kind::Service];

/// Of these, no name of a pod has one but the dot.
const PATTERN_SIGNS: &str = r"^$.*+?()[]{}|\";

/// What is typed after `logs`.
#[derive(Debug, Clone)]
pub(crate) enum LogTarget {
    Workload(Workload),
    /// The pods with a match in their names, as in stern.
    Matching(Regex),
}

impl LogTarget {
    /// What was named, unless it is an expression.
    pub(crate) fn workload(&self) -> Option<&Workload> {
        match self {
            LogTarget::Workload(workload) => Some(workload),
            LogTarget::Matching(_) => None,
        }
    }

    /// Parses a workload or, if it cannot be a pod's name, a regular expression.
    ///
    /// # Errors
    /// Why it is neither.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let is_pattern =
            !text.contains('/') && text.contains(|c| PATTERN_SIGNS.contains(c)) && object_name(text).is_err();
        match is_pattern {
            true => pattern(text).map(LogTarget::Matching),
            false => Workload::parse(text, &KINDS).map(LogTarget::Workload),
        }
    }
}

/// A regular expression.
///
/// # Errors
/// What is wrong with it.
pub(crate) fn pattern(text: &str) -> Result<Regex, String> {
    Regex::new(text).map_err(|error| {
        let why = error.to_string();
        why.lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned()
    })
}

/// A request to the log subresource. Timestamps are always requested.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct LogRequest {
    pub(crate) pod: String,
    /// Not needed if there is only one.
    pub(crate) container: Option<String>,
    pub(crate) follow: bool,
    /// The container's previous run.
    pub(crate) previous: bool,
    /// Only the last so many seconds, by the node's clock.
    pub(crate) since_seconds: Option<i64>,
    /// Only from here on.
    pub(crate) since_time: Option<Timestamp>,
    /// Only the last so many lines.
    pub(crate) tail_lines: Option<u64>,
}

impl LogRequest {
    pub(crate) fn query(&self) -> Vec<(&'static str, String)> {
        let mut query = vec![("timestamps", "true".to_owned())];
        query.extend(self.container.clone().map(|name| ("container", name)));
        for (key, on) in [("follow", self.follow), ("previous", self.previous)] {
            if on {
                query.push((key, "true".to_owned()));
            }
        }
        // The server refuses 0.
        query.extend(self.since_seconds.map(|seconds| ("sinceSeconds", seconds.max(1).to_string())));
        query.extend(self.since_time.map(|time| ("sinceTime", format!("{time:.0}"))));
        query.extend(self.tail_lines.map(|lines| ("tailLines", lines.to_string())));
        query
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_name_of_a_pod_is_a_regular_expression() {
        for text in ["web-.*", "^web", "web-[01]", "web-.", "(api|web)", "."] {
            assert!(matches!(LogTarget::parse(text), Ok(LogTarget::Matching(_))), "{text}");
        }
        for text in ["web-0", "web.0", "deploy/web", "pod/web-0"] {
            assert!(matches!(LogTarget::parse(text), Ok(LogTarget::Workload(_))), "{text}");
        }
        for (text, why) in
            [("web-(", "unclosed group"), ("deploy/web-.*", "web-.*"), ("Web", "a-z"), ("../x", "expected")]
        {
            assert!(LogTarget::parse(text).is_err_and(|error| error.contains(why)), "{text}");
        }
    }

    #[test]
    fn requests_always_want_timestamps_and_never_zero_seconds() {
        let request = LogRequest { since_seconds: Some(0), follow: true, ..LogRequest::default() };
        let query: Vec<String> = request.query().iter().map(|(key, value)| format!("{key}={value}")).collect();
        assert_eq!(query, ["timestamps=true", "follow=true", "sinceSeconds=1"]);
        let since = "2026-11-22T00:00:00.987Z".parse().expect("a time");
        let request = LogRequest { since_time: Some(since), ..LogRequest::default() };
        assert_eq!(request.query()[1].1, "2026-11-22T00:00:00Z");
    }
}
