//! What colours mean. All of it can be read without them.

/// A way to set a word off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(dead_code, reason = "the first users of some are on their way")]
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
}

impl Style {
    /// The parameters of SGR (ECMA-48).
    pub(super) fn code(self) -> &'static str {
        match self {
            Style::Good => "32",
            Style::Warning => "33",
            Style::Bad => "31",
            Style::Production => "1;33",
            Style::Strong => "1",
            Style::Faint => "2",
            Style::Hint => "36",
            Style::Error => "1;31",
            Style::Try => "1;32",
        }
    }
}
