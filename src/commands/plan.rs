//! A plan of changes on the screen: what differs, the one question, and what became of each change.

use std::cell::OnceCell;

use serde_json::{Value, json};

use crate::actions::grants::apply::{self, Means, Outcome, Progress};
use crate::chain::Presence;
use crate::chain::administrator::Administrator;
use crate::commands::Context;
use crate::error::{Error, Kind, Result};
use crate::model::grants::change::{Change, Verb};
use crate::model::grants::diff::{Line, diff};
use crate::model::grants::granting::Note;
use crate::process::prompts::Prompts;
use crate::process::runtime;
use crate::ui::Mark;

/// How a plan is decided upon.
#[derive(Debug, Clone, Copy)]
struct Consent {
    /// `--yes`.
    given: bool,
    /// `--dry-run`.
    dry_run: bool,
    /// Whether somebody is there to be asked.
    can_ask: bool,
}

/// A plan, ready to be shown.
pub(crate) struct Proposal<'a> {
    pub(crate) administrator: &'a Administrator<'a>,
    /// What it is about, in a line.
    pub(crate) title: String,
    pub(crate) changes: &'a [Change],
    pub(crate) notes: &'a [Note],
    /// What of its document the verb knows alone.
    pub(crate) subject: Value,
}

/// How a plan ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ending {
    /// There was nothing to do.
    Unchanged,
    /// Only tried.
    Tried,
    Done,
}

/// Shows a plan, asks, carries it out, and tells what became of it.
///
/// # Errors
/// A no, or the first failure.
pub(crate) async fn propose(
    context: Context<'_>,
    progress: &OnceCell<Progress>,
    proposal: &Proposal<'_>,
    (consent_given, means): (bool, Means),
) -> Result<Ending> {
    say(context, proposal.notes);
    if proposal.changes.is_empty() {
        return Ok(Ending::Unchanged);
    }
    show(context, &proposal.title, proposal.changes)?;
    let chain = proposal.administrator.chain;
    let can_ask = chain.presence == Presence::Person;
    consent(&*chain.prompts, Consent { given: consent_given, dry_run: means.dry_run, can_ask })?;
    let progress = progress.get_or_init(|| Progress::new(proposal.changes.to_vec()));
    apply::carry_out(proposal.administrator, progress, means).await;
    let reported = report(context, progress, None, means.dry_run);
    if !context.ui.is_table() {
        let rows = rows(&progress.changes, &progress.outcomes());
        let result = match (&reported, means.dry_run) {
            (Ok(()), false) => "done",
            (Ok(()), true) => "dry_run",
            (Err(_), _) => "failed",
        };
        context.ui.print_document(&document(proposal, rows, result), String::new)?;
    }
    reported?;
    Ok(if means.dry_run { Ending::Tried } else { Ending::Done })
}

/// Says that nothing is to be done, in these words.
///
/// # Errors
/// When the reader of standard output is gone.
pub(crate) fn say_unchanged(context: Context<'_>, proposal: &Proposal<'_>, words: &str) -> Result<()> {
    context.ui.print_document(&document(proposal, json!([]), "unchanged"), || format!("{words}\n"))
}

fn document(proposal: &Proposal<'_>, changes: Value, result: &str) -> Value {
    let mut document = proposal.subject.clone();
    document["cluster"] = json!(proposal.administrator.cluster_name());
    document["changes"] = changes;
    document["notes"] = proposal.notes.iter().map(Note::text).collect();
    document["result"] = json!(result);
    document
}

/// Shows a plan, as data for people; programs get it with the result.
///
/// # Errors
/// When the reader of standard output is gone.
fn show(context: Context<'_>, title: &str, changes: &[Change]) -> Result<()> {
    if !context.ui.is_table() {
        return Ok(());
    }
    let mut text = format!("{title}\n");
    for change in changes {
        text.push('\n');
        text.push_str(&shown(context, change));
    }
    text.push_str(&format!("\n{}\n", summary(changes)));
    context.ui.print(&text)
}

fn shown(context: Context<'_>, change: &Change) -> String {
    let verb = change.verb();
    let colour = match verb {
        Verb::Create => "32",
        Verb::Delete => "31",
        Verb::Change | Verb::Replace => "33",
    };
    let head = format!("{} {} {}", verb.sign(), change.kind(), change.name());
    let remark = if verb == Verb::Replace { "   (deleted and created)" } else { "" };
    let mut text = format!("{}{remark}\n", context.ui.data_coloured(colour, &head));
    let (before, after) = change.outlines();
    for line in diff(&before, &after) {
        let line = match line {
            Line::Same(line) => format!("      {line}"),
            Line::Added(line) => context.ui.data_coloured("32", &format!("    + {line}")),
            Line::Removed(line) => context.ui.data_coloured("31", &format!("    - {line}")),
            Line::Gap => "      …".to_owned(),
        };
        text.push_str(&line);
        text.push('\n');
    }
    text
}

