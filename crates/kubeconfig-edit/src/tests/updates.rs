//! Our entry is there already: only what is wrong in it changes.

use super::{apply, entry, remove, set_current_context};
use crate::{Parts, Way, parse, standalone};

const CLUSTER: Parts = Parts { cluster: true, ..Parts::NONE };
const CONTEXT: Parts = Parts { context: true, ..Parts::NONE };
const USER: Parts = Parts { user: true, ..Parts::NONE };

fn becomes(parts: Parts, before: &str, after: &str) {
    let result = apply(before, &entry(), parts).unwrap_or_else(|error| panic!("{error}\n{before}"));
    assert_eq!(result, after);
    assert_eq!(apply(after, &entry(), parts).as_deref(), Ok(after), "again");
}

#[test]
fn a_wrong_value_is_replaced_and_its_surroundings_stay() {
    becomes(
        CLUSTER,
        "clusters:\n- cluster: # ours\n    server:   http://old  # eks\n    proxy-url: socks5://p # mine\n    \
         certificate-authority-data: Q0E=\n    tls-server-name: x\n  name: idp-ns-dev\n",
        "clusters:\n- cluster: # ours\n    server:   https://K.eks.amazonaws.com  # eks\n    proxy-url: socks5://p # mine\n    \
         certificate-authority-data: Q0E=\n    tls-server-name: x\n  name: idp-ns-dev\n",
    );
}

#[test]
fn a_right_value_keeps_its_spelling() {
    let text = "clusters:\n- name: 'idp-ns-dev'\n  cluster: {\"server\": \"https://K.eks.\\\n   amazonaws.com\",\n    \
                certificate-authority-data: 'Q0E='}\n";
    becomes(CLUSTER, text, text);
    let text = "contexts:\n- name: idp-ns-dev\n  context:\n    cluster: >-\n      idp-ns-dev\n    user: !!str idp-ns-dev\n    \
                namespace: \"dev\"\n";
    becomes(CONTEXT, text, text);
}

#[test]
fn missing_fields_are_added_after_the_last_one() {
    becomes(
        CONTEXT,
        "contexts:\n    -   name: idp-ns-dev\n        context:\n            extensions: []\n    -   name: b\n",
        "contexts:\n    -   name: idp-ns-dev\n        context:\n            extensions: []\n            cluster: idp-ns-dev\n            \
         user: idp-ns-dev\n            namespace: dev\n    -   name: b\n",
    );
    becomes(
        CONTEXT,
        "contexts:\n- name: idp-ns-dev\n- {name: b}\n",
        "contexts:\n- name: idp-ns-dev\n  context:\n    cluster: idp-ns-dev\n    user: idp-ns-dev\n    namespace: dev\n- {name: b}\n",
    );
    becomes(
        CONTEXT,
        "contexts: [{name: idp-ns-dev, context: {}}]\n",
        "contexts: [{name: idp-ns-dev, context: {cluster: idp-ns-dev, user: idp-ns-dev, namespace: dev}}]\n",
    );
    becomes(
        CONTEXT,
        "contexts:\n- name: idp-ns-dev\n  context: # nothing\n  x: y\n",
        "contexts:\n- name: idp-ns-dev\n  context: # nothing\n    cluster: idp-ns-dev\n    user: idp-ns-dev\n    namespace: dev\n  x: y\n",
    );
}

#[test]
fn data_take_the_place_of_a_certificate_file() {
    becomes(
        CLUSTER,
        "clusters:\n- name: idp-ns-dev\n  cluster:\n    certificate-authority: ca.pem # old\n    server: https://K.eks.amazonaws.com\n",
        "clusters:\n- name: idp-ns-dev\n  cluster:\n    certificate-authority-data: Q0E= # old\n    server: https://K.eks.amazonaws.com\n",
    );
    becomes(
        CLUSTER,
        "clusters:\n- name: idp-ns-dev\n  cluster:\n    certificate-authority-data: Q0E=\n    certificate-authority: ca.pem\n    \
         server: https://K.eks.amazonaws.com\n",
        "clusters:\n- name: idp-ns-dev\n  cluster:\n    certificate-authority-data: Q0E=\n    server: https://K.eks.amazonaws.com\n",
    );
    becomes(
        CLUSTER,
        r#"{"clusters":[{"name":"idp-ns-dev","cluster":{"certificate-authority":"ca.pem","server":"x"}}]}"#,
        r#"{"clusters":[{"name":"idp-ns-dev","cluster":{"certificate-authority-data":"Q0E=","server":"https://K.eks.amazonaws.com"}}]}"#,
    );
}

