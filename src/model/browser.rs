//! Browsers whose profile a command line can choose: which one to start, and with which arguments.

use std::ffi::OsString;
use std::path::Path;

/// Browsers that take the same arguments.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Family {
    Chromium,
    Firefox,
}

/// A browser that we know how to start.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Browser {
    /// The program's file name.
    pub(crate) program: &'static str,
    /// The application's name on macOS.
    pub(crate) application: Option<&'static str>,
    family: Family,
}

const fn browser(program: &'static str, application: Option<&'static str>, family: Family) -> Browser {
    Browser { program, application, family }
}

/// The browsers that we know, the most likely one first.
pub(crate) const BROWSERS: &[Browser] = &[
    browser("google-chrome", Some("Google Chrome"), Family::Chromium),
    browser("google-chrome-stable", None, Family::Chromium),
    browser("chromium", Some("Chromium"), Family::Chromium),
    browser("chromium-browser", None, Family::Chromium),
    browser("firefox", Some("Firefox"), Family::Firefox),
    browser("firefox-esr", None, Family::Firefox),
    browser("microsoft-edge", Some("Microsoft Edge"), Family::Chromium),
    browser("microsoft-edge-stable", None, Family::Chromium),
    browser("brave-browser", Some("Brave Browser"), Family::Chromium),
    browser("brave-browser-stable", None, Family::Chromium),
    browser("brave", None, Family::Chromium),
    browser("vivaldi", Some("Vivaldi"), Family::Chromium),
    browser("vivaldi-stable", None, Family::Chromium),
    browser("librewolf", Some("LibreWolf"), Family::Firefox),
];

/// What is known of a program on this machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Availability {
    Ready,
    Missing,
    /// It is a snap, which sees no hidden folder of the home folder.
    Snap,
}

/// The browser to start.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Choice {
    pub(crate) browser: &'static Browser,
    /// As it was named: a file name, or a path.
    pub(crate) program: String,
    /// What `$BROWSER` adds.
    pub(crate) arguments: Vec<String>,
}

/// Why there is none to start.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum NoChoice {
    /// `$BROWSER` names another program.
    NotKnown(String),
    /// The program that `$BROWSER` names is not there.
    NotThere(String),
    /// This one is a snap, and there is no other.
    Snap(String),
    /// None is installed.
    None,
}

/// Chooses among the entries of `$BROWSER`; without it, the desktop's own browser, else the first that is installed.
/// `desktop` names the desktop's entry for it, such as `google-chrome.desktop`.
pub(crate) fn choose(
    entries: Option<&[&str]>,
    desktop: Option<&str>,
    availability: impl Fn(&str) -> Availability,
) -> Result<Choice, NoChoice> {
    match entries {
        Some(entries) => {
            let mut choices = entries.iter().filter_map(|entry| of_entry(entry, &availability)).collect::<Vec<_>>();
            match choices.iter().position(Result::is_ok) {
                Some(position) => choices.swap_remove(position),
                None => choices.into_iter().next().unwrap_or(Err(NoChoice::None)),
            }
        }
        None => installed(desktop.and_then(of_desktop_entry), availability),
    }
}

/// The browser that an entry of `$BROWSER` means. `None`: the entry is empty.
fn of_entry(entry: &str, availability: impl Fn(&str) -> Availability) -> Option<Result<Choice, NoChoice>> {
    let mut words = entry.split_whitespace().map(str::to_owned);
    let program = words.next()?;
    let Some(browser) = known(&program) else { return Some(Err(NoChoice::NotKnown(program))) };
    Some(match availability(&program) {
        // The address has a place of its own.
        Availability::Ready => {
            Ok(Choice { browser, program, arguments: words.filter(|word| !word.contains("%s")).collect() })
        }
        Availability::Missing => Err(NoChoice::NotThere(program)),
        Availability::Snap => Err(NoChoice::Snap(program)),
    })
}

fn installed(first: Option<&'static Browser>, availability: impl Fn(&str) -> Availability) -> Result<Choice, NoChoice> {
    let mut snap = None;
    for browser in first.into_iter().chain(BROWSERS) {
        match availability(browser.program) {
            Availability::Ready => {
                return Ok(Choice { browser, program: browser.program.to_owned(), arguments: Vec::new() });
            }
            Availability::Snap => snap = snap.or(Some(browser.program)),
            Availability::Missing => {}
        }
    }
    Err(snap.map_or(NoChoice::None, |program| NoChoice::Snap(program.to_owned())))
}

/// The browser whose program this is.
fn known(program: &str) -> Option<&'static Browser> {
    let name = program.rsplit('/').next().unwrap_or(program);
    BROWSERS.iter().find(|browser| browser.program == name)
}

/// The browser of a desktop's entry: `firefox.desktop`, of a snap `firefox_firefox.desktop`, of Fedora
/// `org.mozilla.firefox.desktop`.
fn of_desktop_entry(entry: &str) -> Option<&'static Browser> {
    let name = entry.trim().strip_suffix(".desktop")?;
    known(name).or_else(|| known(name.rsplit(['.', '_']).next()?))
}

