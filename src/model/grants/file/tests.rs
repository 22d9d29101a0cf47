use super::*;

const NOW: &str = "2026-11-26T10:00:00Z";

fn read(text: &str) -> Result<GrantsFile, Vec<Remark>> {
    let rules = |path: &str| match path {
        "rules/debug.yaml" => Ok("- {apiGroups: [''], resources: [pods], verbs: [get]}".to_owned()),
        "rules/broken.yaml" => Ok("- {apiGroups: [''], resource: [pods], verbs: [get]}".to_owned()),
        _ => Err("there is no such file".to_owned()),
    };
    parse(text, NOW.parse().expect("a time"), &rules)
}

fn file(text: &str) -> GrantsFile {
    read(text).unwrap_or_else(|problems| panic!("{problems:#?}"))
}

fn problems(text: &str) -> Vec<String> {
    read(text).expect_err(text).iter().map(Remark::to_string).collect()
}

fn shown<'a>(file: &'a GrantsFile) -> Vec<(usize, &'a str, String, &'a str)> {
    let row = |grant: &'a FileGrant| (grant.line, grant.namespace.as_str(), spelling(&grant.to), grant.access.label());
    file.grants.iter().map(row).collect()
}

const WHOLE: &str = "\
cluster: demo
region: eu-west-1
account: 012345678901
via: access-entry
preset: viewer
for: 8h
grants:
  - namespaces: [idp-dev, idp-test]
    to:
      - permission-set:idp-ns-idp
      - arn:aws:iam::111122223333:role/ci/deploy
  - namespace: shop
    to: arn:aws:iam::111122223333:user/ada
    preset: developer
    with_secrets: true
    until: 2026-12-24T18:00:00Z
    create_namespace: true
  - {namespace: pay, to: permission-set:pay, policy: AmazonEKSViewPolicy}
  - namespace: pay
    to: permission-set:pay
    rules: rules/debug.yaml
  - namespace: 7up
    to: permission-set:pay
    rules:
      - apiGroups: [\"\"]
        resources: [pods]
        verbs: [get]
";

#[test]
fn a_file_is_namespaces_by_principals() {
    let file = file(WHOLE);
    assert_eq!((file.cluster.as_deref(), file.region.as_deref()), (Some("demo"), Some("eu-west-1")));
    assert_eq!((file.account.as_deref(), file.via), (Some("012345678901"), Some(Way::AccessEntry)));
    let (set, role) = ("permission-set:idp-ns-idp".to_owned(), "arn:aws:iam::111122223333:role/ci/deploy".to_owned());
    let (ada, pay) = ("arn:aws:iam::111122223333:user/ada".to_owned(), "permission-set:pay".to_owned());
    assert_eq!(
        shown(&file),
        [
            (8, "idp-dev", set.clone(), "viewer"),
            (8, "idp-dev", role.clone(), "viewer"),
            (8, "idp-test", set, "viewer"),
            (8, "idp-test", role, "viewer"),
            (12, "shop", ada, "developer-with-secrets"),
            (18, "pay", pay.clone(), "AmazonEKSViewPolicy"),
            (19, "pay", pay.clone(), "rules"),
            (22, "7up", pay, "rules"),
        ]
    );
    let time = |text: &str| text.parse::<Timestamp>().ok();
    assert_eq!(file.grants[0].until, time("2026-11-26T18:00:00Z"));
    assert_eq!(file.grants[4].until, time("2026-12-24T18:00:00Z"));
    assert_eq!((file.grants[0].create_namespace, file.grants[4].create_namespace), (false, true));
    let Access::Rules { rules, .. } = &file.grants[6].access else { panic!("{:?}", file.grants[6]) };
    assert_eq!(rules[0].resources, ["pods"]);
    assert!(file.warnings.is_empty(), "{:?}", file.warnings);
}

#[test]
fn json_is_read_too() {
    let file = file(r#"{"via": "auto", "grants": [{"namespace": "a", "to": "permission-set:x", "preset": "floor"}]}"#);
    assert_eq!((file.via, shown(&file)), (None, vec![(1, "a", "permission-set:x".to_owned(), "floor")]));
}

#[test]
fn all_problems_are_said_at_once_and_in_order() {
    let text = "\
clutser: demo
region: europe
preset: reader
grants:
  - namespace: A
    to: everybody
    preset: viewer
    witch_secrets: true
  - namespace: a
    namespaces: [b]
    to: permission-set:x
    policy: view
  - to: permission-set:x
    preset: viewer
    with_secrets: maybe
  - namespace: b
    preset: viewer
    rules: nothing.yaml
";
    let found = problems(text);
    let expected = [
        "line 1: unknown key \"clutser\" in a file of grants; did you mean cluster?",
        "line 2: region: \"europe\" is not an AWS region",
        "line 3: preset: \"reader\" is not a preset",
        "line 5: the namespace \"A\" has the character 'A'",
        "line 6: \"everybody\" is not an ARN",
        "line 8: unknown key \"witch_secrets\" in a grant; did you mean with_secrets?",
        "line 10: namespace and namespaces cannot be used together",
        "line 12: policy: \"view\" is not an EKS access policy; did you mean AmazonEKSViewPolicy?",
        "line 13: a grant requires namespace",
        "line 15: with_secrets: \"maybe\" is not true or false",
        "line 16: a grant requires to",
        "line 18: preset and rules cannot be used together",
    ];
    assert_eq!(found.len(), expected.len(), "{found:#?}");
    for (found, expected) in found.iter().zip(expected) {
        assert!(found.starts_with(expected), "{found}\n{expected}");
    }
}

#[test]
fn times_and_files_of_rules_are_checked() {
    let with =
        |line: &str| problems(&format!("grants:\n- namespace: a\n  to: permission-set:x\n  {line}\n")).join("\n");
    assert!(with("rules: missing.yaml").contains("line 4: cannot read \"missing.yaml\": there is no such file"));
    assert!(with("rules: rules/broken.yaml").contains("line 4: rules/broken.yaml, line 1: unknown key \"resource\""));
    assert!(with("rules: []").contains("not empty"));
    assert!(with("preset: admin\n  for: 0s").contains("at least one second"));
    assert!(with("preset: admin\n  for: soon").contains("invalid duration"));
    assert!(with("preset: admin\n  until: tomorrow").contains("not a time like"));
    assert!(with("preset: admin\n  until: 2026-11-26T09:59:59Z").contains("in the past"));
    assert!(with("preset: admin\n  until: 2027-01-01T00:00:00Z\n  for: 1d").contains("cannot be used together"));
    assert!(with("policy: AmazonEKSViewPolicy\n  with_secrets: true").contains("preset developer"));
    assert!(with("preset: viewer\n  with_secrets: true").contains("only developer does"));
    assert!(with("preset:").contains("line 4: preset must be a string"));
    assert!(with("cluster: x").contains("requires a preset"));
}

#[test]
fn duplicates_are_named_by_their_lines() {
    let text = "\
preset: viewer
grants:
  - {namespaces: [a, b], to: [arn:aws:iam::111122223333:role/ci/deploy]}
  - {namespace: a, to: arn:aws:sts::111122223333:assumed-role/Deploy/run, preset: admin}
  - {namespace: a, to: arn:aws:iam::111122223333:role/ci/deploy, policy: AmazonEKSViewPolicy}
";
    let found = problems(text);
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].starts_with("line 4: ") && found[0].ends_with("in a: also viewer on line 3"), "{found:?}");
    let key = problems("preset: viewer\npreset: floor\ngrants: [{namespace: a, to: permission-set:x}]\n");
    assert_eq!(key, ["line 2: duplicate key preset; the first is on line 1"]);
}

