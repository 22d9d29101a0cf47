//! Folders with a browser profile each, for `console --isolated`: one for an access and who signs its person in. What is in
//! them is the browser's; cookies that are signed in are among it.

use std::path::{Path, PathBuf};

use aws_config_edit::plain_start_url;

use crate::disk::cache::digest;
use crate::disk::{folder, permissions};
use crate::error::{Error, Result};
use crate::host::Host;
use crate::model::aws::identity::Identity;
use crate::model::browser::{LOCKS, lock_holder};
use crate::model::kube::access::AccessName;
use crate::model::shell::quote;

/// How often a folder is removed while a browser still writes to it.
const ATTEMPTS: usize = 5;

/// A folder with a profile.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct BrowserProfile {
    pub(crate) access: AccessName,
    path: PathBuf,
}

impl BrowserProfile {
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// The process of the browser that was last open with it, and may have ended without a word.
    pub(crate) fn lock_holder(&self) -> Option<i32> {
        let links = LOCKS.iter().filter_map(|lock| std::fs::read_link(self.path.join(lock)).ok());
        links.filter_map(|link| lock_holder(link.to_str()?)).next()
    }
}

fn all_folder(host: &Host) -> PathBuf {
    host.cache_dir().join("browsers")
}

/// The folder of an access as this identity, which nobody else may read. A Firefox that runs is found by the last part of its
/// profile's path, so that this alone has to tell one from another.
///
/// # Errors
/// When it cannot be created, or is a link.
pub(crate) fn create(host: &Host, access: &AccessName, identity: &Identity) -> Result<PathBuf> {
    let giver = match identity.portal() {
        Some(portal) => of_portal(&portal.start_url),
        None => digest(&format!("profile {}", identity.source_profile().unwrap_or_default())),
    };
    let path = all_folder(host).join(format!("{access}.{giver}"));
    folder::create(&path, 0o700).map_err(|error| Error::file("create", &path, &error))?;
    for path in [&all_folder(host), &path] {
        if !is_folder(path) {
            return Err(Error::failure(format!("{} is not a folder", path.display()))
                .because("it is a link, and may lead anywhere")
                .try_next(format!("rm {}", quote(&path.display().to_string()))));
        }
    }
    permissions::tighten_folder(&path)?;
    Ok(path)
}

/// The end of the names of all folders in which people sign in at this portal.
fn of_portal(start_url: &str) -> String {
    digest(&plain_start_url(start_url))
}

/// All profiles.
pub(crate) fn all(host: &Host) -> Vec<BrowserProfile> {
    profiles(host, |_, _| true)
}

/// Those in which a person signs in at this portal.
pub(crate) fn at_portal(host: &Host, start_url: &str) -> Vec<BrowserProfile> {
    let wanted = of_portal(start_url);
    profiles(host, |_, giver| giver == wanted)
}

/// Those of an access.
pub(crate) fn of_access(host: &Host, access: &AccessName) -> Vec<BrowserProfile> {
    profiles(host, |name, _| name == access)
}

/// The profiles whose access and giver are wanted, in order. Links lead elsewhere, and are none.
fn profiles(host: &Host, is_wanted: impl Fn(&AccessName, &str) -> bool) -> Vec<BrowserProfile> {
    let all = all_folder(host);
    let entries = is_folder(&all).then(|| std::fs::read_dir(all).ok()).flatten().into_iter().flatten().flatten();
    let folders = entries.filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()));
    let mut found: Vec<BrowserProfile> = folders
        .filter_map(|entry| {
            let name = entry.file_name().into_string().ok()?;
            let (access, giver) = name.split_once('.')?;
            let access = AccessName::parse(access).ok().filter(|access| is_wanted(access, giver))?;
            Some(BrowserProfile { access, path: entry.path() })
        })
        .collect();
    found.sort_by(|left, right| left.path.cmp(&right.path));
    found
}

fn is_folder(path: &Path) -> bool {
    std::fs::symlink_metadata(path).is_ok_and(|found| found.is_dir())
}

