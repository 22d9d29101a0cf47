//! `completion`: scripts that complete commands at the prompt, and the answers that they ask for.

mod line;
mod values;

use std::ffi::{OsStr, OsString};
use std::sync::{Arc, Mutex};

use clap::{Args, Command};
use clap_complete::engine::{ArgValueCompleter, complete};

use crate::commands::Context;
use crate::commands::flags::Shell;
use crate::error::Result;
use crate::host::Host;
use crate::screen::one_line;
use line::Line;
use values::Values;

/// Print the completion script of a shell.
///
/// Verbs, flags, namespaces, settings, contexts and profiles are completed from
/// files; pods, workloads, services, containers and secrets are asked for, for at
/// most a second and without signing in.
///
/// bash, in ~/.bashrc:    source <(nsaccess completion bash)
/// zsh, in ~/.zshrc:      source <(nsaccess completion zsh)
/// fish, in config.fish:  nsaccess completion fish | source
/// PowerShell, $PROFILE:  nsaccess completion powershell | Out-String |
///                        Invoke-Expression
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct CompletionArgs {
    /// Shell [default: that of $SHELL]
    #[arg(value_enum, default_value = "auto", hide_default_value = true)]
    pub(crate) shell: Shell,
}

/// Runs the verb.
///
/// # Errors
/// When the reader of standard output is gone.
pub(crate) fn run(context: Context<'_>, args: &CompletionArgs) -> Result<()> {
    context.ui.print(script(args.shell.meant(context.host)))
}

fn script(shell: Shell) -> &'static str {
    match shell {
        Shell::Zsh => include_str!("scripts/nsaccess.zsh"),
        Shell::Fish => include_str!("scripts/nsaccess.fish"),
        Shell::Powershell => include_str!("scripts/nsaccess.ps1"),
        Shell::Bash | Shell::Auto => include_str!("scripts/nsaccess.bash"),
    }
}

/// One thing that may be typed next, and what is known of it.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Candidate {
    value: String,
    note: String,
}

/// What a script asks for: `__complete SHELL …`. One candidate a line: the value, a tab, a note. `None` for any other
/// command line. A person is typing: whatever goes wrong, nothing is said.
pub(crate) fn answer(arguments: &[OsString], host: &Host, command: impl FnOnce() -> Command) -> Option<String> {
    let (_, words) = arguments.split_first()?;
    let (first, words) = words.split_first()?;
    if first != "__complete" {
        return None;
    }
    let Some(line) = Line::read(words) else { return Some(String::new()) };
    let candidates = candidates(&line, host, command());
    let mut text = String::new();
    for Candidate { value, note } in candidates.into_iter().filter(|candidate| is_plain(&candidate.value)) {
        let Some(value) = line.as_typed(&value) else { continue };
        // A note can come from elsewhere, and is shown as it is.
        let note = one_line(note.lines().next().unwrap_or_default());
        text.push_str(&if note.is_empty() { format!("{value}\n") } else { format!("{value}\t{note}\n") });
    }
    Some(text)
}

/// Whether a word stands for itself in every shell; another one is not offered.
fn is_plain(word: &str) -> bool {
    !word.is_empty() && word.chars().all(|letter| letter.is_ascii_alphanumeric() || "-_./:@+=,%".contains(letter))
}

fn candidates(line: &Line, host: &Host, command: Command) -> Vec<Candidate> {
    let wanted: Wanted = Arc::default();
    let mut command = asking(command.bin_name("nsaccess"), "", &wanted);
    let arguments = line.arguments();
    let index = arguments.len() - 1;
    let Ok(found) = complete(&mut command, arguments, index, Some(host.current_dir.as_path())) else {
        return Vec::new();
    };
    let fixed = found.into_iter().map(|candidate| Candidate {
        value: candidate.get_value().to_string_lossy().into_owned(),
        note: candidate.get_help().map(ToString::to_string).unwrap_or_default(),
    });
    // Flags are offered to who begins one.
    let fixed = fixed.filter(|candidate| !line.current().is_empty() || !candidate.value.starts_with('-'));
    let wanted = wanted.lock().map(|wanted| wanted.clone()).unwrap_or_default();
    let mut all: Vec<Candidate> =
        wanted.into_iter().flat_map(|(values, begun)| live(line, host, &command, values, &begun)).collect();
    all.extend(fixed);
    all
}

/// The values that the engine came to, each with the part of the word that they begin with.
type Wanted = Arc<Mutex<Vec<(Values, String)>>>;

/// The same command line, whose arguments note down which of our values they take.
fn asking(command: Command, path: &str, wanted: &Wanted) -> Command {
    // Not `mut_arg`, which would change the order of the positional arguments.
    let mut command = command.mut_args(|argument| match Values::of(path, argument.get_id().as_str()) {
        Some(values) => argument.add(noting_down(values, wanted)),
        None => argument,
    });
    let verbs: Vec<String> = command.get_subcommands().map(|verb| verb.get_name().to_owned()).collect();
    for verb in verbs {
        let below = if path.is_empty() { verb.clone() } else { format!("{path} {verb}") };
        command = command.mut_subcommand(verb, |verb| asking(verb, &below, wanted));
    }
    command
}

/// Offers nothing itself: what is asked for is found once the engine is done.
fn noting_down(values: Values, wanted: &Wanted) -> ArgValueCompleter {
    let wanted = Arc::clone(wanted);
    ArgValueCompleter::new(move |begun: &OsStr| {
        // The engine also asks for positional values that would begin like a flag.
        let begun = begun.to_str().filter(|begun| *begun == "-" || !begun.starts_with('-'));
        if let (Ok(mut wanted), Some(begun)) = (wanted.lock(), begun) {
            wanted.push((values, begun.to_owned()));
        }
        Vec::new()
    })
}

/// Values that begin like this, where the word has something before them (`--container=`) with that.
fn live(line: &Line, host: &Host, command: &Command, values: Values, begun: &str) -> Vec<Candidate> {
    let before = line.current().strip_suffix(begun).unwrap_or_default();
    let found = values.find(host, &line.meaning(command), begun);
    let fitting = found.into_iter().filter(|candidate| candidate.value.starts_with(begun));
    fitting.map(|candidate| Candidate { value: format!("{before}{}", candidate.value), ..candidate }).collect()
}
