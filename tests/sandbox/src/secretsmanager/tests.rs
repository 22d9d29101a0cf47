//! What the service answers, without the wire.

use serde_json::json;

use super::*;
use crate::World;
use crate::credentials::Credentials;

const ACCOUNT: &str = "111122223333";

fn caller(permission_set: &str) -> Caller {
    let session = ("ada@example.com", "eu-west-1");
    let credentials = Credentials::mint(&crate::random::Random::new(), ACCOUNT, permission_set, session, i64::MAX);
    Caller { credentials, region: "eu-west-1".to_owned() }
}

fn state() -> State {
    State::new(World::default())
}

fn ask(state: &mut State, operation: &str, input: &Value) -> Result<Value, Refused> {
    ask_as("idp-ns-idp-dev", state, operation, input)
}

fn ask_as(permission_set: &str, state: &mut State, operation: &str, input: &Value) -> Result<Value, Refused> {
    let question = Question { caller: &caller(permission_set), input, now: 1_800_000_000 };
    match operation {
        "ListSecrets" => list::list(state, &question),
        "DescribeSecret" => value::describe(state, &question),
        "ListSecretVersionIds" => value::versions(state, &question),
        "GetSecretValue" => value::get(state, &question),
        _ => batch::get(state, &question),
    }
}

fn names(answer: &Value) -> Vec<String> {
    let list = answer["SecretList"].as_array().expect("a list");
    list.iter().map(|entry| entry["Name"].as_str().expect("a name").to_owned()).collect()
}

fn filtered(key: &str, values: &[&str]) -> Vec<String> {
    let input = json!({"Filters": [{"Key": key, "Values": values}]});
    names(&ask(&mut state(), "ListSecrets", &input).expect("a list"))
}

#[test]
fn everybody_sees_all_names_of_the_account_and_no_other() {
    let all = names(&ask(&mut state(), "ListSecrets", &json!({})).expect("a list"));
    assert!(all.contains(&"platform/grafana/admin".to_owned()));
    assert!(!all.iter().any(|name| name.contains("prod") || name.ends_with("old-token")), "{all:?}");
    let planned = names(&ask(&mut state(), "ListSecrets", &json!({"IncludePlannedDeletion": true})).expect("a list"));
    assert_eq!(planned.len(), all.len() + 1);
}

#[test]
fn the_name_filter_is_a_prefix_with_case() {
    assert!(filtered("name", &["customer/idp-dev/"]).len() == 4);
    assert!(filtered("name", &["customer/idp-dev"]).contains(&"customer/idp-dev-tools/api-key".to_owned()));
    assert_eq!(filtered("name", &["Customer/"]), Vec::<String>::new());
    assert_eq!(filtered("name", &["idp-dev"]), Vec::<String>::new(), "no word inside of a name");
    assert!(filtered("name", &["!customer/"]).iter().all(|name| !name.starts_with("customer/")));
    assert_eq!(filtered("description", &["DATABASE"]), ["customer/idp-dev/billing/database"]);
}

#[test]
fn filters_add_up_and_their_values_do_not() {
    let input = json!({"Filters": [{"Key": "name", "Values": ["customer/idp-dev/", "platform/"]},
        {"Key": "name", "Values": ["!customer/idp-dev/l"]}]});
    let all = names(&ask(&mut state(), "ListSecrets", &input).expect("a list"));
    assert!(all.contains(&"platform/grafana/admin".to_owned()) && !all.contains(&"customer/idp-dev/locked".to_owned()));
}

#[test]
fn pages_cover_a_list_once_and_a_token_is_for_its_own_list() {
    let mut state = state();
    let whole = names(&ask(&mut state, "ListSecrets", &json!({})).expect("a list"));
    let (mut seen, mut input) = (Vec::new(), json!({"MaxResults": 3}));
    loop {
        let page = ask(&mut state, "ListSecrets", &input).expect("a page");
        seen.extend(names(&page));
        if page["NextToken"].is_null() {
            break;
        }
        input["NextToken"] = page["NextToken"].clone();
    }
    assert_eq!(seen, whole);
    input["SortOrder"] = json!("desc");
    assert_eq!(ask(&mut state, "ListSecrets", &input).expect_err("another list").0, "InvalidNextTokenException");
    for (size, sign) in [(0, "greater than or equal to 1"), (101, "less than or equal to 100")] {
        let (code, message) = ask(&mut state, "ListSecrets", &json!({"MaxResults": size})).expect_err("a size");
        assert!(code == "ValidationException" && message.contains(sign), "{message}");
    }
}

