//! Each reason for a 401, and what is near to it and another.

use super::*;

const ENTRY: &str =
    "arn:aws:iam::1:role/aws-reserved/sso.amazonaws.com/eu-west-1/AWSReservedSSO_idp-ns-idp-dev_0123456789abcdef";
const ASKED: Asked<'static> =
    Asked { namespace: "idp-dev", cluster: "demo", region: "eu-west-1", host: "abc", role: "idp-ns-idp-dev" };

fn evidence(entry: EntryLookup, mode: &str) -> Evidence {
    let arns = RoleArns { access_entry: ENTRY.into(), aws_auth: "arn:aws:iam::1:role/without-path".into() };
    Evidence { arns: Some(arns), mode: Some(mode.into()), entry, ..Evidence::default() }
}

fn time(text: &str) -> Option<Timestamp> {
    Some(text.parse().expect("a time"))
}

fn entry(created_at: Option<Timestamp>) -> EntryLookup {
    EntryLookup::Found(AccessEntry { groups: vec!["idp".into()], created_at, ..AccessEntry::default() })
}

fn id(evidence: &Evidence) -> &'static str {
    problem(evidence, &ASKED).finding.id
}

#[test]
fn an_entry_of_a_role_that_was_made_later_is_a_tombstone() {
    let (before, after) = (time("2026-01-01T00:00:00Z"), time("2026-02-01T00:00:00Z"));
    let with = |created_at, role_created_at| Evidence { role_created_at, ..evidence(entry(created_at), "API") };
    assert_eq!(id(&with(before, after)), "authentication.tombstone");
    assert_eq!(id(&with(after, before)), "authentication.entry-not-taken");
    assert_eq!(id(&with(before, before)), "authentication.entry-not-taken");
    assert_eq!(id(&with(before, None)), "authentication.entry-not-taken");
    let maybe = problem(&with(before, None), &ASKED);
    assert!(maybe.because.iter().any(|why| why.contains("iam:GetRole")), "{maybe:?}");
    assert!(maybe.try_next[1].contains("aws eks delete-access-entry --cluster-name demo"), "{maybe:?}");
}

#[test]
fn an_entry_of_the_same_permission_set_with_another_suffix_is_a_former_one() {
    let former = ENTRY.replace("0123456789abcdef", "fedcba9876543210");
    let other_set = ENTRY.replace("idp-ns-idp-dev", "idp-ns-idp-devx");
    let with = |principals: &[&str]| Evidence {
        principals: principals.iter().map(|principal| (*principal).to_owned()).collect(),
        ..evidence(EntryLookup::Missing, "API")
    };
    assert_eq!(id(&with(&[&other_set, &former])), "authentication.old-suffix");
    assert_eq!(id(&with(&[&other_set, "arn:aws:iam::1:role/x"])), "authentication.no-entry");
    assert_eq!(id(&with(&[])), "authentication.no-entry");
}

#[test]
fn what_cannot_be_read_is_not_claimed() {
    let modes = ["API", "CONFIG_MAP", "API_AND_CONFIG_MAP"];
    let [api, config_map, both] = modes.map(|mode| problem(&evidence(EntryLookup::NotKnown, mode), &ASKED));
    for problem in [&api, &config_map, &both, &problem(&Evidence::default(), &ASKED)] {
        assert_eq!(problem.finding.id, "authentication.not-mapped");
        assert!(problem.try_next[1..] == ["nsaccess doctor idp-dev --wait"], "{problem:?}");
    }
    assert!(api.try_next[0].contains(ENTRY) && !api.because.join(" ").contains("without-path"));
    assert!(config_map.try_next[0].contains("without-path") && !config_map.try_next[0].contains(ENTRY));
    assert!(both.try_next[0].contains(ENTRY) && both.because.join(" ").contains("without-path"));
}
