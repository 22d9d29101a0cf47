//! The borders of the house, read from its walls: who may name whom, and how long a file may be.

use std::collections::BTreeSet;
use std::path::Path;

use source::{Source, crate_sources, sources};

mod source;

/// Whom each part may name, besides itself. The leaves stand below everything.
const MAY_NAME: &[(&str, &[&str])] = &[
    ("main", &["nsaccess"]),
    (
        "lib",
        &[
            "actions", "chain", "cli", "commands", "disk", "env_vars", "error", "fuzzing", "host", "model", "net",
            "process", "screen", "secret", "ui",
        ],
    ),
    // Not part of the program.
    ("fuzzing", &["cli", "model", "net", "secret"]),
    ("cli", &["commands", "error", "ui"]),
    (
        "commands",
        &["actions", "chain", "disk", "env_vars", "error", "host", "model", "process", "screen", "secret", "ui"],
    ),
    ("actions", &["chain", "disk", "env_vars", "error", "host", "model", "net", "process", "secret", "ui"]),
    ("chain", &["disk", "env_vars", "error", "host", "model", "net", "process", "secret", "ui"]),
    ("disk", &["model", "env_vars", "error", "host", "secret", "ui"]),
    ("net", &["model", "env_vars", "error", "host", "secret", "ui"]),
    ("process", &["model", "env_vars", "error", "host", "screen", "secret", "ui"]),
    // Of the environment the model knows the names, for messages; the values come in as arguments.
    ("model", &["env_vars", "error", "screen", "secret"]),
    ("ui", &["env_vars", "error", "host", "screen", "secret"]),
    ("host", &["env_vars", "error", "secret"]),
    ("error", &[]),
    ("screen", &[]),
    ("secret", &[]),
    ("env_vars", &[]),
];

/// The stages of the chain: each may name those before it. What is beside them in `chain/` is shared by all, and names
/// none; `mod.rs` opens the chain and `moved` looks at all of it.
const STAGES: &[&str] = &["access", "target", "session", "profile", "credentials", "cluster", "moved", "administrator"];

/// The columns of `actions/` that the others may name, and what is put together from several: `doctor` examines what the
/// others do, and `candidates` offers what they take.
const SHARED_COLUMNS: &[&str] = &["pods", "reviews"];
const MADE_OF_COLUMNS: &[&str] = &["mod", "candidates", "child_environment", "doctor"];

/// What only the network's folder may name: by the beginning of a path.
const OF_THE_NETWORK: &[&str] = &[
    "aws_config::",
    "aws_credential_types::",
    "aws_sdk_",
    "aws_smithy_",
    "http_body::",
    "hyper::",
    "hyper_timeout::",
    "hyper_util::",
    "k8s_openapi::",
    "kube::",
    "rustls::",
    "rustls_native_certs::",
    "socket2::",
    "std::net::Tcp",
    "std::net::Udp",
    "std::os::unix::net",
    "tokio::net",
    "tokio_rustls::",
    "tower::",
];

/// What only the file floor may name, and those who have to touch files below or beside it.
const OF_FILES: &[&str] = &["std::fs", "tokio::fs", "rustix::fs"];
const TOUCH_FILES: &[(&str, &str)] = &[
    ("host/plain_file.rs", "opens what must not block or lead elsewhere: the file floor stands on it"),
    ("host/interruption.rs", "reads what the kernel says about this process"),
    ("host.rs", "finds our own program"),
    ("process/child.rs", "looks whether a program may be run"),
    ("process/signals.rs", "opens the terminal"),
];

/// Who writes to the streams of the process, or asks whether they are terminals.
const OF_STREAMS: &[&str] = &["std::io::stdout", "std::io::stderr"];
const TOUCH_STREAMS: &[(&str, &str)] = &[
    ("ui.rs", "is the screen"),
    ("ui/", "is the screen"),
    ("host.rs", "asks what they are"),
    ("process/clipboard/mod.rs", "asks the terminal to copy: bytes that are no text"),
];

/// Crates of the workspace that are as pure as the model.
const PURE_CRATES: &[&str] = &["aws-auth-edit", "aws-config-edit", "kubeconfig-edit", "yaml-splice"];

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
    "std::time::SystemTime",
    "std::time::Instant",
    "tokio::",
    "jiff::Timestamp::now",
    "Timestamp::now",
];

/// What breaks a border or a house number today. An entry that is no longer true fails too, so that the list only
/// becomes shorter.
const DEBTS: &[&str] = &[];

const LONGEST_FILE: usize = 400;

/// How many packages of others Cargo.lock may name, for all systems and the tests together.
const PACKAGES: usize = 331;

/// Whether a path is that of a name, or begins like it.
fn is_one_of(path: &str, names: &[&str]) -> Option<String> {
    let found = names.iter().find(|name| path.starts_with(**name))?;
    Some(found.trim_end_matches("::").to_owned())
}

/// What a path names below `crate::FOLDER::`.
fn below<'a>(path: &'a str, folder: &str) -> Option<&'a str> {
    path.strip_prefix("crate::")?.strip_prefix(folder)?.strip_prefix("::")?.split("::").next()
}

/// The stage or column that a file belongs to.
fn room(source: &Source) -> &str {
    let name = source.path.split('/').nth(1).unwrap_or_default();
    name.trim_end_matches(".rs")
}

