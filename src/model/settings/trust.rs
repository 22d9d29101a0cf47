//! The project files that a person trusts, each with the content that it had then.

use serde::{Deserialize, Serialize};

const VERSION: u32 = 1;

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Trusted {
    files: Vec<TrustedFile>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct TrustedFile {
    path: String,
    sha256: String,
}

#[derive(Serialize, Deserialize)]
struct OnDisk {
    version: u32,
    files: Vec<TrustedFile>,
}

impl Trusted {
    /// Parses the store. An invalid one, or one of another version, trusts nothing.
    pub(crate) fn parse(bytes: &[u8]) -> Self {
        let read: Option<OnDisk> = serde_json::from_slice(bytes).ok();
        Trusted { files: read.filter(|store| store.version == VERSION).map(|store| store.files).unwrap_or_default() }
    }

    pub(crate) fn render(&self) -> String {
        let store = OnDisk { version: VERSION, files: self.files.clone() };
        // Cannot fail for strings and a number.
        serde_json::to_string_pretty(&store).unwrap_or_default() + "\n"
    }

    pub(crate) fn contains(&self, path: &str, sha256: &str) -> bool {
        self.files.iter().any(|file| file.path == path && file.sha256 == sha256)
    }

    /// Trusts a file with this content only.
    pub(crate) fn add(&mut self, path: &str, sha256: &str) {
        self.files.retain(|file| file.path != path);
        self.files.push(TrustedFile { path: path.to_owned(), sha256: sha256.to_owned() });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_trusted_with_its_content_only() {
        let mut trusted = Trusted::default();
        trusted.add("/a", "1");
        trusted.add("/b", "2");
        assert!(trusted.contains("/a", "1") && !trusted.contains("/a", "2") && !trusted.contains("/c", "1"));
        trusted.add("/a", "3");
        assert!(trusted.contains("/a", "3") && !trusted.contains("/a", "1") && trusted.contains("/b", "2"));
        assert_eq!(Trusted::parse(trusted.render().as_bytes()), trusted);
    }

    #[test]
    fn an_invalid_store_trusts_nothing() {
        for text in ["", "{", "[]", r#"{"version": 2, "files": [{"path": "/a", "sha256": "1"}]}"#] {
            assert_eq!(Trusted::parse(text.as_bytes()), Trusted::default(), "{text}");
        }
    }
}
