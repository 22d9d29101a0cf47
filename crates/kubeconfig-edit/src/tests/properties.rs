//! What holds for every text.

use proptest::collection::vec;
use proptest::prelude::*;

use super::generator::{Dice, kubeconfig};
use super::{apply, entry, remove, set_current_context};
use crate::{Entry, Parts, Way, parse, standalone};

fn text() -> impl Strategy<Value = String> {
    vec(any::<u8>(), 0..160).prop_map(|bytes| kubeconfig(&mut Dice(&bytes)))
}

/// What another reader sees, as JSON.
fn seen(text: &str) -> serde_json::Value {
    serde_saphyr::from_str(text).unwrap_or_else(|error| panic!("unreadable: {error}\n{text}"))
}

/// The lists without the item of this name, and without themselves when nothing else is in them.
fn others(text: &str, name: &str) -> serde_json::Value {
    let mut value = seen(text);
    let Some(map) = value.as_object_mut() else { return serde_json::json!({}) };
    for list in ["clusters", "contexts", "users"] {
        if let Some(items) = map.get_mut(list).and_then(|list| list.as_array_mut()) {
            items.retain(|item| item.get("name").and_then(|found| found.as_str()) != Some(name));
        }
        if map.get(list).is_some_and(|list| list.is_null() || list.as_array().is_some_and(Vec::is_empty)) {
            map.remove(list);
        }
    }
    value
}

fn check_ours(text: &str, entry: &Entry) {
    let value = seen(text);
    let ours = |list: &str, inner: &str| {
        let items = value[list].as_array().cloned().unwrap_or_default();
        let named: Vec<_> = items.iter().filter(|item| item["name"] == *entry.name).collect();
        assert_eq!(named.len(), 1, "{list} in\n{text}");
        named[0][inner].clone()
    };
    let cluster = ours("clusters", "cluster");
    assert_eq!(cluster["server"], *entry.server);
    assert_eq!(cluster["certificate-authority-data"], *entry.certificate_authority_data);
    let context = ours("contexts", "context");
    assert_eq!((&context["cluster"], &context["user"]), (&entry.name.clone().into(), &entry.name.clone().into()));
    assert_eq!(context["namespace"], *entry.namespace);
    let exec = &ours("users", "user")["exec"];
    assert_eq!(exec["apiVersion"], "client.authentication.k8s.io/v1");
    assert_eq!(exec["command"], *entry.exec.command);
    assert_eq!(exec["args"], serde_json::json!(entry.exec.args));
    assert_eq!(exec["interactiveMode"], "IfAvailable");
    assert_eq!(exec["provideClusterInfo"], false);
}

