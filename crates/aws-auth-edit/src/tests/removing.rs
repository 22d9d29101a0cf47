//! What goes, and what stays.

use super::{ARN, remove, remove_item};
use crate::{List, read};

#[track_caller]
fn becomes(before: &str, groups: &[&str], after: &str) {
    assert_eq!(remove(&before.replace("ARN", ARN), groups).unwrap(), after.replace("ARN", ARN));
}

#[test]
fn some_of_the_groups() {
    becomes(
        "- rolearn: ARN\n  groups:\n  - a # x\n  # y\n  - b\n",
        &["a"],
        "- rolearn: ARN\n  groups:\n  # y\n  - b\n",
    );
    becomes("- rolearn: ARN\n  groups: [a, b, c]\n", &["a", "c"], "- rolearn: ARN\n  groups: [b]\n");
    becomes("- rolearn: ARN\n  groups: [a, b, a]\n", &["a"], "- rolearn: ARN\n  groups: [b]\n");
    becomes("- rolearn: ARN\n  groups: [a]\n", &["b"], "- rolearn: ARN\n  groups: [a]\n");
    becomes("- rolearn: other\n  groups: [a]\n", &["a"], "- rolearn: other\n  groups: [a]\n");
}

#[test]
fn all_of_the_groups() {
    becomes("- rolearn: ARN\n  groups:\n  - a\n  - b\n  username: x\n", &["a", "b"], "- rolearn: ARN\n  username: x\n");
    becomes("- rolearn: ARN\n  groups: [a, b]\n", &["a", "b"], "- rolearn: ARN\n  groups: []\n");
    becomes("- groups: # x\n  - a\n  rolearn: ARN\n", &["a"], "- groups: [] # x\n  rolearn: ARN\n");
    becomes("- groups: # was: ~\n  - a\n  rolearn: ARN", &["a"], "- groups: ~\n  rolearn: ARN");
    becomes("- {rolearn: 'ARN', groups: [ a ]}\n", &["a"], "- {rolearn: 'ARN'}\n");
}

#[test]
fn the_item_only_when_it_has_no_group_left() {
    let text = format!("- rolearn: a\n- rolearn: {ARN}\n  groups: [b, c]\n# d\n- rolearn: e\n");
    assert_eq!(remove_item(&text, &["b"]).unwrap(), text.replace("b, ", ""));
    assert_eq!(remove_item(&text, &["b", "c"]).unwrap(), "- rolearn: a\n# d\n- rolearn: e\n");
    // One of others, without groups already.
    assert_eq!(remove_item(&format!("- rolearn: {ARN}\n"), &["b"]).unwrap(), "");
}

#[test]
fn then_the_one_before_it_counts() {
    let text = format!("- rolearn: {ARN}\n  groups: [a]\n- rolearn: {ARN}\n  groups: [b]\n");
    let after = remove_item(&text, &["b"]).unwrap();
    assert_eq!(read(&after, List::Roles).unwrap()[0].groups, ["a"]);
}
