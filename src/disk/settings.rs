//! The settings files: the user's `config.toml`, the organisation's, a project's `nsaccess.toml`, and the list of trusted
//! project files.

mod files;
pub(crate) mod organisation;

use std::cell::Cell;
use std::path::{Path, PathBuf};

use aws_config_edit::AwsConfig;
pub(crate) use files::{SettingsFiles, project_path};
use sha2::{Digest, Sha256};

use crate::disk::atomic::{self, NewMode};
use crate::disk::lock::Lock;
use crate::error::{Error, Kind, MissingAccess, Result};
use crate::host::Host;
use crate::model::settings::{self, Flags, ProjectFile, Settings, Trusted, Warning};
use crate::model::shell::quote;

pub(crate) fn user_path(host: &Host) -> PathBuf {
    host.config_dir().join("config.toml")
}

fn trusted_path(host: &Host) -> PathBuf {
    host.config_dir().join("trusted.json")
}

fn is_own(host: &Host, file: &Path) -> Result<bool> {
    host.owns(file).map_err(|error| Error::file("find the owner of", file, &error))
}

/// All settings, with warnings about the files.
pub(crate) fn load(host: &Host, flags: &Flags, aws: &AwsConfig) -> Result<(Settings, Vec<Warning>)> {
    let files = SettingsFiles::read(host)?;
    Ok((files.ask(host, flags, aws, |sources| sources.resolve())?, files.warnings))
}

/// All settings without those of a project file.
pub(crate) fn load_without_project(host: &Host, flags: &Flags, aws: &AwsConfig) -> Result<(Settings, Vec<Warning>)> {
    let files = SettingsFiles::without_project(host)?;
    Ok((files.ask(host, flags, aws, |sources| sources.resolve())?, files.warnings))
}

/// Adds where to ask for access to an error about access that is missing, if the user's file or that of the organisation
/// says it.
pub(crate) fn with_request(host: &Host, error: Error) -> Error {
    let request = error.missing_access.as_ref().and_then(|missing| request(host, missing));
    request.into_iter().fold(error, Error::try_next)
}

/// What a person is told to do about access that is missing.
pub(crate) fn request(host: &Host, missing: &MissingAccess) -> Option<String> {
    // A file that cannot be read has an error of its own; this one is about something else.
    let files = SettingsFiles::without_project(host).ok()?;
    let [user, organisation] = [&files.user, &files.organisation].map(|file| file.as_ref()?.1.request_url.as_ref());
    Some(user.or(organisation)?.instruction(missing))
}

/// Sets keys in the user's file, all or none. Returns its path.
pub(crate) fn set(host: &Host, values: &[(&str, &str)]) -> Result<PathBuf> {
    let keys: Vec<&str> = values.iter().map(|(key, _)| *key).collect();
    edit(host, &format!("cannot set {}", keys.join(" and ")), |text| {
        values.iter().try_fold(text.to_owned(), |text, (key, value)| settings::set(&text, key, value))
    })
}

/// Removes a key from the user's file. Returns its path, and whether the key was in it.
pub(crate) fn unset(host: &Host, key: &str) -> Result<(PathBuf, bool)> {
    let was_set = Cell::new(false);
    let path = edit(host, &format!("cannot unset {key}"), |text| {
        let after = settings::unset(text, key)?;
        was_set.set(after != text);
        Ok(after)
    })?;
    Ok((path, was_set.get()))
}

fn edit(host: &Host, failure: &str, change: impl Fn(&str) -> Result<String, String>) -> Result<PathBuf> {
    let path = user_path(host);
    let _lock = Lock::for_edit(host, "settings", &path)?;
    let snapshot = atomic::read(&path)?;
    let before = snapshot.text()?.unwrap_or_default();
    let after = change(&before).map_err(|reason| {
        Error::usage(format!("{failure} in {}", host.shorten_home(&path))).because(reason).try_next("nsaccess config")
    })?;
    if after != before {
        snapshot.replace(after.as_bytes(), NewMode::Private)?;
    }
    Ok(path)
}

