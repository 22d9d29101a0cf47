//! Tokens and registrations as other tools leave them in `~/.aws/sso/cache`.
#![no_main]

use libfuzzer_sys::fuzz_target;
use nsaccess::inside::sso_cache::{parse_registration, parse_token, render_registration, render_token};

fuzz_target!(|bytes: &[u8]| {
    if let Ok(token) = parse_token(bytes) {
        let rendered = render_token(&token);
        check(rendered.expose());
        let again = parse_token(rendered.expose().as_bytes()).expect("what we wrote");
        assert_eq!(again.access_token.expose(), token.access_token.expose());
        assert_eq!((&again.start_url, &again.region), (&token.start_url, &token.region));
        assert_eq!(again.refresh.is_some(), token.refresh.is_some());
        assert_eq!(render_token(&again).expose(), rendered.expose());
    }
    if let Ok(registration) = parse_registration(bytes) {
        let rendered = render_registration(&registration);
        check(rendered.expose());
        let again = parse_registration(rendered.expose().as_bytes()).expect("what we wrote");
        assert_eq!((&again.client_id, &again.scopes), (&registration.client_id, &registration.scopes));
        assert_eq!(render_registration(&again).expose(), rendered.expose());
    }
});

fn check(text: &str) {
    assert!(text.is_ascii());
    assert!(serde_json::from_str::<serde_json::Value>(text).is_ok_and(|value| value.is_object()), "{text}");
}
