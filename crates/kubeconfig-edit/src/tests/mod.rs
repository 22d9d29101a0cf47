//! How an edit must look, and what it must never do.

mod exec;
mod generator;
mod properties;
mod refusals;
mod updates;

use super::{Editor, Entry, Error, Exec, Parts};

const EDITOR: Editor<'_> = Editor::new("example");

pub(super) fn apply(text: &str, entry: &Entry, parts: Parts) -> Result<String, Error> {
    EDITOR.apply(text, entry, parts)
}

pub(super) fn remove(text: &str, name: &str, parts: Parts) -> Result<String, Error> {
    EDITOR.remove(text, name, parts)
}

pub(super) fn set_current_context(text: &str, name: &str) -> Result<String, Error> {
    EDITOR.set_current_context(text, name)
}

/// A small entry, so that the expected texts stay readable.
pub(super) fn entry() -> Entry {
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
