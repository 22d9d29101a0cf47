//! Every key that a settings file may have, and the shape of its value. Reading, `set` and the hints for mistyped keys
//! all go by this one list.

use super::check::{self, Checked};

/// What kind of value a key has.
#[derive(Clone, Copy)]
pub(super) enum Shape {
    Text(fn(&str) -> Checked),
    List(fn(&str) -> Checked),
    Flag,
}

/// A value that fits its key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Leaf {
    Text(String),
    List(Vec<String>),
    Flag(bool),
}

/// Whose file it is. A project's file comes with a checkout, so it may say less.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Owner {
    User,
    Project,
}

const USER: [&str; 6] = ["start_url", "sso_region", "regions", "flow", "patterns", "namespace"];
const PROJECT: [&str; 8] = ["namespace", "account", "role", "cluster", "region", "start_url", "sso_region", "regions"];
const PATTERNS: [&str; 4] = ["permission_set", "context", "secrets_prefix", "production"];
pub(super) const PINS: [&str; 5] = ["account", "role", "cluster", "region", "production"];

/// The keys that may stand in this table.
pub(super) fn known(owner: Owner, table: &[&str]) -> &'static [&'static str] {
    match (owner, table) {
        (Owner::User, []) => &USER,
        (Owner::Project, []) => &PROJECT,
        (Owner::User, ["patterns"]) => &PATTERNS,
        (_, ["namespace", _]) => &PINS,
        _ => &[],
    }
}

/// Whether these words name a table.
pub(super) fn is_table(owner: Owner, path: &[&str]) -> bool {
    matches!((owner, path), (Owner::User, ["patterns"]) | (_, ["namespace"] | ["namespace", _]))
}

/// The shape of a key's value. `None` for what is no key.
pub(super) fn shape(owner: Owner, path: &[&str]) -> Option<Shape> {
    let (key, table) = path.split_last()?;
    if !known(owner, table).contains(key) {
        return None;
    }
    match (table, *key) {
        ([], "start_url") => Some(Shape::Text(check::start_url)),
        ([], "sso_region") => Some(Shape::Text(check::region)),
        ([], "regions") => Some(Shape::List(check::region)),
        ([], "flow") => Some(Shape::Text(check::flow)),
        ([], "namespace") if owner == Owner::Project => Some(Shape::Text(check::namespace)),
        (["patterns"], "permission_set" | "context") => Some(Shape::Text(check::pattern)),
        (["patterns"], "secrets_prefix") => Some(Shape::Text(check::secrets_prefix)),
        (["patterns"], "production") => Some(Shape::List(check::name_with_stars)),
        (_, "account") => Some(Shape::Text(check::account)),
        (_, "role") => Some(Shape::Text(check::role)),
        (_, "cluster") => Some(Shape::Text(check::cluster)),
        (_, "region") => Some(Shape::Text(check::region)),
        (["namespace", _], "production") => Some(Shape::Flag),
        _ => None,
    }
}

/// A value as a person types it: lists with commas, flags as `true` and `false`.
pub(super) fn typed(shape: Shape, value: &str) -> Result<Leaf, String> {
    let wrong = |word: &str, reason: String| format!("`{word}` {reason}");
    match shape {
        Shape::Text(check) => {
            check(value).map(|()| Leaf::Text(value.to_owned())).map_err(|reason| wrong(value, reason))
        }
        Shape::List(check) => {
            let items: Vec<String> = value.split(',').map(|item| item.trim().to_owned()).collect();
            for item in &items {
                check(item).map_err(|reason| wrong(item, reason))?;
            }
            Ok(Leaf::List(items))
        }
        Shape::Flag => match value {
            "true" => Ok(Leaf::Flag(true)),
            "false" => Ok(Leaf::Flag(false)),
            _ => Err(wrong(value, "is neither `true` nor `false`".to_owned())),
        },
    }
}

/// Every key of the user's file in words, for a message.
pub(super) fn all_keys() -> Vec<String> {
    let plain = USER[..4].iter().map(|key| (*key).to_owned());
    let patterns = PATTERNS.iter().map(|key| format!("patterns.{key}"));
    let pins = PINS.iter().map(|key| format!("namespace.<name>.{key}"));
    plain.chain(patterns).chain(pins).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_known_key_has_a_shape_or_is_a_table() {
        for owner in [Owner::User, Owner::Project] {
            for table in [&[][..], &["patterns"], &["namespace", "a"]] {
                for key in known(owner, table) {
                    let path: Vec<&str> = table.iter().copied().chain([*key]).collect();
                    assert!(shape(owner, &path).is_some() || is_table(owner, &path), "{owner:?} {path:?}");
                }
            }
        }
        for path in
            [&["x"][..], &["patterns", "x"], &["namespace", "a", "x"], &["namespace", "a"], &[], &["a", "b", "c"]]
        {
            assert!(shape(Owner::User, path).is_none(), "{path:?}");
        }
        assert!(
            shape(Owner::Project, &["flow"]).is_none() && shape(Owner::Project, &["patterns", "context"]).is_none()
        );
    }

    #[test]
    fn typed_values() {
        let regions = shape(Owner::User, &["regions"]).expect("a key");
        let list = Leaf::List(vec!["eu-west-1".to_owned(), "us-east-1".to_owned()]);
        assert_eq!(typed(regions, "eu-west-1, us-east-1"), Ok(list));
        assert_eq!(typed(regions, "eu-west-1,"), Err("`` is not an AWS region such as eu-west-1".to_owned()));
        let flag = shape(Owner::User, &["namespace", "a", "production"]).expect("a key");
        assert_eq!(typed(flag, "true"), Ok(Leaf::Flag(true)));
        assert_eq!(typed(flag, "yes"), Err("`yes` is neither `true` nor `false`".to_owned()));
    }

    #[test]
    fn all_keys_are_listed() {
        let keys = all_keys();
        assert_eq!(keys.len(), 13);
        assert_eq!((keys[0].as_str(), keys[12].as_str()), ("start_url", "namespace.<name>.production"));
    }
}
