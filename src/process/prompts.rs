//! Questions to the person at the terminal, as a value that a test replaces.

use std::fmt;

use crate::error::{Error, Kind, Result};
use crate::host::interruption;
use crate::screen;
use crate::ui::Ui;

/// Somebody who can be asked.
pub(crate) trait Prompts: fmt::Debug {
    /// Asks for a line of text.
    ///
    /// # Errors
    /// [`Kind::Interrupted`] when the person leaves.
    fn ask(&self, question: &str) -> Result<String>;

    /// Lets the person choose one of several lines, narrowing them by typing. Returns the index.
    ///
    /// # Errors
    /// [`Kind::Interrupted`] when the person leaves.
    fn pick(&self, question: &str, lines: &[String]) -> Result<usize>;
}

/// The person at our terminal.
#[derive(Debug)]
pub(crate) struct Terminal {
    ui: Ui,
}

impl Terminal {
    pub(crate) fn new(ui: &Ui) -> Self {
        Terminal { ui: ui.clone() }
    }
}

impl Prompts for Terminal {
    fn ask(&self, question: &str) -> Result<String> {
        self.ui.end_transient();
        // Its thread awaits nothing, so a signal that a runtime waits for would be swallowed.
        let _immediate = interruption::Immediate::begin();
        inquire::Text::new(&screen::one_line(question)).prompt().map_err(|error| prompt_error(&error))
    }

    fn pick(&self, question: &str, lines: &[String]) -> Result<usize> {
        self.ui.end_transient();
        let _immediate = interruption::Immediate::begin();
        let lines = lines.iter().map(|line| screen::one_line(line).into_owned()).collect();
        let chosen = inquire::Select::new(&screen::one_line(question), lines).with_page_size(15).raw_prompt();
        chosen.map(|chosen| chosen.index).map_err(|error| prompt_error(&error))
    }
}

fn prompt_error(error: &inquire::InquireError) -> Error {
    use inquire::InquireError::{OperationCanceled, OperationInterrupted};
    match error {
        OperationCanceled | OperationInterrupted => Error::new(Kind::Interrupted, "interrupted"),
        other => Error::failure("cannot ask on this terminal").because(other.to_string()),
    }
}
