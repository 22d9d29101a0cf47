//! Lines and columns of a text whose line ends may be `\n`, `\r\n` or `\r`.

use std::ops::Range;

use crate::Error;

/// The mark that some editors put before the first character.
pub const BYTE_ORDER_MARK: char = '\u{feff}';

/// The line end that a text uses: its first one, or `\n`.
pub fn line_break(text: &str) -> &'static str {
    match text.find(['\n', '\r']) {
        Some(at) if text[at..].starts_with("\r\n") => "\r\n",
        Some(at) if text[at..].starts_with('\r') => "\r",
        _ => "\n",
    }
}

/// The line end that a text ends with.
fn last_break(text: &str) -> Option<&'static str> {
    ["\r\n", "\n", "\r"].into_iter().find(|line_break| text.ends_with(line_break))
}

/// A text without the line end that it ends with, which is another than its first where line ends are mixed.
pub fn without_last_break(text: &str) -> &str {
    last_break(text).map_or(text, |line_break| &text[..text.len() - line_break.len()])
}

/// Whether the last line is finished; so is that of an empty text.
pub fn ends_with_break(text: &str) -> bool {
    let content = text.strip_prefix(BYTE_ORDER_MARK).unwrap_or(text);
    matches!(content.chars().next_back(), None | Some('\n' | '\r'))
}

/// First byte of the line that contains `at`, after a byte order mark.
pub fn line_start(text: &str, at: usize) -> usize {
    match text[..at].rfind(['\n', '\r']) {
        Some(before) => before + 1,
        None if text.starts_with(BYTE_ORDER_MARK) => BYTE_ORDER_MARK.len_utf8().min(at),
        None => 0,
    }
}

/// The byte after the last one of the line that contains `at`, before its line end.
pub fn line_end(text: &str, at: usize) -> usize {
    text[at..].find(['\n', '\r']).map_or(text.len(), |length| at + length)
}

/// First byte of the next line, or the end of the text.
pub fn next_line(text: &str, at: usize) -> usize {
    let end = line_end(text, at);
    let breaks = if text[end..].starts_with("\r\n") { 2 } else { usize::from(end < text.len()) };
    end + breaks
}

/// Column of a byte, counted in bytes from zero.
pub fn column(text: &str, at: usize) -> usize {
    at - line_start(text, at)
}

/// Skips spaces, tabs and line ends.
pub fn skip_blank(text: &str, from: usize) -> usize {
    from + text[from..].len() - text[from..].trim_start_matches([' ', '\t', '\n', '\r']).len()
}

/// Skips spaces, tabs, line ends and comments.
pub fn skip_blank_and_comments(text: &str, from: usize) -> usize {
    let mut at = skip_blank(text, from);
    while text[at..].starts_with('#') {
        at = skip_blank(text, line_end(text, at));
    }
    at
}

/// Whether a value in flow style stands right behind `colon`. A key without a value says nothing of the style.
pub fn is_compact(text: &str, colon: usize) -> bool {
    !text[colon..].starts_with([' ', '\t', '\n', '\r', ',', '}'])
}

/// Whether nothing but blanks and perhaps a comment stands between `at` and the end of its line.
pub fn line_is_over(text: &str, at: usize) -> bool {
    let rest = text[at..line_end(text, at)].trim_start_matches([' ', '\t']);
    rest.is_empty() || rest.starts_with('#')
}

/// Whether only blanks stand between the start of the line and `at`.
pub fn is_first_on_line(text: &str, at: usize) -> bool {
    text[line_start(text, at)..at].trim_matches(' ').is_empty()
}

/// First byte of the line after a block that ends at `end` and whose lines begin right of, or at, `column`. Comments
/// that directly follow and are indented deeper than `column` belong to the block.
///
/// # Errors
/// When the block's last line goes on with something else.
pub fn after_block(text: &str, end: usize, column: usize) -> Result<usize, Error> {
    let mut at = after_last_line(text, end)?;
    loop {
        let indent = text[at..].len() - text[at..].trim_start_matches(' ').len();
        if indent <= column || !text[at + indent..].starts_with('#') {
            return Ok(at);
        }
        at = next_line(text, at);
    }
}

/// First byte of the line after the one where a block ends.
///
/// # Errors
/// When that line goes on with something else.
pub fn after_last_line(text: &str, end: usize) -> Result<usize, Error> {
    // A block scalar ends behind its own line ends.
    if end > 0 && text[..end].ends_with(['\n', '\r']) {
        return Ok(end);
    }
    if !line_is_over(text, end) {
        return Err(Error::at(
            text,
            end,
            "this line goes on where its end was expected; write this on lines of its own",
        ));
    }
    Ok(next_line(text, end))
}

/// One replacement in a text.
#[derive(Debug, Clone)]
pub struct Splice {
    /// The bytes that go.
    pub range: Range<usize>,
    /// What comes in their place.
    pub text: String,
}

/// Inserts whole lines (given without the last line end) before the line that begins at `at`. A file whose last line
/// is unfinished keeps an unfinished last line.
pub fn insert_lines(text: &str, at: usize, lines: &str) -> Splice {
    let lines = if at == text.len() && !ends_with_break(text) {
        format!("{}{lines}", line_break(text))
    } else {
        // That of the line before: where line ends are mixed, a `\r` here may meet a `\n` behind it.
        format!("{lines}{}", last_break(&text[..at]).unwrap_or_else(|| line_break(text)))
    };
    Splice { range: at..at, text: lines }
}

/// Takes whole lines out: the opposite of [`insert_lines`].
pub fn remove_lines(text: &str, range: Range<usize>) -> Splice {
    let unfinished = range.end == text.len() && !ends_with_break(text);
    let before = last_break(&text[..range.start]).filter(|_| unfinished);
    let start = range.start - before.map_or(0, str::len);
    Splice { range: start..range.end, text: String::new() }
}

/// Performs replacements. `None` when two of them overlap.
pub fn splice(text: &str, mut splices: Vec<Splice>) -> Option<String> {
    splices.sort_by_key(|splice| (splice.range.start, splice.range.end));
    let mut result = String::with_capacity(text.len());
    let mut at = 0;
    for splice in splices {
        result.push_str(text.get(at..splice.range.start)?);
        result.push_str(&splice.text);
        at = splice.range.end;
    }
    result.push_str(text.get(at..)?);
    Some(result)
}
