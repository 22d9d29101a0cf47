//! Changes one key of the user's file. Comments, order and spacing of everything else stay.

use toml_edit::{Array, Document, DocumentMut, Item, Table, TableLike, Value};

use super::file::parse_own;
use super::keys::{self, KeyValue, Owner};
use crate::model::kube::namespace::Namespace;
use crate::model::port_forward::sets;

/// The text with a key set.
pub(crate) fn set(text: &str, key: &str, value: &str) -> Result<String, String> {
    let path = path_of(key)?;
    let value_type = keys::value_type(Owner::User, &path).ok_or_else(|| keys::unknown(key))?;
    let value = keys::parse_typed(value_type, value)?;
    let mut document = open(text)?;
    let (name, tables) = path.split_last().ok_or_else(|| keys::unknown(key))?;
    let mut table: &mut dyn TableLike = document.as_table_mut();
    for word in tables {
        let mut fresh = Table::new();
        fresh.set_implicit(*word == "namespace");
        let item = table.entry(word).or_insert(Item::Table(fresh));
        table = item.as_table_like_mut().ok_or_else(|| format!("`{word}` is not a table in the file"))?;
    }
    let mut value = to_value(value);
    if let Some(old) = table.get(name).and_then(Item::as_value) {
        *value.decor_mut() = old.decor().clone();
        if let Some(item) = table.get_mut(name) {
            *item = Item::Value(value);
        }
    } else {
        table.insert(name, Item::Value(value));
    }
    finish(text, &document)
}

/// The text without a key. Comments above it stay: only the user knows what they are about. A table that becomes empty is
/// removed, unless it has a comment.
pub(crate) fn unset(text: &str, key: &str) -> Result<String, String> {
    let path = path_of(key)?;
    keys::value_type(Owner::User, &path).ok_or_else(|| keys::unknown(key))?;
    let without = without_lines_of(text, &path);
    let mut document = open(without.as_deref().unwrap_or(text))?;
    if !remove(document.as_table_mut(), &path, without.is_some()) {
        return Ok(text.to_owned());
    }
    finish(text, &document)
}

/// The text without the lines of a key. `None` if it is not there, or shares a line with others.
fn without_lines_of(text: &str, path: &[&str]) -> Option<String> {
    let document = Document::parse(text).ok()?;
    let (name, tables) = path.split_last()?;
    let mut table: &dyn TableLike = document.as_table();
    for word in tables {
        table = table.get(word)?.as_table_like()?;
    }
    let (key, item) = table.get_key_value(name)?;
    let (start, end) = (key.span()?.start, item.span()?.end);
    let line_start = text[..start].rfind('\n').map_or(0, |at| at + 1);
    let line_end = text[end..].find('\n').map_or(text.len(), |at| end + at + 1);
    let after = text[end..line_end].trim_start();
    let is_alone = !text[line_start..start].contains(['{', ',']) && (after.is_empty() || after.starts_with('#'));
    is_alone.then(|| format!("{}{}", &text[..line_start], &text[line_end..]))
}

/// Removes a key, unless `is_gone`, and the tables that it leaves empty.
fn remove(table: &mut dyn TableLike, path: &[&str], is_gone: bool) -> bool {
    let Some((word, rest)) = path.split_first() else { return false };
    if rest.is_empty() {
        return is_gone || table.remove(word).is_some();
    }
    let Some(inner) = table.get_mut(word) else { return is_gone };
    let removed = inner.as_table_like_mut().is_some_and(|inner| remove(inner, rest, is_gone));
    let bare = inner.as_table().is_some_and(|inner| {
        inner.is_empty() && [inner.decor().prefix(), inner.decor().suffix()].iter().all(|text| !has_comment(*text))
    });
    if removed && bare {
        table.remove(word);
    }
    removed
}

fn has_comment(text: Option<&toml_edit::RawString>) -> bool {
    text.and_then(toml_edit::RawString::as_str).is_some_and(|text| text.contains('#'))
}

fn path_of(key: &str) -> Result<Vec<&str>, String> {
    let path: Vec<&str> = key.split('.').collect();
    if let ["namespace", namespace, _] = path[..] {
        Namespace::parse(namespace).map_err(|reason| format!("`{namespace}` {reason}"))?;
    }
    if let ["forwards", name] = path[..] {
        sets::check_name(name).map_err(|reason| format!("`{name}` {reason}"))?;
    }
    Ok(path)
}

/// Parses the text, which must be valid.
fn open(text: &str) -> Result<DocumentMut, String> {
    parse_own(text).map_err(|problem| problem.to_string())?;
    text.parse::<DocumentMut>().map_err(|error| error.message().to_owned())
}

fn to_value(value: KeyValue) -> Value {
    match value {
        KeyValue::Text(text) => text.into(),
        KeyValue::List(list) => Value::Array(list.into_iter().collect::<Array>()),
        KeyValue::Flag(flag) => flag.into(),
    }
}

