//! How an edit must look.

use super::{ARN, USERNAME, add};
use crate::{List, add_groups};

#[track_caller]
fn becomes(before: &str, after: &str) {
    let after = after.replace("MINE", ARN).replace("USERNAME", USERNAME);
    assert_eq!(add(&before.replace("MINE", ARN), &["new"]).unwrap(), after);
    // Asked twice, nothing changes.
    assert_eq!(add(&after, &["new"]).unwrap(), after);
}

#[test]
fn the_first_item() {
    becomes("", "- rolearn: MINE\n  username: USERNAME\n  groups:\n  - new\n");
    becomes("# none yet\n", "# none yet\n- rolearn: MINE\n  username: USERNAME\n  groups:\n  - new\n");
    becomes("---\n", "---\n- rolearn: MINE\n  username: USERNAME\n  groups:\n  - new\n");
    becomes("[]\n", "[{\"rolearn\": \"MINE\", \"username\": \"USERNAME\", \"groups\": [\"new\"]}]\n");
}

#[test]
fn an_item_like_its_neighbours() {
    // eksctl
    becomes(
        "- groups:\n  - system:nodes\n  rolearn: a\n  username: b\n",
        "- groups:\n  - system:nodes\n  rolearn: a\n  username: b\n- groups:\n  - new\n  rolearn: MINE\n  username: USERNAME\n",
    );
    // Terraform's yamlencode
    becomes(
        "- \"groups\":\n  - \"g\"\n  \"rolearn\": \"a\"\n  \"username\": \"b\"\n",
        "- \"groups\":\n  - \"g\"\n  \"rolearn\": \"a\"\n  \"username\": \"b\"\n- \"groups\":\n  - \"new\"\n  \"rolearn\": \"MINE\"\n  \"username\": \"USERNAME\"\n",
    );
    becomes(
        "  -   roleARN: a\n      groups:\n         -  'g'\n  # the end\n...\n",
        "  -   roleARN: a\n      groups:\n         -  'g'\n  -   roleARN: MINE\n      groups:\n         -  'new'\n      username: USERNAME\n  # the end\n...\n",
    );
    becomes(
        "- rolearn: a\n  groups: [b] # why\n  extra: 1\n    # deeper\n",
        "- rolearn: a\n  groups: [b] # why\n  extra: 1\n    # deeper\n- rolearn: MINE\n  groups: [new]\n  username: USERNAME\n",
    );
    becomes("- rolearn: a", "- rolearn: a\n- rolearn: MINE\n  username: USERNAME\n  groups:\n  - new");
    becomes(
        "- rolearn: a\r\n  username: b\r\n",
        "- rolearn: a\r\n  username: b\r\n- rolearn: MINE\r\n  username: USERNAME\r\n  groups:\r\n  - new\r\n",
    );
}

#[test]
fn an_item_in_braces() {
    becomes(
        "- { rolearn: a, groups: [b] }\n",
        "- { rolearn: a, groups: [b] }\n- { rolearn: \"MINE\", groups: [new], username: \"USERNAME\" }\n",
    );
    becomes(
        "[{\"rolearn\":\"a\",\"username\":\"b\",\"groups\":[\"c\"]}]",
        "[{\"rolearn\":\"a\",\"username\":\"b\",\"groups\":[\"c\"]},{\"rolearn\":\"MINE\",\"username\":\"USERNAME\",\"groups\":[\"new\"]}]",
    );
    becomes(
        "[\n  {\n    \"rolearn\": \"a\",\n    \"groups\": [\n      \"b\"\n    ]\n  }\n]\n",
        "[\n  {\n    \"rolearn\": \"a\",\n    \"groups\": [\n      \"b\"\n    ]\n  },\n  {\n    \"rolearn\": \"MINE\",\n    \"groups\": [\n      \"new\"\n    ],\n    \"username\": \"USERNAME\"\n  }\n]\n",
    );
}

#[test]
fn groups_of_an_item() {
    becomes(
        "- rolearn: MINE\n  groups:\n  - a # first\n  # last\n",
        "- rolearn: MINE\n  groups:\n  - a # first\n  - new\n  # last\n",
    );
    becomes(
        "- groups:\n      - \"a\"\n  rolearn: MINE\n",
        "- groups:\n      - \"a\"\n      - \"new\"\n  rolearn: MINE\n",
    );
    becomes("- rolearn: MINE\n  groups: [ 'a' ] # x\n", "- rolearn: MINE\n  groups: [ 'a', 'new' ] # x\n");
    becomes(
        "- rolearn: MINE\n  groups: [\n    a, # first\n    b\n  ]\n",
        "- rolearn: MINE\n  groups: [\n    a, # first\n    b,\n    new\n  ]\n",
    );
    becomes(
        "- rolearn: MINE\n  username: b\n- rolearn: c\n",
        "- rolearn: MINE\n  username: b\n  groups:\n  - new\n- rolearn: c\n",
    );
    becomes("- rolearn: MINE\n- groups:\n    - c\n", "- rolearn: MINE\n  groups:\n    - new\n- groups:\n    - c\n");
    becomes("- rolearn: MINE\n  groups: []\n", "- rolearn: MINE\n  groups: [\"new\"]\n");
    becomes("- rolearn: MINE\n  groups: ~ # none\n", "- rolearn: MINE\n  groups: # was: ~ # none\n  - new\n");
    becomes("- groups:\n  rolearn: MINE\n", "- groups: # was:\n  - new\n  rolearn: MINE\n");
    becomes("- {rolearn: \"MINE\", username: b}\n", "- {rolearn: \"MINE\", username: b, groups: [ new ]}\n");
    becomes("[{\"rolearn\":\"MINE\"}]", "[{\"rolearn\":\"MINE\",\"groups\":[ \"new\" ]}]");
}

#[test]
fn the_item_that_counts_is_the_last_one_in_any_case() {
    let upper = ARN.to_ascii_uppercase();
    let text = format!("- rolearn: {ARN}\n  groups: [a]\n- rolearn: {upper}\n  groups: [b]\n- rolearn: c\n");
    let after = add(&text, &["new", "b", "new", "too"]).unwrap();
    assert_eq!(after, text.replace("[b]", "[b, new, too]"));
}

#[test]
fn users_have_a_list_of_their_own() {
    let after = add_groups("", List::Users, "arn:aws:iam::1:user/ada", "ada", &["a", "b"]).unwrap();
    assert_eq!(after, "- userarn: arn:aws:iam::1:user/ada\n  username: ada\n  groups:\n  - a\n  - b\n");
}

#[test]
fn texts_that_look_like_yaml_are_quoted() {
    let after = add("", &["on", "12", "a: b", "é", "- x", "#", ""]).unwrap();
    let tail = "  - \"on\"\n  - \"12\"\n  - \"a: b\"\n  - \"é\"\n  - \"- x\"\n  - \"#\"\n  - \"\"\n";
    assert!(after.ends_with(tail), "{after}");
}

#[test]
fn a_list_of_thousands() {
    let item = |number: usize| format!("- rolearn: role/{number}\n  username: b\n  groups:\n  - c # {number}\n");
    let text: String = (0..5_000).map(item).collect();
    let after = add(&text, &["new"]).unwrap();
    assert!(after.starts_with(&text));
    assert_eq!(super::remove_item(&after, &["new"]).unwrap(), text);
}
