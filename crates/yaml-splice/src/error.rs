//! Why something failed, and where.

use std::fmt;

use crate::text;

/// Why a text could not be read or was not edited, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Error {
    /// Line, counted from one.
    pub line: Option<usize>,
    /// Column in characters, counted from one.
    pub column: Option<usize>,
    /// What is wrong and, if a person can mend it, how.
    pub reason: String,
}

impl Error {
    /// An error at a byte of a text.
    pub fn at(text: &str, offset: usize, reason: impl Into<String>) -> Self {
        let start = text::line_start(text, offset);
        let before = text[..start].replace("\r\n", "\n");
        Error {
            line: Some(before.matches(['\n', '\r']).count() + 1),
            column: Some(text[start..offset].chars().count() + 1),
            reason: reason.into(),
        }
    }

    /// An error that has no one place.
    pub fn anywhere(reason: impl Into<String>) -> Self {
        Error { line: None, column: None, reason: reason.into() }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.line, self.column) {
            (Some(line), Some(column)) => write!(f, "line {line}, column {column}: {}", self.reason),
            (Some(line), None) => write!(f, "line {line}: {}", self.reason),
            _ => f.write_str(&self.reason),
        }
    }
}

impl std::error::Error for Error {}