#[test]
fn a_glob_is_for_policies_only_and_comes_with_a_warning() {
    let text = |access: &str| format!("grants:\n- namespace: pay*\n  to: permission-set:x\n  {access}\n");
    assert!(problems(&text("preset: viewer"))[0].contains("'*'"));
    let file = file(&text("policy: AmazonEKSViewPolicy"));
    assert!(file.warnings[0].to_string().starts_with("line 2: pay* is every namespace"), "{:?}", file.warnings);
}

#[test]
fn what_is_no_file_of_grants_is_refused() {
    for (text, reason) in [
        ("", "empty"),
        ("# nothing\n", "empty"),
        ("grants:\n", "not empty"),
        ("grants: []\n", "not empty"),
        ("cluster: demo\n", "no list of grants"),
        ("- namespace: a\n", "must be a mapping"),
        ("grants: [a]\n", "must be a mapping"),
        ("grants: {a: b}\n", "not empty"),
        ("grants: [\n", "not valid YAML"),
        ("grants: &a [*a]\n", "a grant"),
    ] {
        assert!(problems(text).join(" ").contains(reason), "{text}: {:?}", problems(text));
    }
}

#[test]
fn anchors_and_other_line_ends_are_fine() {
    let text = "x: &set permission-set:x\r\n";
    assert!(problems(text).iter().any(|problem| problem.contains("line 1: unknown key \"x\"")));
    let file = file(
        "grants:\r\n- namespace: a\r\n  to: &team [permission-set:x]\r\n  preset: floor\r\n- namespace: b\r\n  to: *team\r\n  preset: floor\r\n",
    );
    assert_eq!(file.grants.iter().map(|grant| grant.line).collect::<Vec<_>>(), [2, 5]);
}

#[test]
fn thousands_of_grants_are_read_in_one_go() {
    let item = |number: usize| format!("- {{namespace: ns-{number}, to: permission-set:x, preset: viewer}}\n");
    let file = file(&format!("grants:\n{}", (0..5000).map(item).collect::<String>()));
    assert_eq!((file.grants.len(), file.grants[4999].line), (5000, 5001));
}
