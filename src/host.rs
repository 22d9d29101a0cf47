//! The process as a value: clock, environment, folders, terminals, randomness, browser. Made once in `main`, handed
//! down, and made by hand in tests, so that nothing below reads the real process behind a caller's back.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use jiff::Timestamp;

use crate::env_vars;

pub(crate) mod interruption;
pub(crate) mod memory;
pub(crate) mod plain_file;

/// Which of the standard streams are terminals.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Terminals {
    /// A person can type.
    pub stdin: bool,
    /// Data goes to a screen.
    pub stdout: bool,
    /// Status, progress and prompts go to a screen.
    pub stderr: bool,
}

/// The process that we are, as a value.
#[derive(Debug, Clone)]
pub(crate) struct Host {
    env: BTreeMap<String, String>,
    /// The home folder.
    pub home: PathBuf,
    /// The current folder.
    pub current_dir: PathBuf,
    /// Which standard streams are terminals.
    pub terminals: Terminals,
    /// The process that started us; 0 where that is not known.
    pub parent_pid: u32,
    /// `None` is the real clock.
    fixed_now: Option<Timestamp>,
}

impl Host {
    /// The process as it is. The one place that reads its environment, folders and terminals.
    #[expect(clippy::disallowed_methods, reason = "the one place where the process is read")]
    pub(crate) fn real() -> Self {
        use std::io::IsTerminal;
        Host {
            env: std::env::vars_os()
                .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
                .collect(),
            home: std::env::home_dir().unwrap_or_default(),
            current_dir: std::env::current_dir().unwrap_or_default(),
            terminals: Terminals {
                stdin: std::io::stdin().is_terminal(),
                stdout: std::io::stdout().is_terminal(),
                stderr: std::io::stderr().is_terminal(),
            },
            #[cfg(unix)]
            parent_pid: std::os::unix::process::parent_id(),
            #[cfg(not(unix))]
            parent_pid: 0,
            fixed_now: None,
        }
    }

    /// A process that a test made by hand: this home, this environment, this time, no terminal.
    #[cfg(test)]
    pub(crate) fn made(home: &Path, env: &[(&str, &str)], now: Timestamp) -> Self {
        Host {
            env: env.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
            home: home.to_owned(),
            current_dir: home.to_owned(),
            terminals: Terminals::default(),
            parent_pid: 0,
            fixed_now: Some(now),
        }
    }

    /// The time.
    #[expect(clippy::disallowed_methods, reason = "the one place where the clock is read")]
    pub(crate) fn now(&self) -> Timestamp {
        self.fixed_now.unwrap_or_else(Timestamp::now)
    }

