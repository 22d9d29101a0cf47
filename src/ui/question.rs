//! Questions to the person at the terminal.

use crate::error::{Error, Kind, Result};
use crate::host::interruption;

/// Asks a person for a line of text.
///
/// # Errors
/// [`Kind::Interrupted`] when the person leaves.
pub(super) fn ask(question: &str) -> Result<String> {
    // Its thread awaits nothing, so a signal that a runtime waits for would be swallowed.
    let _deadly = interruption::Deadly::begin();
    inquire::Text::new(question).prompt().map_err(|error| left(&error))
}

/// Lets a person choose one of several lines, narrowing them by typing. Returns the index.
///
/// # Errors
/// [`Kind::Interrupted`] when the person leaves.
pub(super) fn pick(question: &str, lines: Vec<String>) -> Result<usize> {
    // Its thread awaits nothing, so a signal that a runtime waits for would be swallowed.
    let _deadly = interruption::Deadly::begin();
    let chosen = inquire::Select::new(question, lines).with_page_size(15).raw_prompt();
    chosen.map(|chosen| chosen.index).map_err(|error| left(&error))
}

fn left(error: &inquire::InquireError) -> Error {
    use inquire::InquireError::{OperationCanceled, OperationInterrupted};
    match error {
        OperationCanceled | OperationInterrupted => Error::new(Kind::Interrupted, "interrupted"),
        other => Error::failure("cannot ask on this terminal").because(other.to_string()),
    }
}
