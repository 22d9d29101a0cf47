//! docs/json.md is written from the types that `-o json` prints, and they keep one style.
//! `UPDATE_DOCS=1 cargo test json_docs` writes it anew.

use std::path::PathBuf;

use nsaccess::inside::documents;
use serde_json::Value;

const HEAD: &str = "# What `-o json` prints

`-o yaml` prints the same. Keys are snake_case and always there: what is not known is `null`, and a list can be empty. Times are
RFC 3339 in UTC, to the second. New keys can come; those listed here stay. Objects of AWS and Kubernetes that other programs read
as they are keep their own spelling: the rules of a Role (`apiGroups`), the answers of `nsaccess token` (ExecCredential of
client.authentication.k8s.io/v1) and `nsaccess credentials` (credential_process of the AWS CLI).

This page is written by a test from the types that are printed (`UPDATE_DOCS=1 cargo test --test it json_docs`).
";

/// Keys of Kubernetes' PolicyRule.
const OF_KUBERNETES: [&str; 5] = ["apiGroups", "nonResourceURLs", "resourceNames", "resources", "verbs"];

/// A key of a document: its path, type, and meaning.
struct Key {
    path: String,
    kind: String,
    meaning: String,
}

fn keys(schema: &Value, path: &str, found: &mut Vec<Key>) {
    if let Some(properties) = schema["properties"].as_object() {
        for (name, inner) in properties {
            let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
            let meaning = inner["description"].as_str().unwrap_or_default().replace('\n', " ");
            assert!(!meaning.is_empty(), "{path} has no meaning");
            let meaning = meaning.strip_suffix('.').unwrap_or(&meaning).to_owned();
            found.push(Key { path: path.clone(), kind: kind(inner), meaning });
            keys(inner, &path, found);
        }
    }
    for inner in ["anyOf", "oneOf"].iter().flat_map(|one| schema[*one].as_array().into_iter().flatten()) {
        keys(inner, path, found);
    }
    if schema["items"].is_object() {
        keys(&schema["items"], &format!("{path}[]"), found);
    }
    if schema["additionalProperties"].is_object() {
        keys(&schema["additionalProperties"], &format!("{path}.*"), found);
    }
}

fn kind(schema: &Value) -> String {
    let words = |list: &Value| {
        let names = list.as_array().into_iter().flatten().filter_map(Value::as_str);
        names.map(|name| format!("`{name}`")).collect::<Vec<_>>()
    };
    let of_type = |name: &str| match name {
        "string" if schema["format"] == "date-time" => "time".to_owned(),
        "string" if schema["enum"].is_array() => words(&schema["enum"]).join(", "),
        "string" if schema["const"].is_string() => format!("`{}`", schema["const"].as_str().unwrap_or_default()),
        "array" => format!("list of {}", kind(&schema["items"])),
        name => name.to_owned(),
    };
    match &schema["type"] {
        Value::String(name) => of_type(name),
        Value::Array(names) => names.iter().filter_map(Value::as_str).map(of_type).collect::<Vec<_>>().join(" or "),
        _ => {
            let of = |one: &str| schema[one].as_array().map(|kinds| kinds.iter().map(kind).collect::<Vec<_>>());
            let mut kinds = of("anyOf").or_else(|| of("oneOf")).unwrap_or_else(|| vec!["any".to_owned()]);
            kinds.dedup();
            kinds.join(" or ")
        }
    }
}

fn page() -> String {
    let mut page = HEAD.to_owned();
    for document in documents() {
        let schema = document.schema.as_value();
        page.push_str(&format!("\n## {}\n\n", document.command));
        if let Some(meaning) = schema["description"].as_str() {
            page.push_str(&format!("{}\n\n", meaning.replace('\n', " ")));
        }
        if schema["type"] == "array" {
            page.push_str("A list.\n\n");
        }
        page.push_str("| key | type | meaning |\n| --- | --- | --- |\n");
        let mut found = Vec::new();
        keys(schema, "", &mut found);
        for key in found {
            page.push_str(&format!("| `{}` | {} | {} |\n", key.path, key.kind, key.meaning));
        }
    }
    page
}

#[test]
fn the_json_page_has_every_document() {
    let file = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("docs/json.md");
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(&file, page()).expect("written");
    }
    let written = std::fs::read_to_string(&file).expect("docs/json.md");
    assert_eq!(written, page(), "UPDATE_DOCS=1 cargo test --test it json_docs writes it anew");
}

#[test]
fn documents_keep_one_style() {
    let is_snake = |name: &str| {
        let mut letters = name.chars();
        letters.next().is_some_and(|letter| letter.is_ascii_lowercase())
            && letters.all(|letter| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '_')
    };
    for document in documents() {
        let (schema, mut found) = (document.schema.as_value(), Vec::new());
        keys(schema, "", &mut found);
        assert!(!found.is_empty(), "{} has no keys", document.command);
        for key in found {
            let name = key.path.rsplit('.').next().unwrap_or_default();
            let is_own = !OF_KUBERNETES.contains(&name);
            assert!(!is_own || name == "*" || is_snake(name), "{}: {} is not snake_case", document.command, key.path);
            assert!(!is_own || !key.meaning.is_empty(), "{}: {} says nothing", document.command, key.path);
            assert!(
                !name.ends_with("_at") || key.kind.starts_with("time"),
                "{}: {} is no time",
                document.command,
                key.path
            );
        }
    }
}
