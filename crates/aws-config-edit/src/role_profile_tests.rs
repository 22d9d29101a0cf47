use super::*;

const OWN: &str = "[profile idp-ns-idp-dev]\nsso_session = corp\n";

fn assume() -> RoleProfile {
    RoleProfile {
        name: "idp-irsa-idp-dev-billing".into(),
        source_profile: "idp-ns-idp-dev".into(),
        source: RoleSource::Assume {
            role_arn: "arn:aws:iam::111122223333:role/billing".into(),
            external_id: None,
            mfa_serial: None,
            session_name: Some("ada@example.com".into()),
            seconds: None,
        },
        region: Some("eu-west-1".into()),
    }
}

fn process() -> RoleProfile {
    let command = "/bin/example credentials billing".into();
    RoleProfile { source: RoleSource::Process { command }, ..assume() }
}

fn is_own(command: &str) -> bool {
    command == "/bin/example credentials billing"
}

fn apply(text: &str, profile: &RoleProfile) -> Result<String, Error> {
    apply_role_profile(text, profile, is_own)
}

fn applied(text: &str, profile: &RoleProfile) -> String {
    apply(text, profile).unwrap_or_else(|error| panic!("{error}\n{text}"))
}

const BLOCK: &str = "[profile idp-irsa-idp-dev-billing]
source_profile = idp-ns-idp-dev
role_arn = arn:aws:iam::111122223333:role/billing
role_session_name = ada@example.com
region = eu-west-1
";

#[test]
fn a_profile_is_added_and_nothing_else_changes() {
    let text = format!("# mine\r\n{OWN}; end");
    let after = applied(&text, &assume());
    assert!(after.starts_with(&text), "{after}");
    assert_eq!(applied(OWN, &assume()), format!("{OWN}\n{BLOCK}"));
    assert_eq!(applied(&after, &assume()), after);
    let mut short = assume();
    let RoleSource::Assume { seconds, .. } = &mut short.source else { panic!("as made above") };
    *seconds = Some(900);
    let plain = applied(OWN, &assume());
    let with_duration = applied(&plain, &short);
    assert_eq!(with_duration, format!("{plain}duration_seconds = 900\n"));
    assert_eq!(applied(&with_duration, &assume()), with_duration, "a duration that somebody chose stays");
}

#[test]
fn the_other_way_takes_the_place_of_the_first_and_unknown_keys_stay() {
    let text = format!("{BLOCK}# by hand\noutput = json\n");
    let by_process = applied(&text, &process());
    assert!(by_process.contains("credential_process = /bin/example credentials billing"), "{by_process}");
    assert!(
        by_process.contains("# by hand\noutput = json\n") && by_process.contains("region = eu-west-1"),
        "{by_process}"
    );
    for key in ASSUME_KEYS {
        assert!(!by_process.contains(key), "{key}\n{by_process}");
    }
    let back = applied(&by_process, &assume());
    assert!(!back.contains("credential_process") && back.contains("role_arn") && back.contains("# by hand"), "{back}");
}

#[test]
fn a_profile_for_something_else_is_refused_with_its_line() {
    let section = "[profile idp-irsa-idp-dev-billing]\nregion = r\n";
    for (line, profile) in [
        ("sso_session = corp", assume()),
        ("aws_access_key_id = AKIA", assume()),
        ("mfa_serial = arn", assume()),
        ("source_profile = other", assume()),
        ("credential_process = pass show aws", assume()),
        ("credential_process = pass show aws", process()),
        ("credential_process = /bin/example credentials reports", process()),
    ] {
        let error = apply(&format!("{section}{line}\n"), &profile).expect_err(line);
        assert_eq!(error.line, Some(3), "{line}");
        assert!(error.reason.contains("is not ours to change"), "{error}");
    }
    let inherited = format!("[DEFAULT]\nsso_session = corp\n{section}");
    assert!(apply(&inherited, &assume()).is_err());
    assert!(apply("nonsense\n", &assume()).is_err());
    assert!(apply("", &RoleProfile { name: "default".into(), ..assume() }).is_err());
    let broken = RoleProfile { region: Some("eu-west-1\n[x]".into()), ..assume() };
    assert!(apply("", &broken).is_err(), "no value opens a section");
}

#[test]
fn the_profiles_that_are_picked_go_together_and_no_others_do() {
    let of_another = BLOCK.replace("billing", "reports");
    let text = format!("{OWN}\n{of_another}\n[services billing]\nrole_session_name = x\n");
    let with_both =
        applied(&applied(&text, &assume()), &RoleProfile { name: "idp-irsa-billing-2".into(), ..process() });
    let billing = |section: &crate::Section| section.name().is_some_and(|name| name.contains("billing"));
    assert_eq!(crate::remove_profiles(&with_both, billing), Ok(text.clone()));
    assert_eq!(crate::remove_profiles(&text, billing), Ok(text.clone()));
    let of_session = |section: &crate::Section| section.own("sso_session") == Some("corp");
    assert_eq!(crate::remove_profiles(&text, of_session), Ok(text[OWN.len()..].to_owned()));
}

#[test]
fn a_role_may_want_an_external_id_and_a_code() {
    let mut wanting = assume();
    let RoleSource::Assume { external_id, mfa_serial, session_name, .. } = &mut wanting.source else {
        panic!("as made above")
    };
    (*external_id, *session_name) = (Some("corp-42".into()), None);
    *mfa_serial = Some("arn:aws:iam::111122223333:mfa/ada".into());
    let text = applied(OWN, &wanting);
    let config = parse(&text).expect("readable");
    let section = config.profile(&wanting.name).expect("there");
    assert_eq!(section.get("external_id"), Some("corp-42"));
    assert_eq!(section.get("mfa_serial"), Some("arn:aws:iam::111122223333:mfa/ada"));
    assert_eq!(section.get("role_session_name"), None);
    assert_eq!(applied(&text, &wanting), text);
    // Whoever does not expect to be asked for a code is told.
    assert!(apply_role_profile(&text, &assume(), |_| false).is_err());
}

#[test]
fn what_a_profile_has_besides_its_identity_stays() {
    let text = applied(OWN, &assume()).replace("region = eu-west-1", "# mine\noutput = json\nregion = eu-west-1");
    let forgotten = forget_identity(&text, &assume().name).expect("forgotten");
    assert!(forgotten.contains("# mine\noutput = json\nregion = eu-west-1\n"), "{forgotten}");
    assert!(!forgotten.contains("role_arn = arn:aws:iam::111122223333:role/billing"), "{forgotten}");
    assert_eq!(forget_identity(OWN, "absent").expect("nothing to do"), OWN);
}
