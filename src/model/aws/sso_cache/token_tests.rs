use super::*;

/// Written by AWS CLI 2.36.7.
const FULL: &str = r#"{"startUrl": "https://example.awsapps.com/start", "region": "eu-west-1", "accessToken": "aoaAAA", "expiresAt": "2026-11-22T02:07:47Z", "clientId": "id", "clientSecret": "eyJ", "registrationExpiresAt": "2027-02-20T01:07:46Z", "refreshToken": "aorAAA"}"#;
const LEGACY: &str = r#"{"startUrl": "https://example.awsapps.com/start", "region": "eu-west-1", "accessToken": "aoaAAA", "expiresAt": "2026-11-22T02:07:47Z"}"#;

fn read(text: &str) -> SsoToken {
    parse_token(text.as_bytes()).expect("a token")
}

fn time(text: &str) -> Timestamp {
    text.parse().expect("a time")
}

#[test]
fn files_of_the_aws_cli_come_out_as_they_went_in() {
    for text in [FULL, LEGACY] {
        assert_eq!(render_token(&read(text)).expose(), text);
    }
}

#[test]
fn the_fields_are_where_they_belong() {
    let token = read(FULL);
    let refresh = token.refresh.as_ref().expect("refreshable");
    assert_eq!((token.start_url.as_str(), token.region.as_str()), ("https://example.awsapps.com/start", "eu-west-1"));
    assert_eq!(token.access_token.expose(), "aoaAAA");
    assert_eq!(token.expires_at, time("2026-11-22T02:07:47Z"));
    assert_eq!((refresh.client_id.as_str(), refresh.client_secret.expose().as_str()), ("id", "eyJ"));
    assert_eq!(refresh.refresh_token.expose(), "aorAAA");
    assert_eq!(refresh.registration_expires_at, Some(time("2027-02-20T01:07:46Z")));
}

#[test]
fn unknown_fields_survive_with_their_nested_values() {
    let text = FULL.replace('}', r#", "issuer": {"a": [1, "\u00fc", null]}, "receivedAt": "x"}"#);
    let token = read(&text);
    assert_eq!(render_token(&token).expose(), &text);
    let shown = format!("{token:?}");
    assert!(shown.contains("issuer") && !shown.contains("aoaAAA") && !shown.contains("aorAAA"), "{shown}");
}

#[test]
fn other_writers_are_read_and_rewritten_in_our_spelling() {
    let text = r#"{
        "AccessToken": "aoaAAA", "ExpiresAt": "2026-11-22T02:07:47.000UTC", "region": "eu-west-1",
        "STARTURL": "https://example.awsapps.com/start", "refreshToken": null, "clientId": "id"
    }"#;
    assert_eq!(render_token(&read(text)).expose(), LEGACY);
    let least = r#"{"accessToken": "a", "expiresAt": "2026-11-22T02:07:47Z"}"#;
    assert_eq!(render_token(&read(least)).expose(), least);
}

#[test]
fn what_is_wrong_is_named_without_the_content() {
    for (text, reason) in [
        (LEGACY.replace("accessToken", "token"), "`accessToken` is missing"),
        (LEGACY.replace("\"aoaAAA\"", "\"\""), "`accessToken` is missing"),
        (LEGACY.replace("\"aoaAAA\"", "7"), "`accessToken` is not a string"),
        (LEGACY.replace("expiresAt", "ends"), "`expiresAt` is missing"),
        (LEGACY.replace("2026-11", "2026-99"), "`expiresAt` is not a time"),
        (format!("{LEGACY}\"}}"), "the file is not JSON (line 1, column 135)"),
        (String::new(), "the file is empty"),
    ] {
        assert_eq!(parse_token(text.as_bytes()).err().as_deref(), Some(reason), "{text}");
    }
}

#[test]
fn every_state_of_a_token_with_its_reason() {
    let ends = "2026-11-22T02:07:47Z";
    let at = time(ends);
    let no_end = FULL.replace(r#""registrationExpiresAt": "2027-02-20T01:07:46Z", "#, "");
    let early_end = FULL.replace("2027-02-20T01:07:46Z", "2026-11-22T02:00:00Z");
    let ended = TokenReason::RegistrationEnded { at: time("2026-11-22T02:00:00Z") };
    let refreshable = |reason| TokenState::Refreshable { reason };
    let over = |reason| TokenState::Over { reason };
    for (text, now, expected) in [
        (FULL, "2026-11-22T02:02:46Z", TokenState::Fresh),
        (FULL, "2026-11-22T02:02:47Z", refreshable(TokenReason::EndsSoon { at })),
        (FULL, "2026-11-22T02:07:46Z", refreshable(TokenReason::EndsSoon { at })),
        (FULL, ends, refreshable(TokenReason::Ended { at })),
        (FULL, "2026-12-24T00:00:00Z", refreshable(TokenReason::Ended { at })),
        (FULL, "2027-02-20T01:07:46Z", over(TokenReason::RegistrationEnded { at: time("2027-02-20T01:07:46Z") })),
        (&no_end, "2027-12-24T00:00:00Z", refreshable(TokenReason::Ended { at })),
        (&early_end, "2026-11-22T02:06:46Z", TokenState::Fresh),
        (&early_end, "2026-11-22T02:06:47Z", over(ended)),
        (LEGACY, "2026-11-22T02:06:46Z", TokenState::Fresh),
        (LEGACY, "2026-11-22T02:06:47Z", over(TokenReason::NoRefreshToken { at })),
        (LEGACY, "2026-12-24T00:00:00Z", over(TokenReason::NoRefreshToken { at })),
    ] {
        assert_eq!(judge(&read(text), time(now), SignedDuration::from_mins(5)), expected, "{now}");
    }
    let nearly = judge(&read(LEGACY), time("2026-11-22T02:06:50Z"), SignedDuration::from_secs(30));
    assert_eq!(nearly, TokenState::Fresh, "a margin smaller than the last moment is obeyed");
}

#[test]
fn reasons_are_sentences() {
    let at = time("2026-11-22T02:07:47Z");
    for (reason, text) in [
        (TokenReason::EndsSoon { at }, "the access token expires soon, at 2026-11-22T02:07:47Z"),
        (TokenReason::Ended { at }, "the access token expired at 2026-11-22T02:07:47Z"),
        (TokenReason::NoRefreshToken { at }, "the session has no refresh token and expires at 2026-11-22T02:07:47Z"),
        (
            TokenReason::RegistrationEnded { at },
            "the client registration that could renew the session expired at 2026-11-22T02:07:47Z",
        ),
    ] {
        assert_eq!(reason.to_string(), text);
    }
}
