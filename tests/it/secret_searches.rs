//! No value of a secret is anywhere but where it was asked to be: not in what is said at any verbosity, not in a file,
//! not in a process list. Every other test's output is searched, too (`support/canaries.rs`).

use std::path::Path;

use crate::support::{World, canaries};

const VERBS: &[&str] = &[
    "secrets list",
    "secrets list --all",
    "secrets list -o json",
    "secrets versions billing/database",
    "secrets describe billing/database -o json",
    "secrets diff billing/database",
    "secrets diff billing/database -o json",
    "secrets get billing/database",
    "secrets get billing/database -o env",
    "secrets get billing/database --field nope",
    "secrets get api-key --field nope",
    "secrets get keystore -o env",
    "secrets get locked",
    "secrets get old-token",
    "secrets get api-key --copy",
    "secrets exec billing/database api-key -- true",
    "secrets exec billing/database -- no-such-program",
    "secrets exec billing/database -- false",
    "secrets exec api-key keystore -- true",
    "secrets exec billing/database billing/database api-key nope -- true",
];

fn files_below(folder: &Path, found: &mut Vec<(String, Vec<u8>)>) {
    for entry in std::fs::read_dir(folder).into_iter().flatten() {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            files_below(&path, found);
        } else {
            found.push((path.display().to_string(), std::fs::read(&path).unwrap_or_default()));
        }
    }
}

/// The files in the home folder that hold a value.
fn leaks(world: &World) -> Vec<String> {
    let canaries = canaries::of(&world.control().secrets());
    assert!(canaries.len() > 10, "{}", canaries.len());
    let mut files = Vec::new();
    files_below(&world.home(), &mut files);
    let holds = |bytes: &[u8]| canaries.iter().any(|canary| String::from_utf8_lossy(bytes).contains(canary));
    files.into_iter().filter(|(_, bytes)| holds(bytes)).map(|(name, _)| name).collect()
}

#[test]
fn no_verb_leaves_a_value_in_what_it_says_or_in_a_file() {
    let mut world = World::signed_in();
    let temporary = world.path("tmp");
    std::fs::create_dir(&temporary).expect("a folder for temporary files");
    world.set("TMPDIR", &temporary.display().to_string());
    for words in VERBS {
        // Whether it ends well or not, `run` searches what it said.
        let (head, tail) = words.split_once(" -- ").unwrap_or((words, ""));
        let tail = if tail.is_empty() { String::new() } else { format!(" -- {tail}") };
        let output = world.run(&format!("{head} -vvv{tail}"));
        assert!(!output.stderr.contains("panicked"), "{}", output.transcript());
    }
    assert_eq!(leaks(&world), Vec::<String>::new());
    world.run("secrets get api-key --out wanted").success();
    assert_eq!(leaks(&world), [world.path("wanted").display().to_string()], "the search finds what is there");
}

#[test]
fn no_process_list_shows_a_value() {
    let world = World::signed_in();
    let script = "cat /proc/$PPID/cmdline /proc/$PPID/environ /proc/$$/cmdline > seen; test \"$password\"";
    world.nsaccess("secrets exec billing/database -- sh -c").arg(script).run().success();
    assert!(world.read("seen").contains("billing/database"), "{}", world.read("seen"));
    assert_eq!(leaks(&world), Vec::<String>::new());
}

#[test]
fn the_search_for_values_finds_one() {
    let world = World::signed_in();
    let output = world.nsaccess("secrets get api-key").run_trusted().success();
    let found = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| world.check_secrets(&output, false)));
    assert!(found.is_err(), "the value is in the output, and the search does not see it");
}
