//! What must hold for any cache file at all.

use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;

use super::*;
use crate::secret::Secret;

fn any_token() -> impl Strategy<Value = SsoToken> {
    let time = || (0_i64..4_000_000_000).prop_map(|second| Timestamp::from_second(second).expect("a time in range"));
    let refresh = (any::<String>(), any::<String>(), prop::option::of(time()), any::<String>()).prop_map(
        |(client_id, client_secret, registration_expires_at, refresh_token)| Refresh {
            client_id,
            client_secret: Secret::new(client_secret),
            registration_expires_at,
            refresh_token: Secret::new(refresh_token),
        },
    );
    (any::<String>(), any::<String>(), ".{1,20}", time(), prop::option::of(refresh)).prop_map(
        |(start_url, region, access_token, expires_at, refresh)| SsoToken {
            start_url,
            region,
            access_token: Secret::new(access_token),
            expires_at,
            refresh,
            unknown: Unknown::default(),
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn nothing_panics(bytes in any::<Vec<u8>>(), text in any::<String>()) {
        let _ = parse_token(&bytes);
        let _ = parse_registration(&bytes);
        let time = format!("{{\"accessToken\": \"a\", \"expiresAt\": {}}}", serde_json::Value::from(text));
        let _ = parse_token(time.as_bytes());
    }

    #[test]
    fn a_token_is_read_as_it_was_written(token in any_token()) {
        let rendered = render_token(&token);
        let text: &str = rendered.expose();
        prop_assert!(text.is_ascii());
        let again = parse_token(text.as_bytes()).map_err(TestCaseError::fail)?;
        let rendered_again = render_token(&again);
        prop_assert_eq!(rendered_again.expose(), text);
        prop_assert_eq!(again.access_token.expose(), token.access_token.expose());
        prop_assert_eq!((again.start_url, again.region, again.expires_at), (token.start_url, token.region, token.expires_at));
        prop_assert_eq!(again.refresh.is_some(), token.refresh.is_some());
    }

    #[test]
    fn a_token_never_becomes_better_with_time(token in any_token(), now in 0_i64..4_000_000_000, later in 0_i64..1_000_000) {
        let at = |second| Timestamp::from_second(second).expect("a time in range");
        let rank = |second| match judge(&token, at(second), SignedDuration::from_mins(5)) {
            TokenState::Fresh => 0,
            TokenState::Refreshable { .. } => 1,
            TokenState::Over { .. } => 2,
        };
        prop_assert!(rank(now) <= rank(now + later));
    }
}
