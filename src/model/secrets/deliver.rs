//! Values on a terminal.

use crate::secret::Secret;

/// Whether bytes may be shown on a terminal: text without control characters.
pub(crate) fn is_printable(bytes: &[u8]) -> bool {
    let is_control = |c: char| c.is_control() && !matches!(c, '\n' | '\t' | '\r');
    std::str::from_utf8(bytes).is_ok_and(|text| !text.contains(is_control))
}

/// Adds a line end if there is none, so that the prompt starts on a new line. For terminals only.
pub(crate) fn with_line_end(bytes: &[u8]) -> Secret<Vec<u8>> {
    let mut bytes = bytes.to_vec();
    if !bytes.is_empty() && !bytes.ends_with(b"\n") {
        bytes.push(b'\n');
    }
    Secret::new(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_are_not_printable() {
        for good in ["", "text", "tabs\tand\r\nlines\n", "ü"] {
            assert!(is_printable(good.as_bytes()), "{good:?}");
        }
        for bad in [&[0xff][..], b"\x1b[2J", b"\0", b"\x7f", "\u{9b}".as_bytes()] {
            assert!(!is_printable(bad), "{bad:?}");
        }
    }

    #[test]
    fn a_line_end_is_added_once() {
        for (text, shown) in [("a", "a\n"), ("a\n", "a\n"), ("", "")] {
            assert_eq!(with_line_end(text.as_bytes()).expose(), shown.as_bytes());
        }
    }
}
