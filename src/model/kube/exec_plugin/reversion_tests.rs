//! There and back.

use kubeconfig_edit::parse;
use proptest::prelude::*;

use super::conversion::{FilePlan, Verdict, convert};
use super::converted::Converted;
use super::reason::Reason;
use super::reversion::revert;

const FILE: &str = "/home/ada/.kube/config";

const TEXT: &str = "\
# mine
users:
- name: a
  user:
    exec:
      apiVersion: client.authentication.k8s.io/v1alpha1 # old
      args: # of the CLI
      - --region
      - eu-west-1 # Ireland
      - eks
      - get-token
      - --cluster-name
      - demo
      command:  \"aws\"
      env:
      - name: AWS_SECRET_ACCESS_KEY
        value: hunter2
- {name: b, user: {token: abc}}
";

fn converted(text: &str) -> (FilePlan, Converted) {
    let config = parse(text).expect("a kubeconfig");
    let users: Vec<_> = config.users.iter().filter(|user| user.exec.is_some()).collect();
    let plan = convert(text, &config, &users, "/opt/nsaccess");
    let mut kept = Converted::default();
    kept.keep(FILE, &plan);
    // As it comes back from the disk.
    (plan, Converted::parse(kept.render().expose().as_bytes()).expect("readable"))
}

fn reverted(text: &str, kept: &Converted) -> FilePlan {
    revert(text, kept.of_file(FILE))
}

#[test]
fn the_old_bytes_come_back() {
    for text in [TEXT.to_owned(), TEXT.replace('\n', "\r\n"), TEXT.trim_end().to_owned()] {
        let (plan, kept) = converted(&text);
        assert!(plan.text.contains("apiVersion: client.authentication.k8s.io/v1beta1 # old"), "{}", plan.text);
        assert!(plan.text.contains("- token\r\n") || plan.text.contains("- token\n"), "{}", plan.text);
        let back = reverted(&plan.text, &kept);
        assert_eq!(back.text, text);
        assert!(matches!(back.outcomes[0].result, Verdict::Changed(_)));
        assert_eq!(back.outcomes[0].plugin.as_ref().map(|plugin| plugin.cluster.as_str()), Some("demo"));
    }
}

#[test]
fn what_was_never_written_is_as_it_was() {
    let (_, kept) = converted(TEXT);
    let back = reverted(TEXT, &kept);
    assert_eq!((back.text.as_str(), &back.outcomes[0].result), (TEXT, &Verdict::Right));
}

#[test]
fn a_file_that_kubectl_wrote_anew_gets_its_old_values_back() {
    let (plan, kept) = converted(TEXT);
    let exec = parse(&plan.text).expect("a kubeconfig").users[0].exec.clone().expect("a plugin");
    let args: Vec<String> = exec.args.iter().map(|arg| format!("      - {arg}\n")).collect();
    let anew = format!(
        "users:\n- name: a\n  user:\n    exec:\n      apiVersion: {}\n      args:\n{}      command: {}\n      env:\n      - name: X\n        value: y\n      interactiveMode: IfAvailable\n",
        exec.api_version,
        args.concat(),
        exec.command
    );
    let back = reverted(&anew, &kept);
    assert!(matches!(back.outcomes[0].result, Verdict::Changed(_)), "{:?}", back.outcomes);
    let exec = parse(&back.text).expect("a kubeconfig").users[0].exec.clone().expect("a plugin");
    assert_eq!(
        (exec.command.as_str(), exec.args.join(" ").as_str()),
        ("aws", "--region eu-west-1 eks get-token --cluster-name demo")
    );
    assert_eq!(exec.api_version, "client.authentication.k8s.io/v1alpha1");
    assert!(back.text.contains("- name: X\n        value: y\n      interactiveMode: IfAvailable\n"));
}

