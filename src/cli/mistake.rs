//! What is said where arguments are not understood, or ask for a page.

use std::ffi::OsString;

use clap::CommandFactory as _;
use clap::builder::StyledStr;
use clap::error::{ContextKind, ContextValue};

use crate::error::{Error, Kind};
use crate::ui::Format;

/// A page, or a mistake in the arguments.
#[derive(Debug)]
pub(crate) struct Mistake {
    error: clap::Error,
    /// The format that the arguments ask for; they may go on after the mistake.
    format: Format,
    /// The command that shows the help of the verb, like `nsaccess pods --help`.
    help: String,
}

impl From<clap::Error> for Mistake {
    fn from(error: clap::Error) -> Self {
        Mistake { error, format: Format::Table, help: help_of(&[]) }
    }
}

impl Mistake {
    pub(super) fn of(error: clap::Error, arguments: &[OsString]) -> Self {
        Mistake { error: with_kubectl(error), format: asked_format(arguments), help: help_of(arguments) }
    }

    /// The mistake for a program, if one reads it.
    pub(crate) fn for_program(&self) -> Option<(Format, Error)> {
        let is_mistake = self.error.use_stderr();
        (is_mistake && self.format != Format::Table).then(|| (self.format, self.as_error()))
    }

    /// clap prints pages and the version to standard output, mistakes to standard error, in its own words. Returns the exit
    /// code.
    pub(crate) fn print(&self) -> u8 {
        let printed = self.error.print();
        match self.error.use_stderr() {
            true => Kind::Usage.exit_code(),
            false if printed.is_ok() => 0,
            false => Kind::BrokenPipe.exit_code(),
        }
    }

    fn as_error(&self) -> Error {
        let text = self.error.render().to_string();
        let mut paragraphs =
            text.split("\n\n").map(|paragraph| paragraph.split_whitespace().collect::<Vec<_>>().join(" "));
        let message = paragraphs.next().unwrap_or_default();
        let mut error = Error::usage(message.strip_prefix("error: ").unwrap_or(&message));
        for paragraph in paragraphs {
            if let Some(tip) = paragraph.strip_prefix("tip: ") {
                error = error.because(tip);
            } else if let Some(usage) = paragraph.strip_prefix("Usage: ") {
                error = error.because(format!("usage: {usage}"));
            }
        }
        error.try_next(self.help.as_str())
    }
}

/// The command that shows the help of the verb that the arguments name, as far as they name one.
pub(crate) fn help_of(arguments: &[OsString]) -> String {
    let mut verb = crate::cli::Cli::command();
    let mut path = vec![verb.get_name().to_owned()];
    for word in arguments.iter().skip(1).map_while(|word| word.to_str().filter(|word| *word != "--")) {
        if let Some(found) = verb.find_subcommand(word) {
            path.push(found.get_name().to_owned());
            verb = found.clone();
        } else if verb.get_subcommands().next().is_none() {
            break;
        }
    }
    format!("{} --help", path.join(" "))
}

/// What kubectl can do and nsaccess leaves to it.
const OF_KUBECTL: [&str; 12] =
    ["annotate", "apply", "attach", "cp", "create", "delete", "describe", "edit", "get", "label", "rollout", "scale"];

/// Flags of kubectl, and what does the same here.
const FLAGS_OF_KUBECTL: [(&str, &str); 4] = [
    ("--context", "each namespace has a context of its own: use -n NAMESPACE"),
    ("--all-namespaces", "commands work in one namespace: use -n NAMESPACE"),
    ("-A", "commands work in one namespace: use -n NAMESPACE"),
    ("--no-headers", "-o name prints names alone"),
];

/// The same mistake; a verb or a flag of kubectl is told to be one.
fn with_kubectl(mut error: clap::Error) -> clap::Error {
    let named = |kind| match error.get(kind) {
        Some(ContextValue::String(word)) => Some(word.as_str()),
        _ => None,
    };
    let verb = named(ContextKind::InvalidSubcommand).filter(|verb| OF_KUBECTL.contains(verb));
    let flag =
        named(ContextKind::InvalidArg).and_then(|flag| FLAGS_OF_KUBECTL.iter().find(|(known, _)| *known == flag));
    let tip = match (verb, flag) {
        (Some(verb), _) => format!("kubectl {verb} works with the context that nsaccess login sets up"),
        (None, Some((_, tip))) => (*tip).to_owned(),
        (None, None) => return error,
    };
    error.remove(ContextKind::SuggestedArg);
    error.insert(ContextKind::Suggested, ContextValue::StyledStrs(vec![StyledStr::from(tip)]));
    error
}

/// The last format before `--`, if it is one.
fn asked_format(arguments: &[OsString]) -> Format {
    let words = arguments.iter().map_while(|word| word.to_str().filter(|word| *word != "--"));
    let words: Vec<&str> = words.collect();
    let mut named = words.iter().enumerate().filter_map(|(place, word)| match *word {
        "-o" | "--output" => words.get(place + 1).copied(),
        word => word.strip_prefix("--output=").or_else(|| word.strip_prefix("-o").filter(|_| !word.starts_with("--"))),
    });
    match named.next_back().map(|name| name.trim_start_matches('=')) {
        Some("json") => Format::Json,
        Some("yaml") => Format::Yaml,
        _ => Format::Table,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mistake(line: &str) -> Mistake {
        let words: Vec<OsString> = line.split(' ').map(OsString::from).collect();
        crate::cli::Cli::read(&words).expect_err("a mistake")
    }

    #[test]
    fn a_program_reads_its_mistakes_in_its_format() {
        let (format, error) = mistake("nsaccess config set -o json").for_program().expect("for a program");
        assert_eq!(format, Format::Json);
        assert!(
            error.message.starts_with("the following required arguments were not provided: <"),
            "{}",
            error.message
        );
        assert!(error.because[0].starts_with("usage: nsaccess config set"), "{:?}", error.because);
        for line in ["nsaccess lgin -ojson", "nsaccess lgin --output=json", "nsaccess -o yaml lgin"] {
            assert!(mistake(line).for_program().is_some(), "{line}");
        }
    }

    #[test]
    fn a_mistake_names_the_help_of_its_verb() {
        for (line, help) in [
            ("nsaccess pods --no-such -o json", "nsaccess pods --help"),
            ("nsaccess -n idp-dev pods --no-such -o json", "nsaccess pods --help"),
            ("nsaccess config set -o json", "nsaccess config set --help"),
            ("nsaccess lgin -o json", "nsaccess --help"),
        ] {
            let (_, error) = mistake(line).for_program().expect("for a program");
            assert_eq!(error.try_next, [help], "{line}");
        }
    }

    #[test]
    fn a_verb_or_a_flag_of_kubectl_is_told_to_be_one() {
        let said = |line: &str| mistake(line).error.to_string();
        let tip = "tip: kubectl get works with the context that nsaccess login sets up";
        assert!(said("nsaccess get pods").contains(tip), "{}", said("nsaccess get pods"));
        assert!(said("nsaccess lgin").contains("a similar subcommand exists: 'login'"));
        for line in ["nsaccess pods -A", "nsaccess pods --all-namespaces", "nsaccess pods --context x"] {
            let said = said(line);
            assert!(said.contains(": use -n NAMESPACE\n") && said.matches("tip:").count() == 1, "{said}");
        }
    }

    #[test]
    fn a_person_reads_what_clap_says() {
        for line in ["nsaccess lgin", "nsaccess exec -x -- a -o json", "nsaccess pods --help -o json"] {
            assert!(mistake(line).for_program().is_none(), "{line}");
        }
    }
}
