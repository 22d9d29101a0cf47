//! What the documents lead to is there: links, with their anchors, and files of this repository.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// The pages that people read, with their folders.
fn pages() -> Vec<PathBuf> {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let docs = std::fs::read_dir(root.join("docs")).expect("the documents");
    let docs = docs.map(|entry| entry.expect("an entry").path());
    let mut pages: Vec<PathBuf> = docs.filter(|path| path.extension().is_some_and(|found| found == "md")).collect();
    pages.extend(["README.md", "CONTRIBUTING.md"].map(|page| root.join(page)));
    pages
}

fn read(page: &Path) -> String {
    std::fs::read_to_string(page).unwrap_or_else(|error| panic!("{}: {error}", page.display()))
}

/// The anchors of a page: its own, and those that GitHub makes of headings.
fn anchors(text: &str) -> BTreeSet<String> {
    let own = text.split("<a id=\"").skip(1).filter_map(|rest| rest.split('"').next().map(str::to_owned));
    let headings = text.lines().filter(|line| line.starts_with('#')).map(|line| {
        let plain = line.trim_start_matches('#').trim().to_lowercase();
        let kept = plain.chars().filter(|letter| letter.is_alphanumeric() || " -_".contains(*letter));
        kept.map(|letter| if letter == ' ' { '-' } else { letter }).collect()
    });
    own.chain(headings).collect()
}

#[test]
fn links_between_the_documents_lead_somewhere() {
    let (mut dead, mut to_places) = (Vec::new(), 0);
    for page in pages() {
        let text = read(&page);
        for target in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            let (file, anchor) = target.split_once('#').unwrap_or((target, ""));
            if file.contains("://") {
                continue;
            }
            let to = if file.is_empty() { page.clone() } else { page.parent().expect("a folder").join(file) };
            to_places += usize::from(!anchor.is_empty());
            let leads = to.exists() && (anchor.is_empty() || anchors(&read(&to)).contains(anchor));
            if !leads {
                dead.push(format!("{}: {target}", page.display()));
            }
        }
    }
    assert!(to_places > 30, "only {to_places} links have an anchor");
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
        let text = read(&page);
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
