use super::*;

const ACCOUNT: &str = "111122223333";
const ROLE: &str = "arn:aws:iam::111122223333:role/AWSReservedSSO_dev_0123456789abcdef";

fn mapped(map_roles: &str) -> Option<RoleMapping> {
    AwsAuth::of(&config_map(map_roles)).find(ROLE, ACCOUNT)
}

#[test]
fn what_is_written_is_read() {
    let roles = vec![
        RoleMapping::new(ROLE, "sso:{{SessionName}}", &["a", "b: c"]),
        RoleMapping::new("arn:aws:iam::1:role/x", "", &[]),
    ];
    assert_eq!(AwsAuth::of(&config_map(&map_roles(&roles))).roles, roles);
    assert_eq!(AwsAuth::of(&config_map("")), AwsAuth::default());
}

#[test]
fn keys_and_arns_have_no_case() {
    let yaml = format!("- rOlEaRn: {}\n  USERNAME: dev\n  Groups: [a]\n", ROLE.to_uppercase());
    assert_eq!(mapped(&yaml).map(|role| (role.username, role.groups)), Some(("dev".into(), vec!["a".into()])));
}

#[test]
fn of_duplicates_the_last_wins() {
    let yaml = format!("- rolearn: {ROLE}\n  username: first\n- rolearn: {ROLE}\n  username: last\n");
    assert_eq!(mapped(&yaml).map(|role| role.username), Some("last".to_owned()));
}

#[test]
fn one_broken_line_unmaps_every_role() {
    let good = format!("- rolearn: {ROLE}\n  username: dev\n");
    assert!(mapped(&good).is_some());
    assert!(mapped(&(good + "  - rolearn: x\n username: y\n")).is_none());
}

#[test]
fn a_missing_username_is_the_empty_name() {
    assert_eq!(mapped(&format!("- rolearn: {ROLE}\n")), Some(RoleMapping::new(ROLE, "", &[])));
}

#[test]
fn a_role_with_its_path_is_nobody() {
    let path = ROLE.replace("role/", "role/aws-reserved/sso.amazonaws.com/eu-west-1/");
    assert!(mapped(&format!("- rolearn: {path}\n  username: dev\n")).is_none());
}

#[test]
fn a_whole_account_can_be_mapped() {
    let mut config_map = config_map("");
    config_map["data"]["mapAccounts"] = json!("- \"111122223333\"\n");
    let of = |account: &str| AwsAuth::of(&config_map).find(ROLE, account);
    assert_eq!(of(ACCOUNT).map(|role| role.username), Some(ROLE.to_owned()));
    assert!(of("444455556666").is_none());
}

#[test]
fn both_lists_look_at_the_arn_alone_and_roles_come_first() {
    let user = "arn:aws:iam::111122223333:user/ci/Deployer";
    let with = |roles: &str, users: &str| json!({"data": {"mapRoles": roles, "mapUsers": users}});
    let name = |config_map: &Value, arn: &str| AwsAuth::of(config_map).find(arn, ACCOUNT).map(|it| it.username);
    let by_users =
        format!("- userarn: {}\n  username: user\n- uSerArn: {ROLE}\n  username: role\n", user.to_lowercase());
    assert_eq!(name(&with("", &by_users), user).as_deref(), Some("user"));
    assert_eq!(name(&with("", &by_users), ROLE).as_deref(), Some("role"));
    let by_roles = format!("- rolearn: {user}\n  username: first\n");
    assert_eq!(name(&with(&by_roles, &by_users), user).as_deref(), Some("first"));
    assert_eq!(name(&with("- broken: [", &by_users), user).as_deref(), Some("user"), "mapUsers stays");
    assert_eq!(name(&with(&by_roles, "- userarn: [x"), user).as_deref(), Some("first"), "and so does mapRoles");
    assert_eq!(name(&json!({"data": {"maproles": by_roles}}), user), None, "the data's keys do have a case");
}

#[test]
fn what_is_read_wrong_is_read_as_the_server_reads_it() {
    let groups = |yaml: &str| mapped(yaml).map(|role| role.groups);
    let misplaced = format!("- rolearn: {ROLE}\n  username: x\n  groups:\n    - one\n     - two\n");
    assert_eq!(groups(&misplaced), Some(vec!["one - two".to_owned()]), "one group with a dash in it");
    let wrong_type = format!("- rolearn: {ROLE}\n  username: x\n  groups: one\n- 7\n- username: nobody\n");
    assert_eq!(groups(&wrong_type), Some(Vec::new()), "what has a wrong type is left out, the rest stays");
    assert_eq!(groups(&format!("rolearn: {ROLE}\n")), None, "no list");
    let twice = format!("- rolearn: x\n  rolearn: {ROLE}\n  username: x\n");
    assert!(mapped(&twice).is_some(), "the last of two keys");
    let json =
        format!("[{{\"rolearn\": \"{ROLE}\", \"username\": \"x\", \"groups\": [\"json\"], \"userid\": \"kept\"}}]");
    assert_eq!(groups(&json), Some(vec!["json".to_owned()]), "JSON is YAML");
    for nothing in ["", "``", "''", "\"\"", "# nothing\n"] {
        assert_eq!(groups(nothing), None);
    }
}