/// The arguments with which a browser opens a page in the profile of a folder. A Firefox that runs with this profile opens
/// the page itself; `--new-instance` would make it an error, and `--no-remote` is gone from new ones.
pub(crate) fn arguments(choice: &Choice, folder: &Path, url: &str) -> Vec<OsString> {
    let mut arguments: Vec<OsString> = choice.arguments.iter().map(OsString::from).collect();
    match choice.browser.family {
        Family::Chromium => {
            let mut option = OsString::from("--user-data-dir=");
            option.push(folder);
            arguments.extend([option, "--no-first-run".into(), "--no-default-browser-check".into(), url.into()]);
        }
        Family::Firefox => arguments.extend(["--profile".into(), folder.into(), url.into()]),
    }
    arguments
}

/// The links in a profile's folder by which an open browser keeps others out: Chromium's and Firefox's.
pub(crate) const LOCKS: [&str; 2] = ["SingletonLock", "lock"];

/// The process that a lock names: `HOST-PID` in Chromium, `ADDRESS:+PID` in Firefox.
pub(crate) fn lock_holder(lock: &str) -> Option<i32> {
    let (_, pid) = lock.rsplit_once(":+").or_else(|| lock.rsplit_once('-'))?;
    pid.parse().ok().filter(|pid| *pid > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lock_names_the_process_of_a_browser() {
        for (lock, holder) in [
            ("my-laptop-4711", Some(4711)),
            ("127.0.1.1:+4711", Some(4711)),
            ("::1:+4711", Some(4711)),
            ("my-laptop-0", None),
            ("my-laptop-99999999999", None),
            ("laptop", None),
            ("/elsewhere", None),
        ] {
            assert_eq!(lock_holder(lock), holder, "{lock}");
        }
    }

    /// Which program is started, with which arguments.
    fn started(variable: Option<&str>, desktop: Option<&str>, there: &[&str]) -> Result<String, NoChoice> {
        let entries: Option<Vec<&str>> = variable.map(|list| list.split(':').collect());
        let availability = |program: &str| match program {
            _ if there.contains(&program) => Availability::Ready,
            _ if there.contains(&format!("snap/{program}").as_str()) => Availability::Snap,
            _ => Availability::Missing,
        };
        let choice = choose(entries.as_deref(), desktop, availability)?;
        let arguments = arguments(&choice, Path::new("/p"), "https://x");
        let words: Vec<String> = arguments.into_iter().map(|word| word.into_string().expect("text")).collect();
        Ok(format!("{} {}", choice.program, words.join(" ")))
    }

    const CHROMIUM: &str = "--user-data-dir=/p --no-first-run --no-default-browser-check https://x";

    #[test]
    fn the_variable_decides_then_the_desktop_then_what_is_installed() {
        let all = ["google-chrome", "firefox", "brave-browser", "/opt/bin/chromium"];
        for (variable, desktop, command) in [
            (Some("firefox"), Some("google-chrome.desktop"), "firefox --profile /p https://x".to_owned()),
            (Some("/opt/bin/chromium"), None, format!("/opt/bin/chromium {CHROMIUM}")),
            (Some("brave-browser --incognito %s"), None, format!("brave-browser --incognito {CHROMIUM}")),
            (Some("w3m: :vivaldi:firefox"), None, "firefox --profile /p https://x".to_owned()),
            (None, Some("firefox.desktop\n"), "firefox --profile /p https://x".to_owned()),
            (None, Some("org.mozilla.firefox.desktop"), "firefox --profile /p https://x".to_owned()),
            (None, Some("firefox_firefox.desktop"), "firefox --profile /p https://x".to_owned()),
            // Neither known nor installed.
            (None, Some("org.gnome.Epiphany.desktop"), format!("google-chrome {CHROMIUM}")),
            (None, Some("chromium.desktop"), format!("google-chrome {CHROMIUM}")),
            (None, None, format!("google-chrome {CHROMIUM}")),
        ] {
            assert_eq!(started(variable, desktop, &all), Ok(command), "{variable:?} {desktop:?}");
        }
    }

    #[test]
    fn what_cannot_be_started_is_named() {
        let none = |variable, there: &[&str]| started(variable, None, there).expect_err("none");
        assert_eq!(none(Some("/usr/bin/w3m %s:firefox"), &[]), NoChoice::NotKnown("/usr/bin/w3m".to_owned()));
        // The person chose: another browser is not started in its place.
        assert_eq!(none(Some("firefox"), &["google-chrome"]), NoChoice::NotThere("firefox".to_owned()));
        assert_eq!(none(Some(" "), &["google-chrome"]), NoChoice::None);
        assert_eq!(none(None, &["w3m"]), NoChoice::None);
        let snaps = ["snap/firefox", "snap/chromium"];
        assert_eq!(none(None, &snaps), NoChoice::Snap("chromium".to_owned()));
        assert_eq!(none(Some("firefox"), &snaps), NoChoice::Snap("firefox".to_owned()));
        let beside = started(None, Some("firefox_firefox.desktop"), &["snap/firefox", "brave"]);
        assert_eq!(beside, Ok(format!("brave {CHROMIUM}")));
    }
}
