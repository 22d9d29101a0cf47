//! What is refused, where, and in which words.

use super::{ARN, USERNAME, add, remove_item};
use crate::{List, add_groups};

#[track_caller]
fn refused(text: &str, line: usize, words: &str) {
    let text = text.replace("ARN", ARN);
    let refused = add(&text, &["new"]).expect_err(&text);
    assert_eq!(refused.line, Some(line), "{refused}\n{text}");
    assert!(refused.why.contains(words), "{refused}");
}

#[test]
fn what_the_cluster_cannot_read() {
    refused("- rolearn: a\n  groups: [b\n", 2, "YAML");
    refused("a: b\n", 1, "not a list");
    refused("- rolearn: a\n  username: {{SessionName}}\n", 2, "quotes");
}

#[test]
fn what_is_not_one_list_alone() {
    refused("- rolearn: a\n---\n- rolearn: b\n", 2, "second YAML document");
    refused("- rolearn: a\n  groups: [\n\tb]\n", 3, "tab");
    refused("null\n", 1, "write it as `[]`");
    refused("\n\"\"\n", 2, "write it as `[]`");
    refused("``\n", 1, "write it as `[]`");
    refused("--- !list\n- rolearn: a\n", 1, "tag");
    refused("&all\n- rolearn: a\n", 1, "anchor");
}

#[test]
fn items_that_are_more_than_themselves() {
    refused("- rolearn: a\n- &x\n  rolearn: ARN\n", 2, "anchor");
    refused("- groups: &x [a]\n- rolearn: ARN\n  groups: *x\n", 3, "alias");
    refused("- rolearn: ARN\n  groups: &x [a]\n- groups: *x\n", 2, "anchor");
    refused("- &x {groups: [a]}\n- <<: *x\n  rolearn: ARN\n", 2, "alias");
    refused("- <<: {groups: [a]}\n  rolearn: ARN\n", 1, "merge key");
    refused("- rolearn: !x ARN\n", 1, "tag");
}

#[test]
fn groups_that_are_no_list() {
    refused("- rolearn: ARN\n  groups: a\n", 2, "not a list");
    refused("- rolearn: ARN\n  groups: [a]\n  Groups: [b]\n", 3, "twice");
    refused("- {rolearn: ARN, groups: null}\n", 1, "write it as `groups: []`");
}

#[test]
fn users_of_whom_chance_decides() {
    let text = "- userarn: user/ada\n- userarn: user/Ada\n";
    let refused = add_groups(text, List::Users, "user/ada", USERNAME, &["new"]).expect_err("it is unclear who wins");
    assert_eq!(refused.line, Some(2));
    assert!(refused.why.contains("line 1") && refused.why.contains("chance"), "{refused}");
    // The same letters: the last one counts.
    let text = "- userarn: user/ada\n- userarn: user/ada\n";
    assert!(add_groups(text, List::Users, "user/ada", USERNAME, &["new"]).is_ok());
}

#[test]
fn what_cannot_be_cut_out() {
    let text = format!("- # ours\n  rolearn: {ARN}\n");
    assert!(remove_item(&text, &[]).unwrap_err().why.contains("comment"));
}
