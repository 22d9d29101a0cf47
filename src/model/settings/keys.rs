//! The keys of the settings files and the types of their values, for parsing, for `set`, and for hints about mistyped
//! keys.

use super::check::{self, Checked};
use super::permission_sets;
use crate::model::kube::namespace::nearest;

/// The type of a key's value, with its check.
#[derive(Clone, Copy)]
pub(super) enum ValueType {
    Text(fn(&str) -> Checked),
    List(fn(&str) -> Checked),
    /// One text, or a list that has one.
    OneOrMore(fn(&str) -> Checked),
    Flag,
}

/// A checked value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum KeyValue {
    Text(String),
    List(Vec<String>),
    Flag(bool),
}

/// Whose file it is. A project's file comes with a checkout, so it may set less.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Owner {
    User,
    Project,
}

const USER: [&str; 10] = [
    "start_url",
    "sso_region",
    "regions",
    "flow",
    "request_url",
    "latest_version",
    "upgrade_command",
    "patterns",
    "forwards",
    "namespace",
];
const PROJECT: [&str; 15] = [
    "namespace",
    "account",
    "role",
    "cluster",
    "region",
    "role_arn",
    "source_profile",
    "external_id",
    "mfa_serial",
    "session_name",
    "duration",
    "start_url",
    "sso_region",
    "regions",
    "forwards",
];
const PATTERNS: [&str; 4] = ["permission_set", "context", "secrets_prefix", "production"];
const PINS: [&str; 14] = [
    "namespace",
    "account",
    "role",
    "cluster",
    "region",
    "start_url",
    "sso_region",
    "role_arn",
    "source_profile",
    "external_id",
    "mfa_serial",
    "session_name",
    "duration",
    "production",
];

/// The keys of a table.
pub(super) fn known(owner: Owner, table: &[&str]) -> &'static [&'static str] {
    match (owner, table) {
        (Owner::User, []) => &USER,
        (Owner::Project, []) => &PROJECT,
        (Owner::User, ["patterns"]) => &PATTERNS,
        (_, ["namespace", _]) => &PINS,
        _ => &[],
    }
}

/// Whether a path is a table's.
pub(super) fn is_table(owner: Owner, path: &[&str]) -> bool {
    matches!((owner, path), (Owner::User, ["patterns"]) | (_, ["forwards"] | ["namespace"] | ["namespace", _]))
}

/// The type of a key's value. `None` for an unknown key.
pub(super) fn value_type(owner: Owner, path: &[&str]) -> Option<ValueType> {
    let (key, table) = path.split_last()?;
    if table == ["forwards"] {
        return Some(ValueType::OneOrMore(check::forward));
    }
    if !known(owner, table).contains(key) {
        return None;
    }
    match (table, *key) {
        ([], "regions") => Some(ValueType::List(check::region)),
        ([], "request_url") => Some(ValueType::Text(check::request_url)),
        ([], "latest_version") => Some(ValueType::Text(check::version)),
        ([], "upgrade_command") => Some(ValueType::Text(check::command)),
        ([], "flow") => Some(ValueType::Text(check::flow)),
        (["patterns"], "permission_set") => Some(ValueType::OneOrMore(permission_sets::check)),
        (["patterns"], "context") => Some(ValueType::Text(check::pattern)),
        (["patterns"], "secrets_prefix") => Some(ValueType::Text(check::secrets_prefix)),
        (["patterns"], "production") => Some(ValueType::List(check::name_with_stars)),
        (["namespace", _], "production") => Some(ValueType::Flag),
        ([], "namespace") if owner == Owner::User => None,
        _ => pin_check(key).map(ValueType::Text),
    }
}

/// The check of a pin that is a text, or of what is called the same.
pub(super) fn pin_check(key: &str) -> Option<fn(&str) -> Checked> {
    Some(match key {
        "namespace" => check::namespace,
        "account" => check::account,
        "role" => check::role,
        "cluster" => check::cluster,
        "region" | "sso_region" => check::region,
        "start_url" => check::start_url,
        "role_arn" => check::role_arn,
        "source_profile" => check::profile,
        "external_id" => check::external_id,
        "mfa_serial" => check::mfa_serial,
        "session_name" => check::session_name,
        "duration" => check::duration,
        _ => return None,
    })
}

