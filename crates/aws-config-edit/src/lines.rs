//! The file as lines, the way Python's universal newlines cut it, and Python's idea of white space.

/// One line: what stands before its end, and the end itself, which is empty only on a last line without one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Line<'a> {
    pub(crate) body: &'a str,
    pub(crate) end: &'a str,
}

/// The byte order mark that some Windows editors put first.
pub(crate) const BYTE_ORDER_MARK: &str = "\u{feff}";

/// The byte order mark, if there is one, and the text behind it.
pub(crate) fn split_mark(text: &str) -> (&str, &str) {
    let length = if text.starts_with(BYTE_ORDER_MARK) { BYTE_ORDER_MARK.len() } else { 0 };
    text.split_at(length)
}

/// Cuts at `\n`, `\r\n` and a lone `\r`. The pieces, put together again, are the text.
pub(crate) fn split(text: &str) -> Vec<Line<'_>> {
    let mut lines = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let length = rest.find(['\n', '\r']).unwrap_or(rest.len());
        let end = match &rest.as_bytes()[length..] {
            [b'\r', b'\n', ..] => 2,
            [_, ..] => 1,
            [] => 0,
        };
        lines.push(Line { body: &rest[..length], end: &rest[length..length + end] });
        rest = &rest[length + end..];
    }
    lines
}

/// `str.isspace` of Python, which counts four separators that Unicode's property leaves out.
pub(crate) fn is_space(c: char) -> bool {
    c.is_whitespace() || ('\u{1c}'..='\u{1f}').contains(&c)
}

/// `str.strip` of Python.
pub(crate) fn strip(text: &str) -> &str {
    text.trim_matches(is_space)
}

/// How far a line is indented, in characters.
pub(crate) fn indent(body: &str) -> usize {
    body.chars().take_while(|c| is_space(*c)).count()
}

/// The white space that a line begins with.
pub(crate) fn margin(body: &str) -> &str {
    &body[..body.len() - body.trim_start_matches(is_space).len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_end_as_python_ends_them() {
        let cut = |text| split(text).iter().map(|line| (line.body, line.end)).collect::<Vec<_>>();
        assert_eq!(cut(""), []);
        assert_eq!(cut("a"), [("a", "")]);
        assert_eq!(cut("a\n"), [("a", "\n")]);
        assert_eq!(cut("a\r\n\r\nb"), [("a", "\r\n"), ("", "\r\n"), ("b", "")]);
        assert_eq!(cut("a\rb\n\rc"), [("a", "\r"), ("b", "\n"), ("", "\r"), ("c", "")]);
        assert_eq!(cut("a\u{b}b\u{2028}c\n"), [("a\u{b}b\u{2028}c", "\n")]);
    }

    #[test]
    fn white_space_is_pythons() {
        assert_eq!(strip("\u{1f} \u{a0}x y\u{3000}\t"), "x y");
        assert_eq!(indent("\u{a0}\tx"), 2);
        assert_eq!(margin(" \tx "), " \t");
    }

    #[test]
    fn a_byte_order_mark_is_set_aside() {
        assert_eq!(split_mark("\u{feff}[a]"), ("\u{feff}", "[a]"));
        assert_eq!(split_mark("[a]\u{feff}"), ("", "[a]\u{feff}"));
    }
}
