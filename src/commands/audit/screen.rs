//! The audit on the screen: who may do what, the findings, what could not be read. Texts from elsewhere are made safe here,
//! since colour is not.

use std::collections::BTreeMap;

use crate::commands::Context;
use crate::commands::audit::is_new;
use crate::model::audit::Audit;
use crate::model::audit::access::{Judged, Row};
use crate::model::audit::baseline::Baseline;
use crate::model::audit::document::{Tasks, counts};
use crate::model::audit::finding::{Found, Severity};
use crate::model::audit::picture::{Picture, Scope};
use crate::model::audit::spreadsheet::nobody;
use crate::model::grants::objects::time_text;
use crate::screen::one_line;
use crate::ui::{Style, Ui, joined_or_dash};

/// Of one kind of finding, so many are shown without `-v`.
const SHOWN: usize = 5;

/// The whole report.
pub(super) fn report(
    context: Context<'_>,
    picture: &Picture,
    audit: &Audit<'_>,
    baseline: Option<&Baseline>,
) -> String {
    let (ui, is_verbose) = (context.ui, context.global.verbose > 0);
    context.ui.status(&heading(picture));
    let mut text = String::new();
    if !context.global.quiet {
        text.push_str(&access(ui, picture, audit, is_verbose));
    }
    findings(context, &mut text, picture, audit, baseline);
    not_read(ui, &mut text, picture);
    text
}

fn heading(picture: &Picture) -> String {
    let cluster = &picture.cluster;
    let version = cluster.minor.map(|minor| format!("Kubernetes 1.{minor}"));
    let facts: Vec<String> = version.into_iter().chain(cluster.mode.clone()).collect();
    let known = if facts.is_empty() { String::new() } else { format!(" ({})", facts.join(", ")) };
    match &picture.scope {
        Scope::Namespace(name) => format!("{name} on {}{known}", cluster.name),
        Scope::All => format!("all namespaces on {}{known}", cluster.name),
    }
}

fn access(ui: &Ui, picture: &Picture, audit: &Audit<'_>, is_verbose: bool) -> String {
    if audit.rows.is_empty() {
        return format!("{}.\n", nobody(picture));
    }
    let mut tasks = Tasks::of(audit, picture.cluster.minor);
    match picture.scope {
        Scope::Namespace(_) => by_task(ui, picture, audit, &mut tasks, is_verbose),
        Scope::All => by_principal(ui, picture, audit, &mut tasks),
    }
}

/// Who it is, with the session or the end of the grant where there is one.
fn principal(picture: &Picture, audit: &Audit<'_>, row: &Row) -> String {
    let identity = &audit.identities[row.identity];
    let session = row.session.as_deref().map_or_else(String::new, |session| format!(" as {session}"));
    let until = row.until.map_or_else(String::new, |until| format!(" until {}", time_text(until)));
    format!("{}{session}{until}", identity.name(picture))
}

/// How the cluster knows it, and the finding because of which nobody is it today.
fn via(audit: &Audit<'_>, row: &Row) -> String {
    let identity = &audit.identities[row.identity];
    let gone = audit.gone(identity.arn).map_or_else(String::new, |finding| format!(" [{finding}]"));
    format!("{}{gone}", identity.way.shown())
}

/// One namespace: for each principal, a line for each task.
fn by_task(ui: &Ui, picture: &Picture, audit: &Audit<'_>, tasks: &mut Tasks<'_>, is_verbose: bool) -> String {
    let (mut rows, mut heads) = (Vec::new(), Vec::new());
    for row in &audit.rows {
        let identity = &audit.identities[row.identity];
        heads.push((rows.len(), format!("{} ({})", principal(picture, audit, row), via(audit, row))));
        let lines = match identity.is_master() && !is_verbose {
            true => vec![["everything", "yes", "regardless of roles", "group system:masters"].map(str::to_owned)],
            false => merged(&tasks.row(row), is_verbose),
        };
        // The heading has the namespace.
        let own = format!("RoleBinding {}/", row.namespace.as_deref().unwrap_or_default());
        for mut line in lines {
            line[3] = line[3].replace(&own, "RoleBinding ");
            rows.push(line.to_vec());
        }
        if is_verbose {
            let groups = joined_or_dash(&identity.groups, ", ");
            for (what, text) in [("user", identity.username.clone()), ("groups", groups)] {
                rows.push([what, "-", &text, "-"].map(str::to_owned).to_vec());
            }
        }
    }
    let table = ui.table(&["TASK", "ALLOWED", "DETAILS", "GRANTED BY"], &rows);
    let mut lines = table.lines();
    let mut text = lines.next().map(|heading| format!("{heading}\n")).unwrap_or_default();
    let mut heads = heads.into_iter().peekable();
    for (number, line) in lines.enumerate() {
        while let Some((_, head)) = heads.next_if(|(first, _)| *first <= number) {
            text.push_str(&format!("\n{}\n", ui.data_styled(Style::Strong, &one_line(&head))));
        }
        text.push_str(&format!("{line}\n"));
    }
    // Of those there is nothing to say.
    heads.for_each(|(_, head)| text.push_str(&format!("\n{}\n", ui.data_styled(Style::Strong, &one_line(&head)))));
    text
}