#[test]
fn what_somebody_changed_since_is_left_and_shown() {
    let (plan, kept) = converted(TEXT);
    let changed = plan.text.replace("- demo", "- prod");
    let back = reverted(&changed, &kept);
    let Verdict::Left(reason) = &back.outcomes[0].result else { panic!("{:?}", back.outcomes) };
    assert_eq!(
        reason.to_string(),
        "somebody has changed it since: it runs `/opt/nsaccess token --cluster-name prod --region eu-west-1` now, and ran `aws --region eu-west-1 eks get-token --cluster-name demo` before"
    );
    assert_eq!(back.text, changed);
    let another = reverted("users: [{name: a, user: {token: x}}]\n", &kept);
    let reason = Reason::Uneditable("the user `a` has no credential plugin".to_owned());
    assert_eq!(another.outcomes[0].result, Verdict::Left(reason));
    assert_eq!(reverted("users: []\n", &kept).outcomes[0].result, Verdict::Gone);
}

#[test]
fn nothing_of_an_unknown_store_is_lost() {
    for (text, words) in [
        ("", "EOF"),
        ("{", "EOF"),
        (r#"{"version": 2, "users": []}"#, "its version is 2"),
        (r#"{"version": 1, "users": [{"file": "x"}]}"#, "missing field"),
    ] {
        let error = Converted::parse(text.as_bytes()).expect_err(text);
        assert!(error.contains(words), "{error}");
    }
}

#[test]
fn a_second_conversion_replaces_the_first_record() {
    let (plan, mut kept) = converted(TEXT);
    kept.keep(FILE, &plan);
    kept.keep("/other", &plan);
    assert_eq!((kept.of_file(FILE).count(), kept.records.len()), (1, 2));
    kept.forget(FILE, "a");
    assert_eq!((kept.of_file(FILE).count(), kept.records.len()), (0, 1));
}

#[test]
fn no_secret_of_env_is_shown() {
    let (plan, kept) = converted(TEXT);
    assert!(!format!("{:?} {kept:?}", plan.outcomes).contains("hunter2"));
    assert!(kept.render().expose().contains("hunter2"));
}

/// A user in one of many forms: all that decides is which.
fn user(number: usize, form: usize) -> String {
    let name = format!("u{number}");
    match form {
        0 => format!(
            "- name: {name}\n  user:\n    exec:\n      apiVersion: client.authentication.k8s.io/v1beta1\n      args: # a\n      # b\n      - eks # c\n      - get-token\n      - --cluster-name\n      - \"demo\"\n      - --region\n      - r\n      command: aws\n"
        ),
        1 => format!(
            "- name: {name}\n  user: {{exec: {{command: aws, args: [eks, get-token, --cluster-name, d, # why\n    --region, r], env: [{{name: A, value: b}}]}}}}\n"
        ),
        2 => format!(
            "- {{\"name\":\"{name}\",\"user\":{{\"exec\":{{\"args\":[\"token\",\"-i\",\"d\",\"--region\",\"r\"],\"command\":\"aws-iam-authenticator\"}}}}}}\n"
        ),
        3 => format!(
            "-   user:\n        exec:\n            command: 'aws-iam-authenticator'   # it\n            args:\n            -   token\n            -   -i\n            -   >-\n                d\n            env:\n            -   name: AWS_REGION\n                value: r\n            apiVersion: client.authentication.k8s.io/v1alpha1\n    name: {name}\n"
        ),
        4 => format!("- name: {name}\n  user:\n    exec:\n      command: kubelogin\n      args: [get-token]\n"),
        _ => format!("# remark\n- name: {name}\n  user: {{token: abc}}\n"),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn there_and_back_is_nothing(forms in prop::collection::vec(0..6_usize, 1..6), ends in 0..3_usize, unfinished: bool) {
        let users: Vec<String> = forms.iter().enumerate().map(|(number, form)| user(number, *form)).collect();
        let mut text = format!("# top\nkind: Config\nusers:\n{}current-context: x # now\n", users.concat());
        if unfinished {
            text = text.replace("current-context: x # now\n", "").trim_end().to_owned();
        }
        let text = text.replace('\n', ["\n", "\r\n", "\r"][ends]);
        let (plan, kept) = converted(&text);
        prop_assert_eq!(kept.records.len(), forms.iter().filter(|form| **form < 4).count(), "{:?}", plan.outcomes);
        prop_assert_eq!(reverted(&plan.text, &kept).text, text);
    }
}
