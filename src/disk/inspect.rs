//! What lies at a path, and whose it is, for `doctor`. Nothing is opened that could block.

use std::fs::Metadata;
use std::path::{Path, PathBuf};

use crate::disk::{aws_config, aws_credentials, settings, sso_cache};
use crate::host::Host;
use crate::host::plain_file::{self, LARGEST_TEXT};
use crate::model::doctor::machine::place::{Encoding, Expected, Found, Kind, Place, Something};

/// The folders and files that we and the tools beside us use. `kubeconfigs`: the files in use.
pub(crate) fn places(host: &Host, kubeconfigs: &[PathBuf]) -> Vec<Place> {
    let home = |name: &str| host.home.join(name);
    let mut wanted = vec![
        (home(".aws"), Expected::Folder),
        (aws_config::path(host), Expected::Text),
        (aws_credentials::path(host), Expected::Secret),
        (home(".aws/sso"), Expected::Folder),
        (sso_cache::folder(host), Expected::Folder),
        (home(".kube"), Expected::Folder),
    ];
    wanted.extend(kubeconfigs.iter().map(|path| (path.clone(), Expected::Text)));
    wanted.push((host.config_dir(), Expected::Folder));
    wanted.push((settings::user_path(host), Expected::Text));
    wanted.push((host.cache_dir(), Expected::Folder));
    let secrets = [sso_cache::folder(host), host.cache_dir().join("v1/credentials"), host.cache_dir().join("v1/roles")];
    wanted.extend(secrets.iter().flat_map(|folder| files_in(folder)).map(|path| (path, Expected::Secret)));
    let mut seen = std::collections::BTreeSet::new();
    wanted.retain(|(path, _)| seen.insert(path.clone()));
    let config = aws_config::read(host).unwrap_or_default();
    let tokens: Vec<PathBuf> =
        config.sso_sessions().filter_map(|section| Some(sso_cache::token_path(host, section.name()?))).collect();
    wanted.into_iter().map(|(path, expected)| place(host, path, expected, &tokens)).collect()
}

/// Whether something is at a path that can be read as a file, an empty device among them.
pub(crate) fn exists(path: &Path) -> bool {
    std::fs::metadata(path).is_ok()
}

/// The JSON files in a folder.
fn files_in(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    entries.filter(|path| path.extension().is_some_and(|end| end == "json")).collect()
}

fn place(host: &Host, path: PathBuf, expected: Expected, tokens: &[PathBuf]) -> Place {
    let found = found(host, &path, expected);
    let is_at_home = path.starts_with(&host.home);
    let is_ours = is_at_home && (path.starts_with(host.cache_dir()) || tokens.contains(&path));
    Place { shown: host.shorten_home(&path), is_at_home, is_ours, path, expected, found }
}

fn found(host: &Host, path: &Path, expected: Expected) -> Found {
    let Ok(found) = std::fs::metadata(path) else {
        return match std::fs::read_link(path) {
            Ok(target) => Found::DanglingLink(target.display().to_string()),
            Err(_) => Found::Nothing,
        };
    };
    let kind = kind(&found);
    let (may_read, may_write) = access(path, kind);
    let encoding = match (kind, expected) {
        (Kind::File, Expected::Text) => encoding(path),
        _ => Encoding::Utf8,
    };
    let is_open = is_open(host, path, &found);
    let is_for_all_to_write = is_for_all_to_write(host, path, &found);
    let is_own = is_own(&found);
    Found::Something(Something { kind, is_own, may_read, may_write, is_open, is_for_all_to_write, encoding })
}

fn encoding(path: &Path) -> Encoding {
    let Ok(Some(bytes)) = plain_file::read(path, LARGEST_TEXT) else { return Encoding::Utf8 };
    match std::str::from_utf8(&bytes) {
        Ok(_) => Encoding::Utf8,
        Err(_) if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) => Encoding::Utf16,
        Err(error) => Encoding::Other(error.valid_up_to()),
    }
}

/// The kind of what is there; the null device is an empty file.
fn kind(found: &Metadata) -> Kind {
    if found.is_dir() {
        return Kind::Folder;
    }
    match plain_file::kind_of_special_file(found).filter(|_| !plain_file::is_null_device(found)) {
        Some(other) => Kind::Other(other),
        None => Kind::File,
    }
}

#[cfg(unix)]
fn access(path: &Path, kind: Kind) -> (bool, bool) {
    use rustix::fs::{Access, access};
    let enter = if kind == Kind::Folder { Access::EXEC_OK } else { Access::empty() };
    (access(path, Access::READ_OK | enter).is_ok(), access(path, Access::WRITE_OK).is_ok())
}

#[cfg(not(unix))]
fn access(path: &Path, _: Kind) -> (bool, bool) {
    (true, std::fs::metadata(path).is_ok_and(|found| !found.permissions().readonly()))
}

#[cfg(unix)]
fn is_own(found: &Metadata) -> bool {
    use std::os::unix::fs::MetadataExt;
    let own = rustix::process::geteuid();
    own.is_root() || found.uid() == own.as_raw()
}

#[cfg(not(unix))]
fn is_own(_: &Metadata) -> bool {
    true
}

