//! Starts a shell whose prompt shows the namespace. The person's own configuration is loaded, and none of their files is
//! changed.

/// How to start a shell.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct MarkedShell {
    pub(crate) arguments: Vec<String>,
    /// To set in its environment.
    pub(crate) variables: Vec<(&'static str, String)>,
    /// Files to create in the private folder, by name.
    pub(crate) files: Vec<(&'static str, String)>,
}

/// For the shell at `path`. `label` is put before the prompt, `folder` is the private folder, and `zdotdir` is where zsh
/// normally finds its files.
pub(crate) fn marked_shell(path: &str, label: &str, folder: &str, zdotdir: &str) -> MarkedShell {
    match path.rsplit(['/', '\\']).next().unwrap_or_default().trim_end_matches(".exe") {
        "bash" => bash(label, folder),
        "zsh" => zsh(label, folder, zdotdir),
        "fish" => fish(label),
        "pwsh" | "powershell" => powershell(label),
        _ => plain(label),
    }
}

/// Prompts like git's or starship's are set again before every line; so is the label.
const BASH: &str = r#"[ -f ~/.bashrc ] && . ~/.bashrc
_nsaccess_mark() { local status=$?; case $PS1 in "(LABEL) "*) ;; *) PS1="(LABEL) $PS1" ;; esac; return $status; }
PROMPT_COMMAND="${PROMPT_COMMAND:+$PROMPT_COMMAND;}_nsaccess_mark"
"#;

fn bash(label: &str, folder: &str) -> MarkedShell {
    MarkedShell {
        arguments: vec!["--rcfile".to_owned(), format!("{folder}/bashrc")],
        variables: Vec::new(),
        files: vec![("bashrc", BASH.replace("LABEL", label))],
    }
}

const ZSHENV: &str = r#"[ -f "$NSACCESS_ZDOTDIR/.zshenv" ] && . "$NSACCESS_ZDOTDIR/.zshenv"
"#;
const ZSHRC: &str = r#"ZDOTDIR="$NSACCESS_ZDOTDIR"; unset NSACCESS_ZDOTDIR
[ -f "$ZDOTDIR/.zshrc" ] && . "$ZDOTDIR/.zshrc"
_nsaccess_mark() { case $PROMPT in "(LABEL) "*) ;; *) PROMPT="(LABEL) $PROMPT" ;; esac }
precmd_functions+=(_nsaccess_mark)
"#;

fn zsh(label: &str, folder: &str, zdotdir: &str) -> MarkedShell {
    MarkedShell {
        arguments: Vec::new(),
        variables: vec![("ZDOTDIR", folder.to_owned()), ("NSACCESS_ZDOTDIR", zdotdir.to_owned())],
        files: vec![(".zshenv", ZSHENV.to_owned()), (".zshrc", ZSHRC.replace("LABEL", label))],
    }
}

fn fish(label: &str) -> MarkedShell {
    let mark = format!(
        "functions -q fish_prompt; and functions -c fish_prompt _nsaccess_prompt; or function _nsaccess_prompt; echo '> '; end; \
         function fish_prompt; printf '%s' '({label}) '; _nsaccess_prompt; end"
    );
    MarkedShell { arguments: vec!["-C".to_owned(), mark], variables: Vec::new(), files: Vec::new() }
}

fn powershell(label: &str) -> MarkedShell {
    let mark =
        format!("$nsaccessPrompt = $function:prompt; function global:prompt {{ '({label}) ' + (& $nsaccessPrompt) }}");
    let arguments = ["-NoExit", "-Command", &mark].map(str::to_owned).to_vec();
    MarkedShell { arguments, variables: Vec::new(), files: Vec::new() }
}

fn plain(label: &str) -> MarkedShell {
    MarkedShell { arguments: Vec::new(), variables: vec![("PS1", format!("({label}) $ "))], files: Vec::new() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_shell_is_marked_in_its_own_way() {
        let bash = marked_shell("/usr/bin/bash", "idp-dev", "/private", "/home/ada");
        assert_eq!(bash.arguments, ["--rcfile", "/private/bashrc"]);
        assert!(bash.files[0].1.contains("(idp-dev) ") && bash.files[0].1.contains(". ~/.bashrc"));
        let zsh = marked_shell("zsh", "idp-dev", "/private", "/home/ada/zsh");
        assert_eq!(zsh.variables, [("ZDOTDIR", "/private".into()), ("NSACCESS_ZDOTDIR", "/home/ada/zsh".into())]);
        assert!(marked_shell("/bin/fish", "x", "/p", "/h").arguments[1].contains("(x) "));
        assert!(marked_shell(r"C:\pwsh.exe", "x", "/p", "/h").arguments[2].contains("(x) "));
        assert_eq!(marked_shell("/bin/dash", "x", "/p", "/h").variables, [("PS1", "(x) $ ".into())]);
    }
}
