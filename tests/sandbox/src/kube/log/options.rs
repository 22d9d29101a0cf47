//! `PodLogOptions`, read and validated as the API server does it.

use jiff::Timestamp;
use serde_json::json;

use crate::kube::status;
use crate::logs::Wanted;
use crate::message::{Reply, Request};

/// What is asked of a log.
#[derive(Debug, Default)]
pub(super) struct Options {
    pub(super) container: String,
    pub(super) previous: bool,
    follow: bool,
    timestamps: bool,
    since_seconds: Option<i64>,
    since_time: Option<Timestamp>,
    tail_lines: Option<i64>,
    limit_bytes: Option<i64>,
}

impl Options {
    pub(super) fn of(request: &Request, pod: &str) -> Result<Options, Reply> {
        let flag = |name: &str| {
            request.parameter(name).is_some_and(|text| !["false", "0"].contains(&text.to_ascii_lowercase().as_str()))
        };
        let number = |name: &str| {
            let parsed = request.parameter(name).map(|text| (text.parse::<i64>(), text));
            parsed.map(|(number, text)| number.map_err(|_| unreadable_number(&text))).transpose()
        };
        let since_time = request.parameter("sinceTime").map(|text| time(&text)).transpose();
        let options = Options {
            container: request.parameter("container").unwrap_or_default(),
            previous: flag("previous"),
            follow: flag("follow"),
            timestamps: flag("timestamps"),
            since_seconds: number("sinceSeconds")?,
            since_time: since_time?,
            tail_lines: number("tailLines")?,
            limit_bytes: number("limitBytes")?,
        };
        match options.invalid() {
            Some((field, why)) => Err(invalid(pod, field, &why)),
            None => Ok(options),
        }
    }

    fn invalid(&self) -> Option<(&'static str, String)> {
        let too_small = |field, value: Option<i64>, least: i64, words: &str| {
            let value = value.filter(|value| *value < least)?;
            Some((field, format!("Invalid value: {value}: must be greater than {words}")))
        };
        let both = self.since_seconds.is_some() && self.since_time.is_some();
        too_small("tailLines", self.tail_lines, 0, "or equal to 0")
            .or_else(|| too_small("limitBytes", self.limit_bytes, 1, "0"))
            .or_else(|| {
                both.then(|| {
                    ("", "Forbidden: at most one of `sinceTime` or `sinceSeconds` may be specified".to_owned())
                })
            })
            .or_else(|| too_small("sinceSeconds", self.since_seconds, 1, "0"))
    }

    /// The same as the kubelet gets it: times in whole seconds.
    pub(super) fn wanted(&self, now: i64) -> Wanted {
        let since = self.since_seconds.and_then(|seconds| Timestamp::from_millisecond(now - seconds * 1000).ok());
        let count = |number: Option<i64>| number.and_then(|number| usize::try_from(number).ok());
        Wanted {
            follow: self.follow,
            timestamps: self.timestamps,
            since: since.or(self.since_time),
            tail: count(self.tail_lines),
            limit: count(self.limit_bytes),
        }
    }
}

/// A `metav1.Time`: what it has of a fraction is lost on the way to the kubelet.
fn time(text: &str) -> Result<Timestamp, Reply> {
    let parsed = text.parse::<Timestamp>().ok();
    let whole = parsed.and_then(|time| Timestamp::from_second(time.as_millisecond().div_euclid(1000)).ok());
    whole.ok_or_else(|| {
        let layout = "2006-01-02T15:04:05Z07:00";
        status::bad_request(&format!("parsing time \"{text}\" as \"{layout}\": cannot parse \"{text}\" as \"2006\""))
    })
}

fn unreadable_number(text: &str) -> Reply {
    status::bad_request(&format!("strconv.ParseInt: parsing \"{text}\": invalid syntax"))
}

fn invalid(pod: &str, field: &str, why: &str) -> Reply {
    let shown = if field.is_empty() { "[]" } else { field };
    let message = format!("PodLogOptions \"{pod}\" is invalid: {shown}: {why}");
    let reason = if why.starts_with("Forbidden") { "FieldValueForbidden" } else { "FieldValueInvalid" };
    let details = json!({"name": pod, "kind": "PodLogOptions",
        "causes": [{"reason": reason, "message": why, "field": field}]});
    status::reply(422, "Invalid", &message, &details)
}