#[test]
fn a_name_outside_the_prefix_is_denied_whether_it_is_there_or_not() {
    for name in ["platform/grafana/admin", "platform/nothing", "customer/idp-dev-tools/api-key"] {
        for operation in ["GetSecretValue", "DescribeSecret", "ListSecretVersionIds"] {
            let (code, message) = ask(&mut state(), operation, &json!({"SecretId": name})).expect_err(name);
            assert_eq!(code, "AccessDeniedException");
            let role = crate::role_name(ACCOUNT, "idp-ns-idp-dev");
            assert_eq!(
                message,
                format!(
                    "User: arn:aws:sts::{ACCOUNT}:assumed-role/{role}/ada@example.com is not authorized to perform: \
                     secretsmanager:{operation} on resource: {name} because no identity-based policy allows the \
                     secretsmanager:{operation} action"
                )
            );
        }
    }
    let (code, message) =
        ask(&mut state(), "GetSecretValue", &json!({"SecretId": "customer/idp-dev/nothing"})).expect_err("none");
    assert_eq!(
        (code, message.as_str()),
        ("ResourceNotFoundException", "Secrets Manager can't find the specified secret.")
    );
}

#[test]
fn a_secret_has_three_names() {
    let mut state = state();
    let arn = state.world.secrets[1].arn();
    for id in ["customer/idp-dev/api-key", &arn, &arn[..arn.len() - 7]] {
        let value = ask(&mut state, "GetSecretValue", &json!({"SecretId": id})).expect(id);
        assert_eq!((&value["SecretString"], &value["ARN"]), (&json!("sandbox-api-key"), &json!(arn)));
    }
}

#[test]
fn versions_are_found_by_stage_and_by_id() {
    let mut state = state();
    let id = "customer/idp-dev/billing/database";
    let versions: Vec<String> = state.world.secrets[0].versions.iter().map(|version| version.id.clone()).collect();
    let mut get = |more: Value| {
        let mut input = json!({"SecretId": id});
        input.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
        ask(&mut state, "GetSecretValue", &input).map(|value| value["SecretString"].to_string())
    };
    let fine = |value: Result<String, Refused>, word: &str| assert!(value.expect(word).contains(word));
    fine(get(json!({})), "third");
    fine(get(json!({"VersionStage": "AWSPREVIOUS"})), "second");
    fine(get(json!({"VersionId": versions[0]})), "first");
    for (more, code, words) in [
        (
            json!({"VersionStage": "AWSPENDING"}),
            "ResourceNotFoundException",
            "secret value for staging label: AWSPENDING",
        ),
        (json!({"VersionId": "0".repeat(32)}), "ResourceNotFoundException", "secret value for VersionId: 000"),
        (json!({"VersionId": versions[1], "VersionStage": "AWSCURRENT"}), "InvalidRequestException", "not associated"),
        (json!({"VersionId": "short"}), "ValidationException", "Value 'short' at 'versionId'"),
    ] {
        let (got, message) = get(more).expect_err(words);
        assert!(got == code && message.contains(words), "{got}: {message}");
    }
    let staged = ask(&mut state, "ListSecretVersionIds", &json!({"SecretId": id})).expect("versions");
    let all =
        ask(&mut state, "ListSecretVersionIds", &json!({"SecretId": id, "IncludeDeprecated": true})).expect("all");
    assert_eq!(
        (staged["Versions"].as_array().map(Vec::len), all["Versions"].as_array().map(Vec::len)),
        (Some(2), Some(3))
    );
}

#[test]
fn trouble_with_a_secret_has_its_own_words() {
    let mut state = state();
    for (name, code, words) in [
        ("customer/idp-dev/old-token", "InvalidRequestException", "because it was marked for deletion."),
        ("customer/idp-dev/locked", "AccessDeniedException", "Access to KMS is not allowed"),
        ("customer/idp-dev/with space", "ValidationException", "Invalid name."),
        ("", "ValidationException", "at 'secretId'"),
    ] {
        let (got, message) = ask(&mut state, "GetSecretValue", &json!({"SecretId": name})).expect_err(name);
        assert!(got == code && message.contains(words), "{got}: {message}");
    }
    state.world.secrets[4].encryption = Encryption::Broken;
    let broken = ask(&mut state, "GetSecretValue", &json!({"SecretId": "customer/idp-dev/locked"}));
    assert_eq!(broken.expect_err("broken").0, "DecryptionFailure");
    let going =
        ask(&mut state, "DescribeSecret", &json!({"SecretId": "customer/idp-dev/old-token"})).expect("described");
    assert!(going["DeletedDate"].is_f64());
}

