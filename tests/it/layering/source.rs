//! Source files, and the paths that their code names, made absolute.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

/// A source file: its part of the house, or its crate; its path below `src`, or below `crates`.
pub(super) struct Source {
    pub part: String,
    pub path: String,
    pub text: String,
    module: Vec<String>,
    /// The code without comments and unit tests.
    code: String,
    /// The paths that this code names.
    pub shipped: BTreeSet<String>,
    /// The paths that the unit tests behind it name.
    tested: BTreeSet<String>,
}

/// The files of nsaccess.
pub(super) fn sources() -> &'static [Source] {
    static SOURCES: LazyLock<Vec<Source>> = LazyLock::new(|| sources_below("src"));
    &SOURCES
}

/// The files of the crates that know nothing of nsaccess.
pub(super) fn crate_sources() -> &'static [Source] {
    static SOURCES: LazyLock<Vec<Source>> = LazyLock::new(|| sources_below("crates"));
    &SOURCES
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
        Source::new(path, text)
    };
    files.into_iter().map(source).collect()
}

impl Source {
    fn new(path: String, text: String) -> Source {
        let part = path.split('/').next().unwrap_or_default().replace(".rs", "");
        let module = path.trim_end_matches(".rs").split('/').filter(|name| *name != "mod").map(str::to_owned);
        let module: Vec<String> = std::iter::once("crate".to_owned()).chain(module).collect();
        let code: Vec<&str> = text.lines().filter(|line| !line.trim_start().starts_with("//")).collect();
        let code = code.join("\n");
        let (code, tests) = code.split_once("\nmod tests {").unwrap_or((&code, ""));
        let shipped = names(code, &module);
        let tested = names(tests, &[module.as_slice(), &["tests".to_owned()]].concat());
        Source { part, path, module, code: code.to_owned(), shipped, tested, text }
    }

    /// The paths that the file names, its unit tests included.
    pub(super) fn names(&self) -> impl Iterator<Item = &String> {
        self.shipped.union(&self.tested)
    }

    /// Those of some paths that lead out of the crate. A bare name that the file imports does not.
    pub(super) fn foreign<'a>(&self, paths: &'a BTreeSet<String>) -> impl Iterator<Item = &'a String> + use<'a> {
        let ours: BTreeSet<String> =
            self.names().filter(|path| path.starts_with("crate::")).map(|path| last(path)).collect();
        paths.iter().filter(move |path| path.split("::").next().is_some_and(|root| !ours.contains(root)))
    }

    pub(super) fn lines(&self) -> usize {
        self.text.lines().count()
    }

    pub(super) fn is_test(&self) -> bool {
        self.path.contains("test")
    }

    /// The items that a module hands on, `pub use …;` and `pub type …;`, with the paths in them. A name that the file
    /// imports counts as what it stands for.
    pub(super) fn handed_on(&self) -> Vec<BTreeSet<String>> {
        let code = &self.code;
        let is_item = |line: &str| {
            let line = line.trim_start();
            let line = line.strip_prefix("pub(crate) ").or_else(|| line.strip_prefix("pub "));
            line.is_some_and(|item| item.starts_with("use ") || item.starts_with("type "))
        };
        let starts = code.split_inclusive('\n').scan(0, |at, line| {
            let start = *at;
            *at += line.len();
            Some((start, line))
        });
        let items = starts.filter(|(_, line)| is_item(line)).map(|(start, _)| code[start..].split(';').next());
        let paths = items.flatten().map(|item| {
            let mut found = names(item, &self.module);
            let words: BTreeSet<&str> = item.split(|letter: char| !is_of_a_name(letter)).collect();
            found.extend(self.shipped.iter().filter(|path| words.contains(last(path).as_str())).cloned());
            found
        });
        paths.collect()
    }
}

fn last(path: &str) -> String {
    path.rsplit("::").next().unwrap_or_default().to_owned()
}

fn is_of_a_name(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || letter == '_'
}

