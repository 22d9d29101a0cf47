//! Marks what `--include` matched in a line.

use std::borrow::Cow;
use std::ops::Range;

use regex::bytes::Regex;

/// Inverse video on and off: unlike a colour it leaves the colours of the line as they are.
const ON: &[u8] = b"\x1b[7m";
const OFF: &[u8] = b"\x1b[27m";

/// The text with all matches of these patterns marked.
pub(crate) fn highlight<'a>(text: &'a [u8], patterns: &[Regex]) -> Cow<'a, [u8]> {
    let found = matches(text, patterns);
    if found.is_empty() {
        return Cow::Borrowed(text);
    }
    let (mut out, mut end) = (Vec::with_capacity(text.len() + 16 * found.len()), 0);
    for part in found {
        out.extend_from_slice(&text[end..part.start]);
        end = part.end;
        out.extend_from_slice(&[ON, &text[part], OFF].concat());
    }
    out.extend_from_slice(&text[end..]);
    Cow::Owned(out)
}

/// The matched parts in order, with overlapping ones joined.
fn matches(text: &[u8], patterns: &[Regex]) -> Vec<Range<usize>> {
    let found = patterns.iter().flat_map(|pattern| pattern.find_iter(text)).map(|found| found.range());
    let mut found: Vec<Range<usize>> = found.filter(|part| !part.is_empty()).collect();
    found.sort_by_key(|part| part.start);
    let mut joined: Vec<Range<usize>> = Vec::new();
    for part in found {
        match joined.last_mut() {
            Some(last) if part.start <= last.end => last.end = last.end.max(part.end),
            _ => joined.push(part),
        }
    }
    joined
}

#[cfg(test)]
mod tests {
    use super::*;

    fn marked(text: &str, patterns: &[&str]) -> String {
        let patterns: Vec<Regex> = patterns.iter().map(|pattern| Regex::new(pattern).expect("a pattern")).collect();
        let text = highlight(text.as_bytes(), &patterns).into_owned();
        String::from_utf8(text).expect("text").replace("\x1b[7m", "<").replace("\x1b[27m", ">")
    }

    #[test]
    fn all_matches_are_marked_once() {
        for (text, patterns, expected) in [
            ("an ERROR and an ERROR", &["ERROR"][..], "an <ERROR> and an <ERROR>"),
            ("GET /orders 500", &["orders 5", "500$"], "GET /<orders 500>"),
            ("abc", &["b", "x*"], "a<b>c"),
            ("Größe", &["ö"], "Gr<ö>ße"),
            ("nothing", &["else"], "nothing"),
            ("all", &[], "all"),
        ] {
            assert_eq!(marked(text, patterns), expected);
        }
    }
}
