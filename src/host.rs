//! The process and its machine as a value: clock, environment, folders, terminals, randomness. `main` makes it from the
//! real process and passes it down; tests make their own.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use jiff::Timestamp;

use crate::env_vars;

pub(crate) mod interruption;
pub(crate) mod memory;
pub(crate) mod plain_file;
mod time_zone;

/// Which of the standard streams are terminals.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Terminals {
    pub(crate) stdin: bool,
    pub(crate) stdout: bool,
    pub(crate) stderr: bool,
    /// How wide the terminal is that data goes to, else the one that all else goes to.
    pub(crate) columns: Option<usize>,
}

#[derive(Debug, Clone)]
pub(crate) struct Host {
    env: BTreeMap<String, String>,
    pub(crate) home: PathBuf,
    pub(crate) current_dir: PathBuf,
    pub(crate) terminals: Terminals,
    /// 0 where it is not known.
    pub(crate) parent_pid: u32,
    /// `None` is the real clock.
    fixed_now: Option<Timestamp>,
}

impl Host {
    /// The real process. Nothing else reads its environment, folders and terminals.
    #[expect(clippy::disallowed_methods, reason = "the one place where the process is read")]
    pub(crate) fn real() -> Self {
        use std::io::IsTerminal;
        Host {
            env: std::env::vars_os()
                .filter_map(|(name, value)| Some((as_looked_up(name.into_string().ok()?), value.into_string().ok()?)))
                .collect(),
            home: std::env::home_dir().unwrap_or_default(),
            current_dir: std::env::current_dir().unwrap_or_default(),
            terminals: Terminals {
                stdin: std::io::stdin().is_terminal(),
                stdout: std::io::stdout().is_terminal(),
                stderr: std::io::stderr().is_terminal(),
                columns: terminal_size::terminal_size_of(std::io::stdout())
                    .or_else(|| terminal_size::terminal_size_of(std::io::stderr()))
                    .map(|(columns, _)| columns.0.into()),
            },
            #[cfg(unix)]
            parent_pid: std::os::unix::process::parent_id(),
            #[cfg(not(unix))]
            parent_pid: 0,
            fixed_now: None,
        }
    }

    /// A process for a test, without terminals, and without the settings of the machine that the test runs on.
    #[cfg(test)]
    pub(crate) fn for_test(home: &Path, env: &[(&str, &str)], now: Timestamp) -> Self {
        let alone = [(env_vars::NSACCESS_SYSTEM_CONFIG, "")];
        let env = alone.iter().chain(env);
        Host {
            env: env.map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
            home: home.to_owned(),
            current_dir: home.to_owned(),
            terminals: Terminals::default(),
            parent_pid: 0,
            fixed_now: Some(now),
        }
    }

    #[expect(clippy::disallowed_methods, reason = "the one place where the clock is read")]
    pub(crate) fn now(&self) -> Timestamp {
        self.fixed_now.unwrap_or_else(Timestamp::now)
    }

