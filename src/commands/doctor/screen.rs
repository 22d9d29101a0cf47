//! The report on the screen: one line a check, details for what is not in order, the verdict, and the first thing to do.

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
        let rows: Vec<&Row> = found.rows.iter().filter(|row| row.check.group == group).collect();
        if rows.is_empty() {
            continue;
        }
        text.push_str(&format!("{}\n", ui.data_coloured("1", group.title())));
        for row in rows {
            line(ui, &mut text, row, is_verbose);
        }
    }
    text.push('\n');
    text.push_str(&last_lines(ui, found));
    text
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
        Outcome::Fail => ui.data_coloured("1;31", "there are failures"),
        Outcome::Unknown => ui.data_coloured("1;33", "something could not be judged"),
        Outcome::Warn => ui.data_coloured("1;33", "there are warnings"),
        Outcome::Ok | Outcome::Skipped => ui.data_coloured("1;32", "no problems found"),
    };
    let counts = document::counts(&found.rows);
    let mut text = format!("{namespace}{verdict} ({counts})\n");
    if found.namespace.is_none() && found.interrupted.is_none() {
        text.push_str("No namespace is named; to check everything: nsaccess doctor NAMESPACE\n");
    }
    if let Some(step) = first_step(&found.rows) {
        text.push_str(&format!("{} {}\n", ui.data_coloured("1;32", "try:"), one_line(step)));
    }
    text
}
