//! Makes text from elsewhere safe for a terminal. Control characters could set its title, clear it, fill its clipboard or
//! overwrite other text, so they are escaped, like `\u{1b}`. So are bidirectional controls and line separators, which make
//! text look like other text.

use std::borrow::Cow;

/// Whether this character controls the terminal or the direction of text instead of being shown.
fn controls_terminal(letter: char) -> bool {
    letter.is_control()
        || matches!(letter, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

fn escape(text: &str, kept: impl Fn(char) -> bool) -> Cow<'_, str> {
    let escaped = |letter: char| controls_terminal(letter) && !kept(letter);
    if !text.contains(escaped) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 8);
    for letter in text.chars() {
        if escaped(letter) { out.extend(letter.escape_default()) } else { out.push(letter) }
    }
    Cow::Owned(out)
}

/// Escapes all control characters: for a cell of a table, or a name in a sentence.
pub(crate) fn one_line(text: &str) -> Cow<'_, str> {
    escape(text, |_| false)
}

/// Escapes all control characters but line ends.
pub(crate) fn lines(text: &str) -> Cow<'_, str> {
    escape(text, |letter| letter == '\n')
}

/// Escapes as [`lines`] does, and keeps colours.
pub(crate) fn coloured_lines(text: &str) -> String {
    let mut pieces = text.split('\u{1b}');
    let mut out = lines(pieces.next().unwrap_or_default()).into_owned();
    for piece in pieces {
        let sequence = format!("\u{1b}{piece}");
        let kept = colour(&sequence).unwrap_or(0);
        out.push_str(&sequence[..kept]);
        out.push_str(&lines(&sequence[kept..]));
    }
    out
}

/// Escapes as [`lines`] does, and indents all lines but the first, so that none looks like a message of its own.
pub(crate) fn paragraph(text: &str) -> Cow<'_, str> {
    let text = lines(text);
    if text.contains('\n') { Cow::Owned(text.trim_end().replace('\n', "\n  ")) } else { text }
}

/// Escapes what JSON leaves as it is. It occurs in strings only, where an escape is valid.
pub(crate) fn json(text: &str) -> Cow<'_, str> {
    let escaped = |letter: char| controls_terminal(letter) && letter >= '\u{7f}';
    if !text.contains(escaped) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 8);
    for letter in text.chars() {
        if escaped(letter) { out.push_str(&format!("\\u{:04x}", u32::from(letter))) } else { out.push(letter) }
    }
    Cow::Owned(out)
}

/// Escapes a line of a log (without its line end) that is printed among those of others. Colours are kept, and reset at
/// the end of the line.
pub(crate) fn log_line(text: &[u8], out: &mut Vec<u8>) {
    // The bytes with which control characters begin. Few lines have any.
    let suspect = |byte: &u8| matches!(*byte, 0..=8 | 10..=31 | 0x7f..=0x9f | 0xc2 | 0xd8 | 0xe2);
    if !text.iter().any(suspect) {
        out.extend_from_slice(text);
        return;
    }
    let mut coloured = false;
    for chunk in text.utf8_chunks() {
        let mut rest = chunk.valid();
        while let Some(letter) = rest.chars().next() {
            if let Some(length) = colour(rest) {
                out.extend_from_slice(&rest.as_bytes()[..length]);
                coloured = !matches!(&rest[..length], "\x1b[0m" | "\x1b[m");
                rest = &rest[length..];
                continue;
            }
            let (this, next) = rest.split_at(letter.len_utf8());
            match controls_terminal(letter) && letter != '\t' {
                true => out.extend(letter.escape_default().map(|ascii| ascii as u8)),
                false => out.extend_from_slice(this.as_bytes()),
            }
            rest = next;
        }
        for byte in chunk.invalid() {
            match byte {
                0x80..=0x9f => out.extend_from_slice(format!("\\x{byte:02x}").as_bytes()),
                _ => out.push(*byte),
            }
        }
    }
    if coloured {
        out.extend_from_slice(b"\x1b[0m");
    }
}

/// The length of a colour code (`ESC [ … m`) at the start of the text.
fn colour(text: &str) -> Option<usize> {
    let codes = text.strip_prefix("\x1b[")?;
    let end = codes.find(|letter: char| !letter.is_ascii_digit() && letter != ';' && letter != ':')?;
    codes[end..].starts_with('m').then_some("\x1b[".len() + end + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Sets the title, clears the screen, fills the clipboard, uses a C1 control, reverses text, starts a line.
    const HOSTILE: &str = "a\x1b]0;title\x07\x1b[2J\x1b]52;c;eA==\x07\u{9b}31m\u{202e}b\rc\nd\u{2028}e";

    #[test]
    fn control_characters_are_escaped() {
        let whole = r"a\u{1b}]0;title\u{7}\u{1b}[2J\u{1b}]52;c;eA==\u{7}\u{9b}31m\u{202e}b\rc\nd\u{2028}e";
        assert_eq!(one_line(HOSTILE), whole);
        assert_eq!(lines("a\nb\rc"), "a\nb\\rc");
        assert_eq!(paragraph("a\ntry: b\n"), "a\n  try: b");
        assert_eq!(coloured_lines("a\x1b[1;31mb\x1b[0m\nc\x1b[2Jd\x1b"), "a\x1b[1;31mb\x1b[0m\nc\\u{1b}[2Jd\\u{1b}");
        assert_eq!(coloured_lines("a\x1b]0;title\x07"), r"a\u{1b}]0;title\u{7}");
        for plain in ["", "web-0", "Ä ✓ 日本語 👩‍💻"] {
            assert!(matches!(one_line(plain), Cow::Borrowed(same) if same == plain), "{plain}");
        }
    }

    #[test]
    fn json_keeps_its_meaning_without_control_characters() {
        let value = serde_json::json!({ "text": HOSTILE });
        let printed = json(&value.to_string()).into_owned();
        assert!(!printed.contains(controls_terminal), "{printed}");
        assert_eq!(serde_json::from_str::<serde_json::Value>(&printed).expect("JSON"), value);
        assert_eq!(json("{\n  \"a\": 1\n}\n"), "{\n  \"a\": 1\n}\n");
    }

    fn shown(text: &[u8]) -> String {
        let mut out = Vec::new();
        log_line(text, &mut out);
        String::from_utf8_lossy(&out).into_owned()
    }

    #[test]
    fn a_log_line_keeps_its_colours_and_its_place() {
        assert_eq!(shown(b"plain\ttext"), "plain\ttext");
        assert_eq!(shown("ü – ✓".as_bytes()), "ü – ✓");
        assert_eq!(shown(b"a\r[db-0] all is lost"), r"a\r[db-0] all is lost");
        assert_eq!(shown(b"\x1b[1;31mred\x1b[0m"), "\x1b[1;31mred\x1b[0m");
        assert_eq!(shown(b"\x1b[38:5:9mred"), "\x1b[38:5:9mred\x1b[0m");
        assert_eq!(shown(b"\x1b[1G[db-0]\x1b[2K\x1b["), r"\u{1b}[1G[db-0]\u{1b}[2K\u{1b}[");
        assert_eq!(shown(b"\xff\x9b1G"), "\u{fffd}\\x9b1G");
    }
}
