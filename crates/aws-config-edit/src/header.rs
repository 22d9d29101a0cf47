//! The words in a section's brackets: read with the rules of Python's `shlex`, as botocore does, and written plainly.

/// What a section is to botocore.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Class {
    Profile,
    SsoSession,
    /// Other sections, and headers that botocore reads past because their words do not come out as two.
    Other,
}

/// The class of a section, and the name that its header gives it.
///
/// botocore looks at how the header begins, not at its first word: `[profiles x]` is a profile too.
pub(crate) fn classify(header: &str) -> (Class, Option<String>) {
    let class = if header.starts_with("profile") {
        Class::Profile
    } else if header.starts_with("sso-session") {
        Class::SsoSession
    } else if header == "default" {
        return (Class::Profile, Some(header.to_owned()));
    } else {
        return (Class::Other, None);
    };
    match words(header).as_deref() {
        Some([_, name]) => (class, Some(name.clone())),
        _ => (Class::Other, None),
    }
}

/// A header that botocore and the AWS CLI read back as this name. `None` when no spelling is safe in both.
pub(crate) fn write(kind: &str, name: &str) -> Option<String> {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_.+=,@:/".contains(c);
    if !name.is_empty() && name.chars().all(plain) {
        return Some(format!("{kind} {name}"));
    }
    let quotable = |c: char| !c.is_control() && !"\"'\\[]".contains(c);
    (!name.is_empty() && name.chars().all(quotable)).then(|| format!("{kind} \"{name}\""))
}

/// `shlex.split` of Python. `None` where it raises: a quotation or an escape that does not end.
fn words(text: &str) -> Option<Vec<String>> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut characters = text.chars();
    while let Some(c) = characters.next() {
        match c {
            ' ' | '\t' | '\r' | '\n' => words.extend(word.take()),
            '\\' => word.get_or_insert_default().push(characters.next()?),
            '\'' | '"' => quoted(&mut characters, c, word.get_or_insert_default())?,
            _ => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    Some(words)
}

/// The inside of a quotation, up to its end. A backslash means something only in double quotes, and there only before
/// a double quote and before itself.
fn quoted(characters: &mut std::str::Chars<'_>, quote: char, word: &mut String) -> Option<()> {
    loop {
        match characters.next()? {
            c if c == quote => return Some(()),
            '\\' if quote == '"' => match characters.next()? {
                c @ ('"' | '\\') => word.push(c),
                c => word.extend(['\\', c]),
            },
            c => word.push(c),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every row is what `shlex.split` of Python 3.11 answers.
    #[test]
    fn words_come_out_as_in_python() {
        let rows: [(&str, Option<&[&str]>); 12] = [
            ("profile x", Some(&["profile", "x"])),
            (" profile \t x ", Some(&["profile", "x"])),
            ("profile \"x y\"", Some(&["profile", "x y"])),
            ("profile 'x y'z", Some(&["profile", "x yz"])),
            ("profile x\\ y", Some(&["profile", "x y"])),
            ("profile \"a\\\"b\\\\c\\d\"", Some(&["profile", "a\"b\\c\\d"])),
            ("profile '\\'", Some(&["profile", "\\"])),
            ("profile \"\"", Some(&["profile", ""])),
            ("profile # x", Some(&["profile", "#", "x"])),
            ("profile \"x", None),
            ("profile x\\", None),
            ("", Some(&[])),
        ];
        for (text, expected) in rows {
            let found = words(text);
            let found = found.as_ref().map(|list| list.iter().map(String::as_str).collect::<Vec<_>>());
            assert_eq!(found.as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn classes_are_botocores() {
        let named = |class, name: &str| (class, Some(name.to_owned()));
        assert_eq!(classify("default"), named(Class::Profile, "default"));
        assert_eq!(classify("profile default"), named(Class::Profile, "default"));
        assert_eq!(classify("profiles x"), named(Class::Profile, "x"));
        assert_eq!(classify("sso-session corp"), named(Class::SsoSession, "corp"));
        for other in ["profile", "profile a b", "preview", "Profile x", "services x", "profile \"x"] {
            assert_eq!(classify(other), (Class::Other, None), "{other}");
        }
    }

    #[test]
    fn what_is_written_is_read_back() {
        for name in ["idp-ns-idp-dev", "two words", "ümlaut", "a;b", "a#b", "a.b@c"] {
            let header = write("profile", name).expect(name);
            assert_eq!(classify(&header), (Class::Profile, Some(name.to_owned())));
        }
        assert_eq!(write("profile", "idp-dev").as_deref(), Some("profile idp-dev"));
        assert_eq!(write("profile", "two words").as_deref(), Some("profile \"two words\""));
        for name in ["", "a\"b", "a'b", "a\\b", "a]b", "a\nb", "a\tb"] {
            assert_eq!(write("profile", name), None, "{name:?}");
        }
    }
}
