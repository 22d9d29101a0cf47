//! The borders of the house, read from its walls: who may name whom, and how long a file may be.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// Whom each part may name, besides itself. The leaves stand below everything.
const MAY_NAME: &[(&str, &[&str])] = &[
    ("main", &["nsaccess"]),
    (
        "lib",
        &[
            "actions", "chain", "cli", "commands", "disk", "env_vars", "error", "host", "model", "net", "process",
            "screen", "secret", "ui",
        ],
    ),
    ("cli", &["commands", "model", "ui"]),
    (
        "commands",
        &[
            "actions", "chain", "cli", "disk", "env_vars", "error", "host", "model", "net", "process", "screen",
            "secret", "ui",
        ],
    ),
    ("actions", &["chain", "disk", "env_vars", "error", "host", "model", "net", "process", "secret", "ui"]),
    ("chain", &["disk", "env_vars", "error", "host", "model", "net", "process", "secret", "ui"]),
    ("disk", &["model", "env_vars", "error", "host", "secret", "ui"]),
    ("net", &["model", "env_vars", "error", "host", "secret", "ui"]),
    ("process", &["model", "env_vars", "error", "host", "secret"]),
    // Of the environment the model knows the names, for messages; the values come in as arguments.
    ("model", &["env_vars", "error", "screen", "secret"]),
    ("ui", &["env_vars", "error", "host", "screen", "secret"]),
    ("host", &["env_vars", "error", "secret"]),
    ("error", &[]),
    ("screen", &[]),
    ("secret", &[]),
    ("env_vars", &[]),
];

/// What only the network's folder may name.
const OF_THE_NETWORK: &[&str] = &[
    "use aws_config::",
    "aws_sdk_",
    "aws_smithy_",
    "aws_credential_types::",
    "kube::",
    "k8s_openapi::",
    "rustls::",
    "hyper::",
    "hyper_util::",
    "tokio::net",
];

/// Crates of the workspace that are as pure as the model.
const PURE_CRATES: &[&str] = &["aws-config-edit", "kubeconfig-edit"];

/// Parts of the standard library, and of others, that pure decisions must not name. Addresses are values; sockets are not.
const NOT_IN_THE_MODEL: &[&str] = &[
    "std::fs",
    "std::env",
    "std::process",
    "std::net::Tcp",
    "std::net::Udp",
    "std::net::ToSocketAddrs",
    "std::thread",
    "std::io",
    "tokio",
    "Timestamp::now",
    "SystemTime",
];

/// What breaks a border or a house number today. An entry that is no longer true fails too, so that the list only
/// becomes shorter.
const DEBTS: &[&str] = &[];

const LONGEST_FILE: usize = 400;

/// How many packages of others Cargo.lock may name, for all systems and the tests together.
const PACKAGES: usize = 321;

/// A source file: its part of the house, or its crate; its path below `src`, or below `crates`; its code without comments.
struct Source {
    part: String,
    path: String,
    lines: usize,
    text: String,
    code: String,
}

fn sources() -> Vec<Source> {
    sources_below("src")
}

/// The crates that know nothing of nsaccess.
fn crate_sources() -> Vec<Source> {
    sources_below("crates")
}

fn sources_below(folder: &str) -> Vec<Source> {
    fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
        for entry in std::fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                collect(&path, files);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                files.push(path);
            }
        }
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let mut files = Vec::new();
    collect(&root, &mut files);
    let source = |file: PathBuf| {
        let text = std::fs::read_to_string(&file).expect("a source file");
        let path = file.strip_prefix(&root).expect("below it").display().to_string().replace('\\', "/");
        let part = path.split('/').next().unwrap_or_default().replace(".rs", "");
        let code = text.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n");
        Source { part, path, lines: text.lines().count(), text, code }
    };
    files.into_iter().map(source).collect()
}

/// The parts that a text names, as `crate::part` or in `crate::{part, …}`.
fn named(code: &str) -> BTreeSet<String> {
    let mut parts = BTreeSet::new();
    for rest in code.split("crate::").skip(1) {
        let list = match rest.strip_prefix('{') {
            Some(list) => top_level(list),
            None => vec![rest],
        };
        for item in list {
            let end = |letter: char| !letter.is_ascii_alphanumeric() && letter != '_';
            let name = item.trim_start().split(end).next().unwrap_or_default();
            parts.insert(name.to_owned());
        }
    }
    parts
}

/// The items of a braced list, up to its closing brace.
fn top_level(list: &str) -> Vec<&str> {
    let (mut depth, mut start, mut items) = (0, 0, Vec::new());
    for (index, letter) in list.char_indices() {
        match letter {
            '{' => depth += 1,
            '}' if depth == 0 => {
                items.push(&list[start..index]);
                break;
            }
            '}' => depth -= 1,
            ',' if depth == 0 => {
                items.push(&list[start..index]);
                start = index + 1;
            }
            _ => {}
        }
    }
    items
}

