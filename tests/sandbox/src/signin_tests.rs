use super::*;
use crate::iam::User;
use crate::message::Content;
use crate::random::Random;
use crate::text::percent_encode;
use crate::{Sandbox, World};

const ACCOUNT: &str = "111122223333";
const NOW: i64 = 1_800_000_000;

fn get(query: &str) -> Request {
    let (method, path) = ("GET".to_owned(), "/federation".to_owned());
    Request { method, path, query: query.to_owned(), ..Request::default() }
}

fn session(credentials: &Credentials) -> Value {
    json!({"sessionId": credentials.access_key_id, "sessionKey": credentials.secret_access_key,
        "sessionToken": credentials.session_token})
}

fn of_permission_set() -> Credentials {
    let session = ("ada@example.com", "eu-west-1");
    Credentials::mint(&Random::new(), ACCOUNT, "idp-ns-idp-dev", session, (NOW + 3600) * 1000)
}

/// The answer for a session and more parameters, when these credentials are known.
fn asked(known: &Credentials, session: &Value, more: &str) -> Result<i64, &'static str> {
    let mut state = State::new(World::default());
    state.credentials.insert(known.access_key_id.clone(), known.clone());
    let query = format!("Action=getSigninToken&Session={}{more}", percent_encode(&session.to_string()));
    sign_in_token(&mut state, &get(&query), "token".to_owned(), NOW)?;
    Ok(state.sign_ins.tokens["token"].seconds)
}

#[test]
fn the_session_in_the_browser_is_as_long_as_was_asked_or_as_its_credentials() {
    let credentials = of_permission_set();
    assert_eq!(asked(&credentials, &session(&credentials), ""), Ok(3600));
    assert_eq!(asked(&credentials, &session(&credentials), "&SessionDuration=43200"), Ok(43200));
    for wrong in ["899", "43201", "", "1h"] {
        let answer = asked(&credentials, &session(&credentials), &format!("&SessionDuration={wrong}"));
        assert!(answer.expect_err(wrong).starts_with("SessionDuration"));
    }
    let chained = Credentials { chained: true, ..credentials };
    assert_eq!(asked(&chained, &session(&chained), ""), Ok(3600));
    let words = "SessionDuration is not for a session of a chain of roles";
    assert_eq!(asked(&chained, &session(&chained), "&SessionDuration=3600"), Err(words));
}

#[test]
fn only_credentials_of_a_role_session_become_a_token() {
    let known = of_permission_set();
    let right = session(&known);
    let with = |name: &str, value: Value| {
        let mut session = right.clone();
        session[name] = value;
        session
    };
    for (wrong, words) in [
        (with("sessionId", Value::Null), "sessionId is missing"),
        (with("sessionId", json!("ASIAOTHER")), "no such credentials"),
        (with("sessionKey", json!("other")), "sessionKey is not"),
        (with("sessionToken", json!("other")), "sessionToken is not"),
        (with("sessionToken", Value::Null), "sessionToken is not"),
        (json!("text"), "sessionId is missing"),
    ] {
        assert!(asked(&known, &wrong, "").expect_err(words).contains(words), "{wrong}");
    }
    let user = Credentials::of_user(&Random::new(), &User::new(ACCOUNT, "ada"));
    assert!(asked(&user, &session(&user), "").expect_err("long-lived").contains("no credentials of a session"));
    let own = Credentials::of_session(&Random::new(), &user, (NOW + 60) * 1000);
    assert!(asked(&own, &session(&own), "").expect_err("of a user").contains("GetSessionToken"));
    for ended in [Credentials { expiration: NOW * 1000, ..known.clone() }, Credentials { known: false, ..known }] {
        assert!(asked(&ended, &session(&ended), "").is_err());
    }
}

#[test]
fn a_token_signs_in_for_a_quarter_of_an_hour() {
    let sandbox = Sandbox::start();
    let control = sandbox.control();
    let shared = control.shared();
    let credentials = control.mint(ACCOUNT, "idp-ns-idp-dev");
    let session = percent_encode(&session(&credentials).to_string());
    let reply = handle(&shared, &get(&format!("Action=getSigninToken&Session={session}")));
    let Content::Full(body) = reply.content else { panic!("a body") };
    let token = serde_json::from_slice::<Value>(&body).expect("JSON")["SigninToken"].as_str().expect("one").to_owned();
    let log_in = |destination: &str, token: &str| {
        let destination = percent_encode(destination);
        let query = format!("Action=login&Issuer=nsaccess&Destination={destination}&SigninToken={token}");
        handle(&shared, &get(&query))
    };
    let page = "https://eu-west-1.console.aws.amazon.com/eks/home?region=eu-west-1#/clusters";
    let reply = log_in(page, &token);
    assert_eq!(reply.status, 302);
    assert!(reply.headers.contains(&("location", page.to_owned())));
    let expected = ConsoleSignIn {
        caller_arn: credentials.caller_arn(),
        destination: page.to_owned(),
        issuer: Some("nsaccess".to_owned()),
        seconds: control.console_sign_ins()[0].seconds,
    };
    assert_eq!(control.console_sign_ins(), [expected]);
    assert_eq!(log_in(page, "other").status, 400);
    assert_eq!(log_in("https://console.aws.amazon.com.example.com/", &token).status, 400);
    assert_eq!(log_in("http://console.aws.amazon.com/", &token).status, 400);
    control.set_clock_offset(15 * 60 + 1);
    assert_eq!(log_in(page, &token).status, 400);
    assert_eq!(handle(&shared, &get("Action=other")).status, 400);
}
