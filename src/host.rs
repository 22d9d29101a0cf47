//! The process as a value: clock, environment, folders, terminals, randomness, browser. Made once in `main`, handed
//! down, and made by hand in tests, so that nothing below reads the real process behind a caller's back.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use jiff::Timestamp;

use crate::env_vars;
use crate::error::{Error, Kind, Result};

pub mod clipboard;

/// Which of the standard streams are terminals.
#[derive(Debug, Clone, Copy, Default)]
pub struct Terminals {
    /// A person can type.
    pub stdin: bool,
    /// Data goes to a screen.
    pub stdout: bool,
    /// Status, progress and prompts go to a screen.
    pub stderr: bool,
}

/// The process that we are, as a value.
#[derive(Debug, Clone)]
pub struct Host {
    env: BTreeMap<String, String>,
    /// The home folder.
    pub home: PathBuf,
    /// The current folder.
    pub current_dir: PathBuf,
    /// Which standard streams are terminals.
    pub terminals: Terminals,
    /// `None` is the real clock.
    fixed_now: Option<Timestamp>,
}

impl Host {
    /// The process as it is. The one place that reads its environment, folders and terminals.
    #[expect(clippy::disallowed_methods, reason = "the one place where the process is read")]
    pub fn real() -> Self {
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
            fixed_now: None,
        }
    }

    /// A process made by hand: this home, this environment, this time, no terminal.
    pub fn made(home: &Path, env: &[(&str, &str)], now: Timestamp) -> Self {
        Host {
            env: env.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
            home: home.to_owned(),
            current_dir: home.to_owned(),
            terminals: Terminals::default(),
            fixed_now: Some(now),
        }
    }

    /// The time.
    #[expect(clippy::disallowed_methods, reason = "the one place where the clock is read")]
    pub fn now(&self) -> Timestamp {
        self.fixed_now.unwrap_or_else(Timestamp::now)
    }

    /// An environment variable; an empty one counts as absent, as the AWS CLI and kubectl treat theirs.
    pub fn env(&self, name: &str) -> Option<&str> {
        self.env.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    /// The whole environment, for a child that shall inherit it.
    pub fn environment(&self) -> &BTreeMap<String, String> {
        &self.env
    }

    /// `$XDG_CONFIG_HOME/nsaccess`: our settings. The XDG rule on every system but Windows, as gh and kubectl plugins do.
    pub fn config_dir(&self) -> PathBuf {
        self.xdg(env_vars::XDG_CONFIG_HOME, "APPDATA", ".config").join("nsaccess")
    }

    /// `$XDG_CACHE_HOME/nsaccess`: what may be deleted at any time.
    pub fn cache_dir(&self) -> PathBuf {
        self.xdg(env_vars::XDG_CACHE_HOME, "LOCALAPPDATA", ".cache").join("nsaccess")
    }

    fn xdg(&self, variable: &str, on_windows: &str, below_home: &str) -> PathBuf {
        // The XDG specification tells readers to ignore a relative path.
        let from_xdg = self.env(variable).map(PathBuf::from).filter(|path| path.is_absolute());
        let from_windows = || self.env(on_windows).filter(|_| cfg!(windows)).map(PathBuf::from);
        from_xdg.or_else(from_windows).unwrap_or_else(|| self.home.join(below_home))
    }

    /// `~` and `~/…` written out; anything else as it is.
    pub fn expand_home(&self, path: &str) -> PathBuf {
        match path.strip_prefix('~') {
            Some("") => self.home.clone(),
            Some(rest) if rest.starts_with('/') => self.home.join(&rest[1..]),
            _ => PathBuf::from(path),
        }
    }

    /// A path as a person writes it: `~/…` for what lies below the home folder.
    pub fn shorten_home(&self, path: &Path) -> String {
        match path.strip_prefix(&self.home) {
            Ok(rest) if !self.home.as_os_str().is_empty() => format!("~/{}", rest.display()),
            _ => path.display().to_string(),
        }
    }

    /// The bytes of a file that the environment names and that nobody edits (a certificate bundle).
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn read_file(&self, path: &Path) -> std::io::Result<Vec<u8>> {
        std::fs::read(path)
    }

    /// How others shall call us: the way `PATH` leads to this very program, unresolved, so that it stays right when a
    /// package manager replaces what a link points to; else where this program lies. Absolute, because programs with
    /// a window often start without the person's `PATH`.
    pub fn own_command(&self) -> String {
        let own = std::env::current_exe().unwrap_or_default();
        let name = if cfg!(windows) { "nsaccess.exe" } else { "nsaccess" };
        let folders = self.env("PATH").map(std::env::split_paths).into_iter().flatten();
        let same = |candidate: &PathBuf| match (std::fs::canonicalize(candidate), std::fs::canonicalize(&own)) {
            (Ok(candidate), Ok(own)) => candidate == own,
            _ => false,
        };
        let found = folders.filter(|folder| folder.is_absolute()).map(|folder| folder.join(name)).find(same);
        found.unwrap_or(own).display().to_string()
    }

    /// Random bytes from the operating system, for state values and PKCE verifiers.
    ///
    /// # Panics
    /// When the system has no randomness to give, where nothing safe can be done.
    pub fn random<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        getrandom::fill(&mut bytes).expect("the operating system gives random bytes");
        bytes
    }

    /// Why no browser should be opened here, if so: on SSH without a display it would open on the wrong machine or in
    /// the terminal, and without any display there is none. `$BROWSER` is the person's own word and overrules both.
    pub fn browser_obstacle(&self) -> Option<&'static str> {
        if self.env(env_vars::BROWSER).is_some() {
            return None;
        }
        let display = self.env(env_vars::DISPLAY).or_else(|| self.env(env_vars::WAYLAND_DISPLAY)).is_some();
        let remote = self.env(env_vars::SSH_CONNECTION).or_else(|| self.env(env_vars::SSH_TTY)).is_some();
        let needs_display = !cfg!(any(windows, target_os = "macos"));
        match (display, remote) {
            (false, true) => Some("this is an SSH session without a display"),
            (false, false) if needs_display => Some("there is no display"),
            _ => None,
        }
    }

    /// Opens a page in the person's browser and does not wait for it. Its output is thrown away: a browser that writes
    /// to our standard output would break the credential that kubectl reads there.
    ///
    /// # Errors
    /// When none of the launchers could be started.
    pub fn open_browser(&self, url: &str) -> std::io::Result<()> {
        let mut last = std::io::Error::from(std::io::ErrorKind::NotFound);
        for mut launcher in self.browser_launchers(url) {
            let started = launcher.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
            match started {
                Ok(_) => return Ok(()),
                Err(error) => last = error,
            }
        }
        Err(last)
    }

    fn browser_launchers(&self, url: &str) -> Vec<Command> {
        if let Some(list) = self.env(env_vars::BROWSER) {
            let separator = if cfg!(windows) { ';' } else { ':' };
            return list.split(separator).filter_map(|entry| browser_command(entry, url)).collect();
        }
        let programs: &[&[&str]] = if cfg!(target_os = "macos") {
            &[&["open"]]
        } else if cfg!(windows) {
            &[&["rundll32", "url.dll,FileProtocolHandler"]]
        } else {
            &[&["xdg-open"], &["wslview"], &["sensible-browser"]]
        };
        programs.iter().filter_map(|words| browser_command(&words.join(" "), url)).collect()
    }
}

