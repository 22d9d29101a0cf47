//! Who may do what, on the screen. What does not fit a terminal in one line is shown on several: an object's name that is not
//! whole is worth nothing.

use std::collections::BTreeMap;

use crate::model::audit::Audit;
use crate::model::audit::access::{Judged, Row};
use crate::model::audit::document::Tasks;
use crate::model::audit::picture::{Picture, Scope};
use crate::model::audit::spreadsheet::nobody;
use crate::model::grants::objects::time_text;
use crate::screen::one_line;
use crate::ui::{Style, Ui, joined_or_dash};

/// A task of a principal: the verdict, how, and the objects that grant it.
struct Line {
    task: String,
    allowed: String,
    details: String,
    objects: Vec<String>,
}

/// All of it.
pub(super) fn access(ui: &Ui, picture: &Picture, audit: &Audit<'_>, is_verbose: bool) -> String {
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
    let (mut lines, mut heads) = (Vec::new(), Vec::new());
    for row in &audit.rows {
        heads.push((lines.len(), head(ui, picture, audit, row, is_verbose)));
        lines.extend(of_principal(audit, tasks, row, is_verbose));
    }
    let table = task_table(ui, &lines);
    let mut shown = table.lines();
    let mut text = shown.next().map(|heading| format!("{heading}\n")).unwrap_or_default();
    let mut heads = heads.into_iter().peekable();
    for (number, line) in shown.enumerate() {
        while let Some((_, head)) = heads.next_if(|(first, _)| *first <= number) {
            text.push_str(&head);
        }
        text.push_str(&format!("{line}\n"));
    }
    // Of those there is nothing to say.
    heads.for_each(|(_, head)| text.push_str(&head));
    text
}

/// What stands above the tasks of a principal.
fn head(ui: &Ui, picture: &Picture, audit: &Audit<'_>, row: &Row, is_verbose: bool) -> String {
    let name = format!("{} ({})", principal(picture, audit, row), via(audit, row));
    let mut head = format!("\n{}\n", ui.data_styled(Style::Strong, &ui.wrapped(&one_line(&name), 0)));
    if is_verbose {
        let identity = &audit.identities[row.identity];
        labelled(ui, &mut head, "user:", &identity.username);
        labelled(ui, &mut head, "groups:", &joined_or_dash(&identity.groups, ", "));
    }
    head
}

/// The tasks of a principal.
fn of_principal(audit: &Audit<'_>, tasks: &mut Tasks<'_>, row: &Row, is_verbose: bool) -> Vec<Line> {
    if audit.identities[row.identity].is_master() && !is_verbose {
        let [task, allowed, details] = ["everything", "yes", "regardless of roles"].map(str::to_owned);
        return vec![Line { task, allowed, details, objects: vec!["group system:masters".to_owned()] }];
    }
    let mut lines = merged(&tasks.row(row), is_verbose);
    // The heading has the namespace.
    let own = format!("RoleBinding {}/", row.namespace.as_deref().unwrap_or_default());
    let objects = lines.iter_mut().flat_map(|line| &mut line.objects);
    objects.for_each(|object| *object = object.replace(&own, "RoleBinding "));
    lines
}

/// Each task of those that were judged. Those that are not evaluated because of policies alone are told in one line, unless
/// everything is asked for.
fn merged(tasks: &[Judged], is_verbose: bool) -> Vec<Line> {
    let mut lines = Vec::new();
    let mut open: BTreeMap<(String, Vec<String>), usize> = BTreeMap::new();
    for judged in tasks {
        let (details, objects) = (judged.task.why.clone(), judged.objects.clone());
        let is_of_policies = objects.iter().all(|object| object.starts_with("access policy "));
        if judged.is_not_evaluated && is_of_policies && !is_verbose {
            *open.entry((details, objects)).or_default() += 1;
            continue;
        }
        lines.push(Line { task: judged.task.title.to_owned(), allowed: judged.word().to_owned(), details, objects });
    }
    let others = if lines.is_empty() { "" } else { "other " };
    let said = open.into_iter().map(|((details, objects), count)| {
        let task = format!("{count} {others}tasks");
        Line { task, allowed: "not evaluated".to_owned(), details, objects }
    });
    lines.extend(said);
    lines
}

/// The objects in the table if the terminal has the room, or else numbers that a list below it explains.
fn task_table(ui: &Ui, lines: &[Line]) -> String {
    let rows = |shown: &mut dyn FnMut(&[String]) -> String| -> Vec<Vec<String>> {
        let row =
            |line: &Line| vec![line.task.clone(), line.allowed.clone(), line.details.clone(), shown(&line.objects)];
        lines.iter().map(row).collect()
    };
    let whole = rows(&mut |objects| joined_or_dash(objects, "; "));
    if let Some(table) = ui.whole_table(&["TASK", "ALLOWED", "DETAILS", "GRANTED BY"], &whole) {
        return table;
    }
    let mut known: Vec<String> = Vec::new();
    let numbered = rows(&mut |objects| {
        let numbers: Vec<String> = objects.iter().map(|object| number(&mut known, object).to_string()).collect();
        joined_or_dash(&numbers, ", ")
    });
    let mut text = ui.table(&["TASK", "ALLOWED", "DETAILS", "BY"], &numbered);
    if !known.is_empty() {
        text.push_str(&format!("\n{}:\n", ui.data_styled(Style::Strong, "Granted by")));
    }
    for (object, number) in known.iter().zip(1..) {
        text.push_str(&format!("{number:>3}  {}\n", ui.wrapped(&one_line(object), "  1  ".len())));
    }
    text
}

/// The place of this object among those that are known, from 1; an unknown one gets the next.
fn number(known: &mut Vec<String>, object: &str) -> usize {
    if let Some(place) = known.iter().position(|other| other == object) {
        return place + 1;
    }
    known.push(object.to_owned());
    known.len()
}

/// All namespaces: a line for each principal, or a paragraph where the terminal has not the room.
fn by_principal(ui: &Ui, picture: &Picture, audit: &Audit<'_>, tasks: &mut Tasks<'_>) -> String {
    let mut whole = Vec::new();
    let mut paragraphs = String::new();
    for row in &audit.rows {
        let namespace = row.namespace.clone().unwrap_or_else(|| "*".to_owned());
        let (principal, via) = (principal(picture, audit, row), via(audit, row));
        let allowed = joined_or_dash(&allowed(audit, tasks, row), ", ");
        let mut objects: Vec<String> =
            row.bindings.iter().map(|number| audit.index.bindings[*number].objects()).collect();
        objects.dedup();
        let head = ui.wrapped(&one_line(&format!("{namespace}  {principal} ({via})")), 0);
        paragraphs.push_str(&format!("{}\n", ui.data_styled(Style::Strong, &head)));
        labelled(ui, &mut paragraphs, "allowed:", &allowed);
        objects.iter().for_each(|object| labelled(ui, &mut paragraphs, "granted by:", object));
        whole.push(vec![namespace, principal, via, allowed, joined_or_dash(&objects, "; ")]);
    }
    ui.whole_table(&["NAMESPACE", "PRINCIPAL", "VIA", "ALLOWED", "GRANTED BY"], &whole).unwrap_or(paragraphs)
}

/// What a principal may do, as ids of tasks and names of policies.
fn allowed(audit: &Audit<'_>, tasks: &mut Tasks<'_>, row: &Row) -> Vec<String> {
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
    may
}

fn labelled(ui: &Ui, text: &mut String, label: &str, said: &str) {
    let said = ui.wrapped(&one_line(said), "    ".len() + label.len() + 1);
    text.push_str(&format!("    {label} {said}\n"));
}
