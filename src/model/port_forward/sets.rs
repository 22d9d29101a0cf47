//! Forward sets: targets and ports that settings keep under a name, typed as `@name`.

use std::fmt;

use crate::model::port_forward::ports::{self, ForwardRequest};

/// What a set's name begins with on the command line.
pub(crate) const SIGN: char = '@';

/// Why words are no targets and ports.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum WordsError {
    Invalid(String),
    /// No set has this name.
    UnknownSet(String),
}

impl fmt::Display for WordsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            WordsError::Invalid(why) => f.write_str(why),
            WordsError::UnknownSet(name) => write!(f, "forward set {SIGN}{name} not found"),
        }
    }
}

/// Reads the words of a command line, in which `@name` stands for the entries of that set.
///
/// # Errors
/// Which word is wrong, and why.
pub(crate) fn parse<'a>(
    words: &[String],
    set: impl Fn(&str) -> Option<&'a [String]>,
) -> Result<Vec<ForwardRequest>, WordsError> {
    let mut requests = Vec::new();
    let mut rest = words;
    while let Some(word) = rest.first() {
        if let Some(name) = word.strip_prefix(SIGN) {
            for entry in set(name).ok_or_else(|| WordsError::UnknownSet(name.to_owned()))? {
                requests.extend(parse_entry(entry).map_err(WordsError::Invalid)?);
            }
            rest = &rest[1..];
            if let Some(port) = rest.first().filter(|word| ports::is_port(word)) {
                return Err(WordsError::Invalid(format!(
                    "port {port:?} follows {word}, whose targets have their own ports"
                )));
            }
            continue;
        }
        let end = rest.iter().position(|word| word.starts_with(SIGN)).unwrap_or(rest.len());
        requests.extend(ports::parse(&rest[..end]).map_err(WordsError::Invalid)?);
        rest = &rest[end..];
    }
    Ok(requests)
}

/// Reads an entry of a set: words as on the command line, but no sets.
///
/// # Errors
/// Why it is none.
pub(crate) fn parse_entry(entry: &str) -> Result<Vec<ForwardRequest>, String> {
    let words: Vec<String> = entry.split_whitespace().map(str::to_owned).collect();
    if words.is_empty() {
        return Err("it names no target".to_owned());
    }
    if let Some(word) = words.iter().find(|word| word.starts_with(SIGN)) {
        return Err(format!("a set cannot contain another one, {word}"));
    }
    ports::parse(&words)
}

/// Whether a set can have this name. Errors end a sentence that begins with the name.
///
/// # Errors
/// Why it cannot.
pub(crate) fn check_name(name: &str) -> Result<(), String> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    if !name.is_empty() && name.chars().all(allowed) {
        return Ok(());
    }
    Err("cannot be a forward set's name: those are of a-z, A-Z, 0-9, '-' and '_'".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(line: &str) -> Result<String, String> {
        let dev = ["svc/web 8080:http".to_owned(), "svc/db  5432 svc/cache".to_owned()];
        let words: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
        let requests = parse(&words, |name| (name == "dev").then_some(&dev[..])).map_err(|error| error.to_string())?;
        Ok(requests.iter().map(ToString::to_string).collect::<Vec<_>>().join(" "))
    }

    #[test]
    fn a_set_stands_where_a_target_stands() {
        let dev = "svc/web 8080:http svc/db 5432 svc/cache";
        for (line, wanted) in [
            ("@dev", dev.to_owned()),
            ("@dev pod/x 80", format!("{dev} pod/x 80")),
            ("x 80 :81 @dev sts/y", format!("pod/x 80 :81 {dev} sts/y")),
            ("@dev @dev", format!("{dev} {dev}")),
            ("svc/a", "svc/a".to_owned()),
            ("", String::new()),
        ] {
            assert_eq!(shown(line), Ok(wanted), "{line}");
        }
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (line, why) in [
            ("@dve", "forward set @dve not found"),
            ("@", "forward set @ not found"),
            ("@dev 8080", "port \"8080\" follows @dev, whose targets have their own ports"),
            ("8080 @dev", "port \"8080\" has no target before it"),
        ] {
            assert_eq!(shown(line), Err(why.to_owned()), "{line}");
        }
        assert_eq!(parse_entry("@dev"), Err("a set cannot contain another one, @dev".to_owned()));
        assert_eq!(parse_entry("  "), Err("it names no target".to_owned()));
        assert!(parse_entry("5432").is_err() && parse_entry("svc/db 0").is_err() && parse_entry("svc/db").is_ok());
    }

    #[test]
    fn names_need_no_quotes_in_a_shell_or_a_settings_file() {
        for name in ["dev", "Dev_2", "a-b", "1"] {
            assert_eq!(check_name(name), Ok(()), "{name}");
        }
        for name in ["", "a b", "a.b", "@a", "ü", "a/b"] {
            assert!(check_name(name).is_err(), "{name}");
        }
    }
}
