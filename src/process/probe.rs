//! Runs a program to see what it says, without a terminal and for a limited time.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt as _};
use tokio::process::{Child, Command};
use tokio::time::Instant;

use crate::error::plain_io;
use crate::host::{Host, memory};
use crate::secret::Secret;

/// More than anything that is read here.
const LARGEST: u64 = 256 << 10;

/// How a run ended.
#[derive(Debug)]
pub(crate) enum Ran {
    /// It could not be started: why.
    NotStarted(String),
    /// It was ended because its time was over.
    Late,
    Ended(Ended),
}

/// A run that came to its end.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) status: ExitStatus,
    pub(crate) stdout: Secret<Vec<u8>>,
    pub(crate) stderr: String,
    pub(crate) took: Duration,
}

/// Runs a program with these variables set, and ends it, with all that it started, when the time is over.
pub(crate) async fn run(
    program: &Path,
    arguments: &[String],
    variables: &BTreeMap<String, String>,
    limit: Duration,
) -> Ran {
    let mut command = Command::new(program);
    command.args(arguments).envs(variables).kill_on_drop(true);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    #[cfg(unix)]
    command.process_group(0);
    let start = Instant::now();
    let child = match memory::with_original_limits(|| command.spawn()) {
        Ok(child) => child,
        Err(error) => return Ran::NotStarted(plain_io(&error)),
    };
    let mut group = Group(child);
    match tokio::time::timeout(limit, finished(&mut group.0)).await {
        Err(_) => Ran::Late,
        Ok(Err(error)) => Ran::NotStarted(plain_io(&error)),
        Ok(Ok((status, stdout, stderr))) => {
            let stderr = String::from_utf8_lossy(&stderr).into_owned();
            Ran::Ended(Ended { status, stdout: Secret::new(stdout), stderr, took: start.elapsed() })
        }
    }
}

/// A child that is ended with all that it started.
struct Group(Child);

impl Drop for Group {
    fn drop(&mut self) {
        #[cfg(unix)]
        // No number: it has ended, and was waited for.
        if let Some(group) = self.0.id().and_then(|id| i32::try_from(id).ok()).and_then(rustix::process::Pid::from_raw)
        {
            let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
        }
    }
}

async fn finished(child: &mut Child) -> std::io::Result<(ExitStatus, Vec<u8>, Vec<u8>)> {
    let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
    let (stdout, stderr) = futures_util::future::join(read(stdout), read(stderr)).await;
    Ok((child.wait().await?, stdout, stderr))
}

async fn read(stream: Option<impl AsyncRead + Unpin>) -> Vec<u8> {
    let mut bytes = Vec::new();
    if let Some(mut stream) = stream {
        // What is more is thrown away, so that the program does not wait for us.
        let _ = (&mut stream).take(LARGEST).read_to_end(&mut bytes).await;
        let _ = tokio::io::copy(&mut stream, &mut tokio::io::sink()).await;
    }
    bytes
}

/// Where a program is, as kubectl finds it: in the folders of `PATH`, or from `base` on if its name has a slash. Like Go,
/// it runs nothing that a relative or empty entry of `PATH` leads to. `Err`: it is there and may not be run.
pub(crate) fn find(host: &Host, base: &Path, program: &str) -> Result<Option<PathBuf>, PathBuf> {
    let candidates: Vec<PathBuf> = match program.contains(std::path::is_separator) {
        true => vec![base.join(program)],
        false => {
            let folders = host.env("PATH").map(std::env::split_paths).into_iter().flatten();
            folders.map(|folder| folder.join(program)).collect()
        }
    };
    let at = |file: &PathBuf| host.current_dir.join(file);
    let endings = host.env("PATHEXT").or(Some(".COM;.EXE;.BAT;.CMD")).filter(|_| cfg!(windows));
    let files = candidates.into_iter().flat_map(|file| spellings(file, endings));
    let files: Vec<PathBuf> = files.filter(|file| at(file).is_file()).collect();
    match files.iter().find(|file| crate::process::child::is_executable(&at(file))) {
        Some(file) => Ok(file.is_absolute().then(|| file.clone())),
        None => files.into_iter().find(|file| file.is_absolute()).map_or(Ok(None), Err),
    }
}

