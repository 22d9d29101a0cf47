use std::rc::Rc;

use super::by_hand::{ACCOUNT, ByHand, Home, PORTAL_ALONE, PROFILE, access, assignment, portal};
use crate::chain::target::identity;
use crate::chain::{Presence, target};
use crate::error::Kind;
use crate::model::settings::Flags;

fn offering(assignments: &[(&str, &str)]) -> Rc<ByHand> {
    let assignments = assignments.iter().map(|(account, role)| assignment(account, role)).collect();
    Rc::new(ByHand { assignments, ..ByHand::default() })
}

#[tokio::test]
async fn a_profile_answers_without_a_call() {
    let (home, services) = (Home::new(PROFILE, &[]), offering(&[]));
    let found = home.chain(&services).target(&access()).await.expect("known");
    assert_eq!((found.account(), found.role()), (ACCOUNT, "idp-ns-idp-dev"));
    assert_eq!(found.portal(), Some(&portal()));
    assert_eq!(services.calls("assignments"), 0);
}

#[tokio::test]
async fn the_portal_is_asked_once_and_its_list_kept() {
    let (home, services) = (Home::new(PORTAL_ALONE, &[]), offering(&[("2", "idp-ns-idp-dev"), ("3", "other")]));
    home.sign_in(60);
    for _ in 0..2 {
        let found = home.chain(&services).target(&access()).await.expect("found");
        assert_eq!(found.account(), "2");
    }
    assert_eq!(services.calls("assignments"), 1);
}

#[tokio::test]
async fn several_accounts_are_left_to_a_person_or_a_flag() {
    let services = offering(&[("2", "idp-ns-idp-dev"), ("3", "idp-ns-idp-dev")]);
    let home = Home::new(PORTAL_ALONE, &[]);
    home.sign_in(60);
    let refused = home.chain(&services).target(&access()).await.expect_err("nobody can choose");
    assert_eq!(refused.kind, Kind::Usage);
    let offered = [2, 3].map(|account| format!("nsaccess login idp-dev --account {account} --as idp-dev-{account}"));
    assert_eq!(refused.try_next, offered);
    let chain = home.chain_for(&services, Presence::Person, &Flags::default(), &["3 "]);
    assert_eq!(chain.target(&access()).await.expect("picked").account(), "3");
    let flags = Flags { account: Some("222233334444".into()), ..Flags::default() };
    let chain = home.chain_for(&services, Presence::Nobody, &flags, &[]);
    let found = chain.target(&access()).await.expect("a flag needs no list");
    assert_eq!((found.account(), found.role()), ("222233334444", "idp-ns-idp-dev"));
}

#[tokio::test]
async fn a_namespace_that_the_person_has_not_is_told_with_those_that_there_are() {
    let (home, services) = (Home::new(PORTAL_ALONE, &[]), offering(&[("2", "idp-ns-idp-prod")]));
    home.sign_in(60);
    let refused = home.chain(&services).target(&access()).await.expect_err("not there");
    assert_eq!(refused.kind, Kind::NotFound);
    assert_eq!(refused.try_next, ["nsaccess list   # lists your namespaces"]);
}

#[test]
fn a_profile_of_another_portal_says_nothing_here() {
    let home = Home::new(PROFILE, &[]);
    let chain = home.chain(&Rc::default());
    let other = crate::model::aws::target::Portal { session_name: "elsewhere".into(), ..portal() };
    assert_eq!(target::known(&chain, &access(), &other), None);
    assert!(target::known(&chain, &access(), &portal()).is_some());
}

#[test]
fn what_a_variable_chooses_is_not_the_namespace_s_own() {
    for (env, for_once) in [(vec![], false), (vec![("NSACCESS_ROLE", "Admin")], true)] {
        let home = Home::new(PROFILE, &env);
        let chain = home.chain(&Rc::default());
        let found = chain.known_target(&access()).expect("readable").expect("known");
        assert_eq!(identity::chosen_for_once(&chain, &found), for_once);
        assert_eq!(identity::fingerprint_for(&chain, &found).is_none(), for_once);
        assert_eq!(identity::unusual_role(&chain, &found).is_some(), for_once);
    }
}

#[tokio::test]
async fn a_portal_that_nothing_names_is_asked_for_once() {
    let home = Home::new("", &[]);
    let refused = home.chain(&Rc::default()).target(&access()).await.expect_err("not configured");
    assert_eq!(refused.kind, Kind::Usage);
    let person = ["https://corp.awsapps.com/start", "eu-west-1"];
    let chain = home.chain_for(&Rc::default(), Presence::Person, &Flags::default(), &person);
    for _ in 0..2 {
        assert_eq!(chain.portal(&access()).expect("asked").start_url, "https://corp.awsapps.com/start");
    }
}
