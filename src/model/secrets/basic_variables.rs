//! What `secrets exec --only-secrets` leaves of the environment: who and where somebody is, and no settings of programs,
//! as `sudo` does with `env_reset`.

const BASIC: &[&str] =
    &["PATH", "HOME", "USER", "LOGNAME", "SHELL", "TERM", "COLORTERM", "LANG", "LANGUAGE", "TZ", "TMPDIR", "PWD"];

/// Without these, programs do not start on Windows.
const BASIC_ON_WINDOWS: &[&str] = &[
    "SYSTEMROOT",
    "SYSTEMDRIVE",
    "WINDIR",
    "COMSPEC",
    "PATHEXT",
    "TEMP",
    "TMP",
    "USERNAME",
    "USERPROFILE",
    "HOMEDRIVE",
    "HOMEPATH",
    "APPDATA",
    "LOCALAPPDATA",
    "PROGRAMDATA",
    "PROGRAMFILES",
    "NUMBER_OF_PROCESSORS",
];

/// Whether a variable is one of those.
pub(crate) fn is_basic(name: &str) -> bool {
    let name = if cfg!(windows) { name.to_ascii_uppercase() } else { name.to_owned() };
    let is_one = |list: &[&str]| list.contains(&name.as_str());
    is_one(BASIC) || name.starts_with("LC_") || (cfg!(windows) && is_one(BASIC_ON_WINDOWS))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_leads_a_program_elsewhere_is_left() {
        for name in ["PATH", "HOME", "TERM", "LC_ALL"] {
            assert!(is_basic(name), "{name}");
        }
        for name in ["AWS_PROFILE", "LD_PRELOAD", "KUBECONFIG", "HTTPS_PROXY", "NSACCESS_INSIDE", "DATABASE_URL"] {
            assert!(!is_basic(name), "{name}");
        }
    }
}
