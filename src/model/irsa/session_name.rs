//! The name of an assumed session: the person's, for CloudTrail.

/// STS allows 2 to 64 of `[\w+=,.@-]`.
/// <https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html>
const LONGEST: usize = 64;

/// The last part of the caller's ARN, with the characters replaced that STS does not allow. For a permission set, it is the
/// person's name at Identity Center.
pub(crate) fn session_name(caller_arn: &str) -> String {
    let last = caller_arn.rsplit(['/', ':']).next().unwrap_or_default();
    let allowed = |c: char| if c.is_ascii_alphanumeric() || "_+=,.@-".contains(c) { c } else { '-' };
    let name: String = last.chars().map(allowed).take(LONGEST).collect();
    match name.len() {
        0 => "nsaccess".to_owned(),
        1 => format!("nsaccess-{name}"),
        _ => name,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_session_is_named_after_the_caller() {
        let long = format!("arn:aws:iam::1:user/{}", "x".repeat(80));
        for (arn, name) in [
            (
                "arn:aws:sts::111122223333:assumed-role/AWSReservedSSO_x_0123456789abcdef/ada@example.com",
                "ada@example.com",
            ),
            ("arn:aws:iam::111122223333:user/team/ada", "ada"),
            ("arn:aws:iam::111122223333:root", "root"),
            ("arn:aws:sts::1:assumed-role/x/Ada Lövelace", "Ada-L-velace"),
            ("arn:aws:sts::1:assumed-role/x/a", "nsaccess-a"),
            ("", "nsaccess"),
            (&long, &"x".repeat(64)),
        ] {
            assert_eq!(session_name(arn), name, "{arn}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn names_are_always_valid(arn in any::<String>()) {
            let name = session_name(&arn);
            prop_assert!((2..=64).contains(&name.len()));
            prop_assert!(name.chars().all(|c| c.is_ascii_alphanumeric() || "_+=,.@-".contains(c)));
        }
    }
}
