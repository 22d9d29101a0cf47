//! What is refused, where, and in which words.

use super::{apply, entry, remove, set_current_context};
use crate::{Parts, parse};

fn refused(text: &str, line: usize, column: usize, words: &str) {
    let error = apply(text, &entry(), Parts::ALL).expect_err(text);
    assert_eq!((error.line, error.column), (Some(line), Some(column)), "{error}\n{text}");
    assert!(error.reason.contains(words), "{error}");
}

#[test]
fn what_is_not_one_kubeconfig() {
    refused("clusters: [\n", 1, 11, "not valid YAML");
    refused("a: b\n\tc: d\n", 1, 4, "not valid YAML");
    refused("clusters:\n\t- name: a\n", 2, 2, "tab");
    refused("clusters: *nobody\n", 1, 11, "not valid YAML");
    refused("kind: Config\n---\nkind: Config\n", 2, 1, "second YAML document");
    refused("- a\n", 1, 1, "top level");
    refused("just words\n", 1, 1, "top level");
    refused("null\n", 1, 1, "top level");
}

#[test]
fn lists_that_are_none() {
    refused("# é\nclusters: {a: b}\n", 2, 11, "`clusters` is not a list");
    refused("users: yes\n", 1, 8, "`users` is not a list");
    refused("clusters: []\nusers: []\nclusters: []\n", 3, 1, "`clusters` is here twice");
    refused("clusters:\n- name: a\n- name: b\n- name: a\n", 4, 3, "two items named `a`");
    refused("x: &x []\nclusters: *x\n", 2, 11, "alias");
    refused("clusters: &x\nusers: *x\n", 1, 11, "anchor");
    refused("x: &x {clusters: []}\n<<: *x\n", 1, 18, "merge key");
}

#[test]
fn what_others_share_with_our_entry() {
    refused("clusters: &x\n- name: a\ny: *x\n", 3, 4, "alias refers");
    let ours = "clusters:\n- name: idp-ns-dev\n  cluster: &c\n    server: old\n- name: b\n  cluster: *c\n";
    refused(ours, 6, 12, "alias refers");
    let error = remove(ours, "idp-ns-dev", Parts::ALL).expect_err("another cluster would lose its fields");
    assert_eq!((error.line, error.column), (Some(6), Some(12)));
    refused("x: &c {server: old}\nclusters:\n- name: idp-ns-dev\n  cluster: *c\n", 4, 12, "alias");
    refused("x: &x {name: idp-ns-dev}\nclusters: [*x]\n", 2, 12, "alias");
    refused("x: &c {server: old}\nclusters:\n- name: idp-ns-dev\n  cluster:\n    <<: *c\n", 1, 16, "merge key");
    refused("x: &c old\nclusters:\n- name: idp-ns-dev\n  cluster: {server: *c}\n", 4, 21, "alias");
}

#[test]
fn fields_of_our_entry_that_leave_doubt() {
    refused(
        "clusters:\n- name: idp-ns-dev\n  cluster:\n    server: a\n    server: b\n",
        5,
        5,
        "`server` is here twice",
    );
    refused("kind: Config\nusers:\n- name: idp-ns-dev\n  user: {exec: words}\n", 4, 16, "expected a list or a mapping");
    refused("clusters:\n- name: idp-ns-dev\n  cluster: words\n", 3, 12, "expected a list or a mapping");
    refused("clusters:\n- name: idp-ns-dev\n  cluster:\n    server: !secret a\n", 4, 13, "tag");
    refused("clusters:\n- name: idp-ns-dev\n  cluster:\n    server: |\n      a\n", 4, 5, "block of text");
    refused("clusters:\n- name: idp-ns-dev\n  cluster:\n    server: [a]\n", 4, 13, "not a plain value");
}

#[test]
fn a_current_context_that_leaves_doubt() {
    for text in ["current-context: [a]\n", "x: &x a\ncurrent-context: *x\n", "current-context: a\ncurrent-context: b\n"]
    {
        let error = set_current_context(text, "c").expect_err(text);
        assert!(error.line.is_some(), "{error}");
    }
    let shared = set_current_context("current-context: &x a\nx: *x\n", "c").expect_err("shared");
    assert_eq!((shared.line, shared.column), (Some(2), Some(4)));
}

#[test]
fn an_entry_that_is_right_needs_no_edit_however_it_is_written() {
    let text = "x: &all\n  name: idp-ns-dev\n  cluster: &c {server: \"https://K.eks.amazonaws.com\"}\n\
                clusters:\n- <<: *all\n  cluster: {<<: *c, certificate-authority-data: Q0E=}\n";
    assert_eq!(apply(text, &entry(), Parts { cluster: true, ..Parts::NONE }).as_deref(), Ok(text));
}

#[test]
fn reading_is_as_lenient_as_kubectl() {
    let text = "unknown: {a: b}\ncurrent-context: ''\ncurrent-context: x\nusers: null\ncontexts:\n- name: x\n  \
                context: {namespace: \"\", cluster: c, zone: z}\n---\nsecond: document\n";
    let config = parse(text).unwrap();
    assert_eq!(config.current_context.as_deref(), Some("x"));
    assert_eq!(config.contexts[0].namespace, None);
    assert_eq!(parse("").unwrap(), parse("# nothing\n").unwrap());
    assert!(parse("users:\n- name: a\n- name: a\n").unwrap_err().reason.contains("two items"));
}

#[test]
fn circles_of_aliases_end() {
    for text in [
        "a: &a\n  <<: *a\n",
        "&r\nclusters: [*r]\n",
        "a: &a [*a, *a]\nclusters: *a\n",
        "&a\n<<: *a\n",
        "clusters: &c\n- *c\n",
    ] {
        let _ = (parse(text), apply(text, &entry(), Parts::ALL), remove(text, "a", Parts::ALL));
    }

    let mut bomb = "a0: &a0 {x: y}\n".to_owned();
    for level in 1..60 {
        let alias = format!("*a{}", level - 1);
        bomb.push_str(&format!("a{level}: &a{level} {{<<: [{alias}, {alias}, {alias}]}}\n"));
    }
    bomb.push_str("users:\n- <<: *a59\n  name: a\n");
    assert_eq!(
        remove(&apply(&bomb, &entry(), Parts::ALL).unwrap(), "idp-ns-dev", Parts::ALL).as_deref(),
        Ok(bomb.as_str())
    );
}
