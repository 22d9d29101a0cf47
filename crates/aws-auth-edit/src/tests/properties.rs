//! What holds for every text.

use proptest::collection::vec;
use proptest::prelude::*;

use super::generator::{Dice, list};
use super::{ARN, USERNAME, add, remove, remove_item};
use crate::{Item, List, add_groups, duplicates, is_as_added, read, remove_groups, winner};

fn text() -> impl Strategy<Value = String> {
    vec(any::<u8>(), 0..120).prop_map(|bytes| list(&mut Dice(&bytes)))
}

fn roles(text: &str) -> Vec<Item> {
    read(text, List::Roles).unwrap_or_else(|broken| panic!("{broken}\n{text}"))
}

/// The items without the lines that they stand in, which move.
fn without_lines(items: &[Item]) -> Vec<Item> {
    items.iter().map(|item| Item { line: 0, ..item.clone() }).collect()
}

/// What an edit was asked for is what is read.
fn check_added(before: &str, after: &str, groups: &[&str]) {
    let (old, new) = (roles(before), roles(after));
    let mut expected = without_lines(&old);
    match old.iter().rposition(|item| item.arn.eq_ignore_ascii_case(ARN)) {
        Some(place) => expected[place].groups.extend(groups.iter().map(|group| (*group).to_owned())),
        None => expected.push(Item {
            arn: ARN.to_owned(),
            username: USERNAME.to_owned(),
            groups: groups.iter().map(|group| (*group).to_owned()).collect(),
            counts: true,
            ..Item::default()
        }),
    }
    assert_eq!(without_lines(&new), expected, "{before}\nbecame\n{after}");
}

/// Whether `part` is `whole` with some pieces left out.
fn is_kept(part: &str, whole: &str) -> bool {
    let mut rest = whole.chars();
    part.chars().all(|wanted| rest.any(|found| found == wanted))
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 1024, ..ProptestConfig::default() })]

    #[test]
    fn what_is_added_is_read_and_taken_back_to_the_byte(text in text(), several in any::<bool>()) {
        let groups: &[&str] = if several { &["new:one", "new:two"] } else { &["new:one"] };
        let was_there = winner(&roles(&text), ARN).is_some();
        let added = add(&text, groups);
        prop_assert!(added.is_ok(), "{added:?}\n{text}");
        let added = added.unwrap();
        check_added(&text, &added, groups);
        prop_assert!(is_kept(&text, &added), "{text}\nbecame\n{added}");
        prop_assert_eq!(&add(&added, groups).unwrap(), &added);
        let removed = if was_there { remove(&added, groups) } else { remove_item(&added, groups) };
        prop_assert_eq!(removed, Ok(text), "through\n{}", added);
    }

    #[test]
    fn what_is_added_one_by_one_is_taken_back_too(text in text()) {
        let was_there = winner(&roles(&text), ARN).is_some();
        let first = add(&text, &["new:one"]).unwrap();
        let both = add(&first, &["new:two"]).unwrap();
        check_added(&text, &both, &["new:one", "new:two"]);
        prop_assert_eq!(&remove(&both, &["new:two"]).unwrap(), &first);
        let other = remove(&both, &["new:one"]).unwrap();
        let removed = if was_there { remove(&other, &["new:two"]) } else { remove_item(&other, &["new:two"]) };
        prop_assert_eq!(removed, Ok(text), "through\n{}", both);
    }

    #[test]
    fn an_item_is_taken_for_an_added_one_exactly_where_it_is(text in text(), same_name in any::<bool>()) {
        let there = winner(&roles(&text), ARN).cloned();
        let name = there.as_ref().filter(|_| same_name).map_or(USERNAME, |item| item.username.as_str());
        let added = add_groups(&text, List::Roles, ARN, name, &["new:one"]).unwrap();
        let is_added = is_as_added(&added, List::Roles, ARN, name).unwrap();
        match there {
            None => prop_assert!(is_added, "{}", added),
            // With groups of its own an item is never removed.
            Some(item) if item.groups.is_empty() => prop_assert!(!is_added, "{}", added),
            Some(_) => {}
        }
        let removed = remove_groups(&added, List::Roles, ARN, &["new:one"], is_added);
        prop_assert_eq!(removed, Ok(text), "through\n{}", added);
    }

    #[test]
    fn removing_takes_only_what_is_named(text in text(), item in any::<bool>()) {
        let old = roles(&text);
        let place = old.iter().rposition(|item| item.arn.eq_ignore_ascii_case(ARN));
        let Ok(after) = remove_groups(&text, List::Roles, ARN, &["team:0", "x"], item) else { return Ok(()) };
        let mut expected = without_lines(&old);
        if let Some(place) = place {
            expected[place].groups.retain(|group| group != "team:0" && group != "x");
            if item && expected[place].groups.is_empty() {
                expected.remove(place);
            }
        }
        prop_assert_eq!(without_lines(&roles(&after)), expected, "{}\nbecame\n{}", text, after);
        prop_assert!(is_kept(&after.replace(" []", ""), &text) || after.contains("[]"), "{}\nbecame\n{}", text, after);
    }

    #[test]
    fn any_name_can_be_written(text in text(), arn in "\\PC{1,20}", username in any::<String>(), group in any::<String>()) {
        if let Ok(added) = add_groups(&text, List::Roles, &arn, &username, &[&group]) {
            let items = roles(&added);
            prop_assert_eq!(&winner(&items, &arn).unwrap().groups.last(), &Some(&group));
        }
    }

    #[test]
    fn no_text_causes_a_panic(text in text(), cut in any::<prop::sample::Index>(), put in "[ \\t\\r\\n#:,{}\\[\\]&*!|>'\"?<-]{0,3}|.{1,3}") {
        let mut characters: Vec<char> = text.chars().collect();
        let at = cut.index(characters.len() + 1);
        let end = (at + 1).min(characters.len());
        characters.splice(at..end, put.chars());
        let text: String = characters.into_iter().collect();
        if let Ok(items) = read(&text, List::Roles) {
            let _ = duplicates(&items);
        }
        let was_there = read(&text, List::Roles).is_ok_and(|items| winner(&items, ARN).is_some());
        if let Ok(added) = add(&text, &["new:one"]) {
            check_added(&text, &added, &["new:one"]);
            let removed = if was_there { remove(&added, &["new:one"]) } else { remove_item(&added, &["new:one"]) };
            prop_assert!(removed.is_err() || removed.as_deref() == Ok(&text), "{:?}\nthrough\n{}", text, added);
        }
        let _ = remove_item(&text, &["team:0"]);
        let _ = remove(&text, &["x"]);
    }

    #[test]
    fn no_words_cause_a_panic(text in ".{0,60}|[-a \\n:\\[\\]{},&*<#'\"|>%.]{0,40}") {
        let _ = read(&text, List::Users);
        let _ = add(&text, &["a"]);
        let _ = remove_item(&text, &["a"]);
    }
}

#[test]
fn deep_nesting_is_no_way_to_overflow() {
    for deep in ["[".repeat(200_000), format!("- rolearn: {}", "{a: ".repeat(100_000)), "- ".repeat(100_000)] {
        let _ = read(&deep, List::Roles);
        let _ = add(&deep, &["a"]);
        let closed = format!("{deep}{}", "]".repeat(200_000));
        let _ = add(&closed, &["a"]);
    }
}
