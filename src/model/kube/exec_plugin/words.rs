//! A command line, word by word.

use super::reason::Reason;

/// The words that are left.
pub(super) struct Words<'a>(std::slice::Iter<'a, String>);

impl<'a> Words<'a> {
    pub(super) fn of(args: &'a [String]) -> Self {
        Words(args.iter())
    }

    pub(super) fn next(&mut self) -> Option<&'a str> {
        self.0.next().map(String::as_str)
    }

    /// The value of an option: behind its `=`, else the next word.
    ///
    /// # Errors
    /// When there is none.
    pub(super) fn value(&mut self, option: &str, attached: Option<&str>) -> Result<String, Reason> {
        let value = attached.or_else(|| self.next()).unwrap_or_default();
        if value.is_empty() { Err(Reason::NoValue(option.to_owned())) } else { Ok(value.to_owned()) }
    }
}

/// An option and what is attached to it: `--name=value`.
pub(super) fn split(word: &str) -> (&str, Option<&str>) {
    word.split_once('=').map_or((word, None), |(name, value)| (name, Some(value)))
}
