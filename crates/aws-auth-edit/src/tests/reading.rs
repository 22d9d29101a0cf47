//! What the cluster reads. The cases are those of aws-iam-authenticator's own tests and of Go's `encoding/json`.

use crate::{Broken, Item, List, duplicates, ends_before, has_path, read, winner};

fn roles(text: &str) -> Vec<Item> {
    read(text, List::Roles).expect("it is a list")
}

fn broken(text: &str) -> Broken {
    read(text, List::Roles).expect_err("it is no list")
}

fn item(arn: &str, username: &str, groups: &[&str], line: usize) -> Item {
    let groups = groups.iter().map(|group| (*group).to_owned()).collect();
    Item { arn: arn.to_owned(), username: username.to_owned(), groups, line, counts: true, faults: Vec::new() }
}

#[test]
fn items_have_a_line_and_keys_in_any_case() {
    let text = "# first\n- rOlEaRn: a\n  UsErNaMe: system:node:{{EC2PrivateDNSName}}\n  gRoUpS:\n    - one\n    - two\n\
        \n-\n  roleARN: b\r\n- # why\n  rolearn: c\n";
    let expected = [
        item("a", "system:node:{{EC2PrivateDNSName}}", &["one", "two"], 2),
        item("b", "", &[], 8),
        item("c", "", &[], 11),
    ];
    assert_eq!(roles(text), expected);
    assert_eq!(read("[{\"userarn\": \"u\", \"username\": \"n\"}]", List::Users).unwrap(), [item("u", "n", &[], 1)]);
}

#[test]
fn a_space_out_of_place_makes_one_group_of_two() {
    let text = "- rolearn: a\n  groups:\n    - system:bootstrappers\n     - system:nodes\n";
    assert_eq!(roles(text)[0].groups, ["system:bootstrappers - system:nodes"]);
}

#[test]
fn nothing_is_an_empty_list() {
    for text in ["", " \n", "``", "\"\"", "''\n", "# only this\n", "[]", "null", "---\n", "~"] {
        assert_eq!(roles(text), [], "{text:?}");
    }
}

#[test]
fn what_is_no_list_is_broken_for_all() {
    let at = |text: &str| {
        let Broken { line, column, why } = broken(text);
        assert!(!why.is_empty());
        (line, column)
    };
    assert_eq!(at("- rolearn: a\n  groups: [b\n"), (2, 11));
    assert_eq!(at("- rolearn: a\n- rolearn: b\n\tusername: c\n"), (2, 12));
    assert_eq!(at("rolearn: a\n"), (1, 1));
    assert_eq!(at("arn:aws:iam::1:role/a\n"), (1, 1));
    // Quotes are missing around the braces, which makes them a mapping with a mapping as its key.
    assert_eq!(at("- rolearn: a\n  username: {{SessionName}}\n"), (2, 14));
    assert_eq!(at("- rolearn: a\n  ~: b\n"), (2, 3));
    assert_eq!(at("- &a\n  rolearn: a\n  more: *a\n"), (3, 9));
    assert!(broken("- rolearn: a\n  username: {{SessionName}}\n").why.contains("quotes"));
}

#[test]
fn a_value_of_another_type_is_passed_over_alone() {
    let texts = [
        ("- rolearn: a\n  username: 12\n  groups: b\n", item("a", "", &[], 1), 2),
        ("- rolearn: a\n  username: yes\n  groups: [b, 1, true]\n", item("a", "", &["b", "", ""], 1), 2),
        ("- rolearn: a\n  username: {b: c}\n  groups: {b: c}\n", item("a", "", &[], 1), 2),
        ("- rolearn: a\n  username: ~\n  groups: null\n", item("a", "", &[], 1), 0),
        (
            "- rolearn: a\n  username: '12'\n  groups: [\"1\", !!str 2, 1a, 2001-01-01]\n",
            item("a", "12", &["1", "2", "1a", "2001-01-01"], 1),
            0,
        ),
        ("- rolearn: a\n  username: yEs\n", item("a", "yEs", &[], 1), 0),
    ];
    for (text, expected, faults) in texts {
        let found = roles(text).remove(0);
        assert_eq!(found.faults.len(), faults, "{text}{found:?}");
        assert_eq!(Item { faults: Vec::new(), ..found }, expected, "{text}");
    }
}

