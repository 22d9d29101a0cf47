//! What must hold for any file at all.

use proptest::prelude::*;

use super::tests::{BLOCK, profile, session, undone};
use super::*;

/// Lines of all kinds, mixed freely: most texts are readable, many are odd, some are broken.
fn any_file() -> impl Strategy<Value = String> {
    let line = prop::sample::select(vec![
        "[default]",
        "[profile other]",
        "[sso-session other]",
        "[services s]",
        "[preview]",
        "a = 1",
        "b=2",
        "  c : 3",
        "s3 =",
        "  x = 1",
        "    deep = 1",
        "sso_session = other",
        "# comment",
        "  ; comment",
        "",
        "",
        "   ",
        "\u{a0}",
    ]);
    let end = prop::sample::select(vec!["\n", "\n", "\r\n", "\r"]);
    let body = prop::collection::vec(line, 0..14);
    (body, end, any::<bool>(), prop::sample::select(vec!["", "", "", "\u{feff}"])).prop_map(
        |(lines, end, open, mark)| {
            let text = lines.join(end);
            if open || text.is_empty() { format!("{mark}{text}") } else { format!("{mark}{text}{end}") }
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn nothing_panics(text in any::<String>(), name in any::<String>()) {
        let _ = apply_profile(&text, &session(), &profile());
        let _ = remove_profile(&text, &name);
        let _ = apply_profile("", &SsoSession { name: name.clone(), ..session() }, &SsoProfile { sso_session: name, ..profile() });
    }

    #[test]
    fn foreign_bytes_stay_and_removing_undoes(text in any_file()) {
        if let Ok(after) = apply_profile(&text, &session(), &profile()) {
            prop_assert!(after.starts_with(&text));
            prop_assert_eq!(apply_profile(&after, &session(), &profile()), Ok(after.clone()));
            prop_assert_eq!(undone(&after), Ok(text));
        } else {
            prop_assert!(parse(&text).is_err());
        }
    }

    #[test]
    fn an_edit_inside_an_existing_profile_touches_no_other_line(text in any_file(), old in "[a-z]{0,6}") {
        let ours = BLOCK.replace("sso_role_name = idp-ns-idp-dev", &format!("sso_role_name = {old}"));
        let whole = format!("{ours}# after\n[z]\n{}", text.trim_start_matches('\u{feff}'));
        if let Ok(after) = apply_profile(&whole, &session(), &profile()) {
            prop_assert_eq!(&after, &whole.replacen(&ours, BLOCK, 1));
        }
    }
}
