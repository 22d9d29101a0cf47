//! The audit as CSV and as Markdown.

use crate::model::audit::Audit;
use crate::model::audit::document::{Tasks, counts};
use crate::model::audit::finding::Found;
use crate::model::audit::picture::{Picture, Scope};
use crate::model::grants::objects::time_text;

/// Who may do what: a line for each task.
pub(crate) fn access_as_csv(picture: &Picture, audit: &Audit<'_>) -> String {
    let mut tasks = Tasks::of(audit, picture.cluster.minor);
    let head = [
        "cluster",
        "namespace",
        "principal",
        "via",
        "username",
        "groups",
        "session",
        "until",
        "task",
        "verdict",
        "why",
        "objects",
    ];
    let mut text = csv_line(&head);
    for row in &audit.rows {
        let identity = &audit.identities[row.identity];
        for judged in tasks.row(row).iter() {
            text.push_str(&csv_line(&[
                &picture.cluster.name,
                row.namespace.as_deref().unwrap_or("*"),
                identity.principal().unwrap_or_default(),
                identity.way.word(),
                &identity.username,
                &identity.groups.join(" "),
                row.session.as_deref().unwrap_or_default(),
                &row.until.map(time_text).unwrap_or_default(),
                judged.task.id,
                judged.word(),
                &judged.task.why,
                &judged.objects.join("; "),
            ]));
        }
    }
    text
}

/// The findings, and what could not be read: a line for each.
pub(crate) fn findings_as_csv(picture: &Picture, audit: &Audit<'_>, is_new: impl Fn(&Found) -> bool) -> String {
    let mut text = csv_line(&["cluster", "id", "severity", "new", "namespace", "about", "message", "because", "try"]);
    for found in &audit.found {
        text.push_str(&csv_line(&[
            &picture.cluster.name,
            found.finding.id,
            found.severity.word(),
            if is_new(found) { "yes" } else { "no" },
            found.namespace.as_deref().unwrap_or_default(),
            &found.about,
            &found.message,
            &found.because.join("; "),
            &found.try_next.join("; "),
        ]));
    }
    for unread in picture.unread() {
        let message = format!("{} could not be read: {}", unread.what, unread.so);
        let needs = unread.needs.as_ref().map(|right| format!("needs {right}")).unwrap_or_default();
        text.push_str(&csv_line(&[
            &picture.cluster.name,
            "not-read",
            "",
            "",
            "",
            unread.what,
            &message,
            &unread.why,
            &needs,
        ]));
    }
    text
}

/// RFC 4180, with the line ends of this system's tools. A spreadsheet takes a cell that begins with `=` for a formula, and names in a cluster are others' texts.
fn csv_line(cells: &[&str]) -> String {
    let cell = |text: &&str| {
        let text = match text.starts_with(['=', '+', '-', '@', '\t', '\r']) {
            true => format!("'{text}"),
            false => (*text).to_owned(),
        };
        if text.contains(['"', ',', '\n', '\r', ';']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text }
    };
    format!("{}\n", cells.iter().map(cell).collect::<Vec<_>>().join(","))
}

/// A report for a wiki or a pull request.
pub(crate) fn markdown(picture: &Picture, audit: &Audit<'_>, is_new: impl Fn(&Found) -> bool) -> String {
    let place = match &picture.scope {
        Scope::Namespace(name) => format!("{} on {}", plain(name), plain(&picture.cluster.name)),
        Scope::All => plain(&picture.cluster.name),
    };
    let mut text = format!("# Access to {place}\n\n{}.\n", time_text(picture.at));
    text.push_str("\n## Access\n\n");
    text.push_str(&access_as_markdown(picture, audit));
    let said = counts(audit.found.iter());
    text.push_str(&format!("\n## Findings\n\n{}\n", if said.is_empty() { "None." } else { &said }));
    for found in &audit.found {
        let mark = if is_new(found) { "" } else { " (known)" };
        text.push_str(&format!("\n### {}: {}{mark}\n\n{}\n", found.severity, found.finding.id, plain(&found.message)));
        let reasons = found.because.iter().map(|reason| format!("- {}\n", plain(reason)));
        let commands = found.try_next.iter().map(|command| format!("- try: `{}`\n", command.replace(['`', '\n'], " ")));
        let lines: String = reasons.chain(commands).collect();
        if !lines.is_empty() {
            text.push_str(&format!("\n{lines}"));
        }
    }
    let unread = picture.unread();
    if !unread.is_empty() {
        text.push_str("\n## Not read\n\n");
        for unread in unread {
            let needs = unread.needs.as_ref().map(|right| format!(" (needs `{right}`)")).unwrap_or_default();
            text.push_str(&format!("- {}{needs}: {}; {}\n", unread.what, plain(&unread.why), unread.so));
        }
    }
    text
}

/// What is said where there are no rows.
pub(crate) fn nobody(picture: &Picture) -> &'static str {
    let bindings = [picture.bindings.unread(), picture.cluster_bindings.unread()];
    match bindings.iter().all(Option::is_none) && picture.knows_all_identities() {
        true => "No AWS principal has access here",
        false => "Access is unknown, because the required objects could not be read",
    }
}

fn access_as_markdown(picture: &Picture, audit: &Audit<'_>) -> String {
    if audit.rows.is_empty() {
        return format!("{}.\n", nobody(picture));
    }
    let mut tasks = Tasks::of(audit, picture.cluster.minor);
    let mut text =
        "| namespace | principal | via | task | allowed | details | granted by |\n| --- | --- | --- | --- | --- | --- | --- |\n"
            .to_owned();
    for row in &audit.rows {
        let identity = &audit.identities[row.identity];
        for judged in tasks.row(row).iter() {
            let cells = [
                row.namespace.as_deref().unwrap_or("*"),
                &identity.name(picture),
                identity.way.word(),
                judged.task.title,
                judged.word(),
                &judged.task.why,
                &judged.objects.join("; "),
            ];
            text.push_str(&format!("| {} |\n", cells.map(plain).join(" | ")));
        }
    }
    text
}

/// A text that cannot format, nor end the cell of a table.
fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '\n' | '\r' | '\t' => plain.push(' '),
            '|' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '\\' | '#' => {
                plain.push('\\');
                plain.push(letter);
            }
            _ => plain.push(letter),
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_cell_is_a_formula_or_ends_its_line() {
        assert_eq!(csv_line(&["a", "b c"]), "a,b c\n");
        assert_eq!(csv_line(&["=1+1", "a,\"b\"", "x\ny"]), "'=1+1,\"a,\"\"b\"\"\",\"x\ny\"\n");
    }

    #[test]
    fn others_texts_do_not_format() {
        assert_eq!(plain("a|b\n*c*"), "a\\|b \\*c\\*");
    }
}
