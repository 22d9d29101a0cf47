use std::rc::Rc;

use super::by_hand::{ByHand, Home, Meanwhile, PROFILE, access, keys, target};
use crate::chain::credentials::{self, Credentials};
use crate::disk::cache::Cache;
use crate::error::Kind;
use crate::net::aws::failure::Class;

fn signed_in() -> Home {
    let home = Home::new(PROFILE, &[]);
    home.sign_in(60);
    home
}

async fn key(home: &Home, services: &Rc<ByHand>) -> crate::error::Result<String> {
    let chain = home.chain(services);
    let credentials = chain.credentials(&access()).await?;
    Ok(credentials.role().keys.access_key_id().to_owned())
}

#[tokio::test]
async fn they_are_fetched_once_and_kept_as_the_namespace_s_own() {
    let (home, services) = (signed_in(), Rc::<ByHand>::default());
    for _ in 0..2 {
        assert_eq!(key(&home, &services).await, Ok("KEY1".into()));
    }
    assert_eq!(services.calls("role_credentials"), 1);
    let own = Cache::new(&home.host).own_credentials(&access().name).expect("kept");
    assert!(own.config_fingerprint.is_some());
}

#[tokio::test]
async fn cached_ones_serve_although_the_session_is_over() {
    let (home, services) = (signed_in(), Rc::<ByHand>::default());
    key(&home, &services).await.expect("fetched");
    home.sign_in(-600);
    assert_eq!(key(&home, &services).await, Ok("KEY1".into()));
    assert_eq!(services.calls("refresh"), 0);
}

#[tokio::test]
async fn a_session_that_is_refused_is_renewed_once_and_the_portal_asked_again() {
    let (home, services) = (signed_in(), Rc::<ByHand>::default());
    services.refused_tokens.borrow_mut().insert("stored".into());
    assert_eq!(key(&home, &services).await, Ok("KEY2".into()));
    assert_eq!((services.calls("refresh"), services.calls("role_credentials")), (1, 2));
}

#[tokio::test]
async fn a_portal_that_takes_no_session_is_asked_twice_and_the_sign_in_named() {
    let (home, services) = (signed_in(), Rc::<ByHand>::default());
    services.refused_tokens.borrow_mut().extend(["stored".to_owned(), "token 1".to_owned()]);
    let refused = key(&home, &services).await.expect_err("refused");
    assert_eq!((refused.kind, services.calls("role_credentials")), (Kind::NotSignedIn, 2));
    assert_eq!(refused.try_next, ["nsaccess login idp-dev --force"]);
}

#[tokio::test]
async fn a_role_that_is_not_assigned_is_denied_and_its_list_forgotten() {
    let services = Rc::new(ByHand { role_fails: Some(Class::Denied), ..ByHand::default() });
    let home = signed_in();
    let refused = key(&home, &services).await.expect_err("denied");
    assert_eq!((refused.kind, services.calls("role_credentials")), (Kind::Denied, 1));
    assert_eq!(refused.try_next[0], "nsaccess login idp-dev   # asks the portal where it is now");
}

#[tokio::test]
async fn what_aws_refuses_before_its_time_is_replaced_and_the_call_made_again() {
    let (home, services) = (signed_in(), Rc::<ByHand>::default());
    let chain = home.chain(&services);
    let credentials = chain.credentials(&access()).await.expect("fetched");
    services.refused_keys.borrow_mut().insert("KEY1".into());
    let arn = credentials.caller_arn("eu-west-1").await.expect("renewed");
    assert!(arn.contains("assumed-role"));
    assert_eq!(credentials.role().keys.access_key_id(), "KEY2");
    assert_eq!((services.calls("caller_arn"), services.calls("role_credentials")), (2, 2));
}

#[tokio::test]
async fn a_sign_out_in_the_middle_throws_them_away() {
    let home = signed_in();
    let (host, cache) = (home.host.clone(), Cache::new(&home.host));
    let sign_out = move || {
        cache.store_sign_out_mark(super::by_hand::START_URL, "signed out").expect("marked");
        crate::disk::sso_cache::remove_token(&host, "corp").expect("removed");
    };
    let services = Rc::new(ByHand::default());
    services.meanwhile.replace(Some(Meanwhile(Box::new(sign_out))));
    assert_eq!(key(&home, &services).await.expect_err("signed out").kind, Kind::NotSignedIn);
    assert!(Cache::new(&home.host).own_credentials(&access().name).is_none());
}

#[tokio::test]
async fn doubt_asks_aws_and_keeps_what_is_alive() {
    let (home, services) = (signed_in(), Rc::<ByHand>::default());
    let chain = home.chain(&services);
    let first = credentials::obtain(&chain, &target()).await.expect("fetched");
    let kept = credentials::in_doubt(&chain, &target()).await.expect("alive");
    assert_eq!(kept.keys.access_key_id(), first.keys.access_key_id());
    services.refused_keys.borrow_mut().insert(first.keys.access_key_id().to_owned());
    let renewed = credentials::in_doubt(&chain, &target()).await.expect("renewed");
    assert_eq!(renewed.keys.access_key_id(), "KEY2");
}

#[test]
fn the_margin_decides_what_is_cached() {
    let home = signed_in();
    let chain = home.chain(&Rc::default());
    for (minutes, good) in [(60, true), (0, false)] {
        let cached = crate::disk::cache::CachedCredentials {
            identity: target().identity.key(),
            credentials: keys("KEY", minutes),
            cluster: None,
            config_fingerprint: None,
            made_from: None,
        };
        chain.cache.store_credentials(&access().name, &cached).expect("stored");
        assert_eq!(credentials::are_cached(&chain, &target()), good);
    }
    drop(Credentials::with(&chain, target(), keys("KEY", 1)));
}
