use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;

use super::*;
use crate::World;
use crate::cluster::AccessEntry;
use crate::iam::reserved::ReservedRole;
use crate::state::State;

const VECTORS: &str = include_str!("../vectors/eks-token.json");

struct Vector {
    cluster: String,
    region: String,
    token: String,
    now: i64,
    credentials: Credentials,
}

fn vectors() -> Vec<Vector> {
    let list: Value = serde_json::from_str(VECTORS).expect("the vectors are JSON");
    let text = |value: &Value| value.as_str().expect("a text").to_owned();
    let read = |vector: &Value| {
        let now = text(&vector["time"]).parse::<jiff::Timestamp>().expect("a time").as_second();
        Vector {
            cluster: text(&vector["cluster"]),
            region: text(&vector["region"]),
            token: text(&vector["expect"]["token"]),
            now,
            credentials: Credentials {
                access_key_id: text(&vector["access_key_id"]),
                secret_access_key: text(&vector["secret_access_key"]),
                session_token: vector["session_token"].as_str().map(str::to_owned),
                expiration: (now + 3600) * 1000,
                account: "111122223333".into(),
                permission_set: "idp-ns-idp-dev".into(),
                suffix: "0123456789abcdef".into(),
                generation: 0,
                session_name: "ada@example.com".into(),
                sso_region: "eu-west-1".into(),
                role: None,
                user: None,
                mfa_at: None,
                chained: false,
                known: true,
            },
        }
    };
    list.as_array().expect("a list").iter().map(read).collect()
}

fn check(vector: &Vector, token: &str, now: i64) -> Result<Credentials, String> {
    let keys = |key: &str| (key == vector.credentials.access_key_id).then_some(&vector.credentials);
    verify_token(token, &vector.cluster, &vector.region, now, keys)
}

/// The token with a changed URL.
fn edited(vector: &Vector, edit: impl FnOnce(String) -> String) -> String {
    format!("k8s-aws-v1.{}", URL_SAFE_NO_PAD.encode(edit(decode(&vector.token).expect("a URL"))))
}

#[test]
fn tokens_of_the_aws_cli_are_accepted() {
    let vectors = vectors();
    assert!(vectors.len() >= 5);
    for vector in &vectors {
        let verdict = check(vector, &vector.token, vector.now);
        assert!(verdict.is_ok(), "{}: {verdict:?}", vector.cluster);
    }
}

#[test]
fn a_token_holds_a_quarter_of_an_hour_and_no_longer_than_its_credentials() {
    let vector = &vectors()[0];
    assert!(check(vector, &vector.token, vector.now + 899).is_ok());
    assert!(check(vector, &vector.token, vector.now + 901).unwrap_err().contains("older than 15 minutes"));
    assert!(check(vector, &vector.token, vector.now - 901).unwrap_err().contains("not yet current"));
    let mut ended = vectors().remove(0);
    ended.credentials.expiration = (ended.now + 60) * 1000;
    assert!(check(&ended, &ended.token, ended.now + 59).is_ok());
    assert!(check(&ended, &ended.token, ended.now + 61).unwrap_err().contains("Expired"));
}

#[test]
fn a_token_for_another_cluster_or_by_another_secret_is_refused() {
    let mut vector = vectors().remove(0);
    vector.cluster.push('x');
    assert!(check(&vector, &vector.token, vector.now).unwrap_err().contains("another cluster"));
    let mut vector = vectors().remove(0);
    vector.credentials.secret_access_key.push('x');
    assert!(check(&vector, &vector.token, vector.now).is_err());
    let mut vector = vectors().remove(0);
    vector.credentials.session_token = Some("another".into());
    assert!(check(&vector, &vector.token, vector.now).unwrap_err().contains("Unknown"));
}

#[test]
fn a_token_must_look_exactly_as_it_should() {
    let vector = &vectors()[0];
    let refused = |edit: &dyn Fn(String) -> String, why: &str| {
        let error = check(vector, &edited(vector, edit), vector.now).expect_err(why);
        assert!(error.contains(why), "{error} instead of {why}");
    };
    refused(&|url| url.replace("https://", "http://"), "scheme");
    refused(&|url| url.replace("sts.eu-west-1.amazonaws.com", "127.0.0.1:4000"), "no STS");
    refused(&|url| url.replace("sts.eu-west-1.amazonaws.com", "sts.eu-west-1.amazonaws.com.evil.example"), "no STS");
    refused(&|url| url.replace("sts.eu-west-1.amazonaws.com", "sts.cn-north-1.amazonaws.com.cn"), "no STS");
    refused(&|url| url.replace("amazonaws.com/?", "amazonaws.com/x?"), "the path");
    refused(&|url| url + "&Extra=1", "not allowed");
    refused(&|url| url + "&action=GetCallerIdentity", "twice");
    refused(&|url| url.replace("GetCallerIdentity", "AssumeRole"), "the action");
    refused(&|url| url.replace("host%3Bx-k8s-aws-id", "host"), "x-k8s-aws-id");
    refused(&|url| url.replace("X-Amz-Expires=60", "X-Amz-Expires=901"), "X-Amz-Expires");
    refused(&|url| url.replace("X-Amz-Expires=60", "X-Amz-Expires=30"), "STS refuses the signature");
    let error = |token: &str| check(vector, token, vector.now).unwrap_err();
    assert!(error("").contains("k8s-aws-v1."));
    assert!(error(&format!("{}=", vector.token)).contains("base64url"));
    assert!(error(&format!("{}{}", vector.token, "A".repeat(4096))).contains("4096"));
}

