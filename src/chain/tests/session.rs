use std::rc::Rc;

use super::by_hand::{ByHand, Home, PORTAL_ALONE, portal};
use crate::chain::session::{self, SessionOrigin};
use crate::chain::{Chain, Presence};
use crate::error::{Kind, Result};
use crate::model::settings::Flags;
use crate::net::aws::failure::Class;

fn home() -> Home {
    Home::new(PORTAL_ALONE, &[])
}

async fn opened(chain: &Chain<'_>) -> Result<(SessionOrigin, String)> {
    let session = chain.session(&portal()).await?;
    Ok((session.origin, session.token.access_token.expose().clone()))
}

#[tokio::test]
async fn a_stored_session_is_used_as_it_is() {
    let (home, services) = (home(), Rc::<ByHand>::default());
    home.sign_in(60);
    assert_eq!(opened(&home.chain(&services)).await, Ok((SessionOrigin::Stored, "stored".into())));
    assert_eq!(services.calls("refresh"), 0);
}

#[tokio::test]
async fn one_that_ends_soon_is_renewed_and_stored_with_its_next_refresh_token() {
    let (home, services) = (home(), Rc::<ByHand>::default());
    home.sign_in(2);
    assert_eq!(opened(&home.chain(&services)).await, Ok((SessionOrigin::Renewed, "token 1".into())));
    let stored = home.stored_token().expect("stored");
    assert_eq!(stored.access_token.expose(), "token 1");
    assert_eq!(stored.refresh.expect("renewable").refresh_token.expose(), "refresh 1");
    assert_eq!(opened(&home.chain(&services)).await, Ok((SessionOrigin::Stored, "token 1".into())));
}

#[tokio::test]
async fn a_network_that_fails_ends_no_session_whose_time_has_not_come() {
    let services = Rc::new(ByHand { refresh_fails: Some(Class::Unreachable), ..ByHand::default() });
    let home = home();
    home.sign_in(2);
    assert_eq!(opened(&home.chain(&services)).await, Ok((SessionOrigin::NotYetRenewed, "stored".into())));
    home.sign_in(-1);
    assert_eq!(opened(&home.chain(&services)).await.expect_err("over").kind, Kind::Unreachable);
}

#[tokio::test]
async fn a_refresh_that_is_refused_ends_it_for_all_processes_to_come() {
    let services = Rc::new(ByHand { refresh_fails: Some(Class::Service), ..ByHand::default() });
    let home = home();
    home.sign_in(-1);
    for _ in 0..2 {
        let over = opened(&home.chain(&services)).await.expect_err("over");
        assert_eq!(over.kind, Kind::NotSignedIn);
        assert!(over.because[0].starts_with("the session has expired"), "{over}");
    }
    assert_eq!(services.calls("refresh"), 1);
}

#[tokio::test]
async fn a_token_that_the_portal_turns_down_is_renewed_before_its_time() {
    let (home, services) = (home(), Rc::<ByHand>::default());
    home.sign_in(60);
    services.refused_tokens.borrow_mut().insert("stored".into());
    let (chain, portal) = (home.chain(&services), portal());
    let answer = session::call(&chain, &portal, async |session| {
        chain.services.assignments(&portal, &session.token.access_token, &|_, _| {}).await
    });
    assert!(answer.await.is_ok());
    assert_eq!((services.calls("refresh"), services.calls("assignments")), (1, 2));
    // Whoever comes next knows without a call.
    home.sign_in(60);
    assert_eq!(opened(&home.chain(&services)).await, Ok((SessionOrigin::Renewed, "token 2".into())));
}

#[tokio::test]
async fn nobody_is_asked_to_sign_in_where_nobody_is() {
    let (home, services) = (home(), Rc::<ByHand>::default());
    let refused = opened(&home.chain(&services)).await.expect_err("nobody signs in");
    assert_eq!((refused.kind, refused.because[0].as_str()), (Kind::NotSignedIn, "you have not signed in yet"));
    assert_eq!(services.calls("register"), 0);
}

#[tokio::test]
async fn a_person_signs_in_and_the_session_and_registration_are_stored() {
    let (home, services) = (home(), Rc::<ByHand>::default());
    let flags = Flags { no_browser: true, ..Flags::default() };
    let chain = home.chain_for(&services, Presence::Person, &flags, &[]);
    assert_eq!(opened(&chain).await, Ok((SessionOrigin::SignedIn, "token 1".into())));
    assert_eq!(home.stored_token().expect("stored").access_token.expose(), "token 1");
    // The next sign-in needs no new registration.
    home.sign_in(-1);
    services.refused_tokens.borrow_mut().insert("x".into());
    let over = Rc::new(ByHand { refresh_fails: Some(Class::Service), ..ByHand::default() });
    let chain = home.chain_for(&over, Presence::Person, &flags, &[]);
    assert_eq!(opened(&chain).await.map(|(origin, _)| origin), Ok(SessionOrigin::SignedIn));
    assert_eq!(over.calls("register"), 0);
}

#[tokio::test]
async fn a_registration_that_the_service_forgot_is_made_anew_once() {
    let forgotten = |clients: &[&str]| {
        let unknown_clients = clients.iter().map(|client| (*client).to_owned()).collect();
        Rc::new(ByHand { unknown_clients, ..ByHand::default() })
    };
    let flags = Flags { no_browser: true, ..Flags::default() };
    let (home, services) = (home(), forgotten(&["client 1"]));
    let chain = home.chain_for(&services, Presence::Person, &flags, &[]);
    assert_eq!(opened(&chain).await.map(|(origin, _)| origin), Ok(SessionOrigin::SignedIn));
    assert_eq!(services.calls("register"), 2);
    let (home, services) = (Home::new(PORTAL_ALONE, &[]), forgotten(&["client 1", "client 2", "client 3"]));
    let chain = home.chain_for(&services, Presence::Person, &flags, &[]);
    assert_eq!(opened(&chain).await.expect_err("given up").kind, Kind::Failure);
    assert_eq!(services.calls("register"), 2);
}

#[tokio::test]
async fn a_session_of_another_portal_under_the_same_name_is_nobody_s() {
    let (home, services) = (Home::new(&PORTAL_ALONE.replace("corp.aws", "other.aws"), &[]), Rc::default());
    home.sign_in(60);
    let other = crate::model::aws::target::Portal { start_url: "https://other.awsapps.com/start".into(), ..portal() };
    let refused = home.chain(&services).session(&other).await.expect_err("not its session");
    assert!(refused.because[0].contains("belongs to https://corp.awsapps.com/start"), "{refused}");
}
