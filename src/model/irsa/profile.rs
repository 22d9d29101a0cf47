//! The profile of a workload's role in `~/.aws/config`.

use aws_config_edit::Section;

const PREFIX: &str = "idp-irsa-";

/// `idp-irsa-<namespace>-<service account>`, followed by the container if it has its own role. Without a service account,
/// the role's name takes its place.
pub(crate) fn profile_name(
    namespace: &str,
    service_account: Option<&str>,
    container: Option<&str>,
    role: &str,
) -> String {
    let whose = service_account.unwrap_or(role);
    let container = container.map(|name| format!("-{name}")).unwrap_or_default();
    format!("{PREFIX}{namespace}-{whose}{container}")
}

/// The value of `credential_process`: the program, quoted if necessary, and arguments that need no quotes. Botocore splits
/// the value like a shell; the other SDKs pass it to a shell.
///
/// # Errors
/// When the path cannot be quoted safely for both.
pub(crate) fn credential_process(program: &str, words: &str) -> Result<String, String> {
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-+:@~".contains(c);
    if !program.is_empty() && program.chars().all(plain) {
        return Ok(format!("{program} {words}"));
    }
    // In double quotes, a single backslash (as in Windows paths) is kept, but two become one.
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

/// Whether we wrote a `credential_process` for this namespace.
pub(crate) fn is_own_command(command: &str, namespace: &str) -> bool {
    let words = command.split_once(" assume-irsa ").map(|(_, words)| words.split(' ')).into_iter().flatten();
    words.skip_while(|word| *word != "-n").nth(1) == Some(namespace)
}

/// Recognises the profiles of roles in a namespace by their names and sources.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RolesOf<'a> {
    pub(crate) namespace: &'a str,
    /// The namespace's own profile.
    pub(crate) source_profile: &'a str,
}

impl RolesOf<'_> {
    pub(crate) fn has(&self, profile: &Section) -> bool {
        let named = profile.name().is_some_and(|name| name.starts_with(&format!("{PREFIX}{}-", self.namespace)));
        let by_process =
            || profile.own("credential_process").is_some_and(|command| is_own_command(command, self.namespace));
        let by_source = || profile.own("source_profile") == Some(self.source_profile);
        named && (by_process() || by_source())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn profiles_are_named_after_the_service_account() {
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

    #[test]
    fn a_command_is_ours_with_its_namespace() {
        let ours = "/bin/nsaccess assume-irsa sa/x --via token -n idp-dev -o json";
        assert!(is_own_command(ours, "idp-dev"));
        assert!(!is_own_command(ours, "idp-prod"));
        assert!(!is_own_command("pass show aws", "idp-dev"));
        assert!(!is_own_command("nsaccess assume-irsa sa/x", "idp-dev"));
    }

    #[test]
    fn only_profiles_of_the_namespace_are_removed() {
        let others = "[profile idp-ns-idp-dev]\nsso_session = corp\n\
            [profile idp-irsa-idp-test-billing]\nsource_profile = idp-ns-idp-dev\n\
            [profile idp-irsa-idp-dev-other]\nsource_profile = idp-ns-idp-test\n\
            [profile mine]\nsource_profile = idp-ns-idp-dev\n";
        let ours = "[profile idp-irsa-idp-dev-billing]\nsource_profile = idp-ns-idp-dev\n\
            [profile idp-irsa-idp-dev-reports]\ncredential_process = /bin/nsaccess assume-irsa sa/x -n idp-dev\n";
        let whose = RolesOf { namespace: "idp-dev", source_profile: "idp-ns-idp-dev" };
        let left = aws_config_edit::remove_profiles(&format!("{others}{ours}"), |section| whose.has(section));
        assert_eq!(left.as_deref(), Ok(others));
    }
}
