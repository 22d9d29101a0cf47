//! Kubeconfigs written in many ways, before and after an edit: `data/<name>.{before,after}.yaml`.

use std::collections::BTreeMap;
use std::path::Path;

use kubeconfig_edit::{Editor, Entry, Exec, Parts, parse};

const EDITOR: Editor<'_> = Editor::new("example");

fn entry() -> Entry {
    Entry {
        name: "idp-ns-dev".to_owned(),
        server: "https://K.eks.amazonaws.com".to_owned(),
        certificate_authority_data: "Q0E=".to_owned(),
        namespace: "dev".to_owned(),
        exec: Exec {
            command: "example".to_owned(),
            args: ["token", "-n", "dev"].map(str::to_owned).to_vec(),
            install_hint: String::new(),
        },
    }
}

/// Name, text before, text after.
fn pairs() -> Vec<(String, String, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data");
    let mut texts = BTreeMap::new();
    for file in std::fs::read_dir(folder).expect("the folder is there") {
        let path = file.expect("a file").path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        texts.insert(name, std::fs::read_to_string(&path).expect("text"));
    }
    let before = texts.iter().filter_map(|(name, text)| Some((name.strip_suffix(".before.yaml")?, text)));
    before.map(|(name, text)| (name.to_owned(), text.clone(), texts[&format!("{name}.after.yaml")].clone())).collect()
}

fn check(name: &str, before: &str, after: &str) {
    let applied = EDITOR.apply(before, &entry(), Parts::ALL).unwrap_or_else(|error| panic!("{name}: {error}"));
    assert_eq!(applied, after, "{name}: apply");
    assert_eq!(EDITOR.apply(after, &entry(), Parts::ALL).as_deref(), Ok(after), "{name}: apply again");
    assert_eq!(EDITOR.remove(after, "idp-ns-dev", Parts::ALL).as_deref(), Ok(before), "{name}: remove");
    assert_eq!(EDITOR.remove(before, "idp-ns-dev", Parts::ALL).as_deref(), Ok(before), "{name}: nothing to remove");
    let config = parse(after).unwrap_or_else(|error| panic!("{name}: {error}"));
    assert_eq!(
        config.cluster("idp-ns-dev").map(|cluster| cluster.server.as_str()),
        Some("https://K.eks.amazonaws.com")
    );
}

#[test]
fn every_style_is_kept() {
    let pairs = pairs();
    assert!(pairs.len() >= 40, "only {} pairs were found", pairs.len());
    for (name, before, after) in &pairs {
        check(name, before, after);
    }
}

#[test]
fn line_ends_and_byte_order_marks_are_kept() {
    for (name, before, after) in pairs() {
        if before.contains('\n') {
            check(&format!("{name} with CRLF"), &before.replace('\n', "\r\n"), &after.replace('\n', "\r\n"));
            check(&format!("{name} with CR"), &before.replace('\n', "\r"), &after.replace('\n', "\r"));
        }
        check(&format!("{name} with a byte order mark"), &format!("\u{feff}{before}"), &format!("\u{feff}{after}"));
    }
}

#[test]
fn a_missing_last_line_end_stays_missing() {
    for (name, before, after) in pairs() {
        if let (Some(before), Some(after)) = (before.strip_suffix('\n'), after.strip_suffix('\n'))
            && !before.is_empty()
            && !before.ends_with('\n')
            && name != "block-scalars"
        {
            check(&format!("{name} without its last line end"), before, after);
        }
    }
}

#[test]
fn a_block_of_text_that_ends_the_file_unfinished_is_not_finished_by_us() {
    let text = "users:\n- name: a\n  user:\n    token: |\n      abc";
    let error = EDITOR.apply(text, &entry(), Parts::ALL).expect_err("a line end would become a part of the token");
    assert_eq!((error.line, error.column), (Some(5), Some(10)));
}
