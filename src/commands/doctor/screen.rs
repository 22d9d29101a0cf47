//! The report on the screen: one line a check (one for all that is skipped for the same reason), details for what is not in order, the verdict, and the first thing to do.

use crate::chain::{Chain, Presence, access};
use crate::commands::Context;
use crate::commands::doctor::Found;
use crate::error::is_request;
use crate::model::doctor::check::Group;
use crate::model::doctor::document;
use crate::model::doctor::row::{Outcome, Row, first_step, verdict};
use crate::model::settings::Flags;
use crate::screen::one_line;
use crate::ui::{Style, Ui};

const TITLE_WIDTH: usize = 18;
/// Where the result of a check begins.
const INDENT: usize = TITLE_WIDTH + 3;

/// The whole report. Texts from elsewhere are made safe here, since colour is not.
pub(super) fn report(context: Context<'_>, found: &Found) -> String {
    let (ui, is_verbose) = (context.ui, context.global.verbose > 0);
    let mut text = String::new();
    for group in Group::ALL {
        // Quiet: what is not in order, and nothing else.
        let is_shown = |row: &&Row| !context.global.quiet || !matches!(row.outcome, Outcome::Ok | Outcome::Skipped);
        let rows: Vec<&Row> = found.rows.iter().filter(|row| row.check.group == group).filter(is_shown).collect();
        section(ui, &mut text, group, &rows, is_verbose);
    }
    if !text.is_empty() {
        text.push('\n');
    }
    text.push_str(&last_lines(context, found));
    text
}

/// A group. What is skipped for one reason is told in one line, unless everything is asked for.
fn section(ui: &Ui, text: &mut String, group: Group, rows: &[&Row], is_verbose: bool) {
    if rows.is_empty() {
        return;
    }
    text.push_str(&format!("{}\n", ui.data_styled(Style::Strong, group.title())));
    let is_same = |left: &&Row, right: &&Row| {
        !is_verbose
            && left.outcome == Outcome::Skipped
            && right.outcome == left.outcome
            && left.message == right.message
    };
    for alike in rows.chunk_by(is_same) {
        match alike {
            [first, _, ..] => {
                let said = ui.wrapped(&format!("skipped: {}", one_line(&first.message)), INDENT);
                let title = format!("{} checks", alike.len());
                let (sign, said) = (ui.data_styled(Style::Faint, "-"), ui.data_styled(Style::Faint, &said));
                text.push_str(&format!("{sign} {title:<TITLE_WIDTH$} {said}\n"));
            }
            [row] => line(ui, text, row, is_verbose),
            [] => {}
        }
    }
}

fn line(ui: &Ui, text: &mut String, row: &Row, is_verbose: bool) {
    let (sign, style) = sign(row.outcome);
    let sign = ui.data_styled(style, sign);
    text.push_str(&format!("{sign} {:<TITLE_WIDTH$} {}\n", row.check.title, said(ui, row)));
    if is_verbose {
        for fact in &row.facts {
            text.push_str(&format!("  {}\n", ui.data_styled(Style::Faint, &format!("· {}", one_line(fact)))));
        }
    }
    for reason in &row.because {
        let reason = ui.wrapped(&one_line(reason), "    because: ".len());
        text.push_str(&format!("    {} {reason}\n", ui.data_styled(Style::Strong, "because:")));
    }
    for fix in &row.try_next {
        text.push_str(&format!("    {}\n", fix_line(ui, fix)));
    }
}

/// A command to try, or a request, which is a sentence.
fn fix_line(ui: &Ui, fix: &str) -> String {
    match is_request(fix) {
        true => one_line(fix).into_owned(),
        false => format!("{} {}", ui.data_styled(Style::Try, "try:"), one_line(fix)),
    }
}

/// The result of a check, wrapped.
fn said(ui: &Ui, row: &Row) -> String {
    let message = one_line(&row.message);
    match row.outcome {
        Outcome::Ok => ui.wrapped(&message, INDENT),
        Outcome::Skipped => ui.data_styled(Style::Faint, &ui.wrapped(&format!("skipped: {message}"), INDENT)),
        Outcome::Unknown | Outcome::Warn | Outcome::Fail => {
            let unknown = if row.outcome == Outcome::Unknown { "unknown: " } else { "" };
            let id = row.finding.map(|finding| format!("[{}]", finding.id)).unwrap_or_default();
            let line = ui.wrapped(&format!("{unknown}{message}  {id}"), INDENT);
            match line.strip_suffix(&id) {
                Some(before) if !id.is_empty() => format!("{before}{}", ui.data_styled(Style::Faint, &id)),
                _ => line.trim_end().to_owned(),
            }
        }
    }
}

fn sign(outcome: Outcome) -> (&'static str, Style) {
    match outcome {
        Outcome::Ok => ("✓", Style::Good),
        Outcome::Warn => ("!", Style::Warning),
        Outcome::Fail => ("✗", Style::Bad),
        Outcome::Skipped => ("-", Style::Faint),
        Outcome::Unknown => ("?", Style::Warning),
    }
}

fn last_lines(context: Context<'_>, found: &Found) -> String {
    let ui = context.ui;
    let namespace = found.namespace.as_ref().map_or_else(String::new, |namespace| format!("{namespace}: "));
    let verdict = match verdict(&found.rows) {
        Outcome::Fail => ui.data_styled(Style::Error, "problems found"),
        Outcome::Unknown => ui.data_styled(Style::NotAllGood, "some checks could not be completed"),
        Outcome::Warn => ui.data_styled(Style::NotAllGood, "warnings found"),
        Outcome::Ok | Outcome::Skipped => ui.data_styled(Style::AllGood, "no problems found"),
    };
    let counts = document::counts(&found.rows);
    let mut text = format!("{namespace}{verdict} ({counts})\n");
    if found.namespace.is_none() && found.interrupted.is_none() {
        text.push_str(match is_new_here(context) {
            true => "Nothing is set up on this machine yet. To sign in and choose a namespace: nsaccess login\n",
            false => "No namespace specified. To check everything: nsaccess doctor NAMESPACE\n",
        });
    }
    if let Some(step) = first_step(&found.rows) {
        text.push_str(&format!("{}\n", fix_line(ui, step)));
    }
    text
}

/// Whether no namespace is known on this machine. Settings that cannot be read have their own row.
fn is_new_here(context: Context<'_>) -> bool {
    let silent = Ui::silent();
    let chain =
        Chain::open(context.host, &silent, context.global.kubeconfig.as_deref(), &Flags::default(), Presence::Nobody);
    chain.is_ok_and(|chain| access::familiar(&chain).is_empty())
}