/// Whether it is a plain file whose mode lets others read it, and no folder between the home folder and it keeps them out.
#[cfg(unix)]
fn is_open(host: &Host, path: &Path, found: &Metadata) -> bool {
    use std::os::unix::fs::PermissionsExt;
    let is_plain = std::fs::symlink_metadata(path).is_ok_and(|found| found.is_file());
    is_plain && found.permissions().mode() & 0o044 != 0 && is_reached(host, path, 0o011)
}

/// Whether the mode of a file or folder lets every user change it, and they get there. In a sticky folder (`/tmp`), what is
/// there stays whose it is. The group is not looked at: on many systems it is the user's own.
#[cfg(unix)]
fn is_for_all_to_write(host: &Host, path: &Path, found: &Metadata) -> bool {
    use std::os::unix::fs::PermissionsExt;
    let mode = found.permissions().mode();
    let is_looked_at = (found.is_file() || (found.is_dir() && mode & 0o1000 == 0)) && path.starts_with(&host.home);
    is_looked_at && mode & 0o002 != 0 && is_reached(host, path, 0o001)
}

/// Whether the folders between the home folder and a path let those in whom the bits of the mode mean.
#[cfg(unix)]
fn is_reached(host: &Host, path: &Path, bits: u32) -> bool {
    use std::os::unix::fs::PermissionsExt;
    let mode = |folder: &Path| std::fs::metadata(folder).map_or(0, |found| found.permissions().mode());
    let mut folders = path.ancestors().skip(1).take_while(|folder| folder.starts_with(&host.home));
    folders.all(|folder| mode(folder) & bits != 0)
}

#[cfg(not(unix))]
fn is_open(_: &Host, _: &Path, _: &Metadata) -> bool {
    false
}

#[cfg(not(unix))]
fn is_for_all_to_write(_: &Host, _: &Path, _: &Metadata) -> bool {
    false
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    #[expect(clippy::disallowed_methods, reason = "a test's own files")]
    fn places_are_seen_as_they_are() {
        let folder = tempfile::tempdir().expect("a folder");
        let host = Host::for_test(folder.path(), &[], jiff::Timestamp::UNIX_EPOCH);
        let at = |name: &str| folder.path().join(name);
        std::fs::create_dir_all(at(".aws/sso/cache")).expect("folders");
        std::fs::write(at(".aws/config"), b"\xff\xfe[\0").expect("written");
        std::fs::write(at(".aws/sso/cache/x.json"), "{}").expect("written");
        std::os::unix::fs::symlink("/nowhere/kube", at("kube")).expect("linked");
        let mode = |name: &str, mode| {
            std::fs::set_permissions(at(name), PermissionsExt::from_mode(mode)).expect("the mode is set");
        };
        for name in ["", ".aws", ".aws/sso", ".aws/sso/cache"] {
            mode(name, 0o755);
        }
        mode(".aws/sso/cache/x.json", 0o644);
        let seen = |name: &str| {
            let places = places(&host, &[at("kube"), "/dev/null".into()]);
            places.into_iter().find(|place| place.path == at(name)).expect("a place").found
        };
        let something = |name: &str| match seen(name) {
            Found::Something(something) => something,
            other => panic!("{name}: {other:?}"),
        };
        assert_eq!(seen("kube"), Found::DanglingLink("/nowhere/kube".to_owned()));
        assert_eq!(seen(".kube"), Found::Nothing);
        assert_eq!(something(".aws").kind, Kind::Folder);
        assert_eq!(something(".aws/config").encoding, Encoding::Utf16);
        assert_eq!(something("/dev/null").kind, Kind::File);
        assert!(something(".aws/sso/cache/x.json").is_open);
        assert!(!something("/dev/null").is_open, "it holds nothing");
        let is_ours = |name: &str| places(&host, &[]).into_iter().any(|place| place.path == at(name) && place.is_ours);
        std::fs::write(at(".aws/config"), "[sso-session corp]\nsso_region = eu-west-1\n").expect("written");
        let token = sso_cache::token_path(&host, "corp");
        std::fs::write(&token, "{}").expect("written");
        assert!(is_ours(&token.display().to_string()));
        assert!(!is_ours(".aws/sso/cache/x.json"), "another program wrote it");
        std::os::unix::fs::symlink(at(".aws/sso/cache/x.json"), at(".aws/sso/cache/link.json")).expect("linked");
        assert!(!something(".aws/sso/cache/link.json").is_open, "the mode of a link is not looked at");
        assert!(!something(".aws/config").is_for_all_to_write && !something(".aws").is_for_all_to_write);
        mode(".aws/config", 0o666);
        mode(".aws/sso", 0o777);
        mode(".aws/sso/cache", 0o1777);
        assert!(something(".aws/config").is_for_all_to_write && something(".aws/sso").is_for_all_to_write);
        assert!(!something(".aws/sso/cache").is_for_all_to_write, "nobody can replace another's file in it");
        mode(".aws", 0o700);
        assert!(!something(".aws/sso/cache/x.json").is_open, "nobody else gets into the folder above");
        assert!(!something(".aws/config").is_for_all_to_write && !something(".aws/sso").is_for_all_to_write);
    }
}
