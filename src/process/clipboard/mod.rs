//! The clipboard: through the desktop's tool, else through the terminal (OSC 52), and over SSH always through the terminal.
//! Values go to a tool on its standard input, since other users can see its arguments.

mod tool;

use std::io::{Read, Write};
use std::process::{Command, Stdio};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};

use self::tool::TOOLS;
pub(crate) use self::tool::Tool;
use crate::env_vars;
use crate::error::{Error, Result, plain_io};
use crate::host::{Host, memory};
use crate::secret::Secret;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Clipboard {
    Tool(&'static Tool),
    /// The terminal's clipboard, which may be on another machine.
    Terminal,
}

/// What the most limited terminals take (hterm, older tmux).
const LONGEST_FOR_TERMINALS: usize = 56_000;

impl Clipboard {
    /// The clipboard of the user's own machine. Over SSH the tools here would use that of the remote machine.
    pub(crate) fn find(host: &Host) -> Option<Clipboard> {
        let remote = host.env(env_vars::SSH_CONNECTION).or_else(|| host.env(env_vars::SSH_TTY)).is_some();
        let usable = |tool: &&'static Tool| {
            tool.needs.is_none_or(|needed| host.env(needed).is_some()) && is_in_path(host, tool.name)
        };
        let tool = TOOLS.iter().find(usable).filter(|_| !remote);
        tool.map(Clipboard::Tool).or_else(|| host.terminals.stderr.then_some(Clipboard::Terminal))
    }

    /// Fails when the tool does, or when the value is too long for a terminal.
    pub(crate) fn copy(self, value: &Secret<Vec<u8>>) -> Result<()> {
        match self {
            Clipboard::Tool(tool) => tool.run(tool.copy, &tool.encoded(value)),
            Clipboard::Terminal if value.expose().len() > LONGEST_FOR_TERMINALS => {
                Err(Error::failure("the value is too long for a terminal's clipboard")
                    .because(format!(
                        "many terminals take no more than {LONGEST_FOR_TERMINALS} bytes and drop the rest"
                    ))
                    .try_next("nsaccess secrets get NAME --out FILE"))
            }
            Clipboard::Terminal => {
                let sequence = Secret::new(format!("\x1b]52;c;{}\x07", STANDARD.encode(value.expose())));
                let mut screen = std::io::stderr().lock();
                let written = screen.write_all(sequence.expose().as_bytes()).and_then(|()| screen.flush());
                written.map_err(|error| Error::failure("cannot write to the terminal").because(plain_io(&error)))
            }
        }
    }

    /// Starts a process that clears the clipboard after a time, if it then still holds this value.
    pub(crate) fn clear_later(self, host: &Host, value: &Secret<Vec<u8>>, after: Duration) -> Result<()> {
        let Clipboard::Tool(tool) = self else { return Ok(()) };
        let salt = host.random::<16>();
        let job = format!("{}\n{}\n{}\n{}\n", tool.name, after.as_secs(), hex(&salt), hash(&salt, value.expose()));
        let fail = |error: std::io::Error| Error::failure("cannot start nsaccess again").because(plain_io(&error));
        let mut command = Command::new(host.own_command());
        command.args(["secrets", "clear-clipboard"]).current_dir(if cfg!(windows) { "." } else { "/" });
        command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
        let mut child = memory::with_original_limits(|| command.spawn()).map_err(fail)?;
        match child.stdin.take() {
            Some(mut stdin) => stdin.write_all(job.as_bytes()).map_err(fail),
            None => Ok(()),
        }
    }
}

