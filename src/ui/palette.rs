//! What colours mean. All of it can be read without them.

use super::PRODUCTION;

/// A way to set a word off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Style {
    /// It works, or is allowed.
    Good,
    /// It works in part, or will not for long.
    Warning,
    /// It is wrong.
    Bad,
    /// A namespace where mistakes cost: patterns.production.
    Production,
    /// A name, or a heading.
    Strong,
    /// What only some want to read.
    Faint,
    /// `hint:`
    Hint,
    /// `error:`
    Error,
    /// `try:`
    Try,
    /// A verdict on the whole: all is well.
    AllGood,
    /// A verdict on the whole: not all is well.
    NotAllGood,
}

impl Style {
    /// For cells of a column NOTES: production is set off.
    pub(crate) fn of_notes(heading: &str, cell: &str) -> Option<Style> {
        (heading == "NOTES" && cell.starts_with(PRODUCTION)).then_some(Style::Production)
    }

    /// For cells of a column ALLOWED. A no is not wrong: least privilege is the normal case.
    pub(crate) fn of_verdicts(heading: &str, cell: &str) -> Option<Style> {
        match (heading, cell) {
            ("ALLOWED", "yes") => Some(Style::Good),
            ("ALLOWED", "no" | "partial") => Some(Style::Warning),
            ("ALLOWED", _) => Some(Style::Faint),
            _ => None,
        }
    }

    /// The text, set off.
    pub(super) fn paint(self, text: &str) -> String {
        format!("\x1b[{}m{text}\x1b[0m", self.code())
    }

    /// The parameters of SGR (ECMA-48).
    fn code(self) -> &'static str {
        match self {
            Style::Good => "32",
            Style::Warning => "33",
            Style::Bad => "31",
            Style::Production | Style::NotAllGood => "1;33",
            Style::Strong => "1",
            Style::Faint => "2",
            Style::Hint => "36",
            Style::Error => "1;31",
            Style::Try | Style::AllGood => "1;32",
        }
    }
}
