//! What differs between the lines of something before and after.

use similar::{ChangeTag, TextDiff};

/// Unchanged lines that are shown around what differs.
pub(crate) const CONTEXT: usize = 2;

/// A line of a diff.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Line {
    Same(String),
    Added(String),
    Removed(String),
    /// Lines that are the same are left out.
    Gap,
}

/// The lines that differ, with so many around them.
pub(crate) fn diff(before: &[String], after: &[String], around: usize) -> Vec<Line> {
    let before: Vec<&str> = before.iter().map(String::as_str).collect();
    let after: Vec<&str> = after.iter().map(String::as_str).collect();
    let diff = TextDiff::from_slices(&before, &after);
    let mut lines = Vec::new();
    let mut shown = 0;
    for group in diff.grouped_ops(around) {
        if group.first().is_some_and(|operation| operation.old_range().start > shown) {
            lines.push(Line::Gap);
        }
        for change in group.iter().flat_map(|operation| diff.iter_changes(operation)) {
            let text = change.value().to_owned();
            lines.push(match change.tag() {
                ChangeTag::Equal => Line::Same(text),
                ChangeTag::Insert => Line::Added(text),
                ChangeTag::Delete => Line::Removed(text),
            });
        }
        shown = group.last().map_or(shown, |operation| operation.old_range().end);
    }
    if shown < before.len() && !lines.is_empty() {
        lines.push(Line::Gap);
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &str) -> Vec<String> {
        text.split(' ').map(str::to_owned).collect()
    }

    #[test]
    fn what_is_far_from_a_change_is_left_out() {
        let found = diff(&lines("a b c d e f g"), &lines("a b c d x f g"), CONTEXT);
        let same = |text: &str| Line::Same(text.to_owned());
        assert_eq!(
            found,
            [Line::Gap, same("c"), same("d"), Line::Removed("e".into()), Line::Added("x".into()), same("f"), same("g"),]
        );
        assert_eq!(diff(&lines("a b"), &lines("a b"), CONTEXT), []);
    }

    #[test]
    fn one_line_among_many_is_found_at_once() {
        let many: Vec<String> = (0..30_000).map(|number| format!("- item {number}")).collect();
        let mut changed = many.clone();
        changed.push("- new".to_owned());
        assert_eq!(diff(&many, &changed, CONTEXT).len(), 1 + CONTEXT + 1);
    }
}
