//! Every command that the code tells a person to type is one. What each word in capitals stands for is said by the
//! help of its verb, because it is called there as it is here.

use std::path::Path;

use clap::Parser;
use clap::error::ErrorKind;
use nsaccess::inside::Cli;

/// What stands for a word in capitals when a command is tried.
const PLACEHOLDERS: &[(&str, &str)] = &[
    ("ARN", "arn:aws:iam::111122223333:role/x"),
    ("COMMAND", "env"),
    ("FILE", "x"),
    ("KEY", "x"),
    ("NAME", "x"),
    ("NAMESPACE", "idp-dev"),
    ("POD", "x"),
    ("PORT", "8080"),
    ("REGION", "eu-west-1"),
    ("TARGET", "pod/x"),
];

/// Programs of others that a person is told to run.
const OTHERS: &[&str] = &[
    "aws",
    "chmod",
    "command",
    "date",
    "df",
    "eksctl",
    "exit",
    "export",
    "iconv",
    "kubectl",
    "ls",
    "lsof",
    "mv",
    "pgrep",
    "rm",
    "sudo",
    "unset",
    "w32tm",
    "${EDITOR:-vi}",
];

/// Why a command that is shown to a person is none.
pub(crate) fn fault(shown: &str) -> Option<String> {
    let command = shown.split("   # ").next().unwrap_or_default();
    command.split(" && ").find_map(|command| fault_of_one(command.trim()))
}

fn fault_of_one(command: &str) -> Option<String> {
    let rest = command.strip_prefix("nsaccess ")?;
    let mut words = vec!["nsaccess".to_owned()];
    for word in rest.split_whitespace() {
        let bare = word.trim_matches('\'');
        match PLACEHOLDERS.iter().find(|(name, _)| *name == bare) {
            Some((_, sample)) => words.push((*sample).to_owned()),
            None if bare.len() > 1 && bare.chars().all(|c| c.is_ascii_uppercase()) && !is_a_value(&words) => {
                return Some(format!("nobody says what {bare} is"));
            }
            None => words.push(bare.to_owned()),
        }
    }
    match Cli::try_parse_from(&words) {
        Ok(_) => None,
        Err(error) if error.kind() == ErrorKind::DisplayHelp => None,
        Err(error) => Some(error.to_string()),
    }
}

/// Whether the next word is what a person wrote in capitals: the value of a flag, or what is run.
fn is_a_value(words: &[String]) -> bool {
    words.iter().any(|word| word == "--") || words.last().is_some_and(|word| word.starts_with("--"))
}

/// The string literals of a source file that begin with a program's name, with what is filled in made up.
fn commands(source: &str) -> Vec<String> {
    let code: Vec<&str> = source.split("#[cfg(test)]").next().unwrap_or_default().lines().collect();
    let code = code.into_iter().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n");
    let mut found = Vec::new();
    for place in ["try_next(", ".hint(", "fn pin("] {
        for (start, _) in code.match_indices(place) {
            found.extend(literals(argument(&code[start..])));
        }
    }
    found
}

/// From a call's name to its closing bracket.
fn argument(code: &str) -> &str {
    let (mut depth, mut in_text, mut escaped) = (0, false, false);
    for (index, letter) in code.char_indices() {
        match letter {
            _ if escaped => escaped = false,
            '\\' if in_text => escaped = true,
            '"' => in_text = !in_text,
            '(' | '{' if !in_text => depth += 1,
            ')' | '}' if !in_text => {
                depth -= 1;
                if depth == 0 {
                    return &code[..index];
                }
            }
            _ => {}
        }
    }
    code
}

pub(crate) fn literals(code: &str) -> Vec<String> {
    let (mut found, mut text, mut escaped) = (Vec::new(), None::<String>, false);
    for letter in code.chars() {
        match (&mut text, letter) {
            (Some(text), _) if escaped => {
                text.push(letter);
                escaped = false;
            }
            (Some(_), '\\') => escaped = true,
            (Some(_), '"') => found.extend(text.take()),
            (Some(text), letter) => text.push(letter),
            (None, '"') => text = Some(String::new()),
            (None, _) => {}
        }
    }
    found
}

/// `{name}` is filled in by something that its place can have.
fn filled(text: &str) -> String {
    let text = text.replace("{{", "\u{1}").replace("}}", "\u{2}");
    let mut out = String::new();
    let mut rest = text.as_str();
    while let Some((before, after)) = rest.split_once('{') {
        out.push_str(before);
        let (_, behind) = after.split_once('}').unwrap_or(("", ""));
        // A flag that is filled in is one of the pins.
        let is_flag = before.ends_with("--");
        out.push_str(if is_flag {
            "account"
        } else if before.ends_with(':') || before.ends_with("port-forward TARGET ") {
            "8080"
        } else {
            "x"
        });
        rest = behind;
    }
    out.push_str(rest);
    out.replace('\u{1}', "{").replace('\u{2}', "}")
}

#[test]
fn every_command_that_the_code_names_can_be_typed() {
    fn walk(folder: &Path, broken: &mut Vec<String>, tried: &mut usize) {
        for entry in std::fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                walk(&path, broken, tried);
                continue;
            }
            let source = std::fs::read_to_string(&path).expect("a source file");
            for command in commands(&source) {
                let command = filled(&command);
                *tried += usize::from(command.starts_with("nsaccess "));
                if let Some(why) = fault(&command) {
                    broken.push(format!("{}: {command}: {why}", path.display()));
                }
                let first = command.split(' ').next().unwrap_or_default();
                // A sentence is an instruction, a single word is a part of something; what has flags is a command.
                let is_sentence = [": ", "; ", "the same command"].iter().any(|part| command.contains(part));
                let is_known = ["nsaccess", "x"].contains(&first) || OTHERS.contains(&first);
                if command.contains(" -") && !is_sentence && !is_known {
                    broken.push(format!("{}: {command}: nobody knows the program", path.display()));
                }
            }
        }
    }
    let (mut broken, mut tried) = (Vec::new(), 0);
    walk(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut broken, &mut tried);
    assert!(tried > 60, "only {tried} commands were found");
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

#[test]
fn what_is_no_command_is_noticed() {
    for good in ["nsaccess login NAMESPACE", "nsaccess pods NAME -n x   # by name", "nsaccess config --help", "unset X"]
    {
        assert_eq!(fault(good), None, "{good}");
    }
    for bad in ["nsaccess lgoin x", "nsaccess login --no-such x", "nsaccess login THING", "nsaccess config set"] {
        assert!(fault(bad).is_some(), "{bad}");
    }
}
