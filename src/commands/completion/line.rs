//! The line that a person types, as its shell hands it over.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{ArgMatches, Command};

/// The words behind the program's name, the last of which is being typed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Line {
    words: Vec<String>,
    /// How many bytes of the current word the shell keeps: bash replaces only what follows the last `=` or `:`.
    kept: usize,
}

/// What is known of a line before its end.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Meaning {
    /// `-n`, or the argument of this name.
    pub(super) namespace: Option<String>,
    /// `--kubeconfig`.
    pub(super) kubeconfig: Option<PathBuf>,
    /// The first target.
    pub(super) target: Option<String>,
}

impl Line {
    /// Reads what stands behind `__complete`: `bash LINE PIECE` with the line up to the cursor and the piece of its last word
    /// that bash replaces; `SHELL COUNT -- WORD…` with the number of words before the current one, which may be missing if
    /// it is empty.
    pub(super) fn read(arguments: &[OsString]) -> Option<Self> {
        let arguments: Vec<&str> = arguments.iter().map(|word| word.to_str()).collect::<Option<_>>()?;
        match arguments.as_slice() {
            ["bash", line, piece] => {
                let mut words = split(line);
                let program = words.iter().position(|word| word.ends_with("nsaccess")).unwrap_or(0);
                words.drain(..=program.min(words.len().checked_sub(1)?));
                let kept = words.last()?.strip_suffix(piece).map_or(0, str::len);
                Some(Line { words, kept })
            }
            [_, count, "--", words @ ..] => {
                let count: usize = count.parse().ok()?;
                let mut words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
                words.resize(count + 1, String::new());
                Some(Line { words, kept: 0 })
            }
            _ => None,
        }
    }

    /// The word that is being typed.
    pub(super) fn current(&self) -> &str {
        self.words.last().map(String::as_str).unwrap_or_default()
    }

    /// All words, the program's name first.
    pub(super) fn arguments(&self) -> Vec<OsString> {
        std::iter::once("nsaccess").chain(self.words.iter().map(String::as_str)).map(OsString::from).collect()
    }

    /// A candidate as the shell wants it.
    pub(super) fn as_typed<'a>(&self, candidate: &'a str) -> Option<&'a str> {
        candidate.get(self.kept..)
    }

    /// What the words before the current one say, as far as they can be understood.
    pub(super) fn meaning(&self, command: &Command) -> Meaning {
        let mut before = self.arguments();
        before.pop();
        // A flag whose value is being typed has none yet.
        if before.last().and_then(|word| word.to_str()).is_some_and(|word| word.starts_with('-')) {
            before.pop();
        }
        let command = command.clone().ignore_errors(true).arg_required_else_help(false);
        let Ok(matches) = command.try_get_matches_from(before) else { return Meaning::default() };
        let mut meaning = Meaning::default();
        let mut level = Some(&matches);
        while let Some(matches) = level {
            let text = |id: &str| texts(matches, id).into_iter().next();
            meaning.namespace = text("namespace_flag").or_else(|| text("namespace")).or(meaning.namespace);
            meaning.target = text("targets").or_else(|| text("target")).or(meaning.target);
            let file = matches.try_get_one::<PathBuf>("kubeconfig").ok().flatten();
            meaning.kubeconfig = file.cloned().or(meaning.kubeconfig);
            level = matches.subcommand().map(|(_, below)| below);
        }
        meaning
    }
}

/// The words of a line as bash splits them. The last is the one at the end of the line; a quote may still be open there.
fn split(line: &str) -> Vec<String> {
    let (mut words, mut word, mut quote, mut letters) = (Vec::new(), String::new(), None, line.chars());
    while let Some(letter) = letters.next() {
        match (quote, letter) {
            (Some('\''), letter) if letter != '\'' => word.push(letter),
            (_, '\\') => word.extend(letters.next()),
            (Some(open), letter) if letter == open => quote = None,
            (None, '\'' | '"') => quote = Some(letter),
            (None, letter) if letter.is_whitespace() => {
                if !word.is_empty() {
                    words.push(std::mem::take(&mut word));
                }
            }
            (_, letter) => word.push(letter),
        }
    }
    words.push(word);
    words
}

fn texts(matches: &ArgMatches, id: &str) -> Vec<String> {
    let found = matches.try_get_many::<String>(id).ok().flatten();
    found.map(|found| found.cloned().collect()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use clap::{CommandFactory, Parser};

    use super::*;
    use crate::commands::Verb;
    use crate::commands::flags::GlobalArgs;

    #[derive(Debug, Parser)]
    struct Typed {
        #[command(flatten)]
        global: GlobalArgs,
        #[command(subcommand)]
        verb: Verb,
    }

    fn line(words: &[&str]) -> Option<Line> {
        Line::read(&words.iter().map(OsString::from).collect::<Vec<_>>())
    }

    #[test]
    fn bash_hands_over_a_line_and_the_piece_that_it_replaces() {
        let typed = line(&["bash", "nsaccess logs 'web-0' --container=ser", "ser"]).expect("a line");
        assert_eq!(typed.words, ["logs", "web-0", "--container=ser"]);
        assert_eq!(typed.as_typed("--container=servers"), Some("servers"));
        let begun = line(&["bash", "FOO=1 /opt/nsaccess logs ", ""]).expect("a line");
        assert_eq!((begun.words.as_slice(), begun.current()), (["logs".to_owned(), String::new()].as_slice(), ""));
        assert_eq!(line(&["bash", "", ""]), None);
    }

    #[test]
    fn others_hand_over_words() {
        let typed = line(&["fish", "1", "--", "logs", "we"]).expect("a line");
        assert_eq!(typed.words, ["logs", "we"]);
        let lost = line(&["powershell", "1", "--", "logs"]).expect("a line");
        assert_eq!((lost.words.len(), lost.current()), (2, ""));
        assert_eq!(line(&["zsh", "x", "--"]), None);
    }

    #[test]
    fn a_line_that_is_not_complete_has_a_meaning() {
        let meaning = |words: &[&str]| {
            let count = (words.len() - 1).to_string();
            let line = line(&[&["zsh", count.as_str(), "--"], words].concat()).expect("a line");
            line.meaning(&Typed::command())
        };
        let logs = meaning(&["logs", "-n", "idp-test", "web-0", "--tail", "3", "-c", ""]);
        assert_eq!((logs.namespace.as_deref(), logs.target.as_deref()), (Some("idp-test"), Some("web-0")));
        let exec = meaning(&["exec", "idp-dev", "--irsa", "we"]);
        assert_eq!(exec.namespace.as_deref(), Some("idp-dev"));
        let file = meaning(&["pods", "--kubeconfig", "x", "--no-such-flag", ""]);
        assert_eq!(file.kubeconfig, Some(PathBuf::from("x")));
        assert_eq!(meaning(&["secrets", "get", "-n", "a", ""]).namespace.as_deref(), Some("a"));
    }
}
