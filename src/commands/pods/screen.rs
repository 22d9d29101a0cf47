//! Pods as rows: once, or one after the other as they change.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::document::{Event, PodDocument, PodEventDocument};
use crate::actions::pods::follow::Change;
use crate::commands::Context;
use crate::error::Result;
use crate::model::kube::pod::Pod;
use crate::model::kube::pod_status::{PodRow, row};
use crate::ui::{Style, or_dash};

const HEADINGS: [&str; 5] = ["NAME", "READY", "STATUS", "RESTARTS", "AGE"];
const WIDE_HEADINGS: [&str; 8] = ["NAME", "READY", "STATUS", "RESTARTS", "AGE", "IP", "NODE", "OWNER"];
/// Widths that most pods fit, so that lines printed an hour apart are aligned. With a name of up to 34 characters, the
/// five columns fit 80.
const WIDTHS: [usize; 8] = [20, 5, 17, 12, 4, 15, 40, 0];

/// Prints pods, by name.
pub(super) fn show(context: Context<'_>, pods: &[Pod]) -> Result<()> {
    let (ui, now) = (context.ui, context.host.now());
    let mut rows: Vec<PodRow> = pods.iter().map(row).collect();
    rows.sort_by(|left, right| left.name.cmp(&right.name));
    let documents: Vec<PodDocument> = rows.iter().map(PodDocument::from).collect();
    ui.print_list(&documents, rows.iter().map(object_name), || match rows.is_empty() {
        true => String::new(),
        false => {
            let cells: Vec<Vec<String>> = rows.iter().map(|row| cells(row, now, ui.is_wide())).collect();
            ui.styled_table(headings(ui.is_wide()), &cells, style)
        }
    })
}

/// Pods that are watched, and what was printed of each.
pub(super) struct Screen<'a> {
    context: Context<'a>,
    seen: BTreeMap<String, PodRow>,
    name_width: usize,
    started: bool,
}

impl<'a> Screen<'a> {
    /// For pods that begin with these.
    pub(super) fn new(context: Context<'a>, first: &[Pod]) -> Self {
        let widest = first.iter().map(|pod| pod.metadata.name.len()).max();
        let name_width = widest.unwrap_or_default().max(WIDTHS[0]);
        Screen { context, seen: BTreeMap::new(), name_width, started: false }
    }

    /// Prints a change, unless only ages are other.
    pub(super) fn change(&mut self, change: &Change) -> Result<()> {
        match change {
            Change::Present(pod) => {
                let row = row(pod);
                if self.seen.insert(row.name.clone(), row.clone()).as_ref() == Some(&row) {
                    return Ok(());
                }
                self.print(&row, Event::Present)
            }
            Change::Hidden(_) => Ok(()),
            Change::Gone(name) => match self.seen.remove(name) {
                Some(row) => self.print(&PodRow { status: "Deleted".to_owned(), ready: 0, ..row }, Event::Deleted),
                None => Ok(()),
            },
        }
    }

    fn print(&mut self, row: &PodRow, event: Event) -> Result<()> {
        let ui = self.context.ui;
        let document = PodEventDocument::new(row, event);
        if !ui.is_table() {
            return ui.print_json_line(&document);
        }
        let first = !std::mem::replace(&mut self.started, true);
        ui.print_list(&document, [object_name(row)], || self.lines(row, first))
    }

    /// A line, below the headings if it is the first.
    fn lines(&self, row: &PodRow, first: bool) -> String {
        let ui = self.context.ui;
        let headings = headings(ui.is_wide());
        let widths = std::iter::once(&self.name_width).chain(&WIDTHS[1..headings.len()]);
        // A row of these widths, which is not printed, aligns the one that is.
        let aligning = widths.map(|width| "x".repeat(*width)).collect();
        let rows = [aligning, cells(row, self.context.host.now(), ui.is_wide())];
        let table = ui.styled_table(headings, &rows, style);
        let mut lines = table.split_inclusive('\n');
        let (top, line) = (lines.next().unwrap_or_default(), lines.nth(1).unwrap_or_default());
        if first { format!("{top}{line}") } else { line.to_owned() }
    }
}

fn headings(wide: bool) -> &'static [&'static str] {
    if wide { &WIDE_HEADINGS } else { &HEADINGS }
}

/// Red is only what needs somebody: what starts or ends is on its way.
fn style(heading: &str, cell: &str) -> Option<Style> {
    let passes = ["Pending", "ContainerCreating", "PodInitializing", "Terminating", "NotReady", "SchedulingGated"];
    match cell {
        _ if heading != "STATUS" => None,
        "Running" | "Completed" | "Succeeded" => Some(Style::Good),
        "Deleted" => Some(Style::Faint),
        _ if passes.contains(&cell) || is_init_progress(cell) => Some(Style::Warning),
        _ => Some(Style::Bad),
    }
}

/// `Init:0/2`, and not `Init:Error`.
fn is_init_progress(status: &str) -> bool {
    status.strip_prefix("Init:").is_some_and(|rest| rest.starts_with(|letter: char| letter.is_ascii_digit()))
}

/// As kubectl prints it with `-o name`.
fn object_name(row: &PodRow) -> String {
    format!("pod/{}", row.name)
}

fn cells(row: &PodRow, now: Timestamp, wide: bool) -> Vec<String> {
    let mut cells = vec![
        row.name.clone(),
        format!("{}/{}", row.ready, row.containers),
        row.status.clone(),
        row.restarts_cell(now),
        row.age_cell(now),
    ];
    if wide {
        cells.extend([&row.ip, &row.node, &row.owner].map(|text| or_dash(text.as_deref())));
    }
    cells
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn red_is_only_what_is_wrong() {
        for (status, expected) in [
            ("Running", Style::Good),
            ("Completed", Style::Good),
            ("Init:0/2", Style::Warning),
            ("ContainerCreating", Style::Warning),
            ("Init:CrashLoopBackOff", Style::Bad),
            ("ImagePullBackOff", Style::Bad),
            ("Error", Style::Bad),
        ] {
            assert_eq!(style("STATUS", status), Some(expected), "{status}");
        }
        assert_eq!(style("NAME", "Error"), None);
    }
}
