//! Variables that control programs: which ones run, what they load, whose access they use, where they connect. A secret with
//! such a key, by mistake or by malice, must not set it unasked.

/// Endings of names, in any case: programs also read `https_proxy`.
const ENDINGS: [&str; 1] = ["_PROXY"];

/// Which programs run, and what shells and interpreters do at their start.
const PROGRAMS: &[&str] = &[
    "BASHOPTS",
    "BASH_ENV",
    "BASH_LOADABLES_PATH",
    "BROWSER",
    "CDPATH",
    "COMSPEC",
    "EDITOR",
    "ENV",
    "FCEDIT",
    "FPATH",
    "GIT_ASKPASS",
    "GIT_DIR",
    "GIT_EDITOR",
    "GIT_EXEC_PATH",
    "GIT_EXTERNAL_DIFF",
    "GIT_PAGER",
    "GIT_PROXY_COMMAND",
    "GIT_SEQUENCE_EDITOR",
    "GIT_SSH",
    "GIT_SSH_COMMAND",
    "GIT_TEMPLATE_DIR",
    "GIT_WORK_TREE",
    "HOME",
    "IFS",
    "INPUTRC",
    "KUBE_EDITOR",
    "LESSCLOSE",
    "LESSOPEN",
    "MAKEFLAGS",
    "MANPAGER",
    "MODULE_PATH",
    "PAGER",
    "PATH",
    "PATHEXT",
    "PROMPT_COMMAND",
    "PS0",
    "PS1",
    "PS2",
    "PS4",
    "PSMODULEPATH",
    "RUSTC",
    "RUSTC_WRAPPER",
    "SHELL",
    "SHELLOPTS",
    "SSH_ASKPASS",
    "SUDO_ASKPASS",
    "SYSTEMROOT",
    "TMPDIR",
    "VISUAL",
    "WINDIR",
    "XDG_CONFIG_DIRS",
    "XDG_CONFIG_HOME",
    "XDG_DATA_DIRS",
    "XDG_DATA_HOME",
    "ZDOTDIR",
];

/// What is loaded into programs.
const CODE: &[&str] = &[
    "CLASSPATH",
    "DOTNET_STARTUP_HOOKS",
    "GCONV_PATH",
    "GETCONF_DIR",
    "GLIBC_TUNABLES",
    "JAVA_OPTS",
    "JAVA_TOOL_OPTIONS",
    "JDK_JAVA_OPTIONS",
    "LOCPATH",
    "LUA_CPATH",
    "LUA_INIT",
    "LUA_PATH",
    "MAVEN_OPTS",
    "NLSPATH",
    "NODE_OPTIONS",
    "NODE_PATH",
    "OPENSSL_CONF",
    "OPENSSL_ENGINES",
    "OPENSSL_MODULES",
    "PERL5DB",
    "PERL5LIB",
    "PERL5OPT",
    "PERLLIB",
    "PHPRC",
    "PHP_INI_SCAN_DIR",
    "RUBYLIB",
    "RUBYOPT",
    "TERMCAP",
    "TERMINFO",
    "TERMINFO_DIRS",
    "_JAVA_OPTIONS",
];
const CODE_BEGINNINGS: &[&str] =
    &["BASH_FUNC_", "CORECLR_", "COR_", "DYLD_", "GIT_CONFIG", "LD_", "NPM_CONFIG_", "PYTHON"];

/// Whose access is used, and for what.
const ACCESS: &[&str] = &["DOCKER_CONFIG", "DOCKER_HOST", "KUBECONFIG", "KUBERC", "SSH_AUTH_SOCK"];
const ACCESS_BEGINNINGS: &[&str] = &["AWS_", "NSACCESS_"];

/// Where connections go, and who is trusted there.
const NETWORK: &[&str] = &[
    "CURL_CA_BUNDLE",
    "CURL_HOME",
    "GIT_SSL_NO_VERIFY",
    "HOSTALIASES",
    "LOCALDOMAIN",
    "NODE_EXTRA_CA_CERTS",
    "NODE_TLS_REJECT_UNAUTHORIZED",
    "REQUESTS_CA_BUNDLE",
    "RES_OPTIONS",
    "SSLKEYLOGFILE",
    "SSL_CERT_DIR",
    "SSL_CERT_FILE",
];

/// zsh ties these to the upper-case variables.
const TIED_BY_ZSH: &[&str] = &["cdpath", "fpath", "module_path", "path", "prompt"];

/// What a dangerous variable decides, as the end of a sentence.
pub(crate) fn decides(variable: &str) -> Option<&'static str> {
    let capitals = variable.to_ascii_uppercase();
    // Not case-sensitive on Windows.
    let name = if cfg!(windows) { capitals.as_str() } else { variable };
    let begins = |beginnings: &[&str]| beginnings.iter().any(|beginning| name.starts_with(beginning));
    let is_npm = variable.starts_with("npm_config_");
    if PROGRAMS.contains(&name) || TIED_BY_ZSH.contains(&variable) {
        Some("which programs run and how they start")
    } else if CODE.contains(&name) || begins(CODE_BEGINNINGS) || is_npm {
        Some("what code programs load")
    } else if ACCESS.contains(&name) || begins(ACCESS_BEGINNINGS) {
        Some("which credentials programs use")
    } else if NETWORK.contains(&name) || ENDINGS.iter().any(|ending| capitals.ends_with(ending)) {
        Some("where connections go and which servers are trusted")
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_that_control_programs_are_dangerous_and_settings_are_not() {
        for name in [
            "PATH",
            "path",
            "HOME",
            "LD_PRELOAD",
            "DYLD_INSERT_LIBRARIES",
            "BASH_ENV",
            "ENV",
            "NODE_OPTIONS",
            "PYTHONSTARTUP",
            "PYTHONPATH",
            "GIT_SSH_COMMAND",
            "GIT_CONFIG_COUNT",
            "PROMPT_COMMAND",
            "AWS_PROFILE",
            "AWS_ACCESS_KEY_ID",
            "KUBECONFIG",
            "HTTPS_PROXY",
            "https_proxy",
            "GLOBAL_AGENT_HTTP_PROXY",
            "SSL_CERT_FILE",
            "NSACCESS_INSIDE",
            "npm_config_registry",
        ] {
            assert!(decides(name).is_some(), "{name}");
        }
        for name in [
            "password",
            "PASSWORD",
            "username",
            "USER",
            "DB_PATH",
            "DATABASE_URL",
            "GIT_TOKEN",
            "PORT",
            "LANG",
            "API_KEY",
            "PROXY",
            "AWSKEY",
            "HTTP_PROXY_USER",
            "JAVA_HOME",
        ] {
            assert_eq!(decides(name), None, "{name}");
        }
        // On Windows a name means the same in any case.
        for name in ["home", "shell", "env"] {
            assert_eq!(decides(name).is_some(), cfg!(windows), "{name}");
        }
    }
}
