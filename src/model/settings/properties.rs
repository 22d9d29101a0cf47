//! Properties that hold for any settings file.

use proptest::prelude::*;

use super::*;

/// A file of known and unknown keys, comments and spacing, in an order that TOML allows.
fn any_file() -> impl Strategy<Value = String> {
    let top = prop::sample::subsequence(
        vec![
            "# mine\n",
            "flow='device' # now\n",
            "\n",
            "regions = [\n  'eu-west-1', # a\n]\n",
            "unknown = 1\n",
            "  \n",
        ],
        0..6,
    );
    let tables = prop::sample::subsequence(
        vec![
            "[patterns] # p\ncontext = \"x-{namespace}\"\n",
            "\n# about a\n[namespace.a]\n\trole = 'R'\n",
            "[namespace.b]\n# nothing yet\n",
            "[other]\nkey = { inline = true }\n",
            "namespace.c.cluster = 'dotted'\n",
        ],
        0..4,
    );
    (top, tables, any::<bool>()).prop_map(|(top, tables, crlf)| {
        let text = top.concat() + &tables.concat();
        if crlf { text.replace('\n', "\r\n") } else { text }
    })
}

const CHANGES: [(&str, &str); 6] = [
    ("start_url", "https://corp.awsapps.com/start"),
    ("sso_region", "eu-west-1"),
    ("patterns.production", "*-live,*-prod"),
    ("namespace.a.cluster", "demo"),
    ("namespace.new.account", "111122223333"),
    ("namespace.new.production", "true"),
];

/// The lines without those that the change is about.
fn without<'a>(text: &'a str, change: &str) -> Vec<&'a str> {
    text.lines().filter(|line| !line.contains(change) && !line.trim().is_empty()).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn nothing_panics(text in any::<String>(), key in any::<String>(), value in any::<String>()) {
        let _ = parse_own(&text);
        let _ = parse_project(&text);
        let _ = set(&text, &key, &value);
        let _ = unset(&text, &key);
        for (known, _) in CHANGES {
            let _ = set("", known, &value);
        }
        let _ = Pattern::parse(&text).map(|pattern| pattern.namespace_of(&value));
        let _ = Trusted::parse(text.as_bytes());
    }

    #[test]
    fn a_change_is_read_back_and_leaves_other_lines_alone(text in any_file(), index in 0..CHANGES.len()) {
        prop_assume!(parse_own(&text).is_ok());
        let (key, value) = CHANGES[index];
        let after = set(&text, key, value).map_err(TestCaseError::fail)?;
        prop_assert_eq!(set(&after, key, value), Ok(after.clone()));
        let last = key.rsplit('.').next().unwrap_or_default();
        let header = key.rsplit_once('.').map_or(String::new(), |(table, _)| format!("[{table}]"));
        let others = |text: &str| without(text, last).into_iter().filter(|line| *line != header).map(str::to_owned).collect::<Vec<_>>();
        prop_assert_eq!(others(&after), others(&text));
        let without_it = unset(&after, key).map_err(TestCaseError::fail)?;
        prop_assert_eq!(parse_own(&without_it), parse_own(&unset(&text, key).map_err(TestCaseError::fail)?));
    }

    #[test]
    fn a_pattern_finds_the_namespace_that_it_was_given(before in "[a-z/-]{0,5}", name in "[a-z0-9]([a-z0-9-]{0,8}[a-z0-9])?", after in "[a-z/-]{0,5}") {
        let pattern = Pattern::parse(&format!("{before}{{namespace}}{after}")).map_err(TestCaseError::fail)?;
        prop_assert_eq!(pattern.namespace_of(&pattern.render(&name)), Some(name));
    }
}