/// The files that a program's name can stand for: with one of the endings, where those are left out.
fn spellings(file: PathBuf, endings: Option<&str>) -> Vec<PathBuf> {
    let Some(endings) = endings else { return vec![file] };
    let with = |ending: &str| {
        let mut name = file.clone().into_os_string();
        name.push(ending);
        PathBuf::from(name)
    };
    let complete = file.extension().map(|_| file.clone());
    complete.into_iter().chain(endings.split(';').filter(|ending| !ending.is_empty()).map(with)).collect()
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn a_program_s_ending_may_be_left_out_on_windows() {
        let spelled = |name: &str, endings| spellings(name.into(), endings);
        assert_eq!(spelled("bin/kubectl", None), [Path::new("bin/kubectl")]);
        assert_eq!(spelled("kubectl", Some(".EXE;.CMD;")), [Path::new("kubectl.EXE"), Path::new("kubectl.CMD")]);
        assert_eq!(spelled("aws.cmd", Some(".EXE")), [Path::new("aws.cmd"), Path::new("aws.cmd.EXE")]);
    }

    async fn sh(script: &str, limit: Duration) -> Ran {
        let variables = BTreeMap::from([("GREETING".to_owned(), "hello".to_owned())]);
        run(Path::new("/bin/sh"), &["-c".to_owned(), script.to_owned()], &variables, limit).await
    }

    #[test]
    #[expect(clippy::disallowed_methods, reason = "a test's own files")]
    fn a_program_is_found_as_kubectl_finds_it() {
        use std::os::unix::fs::PermissionsExt;
        let home = tempfile::tempdir().expect("a folder");
        let at = |name: &str| home.path().join(name);
        for name in ["bin/x", "conf/x", "x", "locked/y"] {
            std::fs::create_dir_all(at(name).parent().expect("a folder")).expect("a folder");
            std::fs::write(at(name), "#!/bin/sh\n").expect("written");
            let mode = if name == "locked/y" { 0o644 } else { 0o755 };
            std::fs::set_permissions(at(name), PermissionsExt::from_mode(mode)).expect("set");
        }
        let found = |path: &str, program: &str| {
            let path = path.replace('~', &home.path().display().to_string());
            let host = Host::for_test(home.path(), &[("PATH", &path)], jiff::Timestamp::UNIX_EPOCH);
            find(&host, &at("conf"), program)
        };
        assert_eq!(found("/nowhere:~/bin", "x"), Ok(Some(at("bin/x"))));
        // The current folder has one.
        for path in ["", "/nowhere:", ":/nowhere", ".", "bin", ":~/bin"] {
            assert_eq!(found(path, "x"), Ok(None), "{path}");
        }
        assert_eq!(found("locked:~/bin", "x"), Ok(Some(at("bin/x"))), "there is none in the first folder");
        assert_eq!(found("", "./x"), Ok(Some(at("conf/./x"))), "beside the kubeconfig");
        assert_eq!(found("", "../bin/x"), Ok(Some(at("conf/../bin/x"))));
        assert_eq!(found("", "./y"), Ok(None));
        assert_eq!(found("~/locked", "y"), Err(at("locked/y")));
    }

    #[tokio::test]
    async fn a_program_says_what_it_has_to_say_or_is_ended() {
        let limit = Duration::from_secs(60);
        let Ran::Ended(ended) = sh("echo $GREETING; echo oh >&2; cat; exit 3", limit).await else { panic!("no end") };
        assert_eq!(ended.stdout.expose(), b"hello\n");
        assert_eq!((ended.stderr.as_str(), ended.status.code()), ("oh\n", Some(3)));
        let much = sh("head -c 1000000 /dev/zero", limit).await;
        assert!(matches!(much, Ran::Ended(ended) if ended.stdout.expose().len() == 256 << 10));
        // The grandchild holds the streams too.
        assert!(matches!(sh("sleep 1000 & wait", Duration::from_millis(1)).await, Ran::Late));
        let none = run(Path::new("/nowhere/x"), &[], &BTreeMap::new(), limit).await;
        assert!(matches!(none, Ran::NotStarted(why) if why.contains("no such file")));
    }
}
