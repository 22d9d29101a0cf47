//! A plan of changes on the screen: what differs, the one question, and what became of each change.

use std::cell::OnceCell;

use serde::Serialize;

use crate::actions::grants::apply::{self, Means, Outcome, Progress};
use crate::chain::administrator::Administrator;
use crate::chain::{Presence, access};
use crate::commands::{Context, diff_lines};
use crate::error::{Error, Kind, Result};
use crate::model::diff::CONTEXT;
use crate::model::grants::change::{Change, Verb};
use crate::model::grants::granting::Note;
use crate::process::runtime;
use crate::screen;
use crate::ui::{Mark, PRODUCTION, Style};

mod document;

pub(crate) use document::PlanDocument;
use document::document;

/// A plan, and the verb's part of it.
pub(crate) trait Plan {
    type Subject: Serialize;
    fn administrator(&self) -> &Administrator<'_>;
    /// What it is about, in a line.
    fn title(&self) -> String;
    fn changes(&self) -> &[Change];
    fn notes(&self) -> &[Note];
    /// The namespaces that it is about.
    fn namespaces(&self) -> Vec<&str>;
    /// What of its document the verb knows alone.
    fn subject(&self) -> Self::Subject;
    /// Whether a namespace is marked as production.
    fn is_production(&self, namespace: &str) -> bool {
        access::is_production(self.administrator().chain, namespace)
    }
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

/// Makes a plan, shows it, asks, carries it out, and tells what became of it. A person takes their time: after the answer
/// the plan is made once more, and asked for again if it is another one now.
///
/// # Errors
/// Why there is no plan, a no, or the first failure.
pub(crate) async fn propose<P: Plan>(
    context: Context<'_>,
    progress: &OnceCell<Progress>,
    (is_agreed, means): (bool, Means),
    make: impl AsyncFn() -> Result<P>,
) -> Result<(P, Ending)> {
    let mut plan = make().await?;
    say(context, plan.notes());
    while !plan.changes().is_empty() {
        show(context, &plan)?;
        if is_agreed || means.dry_run {
            break;
        }
        ask(plan.administrator())?;
        let now = make().await?;
        let is_same = now.changes() == plan.changes();
        plan = now;
        if is_same {
            break;
        }
        context.ui.warning("the cluster has changed in the meantime; this is the new plan");
    }
    if plan.changes().is_empty() {
        return Ok((plan, Ending::Unchanged));
    }
    let progress = progress.get_or_init(|| Progress::new(plan.changes().to_vec(), means));
    apply::carry_out(plan.administrator(), progress).await;
    let reported = report(context, progress, None);
    if !context.ui.is_table() {
        let result = match (&reported, means.dry_run) {
            (Ok(()), false) => "done",
            (Ok(()), true) => "dry_run",
            (Err(_), _) => "failed",
        };
        context.ui.print_document(&document(&plan, Some(progress), result), String::new)?;
    }
    reported?;
    let ending = if means.dry_run { Ending::Tried } else { Ending::Done };
    Ok((plan, ending))
}

/// Says that nothing is to be done, in these words.
///
/// # Errors
/// When the reader of standard output is gone.
pub(crate) fn say_unchanged(context: Context<'_>, plan: &impl Plan, words: &str) -> Result<()> {
    context.ui.print_document(&document(plan, None, "unchanged"), || format!("{words}\n"))
}

/// Shows a plan, as data for people; programs get it with the result.
///
/// # Errors
/// When the reader of standard output is gone.
fn show(context: Context<'_>, plan: &impl Plan) -> Result<()> {
    if !context.ui.is_table() {
        return Ok(());
    }
    let mut text = format!("{}\n", screen::one_line(&plan.title()));
    let mut production = plan.namespaces();
    production.retain(|name| plan.is_production(name));
    production.dedup();
    if !production.is_empty() {
        let mark = context.ui.data_styled(Style::Production, PRODUCTION);
        text.push_str(&format!("{mark}: {}\n", screen::one_line(&production.join(", "))));
    }
    let changes = plan.changes();
    for change in changes {
        text.push('\n');
        text.push_str(&shown(context, change));
    }
    text.push_str(&format!("\n{}\n", summary(changes)));
    // What is from elsewhere is escaped, and the colours are ours.
    context.ui.print_bytes(text.as_bytes())
}

fn shown(context: Context<'_>, change: &Change) -> String {
    let verb = change.verb();
    let style = match verb {
        Verb::Create => Style::Good,
        Verb::Delete => Style::Bad,
        Verb::Change | Verb::Replace => Style::Warning,
    };
    let head = format!("{} {} {}", verb.sign(), change.kind(), screen::one_line(&change.name()));
    let remark = if verb == Verb::Replace { "   (delete and recreate)" } else { "" };
    let text = format!("{}{remark}\n", context.ui.data_styled(style, &head));
    let (before, after) = change.outlines();
    let is_anew = verb == Verb::Replace && matches!(change, Change::Entry { .. });
    // What is deleted and created is shown as a whole.
    let around = if is_anew { usize::MAX / 4 } else { CONTEXT };
    text + &diff_lines::shown(context.ui, &before, &after, around)
}

/// `3 to create, 1 to change`.
fn summary(changes: &[Change]) -> String {
    let count = |verb: Verb| changes.iter().filter(|change| change.verb() == verb).count();
    let counts = [Verb::Create, Verb::Change, Verb::Replace, Verb::Delete].map(|verb| (count(verb), verb.word()));
    let words = counts.iter().filter(|(count, _)| *count > 0).map(|(count, word)| format!("{count} to {word}"));
    words.collect::<Vec<_>>().join(", ")
}

/// Asks the person.
///
/// # Errors
/// [`Kind::Failure`] for a no; [`Kind::Usage`] when nobody can be asked.
fn ask(administrator: &Administrator<'_>) -> Result<()> {
    let chain = administrator.chain;
    if chain.presence != Presence::Person {
        return Err(Error::usage("confirmation required")
            .because("without a terminal, it cannot ask you")
            .try_next("run the same command with --yes to skip the question")
            .try_next("run the same command with --dry-run to only check"));
    }
    match chain.prompts.confirm("Make these changes?")? {
        true => Ok(()),
        false => Err(Error::failure("cancelled, nothing was changed")),
    }
}

/// Says what became of the changes.
///
/// # Errors
/// The first failure, with how much was done.
fn report(context: Context<'_>, progress: &Progress, broken_off: Option<&Error>) -> Result<()> {
    let dry_run = progress.means.dry_run;
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
                context.ui.stage(Mark::Unknown, "unknown", &format!("{label}: interrupted, result unknown"))
            }
            Outcome::NotTried => context.ui.stage(Mark::Unknown, "not tried", &label),
            Outcome::Kept => context.ui.stage(Mark::Unknown, "kept", &format!("{label}: in use again")),
            Outcome::Waiting | Outcome::Skipped => context.ui.stage(Mark::Unknown, "not done", &label),
        }
    }
    let Some(error) = failures.first().copied().or(broken_off) else { return Ok(()) };
    let done = outcomes.iter().filter(|outcome| **outcome == Outcome::Done).count();
    if !dry_run && outcomes.len() > 1 {
        let count = outcomes.len();
        context.ui.warning(&format!("{done} of {count} changes were made; run the same command again for the rest"));
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
            report(context, progress, Some(error))?;
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
