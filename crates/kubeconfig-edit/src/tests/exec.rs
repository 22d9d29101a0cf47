//! Another plugin for somebody else's user, and the old bytes back.

use proptest::collection::vec;
use proptest::prelude::*;

use super::generator::{Dice, kubeconfig, plugin_file};
use crate::{Error, PluginCall, Replaced, exec_is, parse, replace_exec, restore_exec};

fn ours() -> PluginCall {
    let args = ["token", "--cluster-name", "demo", "--region", "eu-west-1"].map(str::to_owned).to_vec();
    PluginCall { api_version: None, command: "/opt/example".to_owned(), args }
}

fn replaced(text: &str, user: &str) -> Replaced {
    let replaced = replace_exec(text, user, &ours()).unwrap_or_else(|error| panic!("{error}\n{text}"));
    assert_eq!(restore(&replaced.text, user, &replaced), Ok(Some(text.to_owned())));
    replaced
}

fn restore(text: &str, user: &str, replaced: &Replaced) -> Result<Option<String>, Error> {
    restore_exec(text, user, &replaced.before, &replaced.after)
}

const BLOCK: &str = "\
apiVersion: v1
users: # mine
- name: a
  user:
    exec:
      # kept
      apiVersion: client.authentication.k8s.io/v1beta1 # b1
      args: # of the CLI
      - eks
      - get-token # goes
      command:   'aws'  # short
      env:
      - {name: AWS_PROFILE, value: \"corp\"}
      provideClusterInfo: true
    x: y
- name: b
  user: {token: abc}
";

#[test]
fn only_command_and_arguments_change() {
    let after = replaced(BLOCK, "a").text;
    let expected = BLOCK
        .replace(
            "- eks\n      - get-token # goes\n",
            "- token\n      - --cluster-name\n      - demo\n      - --region\n      - eu-west-1 # goes\n",
        )
        .replace("'aws'", "/opt/example");
    assert_eq!(after, expected);
    let crlf = BLOCK.replace('\n', "\r\n");
    assert_eq!(replaced(&crlf, "a").text, expected.replace('\n', "\r\n"));
}

#[test]
fn every_style_keeps_its_form() {
    for (before, after) in [
        (
            "users: [{name: a, user: {exec: {command: aws, args: [eks, get-token], env: null}}}]\n",
            "users: [{name: a, user: {exec: {command: /opt/example, args: [token, --cluster-name, demo, --region, eu-west-1], env: null}}}]\n",
        ),
        (
            r#"{"users":[{"name":"a","user":{"exec":{"command":"aws","args":["eks"]}}}]}"#,
            r#"{"users":[{"name":"a","user":{"exec":{"command":"/opt/example","args":["token","--cluster-name","demo","--region","eu-west-1"]}}}]}"#,
        ),
        (
            "users:\n- name: a\n  user:\n    exec:\n      command: \"aws\"\n      args: [eks, # why\n        get-token]",
            "users:\n- name: a\n  user:\n    exec:\n      command: \"/opt/example\"\n      args: [token, --cluster-name, demo, --region, eu-west-1]",
        ),
        (
            "users:\n- name: a\n  user:\n    exec:\n      args:\n      - eks\n      - >-\n        get-token\n      command: aws\n",
            "users:\n- name: a\n  user:\n    exec:\n      args:\n      - token\n      - --cluster-name\n      - demo\n      - --region\n      - eu-west-1\n      command: /opt/example\n",
        ),
    ] {
        assert_eq!(replaced(before, "a").text, after);
    }
}

#[test]
fn the_version_changes_if_asked() {
    let wanted = PluginCall { api_version: Some("client.authentication.k8s.io/v1".to_owned()), ..ours() };
    let after = replace_exec(BLOCK, "a", &wanted).expect("replaced").text;
    assert!(after.contains("      apiVersion: client.authentication.k8s.io/v1 # b1\n"), "{after}");
}

#[test]
fn what_is_right_already_stays() {
    let once = replaced(BLOCK, "a").text;
    let twice = replaced(&once, "a");
    assert_eq!((&twice.text, &twice.before), (&once, &twice.after));
}

#[test]
fn the_old_bytes_come_back_beside_what_others_wrote_since() {
    let done = replaced(BLOCK, "a");
    let others = format!("# new\n{}", done.text.replace("{token: abc}", "{token: def}")) + "- name: c\n  user: {}\n";
    let back = restore(&others, "a", &done).expect("readable").expect("as written");
    assert_eq!(back, format!("# new\n{}- name: c\n  user: {{}}\n", BLOCK.replace("{token: abc}", "{token: def}")));
    assert_eq!((exec_is(&back, "a", &done.before), exec_is(&others, "a", &done.before)), (Ok(true), Ok(false)));
}

#[test]
fn a_plugin_that_somebody_changed_since_is_not_restored() {
    let done = replaced(BLOCK, "a");
    for (from, to) in [
        ("value: \"corp\"", "value: \"other\""),
        ("- demo", "- prod"),
        ("provideClusterInfo: true", "provideClusterInfo: true\n      installHint: x"),
        ("# b1", "# b2"),
    ] {
        let changed = done.text.replace(from, to);
        assert_ne!(changed, done.text);
        assert_eq!(restore(&changed, "a", &done), Ok(None), "{to}");
    }
}

#[test]
fn a_forged_way_back_changes_nothing_else() {
    let done = replaced(BLOCK, "a");
    let forged = done.before.replace("corp", "other");
    assert!(restore_exec(&done.text, "a", &forged, &done.after).is_err());
    let forged = format!("{}\n- name: x", done.before);
    assert!(restore_exec(&done.text, "a", &forged, &done.after).is_err());
}

#[test]
fn refusals_name_the_place() {
    let refused = |text: &str, line: usize, column: usize, words: &str| {
        let error = replace_exec(text, "a", &ours()).err().unwrap_or_else(|| panic!("replaced\n{text}"));
        assert_eq!((error.line, error.column), (Some(line), Some(column)), "{error}\n{text}");
        assert!(error.reason.contains(words), "{error}");
    };
    let user = "users:\n- name: a\n  user:\n    exec: ";
    refused(&format!("x: &e {{command: aws}}\n{user}*e\n"), 5, 11, "alias");
    refused(&format!("{user}&e\n      command: aws\n- name: b\n  user: {{exec: *e}}\n"), 7, 16, "alias refers");
    refused("x: &u {exec: {command: aws}}\nusers:\n- name: a\n  user: *u\n", 4, 9, "alias");
    refused("x: &u {exec: {command: aws}}\nusers:\n- name: a\n  user: {<<: *u}\n", 1, 14, "merge key");
    refused("x: &u {name: a, user: {exec: {command: aws}}}\nusers: [*u]\n", 2, 9, "alias");
    refused(&format!("{user}\n      command: aws\n      command: aws\n"), 6, 7, "twice");
    refused(&format!("{user}\n      command: aws\n    exec: {{}}\n"), 6, 5, "twice");
    refused(&format!("{user}words\n"), 4, 11, "not a mapping");
    refused(&format!("{user}\n      command: !x aws\n"), 5, 16, "tag");
    refused(&format!("x: &a [eks]\n{user}\n      command: aws\n      args: *a\n"), 7, 13, "alias");
    for (text, words) in [
        ("users: []\n", "there is no user `a`"),
        ("", "there is no user `a`"),
        ("users:\n- name: a\n  user: {}\n", "has no credential plugin"),
        ("users:\n- name: a\n", "has no credential plugin"),
    ] {
        let error = replace_exec(text, "a", &ours()).err().unwrap_or_else(|| panic!("replaced\n{text}"));
        assert!(error.reason.contains(words), "{error}");
    }
}

/// What another reader sees, with the plugin's three fields as they were.
fn seen(text: &str, user: &str) -> serde_json::Value {
    let mut value: serde_json::Value =
        serde_saphyr::from_str(text).unwrap_or_else(|error| panic!("unreadable: {error}\n{text}"));
    let users = value["users"].as_array_mut().expect("users");
    let found = users.iter_mut().find(|item| item["name"] == *user).expect("the user");
    let exec = found["user"]["exec"].as_object_mut().expect("a plugin");
    ["apiVersion", "command", "args"].iter().for_each(|field| drop(exec.remove(*field)));
    value
}

fn check(text: &str, wanted: &PluginCall) -> Result<bool, TestCaseError> {
    let mut is_replaced = false;
    for user in parse(text).into_iter().flat_map(|config| config.users) {
        let Some(exec) = user.exec else { continue };
        let Ok(done) = replace_exec(text, &user.name, wanted) else { continue };
        is_replaced = true;
        prop_assert_eq!(seen(&done.text, &user.name), seen(text, &user.name));
        let now = parse(&done.text).unwrap().user(&user.name).unwrap().exec.clone().unwrap();
        prop_assert_eq!((&now.command, &now.args), (&wanted.command, &wanted.args));
        prop_assert_eq!((now.env, now.install_hint), (exec.env, exec.install_hint));
        prop_assert_eq!(restore(&done.text, &user.name, &done).unwrap(), Some(text.to_owned()));
        prop_assert_eq!(&replace_exec(&done.text, &user.name, wanted).unwrap().text, &done.text);
    }
    Ok(is_replaced)
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_plugin_is_replaced_and_comes_back(bytes in vec(any::<u8>(), 0..200)) {
        let text = plugin_file(&mut Dice(&bytes));
        prop_assert!(check(&text, &ours())?, "nothing was replaced in\n{}", text);
    }

    #[test]
    fn in_any_file_the_rest_stays(bytes in vec(any::<u8>(), 0..160)) {
        check(&kubeconfig(&mut Dice(&bytes)), &ours())?;
    }

    #[test]
    fn any_command_can_be_written(bytes in vec(any::<u8>(), 0..80), command in any::<String>(), arg in any::<String>()) {
        let wanted = PluginCall { command, args: vec![arg], ..ours() };
        check(&plugin_file(&mut Dice(&bytes)), &wanted)?;
    }

    #[test]
    fn no_text_causes_a_panic(bytes in vec(any::<u8>(), 0..200), cut in any::<prop::sample::Index>(), put in "[ \\t\\r\\n#:,{}\\[\\]&*!|>'\"?-]{0,3}|.{1,3}") {
        let mut characters: Vec<char> = plugin_file(&mut Dice(&bytes)).chars().collect();
        let at = cut.index(characters.len() + 1);
        let end = (at + 1).min(characters.len());
        characters.splice(at..end, put.chars());
        let text: String = characters.into_iter().collect();
        if let Ok(done) = replace_exec(&text, "u0", &ours()) {
            prop_assert_eq!(restore(&done.text, "u0", &done).unwrap(), Some(text));
        }
    }
}
