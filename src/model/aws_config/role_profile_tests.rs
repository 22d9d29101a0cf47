use super::*;

const OWN: &str = "[profile idp-ns-idp-dev]\nsso_session = corp\n";

fn assume() -> RoleProfile {
    RoleProfile {
        name: "idp-irsa-idp-dev-billing".into(),
        namespace: "idp-dev".into(),
        source_profile: "idp-ns-idp-dev".into(),
        how: RoleSource::Assume {
            role_arn: "arn:aws:iam::111122223333:role/billing".into(),
            session_name: "ada@example.com".into(),
            seconds: None,
        },
        region: "eu-west-1".into(),
    }
}

fn process() -> RoleProfile {
    let command = "/bin/nsaccess assume-irsa sa/billing --via token -n idp-dev -o json".into();
    RoleProfile { how: RoleSource::Process { command }, ..assume() }
}

fn applied(text: &str, profile: &RoleProfile) -> String {
    apply_role(text, profile).unwrap_or_else(|refusal| panic!("{refusal}\n{text}"))
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
    let RoleSource::Assume { role_arn, session_name, .. } = assume().how else { panic!("as made above") };
    let short = RoleProfile { how: RoleSource::Assume { role_arn, session_name, seconds: Some(900) }, ..assume() };
    let plain = applied(OWN, &assume());
    let with_duration = applied(&plain, &short);
    assert_eq!(with_duration, format!("{plain}duration_seconds = 900\n"));
    assert_eq!(applied(&with_duration, &assume()), with_duration, "a duration that somebody chose stays");
}

#[test]
fn the_other_way_takes_the_place_of_the_first_and_unknown_keys_stay() {
    let text = format!("{BLOCK}# by hand\noutput = json\n");
    let by_process = applied(&text, &process());
    assert!(by_process.contains("credential_process = /bin/nsaccess assume-irsa sa/billing"), "{by_process}");
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
        ("credential_process = nsaccess assume-irsa sa/x -n idp-prod -o json", process()),
    ] {
        let refusal = apply_role(&format!("{section}{line}\n"), &profile).expect_err(line);
        assert_eq!(refusal.line, Some(3), "{line}");
        assert!(refusal.reason.contains("is not ours to change"), "{refusal}");
    }
    let inherited = format!("[DEFAULT]\nsso_session = corp\n{section}");
    assert!(apply_role(&inherited, &assume()).is_err());
    assert!(apply_role("nonsense\n", &assume()).is_err());
    assert!(apply_role("", &RoleProfile { name: "default".into(), ..assume() }).is_err());
    let broken = RoleProfile { region: "eu-west-1\n[x]".into(), ..assume() };
    assert!(apply_role("", &broken).is_err(), "no value opens a section");
}

#[test]
fn the_profiles_of_a_namespace_go_together_and_no_others_do() {
    let of_another = BLOCK.replace("idp-dev", "idp-test");
    let by_hand = "[profile mine]\nsource_profile = idp-ns-idp-dev\nrole_arn = arn:aws:iam::1:role/x\n";
    let text = format!("{OWN}\n{of_another}\n{by_hand}");
    let with_both =
        applied(&applied(&text, &assume()), &RoleProfile { name: "idp-irsa-idp-dev-reports".into(), ..process() });
    let whose = RolesOf { prefix: "idp-irsa-idp-dev-", namespace: "idp-dev", source_profile: "idp-ns-idp-dev" };
    assert_eq!(remove_roles(&with_both, whose), Ok(text.clone()));
    assert_eq!(remove_roles(&text, whose), Ok(text));
}
