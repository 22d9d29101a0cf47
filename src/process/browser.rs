//! Opens pages in the user's browser. An address from a server is checked first: it could be a file or a flag.

use std::fmt;
use std::process::{Command, Stdio};

use crate::env_vars;
use crate::host::{Host, memory};

pub(crate) trait Browser: fmt::Debug {
    /// Why no browser should be opened here, if there is a reason.
    fn obstacle(&self) -> Option<&'static str>;

    /// Opens a page without waiting for the browser. Fails if the address is not a page ([`is_page`]).
    fn open(&self, url: &str) -> std::io::Result<()>;
}

/// The browser of this desktop, or the one that `$BROWSER` names.
#[derive(Debug)]
pub(crate) struct DesktopBrowser {
    host: Host,
}

impl DesktopBrowser {
    pub(crate) fn new(host: &Host) -> Self {
        DesktopBrowser { host: host.clone() }
    }
}

impl Browser for DesktopBrowser {
    /// Over SSH without a display, a browser would open in the terminal or on the wrong machine. `$BROWSER` overrides
    /// this.
    fn obstacle(&self) -> Option<&'static str> {
        if self.host.env(env_vars::BROWSER).is_some() {
            return None;
        }
        let display = self.host.env(env_vars::DISPLAY).or_else(|| self.host.env(env_vars::WAYLAND_DISPLAY)).is_some();
        let remote = self.host.env(env_vars::SSH_CONNECTION).or_else(|| self.host.env(env_vars::SSH_TTY)).is_some();
        let needs_display = !cfg!(any(windows, target_os = "macos"));
        match (display, remote) {
            (false, true) => Some("this is an SSH session without a display"),
            (false, false) if needs_display => Some("there is no display"),
            _ => None,
        }
    }

    /// The output of the browser is discarded: on our standard output it would break what kubectl reads there.
    fn open(&self, url: &str) -> std::io::Result<()> {
        if !is_page(url) {
            return Err(std::io::Error::other("the address is neither https nor on this machine"));
        }
        let mut last = std::io::Error::from(std::io::ErrorKind::NotFound);
        for mut launcher in self.launchers(url) {
            launcher.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
            match memory::with_original_limits(|| launcher.spawn()) {
                Ok(_) => return Ok(()),
                Err(error) => last = error,
            }
        }
        Err(last)
    }
}

impl DesktopBrowser {
    fn launchers(&self, url: &str) -> Vec<Command> {
        if let Some(list) = self.host.env(env_vars::BROWSER) {
            return entries(list).into_iter().filter_map(|entry| browser_command(entry, url)).collect();
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

/// The entries of `$BROWSER`.
pub(crate) fn entries(list: &str) -> Vec<&str> {
    list.split(if cfg!(windows) { ';' } else { ':' }).collect()
}

/// Whether this is an https address, or an http address of this machine. Browser launchers take other words for flags,
/// files or programs.
pub(crate) fn is_page(url: &str) -> bool {
    let is_plain = |text: &str| text.chars().all(|letter| letter.is_ascii_graphic());
    let (scheme, rest) = url.split_once("://").unwrap_or_default();
    let authority = rest.split(['/', '?', '#', '\\']).next().unwrap_or_default();
    let host = match authority.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or_default(),
        None => authority.split(':').next().unwrap_or_default(),
    };
    let is_here = || host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback());
    // `https://trusted@evil` leads to `evil`.
    let names_a_host = !host.is_empty() && !authority.contains('@');
    is_plain(url)
        && names_a_host
        && (scheme.eq_ignore_ascii_case("https") || (scheme.eq_ignore_ascii_case("http") && is_here()))
}

/// The command for an entry of `$BROWSER`, with the address in place of `%s` or at the end.
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
    use std::path::Path;

    use jiff::Timestamp;

    use super::*;

    fn browser(env: &[(&str, &str)]) -> DesktopBrowser {
        DesktopBrowser::new(&Host::for_test(Path::new("/home/ada"), env, Timestamp::UNIX_EPOCH))
    }

    #[test]
    fn no_browser_over_ssh_unless_the_user_named_one() {
        assert!(browser(&[("SSH_TTY", "/dev/pts/1")]).obstacle().is_some());
        assert!(browser(&[("SSH_TTY", "/dev/pts/1"), ("BROWSER", "w3m")]).obstacle().is_none());
        assert!(browser(&[("SSH_TTY", "/dev/pts/1"), ("DISPLAY", ":0")]).obstacle().is_none());
    }

    #[test]
    fn a_browser_entry_gets_the_address() {
        let shown = |entry| format!("{:?}", browser_command(entry, "https://x").expect("a command"));
        assert_eq!(shown("firefox --new-tab"), r#""firefox" "--new-tab" "https://x""#);
        assert_eq!(shown("open-it --url=%s -q"), r#""open-it" "--url=https://x" "-q""#);
    }

    #[test]
    fn pages_are_https_or_of_this_machine() {
        for page in [
            "https://corp.awsapps.com/start/#/device?user_code=ABCD-EFGH",
            "HTTPS://device.sso.eu-west-1.amazonaws.com:443/",
            "http://127.0.0.1:8080/x",
            "http://localhost:8080/",
            "http://[::1]:8080/",
        ] {
            assert!(is_page(page), "{page}");
        }
        for other in [
            "",
            "--flag",
            "https://",
            "https:///etc/passwd",
            "file:///etc/passwd",
            "javascript:alert(1)",
            "http://corp.awsapps.com/start",
            "http://127.0.0.1@evil.example/",
            "https://corp.awsapps.com@evil.example/",
            "http://127.0.0.1.evil.example/",
            "http://localhost.evil.example/",
            "https://x/ --flag",
            "https://x/\n",
            "https://x/\u{202e}",
            "x-scheme://y",
        ] {
            assert!(!is_page(other), "{other:?}");
        }
    }

    #[test]
    fn only_pages_are_opened() {
        let browser = browser(&[("BROWSER", "/nowhere/browser")]);
        assert!(browser.open("file:///etc/passwd").expect_err("refused").to_string().contains("https"));
        let not_there = browser.open("https://x").expect_err("there is no such browser").kind();
        assert_eq!(not_there, std::io::ErrorKind::NotFound);
    }
}