/// The process that [`Clipboard::clear_later`] starts. It reads from standard input what to do.
pub(crate) fn clear_after_delay() -> Result<()> {
    // Leave the terminal, so that neither Ctrl-C nor its end stops us.
    #[cfg(unix)]
    let _ = rustix::process::setsid();
    let mut job = String::new();
    let malformed = || Error::usage("this is run by nsaccess itself").try_next("nsaccess secrets get NAME --copy");
    std::io::stdin().take(1024).read_to_string(&mut job).map_err(|_| malformed())?;
    let mut lines = job.lines();
    let tool = lines.next().and_then(|name| TOOLS.iter().find(|tool| tool.name == name)).ok_or_else(malformed)?;
    let after = lines.next().and_then(|seconds| seconds.parse().ok()).map(Duration::from_secs).ok_or_else(malformed)?;
    let (Some(salt), Some(expected)) = (lines.next().and_then(unhex), lines.next()) else { return Err(malformed()) };
    std::thread::sleep(after);
    let held = tool.paste()?;
    let without_end = held.expose().strip_suffix(b"\n").map(|text| text.strip_suffix(b"\r").unwrap_or(text));
    let is_ours = |bytes: &[u8]| hash(&salt, bytes) == expected;
    if is_ours(held.expose()) || without_end.is_some_and(is_ours) {
        tool.run(tool.clear, &Secret::new(Vec::new()))?;
    }
    Ok(())
}

fn is_in_path(host: &Host, name: &str) -> bool {
    let folders = host.env("PATH").map(std::env::split_paths).into_iter().flatten();
    folders.map(|folder| folder.join(name)).any(|program| program.is_file())
}

fn hash(salt: &[u8], value: &[u8]) -> String {
    hex(&Sha256::new().chain_update(salt).chain_update(value).finalize())
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let digits = |at: usize| text.get(at..at + 2).and_then(|digits| u8::from_str_radix(digits, 16).ok());
    (0..text.len()).step_by(2).map(digits).collect()
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use jiff::Timestamp;

    use super::*;

    fn found(folder: &Path, env: &[(&str, &str)], terminal: bool) -> Option<&'static str> {
        let path = folder.display().to_string();
        let env: Vec<(&str, &str)> = env.iter().copied().chain([("PATH", path.as_str())]).collect();
        let mut host = Host::for_test(folder, &env, Timestamp::UNIX_EPOCH);
        host.terminals.stderr = terminal;
        Clipboard::find(&host).map(|clipboard| match clipboard {
            Clipboard::Tool(tool) => tool.name,
            Clipboard::Terminal => "terminal",
        })
    }

    #[test]
    #[expect(clippy::disallowed_methods, reason = "a test's own files")]
    fn the_clipboard_is_on_the_users_own_machine() {
        let folder = tempfile::tempdir().expect("a folder");
        let here = folder.path();
        assert_eq!(found(here, &[], false), None);
        assert_eq!(found(here, &[], true), Some("terminal"));
        for name in ["wl-copy", "xclip", "xsel"] {
            std::fs::write(here.join(name), "").expect("written");
        }
        assert_eq!(found(here, &[], true), Some("terminal"), "no display");
        assert_eq!(found(here, &[("DISPLAY", ":0")], true), Some("xclip"));
        assert_eq!(found(here, &[("DISPLAY", ":0"), ("WAYLAND_DISPLAY", "wayland-0")], false), Some("wl-copy"));
        assert_eq!(found(here, &[("DISPLAY", ":0"), ("SSH_CONNECTION", "a b")], true), Some("terminal"));
        assert_eq!(found(here, &[("DISPLAY", ":0"), ("SSH_TTY", "/dev/pts/1")], false), None);
        std::fs::write(here.join("clip.exe"), "").expect("written");
        assert_eq!(found(here, &[], false), Some("clip.exe"));
    }

    #[test]
    fn hashes_are_salted_and_hexadecimal_round_trips() {
        assert_ne!(hash(b"a", b"x"), hash(b"b", b"x"));
        assert_eq!(unhex(&hex(&[0, 255, 16])), Some(vec![0, 255, 16]));
        assert_eq!((unhex("0"), unhex("zz"), unhex("ää")), (None, None, None));
    }
}