#[test]
fn a_batch_gives_what_can_be_read_and_says_what_cannot() {
    let mut state = state();
    let ids =
        ["customer/idp-dev/api-key", "platform/grafana/admin", "customer/idp-dev/none", "customer/idp-dev/keystore"];
    let batch = ask(&mut state, "BatchGetSecretValue", &json!({"SecretIdList": ids})).expect("a batch");
    assert_eq!(batch["SecretValues"][1]["SecretBinary"], "/u3+7QAAAAL/");
    let codes: Vec<&str> =
        batch["Errors"].as_array().expect("errors").iter().filter_map(|error| error["ErrorCode"].as_str()).collect();
    assert_eq!(codes, ["AccessDeniedException", "ResourceNotFoundException"]);
    let many: Vec<String> = (0..21).map(|number| format!("customer/idp-dev/{number}")).collect();
    for (input, code) in [
        (json!({"SecretIdList": many}), "ValidationException"),
        (json!({}), "InvalidParameterException"),
        (json!({"SecretIdList": ids, "Filters": []}), "InvalidParameterException"),
        (json!({"SecretIdList": ids, "MaxResults": 2}), "InvalidParameterException"),
    ] {
        assert_eq!(ask(&mut state, "BatchGetSecretValue", &input).expect_err(code).0, code);
    }
}

#[test]
fn a_batch_takes_a_right_of_its_own_and_with_filters_another() {
    let mut state = state();
    let by_filter = json!({"Filters": [{"Key": "name", "Values": ["customer/idp-dev/"]}]});
    assert_eq!(
        ask(&mut state, "BatchGetSecretValue", &by_filter).expect("a batch")["SecretValues"].as_array().map(Vec::len),
        Some(3)
    );
    state.deny_action("idp-ns-idp-dev", "secretsmanager:ListSecrets");
    assert!(
        ask(&mut state, "BatchGetSecretValue", &by_filter)
            .expect_err("no list")
            .1
            .contains("secretsmanager:ListSecrets because")
    );
    let by_name = json!({"SecretIdList": ["customer/idp-dev/api-key"]});
    assert!(ask(&mut state, "BatchGetSecretValue", &by_name).is_ok());
    state.deny_action("*", "secretsmanager:BatchGetSecretValue");
    assert!(
        ask(&mut state, "BatchGetSecretValue", &by_name)
            .expect_err("no batch")
            .1
            .contains("BatchGetSecretValue because")
    );
    // Allowing it on a secret's ARN has no effect: the action has no resource.
    let narrow =
        iam::policy(json!([{"Effect": "Allow", "Action": "*", "Resource": "arn:aws:secretsmanager:*:*:secret:*"}]));
    state.rulings.clear();
    state.world.permission_set_policies.insert("idp-ns-idp-dev".into(), narrow);
    assert!(ask(&mut state, "BatchGetSecretValue", &by_name).is_err());
    assert!(ask(&mut state, "GetSecretValue", &json!({"SecretId": "platform/grafana/admin"})).is_ok());
}

#[test]
fn a_reader_of_everything_reads_no_values() {
    let mut state = state();
    let id = json!({"SecretId": "customer/idp-dev/api-key"});
    assert!(ask_as("ReadOnly", &mut state, "DescribeSecret", &id).is_ok());
    assert_eq!(ask_as("ReadOnly", &mut state, "GetSecretValue", &id).expect_err("no value").0, "AccessDeniedException");
}

#[test]
fn reading_is_remembered_by_the_day() {
    let mut state = state();
    let id = json!({"SecretId": "customer/idp-dev/api-key"});
    assert!(ask(&mut state, "DescribeSecret", &id).expect("described")["LastAccessedDate"].is_null());
    ask(&mut state, "GetSecretValue", &id).expect("a value");
    let described = ask(&mut state, "DescribeSecret", &id).expect("described");
    assert_eq!(described["LastAccessedDate"].as_f64().map(|at| at % 86400.0), Some(0.0));
}