/// Trusts a project file with its present content, and returns that.
pub(crate) fn trust(host: &Host, path: &Path) -> Result<ProjectFile> {
    if path.is_file() && !is_own(host, path)? {
        return Err(foreign_error(host, path));
    }
    let Some(text) = atomic::read_text(path)? else {
        return Err(Error::usage(format!("file {} not found", host.shorten_home(path))));
    };
    let (file, _) = files::parsed(host, path, settings::parse_project(&text))?;
    let _lock = Lock::for_edit(host, "settings", &trusted_path(host))?;
    let snapshot = atomic::read(&trusted_path(host))?;
    let mut trusted = Trusted::parse(snapshot.bytes.as_deref().unwrap_or_default());
    trusted.add(&canonical(path)?, &sha256(text.as_bytes()));
    snapshot.replace(trusted.render().as_bytes(), NewMode::Private)?;
    Ok(file)
}

/// The error for a file that somebody else can change at any time.
pub(crate) fn foreign_error(host: &Host, path: &Path) -> Error {
    Error::new(Kind::Denied, format!("{} cannot be trusted", host.shorten_home(path)))
        .because("it belongs to neither you nor root, and such files are never read")
        .try_next(format!("ls -l {}", quote(&path.to_string_lossy())))
}

/// The path without symbolic links: the file itself is trusted, not a link to it.
fn canonical(path: &Path) -> Result<String> {
    let canonical = std::fs::canonicalize(path).map_err(|error| Error::file("find", path, &error))?;
    Ok(canonical.to_string_lossy().into_owned())
}

fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::files::PROJECT_FILE;
    use super::*;
    use crate::model::settings::Origin;

    fn host(env: &[(&str, &str)]) -> (tempfile::TempDir, Host) {
        let home = tempfile::tempdir().expect("a folder");
        let host = Host::for_test(home.path(), env, jiff::Timestamp::UNIX_EPOCH);
        (home, host)
    }

    fn put(path: &Path, text: &str) {
        atomic::write_private(path, text.as_bytes()).expect("written");
    }

    fn loaded(host: &Host) -> (Settings, Vec<Warning>) {
        load(host, &Flags::default(), &AwsConfig::default()).unwrap_or_else(|error| panic!("{error}"))
    }

    #[test]
    fn without_any_file_there_are_the_defaults_and_the_environment() {
        let (_home, host) = host(&[("NSACCESS_FLOW", "browser"), ("NSACCESS_REGION", "")]);
        let (settings, warnings) = loaded(&host);
        assert_eq!((settings.flow.origin, warnings.len()), (Origin::Environment("NSACCESS_FLOW"), 0));
        assert_eq!(settings.start_url, None);
    }

    #[test]
    fn set_and_unset_edit_the_users_file_and_keep_its_comments() {
        let (_home, host) = host(&[]);
        put(&user_path(&host), "# mine\nflow = 'device' # for now\n");
        let path = set(&host, &[("namespace.idp-dev.cluster", "demo")]).expect("set");
        set(&host, &[("flow", "browser")]).expect("set");
        let text = std::fs::read_to_string(&path).expect("the file");
        assert_eq!(text, "# mine\nflow = \"browser\" # for now\n\n[namespace.idp-dev]\ncluster = \"demo\"\n");
        assert_eq!(loaded(&host).0.pins("idp-dev").cluster.expect("pinned").value, "demo");
        unset(&host, "namespace.idp-dev.cluster").expect("unset");
        assert_eq!(std::fs::read_to_string(&path).expect("the file"), "# mine\nflow = \"browser\" # for now\n");
    }

    #[test]
    fn unset_creates_no_file() {
        let (_home, host) = host(&[]);
        unset(&host, "flow").expect("nothing to do");
        assert!(!user_path(&host).exists());
    }

    #[test]
    fn errors_name_the_file_the_place_and_what_to_type() {
        let (_home, host) = host(&[]);
        let error = set(&host, &[("regions", "europe")]).expect_err("no region");
        assert_eq!(
            (error.kind, error.message.as_str()),
            (Kind::Usage, "cannot set regions in ~/.config/nsaccess/config.toml")
        );
        assert_eq!(error.because, ["`europe` is not an AWS region such as eu-west-1"]);
        put(&user_path(&host), "regions = 1\n");
        let error = load(&host, &Flags::default(), &AwsConfig::default()).expect_err("a wrong type");
        assert_eq!(error.message, "cannot read ~/.config/nsaccess/config.toml");
        assert_eq!(error.because, ["line 1, column 1: `regions` must be a list of strings, in `regions = 1`"]);
        assert!(error.try_next[0].starts_with("${EDITOR:-vi} +1 "));
        put(&user_path(&host), "");
        let flags = Flags { account: Some("1".to_owned()), ..Flags::default() };
        let error = load(&host, &flags, &AwsConfig::default()).expect_err("no account");
        assert_eq!(error.message, "invalid value for --account");
        assert_eq!(error.because, ["`1` is not an AWS account of 12 digits"]);
    }

    #[test]
    fn warnings_name_their_file() {
        let (_home, host) = host(&[]);
        put(&user_path(&host), "flwo = 1\n");
        let expected = "~/.config/nsaccess/config.toml: line 1: unknown setting \"flwo\"; did you mean \"flow\"?";
        assert_eq!(loaded(&host).1, [Warning::from(expected.to_owned())]);
    }

    #[test]
    fn the_nearest_project_file_counts_and_none_above_the_home_folder() {
        let (folder, mut host) = host(&[]);
        host.home = folder.path().join("home");
        put(&folder.path().join(PROJECT_FILE), "namespace = 'above'\n");
        host.current_dir = host.home.join("work/app");
        std::fs::create_dir_all(&host.current_dir).expect("created");
        assert_eq!(project_path(&host), Ok((None, Vec::new())));
        let nearest = |host: &Host| project_path(host).expect("owners are known").0;
        for folder in ["work", "work/app"] {
            let file = host.home.join(folder).join(PROJECT_FILE);
            put(&file, "");
            assert_eq!(nearest(&host), Some(file));
        }
        host.current_dir = folder.path().to_owned();
        assert_eq!(nearest(&host), Some(folder.path().join(PROJECT_FILE)));
    }

    #[test]
    fn a_project_file_is_trusted_until_it_changes() {
        let (home, host) = host(&[]);
        let path = home.path().join(PROJECT_FILE);
        put(&path, "start_url = 'https://corp.awsapps.com/start'\n");
        let (settings, _) = loaded(&host);
        assert_eq!(
            (settings.start_url, settings.untrusted_project.map(|asked| asked.path)),
            (None, Some(path.clone()))
        );
        trust(&host, &path).expect("trusted");
        let (settings, _) = loaded(&host);
        assert_eq!(settings.start_url.expect("trusted").origin, Origin::Project(path.clone()));
        assert_eq!(settings.untrusted_project, None);
        put(&path, "start_url = 'https://evil.awsapps.com/start'\n");
        assert!(loaded(&host).0.untrusted_project.is_some());
    }

    #[test]
    fn only_a_valid_project_file_can_be_trusted() {
        let (home, host) = host(&[]);
        let path = home.path().join(PROJECT_FILE);
        assert_eq!(trust(&host, &path).expect_err("no file").message, "file ~/nsaccess.toml not found");
        put(&path, "region = 1\n");
        assert_eq!(trust(&host, &path).expect_err("broken").message, "cannot read ~/nsaccess.toml");
        assert!(!trusted_path(&host).exists());
    }
}