/// Whether `part` is `whole` with some pieces left out.
fn is_kept(part: &str, whole: &str) -> bool {
    let mut rest = whole.chars();
    part.chars().all(|wanted| rest.any(|found| found == wanted))
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_apply_adds_remove_takes_back(text in text()) {
        let entry = entry();
        let Ok(applied) = apply(&text, &entry, Parts::ALL) else { return Ok(()) };
        prop_assert_eq!(&remove(&applied, &entry.name, Parts::ALL).unwrap(), &text, "through\n{}", applied);
        prop_assert_eq!(apply(&applied, &entry, Parts::ALL).unwrap(), applied);
    }

    #[test]
    fn apply_is_understood_and_leaves_the_rest(text in text()) {
        let entry = entry();
        let Ok(applied) = apply(&text, &entry, Parts::ALL) else { return Ok(()) };
        check_ours(&applied, &entry);
        let fresh = serde_json::json!({"apiVersion": "v1", "kind": "Config"});
        let before = if seen_nothing(&text) { fresh } else { others(&text, &entry.name) };
        prop_assert_eq!(others(&applied, &entry.name), before);
        prop_assert!(is_kept(&without_nulls(&text), &applied), "{}\nbecame\n{}", text, applied);
    }

    #[test]
    fn updates_change_only_what_they_must(text in text()) {
        let old = Entry { server: "http://old".to_owned(), namespace: "yes".to_owned(), ..entry() };
        let Ok(first) = apply(&text, &old, Parts::ALL) else { return Ok(()) };
        let second = apply(&first, &entry(), Parts::ALL).unwrap();
        prop_assert_eq!(&second, &apply(&text, &entry(), Parts::ALL).unwrap());
        prop_assert_eq!(apply(&second, &old, Parts::ALL).unwrap(), first);
    }

    #[test]
    fn the_current_context_moves_alone(text in text(), name in "[a-z0-9:. #é\"'-]{0,8}") {
        let Ok(moved) = set_current_context(&text, &name) else { return Ok(()) };
        let expected = Some(name.clone()).filter(|name| !name.is_empty());
        prop_assert_eq!(parse(&moved).unwrap().current_context, expected);
        prop_assert_eq!(&set_current_context(&moved, &name).unwrap(), &moved);
        prop_assert_eq!(parse(&moved).unwrap().users, parse(&text).unwrap().users);
    }

    #[test]
    fn any_text_can_be_written(name in any::<String>(), arg in any::<String>(), hint in any::<String>()) {
        let mut entry = Entry { name, ..entry() };
        prop_assume!(!entry.name.is_empty());
        entry.exec.args.push(arg);
        entry.exec.install_hint = hint;
        check_ours(&standalone(&entry, Way::default(), &[]), &entry);
        check_ours(&apply("{\"clusters\":[]}", &entry, Parts::ALL).unwrap(), &entry);
        check_ours(&apply("clusters: []\n", &entry, Parts::ALL).unwrap(), &entry);
    }

    #[test]
    fn no_bytes_cause_a_panic(text in text(), cut in any::<prop::sample::Index>(), put in "[ \\t\\r\\n#:,{}\\[\\]&*!|>'\"?-]{0,3}|.{1,3}") {
        let mut characters: Vec<char> = text.chars().collect();
        let at = cut.index(characters.len() + 1);
        let end = (at + 1).min(characters.len());
        characters.splice(at..end, put.chars());
        let text: String = characters.into_iter().collect();
        let entry = entry();
        if let Ok(applied) = apply(&text, &entry, Parts::ALL) {
            prop_assert_eq!(&apply(&applied, &entry, Parts::ALL).unwrap(), &applied);
            let back = remove(&applied, &entry.name, Parts::ALL).unwrap();
            // In flow style an empty value comes back as `null`, as the module says.
            let excused = has_an_empty_list_in_flow(&text);
            prop_assert!(back == text || excused, "{:?}\nthrough\n{}", text, applied);
            prop_assert_eq!(parse(&back).unwrap(), parse(&text).unwrap());
        }
        let _ = remove(&text, "c0", Parts::ALL);
        let _ = set_current_context(&text, "c0");
        let _ = parse(&text);
    }
}

/// Whether there is no content at all.
fn seen_nothing(text: &str) -> bool {
    text.split(['\n', '\r']).all(|line| {
        let line = line.trim_matches(['\u{feff}', ' ']);
        line.is_empty() || line.starts_with(['#', '%']) || line.starts_with("---") && !line.contains('{')
    })
}

/// Whether a list's key in flow style has nothing behind it: `{"clusters":, …}`.
fn has_an_empty_list_in_flow(text: &str) -> bool {
    let lists = ["\"clusters\":", "\"contexts\":", "\"users\":", "clusters:", "contexts:", "users:"];
    lists.iter().any(|key| text.split(key).skip(1).any(|rest| rest.trim_start().starts_with([',', '}'])))
}

/// The text without the nulls of lists, which become a comment.
fn without_nulls(text: &str) -> String {
    let mut text = text.to_owned();
    for list in ["clusters", "contexts", "users"] {
        text = text.replace(&format!("\"{list}\":null"), &format!("\"{list}\":"));
        text = text.replace(&format!("\"{list}\": null"), &format!("\"{list}\": "));
    }
    text
}
