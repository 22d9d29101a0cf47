//! What `-o json` prints of an error.

use schemars::JsonSchema;
use serde::Serialize;

use crate::error::Error;

/// An error for programs.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct ErrorDocument {
    /// The error
    error: ErrorText,
}

#[derive(Debug, Serialize, JsonSchema)]
struct ErrorText {
    /// The class: `usage`, `not_signed_in`, `denied`, … (docs/exit-codes.md)
    kind: &'static str,
    /// What happened
    message: String,
    /// Why, the most direct reason first
    because: Vec<String>,
    /// Commands that fix it, the most likely one first
    #[serde(rename = "try")]
    try_next: Vec<String>,
    /// The exit code
    exit_code: u8,
}

impl ErrorDocument {
    pub(super) fn of(error: &Error) -> Self {
        let error = error.clone();
        ErrorDocument {
            error: ErrorText {
                kind: error.kind.name(),
                exit_code: error.kind.exit_code(),
                message: error.message,
                because: error.because,
                try_next: error.try_next,
            },
        }
    }
}
