//! What lies at a path that others or we use, as far as it matters here.

use std::path::{Path, PathBuf};

use crate::model::shell::quote;

/// A path, and what is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) path: PathBuf,
    /// The path for people.
    pub(crate) shown: String,
    /// Whether it is in the home folder.
    pub(crate) is_at_home: bool,
    /// Whether nsaccess writes it: its cache, and the tokens of sessions.
    pub(crate) is_ours: bool,
    pub(crate) expected: Expected,
    pub(crate) found: Found,
}

/// What should be there, if anything is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Expected {
    Folder,
    /// A file of settings, as text.
    Text,
    /// A file with keys or tokens.
    Secret,
}

/// What is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Found {
    Nothing,
    /// A symbolic link, and where it would lead.
    DanglingLink(String),
    Something(Something),
}

/// A file, a folder, or something else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Something {
    pub(crate) kind: Kind,
    /// Whether it belongs to the current user, or the current user is root.
    pub(crate) is_own: bool,
    pub(crate) may_read: bool,
    pub(crate) may_write: bool,
    /// Whether other users can read it.
    pub(crate) is_open: bool,
    /// Whether every user can write to it.
    pub(crate) is_for_all_to_write: bool,
    pub(crate) encoding: Encoding,
}

/// The kind of something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    File,
    Folder,
    /// A named pipe, a socket or a device.
    Other(&'static str),
}

/// How the bytes of a file are to be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Encoding {
    /// UTF-8, or no text that was looked at.
    Utf8,
    /// Windows marks it.
    Utf16,
    /// There is a byte that is none of UTF-8 at this offset.
    Other(usize),
}

impl Place {
    /// What is there, if it is a file or folder as it should be.
    pub(crate) fn as_expected(&self) -> Option<&Something> {
        let Found::Something(something) = &self.found else { return None };
        let wanted = if self.expected == Expected::Folder { Kind::Folder } else { Kind::File };
        (something.kind == wanted).then_some(something)
    }
}

/// Paths as words of a command.
pub(crate) fn quoted<'a>(paths: impl IntoIterator<Item = &'a Path>) -> String {
    let quoted = paths.into_iter().map(|path| quote(&path.to_string_lossy()).into_owned());
    quoted.collect::<Vec<_>>().join(" ")
}

/// Texts as a list for people: the first of them, and how many more there are.
pub(crate) fn listed<'a>(texts: impl IntoIterator<Item = &'a str>) -> String {
    let texts: Vec<&str> = texts.into_iter().collect();
    match texts.len() {
        0..=3 => texts.join(", "),
        count => format!("{} and {} more", texts[..2].join(", "), count - 2),
    }
}

#[cfg(test)]
pub(super) mod samples {
    use super::*;

    /// A private file of the current user.
    pub(crate) const GOOD: Something = Something {
        kind: Kind::File,
        is_own: true,
        may_read: true,
        may_write: true,
        is_open: false,
        is_for_all_to_write: false,
        encoding: Encoding::Utf8,
    };

    pub(crate) fn place(expected: Expected, found: Found) -> Place {
        Place { path: "/home/ada/x".into(), shown: "~/x".to_owned(), is_at_home: true, is_ours: true, expected, found }
    }
}