#[test]
fn the_plugin_keeps_what_people_added() {
    becomes(
        USER,
        "users:\n- name: idp-ns-dev\n  user:\n    exec:\n      apiVersion: client.authentication.k8s.io/v1beta1 # was\n      \
         args: # ours\n      - --region\n      - eu\n      command: aws\n      env:\n      - name: AWS_PROFILE # mine\n        \
         value: p\n      provideClusterInfo: true\n      interactiveMode: IfAvailable\n",
        "users:\n- name: idp-ns-dev\n  user:\n    exec:\n      apiVersion: client.authentication.k8s.io/v1 # was\n      \
         args: # ours\n      - token\n      - -n\n      - dev\n      command: example\n      env:\n      - name: AWS_PROFILE # mine\n        \
         value: p\n      provideClusterInfo: false\n      interactiveMode: IfAvailable\n",
    );
    becomes(
        USER,
        "users:\n- name: idp-ns-dev\n  user:\n    exec:\n      args: [a, b] # flow\n      apiVersion: client.authentication.k8s.io/v1\n      \
         command: example\n      interactiveMode: Never\n",
        "users:\n- name: idp-ns-dev\n  user:\n    exec:\n      args: [token, -n, dev] # flow\n      apiVersion: \
         client.authentication.k8s.io/v1\n      command: example\n      interactiveMode: IfAvailable\n",
    );
    becomes(
        USER,
        "users:\n- name: idp-ns-dev\n  user:\n    exec:\n      args: null # none\n      apiVersion: client.authentication.k8s.io/v1\n      \
         command: example\n      interactiveMode: IfAvailable\n",
        "users:\n- name: idp-ns-dev\n  user:\n    exec:\n      args: # none\n      - token\n      - -n\n      - dev\n      apiVersion: \
         client.authentication.k8s.io/v1\n      command: example\n      interactiveMode: IfAvailable\n",
    );
}

#[test]
fn what_the_aws_cli_wrote_becomes_ours() {
    let text = "users:\n- name: idp-ns-dev\n  user:\n    exec:\n      apiVersion: client.authentication.k8s.io/v1beta1\n      args:\n      \
                - eks\n      - get-token\n      command: aws\n";
    let config = parse(&apply(text, &entry(), USER).unwrap()).unwrap();
    let exec = config.user("idp-ns-dev").unwrap().exec.clone().unwrap();
    assert_eq!((exec.command.as_str(), exec.args.join(" ").as_str()), ("example", "token -n dev"));
    assert_eq!(exec.interactive_mode.as_deref(), Some("IfAvailable"));
}

#[test]
fn an_unquoted_number_is_not_a_text() {
    let mut entry = entry();
    entry.namespace = "123".to_owned();
    let text = "contexts:\n- name: idp-ns-dev\n  context: {cluster: idp-ns-dev, user: idp-ns-dev, namespace: 123}\n";
    let result = apply(text, &entry, CONTEXT).unwrap();
    assert_eq!(result, text.replace("namespace: 123", "namespace: \"123\""));
}

#[test]
fn the_current_context_is_set_and_cleared() {
    for (before, after) in [
        ("current-context: a # now\nx: y\n", "current-context: b # now\nx: y\n"),
        ("current-context: \"a\"\n", "current-context: \"b\"\n"),
        ("current-context: 'a'\r\n", "current-context: b\r\n"),
        ("current-context: # none\n", "current-context: b # none\n"),
        ("current-context: null\n", "current-context: b\n"),
        ("contexts:\n- name: b\nusers: []\n", "contexts:\n- name: b\ncurrent-context: b\nusers: []\n"),
        ("{\"kind\":\"Config\"}", "{\"kind\":\"Config\",\"current-context\":\"b\"}"),
        ("", "apiVersion: v1\ncurrent-context: b\nkind: Config\n"),
    ] {
        let moved = set_current_context(before, "b").unwrap_or_else(|error| panic!("{before}: {error}"));
        assert_eq!(moved, after);
        assert_eq!(set_current_context(after, "b").as_deref(), Ok(after));
        assert_eq!(parse(&remove(after, "b", Parts::ALL).unwrap()).unwrap().current_context, None);
    }
    assert_eq!(remove("current-context: b # now\n", "b", Parts::ALL).as_deref(), Ok("current-context: \"\" # now\n"));
    assert_eq!(remove(&set_current_context("# mine\n", "b").unwrap(), "b", Parts::ALL).as_deref(), Ok("# mine\n"));
}

#[test]
fn mixed_line_ends_come_back() {
    for text in [
        "\r\n\n",
        "# a\r\n# b\n",
        "# a\n# b\r\n",
        "kind: Config\r\npreferences: {}\n",
        "kind: Config\n\r\n",
        "\r\n# a\r",
    ] {
        let applied = apply(text, &entry(), Parts::ALL).unwrap();
        assert_eq!(remove(&applied, &entry().name, Parts::ALL).as_deref(), Ok(text), "through\n{applied}");
    }
}

