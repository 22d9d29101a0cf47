//! A browser that is started with a profile in a folder of its own.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use crate::env_vars;
use crate::host::{Host, memory, plain_file};
use crate::model::browser::{self, Availability, BROWSERS, Choice, NoChoice};
use crate::process::browser::{entries, is_page};
use crate::process::probe::{self, Ran};

/// A desktop answers at once, or is not asked.
const LONGEST_QUESTION: Duration = Duration::from_secs(2);
/// The script that starts a snap is shorter.
const LARGEST_SCRIPT: u64 = 16 << 10;

/// A browser of this machine whose profile can be chosen.
#[derive(Debug)]
pub(crate) struct ProfileBrowser {
    choice: Choice,
}

impl ProfileBrowser {
    /// The one that `$BROWSER` names, that of the desktop, or one that is installed.
    pub(crate) async fn find(host: &Host) -> Result<Self, NoChoice> {
        let variable = host.env(env_vars::BROWSER).map(entries);
        let desktop = if variable.is_none() { default_of_desktop(host).await } else { None };
        let choice = browser::choose(variable.as_deref(), desktop.as_deref(), |program| availability(host, program))?;
        Ok(ProfileBrowser { choice })
    }

    /// Its program's name.
    pub(crate) fn name(&self) -> &str {
        self.choice.browser.program
    }

    /// Opens a page without waiting for the browser, which outlives us and our terminal. Its output is discarded.
    pub(crate) fn open(&self, host: &Host, folder: &Path, url: &str) -> std::io::Result<()> {
        if !is_page(url) {
            return Err(std::io::Error::other("the address is neither https nor on this machine"));
        }
        let mut command = self.command(host, browser::arguments(&self.choice, folder, url));
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        memory::with_original_limits(|| command.spawn()).map(drop)
    }

    fn command(&self, host: &Host, arguments: Vec<OsString>) -> Command {
        let program = &self.choice.program;
        let mut command = match self.choice.browser.application.filter(|_| is_application(host, program)) {
            // It takes arguments only as a new process (`-n`).
            Some(application) => {
                let mut command = Command::new("open");
                command.args(["-n", "-a", application, "--args"]);
                command
            }
            None => {
                Command::new(probe::find(host, &host.current_dir, program).ok().flatten().unwrap_or(program.into()))
            }
        };
        command.args(arguments);
        command
    }
}

/// Whether there is a process with this number.
pub(crate) fn is_running(pid: i32) -> bool {
    #[cfg(unix)]
    let is_running = rustix::process::Pid::from_raw(pid)
        .map(rustix::process::test_kill_process)
        .is_some_and(|found| matches!(found, Ok(()) | Err(rustix::io::Errno::PERM)));
    // There, no browser has such a lock.
    #[cfg(not(unix))]
    let is_running = pid < 0;
    is_running
}

/// The first browser that is installed and whose profile can be chosen.
pub(crate) fn installed(host: &Host) -> Option<&'static str> {
    BROWSERS.iter().map(|browser| browser.program).find(|program| availability(host, program) == Availability::Ready)
}

fn availability(host: &Host, program: &str) -> Availability {
    if is_application(host, program) {
        return Availability::Ready;
    }
    match probe::find(host, &host.current_dir, program) {
        Ok(Some(file)) if is_snap(&file) => Availability::Snap,
        Ok(Some(_)) => Availability::Ready,
        Ok(None) | Err(_) => Availability::Missing,
    }
}

/// A snap's program is a link to `snap`, or a script of a package that leads there.
fn is_snap(program: &Path) -> bool {
    let is_link = program.canonicalize().is_ok_and(|file| file.ends_with("snap"));
    let script = || plain_file::read(program, LARGEST_SCRIPT).ok().flatten().unwrap_or_default();
    is_link || String::from_utf8_lossy(&script()).contains("/snap/bin/")
}

/// Whether a program is installed as an application of macOS.
fn is_application(host: &Host, program: &str) -> bool {
    let application = BROWSERS.iter().find(|browser| browser.program == program).and_then(|known| known.application);
    let folders = [PathBuf::from("/Applications"), host.home.join("Applications")];
    cfg!(target_os = "macos")
        && application.is_some_and(|name| folders.iter().any(|folder| folder.join(format!("{name}.app")).exists()))
}

/// What the desktop calls its browser, such as `firefox.desktop`.
async fn default_of_desktop(host: &Host) -> Option<String> {
    let program = probe::find(host, &host.current_dir, "xdg-settings").ok().flatten()?;
    let arguments = ["get", "default-web-browser"].map(str::to_owned);
    match probe::run(&program, &arguments, &BTreeMap::new(), LONGEST_QUESTION).await {
        Ran::Ended(ended) => Some(String::from_utf8_lossy(ended.stdout.expose()).into_owned()),
        Ran::NotStarted(_) | Ran::Late => None,
    }
}
