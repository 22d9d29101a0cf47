//! How each finding is told: `tests/it/data/findings/ID.txt` has its words, as a person reads them. Where tests produce a
//! finding in several ways, the file has each of them. `UPDATE_DOCS=1` adds what is new.

use std::path::PathBuf;

use serde_json::Value;

use super::output::filtered;

const BETWEEN: &str = "\n----\n";

/// The file of a finding.
pub(crate) fn file(id: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/it/data/findings").join(format!("{id}.txt"))
}

/// The finding is told in words that its file has.
#[track_caller]
pub(crate) fn check(row: &Value, home: &str) {
    let id = row["id"].as_str().expect("an id");
    if row["check"] == id {
        return;
    }
    let (told, file) = (told(row, home), file(id));
    let known = std::fs::read_to_string(&file).unwrap_or_default();
    if known.split(BETWEEN).any(|way| way.trim_end() == told.trim_end()) {
        return;
    }
    assert!(
        std::env::var_os("UPDATE_DOCS").is_some(),
        "{} does not have this; UPDATE_DOCS=1 adds it, remove what is no longer said:\n{told}",
        file.display()
    );
    let text = if known.is_empty() { told } else { format!("{}{BETWEEN}{told}", known.trim_end()) };
    std::fs::create_dir_all(file.parent().expect("a folder")).expect("its folder");
    std::fs::write(file, text).expect("written");
}

fn told(row: &Value, home: &str) -> String {
    let mut text =
        format!("{}: {}\n", row["result"].as_str().unwrap_or_default(), row["message"].as_str().unwrap_or_default());
    for (name, key) in [("because", "because"), ("try", "try")] {
        let lines = row[key].as_array().into_iter().flatten().filter_map(Value::as_str);
        lines.for_each(|line| match key == "try" && line.starts_with("ask ") {
            true => text.push_str(&format!("  {line}\n")),
            false => text.push_str(&format!("  {name}: {line}\n")),
        });
    }
    filtered(&text, home)
}