/// The paths that the code of a module names, in `use` or anywhere else: those of this crate begin with `crate::`,
/// whether they were written with `crate`, `self`, `super` or the name of a child.
fn names(code: &str, module: &[String]) -> BTreeSet<String> {
    let children = code.lines().filter_map(|line| line.split_once("mod ")?.1.split([';', ' ']).next());
    let children: BTreeSet<&str> = children.collect();
    let mut found = BTreeSet::new();
    let mut rest = code;
    while let Some(end) = rest.find("::") {
        let start = rest[..end].rfind(|letter| !is_of_a_name(letter)).map_or(0, |before| before + 1);
        let root = &rest[start..end];
        rest = &rest[end + 2..];
        let base = match root {
            // `<T as Trait>::name`
            "" => continue,
            "crate" => vec!["crate".to_owned()],
            "self" => module.to_vec(),
            "super" => module[..module.len() - 1].to_vec(),
            _ if children.contains(root) => [module, &[root.to_owned()]].concat(),
            _ => vec![root.to_owned()],
        };
        rest = follow(&base, rest, &mut found);
    }
    found
}

/// Follows a path, and all branches of a braced list. Returns the text behind it.
fn follow<'a>(base: &[String], text: &'a str, found: &mut BTreeSet<String>) -> &'a str {
    let text = text.trim_start();
    if let Some(mut rest) = text.strip_prefix('{') {
        loop {
            rest = rest.trim_start_matches(|letter: char| letter == ',' || letter.is_whitespace());
            match rest.strip_prefix('}') {
                Some(behind) => return behind,
                None if rest.is_empty() => return rest,
                None => {
                    rest = follow(base, rest, found);
                    // An alias, the star of a glob.
                    rest = &rest[rest.find([',', '}']).unwrap_or(rest.len())..];
                }
            }
        }
    }
    let end = text.find(|letter| !is_of_a_name(letter)).unwrap_or(text.len());
    let mut path = base.to_vec();
    match &text[..end] {
        "" | "self" => {}
        "super" => drop(path.pop()),
        name => path.push(name.to_owned()),
    }
    match text[end..].strip_prefix("::") {
        Some(rest) => follow(&path, rest, found),
        None => {
            found.insert(path.join("::"));
            &text[end..]
        }
    }
}

#[test]
fn names_are_found_however_they_are_written() {
    let text = "
        use crate::model::x;
        use crate::{disk::{a, b as c}, net};
        use super::{sibling, deeper::{self, *}};
        use std::{fs, io::Read};
        mod child;
        pub(crate) fn f() { crate::ui::table(); self::child::g(); child::h(); super::super::host() }
        // crate::screen::text()
        #[cfg(test)]
        mod tests {
            use super::f;
            use crate::secret::Secret;
        }";
    // As rustfmt writes it: items begin their lines.
    let text = text.replace("\n        ", "\n");
    let source = Source::new("chain/cluster/api.rs".to_owned(), text);
    let expected = [
        "crate::chain::cluster::api::child::g",
        "crate::chain::cluster::api::child::h",
        "crate::chain::cluster::deeper",
        "crate::chain::cluster::sibling",
        "crate::chain::host",
        "crate::disk::a",
        "crate::disk::b",
        "crate::model::x",
        "crate::net",
        "crate::ui::table",
        "std::fs",
        "std::io::Read",
    ];
    assert_eq!(source.shipped.iter().map(String::as_str).collect::<Vec<_>>(), expected);
    assert_eq!(
        source.tested.iter().map(String::as_str).collect::<Vec<_>>(),
        ["crate::chain::cluster::api::f", "crate::secret::Secret"]
    );
}

#[test]
fn what_is_handed_on_is_found_under_its_alias_too() {
    let text = "use tokio::net::TcpStream;\npub use other::{A,\n    B};\npub(crate) type Connection = TcpStream;\n\
        use x::Private;\ntype Mine = TcpStream;";
    let handed: Vec<_> = Source::new("net/a.rs".to_owned(), text.to_owned()).handed_on();
    let handed: Vec<Vec<String>> = handed.into_iter().map(|paths| paths.into_iter().collect()).collect();
    assert_eq!(handed, [vec!["other::A".to_owned(), "other::B".to_owned()], vec!["tokio::net::TcpStream".to_owned()]]);
}
