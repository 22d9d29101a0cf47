//! Text from elsewhere, made safe for a screen. A terminal obeys control characters: they set its title, clear it, fill
//! its clipboard, and write over what stands there. Here they are written out, like `\u{1b}`. Bidirectional controls
//! and line separators count too, because with them text reads as what it is not.

use std::borrow::Cow;

/// Whether a terminal, or a reader's eye, obeys this character instead of showing it.
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

/// Text on one line: a cell of a table, a name in a sentence.
pub(crate) fn one_line(text: &str) -> Cow<'_, str> {
    escape(text, |_| false)
}

/// Text that has lines of its own, which stay lines.
pub(crate) fn lines(text: &str) -> Cow<'_, str> {
    escape(text, |letter| letter == '\n')
}

/// Text inside a message: its lines stay lines and are indented, so that none passes for a message of its own.
pub(crate) fn paragraph(text: &str) -> Cow<'_, str> {
    let text = lines(text);
    if text.contains('\n') { Cow::Owned(text.trim_end().replace('\n', "\n  ")) } else { text }
}

/// JSON as it is printed. JSON's own rules escape what is below a blank; the rest that steers is in strings, where it
/// may be written out as well.
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

/// A line of one log among those of others, which shall not be able to write over their names. Colours are kept, and
/// end with the line. `text` has no line end.
pub(crate) fn log_line(text: &[u8], out: &mut Vec<u8>) {
    // Controls are below a blank or one of four bytes that few lines have.
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

/// The length of the colour code that a text begins with: `ESC [ … m`.
fn colour(text: &str) -> Option<usize> {
    let codes = text.strip_prefix("\x1b[")?;
    let end = codes.find(|letter: char| !letter.is_ascii_digit() && letter != ';' && letter != ':')?;
    codes[end..].starts_with('m').then_some("\x1b[".len() + end + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Sets the title, clears the screen, fills the clipboard; a C1 control; reads backwards; begins a line.
    const HOSTILE: &str = "a\x1b]0;title\x07\x1b[2J\x1b]52;c;eA==\x07\u{9b}31m\u{202e}b\rc\nd\u{2028}e";

    #[test]
    fn what_steers_is_escape() {
        let whole = r"a\u{1b}]0;title\u{7}\u{1b}[2J\u{1b}]52;c;eA==\u{7}\u{9b}31m\u{202e}b\rc\nd\u{2028}e";
        assert_eq!(one_line(HOSTILE), whole);
        assert_eq!(lines("a\nb\rc"), "a\nb\\rc");
        assert_eq!(paragraph("a\ntry: b\n"), "a\n  try: b");
        for plain in ["", "web-0", "Ä ✓ 日本語 👩‍💻"] {
            assert!(matches!(one_line(plain), Cow::Borrowed(same) if same == plain), "{plain}");
        }
    }

    #[test]
    fn json_means_the_same_and_shows_nothing_that_steers() {
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