/// Asks a person for a line of text.
///
/// # Errors
/// [`Kind::Interrupted`] when the person leaves.
pub fn ask(question: &str) -> Result<String> {
    let _deadly = DeadlySignals::while_asking();
    inquire::Text::new(question).prompt().map_err(|error| left(&error))
}

/// Lets a person choose one of several lines, narrowing them by typing. Returns the index.
///
/// # Errors
/// [`Kind::Interrupted`] when the person leaves.
pub fn pick(question: &str, lines: &[String]) -> Result<usize> {
    let _deadly = DeadlySignals::while_asking();
    let chosen = inquire::Select::new(question, lines.to_vec()).with_page_size(15).raw_prompt();
    chosen.map(|chosen| chosen.index).map_err(|error| left(&error))
}

/// While a question stands, its thread awaits nothing, so a signal that an async runtime waits for would be swallowed:
/// we would outlive the window that we ask in. Until this value ends, signals end us as they do by default.
struct DeadlySignals;

#[cfg(unix)]
static ASKING: std::sync::LazyLock<std::sync::Arc<std::sync::atomic::AtomicBool>> = std::sync::LazyLock::new(|| {
    use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
    let asking = std::sync::Arc::default();
    for signal in [SIGHUP, SIGINT, SIGTERM] {
        // Where it cannot be had, the question has to be answered.
        let _ = signal_hook::flag::register_conditional_default(signal, std::sync::Arc::clone(&asking));
    }
    asking
});

impl DeadlySignals {
    fn while_asking() -> Self {
        #[cfg(unix)]
        ASKING.store(true, std::sync::atomic::Ordering::SeqCst);
        DeadlySignals
    }
}

impl Drop for DeadlySignals {
    fn drop(&mut self) {
        #[cfg(unix)]
        ASKING.store(false, std::sync::atomic::Ordering::SeqCst);
    }
}

fn left(error: &inquire::InquireError) -> Error {
    use inquire::InquireError::{OperationCanceled, OperationInterrupted};
    match error {
        OperationCanceled | OperationInterrupted => Error::new(Kind::Interrupted, "interrupted"),
        other => Error::failure("cannot ask on this terminal").because(other.to_string()),
    }
}

/// An entry of `$BROWSER`: words, with the address at `%s` or at the end.
fn browser_command(entry: &str, url: &str) -> Option<Command> {
    let mut words = entry.split_whitespace();
    let mut command = Command::new(words.next()?);
    let arguments: Vec<String> = words.map(|word| word.replace("%s", url)).collect();
    let placed = entry.contains("%s");
    command.args(arguments);
    if !placed {
        command.arg(url);
    }
    Some(command)
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
    fn no_browser_over_ssh_unless_the_person_named_one() {
        assert!(host(&[("SSH_TTY", "/dev/pts/1")]).browser_obstacle().is_some());
        assert!(host(&[("SSH_TTY", "/dev/pts/1"), ("BROWSER", "w3m")]).browser_obstacle().is_none());
        assert!(host(&[("SSH_TTY", "/dev/pts/1"), ("DISPLAY", ":0")]).browser_obstacle().is_none());
    }

    #[test]
    fn browser_entries_place_the_address() {
        let shown = |entry| format!("{:?}", browser_command(entry, "https://x").expect("a command"));
        assert_eq!(shown("firefox --new-tab"), r#""firefox" "--new-tab" "https://x""#);
        assert_eq!(shown("open-it --url=%s -q"), r#""open-it" "--url=https://x" "-q""#);
    }

    #[test]
    fn an_empty_variable_is_an_absent_one() {
        assert_eq!(host(&[("KUBECONFIG", "")]).env("KUBECONFIG"), None);
    }
}