#[test]
fn names_are_found_however_they_are_written() {
    let code =
        "use crate::model::x;\nuse crate::{disk::{a, b}, net};\nlet x = crate::ui::table();\npub(crate) fn f() {}";
    assert_eq!(named(code).into_iter().collect::<Vec<_>>(), ["disk", "model", "net", "ui"]);
}

#[test]
fn imports_go_one_way() {
    let sources = sources();
    assert!(sources.len() > 60, "only {} files were found", sources.len());
    let mut broken = Vec::new();
    for source in &sources {
        let Some((_, allowed)) = MAY_NAME.iter().find(|(part, _)| *part == source.part) else {
            broken.push(format!("{} is in no known part of the house", source.path));
            continue;
        };
        for name in named(&source.code) {
            let is_part = MAY_NAME.iter().any(|(part, _)| *part == name);
            if is_part && name != source.part && !allowed.contains(&name.as_str()) {
                broken.push(format!("{} names {name}", source.path));
            }
        }
    }
    settle(&broken, |debt| debt.contains(" names ") && !debt.ends_with("tokio::net"));
}

#[test]
fn only_the_network_s_folder_names_the_crates_of_the_network() {
    let mut broken = BTreeSet::new();
    for source in sources().iter().filter(|source| source.part != "net") {
        for name in OF_THE_NETWORK {
            // `crate::net::kube::…` and `nsaccess_hyper::…` are others.
            let starts =
                |at: usize| !source.code[..at].ends_with(|c: char| c.is_ascii_alphanumeric() || "_:".contains(c));
            if source.code.match_indices(name).any(|(at, _)| starts(at)) {
                broken.insert(format!("{} names {name}", source.path));
            }
        }
    }
    settle(&broken.into_iter().collect::<Vec<_>>(), |debt| debt.ends_with("tokio::net"));
}

#[test]
fn the_model_is_pure() {
    let mut broken = Vec::new();
    for source in sources().iter().filter(|source| source.part == "model" && !source.path.contains("test")) {
        broken.extend(impure(source));
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

#[test]
fn the_editors_are_pure() {
    let sources = crate_sources();
    for name in PURE_CRATES {
        assert!(sources.iter().any(|source| source.part == *name), "there is no crate {name}");
    }
    let pure = sources.iter().filter(|source| PURE_CRATES.contains(&source.part.as_str()));
    let broken: Vec<String> = pure.filter(|source| !source.path.contains("test")).flat_map(impure).collect();
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

fn impure(source: &Source) -> Vec<String> {
    let code = source.code.split("#[cfg(test)]\nmod ").next().unwrap_or_default();
    let named = NOT_IN_THE_MODEL.iter().filter(|name| code.contains(**name));
    named.map(|name| format!("{} names {name}", source.path)).collect()
}

#[test]
fn the_crates_know_nothing_of_nsaccess() {
    let named = crate_sources().into_iter().filter(|source| source.text.contains("nsaccess"));
    let named: Vec<String> = named.map(|source| source.path).collect();
    assert!(named.is_empty(), "{named:#?}");
}

#[test]
fn no_file_is_longer_than_a_person_reads_at_once() {
    let long = sources().into_iter().chain(crate_sources()).filter(|source| source.lines > LONGEST_FILE);
    let long: Vec<String> = long.map(|source| format!("{} is too long", source.path)).collect();
    settle(&long, |debt| debt.ends_with("is too long"));
}

#[test]
fn dependencies_do_not_creep_in() {
    let lock = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.lock")).expect("Cargo.lock");
    let packages = lock.lines().filter(|line| line.starts_with("source = ")).count();
    assert!(packages > 200, "{packages} packages: is this still the form of Cargo.lock?");
    assert!(
        packages <= PACKAGES,
        "Cargo.lock names {packages} packages, {PACKAGES} are agreed. `git diff Cargo.lock` shows the new ones. Is there \
         a feature to switch off, or a dependency that does the same already? If they are worth it: raise PACKAGES in \
         tests/it/layering.rs, and say why in the commit."
    );
}

/// Compares what is broken with the debts of this kind.
#[track_caller]
fn settle(broken: &[String], kind: fn(&str) -> bool) {
    let new: Vec<&String> = broken.iter().filter(|found| !DEBTS.contains(&found.as_str())).collect();
    assert!(new.is_empty(), "{new:#?}");
    let paid: Vec<&&str> =
        DEBTS.iter().filter(|debt| kind(debt) && !broken.iter().any(|found| found == **debt)).collect();
    assert!(paid.is_empty(), "no longer true, take it off the list: {paid:#?}");
}

#[test]
fn every_test_file_is_in_the_test_binary() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it");
    let main = std::fs::read_to_string(folder.join("main.rs")).expect("main.rs");
    for entry in std::fs::read_dir(&folder).expect("the folder") {
        let name = entry.expect("an entry").file_name().to_string_lossy().into_owned();
        if let Some(module) = name.strip_suffix(".rs").filter(|module| *module != "main") {
            assert!(main.contains(&format!("mod {module};\n")), "{name} is not in main.rs");
        }
    }
}
