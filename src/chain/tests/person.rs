//! A person at the terminal.

use std::cell::RefCell;

use crate::error::{Error, Result};
use crate::process::prompts::Prompts;

/// A person whose answers are known before.
#[derive(Debug)]
pub(super) struct Picks(RefCell<Vec<&'static str>>);

impl Picks {
    /// One answer after the other.
    pub(super) fn of(answers: &[&'static str]) -> Self {
        Picks(RefCell::new(answers.iter().rev().copied().collect()))
    }
}

impl Prompts for Picks {
    fn ask(&self, question: &str) -> Result<String> {
        let answer = self.0.borrow_mut().pop();
        answer.map(str::to_owned).ok_or_else(|| Error::failure(format!("nobody answers {question}")))
    }

    fn pick(&self, question: &str, lines: &[String]) -> Result<usize> {
        let answer = self.ask(question)?;
        lines.iter().position(|line| line.starts_with(&answer)).ok_or_else(|| Error::failure("no such line"))
    }

    fn confirm(&self, question: &str) -> Result<bool> {
        Ok(self.ask(question)? == "yes")
    }
}
