//! Documents that repeat what the code says: they are compared with it, and where possible written from it.
//! `UPDATE_DOCS=1 cargo test docs::` writes them anew.

use std::collections::BTreeSet;
use std::path::PathBuf;

use nsaccess::inside::Kind;

use crate::support::World;

fn document(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("docs").join(name)
}

fn read(name: &str) -> String {
    std::fs::read_to_string(document(name)).unwrap_or_else(|error| panic!("docs/{name}: {error}"))
}

const HEAD: &str = "# Commands

What `nsaccess help` and `nsaccess VERB --help` print. This page is written by a test
(`UPDATE_DOCS=1 cargo test --test it docs::`), so it is what the binary says.
";

/// The verbs that a help text lists, in its order.
fn verbs(help: &str) -> Vec<String> {
    let listed = help.lines().skip_while(|line| *line != "Commands:").skip(1).take_while(|line| !line.is_empty());
    // A line of two blanks starts an entry; deeper ones go on with its text.
    let entries = listed.filter(|line| line.starts_with("  ") && !line.starts_with("   "));
    let names = entries.filter_map(|line| line.split_whitespace().next());
    names.filter(|name| *name != "help").map(str::to_owned).collect()
}

fn section(world: &World, page: &mut String, words: &str, level: usize) {
    let help = world.run(format!("{words} --help").trim()).success().stdout.clone();
    let title = format!("nsaccess {words}");
    page.push_str(&format!("\n{} `{}`\n\n```text\n{}\n```\n", "#".repeat(level), title.trim(), help.trim_end()));
    for verb in verbs(&help) {
        section(world, page, format!("{words} {verb}").trim(), level + 1);
    }
}

#[test]
fn the_commands_page_is_the_help_of_every_verb() {
    let mut world = World::new();
    world.set("COLUMNS", "100");
    let mut page = HEAD.to_owned();
    section(&world, &mut page, "", 2);
    assert!(page.contains("### `nsaccess login`") && page.contains("#### `nsaccess config set`"), "{page}");
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(document("commands.md"), &page).expect("written");
    }
    assert_eq!(read("commands.md"), page, "UPDATE_DOCS=1 cargo test --test it docs:: writes it anew");
}

#[test]
fn the_readme_shows_every_verb() {
    let readme =
        std::fs::read_to_string(PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("README.md")).expect("README.md");
    let verbs = verbs(&World::new().run("--help").success().stdout);
    assert!(verbs.len() > 15, "{verbs:?}");
    let is_shown = |verb: &String| [" ", "`"].iter().any(|end| readme.contains(&format!("nsaccess {verb}{end}")));
    let missing: Vec<&String> = verbs.iter().filter(|verb| !is_shown(verb)).collect();
    assert!(missing.is_empty(), "README.md does not show {missing:?}");
}

/// One of each class that a page should have. A new class does not compile until somebody has thought about it.
fn documented(kind: Kind) -> bool {
    match kind {
        // Nothing of ours: success, and the status of another program.
        Kind::BrokenPipe | Kind::Child(_) => false,
        Kind::Failure
        | Kind::No
        | Kind::Usage
        | Kind::NotSignedIn
        | Kind::Denied
        | Kind::NotFound
        | Kind::Unreachable
        | Kind::NotJudged
        | Kind::NotRun(_)
        | Kind::Interrupted
        | Kind::Terminated => true,
    }
}

#[test]
fn the_exit_codes_page_has_every_class_and_no_other() {
    let kinds = [
        Kind::BrokenPipe,
        Kind::Child(7),
        Kind::Failure,
        Kind::No,
        Kind::Usage,
        Kind::NotSignedIn,
        Kind::Denied,
        Kind::NotFound,
        Kind::Unreachable,
        Kind::NotJudged,
        Kind::NotRun(126),
        Kind::NotRun(127),
        Kind::Interrupted,
        Kind::Terminated,
    ];
    let kinds = kinds.into_iter().filter(|kind| documented(*kind));
    let mut expected: BTreeSet<_> =
        kinds.map(|kind| (kind.exit_code().to_string(), format!("`{}`", kind.name()))).collect();
    expected.insert(("0".to_owned(), String::new()));
    let text = read("exit-codes.md");
    let mut found = BTreeSet::new();
    for row in text.lines().filter(|line| line.starts_with("| ")) {
        let cells: Vec<&str> = row.split('|').map(str::trim).collect();
        for code in cells[1].split(", ").filter(|code| code.parse::<u8>().is_ok()) {
            found.extend(cells[2].split(", ").map(|name| (code.to_owned(), name.to_owned())));
        }
    }
    assert_eq!(found, expected);
}

#[test]
fn the_files_page_has_every_variable_that_is_read() {
    let source = std::fs::read_to_string(PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("src/env_vars.rs"));
    let source = source.expect("the list of variables");
    let names = source.lines().filter_map(|line| line.strip_prefix("pub(crate) const ")?.split(':').next());
    let names: Vec<&str> = names.collect();
    assert!(names.len() > 30, "{names:?}");
    let text = read("files.md");
    let missing: Vec<&&str> = names.iter().filter(|name| !text.contains(&format!("`{name}`"))).collect();
    assert!(missing.is_empty(), "docs/files.md does not name {missing:?}");
}

/// The pages that people read, with their folders.
fn pages() -> Vec<PathBuf> {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let docs = std::fs::read_dir(root.join("docs")).expect("the documents");
    let docs = docs.map(|entry| entry.expect("an entry").path());
    let mut pages: Vec<PathBuf> = docs.filter(|path| path.extension().is_some_and(|found| found == "md")).collect();
    pages.extend(["README.md", "CONTRIBUTING.md"].map(|page| root.join(page)));
    pages
}

#[test]
fn links_between_the_documents_lead_somewhere() {
    let mut dead = Vec::new();
    for page in pages() {
        let text = std::fs::read_to_string(&page).expect("a page");
        for target in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            let file = target.split('#').next().unwrap_or_default();
            let is_file = !file.is_empty() && !file.contains("://");
            if is_file && !page.parent().expect("a folder").join(file).exists() {
                dead.push(format!("{}: {target}", page.display()));
            }
        }
    }
    assert!(dead.is_empty(), "{}", dead.join("\n"));
}

/// What is written like a path of this repository, from its root or from `src`.
fn is_path(word: &str) -> bool {
    let names_code = word.ends_with(".rs") && !word.contains("NAME");
    let names_folder = word.ends_with('/') && ["src/", "crates/", "tests/"].iter().any(|root| word.starts_with(root));
    let is_plain = word.chars().all(|letter| letter.is_ascii_alphanumeric() || "/_-.".contains(letter));
    is_plain && (names_code || names_folder)
}

#[test]
fn the_files_that_documents_name_are_there() {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let (mut named, mut dead) = (0, Vec::new());
    for page in pages() {
        let text = std::fs::read_to_string(&page).expect("a page");
        for word in text.split('`').skip(1).step_by(2).filter(|word| is_path(word)) {
            named += 1;
            let places = ["", "src", "src/chain", "src/disk", "tests/it", "src/commands"];
            if !places.iter().any(|place| root.join(place).join(word).exists()) {
                dead.push(format!("{}: {word}", page.display()));
            }
        }
    }
    assert!(named > 20, "only {named} were found");
    assert!(dead.is_empty(), "{}", dead.join("\n"));
}