/// Parses a value as people type it: lists with commas, flags as `true` and `false`.
pub(super) fn parse_typed(value_type: ValueType, value: &str) -> Result<KeyValue, String> {
    let wrong = |word: &str, reason: String| format!("`{word}` {reason}");
    match value_type {
        ValueType::Text(check) => {
            check(value).map(|()| KeyValue::Text(value.to_owned())).map_err(|reason| wrong(value, reason))
        }
        ValueType::OneOrMore(check) if !value.contains(',') => parse_typed(ValueType::Text(check), value),
        ValueType::List(check) | ValueType::OneOrMore(check) => {
            let items: Vec<String> = value.split(',').map(|item| item.trim().to_owned()).collect();
            for item in &items {
                check(item).map_err(|reason| wrong(item, reason))?;
            }
            Ok(KeyValue::List(items))
        }
        ValueType::Flag => match value {
            "true" => Ok(KeyValue::Flag(true)),
            "false" => Ok(KeyValue::Flag(false)),
            _ => Err(wrong(value, "is neither `true` nor `false`".to_owned())),
        },
    }
}

/// Whether the user's file can have this key.
pub(super) fn check_key(key: &str) -> Result<(), String> {
    let path: Vec<&str> = key.split('.').collect();
    value_type(Owner::User, &path).map(drop).ok_or_else(|| unknown(key))
}

/// The message for an unknown key.
pub(super) fn unknown(key: &str) -> String {
    let keys = all_keys();
    let near = nearest(key, keys.iter().map(String::as_str)).first().map(|near| (*near).to_owned());
    format!("unknown setting {key:?}; did you mean {:?}?", near.unwrap_or_default())
}

/// Every key of the user's file, with the pins of these namespaces.
pub(crate) fn user_keys<'a>(namespaces: impl IntoIterator<Item = &'a str>) -> Vec<String> {
    let top = USER.iter().filter(|key| !is_table(Owner::User, &[*key])).map(|key| (*key).to_owned());
    let patterns = PATTERNS.iter().map(|key| format!("patterns.{key}"));
    let pins = namespaces.into_iter().flat_map(|name| PINS.iter().map(move |pin| format!("namespace.{name}.{pin}")));
    top.chain(patterns).chain(pins).collect()
}

/// Every key of the user's file, for messages.
pub(super) fn all_keys() -> Vec<String> {
    user_keys(["<name>"]).into_iter().chain(["forwards.<name>".to_owned()]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_known_key_has_a_type_or_is_a_table() {
        for owner in [Owner::User, Owner::Project] {
            for table in [&[][..], &["patterns"], &["namespace", "a"]] {
                for key in known(owner, table) {
                    let path: Vec<&str> = table.iter().copied().chain([*key]).collect();
                    assert!(value_type(owner, &path).is_some() || is_table(owner, &path), "{owner:?} {path:?}");
                }
            }
        }
        for path in
            [&["x"][..], &["patterns", "x"], &["namespace", "a", "x"], &["namespace", "a"], &[], &["a", "b", "c"]]
        {
            assert!(value_type(Owner::User, path).is_none(), "{path:?}");
        }
        assert!(
            value_type(Owner::Project, &["flow"]).is_none()
                && value_type(Owner::Project, &["patterns", "context"]).is_none()
        );
    }

    #[test]
    fn typed_values() {
        let regions = value_type(Owner::User, &["regions"]).expect("a key");
        let list = KeyValue::List(vec!["eu-west-1".to_owned(), "us-east-1".to_owned()]);
        assert_eq!(parse_typed(regions, "eu-west-1, us-east-1"), Ok(list));
        assert_eq!(parse_typed(regions, "eu-west-1,"), Err("`` is not an AWS region such as eu-west-1".to_owned()));
        let flag = value_type(Owner::User, &["namespace", "a", "production"]).expect("a key");
        assert_eq!(parse_typed(flag, "true"), Ok(KeyValue::Flag(true)));
        assert_eq!(parse_typed(flag, "yes"), Err("`yes` is neither `true` nor `false`".to_owned()));
    }

    #[test]
    fn the_pins_are_those_of_a_table() {
        let texts = super::super::pins::TEXTS;
        assert_eq!(PINS, [&texts[..], &["production"]].concat()[..]);
    }

    #[test]
    fn every_setting_is_on_its_page() {
        let page = include_str!("../../../docs/settings.md");
        let shown: Vec<&str> = page.lines().filter_map(|line| Some(line.split_once('=')?.0.trim())).collect();
        assert!(page.contains("\n[forwards]"), "forward sets have names of their own");
        for key in all_keys().into_iter().filter(|key| key != "forwards.<name>") {
            let name = key.rsplit('.').next().unwrap_or_default();
            assert!(shown.contains(&name), "docs/settings.md does not show {key}");
        }
    }

    #[test]
    fn all_keys_are_listed() {
        let keys = all_keys();
        assert_eq!(keys.len(), 26);
        assert_eq!((keys[0].as_str(), keys[24].as_str()), ("start_url", "namespace.<name>.production"));
        assert_eq!(keys[25], "forwards.<name>");
    }
}
