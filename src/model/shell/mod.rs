//! Quoted lines for a shell to evaluate, which set environment variables.

pub(crate) mod marked;

use crate::secret::Secret;

/// A shell's syntax.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dialect {
    /// sh, bash, zsh, ksh.
    Posix,
    /// fish.
    Fish,
    /// PowerShell.
    PowerShell,
}

/// One line per variable.
pub(crate) fn set_variables(dialect: Dialect, variables: &[(&str, Secret<String>)]) -> Secret<String> {
    let lines = variables.iter().map(|(name, value)| {
        let value = value.expose();
        match dialect {
            Dialect::Posix => format!("export {name}='{}'\n", value.replace('\'', r"'\''")),
            Dialect::Fish => format!("set -gx {name} '{}'\n", value.replace('\\', r"\\").replace('\'', r"\'")),
            Dialect::PowerShell => format!("$Env:{name} = '{}'\n", value.replace('\'', "''")),
        }
    });
    Secret::new(lines.collect())
}

/// Quotes a word for a POSIX shell, if necessary.
pub(crate) fn quote(text: &str) -> std::borrow::Cow<'_, str> {
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-+=:,@%~".contains(c);
    match !text.is_empty() && text.chars().all(plain) {
        true => text.into(),
        false => format!("'{}'", text.replace('\'', r"'\''")).into(),
    }
}

/// The command that opens a file in the user's editor, at a line if one is known.
pub(crate) fn edit(path: &str, line: Option<usize>) -> String {
    let line = line.map_or_else(String::new, |line| format!("+{line} "));
    format!("${{EDITOR:-vi}} {line}{}", quote(path))
}

/// Lines that set the variables with a value, after lines that unset those without.
pub(crate) fn change_variables(dialect: Dialect, variables: &[(&str, Option<Secret<String>>)]) -> Secret<String> {
    let unset_line = |name: &&str| match dialect {
        Dialect::Posix => format!("unset {name}\n"),
        Dialect::Fish => format!("set -e {name}\n"),
        Dialect::PowerShell => format!("Remove-Item Env:{name} -ErrorAction SilentlyContinue\n"),
    };
    let unset: String =
        variables.iter().filter(|(_, value)| value.is_none()).map(|(name, _)| unset_line(name)).collect();
    let set: Vec<(&str, Secret<String>)> =
        variables.iter().filter_map(|(name, value)| Some((*name, value.clone()?))).collect();
    Secret::new(unset + set_variables(dialect, &set).expose())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_dialect_quotes() {
        let value = r"a'b\c$(d)`e`";
        for (dialect, line) in [
            (Dialect::Posix, r"export X='a'\''b\c$(d)`e`'"),
            (Dialect::Fish, r"set -gx X 'a\'b\\c$(d)`e`'"),
            (Dialect::PowerShell, r"$Env:X = 'a''b\c$(d)`e`'"),
        ] {
            let text = set_variables(dialect, &[("X", Secret::from(value))]);
            assert_eq!(text.expose(), &format!("{line}\n"), "{dialect:?}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_real_shell_gives_the_value_back() {
        let value = "a'b\\c$(d)`e` \"f\" \n g";
        let script =
            format!("{}printf %s \"$X\"", set_variables(Dialect::Posix, &[("X", Secret::from(value))]).expose());
        let output = std::process::Command::new("sh").arg("-c").arg(script).output().expect("sh runs");
        assert_eq!(String::from_utf8_lossy(&output.stdout), value);
    }
}
