//! What we wrote into the AWS CLI's cache and for which portal, so that a sign-out finds it also where no profile names the
//! role any more. It holds no secrets.

use aws_config_edit::{plain_start_url, same_start_url};
use serde::{Deserialize, Serialize};

use super::{Cache, digest, read, write};
use crate::disk::atomic;
use crate::error::Result;

#[derive(Serialize, Deserialize)]
struct SharedFile {
    start_url: String,
    file: String,
}

impl Cache {
    /// Notes a file in the AWS CLI's cache.
    pub(crate) fn note_shared_role(&self, file: &str, start_url: &str) -> Result<()> {
        let name = digest(&[&plain_start_url(start_url), file].join("\n"));
        let path = self.file("shared", &name);
        if path.exists() {
            return Ok(());
        }
        write(&path, &SharedFile { start_url: start_url.to_owned(), file: file.to_owned() })
    }

    /// Forgets the notes about a portal, and returns the files.
    pub(crate) fn take_shared_roles(&self, start_url: &str) -> Result<Vec<String>> {
        let mut files = Vec::new();
        for entry in std::fs::read_dir(self.folder.join("shared")).into_iter().flatten().flatten() {
            let Some(shared) = read::<SharedFile>(&entry.path()) else { continue };
            // A name and nothing else: it will be removed in that folder.
            let is_name =
                shared.file.strip_suffix(".json").is_some_and(|name| name.bytes().all(|b| b.is_ascii_hexdigit()));
            if is_name && same_start_url(&shared.start_url, start_url) {
                atomic::remove(&entry.path())?;
                files.push(shared.file);
            }
        }
        Ok(files)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::Host;

    #[test]
    fn the_files_of_a_portal_are_found_once() {
        let home = tempfile::tempdir().expect("a folder");
        let cache = Cache::new(&Host::for_test(home.path(), &[], jiff::Timestamp::UNIX_EPOCH));
        for (file, portal) in
            [("aa.json", "https://x/start"), ("bb.json", "https://y/start"), ("aa.json", "https://x/start/#/")]
        {
            cache.note_shared_role(file, portal).expect("noted");
        }
        cache.note_shared_role("../../config.json", "https://x/start").expect("noted");
        assert_eq!(cache.take_shared_roles("https://x/start").expect("read"), ["aa.json"]);
        assert!(cache.take_shared_roles("https://x/start").expect("read").is_empty());
        assert_eq!(cache.take_shared_roles("https://y/start").expect("read"), ["bb.json"]);
    }
}
