//! Reads the fields of a cache file. Each is taken out; those that remain are unknown.

use std::fmt;

use crate::model::rfc3339::Rfc3339;
use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use serde_json::{Map, Value};

/// Fields that we do not know, kept for a rewrite. They may hold another tool's secrets, so `Debug` shows only names.
#[derive(Clone, Default, PartialEq)]
pub struct Unknown(pub(super) Map<String, Value>);

impl fmt::Debug for Unknown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.0.keys()).finish()
    }
}

/// The fields not taken yet.
pub(super) struct Fields(Map<String, Value>);

impl Fields {
    /// Reads an object. Errors never repeat the content, which is secret.
    pub(super) fn read(bytes: &[u8]) -> Result<Self, String> {
        if bytes.iter().all(u8::is_ascii_whitespace) {
            return Err("the file is empty".to_owned());
        }
        match serde_json::from_slice(bytes) {
            Ok(Value::Object(fields)) => Ok(Fields(fields)),
            Ok(_) => Err("the file is not a JSON object".to_owned()),
            Err(error) => Err(format!("the file is not JSON (line {}, column {})", error.line(), error.column())),
        }
    }

    /// Takes a field out: by its exact name, else in any case, as the Rust SDK does. `null` counts as absent. Other
    /// spellings of the name are removed too; kept as unknown fields, they could be mistaken for this one later.
    pub(super) fn take(&mut self, name: &str) -> Option<Value> {
        let mut found = self.0.shift_remove(name);
        while let Some(key) = self.0.keys().find(|key| key.eq_ignore_ascii_case(name)).cloned() {
            let other = self.0.shift_remove(&key);
            found = found.or(other);
        }
        found.filter(|value| !value.is_null())
    }

    pub(super) fn text(&mut self, name: &str) -> Result<Option<String>, String> {
        match self.take(name) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => Err(format!("`{name}` is not a string")),
        }
    }

    pub(super) fn required(&mut self, name: &str) -> Result<String, String> {
        self.text(name)?.filter(|text| !text.is_empty()).ok_or_else(|| format!("`{name}` is missing"))
    }

    pub(super) fn time(&mut self, name: &str) -> Result<Option<Timestamp>, String> {
        let Some(text) = self.text(name)? else { return Ok(None) };
        parse_time(&text).map(Some).ok_or_else(|| format!("`{name}` is not a time"))
    }

    pub(super) fn required_time(&mut self, name: &str) -> Result<Timestamp, String> {
        self.time(name)?.ok_or_else(|| format!("`{name}` is missing"))
    }

    pub(super) fn list(&mut self, name: &str) -> Result<Option<Vec<String>>, String> {
        let wrong = || format!("`{name}` is not a list of strings");
        let Some(value) = self.take(name) else { return Ok(None) };
        let items = value.as_array().ok_or_else(wrong)?;
        items.iter().map(|item| item.as_str().map(str::to_owned).ok_or_else(wrong)).collect::<Result<_, _>>().map(Some)
    }

    pub(super) fn unknown(self) -> Unknown {
        Unknown(self.0)
    }
}

/// `2026-11-22T02:07:47Z`, and the variants of older and other writers: fractions of a second, `UTC` or an offset instead
/// of `Z`, or no zone, which means UTC.
pub(super) fn parse_time(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    let text = text.strip_suffix("UTC").map_or(text, str::trim_end);
    text.parse().ok().or_else(|| text.parse::<DateTime>().ok()?.to_zoned(TimeZone::UTC).ok().map(|at| at.timestamp()))
}

/// In the AWS CLI's format: UTC, whole seconds.
pub(super) fn render_time(time: Timestamp) -> String {
    Rfc3339::from(time).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_in_every_spelling_found_in_the_wild() {
        for text in [
            "2026-11-22T02:07:47Z",
            "2026-11-22T02:07:47.000Z",
            "2026-11-22T02:07:47.9Z",
            "2026-11-22T02:07:47UTC",
            "2026-11-22T02:07:47.000UTC",
            "2026-11-22T02:07:47 UTC",
            "2026-11-22T03:07:47+01:00",
            "2026-11-22 02:07:47",
            " 2026-11-22T02:07:47z\n",
        ] {
            let time = parse_time(text).unwrap_or_else(|| panic!("{text}"));
            assert_eq!(render_time(time), "2026-11-22T02:07:47Z", "{text}");
        }
        for text in ["", "UTC", "soon", "2026-13-01T00:00:00Z", "1790000000", "2026-11-22T25:00:00Z"] {
            assert_eq!(parse_time(text), None, "{text}");
        }
    }

    #[test]
    fn fields_are_found_in_any_case_and_the_exact_name_first() {
        let mut fields =
            Fields::read(br#"{"ACCESSTOKEN": "wrong", "accessToken": "right", "other": 1}"#).expect("JSON");
        assert_eq!(fields.text("accessToken"), Ok(Some("right".to_owned())));
        assert_eq!(fields.text("accessToken"), Ok(None));
        assert_eq!(format!("{:?}", fields.unknown()), r#"["other"]"#);
    }

    #[test]
    fn reasons_name_the_place_and_never_the_content() {
        for (text, reason) in [
            ("", "the file is empty"),
            (" \n", "the file is empty"),
            ("[]", "the file is not a JSON object"),
            ("{\"accessToken\": \"hunter2", "the file is not JSON (line 1, column 24)"),
            ("{}}", "the file is not JSON (line 1, column 3)"),
        ] {
            assert_eq!(Fields::read(text.as_bytes()).err().as_deref(), Some(reason), "{text}");
        }
    }
}
