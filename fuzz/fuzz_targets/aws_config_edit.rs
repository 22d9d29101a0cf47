//! The lossless editor of `~/.aws/config`, on any text.
#![no_main]

use aws_config_edit::{SsoProfile, SsoSession, apply_profile, parse, remove_profile, remove_sso_session};
use libfuzzer_sys::fuzz_target;

const NAME: &str = "idp-ns-idp-dev";
const SESSION: &str = "nsaccess";

fuzz_target!(|text: &str| {
    let session = SsoSession {
        name: SESSION.to_owned(),
        start_url: "https://sandbox.awsapps.com/start".to_owned(),
        region: "eu-west-1".to_owned(),
    };
    let profile = SsoProfile {
        name: NAME.to_owned(),
        sso_session: SESSION.to_owned(),
        account: "111122223333".to_owned(),
        role: NAME.to_owned(),
        region: Some("eu-central-1".to_owned()),
    };
    let _ = remove_profile(text, NAME);
    let _ = remove_sso_session(text, SESSION);
    let before = parse(text);
    let Ok(after) = apply_profile(text, &session, &profile) else { return };
    let before = before.expect("what can be edited can be read");
    let read = parse(&after).expect("an edited file can be read");
    let ours = read.profile(NAME).expect("our profile");
    for (key, value) in [
        ("sso_session", SESSION),
        ("sso_account_id", "111122223333"),
        ("sso_role_name", NAME),
        ("region", "eu-central-1"),
    ] {
        assert_eq!(ours.get(key), Some(value));
    }
    assert_eq!(read.sso_session(SESSION).expect("our session").get("sso_region"), Some("eu-west-1"));
    assert_eq!(apply_profile(&after, &session, &profile).as_ref(), Ok(&after), "twice is once");
    for name in before.profile_names().filter(|name| *name != NAME) {
        let keys = ["region", "output", "role_arn", "source_profile", "sso_session", "s3", "a", "x"];
        for key in keys {
            assert_eq!(
                before.profile(name).and_then(|section| section.get(key)),
                read.profile(name).and_then(|section| section.get(key)),
                "{key} of {name}"
            );
        }
    }
    if before.profile(NAME).is_none() && before.sso_session(SESSION).is_none() {
        assert!(after.starts_with(text));
        let without = remove_profile(&after, NAME).and_then(|text| remove_sso_session(&text, SESSION));
        // Whoever named our session before it existed still needs it, and then it stays.
        if before.user_of_session(SESSION).is_none() {
            assert_eq!(without.as_deref(), Ok(text), "through\n{after}");
        }
    }
});
