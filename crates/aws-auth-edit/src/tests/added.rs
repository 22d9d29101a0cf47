//! Which items are taken for those of an edit.

use super::{ARN, USERNAME, add, remove};
use crate::{List, is_as_added};

fn is_added(text: &str) -> bool {
    is_as_added(text, List::Roles, ARN, USERNAME).expect("a text that can be edited")
}

const OTHERS: [&str; 7] = [
    "",
    "# none yet\n",
    "[]\n",
    "- rolearn: a\n  username: b\n  groups: [c]\n",
    "  -   groups:\n         -  'g'\n      roleARN: a\n",
    "- {rolearn: a, username: b, groups: [c]}\n",
    "[{\"rolearn\":\"a\",\"username\":\"b\",\"groups\":[\"c\"]}]",
];

#[test]
fn new_items_are() {
    for others in OTHERS {
        let mut text = add(others, &["new"]).unwrap();
        assert!(is_added(&text), "{text}");
        text = add(&text, &["more"]).unwrap();
        text = remove(&text, &["new"]).unwrap();
        assert!(is_added(&text), "{text}");
        // More items after it make no difference.
        text = crate::add_groups(&text, List::Roles, "other", "name", &["x"]).unwrap();
        assert!(is_added(&text), "{text}");
        assert!(!is_as_added(&text, List::Roles, ARN, "other").unwrap());
        assert!(!is_as_added(&text, List::Roles, "nobody", USERNAME).unwrap());
    }
    assert!(is_added(&format!("{}# the next one\n- rolearn: b\n", add("", &["new"]).unwrap())));
}

#[test]
fn items_that_only_got_groups_are_not() {
    for item in [
        "- rolearn: ARN\n  username: NAME\n",
        "- rolearn: ARN\n  username: NAME\n  groups: []\n",
        "- rolearn: ARN\n  username: NAME\n  groups:\n",
        "- rolearn: ARN\n  username: NAME\n  note: by hand\n",
        "- {\"rolearn\": \"ARN\", \"username\": \"NAME\"}\n",
        "- {\"rolearn\": \"ARN\", \"username\": \"NAME\", \"groups\": []}\n",
        "[{\"rolearn\": \"ARN\", \"username\": \"NAME\", \"groups\": []}]\n",
    ] {
        let before = item.replace("ARN", ARN).replace("NAME", USERNAME);
        let after = add(&before, &["new"]).unwrap();
        assert!(!is_added(&after), "{after}");
        assert_eq!(remove(&after, &["new"]).unwrap(), before, "through\n{after}");
        let both = remove(&add(&after, &["more"]).unwrap(), &["new"]).unwrap();
        assert!(!is_added(&both), "{both}");
        assert_eq!(remove(&both, &["more"]).unwrap(), before, "through\n{both}");
        // Without the username of a new item no mark is needed.
        let other = item.replace("ARN", ARN).replace("NAME", "other");
        assert!(!is_added(&add(&other, &["new"]).unwrap()));
    }
}

#[test]
fn items_that_somebody_has_changed_are_not() {
    let text = add("- rolearn: a\n  username: b\n  groups:\n  - c\n", &["new"]).unwrap();
    for (from, to) in [
        ("  - new\n", "  - new # why\n"),
        ("  - new\n", "  - new\n  note: by hand\n"),
        ("  - new\n", "  - \"new\"\n"),
        ("  username: arn", "  # who\n  username: arn"),
    ] {
        assert!(text.contains(from), "{text}");
        let changed = text.replace(from, to);
        assert!(!is_added(&changed), "{changed}");
    }
}