#[test]
fn an_entry_between_others_is_removed_alone() {
    for (before, after) in [
        ("clusters:\n- name: a\n- name: b # b\n  x: y\n# c\n- name: c\n", "clusters:\n- name: a\n# c\n- name: c\n"),
        ("clusters: [{name: b}, {name: a}]\n", "clusters: [{name: a}]\n"),
        ("clusters: [{name: a}, {name: b}, {name: c}]\n", "clusters: [{name: a}, {name: c}]\n"),
        (
            "clusters: [{name: a}, # a\n  {name: b}, # b\n  {name: c}]\n",
            "clusters: [{name: a}, # a\n   # b\n  {name: c}]\n",
        ),
        ("clusters: [{name: a}, # a\n  {name: b}]\n", "clusters: [{name: a}, # a\n  ]\n"),
        ("clusters: [{name: b},]\n", "clusters: []\n"),
        ("clusters: # mine\n- name: b\n  x: y\nx: y\n", "clusters: [] # mine\nx: y\n"),
        ("x: y\nusers:\n  - user: {}\n    name: b", "x: y\nusers: []"),
    ] {
        assert_eq!(remove(before, "b", Parts::ALL).as_deref(), Ok(after), "{before}");
    }
}

#[test]
fn a_standalone_kubeconfig_is_complete() {
    let text = standalone(&entry(), Way::default(), &[]);
    let config = parse(&text).unwrap();
    assert_eq!(config.current_context.as_deref(), Some("idp-ns-dev"));
    assert_eq!(apply(&text, &entry(), Parts::ALL).as_deref(), Ok(text.as_str()));
    assert_eq!(remove(&text, "idp-ns-dev", Parts::ALL).as_deref(), Ok(""));
}

#[test]
fn a_standalone_kubeconfig_takes_a_way_and_variables_of_its_plugin() {
    let way = Way { tls_server_name: Some("abc.example.com"), proxy_url: Some("http://proxy:1") };
    let text = standalone(&entry(), way, &[("A", "1"), ("B", "two")]);
    let inside = "      env:\n      - name: A\n        value: \"1\"\n      - name: B\n        value: two\n";
    let on_the_way = "    tls-server-name: abc.example.com\n    proxy-url: http://proxy:1\n";
    assert!(text.contains(on_the_way) && text.contains(inside), "{text}");
    let mut config = parse(&text).expect("a kubeconfig");
    let plugin = config.users[0].exec.as_mut().expect("a plugin");
    let variables = std::mem::take(&mut plugin.env);
    assert_eq!(variables, [("A", "1"), ("B", "two")].map(|(name, value)| (name.to_owned(), value.to_owned())));
    assert_eq!(config, parse(&standalone(&entry(), way, &[])).expect("a kubeconfig"));
}

#[test]
fn a_byte_order_mark_that_is_not_the_first_character_is_a_character_like_any_other() {
    let text = "# only a comment\u{feff}";
    let applied = apply(text, &entry(), Parts::ALL).expect("applied");
    assert!(applied.starts_with("# only a comment\u{feff}\napiVersion: v1\n"), "{applied}");
    assert_eq!(remove(&applied, &entry().name, Parts::ALL).expect("removed"), text);
}

#[test]
fn the_parts_that_stay_keep_every_byte() {
    let applied = set_current_context(&apply("", &entry(), Parts::ALL).unwrap(), "idp-ns-dev").unwrap();
    let added = applied.replace("users:\n", "# mine\nusers:\n");
    let context = Parts { context: true, ..Parts::NONE };
    let left = remove(&added, "idp-ns-dev", context).unwrap();
    let config = parse(&left).unwrap();
    assert_eq!((config.context("idp-ns-dev"), config.current_context.clone()), (None, None));
    assert!(config.cluster("idp-ns-dev").is_some() && config.user("idp-ns-dev").is_some());
    assert_eq!(left[left.find("# mine").unwrap()..], added[added.find("# mine").unwrap()..]);
    let rest = Parts { context: false, ..Parts::ALL };
    assert_eq!(parse(&remove(&left, "idp-ns-dev", rest).unwrap()).unwrap(), parse("").unwrap());
}

#[test]
fn a_key_without_a_value_says_nothing_of_the_style() {
    for text in ["{\n    \"a\":\n}\n", "{\"a\":,\"b\":1}\n", "{\n  \"a\":}\n"] {
        let applied = apply(text, &entry(), Parts::ALL).unwrap_or_else(|error| panic!("{error}\n{text}"));
        assert_eq!(remove(&applied, "idp-ns-dev", Parts::ALL).as_deref(), Ok(text), "through\n{applied}");
    }
}

#[test]
fn a_comment_that_somebody_put_before_our_mark_stays() {
    let applied = apply("a: b\nusers:\n", &entry(), Parts::ALL).unwrap();
    let mark = "users: # example: was empty\n";
    assert!(applied.contains(mark), "{applied}");
    for (moved, left) in [
        ("users: # mine\n# example: was empty\n", "a: b\nusers: # mine\n\n"),
        ("users:\n# example: was empty\n", "a: b\nusers:\n"),
        ("users:\n# mine\n  # example: was empty\n", "a: b\nusers:\n# mine\n  \n"),
    ] {
        let text = applied.replace(mark, moved);
        let removed = remove(&text, "idp-ns-dev", Parts::ALL);
        assert_eq!(removed.as_deref(), Ok(left), "through\n{text}");
    }
}
