//! Lines that a shell evaluates to set environment variables, quoted so that no value can become a command.

pub(crate) mod marked;

use crate::secret::Secret;

/// How a shell sets variables and quotes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dialect {
    /// sh, bash, zsh, ksh.
    Posix,
    /// fish.
    Fish,
    /// PowerShell.
    PowerShell,
}

/// One line a variable.
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

/// A word of a command line as a POSIX shell takes it: quoted only where it has to be.
pub(crate) fn word(text: &str) -> std::borrow::Cow<'_, str> {
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-+=:,@%~".contains(c);
    match !text.is_empty() && text.chars().all(plain) {
        true => text.into(),
        false => format!("'{}'", text.replace('\'', r"'\''")).into(),
    }
}

/// The lines that make these the variables, taking away those without a value, set or not. What goes goes first.
pub(crate) fn change_variables(dialect: Dialect, variables: &[(&str, Option<Secret<String>>)]) -> Secret<String> {
    let unset = |name: &&str| match dialect {
        Dialect::Posix => format!("unset {name}\n"),
        Dialect::Fish => format!("set -e {name}\n"),
        Dialect::PowerShell => format!("Remove-Item Env:{name} -ErrorAction SilentlyContinue\n"),
    };
    let gone: String = variables.iter().filter(|(_, value)| value.is_none()).map(|(name, _)| unset(name)).collect();
    let set: Vec<(&str, Secret<String>)> =
        variables.iter().filter_map(|(name, value)| Some((*name, value.clone()?))).collect();
    Secret::new(gone + set_variables(dialect, &set).expose())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_dialect_quotes_what_could_break_out() {
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