#[test]
fn items_without_an_arn_map_nobody_and_break_nothing() {
    let items =
        roles("- username: a\n- rolearn: 12\n- null\n- words\n- rolearn: b\n- {rolearn: c, sso: {accountID: '1'}}\n");
    let counting: Vec<usize> = items.iter().filter(|item| item.counts).map(|item| item.line).collect();
    assert_eq!(counting, [5]);
    assert!(items.iter().filter(|item| !item.counts).all(|item| !item.faults.is_empty()));
}

#[test]
fn keys_that_are_there_twice() {
    // The last of one spelling; of several spellings the last one of the alphabet, in which capitals come first.
    assert_eq!(roles("- rolearn: a\n  rolearn: b\n")[0].arn, "b");
    assert_eq!(roles("- rolearn: a\n  roleARN: b\n")[0].arn, "a");
    assert_eq!(roles("- rolearn: ~\n  roleARN: b\n")[0].arn, "b");
}

#[test]
fn aliases_and_merge_keys_are_followed() {
    let text =
        "- &base\n  rolearn: a\n  groups: &groups [g]\n- <<: *base\n  rolearn: b\n- rolearn: c\n  groups: *groups\n";
    let found = roles(text);
    let seen: Vec<_> = found.iter().map(|item| (item.arn.as_str(), item.groups[0].as_str(), item.line)).collect();
    assert_eq!(seen, [("a", "g", 1), ("b", "g", 4), ("c", "g", 6)]);
}

#[test]
fn only_the_first_document_is_read() {
    let second = "- rolearn: a\n---\n- rolearn: [\n";
    assert_eq!((roles(second).len(), ends_before(second)), (1, Some(2)));
    // The same happens at a line that is indented less.
    let cut = "  - rolearn: a\n- rolearn: b\n";
    assert_eq!((roles(cut).len(), ends_before(cut)), (1, Some(2)));
    for whole in ["", "[]", "- rolearn: a\n- rolearn: b\n", "- rolearn: [\n"] {
        assert_eq!(ends_before(whole), None, "{whole}");
    }
}

#[test]
fn tabs_are_no_indentation() {
    for text in ["- rolearn: a\n\t\n", "\t# x\n- rolearn: a\n", "-\trolearn: a\n", "- \trolearn: a\n"] {
        assert!(broken(text).why.contains("tab"), "{text:?}");
    }
    for text in [
        "- rolearn:\ta\n",
        "[\n\t{\"rolearn\": \"a\"}\n]",
        "- rolearn: a\t# x\n",
        "- rolearn: a\n  x: |\n    b\n    \tc\n",
    ] {
        assert_eq!(roles(text)[0].arn, "a", "{text:?}");
    }
}

#[test]
fn the_last_of_several_counts() {
    let items = roles("- rolearn: role/a\n- rolearn: role/b\n- rolearn: role/A\n- username: role/a\n");
    assert_eq!(winner(&items, "ROLE/a").map(|item| item.line), Some(3));
    assert_eq!(winner(&items, "role/c"), None);
    assert_eq!(winner(&items, ""), None);
    let found = duplicates(&items);
    let lines: Vec<Vec<usize>> = found.iter().map(|each| each.items.iter().map(|item| item.line).collect()).collect();
    assert_eq!(lines, [[1, 3]]);
    assert!(found[0].differ_in_case());
    assert!(!duplicates(&roles("- rolearn: a\n- rolearn: a\n"))[0].differ_in_case());
}

#[test]
fn a_path_is_what_stands_before_the_name() {
    assert!(has_path(
        "arn:aws:iam::111122223333:role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_x_0123456789abcdef"
    ));
    assert!(has_path("arn:aws:iam::111122223333:user/team/ada"));
    assert!(!has_path("arn:aws:iam::111122223333:role/dev"));
    assert!(!has_path("role/team/dev"));
    assert!(!has_path(""));
}
