//! The profile that stands for a role in `~/.aws/config`.

/// What the names of these profiles begin with.
pub const OUR_PREFIX: &str = "idp-irsa-";

/// `idp-irsa-<namespace>-<service account>`; with the container where it names a role of its own, and with the role's
/// name where no service account is known.
pub fn profile_name(namespace: &str, service_account: Option<&str>, container: Option<&str>, role: &str) -> String {
    let whose = service_account.unwrap_or(role);
    let container = container.map(|name| format!("-{name}")).unwrap_or_default();
    format!("{OUR_PREFIX}{namespace}-{whose}{container}")
}

/// The value of `credential_process`: the program, quoted where it must be, and words that need no quotes. Botocore splits
/// it as a shell would; the other SDKs give it to a shell.
///
/// # Errors
/// When no quotes are safe in both.
pub fn credential_process(program: &str, words: &str) -> Result<String, String> {
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-+:@~".contains(c);
    if !program.is_empty() && program.chars().all(plain) {
        return Ok(format!("{program} {words}"));
    }
    // A lone backslash, as in paths of Windows, stays one in double quotes; two would become one.
    let unsafe_backslash = program.contains("\\\\") || program.ends_with('\\');
    if program.is_empty()
        || unsafe_backslash
        || program.contains(['"', '$', '`', '!'])
        || program.contains(char::is_control)
    {
        return Err(format!("the path {program:?} cannot be written as a command"));
    }
    Ok(format!("\"{program}\" {words}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn profiles_are_named_after_whose_role_it_is() {
        assert_eq!(profile_name("idp-dev", Some("billing"), None, "r"), "idp-irsa-idp-dev-billing");
        assert_eq!(profile_name("idp-dev", Some("gateway"), Some("audit"), "r"), "idp-irsa-idp-dev-gateway-audit");
        assert_eq!(profile_name("idp-dev", None, None, "deployer"), "idp-irsa-idp-dev-deployer");
    }

    #[test]
    fn commands_are_quoted_for_python_and_for_a_shell() {
        assert_eq!(credential_process("/bin/nsaccess", "a b").as_deref(), Ok("/bin/nsaccess a b"));
        assert_eq!(credential_process("/my bin/nsaccess", "a").as_deref(), Ok("\"/my bin/nsaccess\" a"));
        assert_eq!(credential_process("C:\\bin\\nsaccess.exe", "a").as_deref(), Ok("\"C:\\bin\\nsaccess.exe\" a"));
        for wrong in ["", "/a$b", "/a`b", "/a\"b", "/a\nb", "/a\\\\b c"] {
            assert!(credential_process(wrong, "a").is_err(), "{wrong:?}");
        }
    }
}
