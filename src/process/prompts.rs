//! Questions to the user. A test can replace the terminal.

use std::fmt;

use crate::error::{Error, Kind, Result};
use crate::host::interruption;
use crate::process::hang_up;
use crate::screen;
use crate::ui::{Held, Ui};

pub(crate) trait Prompts: fmt::Debug {
    /// Asks for a line of text. [`Kind::Interrupted`] if the user cancels.
    fn ask(&self, question: &str) -> Result<String>;

    /// Lets the user choose one of several lines, which typing filters. Returns its index. [`Kind::Interrupted`] if the
    /// user cancels.
    fn pick(&self, question: &str, lines: &[String]) -> Result<usize>;

    /// Asks for a yes; just Enter means no. [`Kind::Interrupted`] if the user cancels.
    fn confirm(&self, question: &str) -> Result<bool>;
}

#[derive(Debug)]
pub(crate) struct Terminal {
    ui: Ui,
}

/// What holds while a person is asked.
struct Asking {
    /// Nothing else is shown.
    _held: Held,
    /// The prompt blocks the runtime, which could not react to a signal.
    _immediate: interruption::Immediate,
    _watch: hang_up::Watch,
}

impl Terminal {
    pub(crate) fn new(ui: &Ui) -> Self {
        Terminal { ui: ui.clone() }
    }

    fn begin(&self) -> Asking {
        Asking { _held: self.ui.hold(), _immediate: interruption::Immediate::begin(), _watch: hang_up::Watch::begin() }
    }
}

impl Prompts for Terminal {
    fn ask(&self, question: &str) -> Result<String> {
        let _asking = self.begin();
        inquire::Text::new(&screen::one_line(question)).prompt().map_err(|error| prompt_error(&error))
    }

    fn pick(&self, question: &str, lines: &[String]) -> Result<usize> {
        let _asking = self.begin();
        let lines = lines.iter().map(|line| screen::one_line(line).into_owned()).collect();
        let chosen = inquire::Select::new(&screen::one_line(question), lines).with_page_size(15).raw_prompt();
        chosen.map(|chosen| chosen.index).map_err(|error| prompt_error(&error))
    }

    fn confirm(&self, question: &str) -> Result<bool> {
        let _asking = self.begin();
        let question = screen::one_line(question);
        inquire::Confirm::new(&question).with_default(false).prompt().map_err(|error| prompt_error(&error))
    }
}

fn prompt_error(error: &inquire::InquireError) -> Error {
    use inquire::InquireError::{OperationCanceled, OperationInterrupted};
    match error {
        OperationCanceled | OperationInterrupted => Error::new(Kind::Interrupted, "interrupted"),
        other => Error::failure("cannot ask on this terminal").because(other.to_string()),
    }
}