fn finish(before: &str, document: &DocumentMut) -> Result<String, String> {
    let mut text = document.to_string();
    // toml_edit writes new line ends as `\n`.
    if before.contains("\r\n") {
        text = text.replace("\r\n", "\n").replace('\n', "\r\n");
    }
    parse_own(&text).map_err(|problem| problem.to_string())?;
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = r#"# mine

start_url = "https://corp.awsapps.com/start"   # the portal
regions = [ "eu-west-1",   # first
            "us-east-1" ]

[namespace.idp-dev] # a comment
# the account
account='111122223333'
"#;

    #[test]
    fn a_value_changes_in_its_place() {
        assert_eq!(
            set(FILE, "start_url", "https://x/start"),
            Ok(FILE.replace("https://corp.awsapps.com/start", "https://x/start"))
        );
        let changed = set(FILE, "namespace.idp-dev.account", "444455556666").expect("set");
        assert_eq!(changed, FILE.replace("'111122223333'", "\"444455556666\""));
    }

    #[test]
    fn new_keys_are_put_where_they_belong() {
        assert_eq!(set("", "flow", "device").as_deref(), Ok("flow = \"device\"\n"));
        let regions = "regions = [\"eu-west-1\", \"us-east-1\"]\n";
        assert_eq!(set("", "regions", "eu-west-1,us-east-1").as_deref(), Ok(regions));
        let pinned = "[namespace.idp-dev]\ncluster = \"demo\"\n";
        assert_eq!(set("", "namespace.idp-dev.cluster", "demo").as_deref(), Ok(pinned));
        let production = format!("{pinned}production = true\n");
        assert_eq!(set(pinned, "namespace.idp-dev.production", "true"), Ok(production));
        let pattern = "[patterns]\ncontext = \"{namespace}\"\n";
        assert_eq!(set("", "patterns.context", "{namespace}").as_deref(), Ok(pattern));
        let one = "[patterns]\npermission_set = \"x-{namespace}\"\n";
        assert_eq!(set("", "patterns.permission_set", "x-{namespace}").as_deref(), Ok(one));
        let two = "[patterns]\npermission_set = [\"x-{namespace}\", \"{namespace}-{account_name}\"]\n";
        assert_eq!(
            set(one, "patterns.permission_set", "x-{namespace}, {namespace}-{account_name}").as_deref(),
            Ok(two)
        );
        assert_eq!(set(two, "patterns.permission_set", "x-{namespace}").as_deref(), Ok(one));
        let added = set(FILE, "flow", "browser").expect("set");
        assert_eq!(added, FILE.replace("\n\n[namespace", "\nflow = \"browser\"\n\n[namespace"));
    }

    #[test]
    fn setting_and_unsetting_a_new_key_gives_the_old_bytes() {
        for (key, value) in [("flow", "browser"), ("namespace.x.role", "R"), ("patterns.production", "*-prod")] {
            for text in [FILE.to_owned(), FILE.replace('\n', "\r\n"), String::new()] {
                let there = set(&text, key, value).expect("set");
                assert_eq!(set(&there, key, value).as_deref(), Ok(there.as_str()), "twice is once");
                assert_eq!(unset(&there, key).as_deref(), Ok(text.as_str()), "{key}");
            }
        }
        assert_eq!(unset(FILE, "flow").as_deref(), Ok(FILE), "what is not there is already unset");
    }

    #[test]
    fn comments_above_a_key_that_is_unset_stay() {
        let gone = FILE.replace("start_url = \"https://corp.awsapps.com/start\"   # the portal\n", "");
        assert_eq!(unset(FILE, "start_url"), Ok(gone));
        let gone = FILE.replace("regions = [ \"eu-west-1\",   # first\n            \"us-east-1\" ]\n", "");
        assert_eq!(unset(FILE, "regions"), Ok(gone));
        assert_eq!(unset(FILE, "namespace.idp-dev.account"), Ok(FILE.replace("account='111122223333'\n", "")));
        assert_eq!(unset("# mine\nflow = 'device'", "flow").as_deref(), Ok("# mine\n"));
        let table = "[namespace.a]\n# why\nrole = 'R'\n[patterns]\ncontext = '{namespace}'\n";
        assert_eq!(unset(table, "namespace.a.role").as_deref(), Ok("# why\n[patterns]\ncontext = '{namespace}'\n"));
        let inline = "# mine\nnamespace.a = { role = 'R', account = '111122223333' }\n";
        let gone = "# mine\nnamespace.a = { account = '111122223333' }\n";
        assert_eq!(unset(inline, "namespace.a.role").as_deref(), Ok(gone));
        let dotted = "# mine\nnamespace.a.role = 'R'\nflow = 'device'\n";
        assert_eq!(unset(dotted, "namespace.a.role").as_deref(), Ok("# mine\nflow = 'device'\n"));
    }

    #[test]
    fn a_table_with_a_comment_stays() {
        let text = "# keep\n[namespace.a]\nrole = \"R\"\n";
        assert_eq!(unset(text, "namespace.a.role").as_deref(), Ok("# keep\n[namespace.a]\n"));
        assert_eq!(unset("[namespace.a]\nrole = \"R\"\n", "namespace.a.role").as_deref(), Ok(""));
    }

    #[test]
    fn wrong_keys_and_values_are_explained() {
        for (key, value, reason) in [
            ("region", "eu-west-1", "unknown setting \"region\"; did you mean \"regions\"?"),
            ("starturl", "x", "unknown setting \"starturl\"; did you mean \"start_url\"?"),
            ("namespace.A.role", "R", "`A` has the character 'A'; a namespace has only a-z, 0-9 and '-'"),
            ("regions", "eu-west-1,europe", "`europe` is not an AWS region such as eu-west-1"),
            ("namespace.a.account", "1", "`1` is not an AWS account of 12 digits"),
            ("start_url", "corp", "`corp` is not a start URL such as https://corp.awsapps.com/start"),
            ("patterns.context", "x", "`x` does not contain {namespace}"),
        ] {
            assert_eq!(set("", key, value), Err(reason.to_owned()), "{key}");
        }
        assert!(unset("", "nonsense").is_err());
        let broken = set("flow = device", "flow", "device").expect_err("a broken file is not edited");
        assert!(broken.starts_with("line 1, column 8: "), "{broken}");
    }
}
