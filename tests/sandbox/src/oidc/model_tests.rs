use super::*;

fn device(decision: Decision) -> Device {
    Device {
        device_code: "d".into(),
        user_code: "BCDF-GHJK".into(),
        client_id: "c".into(),
        portal: 0,
        region: "eu-west-1".into(),
        expires_at: 600_000,
        interval: 5000,
        last_poll: None,
        decision,
        used: false,
    }
}

#[test]
fn a_device_code_waits_and_is_used_once() {
    let mut device = device(Decision::Open);
    assert_eq!(device.poll(0, 0), Poll::Pending, "the first poll is never too early");
    assert_eq!(device.poll(4000, 0), Poll::SlowDown);
    assert_eq!(device.poll(8950, 0), Poll::Pending, "a little early is in time");
    device.decision = Decision::Approved { session: 3 };
    assert_eq!(device.poll(9000, 0), Poll::SlowDown, "too fast is told even when the answer is there");
    assert_eq!(device.poll(14_000, 0), Poll::Approved { session: 3 });
    assert_eq!(device.poll(20_000, 0), Poll::Used);
}

#[test]
fn a_device_code_can_end_and_be_denied() {
    assert_eq!(device(Decision::Denied).poll(10, 0), Poll::Denied);
    assert_eq!(device(Decision::Open).poll(600_000, 0), Poll::Expired);
    assert_eq!(device(Decision::Approved { session: 0 }).poll(600_001, 0), Poll::Expired);
}

#[test]
fn slow_down_can_make_the_interval_longer() {
    let mut device = device(Decision::Open);
    assert_eq!(device.poll(0, 5000), Poll::Pending);
    assert_eq!(device.poll(1000, 5000), Poll::SlowDown);
    assert_eq!(device.poll(7000, 5000), Poll::SlowDown, "ten seconds now");
    assert_eq!(device.poll(22_000, 5000), Poll::Pending, "fifteen seconds now");
}

#[test]
fn a_living_session_keeps_its_end_unless_logged_out() {
    let mut oidc = Oidc::default();
    let first = oidc.sign_in(0, 0, 100);
    assert_eq!(oidc.sign_in(0, 99_999, 100), first);
    assert_eq!(oidc.sessions[first].ends_at, 100_000);
    assert_ne!(oidc.sign_in(0, 100_000, 100), first);

    let living = oidc.sessions.len() - 1;
    let region = "eu-west-1".to_owned();
    let token = AccessToken { session: living, region, expires_at: 150_000, portal: true, revoked: false };
    oidc.access_tokens.insert("token".into(), token);
    assert!(oidc.portal_session("token", 149_999, None).is_ok());
    assert!(oidc.portal_session("token", 149_999, Some("eu-west-1")).is_ok());
    assert!(oidc.portal_session("token", 149_999, Some("us-east-1")).is_err(), "a token is of a region");
    assert!(oidc.portal_session("token", 150_000, None).is_err());
    oidc.log_out("token", 120_000);
    assert!(oidc.portal_session("token", 120_000, None).is_err());
    assert_ne!(oidc.sign_in(0, 120_000, 100), living);
}

#[test]
fn grants_without_a_list_are_device_and_refresh() {
    let mut client = Client {
        secret: "s".into(),
        expires_at: 1,
        scopes: Vec::new(),
        grant_types: Vec::new(),
        redirect_uris: Vec::new(),
        region: None,
        portal: None,
    };
    assert!(client.allows(DEVICE_CODE) && client.allows(REFRESH_TOKEN) && !client.allows(AUTHORIZATION_CODE));
    client.grant_types = vec!["authorization_code".into(), "refresh_token".into()];
    assert!(!client.allows(DEVICE_CODE) && client.allows(REFRESH_TOKEN) && client.allows(AUTHORIZATION_CODE));
}

#[test]
fn people_type_codes_as_they_like() {
    let mut oidc = Oidc::default();
    oidc.devices.push(device(Decision::Open));
    assert_eq!(oidc.decide(Some("XXXX-XXXX"), true, 0, 100), 0);
    assert_eq!(oidc.decide(Some("bcdfghjk"), true, 0, 100), 1);
    assert_eq!(oidc.decide(None, true, 0, 100), 0, "nothing waits any more");
}

#[test]
fn every_identity_center_has_its_sessions_and_clients() {
    let mut oidc = Oidc::default();
    let first = oidc.sign_in(0, 0, 100);
    let other = oidc.sign_in(1, 0, 100);
    assert_ne!(first, other);
    assert_eq!((oidc.sign_in(0, 50, 100), oidc.sign_in(1, 50, 100)), (first, other));
    oidc.devices.push(Device { portal: 1, ..device(Decision::Open) });
    assert_eq!(oidc.portal_of_code("bcdf ghjk"), Some(1));
    assert_eq!(oidc.decide(None, true, 60, 100), 1);
    assert_eq!(oidc.devices[0].decision, Decision::Approved { session: other });
    let client = Client {
        secret: "s".into(),
        expires_at: 1000,
        scopes: Vec::new(),
        grant_types: Vec::new(),
        redirect_uris: Vec::new(),
        region: Some("eu-west-1".into()),
        portal: None,
    };
    oidc.clients.insert("c".into(), client);
    assert!(oidc.bind("c", 1).is_ok() && oidc.bind("c", 1).is_ok());
    assert_eq!(oidc.bind("c", 0).expect_err("another start URL").status, 401);
    assert!(oidc.client(("c", "s"), 0, None).is_ok() && oidc.client(("c", "s"), 0, Some("eu-west-1")).is_ok());
    assert_eq!(oidc.client(("c", "s"), 0, Some("us-east-1")).expect_err("another region").status, 401);
}