/// The groups of a role in a cluster after this preparation, or why it is nobody.
fn groups(prepare: impl FnOnce(&mut Cluster, &Credentials)) -> Result<Vec<String>, String> {
    let credentials = vectors().remove(0).credentials;
    let mut cluster = Cluster::new("c", "111122223333", "eu-west-1");
    let entry = AccessEntry::new(&credentials.role_path_arn(), "sso:{{SessionName}}", &["by-entry"]);
    cluster.access_entries = vec![entry];
    cluster.aws_auth = vec![RoleMapping::new(&credentials.role_arn(), "sso:{{SessionName}}", &["by-{{AccountID}}"])];
    prepare(&mut cluster, &credentials);
    let mut state = State::new(World { clusters: vec![cluster], ..World::default() });
    let role = ReservedRole { suffix: credentials.suffix.clone(), generation: 0, created: 0 };
    state.reserved_roles.insert((credentials.account.clone(), credentials.permission_set.clone()), role);
    state.bind_entries(0);
    let aws_auth = state.stores["c"].get("ConfigMap", Some("kube-system"), "aws-auth");
    let mappings =
        Mappings { cluster: &state.world.clusters[0], bindings: &state.bindings, stale: &[], now: 0, aws_auth };
    let user = map(mappings, &credentials)?;
    assert_eq!(user.name, "sso:ada-example.com");
    Ok(user.groups)
}

fn only(group: &str) -> Result<Vec<String>, String> {
    Ok(vec![group.to_owned(), "system:authenticated".to_owned()])
}

#[test]
fn the_map_follows_the_authentication_mode() {
    for (mode, group) in [("API", "by-entry"), ("API_AND_CONFIG_MAP", "by-entry"), ("CONFIG_MAP", "by-111122223333")] {
        assert_eq!(groups(|cluster, _| cluster.authentication_mode = mode.into()), only(group));
    }
    let without_entry = |mode: &str| {
        groups(|cluster, _| {
            cluster.authentication_mode = mode.into();
            cluster.access_entries.clear();
        })
    };
    assert_eq!(without_entry("API_AND_CONFIG_MAP"), only("by-111122223333"));
    assert!(without_entry("API").unwrap_err().contains("no access entry"));
}

#[test]
fn aws_auth_wants_the_arn_without_its_path() {
    let with_path = groups(|cluster, credentials| {
        cluster.authentication_mode = "CONFIG_MAP".into();
        cluster.aws_auth = vec![RoleMapping::new(&credentials.role_path_arn(), "x", &["never"])];
    });
    assert!(with_path.unwrap_err().contains("is not in aws-auth"));
}

#[test]
fn an_entry_hides_everything_that_aws_auth_says_about_its_principal() {
    let groups = |mode: &str, entry_groups: &[&str]| {
        groups(|cluster, credentials| {
            cluster.authentication_mode = mode.into();
            cluster.access_entries[0].groups = entry_groups.iter().map(|&group| group.to_owned()).collect();
            let other = RoleMapping::new("arn:aws:iam::111122223333:role/other", "x", &["other"]);
            let again = RoleMapping::new(&credentials.role_arn().to_uppercase(), "sso:{{SessionName}}", &["last"]);
            cluster.aws_auth.extend([again, other]);
        })
    };
    assert_eq!(groups("API_AND_CONFIG_MAP", &[]), Ok(vec!["system:authenticated".to_owned()]));
    assert_eq!(groups("API", &["x"]), only("x"));
    assert_eq!(groups("CONFIG_MAP", &["x"]), only("last"), "the last of duplicates, whatever their case");
}

#[test]
fn templates_are_filled_in_usernames_and_groups() {
    let all = "{{SessionName}} {{SessionNameRaw}} {{AccountID}} {{AccessKeyID}} {{Other}}";
    let credentials = vectors().remove(0).credentials;
    let filled = format!("ada-example.com ada@example.com 111122223333 {} {{{{Other}}}}", credentials.access_key_id);
    let shown = groups(|cluster, _| {
        cluster.authentication_mode = "CONFIG_MAP".into();
        cluster.aws_auth[0].groups = vec![all.to_owned()];
    });
    assert_eq!(shown, only(&filled));
    let node = groups(|cluster, _| {
        cluster.authentication_mode = "CONFIG_MAP".into();
        cluster.aws_auth[0].groups = vec!["{{EC2PrivateDNSName}}".to_owned()];
    });
    assert!(node.unwrap_err().contains("SessionName did not contain an instance id"));
}
