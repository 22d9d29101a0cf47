//! Runs a child process on our terminal. Its exit code becomes ours: 128 and the signal's number if a signal ended it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::ExitStatus;
use std::time::Duration;

use tokio::process::Child;

use crate::error::{Error, Kind, Result, plain_io};
use crate::host::memory;
use crate::model::shell;
use crate::process::signals::Signals;
use crate::secret::Secret;

/// How a child's environment differs from ours. Values may be secrets, so `Debug` hides them.
#[derive(Debug, Default)]
pub(crate) struct Environment {
    set: BTreeMap<String, Secret<String>>,
    removed: Vec<String>,
    /// What is inherited, if that is not everything.
    inherited: Option<BTreeMap<String, String>>,
    search_path: Option<String>,
}

impl Environment {
    pub(crate) fn set(&mut self, name: impl Into<String>, value: Secret<String>) {
        self.set.insert(name.into(), value);
    }

    /// Sets a variable to a value that is not secret.
    pub(crate) fn set_plain(&mut self, name: impl Into<String>, value: &str) {
        self.set(name, Secret::from(value));
    }

    /// Removes a variable, unless it is also set.
    pub(crate) fn remove(&mut self, name: &str) {
        self.removed.push(name.to_owned());
    }

    /// Sets variables, and removes those without a value.
    pub(crate) fn change(&mut self, variables: Vec<(&'static str, Option<Secret<String>>)>) {
        for (name, value) in variables {
            match value {
                Some(value) => self.set(name, value),
                None => self.remove(name),
            }
        }
    }

    /// Inherits these variables of ours and no others.
    pub(crate) fn inherit_only(&mut self, variables: BTreeMap<String, String>) {
        self.inherited = Some(variables);
    }

    /// Searches for the program in this `PATH`, whatever `PATH` the child gets.
    pub(crate) fn search_in(&mut self, path: &str) {
        self.search_path = Some(path.to_owned());
    }
}

/// How a program came to its end.
#[derive(Debug)]
pub(crate) enum Ended<T> {
    /// By itself, or because somebody ended it.
    ByItself,
    /// Because of what we waited for.
    Stopped(T),
}

/// How long a program that is to stop has for that.
const GRACE: Duration = Duration::from_secs(10);

/// Runs a program on our terminal until it ends, and forwards our signals to it.
///
/// # Errors
/// [`Kind::Child`] with the child's code unless that is 0; 127 when the program is not there, 126 when it cannot run.
pub(crate) async fn run(program: &str, arguments: &[String], environment: &Environment) -> Result<()> {
    run_until(program, arguments, environment, std::future::pending::<()>()).await.map(drop)
}

/// The same, until `stop` is ready: the program then gets SIGTERM, and is killed when it has not ended in ten seconds.
///
/// # Errors
/// As for [`run`], unless we stopped it.
pub(crate) async fn run_until<T>(
    program: &str,
    arguments: &[String],
    environment: &Environment,
    stop: impl Future<Output = T>,
) -> Result<Ended<T>> {
    let file = resolve_program(program, environment).map_err(|error| cannot_start(program, &error))?;
    let mut command = command(&file, program, environment);
    command.args(arguments).kill_on_drop(true);
    // Before the child starts, so that no signal is lost.
    let mut signals = Signals::listen();
    let mut child = memory::with_original_limits(|| command.spawn()).map_err(|error| cannot_start(program, &error))?;
    let cannot_wait = |error| Error::failure(format!("cannot wait for {program}")).because(plain_io(&error));
    let status = tokio::select! {
        biased;
        (status, _) = wait(&mut child, &mut signals) => status.map_err(cannot_wait)?,
        reason = stop => match end(&mut child, &mut signals).await.map_err(cannot_wait)? {
            None => return Ok(Ended::Stopped(reason)),
            Some(status) => status,
        },
    };
    match exit_code(status) {
        0 => Ok(Ended::ByItself),
        code => Err(Error::new(Kind::Child(code), format!("{program} ended with {code}"))),
    }
}

fn command(file: &Path, program: &str, environment: &Environment) -> tokio::process::Command {
    let mut command = tokio::process::Command::new(file);
    #[cfg(unix)]
    command.arg0(program);
    #[cfg(not(unix))]
    let _ = program;
    if let Some(inherited) = &environment.inherited {
        command.env_clear().envs(inherited);
    }
    for name in &environment.removed {
        command.env_remove(name);
    }
    command.envs(environment.set.iter().map(|(name, value)| (name, value.expose())));
    command
}

/// Ends a program. `Some` when somebody else wanted it to end meanwhile: then its status counts.
async fn end(child: &mut Child, signals: &mut Signals) -> std::io::Result<Option<ExitStatus>> {
    ask_to_end(child)?;
    let (status, signalled) = match tokio::time::timeout(GRACE, wait(child, signals)).await {
        Ok((status, signalled)) => (status?, signalled),
        Err(_) => {
            child.start_kill()?;
            (child.wait().await?, false)
        }
    };
    Ok(signalled.then_some(status))
}

/// The file of a program. Without this, the system would search in the `PATH` that the child gets.
fn resolve_program(program: &str, environment: &Environment) -> std::io::Result<PathBuf> {
    let (Some(path), true, false) = (&environment.search_path, cfg!(unix), program.contains('/')) else {
        return Ok(PathBuf::from(program));
    };
    let folders = std::env::split_paths(path);
    let here = |folder: PathBuf| if folder.as_os_str().is_empty() { PathBuf::from(".") } else { folder };
    let files: Vec<PathBuf> = folders.map(|folder| here(folder).join(program)).filter(|file| file.is_file()).collect();
    match files.iter().find(|file| is_executable(file)) {
        Some(file) => Ok(file.clone()),
        None if files.is_empty() => Err(std::io::ErrorKind::NotFound.into()),
        None => Err(std::io::ErrorKind::PermissionDenied.into()),
    }
}

#[cfg(unix)]
pub(crate) fn is_executable(file: &Path) -> bool {
    rustix::fs::access(file, rustix::fs::Access::EXEC_OK).is_ok()
}

#[cfg(not(unix))]
pub(crate) fn is_executable(_: &Path) -> bool {
    true
}

fn cannot_start(program: &str, error: &std::io::Error) -> Error {
    let (kind, why) = match error.kind() {
        std::io::ErrorKind::NotFound if program.contains('/') => (127, "there is no such file".to_owned()),
        std::io::ErrorKind::NotFound => (127, "there is no such program in $PATH".to_owned()),
        _ => (126, plain_io(error)),
    };
    let failure = Error::new(Kind::NotRun(kind), format!("cannot run {program}")).because(why);
    match error.kind() {
        // A whole command line in quotes.
        _ if program.contains(char::is_whitespace) => {
            failure.try_next(format!("run the line in a shell: -- sh -c {}", shell::quote(program)))
        }
        std::io::ErrorKind::PermissionDenied => failure.try_next(format!("chmod +x {program}")),
        _ => failure,
    }
}

/// Waits for the child, and forwards signals to it. Returns whether there was one that ends programs.
#[cfg(unix)]
async fn wait(child: &mut Child, signals: &mut Signals) -> (std::io::Result<ExitStatus>, bool) {
    let mut signalled = false;
    loop {
        let signal = tokio::select! {
            status = child.wait() => return (status, signalled),
            signal = signals.next() => signal,
        };
        signalled |= Signals::ends_programs(signal);
        if !Signals::terminal_delivers(signal) {
            send(child, signal);
        }
    }
}

#[cfg(not(unix))]
async fn wait(child: &mut Child, _: &mut Signals) -> (std::io::Result<ExitStatus>, bool) {
    (child.wait().await, false)
}

#[cfg(unix)]
fn send(child: &Child, signal: rustix::process::Signal) {
    let pid = child.id().and_then(|pid| i32::try_from(pid).ok()).and_then(rustix::process::Pid::from_raw);
    if let Some(pid) = pid {
        // The child may have ended just now.
        let _ = rustix::process::kill_process(pid, signal);
    }
}

#[cfg(unix)]
#[expect(clippy::unnecessary_wraps, reason = "elsewhere it can fail")]
fn ask_to_end(child: &mut Child) -> std::io::Result<()> {
    send(child, rustix::process::Signal::TERM);
    Ok(())
}

#[cfg(not(unix))]
fn ask_to_end(child: &mut Child) -> std::io::Result<()> {
    child.start_kill()
}

#[cfg(unix)]
fn exit_code(status: ExitStatus) -> u8 {
    use std::os::unix::process::ExitStatusExt;
    let code = status.code().or_else(|| status.signal().map(|signal| 128 + signal));
    u8::try_from(code.unwrap_or(1)).unwrap_or(1)
}

#[cfg(not(unix))]
fn exit_code(status: ExitStatus) -> u8 {
    u8::try_from(status.code().unwrap_or(1)).unwrap_or(1)
}
