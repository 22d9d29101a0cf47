//! The report on the screen: one line a check (one for all that is skipped for the same reason), details for what is not in order, the verdict, and the first thing to do.

use crate::commands::Context;
use crate::commands::doctor::Found;
use crate::model::doctor::check::Group;
use crate::model::doctor::document;
use crate::model::doctor::row::{Outcome, Row, first_step, verdict};
use crate::screen::one_line;
use crate::ui::Ui;

const TITLE_WIDTH: usize = 18;

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
    text.push('\n');
    text.push_str(&last_lines(ui, found));
    text
}

/// A group. What is skipped for one reason is told in one line, unless everything is asked for.
fn section(ui: &Ui, text: &mut String, group: Group, rows: &[&Row], is_verbose: bool) {
    if rows.is_empty() {
        return;
    }
    text.push_str(&format!("{}\n", ui.data_coloured("1", group.title())));
    let is_same = |left: &&Row, right: &&Row| {
        !is_verbose
            && left.outcome == Outcome::Skipped
            && right.outcome == left.outcome
            && left.message == right.message
    };
    for alike in rows.chunk_by(is_same) {
        match alike {
            [first, _, ..] => {
                let said = format!("skipped: {}", one_line(&first.message));
                let title = format!("{} checks", alike.len());
                text.push_str(&format!(
                    "{} {title:<TITLE_WIDTH$} {}\n",
                    ui.data_coloured("2", "-"),
                    ui.data_coloured("2", &said)
                ));
            }
            [row] => line(ui, text, row, is_verbose),
            [] => {}
        }
    }
}

fn line(ui: &Ui, text: &mut String, row: &Row, is_verbose: bool) {
    let (sign, colour) = sign(row.outcome);
    let message = one_line(&row.message);
    let said = match row.outcome {
        Outcome::Skipped => ui.data_coloured("2", &format!("skipped: {message}")),
        Outcome::Unknown => format!("unknown: {message}"),
        _ => message.into_owned(),
    };
    let id = row.finding.map(|finding| ui.data_coloured("2", &format!("  [{}]", finding.id))).unwrap_or_default();
    let title = row.check.title;
    text.push_str(&format!("{} {title:<TITLE_WIDTH$} {said}{id}\n", ui.data_coloured(colour, sign)));
    if is_verbose {
        for fact in &row.facts {
            text.push_str(&format!("  {}\n", ui.data_coloured("2", &format!("· {}", one_line(fact)))));
        }
    }
    for reason in &row.because {
        text.push_str(&format!("    {} {}\n", ui.data_coloured("1", "because:"), one_line(reason)));
    }
    for command in &row.try_next {
        text.push_str(&format!("    {} {}\n", ui.data_coloured("1;32", "try:"), one_line(command)));
    }
}

fn sign(outcome: Outcome) -> (&'static str, &'static str) {
    match outcome {
        Outcome::Ok => ("✓", "32"),
        Outcome::Warn => ("!", "33"),
        Outcome::Fail => ("✗", "31"),
        Outcome::Skipped => ("-", "2"),
        Outcome::Unknown => ("?", "33"),
    }
}

fn last_lines(ui: &Ui, found: &Found) -> String {
    let namespace = found.namespace.as_ref().map_or_else(String::new, |namespace| format!("{namespace}: "));
    let verdict = match verdict(&found.rows) {
        Outcome::Fail => ui.data_coloured("1;31", "problems found"),
        Outcome::Unknown => ui.data_coloured("1;33", "some checks could not be completed"),
        Outcome::Warn => ui.data_coloured("1;33", "warnings found"),
        Outcome::Ok | Outcome::Skipped => ui.data_coloured("1;32", "no problems found"),
    };
    let counts = document::counts(&found.rows);
    let mut text = format!("{namespace}{verdict} ({counts})\n");
    if found.namespace.is_none() && found.interrupted.is_none() {
        text.push_str("No namespace specified. To check everything: nsaccess doctor NAMESPACE\n");
    }
    if let Some(step) = first_step(&found.rows) {
        text.push_str(&format!("{} {}\n", ui.data_coloured("1;32", "try:"), one_line(step)));
    }
    text
}