    /// An environment variable; an empty one counts as absent, as the AWS CLI and kubectl treat theirs.
    pub(crate) fn env(&self, name: &str) -> Option<&str> {
        self.env.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    /// The whole environment, for a child that shall inherit it.
    pub(crate) fn environment(&self) -> &BTreeMap<String, String> {
        &self.env
    }

    /// `$XDG_CONFIG_HOME/nsaccess`: our settings. The XDG rule on every system but Windows, as gh and kubectl plugins do.
    pub(crate) fn config_dir(&self) -> PathBuf {
        self.xdg(env_vars::XDG_CONFIG_HOME, "APPDATA", ".config").join("nsaccess")
    }

    /// `$XDG_CACHE_HOME/nsaccess`: what may be deleted at any time.
    pub(crate) fn cache_dir(&self) -> PathBuf {
        self.xdg(env_vars::XDG_CACHE_HOME, "LOCALAPPDATA", ".cache").join("nsaccess")
    }

    fn xdg(&self, variable: &str, on_windows: &str, below_home: &str) -> PathBuf {
        // The XDG specification tells readers to ignore a relative path.
        let from_xdg = self.env(variable).map(PathBuf::from).filter(|path| path.is_absolute());
        let from_windows = || self.env(on_windows).filter(|_| cfg!(windows)).map(PathBuf::from);
        from_xdg.or_else(from_windows).unwrap_or_else(|| self.home.join(below_home))
    }

    /// `~` and `~/…` written out; anything else as it is.
    pub(crate) fn expand_home(&self, path: &str) -> PathBuf {
        match path.strip_prefix('~') {
            Some("") => self.home.clone(),
            Some(rest) if rest.starts_with('/') => self.home.join(&rest[1..]),
            _ => PathBuf::from(path),
        }
    }

    /// A path as a person writes it: `~/…` for what lies below the home folder.
    pub(crate) fn shorten_home(&self, path: &Path) -> String {
        match path.strip_prefix(&self.home) {
            Ok(rest) if !self.home.as_os_str().is_empty() => format!("~/{}", rest.display()),
            _ => path.display().to_string(),
        }
    }

    /// The bytes of a file that the environment names and that nobody edits (a certificate bundle).
    ///
    /// # Errors
    /// When it is not there, is no plain file, is larger than any text, or cannot be read.
    pub(crate) fn read_file(&self, path: &Path) -> std::io::Result<Vec<u8>> {
        plain_file::read(path, plain_file::LARGEST_TEXT)?.ok_or_else(|| std::io::ErrorKind::NotFound.into())
    }

    /// Whether a file is the person's own or root's, and a link to it too: what others may change must not decide whose
    /// identity we use. Under sudo it may also be the person's who called it.
    ///
    /// # Errors
    /// When the owner cannot be found out.
    #[cfg(unix)]
    pub(crate) fn owns(&self, path: &Path) -> std::io::Result<bool> {
        use std::os::unix::fs::MetadataExt;
        let own = rustix::process::geteuid().as_raw();
        let caller = self.env(env_vars::SUDO_UID).filter(|_| own == 0).and_then(|id| id.parse().ok());
        let trusted = |owner: u32| owner == own || owner == 0 || Some(owner) == caller;
        Ok(trusted(std::fs::symlink_metadata(path)?.uid()) && trusted(std::fs::metadata(path)?.uid()))
    }

    /// Windows keeps owners in access lists, which say more than one name.
    ///
    /// # Errors
    /// Never.
    #[cfg(not(unix))]
    pub fn owns(&self, _path: &Path) -> std::io::Result<bool> {
        Ok(true)
    }

    /// How others shall call us: the way `PATH` leads to this very program, unresolved, so that it stays right when a
    /// package manager replaces what a link points to; else where this program lies. Absolute, because programs with
    /// a window often start without the person's `PATH`.
    pub(crate) fn own_command(&self) -> String {
        let own = without_deleted_suffix(std::env::current_exe().unwrap_or_default());
        let name = if cfg!(windows) { "nsaccess.exe" } else { "nsaccess" };
        let folders = self.env("PATH").map(std::env::split_paths).into_iter().flatten();
        let mut candidates = folders.filter(|folder| folder.is_absolute()).map(|folder| folder.join(name));
        let found = match std::fs::canonicalize(&own) {
            Ok(own) => candidates.find(|path| std::fs::canonicalize(path).is_ok_and(|path| path == own)),
            // Replaced by one that lies elsewhere, as package managers do: what `PATH` leads to now.
            Err(_) => candidates.find(|path| path.is_file()),
        };
        found.unwrap_or(own).display().to_string()
    }

    /// Random bytes from the operating system, for state values and PKCE verifiers.
    pub(crate) fn random<const N: usize>(&self) -> [u8; N] {
        random()
    }
}

/// Linux says so of the file that we run from when another one was put in its place.
fn without_deleted_suffix(own: PathBuf) -> PathBuf {
    let replaced = own.to_str().and_then(|path| path.strip_suffix(" (deleted)")).map(PathBuf::from);
    replaced.filter(|_| !own.exists()).unwrap_or(own)
}

/// Random bytes from the operating system.
///
/// # Panics
/// When the system has no randomness to give, where nothing safe can be done.
pub(crate) fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).expect("the operating system gives random bytes");
    bytes
}

/// A name that nobody else has, on this machine or in a container that shares a folder with it.
pub(crate) fn random_name() -> String {
    random::<8>().iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn host(env: &[(&str, &str)]) -> Host {
        Host::made(Path::new("/home/ada"), env, Timestamp::UNIX_EPOCH)
    }

    #[test]
    fn folders_follow_xdg_and_ignore_relative_values() {
        assert_eq!(host(&[]).cache_dir(), Path::new("/home/ada/.cache/nsaccess"));
        assert_eq!(host(&[("XDG_CACHE_HOME", "/c")]).cache_dir(), Path::new("/c/nsaccess"));
        assert_eq!(host(&[("XDG_CONFIG_HOME", "rel")]).config_dir(), Path::new("/home/ada/.config/nsaccess"));
    }

    #[test]
    fn a_program_that_was_replaced_is_where_it_was() {
        assert_eq!(without_deleted_suffix("/nowhere/nsaccess (deleted)".into()), Path::new("/nowhere/nsaccess"));
        assert_eq!(without_deleted_suffix("/nowhere/nsaccess".into()), Path::new("/nowhere/nsaccess"));
    }

    #[test]
    fn an_empty_variable_is_an_absent_one() {
        assert_eq!(host(&[("KUBECONFIG", "")]).env("KUBECONFIG"), None);
    }
}
