//! What differs, in lines for people.

use crate::model::diff::{Line, diff};
use crate::screen;
use crate::ui::{Style, Ui};

/// The lines that differ, with so many around them, indented. What is from elsewhere is escaped, and the colours are ours.
pub(super) fn shown(ui: &Ui, before: &[String], after: &[String], around: usize) -> String {
    let mut text = String::new();
    for line in diff(before, after, around) {
        let (style, line) = match line {
            Line::Same(line) => (None, format!("      {}", screen::one_line(&line))),
            Line::Added(line) => (Some(Style::Good), format!("    + {}", screen::one_line(&line))),
            Line::Removed(line) => (Some(Style::Bad), format!("    - {}", screen::one_line(&line))),
            Line::Gap => (None, "      …".to_owned()),
        };
        text.push_str(&style.map_or(line.clone(), |style| ui.data_styled(style, &line)));
        text.push('\n');
    }
    text
}