/// Title, verdict, how, and objects of each task. Those that are not evaluated because of policies alone are told in one line,
/// unless everything is asked for.
fn merged(tasks: &[Judged], is_verbose: bool) -> Vec<[String; 4]> {
    let mut lines = Vec::new();
    let mut open: BTreeMap<(String, String), usize> = BTreeMap::new();
    for judged in tasks {
        let (how, by) = (judged.task.why.clone(), judged.objects.join("; "));
        let is_of_policies = judged.objects.iter().all(|object| object.starts_with("access policy "));
        if judged.is_not_evaluated && is_of_policies && !is_verbose {
            *open.entry((how, by)).or_default() += 1;
            continue;
        }
        lines.push([judged.task.title.to_owned(), judged.word().to_owned(), how, by]);
    }
    let others = if lines.is_empty() { "" } else { "other " };
    let said = open
        .into_iter()
        .map(|((how, by), count)| [format!("{count} {others}tasks"), "not evaluated".to_owned(), how, by]);
    lines.extend(said);
    lines
}

/// All namespaces: a line for each principal.
fn by_principal(ui: &Ui, picture: &Picture, audit: &Audit<'_>, tasks: &mut Tasks<'_>) -> String {
    let line = |row: &Row| {
        let judged = tasks.row(row);
        let may = judged.iter().filter(|judged| !judged.is_not_evaluated);
        let mut may: Vec<String> = may
            .map(|judged| match judged.word() {
                "yes" => judged.task.id.to_owned(),
                word => format!("{} ({word})", judged.task.id),
            })
            .collect();
        if audit.identities[row.identity].is_master() {
            may = vec!["everything".to_owned()];
        }
        may.extend(row.policies.iter().map(|policy| format!("{policy} (not evaluated)")));
        let unread = row.not_evaluated.iter().filter(|why| why.contains("could not be read"));
        may.extend(unread.map(|why| format!("not evaluated: {why}")));
        let mut by: Vec<String> = row.bindings.iter().map(|number| audit.index.bindings[*number].objects()).collect();
        by.dedup();
        vec![
            row.namespace.clone().unwrap_or_else(|| "*".to_owned()),
            principal(picture, audit, row),
            via(audit, row),
            joined_or_dash(&may, ", "),
            joined_or_dash(&by, "; "),
        ]
    };
    let rows: Vec<Vec<String>> = audit.rows.iter().map(line).collect();
    ui.table(&["NAMESPACE", "PRINCIPAL", "VIA", "ALLOWED", "GRANTED BY"], &rows)
}

fn findings(
    context: Context<'_>,
    text: &mut String,
    picture: &Picture,
    audit: &Audit<'_>,
    baseline: Option<&Baseline>,
) {
    let (ui, is_verbose) = (context.ui, context.global.verbose > 0);
    let new: Vec<&Found> = audit.found.iter().filter(|found| is_new(found, baseline)).collect();
    let known = audit.found.len() - new.len();
    let said = counts(new.iter().copied());
    let said = match (said.is_empty(), picture.unread().is_empty()) {
        (false, _) => said,
        (true, true) => "none".to_owned(),
        (true, false) => "none (not everything could be read)".to_owned(),
    };
    let since = if baseline.is_some() { format!(" (new; {known} known)") } else { String::new() };
    if !text.is_empty() {
        text.push('\n');
    }
    text.push_str(&format!("{}{since}: {said}\n", ui.data_styled(Style::Strong, "Findings")));
    for alike in new.chunk_by(|one, other| one.finding.id == other.finding.id) {
        let shown = if is_verbose { alike.len() } else { SHOWN.min(alike.len()) };
        alike[..shown].iter().for_each(|found| finding(ui, text, found));
        if let Some(first) = alike.first().filter(|_| alike.len() > shown) {
            let more = alike.len() - shown;
            text.push_str(&format!("  … and {more} more {} (use -v to show all)\n", first.finding.id));
        }
    }
}

fn finding(ui: &Ui, text: &mut String, found: &Found) {
    let (sign, style) = match found.severity {
        Severity::High => ("✗", Style::Bad),
        Severity::Medium => ("!", Style::Warning),
        Severity::Low => ("·", Style::Hint),
        Severity::Info => ("-", Style::Faint),
    };
    let id = format!("[{}]", found.finding.id);
    let said = ui.wrapped(&format!("{}  {id}", one_line(&found.message)), "! medium ".len());
    let said = said.strip_suffix(&id).unwrap_or_default();
    let (sign, id) = (ui.data_styled(style, sign), ui.data_styled(Style::Faint, &id));
    text.push_str(&format!("{sign} {:<6} {said}{id}\n", found.severity.word()));
    found.because.iter().for_each(|reason| because(ui, text, reason));
    for command in &found.try_next {
        text.push_str(&format!("    {} {}\n", ui.data_styled(Style::Try, "try:"), one_line(command)));
    }
}

fn because(ui: &Ui, text: &mut String, reason: &str) {
    let reason = ui.wrapped(&one_line(reason), "    because: ".len());
    text.push_str(&format!("    {} {reason}\n", ui.data_styled(Style::Strong, "because:")));
}

fn not_read(ui: &Ui, text: &mut String, picture: &Picture) {
    let unread = picture.unread();
    if unread.is_empty() {
        return;
    }
    text.push_str(&format!("\n{}:\n", ui.data_styled(Style::Strong, "Not read")));
    for unread in unread {
        let sign = ui.data_styled(Style::Warning, "?");
        text.push_str(&format!("{sign} {}\n", ui.wrapped(&format!("{}: {}", unread.what, unread.so), 2)));
        if let Some(right) = &unread.needs {
            because(ui, text, &format!("requires {right}"));
        }
        because(ui, text, &unread.why);
    }
}
