//! All files below a folder, to see that a command left them as they were.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Path, mode and content of every file; links by where they lead. Locks of our own are left out: they are empty files
/// that mean nothing by being there.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Files(pub BTreeMap<PathBuf, (u32, Vec<u8>)>);

impl Files {
    /// The files below a folder.
    pub(crate) fn below(folder: &Path) -> Files {
        let mut files = BTreeMap::new();
        collect(folder, folder, &mut files);
        Files(files)
    }

    /// Their paths, for a message.
    pub(crate) fn names(&self) -> Vec<String> {
        self.0.keys().map(|path| path.display().to_string()).collect()
    }
}

fn collect(root: &Path, folder: &Path, files: &mut BTreeMap<PathBuf, (u32, Vec<u8>)>) {
    use std::os::unix::fs::MetadataExt;
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for entry in entries.map(|entry| entry.expect("a folder can be read")) {
        let path = entry.path();
        let metadata = std::fs::symlink_metadata(&path).expect("what is listed is there");
        if metadata.is_dir() {
            collect(root, &path, files);
        } else if !path.parent().is_some_and(|parent| parent.ends_with("nsaccess/locks")) {
            let content = match std::fs::read_link(&path) {
                Ok(target) => target.into_os_string().into_encoded_bytes(),
                Err(_) => std::fs::read(&path).unwrap_or_default(),
            };
            let name = path.strip_prefix(root).expect("below the root").to_owned();
            files.insert(name, (metadata.mode() & 0o7777, content));
        }
    }
}
