use super::*;

const ARN: &str = "arn:aws:iam::111122223333:role/team/ci";

fn principal() -> Principal {
    Principal::parse(ARN).expect("a role")
}

/// A ConfigMap of others.
fn theirs(map_roles: Option<&str>) -> AwsAuth {
    let text = map_roles.map(|text| {
        text.replace("ARN", &principal().arn_in_aws_auth()).replace("NAME", &principal().username_template())
    });
    AwsAuth { map_roles: text, ..AwsAuth::default() }
}

fn given(config_map: Option<AwsAuth>, groups: &[&str]) -> State {
    let mut state = State { aws_auth: config_map, ..State::default() };
    for group in groups {
        state.edit_aws_auth(addition(&principal(), group)).expect("an edit");
    }
    state
}

fn take(state: &mut State, group: &str) {
    state.edit_aws_auth(removal(&principal(), vec![group.to_owned()])).expect("an edit");
}

#[test]
fn what_was_there_is_there_again_to_the_byte() {
    for text in [
        None,
        Some(""),
        Some("\n"),
        Some("# none yet\n"),
        Some("[]"),
        // By hand, and without groups.
        Some("- rolearn: ARN\n  username: NAME\n"),
        Some("- rolearn: ARN\n  username: NAME\n  groups: []\n"),
        Some("- rolearn: ARN\n  username: NAME\n  groups:\n"),
        Some("- rolearn: ARN\n  username: NAME\n  note: by hand\n"),
        Some("- rolearn: ARN # why\n  username: NAME\n- rolearn: other\n  groups: [a]\n"),
        Some("- groups: []\n  rolearn: ARN\n  username: NAME\n"),
        Some("[{\"rolearn\": \"ARN\", \"username\": \"NAME\"}]"),
        Some("- rolearn: ARN\n  username: ci\n"),
        Some("- rolearn: ARN\n"),
        Some("- rolearn: ARN\n  username: NAME\n  groups:\n  - a\n"),
    ] {
        let before = theirs(text);
        let mut state = given(Some(before.clone()), &["nsaccess:a:ci", "nsaccess:b:ci"]);
        assert_ne!(state.aws_auth.as_ref(), Some(&before));
        take(&mut state, "nsaccess:a:ci");
        take(&mut state, "nsaccess:b:ci");
        assert_eq!(state.aws_auth, Some(before), "{text:?}");
    }
}

#[test]
fn a_config_map_of_ours_goes() {
    let mut state = given(None, &["nsaccess:a:ci"]);
    assert!(state.aws_auth.is_some());
    take(&mut state, "nsaccess:a:ci");
    assert_eq!(state.aws_auth, None);
}

#[test]
fn an_item_of_ours_goes_from_between_those_of_others() {
    let mut state = given(Some(theirs(Some("- rolearn: a\n  groups: [x]\n"))), &["nsaccess:a:ci"]);
    let config_map = state.aws_auth.as_mut().expect("the ConfigMap");
    config_map.map_roles.as_mut().expect("items").push_str("# later\n- rolearn: b\n");
    take(&mut state, "nsaccess:a:ci");
    assert_eq!(
        state.aws_auth.expect("the ConfigMap").map_roles.as_deref(),
        Some("- rolearn: a\n  groups: [x]\n# later\n- rolearn: b\n")
    );
}

#[test]
fn an_item_with_a_group_of_others_stays() {
    let before = "- rolearn: ARN\n  username: NAME\n  groups:\n  - devs\n";
    let mut state = given(Some(theirs(Some(before))), &[]);
    take(&mut state, "devs");
    assert_eq!(state.aws_auth, Some(theirs(Some("- rolearn: ARN\n  username: NAME\n"))));
}

#[test]
fn items_that_mislead_are_named_with_their_lines() {
    let text = "- rolearn: ARN\n  groups: [a]\n- rolearn: arn:aws:iam::111122223333:role/team/ci\n  groups: [b]\n\
                - rolearn: other\n- rolearn: other\n- rolearn: ARN\n";
    let remarks = theirs(Some(text)).remarks(&principal());
    assert_eq!(remarks.len(), 2, "{remarks:?}");
    assert!(remarks[0].contains("in mapRoles 2 times: only the item on line 7 applies, not line 1"), "{remarks:?}");
    assert!(remarks[1].contains("line 3 of mapRoles matches nobody"), "{remarks:?}");
    assert!(theirs(Some("- rolearn: ARN\n- rolearn: x\n")).remarks(&principal()).is_empty());
    // A user's path belongs to its ARN.
    let ada = Principal::parse("arn:aws:iam::111122223333:user/team/ada").expect("a user");
    let map_users =
        Some("- userarn: arn:aws:iam::111122223333:user/ada\n- userarn: arn:aws:iam::111122223333:user/team/ada\n");
    let config_map = AwsAuth { map_users: map_users.map(str::to_owned), ..AwsAuth::default() };
    assert!(config_map.remarks(&ada)[0].contains("line 1 of mapUsers"), "{:?}", config_map.remarks(&ada));
}
