//! Names for accesses beside one another: what tells their places apart, behind the namespace.

use crate::model::kube::access::AccessName;
use crate::model::kube::namespace::Namespace;

/// As long as a namespace's name may be.
const LONGEST: usize = 63;

/// The name of one access by what tells its place from others: an account's name, a region, an organisation. The words of
/// the namespace are not repeated. `None` if nothing of it can stand in a name.
pub(crate) fn beside(namespace: &Namespace, place: &str) -> Option<AccessName> {
    let of_namespace = words(namespace.as_str());
    let place: Vec<String> = words(place).into_iter().filter(|word| !of_namespace.contains(word)).collect();
    named(namespace, &place)
}

/// Names for the same namespace in several accounts, by the accounts' names without what they have in common. One that
/// has no name, or the same as another, goes by its number.
pub(crate) fn for_accounts(namespace: &Namespace, accounts: &[(&str, Option<&str>)]) -> Vec<Option<AccessName>> {
    let named: Vec<Vec<String>> = accounts.iter().map(|(_, name)| words(name.unwrap_or_default())).collect();
    let with_names: Vec<&[String]> = named.iter().map(Vec::as_slice).filter(|words| !words.is_empty()).collect();
    let (before, behind) = in_common(&with_names);
    let own = |words: &[String]| {
        let own = words.get(before..words.len().saturating_sub(behind)).unwrap_or_default();
        beside(namespace, &own.join("-"))
    };
    let found: Vec<Option<AccessName>> = named.iter().map(|words| own(words)).collect();
    let numbered = accounts.iter().map(|(account, _)| beside(namespace, account));
    let is_unique = |name: &Option<AccessName>| found.iter().filter(|other| *other == name).count() == 1;
    let own_or_number = |(name, number): (&Option<AccessName>, Option<AccessName>)| match is_unique(name) {
        true => name.clone().or(number),
        false => number,
    };
    found.iter().zip(numbered).map(own_or_number).collect()
}

/// The first name that is free: the one that was found, else with a number.
pub(crate) fn free(name: AccessName, is_taken: impl Fn(&AccessName) -> bool) -> AccessName {
    let numbered = (2..).filter_map(|number| {
        let number = format!("-{number}");
        let stem: String = name.as_str().chars().take(LONGEST - number.len()).collect();
        AccessName::parse(&format!("{}{number}", stem.trim_end_matches('-'))).ok()
    });
    let candidates = std::iter::once(name.clone()).chain(numbered);
    // Nobody has so many.
    candidates.take(100).find(|name| !is_taken(name)).unwrap_or(name.clone())
}

fn named(namespace: &Namespace, place: &[String]) -> Option<AccessName> {
    if place.is_empty() {
        return None;
    }
    let whole = format!("{namespace}-{}", place.join("-"));
    let cut: String = whole.chars().take(LONGEST).collect();
    let cut = cut.trim_end_matches('-');
    AccessName::parse(cut).ok().filter(|name| name.as_str() != namespace.as_str())
}

/// How many words all of them begin with, and how many they end with, leaving each at least one.
fn in_common(names: &[&[String]]) -> (usize, usize) {
    let [first, others @ ..] = names else { return (0, 0) };
    if others.is_empty() {
        return (0, 0);
    }
    let shortest = names.iter().map(|words| words.len()).min().unwrap_or_default();
    let all = |word: &dyn Fn(&[String]) -> Option<String>| others.iter().all(|words| word(words) == word(first));
    let before = (0..shortest.saturating_sub(1)).take_while(|&at| all(&|words| words.get(at).cloned())).count();
    let left = shortest.saturating_sub(1).saturating_sub(before);
    let from_end = |words: &[String], at: usize| words.get(words.len().checked_sub(at + 1)?).cloned();
    let behind = (0..left).take_while(|&at| all(&|words| from_end(words, at))).count();
    (before, behind)
}

fn words(text: &str) -> Vec<String> {
    let parts = text.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    parts.map(str::to_ascii_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn payments() -> Namespace {
        Namespace::parse("payments").expect("a name")
    }

    fn names(accounts: &[(&str, Option<&str>)]) -> Vec<String> {
        for_accounts(&payments(), accounts).into_iter().map(|name| name.expect("a name").to_string()).collect()
    }

    #[test]
    fn accounts_tell_their_accesses_apart() {
        for (accounts, expected) in [
            (vec!["acme-dev", "acme-prod"], vec!["payments-dev", "payments-prod"]),
            (vec!["Acme Payments Dev (EU)", "Acme Payments Prod (EU)"], vec!["payments-dev", "payments-prod"]),
            (vec!["dev", "prod"], vec!["payments-dev", "payments-prod"]),
            (vec!["acme", "acme-prod"], vec!["payments-acme", "payments-acme-prod"]),
            (vec!["payments-dev", "payments-prod"], vec!["payments-dev", "payments-prod"]),
            (vec!["same", "same"], vec!["payments-1", "payments-2"]),
            (vec!["payments", "other"], vec!["payments-1", "payments-other"]),
            (vec!["Ünïcode ÷", "日本"], vec!["payments-n-code", "payments-2"]),
        ] {
            let accounts: Vec<_> = ["1", "2"].into_iter().zip(accounts.iter().copied().map(Some)).collect();
            assert_eq!(names(&accounts), expected, "{accounts:?}");
        }
        assert_eq!(names(&[("111122223333", None), ("2", Some("x"))]), ["payments-111122223333", "payments-x"]);
        assert_eq!(names(&[("1", Some("acme-dev"))]), ["payments-acme-dev"]);
    }

    #[test]
    fn a_place_becomes_a_name_that_can_be_typed() {
        let name = |place: &str| beside(&payments(), place).map(|name| name.to_string());
        assert_eq!(name("eu-central-1").as_deref(), Some("payments-eu-central-1"));
        assert_eq!(name("../$(x) 'y'").as_deref(), Some("payments-x-y"));
        assert_eq!(name(" ÷ "), None);
        assert_eq!(name(&"long ".repeat(30)).expect("a name").len(), "payments".len() + 11 * "-long".len());
        let longest = Namespace::parse(&"n".repeat(63)).expect("a name");
        assert_eq!(beside(&longest, "prod"), None);
    }

    #[test]
    fn a_name_that_is_taken_gets_a_number() {
        let name = |name: &str| AccessName::parse(name).expect("a name");
        assert_eq!(free(name("a"), |_| false), name("a"));
        assert_eq!(free(name("a"), |taken| ["a", "a-2"].contains(&taken.as_str())), name("a-3"));
        assert_eq!(
            free(name(&"a".repeat(63)), |taken| taken.as_str().len() == 63 && !taken.as_str().ends_with('2'))
                .as_str()
                .len(),
            63
        );
    }
}
