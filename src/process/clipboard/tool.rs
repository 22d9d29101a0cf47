//! The programs that copy and paste.

use std::io::Write;
use std::process::{Command, Stdio};

use crate::env_vars;
use crate::error::{Error, Result, plain_io};
use crate::host::memory;
use crate::secret::Secret;

/// A program that reads and writes a clipboard.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Tool {
    /// The program to look for in `$PATH`.
    pub(crate) name: &'static str,
    /// The variable without which it cannot work.
    pub(super) needs: Option<&'static str>,
    pub(super) copy: &'static [&'static str],
    paste: &'static [&'static str],
    pub(super) clear: &'static [&'static str],
}

pub(super) const TOOLS: [Tool; 5] = [
    Tool {
        name: "wl-copy",
        needs: Some(env_vars::WAYLAND_DISPLAY),
        copy: &["wl-copy"],
        paste: &["wl-paste", "--no-newline"],
        clear: &["wl-copy", "--clear"],
    },
    Tool {
        name: "xclip",
        needs: Some(env_vars::DISPLAY),
        copy: &["xclip", "-selection", "clipboard", "-in"],
        paste: &["xclip", "-selection", "clipboard", "-out"],
        clear: &["xclip", "-selection", "clipboard", "-in"],
    },
    Tool {
        name: "xsel",
        needs: Some(env_vars::DISPLAY),
        copy: &["xsel", "--clipboard", "--input"],
        paste: &["xsel", "--clipboard", "--output"],
        clear: &["xsel", "--clipboard", "--clear"],
    },
    Tool { name: "pbcopy", needs: None, copy: &["pbcopy"], paste: &["pbpaste"], clear: &["pbcopy"] },
    Tool {
        name: "clip.exe",
        needs: None,
        copy: &["clip.exe"],
        paste: &[
            "powershell.exe",
            "-NoProfile",
            "-NonInteractive",
            "-Command",
            "[Console]::OutputEncoding=[Text.Encoding]::UTF8; Get-Clipboard -Raw",
        ],
        clear: &["clip.exe"],
    },
];

impl Tool {
    /// Runs one of its commands with this on standard input. Its output is discarded: a tool that stays in the background
    /// keeps its streams open, and reading them would never end.
    pub(super) fn run(&self, words: &[&str], input: &Secret<Vec<u8>>) -> Result<()> {
        let fail = |why: String| {
            Error::failure(format!("{} does not accept the value", self.name))
                .because(why)
                .try_next("nsaccess secrets get NAME --out FILE")
        };
        let io = |error: std::io::Error| fail(plain_io(&error));
        let start = || command(words).stdin(Stdio::piped()).stdout(Stdio::null()).spawn();
        let mut child = memory::with_original_limits(start).map_err(io)?;
        if let Some(mut stdin) = child.stdin.take() {
            stdin.write_all(input.expose()).map_err(io)?;
        }
        let status = child.wait().map_err(io)?;
        if status.success() { Ok(()) } else { Err(fail(format!("it ended with {status}"))) }
    }

    pub(super) fn paste(&self) -> Result<Secret<Vec<u8>>> {
        let output = command(self.paste).stdin(Stdio::null()).output();
        let output = output.map_err(|error| Error::failure("cannot read the clipboard").because(plain_io(&error)))?;
        Ok(Secret::new(output.stdout))
    }

    /// clip.exe expects the console's code page or UTF-16.
    pub(super) fn encoded(&self, value: &Secret<Vec<u8>>) -> Secret<Vec<u8>> {
        let text = std::str::from_utf8(value.expose()).unwrap_or_default();
        if self.name != "clip.exe" || text.is_ascii() {
            return value.clone();
        }
        Secret::new(text.encode_utf16().flat_map(u16::to_le_bytes).collect())
    }
}

fn command(words: &[&str]) -> Command {
    let (program, words) = words.split_first().expect("every tool has its commands");
    let mut command = Command::new(program);
    command.args(words).stderr(Stdio::null());
    command
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_for_windows_is_utf_16_unless_it_is_ascii() {
        let windows = TOOLS.iter().find(|tool| tool.name == "clip.exe").expect("the tool");
        let encoded = |text: &str| windows.encoded(&Secret::new(text.as_bytes().to_vec())).expose().clone();
        assert_eq!(encoded("abc"), b"abc");
        assert_eq!(encoded("ä"), [0xe4, 0]);
    }
}
