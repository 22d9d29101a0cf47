//! The clipboard: through the tool that the desktop has, else, and always over SSH, through the terminal (OSC 52). A
//! value goes to a tool by its standard input, never by its arguments: those are public.

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

/// Where something can be copied to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Clipboard {
    /// This program's.
    Tool(&'static Tool),
    /// The terminal's, which may be on another machine.
    Terminal,
}

/// xterm and its kin take more; of the others some stop here (hterm, older tmux).
const LONGEST_FOR_TERMINALS: usize = 56_000;

impl Clipboard {
    /// The clipboard that the person at this terminal would call theirs. Over SSH the tools here talk to a machine that
    /// nobody sits at.
    pub(crate) fn find(host: &Host) -> Option<Clipboard> {
        let remote = host.env(env_vars::SSH_CONNECTION).or_else(|| host.env(env_vars::SSH_TTY)).is_some();
        let usable = |tool: &&'static Tool| {
            tool.needs.is_none_or(|needed| host.env(needed).is_some()) && is_in_path(host, tool.name)
        };
        let tool = TOOLS.iter().find(usable).filter(|_| !remote);
        tool.map(Clipboard::Tool).or_else(|| host.terminals.stderr.then_some(Clipboard::Terminal))
    }

    /// Copies.
    ///
    /// # Errors
    /// When the tool fails, or a terminal would not take so much.
    pub(crate) fn copy(self, value: &Secret<Vec<u8>>) -> Result<()> {
        match self {
            Clipboard::Tool(tool) => tool.give(tool.copy, &tool.encoded(value)),
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

    /// Starts the process that clears the clipboard later, if it then still holds this value.
    ///
    /// # Errors
    /// When it cannot be started.
    pub(crate) fn clear_later(self, host: &Host, value: &Secret<Vec<u8>>, after: Duration) -> Result<()> {
        let Clipboard::Tool(tool) = self else { return Ok(()) };
        let salt = host.random::<16>();
        let order = format!("{}\n{}\n{}\n{}\n", tool.name, after.as_secs(), hex(&salt), hash(&salt, value.expose()));
        let fail = |error: std::io::Error| Error::failure("cannot start nsaccess once more").because(plain_io(&error));
        let mut command = Command::new(host.own_command());
        command.args(["secrets", "clear-clipboard"]).current_dir(if cfg!(windows) { "." } else { "/" });
        command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
        let mut child = memory::with_original_limits(|| command.spawn()).map_err(fail)?;
        match child.stdin.take() {
            Some(mut stdin) => stdin.write_all(order.as_bytes()).map_err(fail),
            None => Ok(()),
        }
    }
}

/// The other side of [`Clipboard::clear_later`]: reads its order from standard input, waits, looks, clears.
///
/// # Errors
/// When the order cannot be understood, or the tool fails.
pub(crate) fn clear_after_delay() -> Result<()> {
    // Away from the terminal: its end, and Ctrl-C on it, are no concern of ours any more.
    #[cfg(unix)]
    let _ = rustix::process::setsid();
    let mut order = String::new();
    let wrong = || Error::usage("this is run by nsaccess itself").try_next("nsaccess secrets get NAME --copy");
    std::io::stdin().take(1024).read_to_string(&mut order).map_err(|_| wrong())?;
    let mut lines = order.lines();
    let tool = lines.next().and_then(|name| TOOLS.iter().find(|tool| tool.name == name)).ok_or_else(wrong)?;
    let after = lines.next().and_then(|seconds| seconds.parse().ok()).map(Duration::from_secs).ok_or_else(wrong)?;
    let (Some(salt), Some(wanted)) = (lines.next().and_then(unhex), lines.next()) else { return Err(wrong()) };
    std::thread::sleep(after);
    let held = tool.take()?;
    let without_end = held.expose().strip_suffix(b"\n").map(|text| text.strip_suffix(b"\r").unwrap_or(text));
    let is_ours = |bytes: &[u8]| hash(&salt, bytes) == wanted;
    if is_ours(held.expose()) || without_end.is_some_and(is_ours) {
        tool.give(tool.clear, &Secret::new(Vec::new()))?;
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
        let mut host = Host::made(folder, &env, Timestamp::UNIX_EPOCH);
        host.terminals.stderr = terminal;
        Clipboard::find(&host).map(|clipboard| match clipboard {
            Clipboard::Tool(tool) => tool.name,
            Clipboard::Terminal => "terminal",
        })
    }

    #[test]
    #[expect(clippy::disallowed_methods, reason = "a test's own files")]
    fn the_clipboard_is_the_one_of_whoever_looks_at_the_screen() {
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
    fn hashes_are_salted_and_hexadecimal_goes_both_ways() {
        assert_ne!(hash(b"a", b"x"), hash(b"b", b"x"));
        assert_eq!(unhex(&hex(&[0, 255, 16])), Some(vec![0, 255, 16]));
        assert_eq!((unhex("0"), unhex("zz"), unhex("ää")), (None, None, None));
    }
}