/// Removes a profile, as far as that is possible. A browser that runs with it may make new files meanwhile. Links are
/// removed, and what they lead to stays.
///
/// # Errors
/// When something is left.
pub(crate) fn remove(profile: &BrowserProfile) -> std::io::Result<()> {
    let mut removed = Ok(());
    for _ in 0..ATTEMPTS {
        removed = std::fs::remove_dir_all(&profile.path);
        if removed.is_ok() || !profile.path.exists() {
            return Ok(());
        }
    }
    removed
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;
    use crate::disk::atomic;
    use crate::model::aws::identity::PermissionSet;
    use crate::model::aws::target::Portal;

    fn at(start_url: &str) -> Identity {
        let portal =
            Portal { session_name: "corp".to_owned(), start_url: start_url.to_owned(), region: "eu-west-1".to_owned() };
        let (account, name) = ("111122223333".to_owned(), "idp-ns-idp-dev".to_owned());
        Identity::PermissionSet(PermissionSet { portal, account, name })
    }

    fn access(name: &str) -> AccessName {
        AccessName::parse(name).expect("a name")
    }

    fn home() -> (tempfile::TempDir, Host) {
        let home = tempfile::tempdir().expect("a folder");
        let host = Host::for_test(home.path(), &[], jiff::Timestamp::UNIX_EPOCH);
        (home, host)
    }

    #[test]
    fn an_access_at_a_portal_has_a_private_folder() {
        let (_home, host) = home();
        let [a, b] = ["https://a.awsapps.com/start", "https://b.awsapps.com/start"];
        let made = |name: &str, identity: &Identity| create(&host, &access(name), identity).expect("made");
        let folder = made("dev", &at(a));
        assert_eq!(std::fs::metadata(&folder).expect("there").permissions().mode() & 0o777, 0o700);
        std::fs::set_permissions(&folder, PermissionsExt::from_mode(0o755)).expect("set");
        assert_eq!(made("dev", &at("https://A.awsapps.com/start/#/")), folder, "the same portal");
        assert_eq!(std::fs::metadata(&folder).expect("there").permissions().mode() & 0o777, 0o700);
        let profiles = ["corp", "other"].map(|name| Identity::Profile(name.to_owned()));
        let others = [made("dev", &at(b)), made("prod", &at(a)), made("dev", &profiles[0]), made("dev", &profiles[1])];
        let folders: std::collections::BTreeSet<_> = others.iter().chain([&folder]).collect();
        assert_eq!(folders.len(), 5);
        let names = |found: Vec<BrowserProfile>| {
            let names: Vec<String> = found.into_iter().map(|profile| profile.access.to_string()).collect();
            names.join(" ")
        };
        assert_eq!(names(at_portal(&host, a)), "dev prod");
        assert_eq!(names(of_access(&host, &access("dev"))), "dev dev dev dev");
        assert_eq!(names(all(&host)), "dev dev dev dev prod");
    }

    #[test]
    fn no_link_leads_out_of_the_folder() {
        let (home, host) = home();
        let outside = home.path().join("outside");
        atomic::write_private(&outside.join("file"), b"mine").expect("a file");
        let identity = at("https://a.awsapps.com/start");
        let folder = create(&host, &access("dev"), &identity).expect("made");
        symlink(&outside, folder.join("link")).expect("a link");
        let profiles = all(&host);
        remove(&profiles[0]).expect("removed");
        assert!(!folder.exists() && outside.join("file").exists());
        remove(&profiles[0]).expect("it is gone");

        symlink(&outside, &folder).expect("a link");
        assert!(all(&host).is_empty());
        create(&host, &access("dev"), &identity).expect_err("a link");
        std::fs::remove_file(&folder).expect("removed");
        std::fs::remove_dir(all_folder(&host)).expect("removed");
        let elsewhere = outside.join("browsers");
        std::fs::create_dir(&elsewhere).expect("a folder");
        std::fs::create_dir(elsewhere.join(folder.file_name().expect("a name"))).expect("a folder");
        symlink(&elsewhere, all_folder(&host)).expect("a link");
        assert!(all(&host).is_empty());
        create(&host, &access("dev"), &identity).expect_err("a link");
    }
}
