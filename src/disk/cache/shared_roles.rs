//! What we wrote into the AWS CLI's cache and who gave it, so that a sign-out finds it also where no profile names the
//! role any more. It holds no secrets.

use aws_config_edit::{plain_start_url, same_start_url};
use serde::{Deserialize, Serialize};

use super::{Cache, digest, read, write};
use crate::disk::atomic;
use crate::error::Result;

#[derive(Serialize, Deserialize)]
struct SharedFile {
    /// Of the portal, or `profile NAME`.
    start_url: String,
    file: String,
}

impl Cache {
    /// Notes a file in the AWS CLI's cache.
    pub(crate) fn note_shared_role(&self, file: &str, giver: &str) -> Result<()> {
        let name = digest(&[&plain_start_url(giver), file].join("\n"));
        let path = self.file("shared", &name);
        if path.exists() {
            return Ok(());
        }
        write(&path, &SharedFile { start_url: giver.to_owned(), file: file.to_owned() })
    }

    /// Removes the files that were noted for a portal or a profile, each before its note: one that stays is found again. What
    /// cannot be removed keeps nothing else from being removed.
    ///
    /// # Errors
    /// The first.
    pub(crate) fn forget_shared_roles(&self, giver: &str, remove: impl Fn(&str) -> Result<bool>) -> Result<()> {
        let mut outcome = Ok(());
        for entry in std::fs::read_dir(self.folder.join("shared")).into_iter().flatten().flatten() {
            let Some(shared) = read::<SharedFile>(&entry.path()) else { continue };
            // A name and nothing else: it will be removed in that folder.
            let is_name =
                shared.file.strip_suffix(".json").is_some_and(|name| name.bytes().all(|b| b.is_ascii_hexdigit()));
            if is_name && same_start_url(&shared.start_url, giver) {
                let removed = remove(&shared.file).and_then(|_| atomic::remove(&entry.path()));
                outcome = outcome.and(removed.map(drop));
            }
        }
        outcome
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use super::*;
    use crate::error::Error;
    use crate::host::Host;

    #[test]
    fn the_files_of_a_portal_are_found_once() {
        let home = tempfile::tempdir().expect("a folder");
        let cache = Cache::new(&Host::for_test(home.path(), &[], jiff::Timestamp::UNIX_EPOCH));
        for (file, giver) in [
            ("aa.json", "https://x/start"),
            ("bb.json", "https://y/start"),
            ("aa.json", "https://x/start/#/"),
            ("cc.json", "profile corp"),
        ] {
            cache.note_shared_role(file, giver).expect("noted");
        }
        cache.note_shared_role("../../config.json", "https://x/start").expect("noted");
        let forgotten = |giver| {
            let files = RefCell::new(Vec::new());
            let remove = |file: &str| {
                files.borrow_mut().push(file.to_owned());
                Ok(true)
            };
            cache.forget_shared_roles(giver, remove).expect("removed");
            files.into_inner()
        };
        assert_eq!(forgotten("https://x/start"), ["aa.json"]);
        assert!(forgotten("https://x/start").is_empty());
        assert_eq!((forgotten("https://y/start").len(), forgotten("profile corp").len()), (1, 1));
    }

    #[test]
    fn a_file_that_stays_is_found_again_and_keeps_no_other() {
        let home = tempfile::tempdir().expect("a folder");
        let cache = Cache::new(&Host::for_test(home.path(), &[], jiff::Timestamp::UNIX_EPOCH));
        for file in ["aa.json", "bb.json", "cc.json"] {
            cache.note_shared_role(file, "profile corp").expect("noted");
        }
        let refused = |file: &str| match file {
            "bb.json" => Err(Error::failure("it stays")),
            _ => Ok(true),
        };
        assert_eq!(cache.forget_shared_roles("profile corp", refused).expect_err("one stays").message, "it stays");
        let again = RefCell::new(Vec::new());
        let remove = |file: &str| {
            again.borrow_mut().push(file.to_owned());
            Ok(true)
        };
        cache.forget_shared_roles("profile corp", remove).expect("removed");
        assert_eq!(*again.borrow(), ["bb.json"]);
    }
}
