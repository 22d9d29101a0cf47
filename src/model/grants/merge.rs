//! A change, made on what is there now: what one version has more than another comes to it, and what it has less goes.

use crate::model::kube::access_entry::{AccessEntry, PolicyAssociation, PolicyScope};

/// Whether a policy that held here holds on wherever it did there.
pub(crate) fn is_within(old: &PolicyScope, new: &PolicyScope) -> bool {
    match (old, new) {
        (PolicyScope::Namespaces(old), PolicyScope::Namespaces(new)) => old.iter().all(|name| new.contains(name)),
        (_, PolicyScope::Cluster) => true,
        (PolicyScope::Cluster, PolicyScope::Namespaces(_)) => false,
    }
}

/// A list.
pub(crate) fn list(found: &[String], before: &[String], after: &[String]) -> Vec<String> {
    let mut merged = found.to_vec();
    merged.retain(|item| !before.contains(item) || after.contains(item));
    for item in after.iter().filter(|item| !before.contains(item)) {
        if !merged.contains(item) {
            merged.push(item.clone());
        }
    }
    merged
}

/// The access policies of an entry.
pub(crate) fn policies(found: &AccessEntry, before: &AccessEntry, after: &AccessEntry) -> Vec<PolicyAssociation> {
    let mut merged = found.policies.clone().unwrap_or_default();
    let of = |entry: &AccessEntry, arn: &str| names(entry.policies.iter().flatten().find(|one| one.policy_arn == arn));
    for policy in &mut merged {
        let (old, new) = (of(before, &policy.policy_arn), of(after, &policy.policy_arn));
        if let PolicyScope::Namespaces(names) = &mut policy.scope {
            *names = list(names, &old, &new);
        }
    }
    merged.retain(|policy| policy.scope != PolicyScope::Namespaces(Vec::new()));
    let is_known = |entry: &AccessEntry, arn: &str| entry.policies.iter().flatten().any(|one| one.policy_arn == arn);
    let new = after.policies.iter().flatten();
    let new = new.filter(|one| !is_known(before, &one.policy_arn) && !is_known(found, &one.policy_arn));
    merged.extend(new.cloned());
    merged
}

fn names(policy: Option<&PolicyAssociation>) -> Vec<String> {
    match policy.map(|policy| &policy.scope) {
        Some(PolicyScope::Namespaces(names)) => names.clone(),
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scope(names: &[&str]) -> PolicyScope {
        PolicyScope::Namespaces(names.iter().map(|name| (*name).to_owned()).collect())
    }

    fn entry(policies: &[(&str, &[&str])]) -> AccessEntry {
        let one = |(name, namespaces): &(&str, &[&str])| PolicyAssociation {
            policy_arn: (*name).to_owned(),
            scope: scope(namespaces),
        };
        AccessEntry { policies: Some(policies.iter().map(one).collect()), ..AccessEntry::default() }
    }

    #[test]
    fn what_others_changed_meanwhile_stays() {
        let found = entry(&[("view", &["pay", "theirs"]), ("edit", &["theirs"])]);
        for (before, after, expected) in [
            (entry(&[("view", &["pay"])]), entry(&[]), entry(&[("view", &["theirs"]), ("edit", &["theirs"])])),
            (
                entry(&[("view", &["pay"])]),
                entry(&[("view", &["pay", "shop"]), ("admin", &["shop"])]),
                entry(&[("view", &["pay", "theirs", "shop"]), ("edit", &["theirs"]), ("admin", &["shop"])]),
            ),
            (
                entry(&[]),
                entry(&[("edit", &["pay"])]),
                entry(&[("view", &["pay", "theirs"]), ("edit", &["theirs", "pay"])]),
            ),
        ] {
            assert_eq!(Some(policies(&found, &before, &after)), expected.policies);
        }
    }

    #[test]
    fn a_scope_is_within_another() {
        assert!(is_within(&scope(&["a"]), &scope(&["b", "a"])) && !is_within(&scope(&["a", "b"]), &scope(&["a"])));
        assert!(is_within(&scope(&["a"]), &PolicyScope::Cluster));
        assert!(!is_within(&PolicyScope::Cluster, &scope(&["a"])));
    }
}
