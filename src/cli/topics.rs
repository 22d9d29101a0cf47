//! `nsaccess help TOPIC`: pages of the documentation, as a terminal shows them.

use std::ffi::OsString;

use crate::ui::{Style, Ui};

/// Topics, what they are about, and their pages.
const TOPICS: [(&str, &str, &str); 5] = [
    ("environment", "Environment variables", include_str!("../../docs/files.md")),
    ("exit-codes", "Exit codes", include_str!("../../docs/exit-codes.md")),
    ("files", "Files that nsaccess reads and writes", include_str!("../../docs/files.md")),
    ("rights", "What works with which rights", include_str!("../../docs/roles.md")),
    ("settings", "Settings and where they come from", include_str!("../../docs/settings.md")),
];

/// Where the page of files ends, and that of variables begins.
const ENVIRONMENT: &str = "## Environment variables";

/// The page that `help TOPIC` asks for.
pub(crate) fn asked(arguments: &[OsString]) -> Option<&'static str> {
    let [_, help, topic] = arguments else { return None };
    let (name, _, page) = TOPICS.iter().find(|(name, ..)| help == "help" && topic == name)?;
    let (files, environment) = page.split_at(page.find(ENVIRONMENT).unwrap_or(page.len()));
    Some(match *name {
        "environment" => environment,
        "files" => files,
        _ => page,
    })
}

/// A line for each topic.
pub(super) fn listed() -> String {
    TOPICS.iter().map(|(name, about, _)| format!("  {name:<12}  {about}\n")).collect()
}

/// Markdown as text: headings set off, links by their words, tables row by row.
pub(crate) fn text(ui: &Ui, markdown: &str) -> String {
    let mut text = String::new();
    let mut lines = markdown.lines().peekable();
    while let Some(line) = lines.next() {
        if let Some(heading) = line.strip_prefix('#') {
            text.push_str(&format!("{}\n", ui.data_styled(Style::Strong, heading.trim_start_matches('#').trim())));
        } else if line.starts_with("```") {
            let code: Vec<&str> = lines.by_ref().take_while(|line| !line.starts_with("```")).collect();
            code.iter().for_each(|line| text.push_str(&format!("    {line}\n")));
        } else if line.starts_with("    ") || line.is_empty() {
            text.push_str(&format!("{line}\n"));
        } else if line.starts_with('|') {
            let mut rows = vec![cells(line)];
            while let Some(row) = lines.next_if(|line| line.starts_with('|')) {
                rows.push(cells(row));
            }
            table(ui, &mut text, &rows);
        } else {
            let mut paragraph = line.to_owned();
            while let Some(more) = lines.next_if(|line| continues(line)) {
                paragraph.push_str(&format!(" {}", more.trim_start()));
            }
            let indent = if paragraph.starts_with("- ") { 2 } else { 0 };
            text.push_str(&format!("{}\n", ui.wrapped(&plain(&paragraph), indent)));
        }
    }
    text
}

/// Whether a line goes on with the paragraph or the item above it.
fn continues(line: &str) -> bool {
    let begins = ["#", "|", "- ", "```", "    "].iter().any(|beginning| line.starts_with(beginning));
    !line.is_empty() && !begins
}

fn cells(row: &str) -> Vec<String> {
    let inner = row.trim().trim_start_matches('|').trim_end_matches('|').replace("\\|", "\u{0}");
    inner.split('|').map(|cell| plain(cell.trim()).replace('\u{0}', "|")).collect()
}

/// Rows below each other: the first cells on a line, the last below it. Of a table with marks, what is marked alike together.
fn table(ui: &Ui, text: &mut String, rows: &[Vec<String>]) {
    let [headings, _, rows @ ..] = rows else { return };
    for row in rows {
        let Some((first, others)) = row.split_first() else { continue };
        let is_mark = |cell: &String| cell == "✓" || cell == "–";
        if others.iter().all(is_mark) {
            text.push_str(&format!("{}\n", ui.wrapped(first, 0)));
            for mark in ["✓", "–"] {
                let alike: Vec<&str> = others
                    .iter()
                    .zip(headings.iter().skip(1))
                    .filter_map(|(cell, heading)| (cell == mark).then_some(heading.as_str()))
                    .collect();
                if !alike.is_empty() {
                    text.push_str(&format!("  {mark} {}\n", ui.wrapped(&alike.join(", "), 4)));
                }
            }
            continue;
        }
        let (last, between) =
            others.split_last().map_or((String::new(), &[][..]), |(last, between)| (last.clone(), between));
        let head: Vec<&str> =
            std::iter::once(first).chain(between).map(String::as_str).filter(|cell| !cell.is_empty()).collect();
        text.push_str(&format!("{}\n    {}\n", ui.wrapped(&head.join("  "), 0), ui.wrapped(&last, 4)));
    }
}

/// Without the marks of Markdown: `[words](address)` is its words.
fn plain(text: &str) -> String {
    let (mut plain, mut rest) = (String::new(), text);
    while let Some(start) = rest.find('[') {
        let link = rest[start..].split_once("](").and_then(|(words, after)| {
            let end = after.find(')')?;
            (!words[1..].contains('[')).then_some((&words[1..], &after[end + 1..]))
        });
        match link {
            Some((words, after)) => {
                plain.push_str(&rest[..start]);
                plain.push_str(words);
                rest = after;
            }
            None => {
                plain.push_str(&rest[..=start]);
                rest = &rest[start + 1..];
            }
        }
    }
    plain.push_str(rest);
    plain.replace("**", "").replace('`', "")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked_for(words: &[&str]) -> Option<&'static str> {
        asked(&words.iter().map(OsString::from).collect::<Vec<_>>())
    }

    #[test]
    fn topics_are_pages() {
        assert!(asked_for(&["nsaccess", "help", "exit-codes"]).is_some_and(|page| page.starts_with("# Exit codes")));
        assert!(asked_for(&["nsaccess", "help", "environment"]).is_some_and(|page| page.starts_with(ENVIRONMENT)));
        assert!(asked_for(&["nsaccess", "help", "files"]).is_some_and(|page| !page.contains(ENVIRONMENT)));
        assert_eq!(asked_for(&["nsaccess", "help", "pods"]), None);
        assert_eq!(asked_for(&["nsaccess", "pods", "files"]), None);
    }

    #[test]
    fn markdown_is_shown_as_text() {
        let page = "# Head\n\nOne [link](x.md) and\n`code`.\n\n- an item\n  of two lines\n\n    a command\n\n| a | b |\n| --- | --- |\n| `0` | fine \\| well |\n";
        let expected = "Head\n\nOne link and code.\n\n- an item of two lines\n\n    a command\n\n0\n    fine | well\n";
        assert_eq!(text(&Ui::silent(), page), expected);
    }

    #[test]
    fn marks_are_gathered() {
        let page = "| rights | pods | logs |\n| --- | --- | --- |\n| **floor** | ✓ | – |\n";
        assert_eq!(text(&Ui::silent(), page), "floor\n  ✓ pods\n  – logs\n");
    }
}