/// `3 to create, 1 to change`.
fn summary(changes: &[Change]) -> String {
    let count = |verb: Verb| changes.iter().filter(|change| change.verb() == verb).count();
    let counts = [Verb::Create, Verb::Change, Verb::Replace, Verb::Delete].map(|verb| (count(verb), verb.word()));
    let words = counts.iter().filter(|(count, _)| *count > 0).map(|(count, word)| format!("{count} to {word}"));
    words.collect::<Vec<_>>().join(", ")
}

/// Asks once, unless the answer was given.
///
/// # Errors
/// [`Kind::Failure`] for a no; [`Kind::Usage`] when nobody can be asked.
fn consent(prompts: &dyn Prompts, consent: Consent) -> Result<()> {
    if consent.given || consent.dry_run {
        return Ok(());
    }
    if !consent.can_ask {
        return Err(Error::usage("nobody can be asked whether to do this")
            .because("there is no terminal for the question")
            .try_next("do it without a question: the same command with --yes")
            .try_next("only look: the same command with --dry-run"));
    }
    match prompts.confirm("Make these changes?")? {
        true => Ok(()),
        false => Err(Error::failure("nothing was changed")),
    }
}

/// Says what became of the changes.
///
/// # Errors
/// The first failure, with how much was done.
fn report(context: Context<'_>, progress: &Progress, broken_off: Option<&Error>, dry_run: bool) -> Result<()> {
    let outcomes = progress.outcomes();
    let failures: Vec<&Error> = outcomes.iter().filter_map(failure).collect();
    for (change, outcome) in progress.changes.iter().zip(&outcomes) {
        let label = format!("{} {}", change.kind(), change.name());
        match outcome {
            Outcome::Done => context.ui.stage(Mark::Success, past(change.verb(), dry_run), &label),
            Outcome::Failed(error) if failures.len() > 1 => {
                context.ui.stage(Mark::Failure, "failed", &format!("{label}: {error}"));
            }
            Outcome::Failed(_) => context.ui.stage(Mark::Failure, "failed", &label),
            Outcome::Begun => {
                context.ui.stage(Mark::Unknown, "broken off", &format!("{label}: done or not, nobody knows"))
            }
            Outcome::NotTried => context.ui.stage(Mark::Unknown, "not tried", &format!("{label} (it has no dry run)")),
            Outcome::Waiting | Outcome::Skipped => context.ui.stage(Mark::Unknown, "not done", &label),
        }
    }
    let Some(error) = failures.first().copied().or(broken_off) else { return Ok(()) };
    let done = outcomes.iter().filter(|outcome| **outcome == Outcome::Done).count();
    if !dry_run && outcomes.len() > 1 {
        let count = outcomes.len();
        context.ui.warning(&format!("{done} of {count} changes were made; the same command makes the rest"));
    }
    Err(error.clone())
}

fn failure(outcome: &Outcome) -> Option<&Error> {
    match outcome {
        Outcome::Failed(error) => Some(error),
        _ => None,
    }
}

/// Says what is to be known before the question.
fn say(context: Context<'_>, notes: &[Note]) {
    for note in notes {
        match note {
            Note::Info(text) => context.ui.status(&format!("note: {text}")),
            Note::Warning(text) => context.ui.warning(text),
        }
    }
}

/// Runs what makes a plan and carries it out, in one runtime. What was done is also told when it is broken off.
///
/// # Errors
/// Those of the work.
pub(crate) fn run(context: Context<'_>, work: impl AsyncFnOnce(&OnceCell<Progress>) -> Result<()>) -> Result<()> {
    let progress = OnceCell::new();
    let result = runtime::run(work(&progress));
    match (&result, progress.get()) {
        (Err(error), Some(progress)) if is_interruption(error) && progress.is_unfinished() => {
            report(context, progress, Some(error), false)?;
            result
        }
        _ => result,
    }
}

fn is_interruption(error: &Error) -> bool {
    matches!(error.kind, Kind::Interrupted | Kind::Terminated)
}

fn past(verb: Verb, dry_run: bool) -> &'static str {
    match (dry_run, verb) {
        (true, _) => "accepted",
        (_, Verb::Create) => "created",
        (_, Verb::Change) => "changed",
        (_, Verb::Replace) => "replaced",
        (_, Verb::Delete) => "deleted",
    }
}

/// The changes for programs, with what became of them.
fn rows(changes: &[Change], outcomes: &[Outcome]) -> Value {
    let rows = changes.iter().enumerate().map(|(index, change)| {
        let (before, after) = change.outlines();
        let result = match outcomes.get(index) {
            None | Some(Outcome::NotTried) => "planned",
            Some(Outcome::Done) => "done",
            Some(Outcome::Failed(_)) => "failed",
            Some(Outcome::Begun) => "unknown",
            Some(Outcome::Waiting | Outcome::Skipped) => "not_done",
        };
        let error = match outcomes.get(index) {
            Some(Outcome::Failed(error)) => Some(error.to_string()),
            _ => None,
        };
        json!({
            "action": change.verb().word(), "kind": change.kind(), "name": change.name(),
            "before": before, "after": after, "result": result, "error": error,
        })
    });
    rows.collect()
}
