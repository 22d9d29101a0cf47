use super::*;

const NOW: i64 = 1_440_938_160; // 2015-08-30T12:36:00Z

fn credentials() -> Credentials {
    Credentials {
        access_key_id: "AKIDEXAMPLE".into(),
        secret_access_key: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY".into(),
        session_token: None,
        expiration: (NOW + 7200) * 1000,
        account: "111122223333".into(),
        permission_set: "ReadOnly".into(),
        suffix: "0123456789abcdef".into(),
        generation: 0,
        session_name: "ada@example.com".into(),
        sso_region: "eu-west-1".into(),
        role: None,
        user: None,
        mfa_at: None,
        chained: false,
        known: true,
    }
}

/// `get-vanilla` of AWS's own test suite for Signature Version 4.
fn vanilla() -> Vec<(String, String)> {
    let authorization = "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, SignedHeaders=host;x-amz-date, \
         Signature=5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31";
    let pairs =
        [("host", "example.amazonaws.com"), ("x-amz-date", "20150830T123600Z"), ("authorization", authorization)];
    pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec()
}

fn check(headers: &[(String, String)], path: &str, service: &str, now: i64) -> Result<Caller, Refusal> {
    check_with(&credentials(), headers, path, service, now)
}

fn check_with(
    credentials: &Credentials,
    headers: &[(String, String)],
    path: &str,
    service: &str,
    now: i64,
) -> Result<Caller, Refusal> {
    let message = Message { method: "GET", path, query: "", headers, body: b"" };
    let expectation = Expectation { service, now, skew_minutes: 5 };
    verify(&message, &expectation, |key| (key == credentials.access_key_id).then_some(credentials))
}

#[test]
fn the_vector_of_aws_is_accepted() {
    let caller = check(&vanilla(), "/", "service", NOW).expect("accepted");
    assert_eq!(caller.region, "us-east-1");
}

#[test]
fn whatever_is_changed_is_refused() {
    assert!(matches!(check(&vanilla(), "/x", "service", NOW), Err(Refusal::Mismatch(_))));
    assert!(matches!(check(&vanilla(), "/", "sts", NOW), Err(Refusal::Scope(_))));
    assert!(matches!(check(&vanilla()[..2], "/", "service", NOW), Err(Refusal::Missing)));
    let mut host = vanilla();
    host[0].1.push('x');
    assert!(matches!(check(&host, "/", "service", NOW), Err(Refusal::Mismatch(_))));
    let mut day = vanilla();
    day[1].1 = "20150831T123600Z".into();
    assert!(matches!(check(&day, "/", "service", NOW), Err(Refusal::Scope(_))));
    let mut token = vanilla();
    token.push(("x-amz-security-token".into(), "t".into()));
    assert!(matches!(check(&token, "/", "service", NOW), Err(Refusal::Unknown)), "a token that was never given");
    let with_token = Credentials { session_token: Some("t".into()), ..credentials() };
    let verdict = check_with(&with_token, &token, "/", "service", NOW);
    assert!(matches!(verdict, Err(Refusal::Mismatch(_))), "the token must be signed: {verdict:?}");
}

#[test]
fn the_clock_may_be_five_minutes_away() {
    assert!(
        check(&vanilla(), "/", "service", NOW + 300).is_ok() && check(&vanilla(), "/", "service", NOW - 300).is_ok()
    );
    let Err(Refusal::Skew(late)) = check(&vanilla(), "/", "service", NOW + 301) else { panic!("too late") };
    assert_eq!(
        late,
        "Signature expired: 20150830T123600Z is now earlier than 20150830T123601Z (20150830T124101Z - 5 min.)"
    );
    assert!(matches!(check(&vanilla(), "/", "service", NOW - 301), Err(Refusal::Skew(_))));
}

#[test]
fn credentials_end_and_are_forgotten() {
    let ended = Credentials { expiration: NOW * 1000, ..credentials() };
    assert!(matches!(check_with(&ended, &vanilla(), "/", "service", NOW), Err(Refusal::Expired)));
    let forgotten = Credentials { known: false, ..credentials() };
    assert!(matches!(check_with(&forgotten, &vanilla(), "/", "service", NOW), Err(Refusal::Unknown)));
    let other = Credentials { access_key_id: "AKIDOTHER".into(), ..credentials() };
    assert!(matches!(check_with(&other, &vanilla(), "/", "service", NOW), Err(Refusal::Unknown)));
}