    /// An environment variable. An empty one counts as unset, as in the AWS CLI and kubectl.
    pub(crate) fn env(&self, name: &str) -> Option<&str> {
        self.env.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    /// The whole environment, for a child to inherit.
    pub(crate) fn environment(&self) -> &BTreeMap<String, String> {
        &self.env
    }

    /// `$XDG_CONFIG_HOME/nsaccess`, also on macOS, as gh does it.
    pub(crate) fn config_dir(&self) -> PathBuf {
        self.xdg(env_vars::XDG_CONFIG_HOME, "APPDATA", ".config").join("nsaccess")
    }

    /// `$XDG_CACHE_HOME/nsaccess`.
    pub(crate) fn cache_dir(&self) -> PathBuf {
        self.xdg(env_vars::XDG_CACHE_HOME, "LOCALAPPDATA", ".cache").join("nsaccess")
    }

    fn xdg(&self, variable: &str, on_windows: &str, below_home: &str) -> PathBuf {
        // The XDG specification tells readers to ignore a relative path.
        let from_xdg = self.env(variable).map(PathBuf::from).filter(|path| path.is_absolute());
        let from_windows = || self.env(on_windows).filter(|_| cfg!(windows)).map(PathBuf::from);
        from_xdg.or_else(from_windows).unwrap_or_else(|| self.home.join(below_home))
    }

    /// Expands a leading `~`.
    pub(crate) fn expand_home(&self, path: &str) -> PathBuf {
        match path.strip_prefix('~') {
            Some("") => self.home.clone(),
            Some(rest) if rest.starts_with(std::path::is_separator) => self.home.join(&rest[1..]),
            _ => PathBuf::from(path),
        }
    }

    /// A path for messages, with `~` for the home folder.
    pub(crate) fn shorten_home(&self, path: &Path) -> String {
        match path.strip_prefix(&self.home) {
            Ok(rest) if !self.home.as_os_str().is_empty() => {
                // As the documentation of AWS and Kubernetes writes it on Windows, too.
                format!("~/{}", rest.display()).replace(std::path::MAIN_SEPARATOR, "/")
            }
            _ => path.display().to_string(),
        }
    }

    /// Reads a file that a variable names, such as a certificate bundle.
    pub(crate) fn read_file(&self, path: &Path) -> std::io::Result<Vec<u8>> {
        plain_file::read(path, plain_file::LARGEST_TEXT)?
            .ok_or_else(|| std::io::Error::new(std::io::ErrorKind::NotFound, "there is no such file"))
    }

    /// Whether a file, and the link to it if there is one, belongs to the user or to root: a file that others can change
    /// must not choose the identity. Under sudo it may also belong to the user who called sudo.
    #[cfg(unix)]
    pub(crate) fn owns(&self, path: &Path) -> std::io::Result<bool> {
        use std::os::unix::fs::MetadataExt;
        let own = rustix::process::geteuid().as_raw();
        let caller = self.env(env_vars::SUDO_UID).filter(|_| own == 0).and_then(|id| id.parse().ok());
        let trusted = |owner: u32| owner == own || owner == 0 || Some(owner) == caller;
        Ok(trusted(std::fs::symlink_metadata(path)?.uid()) && trusted(std::fs::metadata(path)?.uid()))
    }

    /// On Windows, access lists protect the files of others.
    #[cfg(not(unix))]
    pub(crate) fn owns(&self, _path: &Path) -> std::io::Result<bool> {
        Ok(true)
    }

    /// The path of this program for files that start it later: the entry in `PATH` that leads here, with links not
    /// resolved so that it survives an upgrade by a package manager; else where the program lies. It is absolute,
    /// because desktop programs often start without the user's `PATH`. As a plugin of kubectl it has another name.
    pub(crate) fn own_command(&self) -> String {
        let own = without_deleted_suffix(std::env::current_exe().unwrap_or_default());
        let names = ["nsaccess", "kubectl-nsaccess"].map(|name| format!("{name}{}", std::env::consts::EXE_SUFFIX));
        let folders = self.env("PATH").map(std::env::split_paths).into_iter().flatten();
        let folders: Vec<PathBuf> = folders.filter(|folder| folder.is_absolute()).collect();
        let mut candidates = names.iter().flat_map(|name| folders.iter().map(move |folder| folder.join(name)));
        let found = match std::fs::canonicalize(&own) {
            Ok(own) => candidates.find(|path| std::fs::canonicalize(path).is_ok_and(|path| path == own)),
            // An upgrade has removed this one: use what `PATH` leads to now.
            Err(_) => candidates.find(|path| path.is_file()),
        };
        found.unwrap_or(own).display().to_string()
    }

    /// Whether a file is the program that is running, by whatever path.
    pub(crate) fn is_this_program(&self, file: &Path) -> bool {
        let own = std::env::current_exe().and_then(std::fs::canonicalize);
        matches!((own, std::fs::canonicalize(file)), (Ok(own), Ok(file)) if own == file)
    }

    /// Random bytes from the operating system, for state values and PKCE verifiers.
    pub(crate) fn random<const N: usize>(&self) -> [u8; N] {
        random()
    }
}

/// The name of a variable. On Windows they are the same in any case, and the one of `PATH` is `Path`.
fn as_looked_up(name: String) -> String {
    if cfg!(windows) { name.to_ascii_uppercase() } else { name }
}

/// Linux adds the suffix to the path of a running program whose file was replaced.
fn without_deleted_suffix(own: PathBuf) -> PathBuf {
    let replaced = own.to_str().and_then(|path| path.strip_suffix(" (deleted)")).map(PathBuf::from);
    replaced.filter(|_| !own.exists()).unwrap_or(own)
}

/// Random bytes from the operating system.
///
/// # Panics
/// When the system has none: nothing safe can be done then.
pub(crate) fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).expect("the operating system gives random bytes");
    bytes
}

/// A unique name, also among containers that share a folder.
pub(crate) fn random_name() -> String {
    random::<8>().iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn host(env: &[(&str, &str)]) -> Host {
        Host::for_test(Path::new("/home/ada"), env, Timestamp::UNIX_EPOCH)
    }

    #[test]
    #[cfg(unix)]
    fn folders_follow_xdg_and_ignore_relative_values() {
        assert_eq!(host(&[]).cache_dir(), Path::new("/home/ada/.cache/nsaccess"));
        assert_eq!(host(&[("XDG_CACHE_HOME", "/c")]).cache_dir(), Path::new("/c/nsaccess"));
        assert_eq!(host(&[("XDG_CONFIG_HOME", "rel")]).config_dir(), Path::new("/home/ada/.config/nsaccess"));
    }

    #[test]
    fn the_deleted_suffix_is_removed() {
        assert_eq!(without_deleted_suffix("/nowhere/nsaccess (deleted)".into()), Path::new("/nowhere/nsaccess"));
        assert_eq!(without_deleted_suffix("/nowhere/nsaccess".into()), Path::new("/nowhere/nsaccess"));
    }

    #[test]
    fn an_empty_variable_counts_as_unset() {
        assert_eq!(host(&[("KUBECONFIG", "")]).env("KUBECONFIG"), None);
    }
}