#[test]
fn imports_go_one_way() {
    let sources = sources();
    assert!(sources.len() > 60, "only {} files were found", sources.len());
    let mut broken = BTreeSet::new();
    for source in sources {
        let Some((_, allowed)) = MAY_NAME.iter().find(|(part, _)| *part == source.part) else {
            broken.insert(format!("{} is in no known part of the house", source.path));
            continue;
        };
        for path in source.names() {
            let name = path.strip_prefix("crate::").and_then(|path| path.split("::").next()).unwrap_or_default();
            let is_part = MAY_NAME.iter().any(|(part, _)| *part == name);
            if is_part && name != source.part && !allowed.contains(&name) {
                broken.insert(format!("{} names {name}", source.path));
            }
        }
    }
    settle(broken, "names");
}

#[test]
fn the_stages_of_the_chain_name_only_earlier_ones() {
    let rank = |name: &str| STAGES.iter().position(|stage| *stage == name);
    let mut broken = BTreeSet::new();
    let chain = sources().iter().filter(|source| source.part == "chain");
    let chain: Vec<&Source> = chain.filter(|source| !["mod", "tests"].contains(&room(source))).collect();
    for stage in STAGES.iter().filter(|stage| **stage != "moved") {
        assert!(chain.iter().any(|source| room(source) == *stage), "there is no stage {stage}");
    }
    for source in chain {
        for stage in source.names().filter_map(|path| below(path, "chain")) {
            // `None` is what is shared, and is less than every stage.
            if rank(stage) > rank(room(source)) {
                broken.insert(format!("{} runs ahead to {stage}", source.path));
            }
        }
    }
    settle(broken, "runs ahead to");
}

#[test]
fn columns_meet_in_pods_and_reviews_only() {
    let mut broken = BTreeSet::new();
    for source in sources().iter().filter(|source| source.part == "actions" && !MADE_OF_COLUMNS.contains(&room(source)))
    {
        for column in source.names().filter_map(|path| below(path, "actions")) {
            if column != room(source) && !SHARED_COLUMNS.contains(&column) {
                broken.insert(format!("{} reaches across to {column}", source.path));
            }
        }
    }
    settle(broken, "reaches across to");
}

#[test]
fn only_the_network_s_folder_names_the_crates_of_the_network() {
    let mut broken = BTreeSet::new();
    for source in sources().iter().filter(|source| source.part != "net") {
        let names = source.foreign(&source.shipped).filter_map(|path| is_one_of(path, OF_THE_NETWORK));
        broken.extend(names.map(|name| format!("{} speaks {name}", source.path)));
    }
    settle(broken, "speaks");
}

#[test]
fn the_network_hands_on_no_type_of_its_crates() {
    let mut broken = BTreeSet::new();
    for source in sources().iter().filter(|source| source.part == "net") {
        for paths in source.handed_on() {
            let names = source.foreign(&paths).filter_map(|path| is_one_of(path, OF_THE_NETWORK));
            broken.extend(names.map(|name| format!("{} hands on {name}", source.path)));
        }
    }
    settle(broken, "hands on");
}

#[test]
fn files_and_streams_are_touched_in_one_place() {
    let mut broken = BTreeSet::new();
    for source in sources().iter().filter(|source| !source.is_test()) {
        let may = |who: &[(&str, &str)]| who.iter().any(|(path, _)| source.path.starts_with(path));
        for path in source.foreign(&source.shipped) {
            let file = is_one_of(path, OF_FILES).filter(|_| source.part != "disk" && !may(TOUCH_FILES));
            let stream = is_one_of(path, OF_STREAMS).filter(|_| !may(TOUCH_STREAMS));
            broken.extend(file.or(stream).map(|name| format!("{} touches {name}", source.path)));
        }
    }
    settle(broken, "touches");
}

#[test]
fn the_model_is_pure() {
    let model = sources().iter().filter(|source| source.part == "model" && !source.is_test());
    let broken: Vec<String> = model.flat_map(impure).collect();
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

#[test]
fn the_editors_are_pure() {
    let sources = crate_sources();
    for name in PURE_CRATES {
        assert!(sources.iter().any(|source| source.part == *name), "there is no crate {name}");
    }
    let pure = sources.iter().filter(|source| PURE_CRATES.contains(&source.part.as_str()));
    let broken: Vec<String> = pure.filter(|source| !source.is_test()).flat_map(impure).collect();
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

fn impure(source: &Source) -> Vec<String> {
    let named = source.foreign(&source.shipped).filter_map(|path| is_one_of(path, NOT_IN_THE_MODEL));
    named.map(|name| format!("{} names {name}", source.path)).collect()
}

#[test]
fn the_crates_know_nothing_of_nsaccess() {
    let named = crate_sources().iter().filter(|source| source.text.contains("nsaccess"));
    let named: Vec<String> = named.map(|source| source.path.clone()).collect();
    assert!(named.is_empty(), "{named:#?}");
}

#[test]
fn no_file_is_longer_than_a_person_reads_at_once() {
    let long = sources().iter().chain(crate_sources()).filter(|source| source.lines() > LONGEST_FILE);
    settle(long.map(|source| format!("{} is too long", source.path)).collect(), "is too long");
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
fn settle(broken: BTreeSet<String>, kind: &str) {
    let debts: BTreeSet<String> =
        DEBTS.iter().filter(|debt| debt.contains(&format!(" {kind}"))).map(|debt| (*debt).to_owned()).collect();
    let new: Vec<&String> = broken.difference(&debts).collect();
    assert!(new.is_empty(), "{new:#?}");
    let paid: Vec<&String> = debts.difference(&broken).collect();
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
