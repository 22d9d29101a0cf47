//! Sentences that fit a terminal.

use unicode_width::UnicodeWidthStr as _;

use super::Ui;

/// With less room than this, breaking lines makes nothing better.
const NARROWEST: usize = 20;

impl Ui {
    /// A line of data that begins behind `indent` columns, broken at blanks so that it fits the terminal.
    pub(crate) fn wrapped(&self, text: &str, indent: usize) -> String {
        wrapped(text, indent, self.columns)
    }
}

/// A line that begins behind `indent` columns, broken at blanks so that it fits; what follows is indented so. A word that
/// alone is wider stays whole.
pub(super) fn wrapped(text: &str, indent: usize, columns: Option<usize>) -> String {
    let room = columns.map(|columns| columns.saturating_sub(indent)).filter(|room| *room >= NARROWEST);
    let Some(room) = room.filter(|room| text.width() > *room) else { return text.to_owned() };
    let (mut lines, mut line) = (Vec::new(), String::new());
    for word in text.split(' ') {
        if !line.is_empty() && line.width() + 1 + word.width() > room {
            lines.push(std::mem::take(&mut line).trim_end().to_owned());
        } else if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    lines.push(line);
    lines.join(&format!("\n{}", " ".repeat(indent)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_broken_at_blanks_and_indented() {
        let text = "one two three four five six seven";
        assert_eq!(wrapped(text, 4, Some(26)), "one two three four\n    five six seven");
        assert_eq!(wrapped(text, 4, Some(80)), text);
        assert_eq!(wrapped(text, 4, None), text, "in a pipe");
        assert_eq!(wrapped(text, 70, Some(80)), text, "there is no room");
    }

    #[test]
    fn what_fits_keeps_its_blanks() {
        assert_eq!(wrapped("    code   ABCD", 0, Some(80)), "    code   ABCD");
    }

    #[test]
    fn a_long_word_stays_whole() {
        let arn = "arn:aws:iam::111122223333:role/a-long-name";
        assert_eq!(wrapped(&format!("role {arn} not found"), 2, Some(30)), format!("role\n  {arn}\n  not found"));
    }
}
