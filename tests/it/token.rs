//! `token` for a namespace: what kubectl runs for every command.

use std::path::Path;

use base64::Engine as _;
use jiff::{SignedDuration, Timestamp};

use crate::sign_in::age_token;
use crate::support::{Forward, World, until};

const V1: &str =
    r#"{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","spec":{"interactive":false}}"#;
const V1BETA1: &str =
    r#"{"apiVersion":"client.authentication.k8s.io/v1beta1","kind":"ExecCredential","spec":{"interactive":false}}"#;

/// The URL inside a token.
pub(crate) fn url_of(answer: &serde_json::Value) -> String {
    let token = answer["status"]["token"].as_str().expect("a token");
    let encoded = token.strip_prefix("k8s-aws-v1.").expect("the prefix");
    let bytes = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(encoded).expect("base64url without padding");
    String::from_utf8(bytes).expect("text")
}

/// Who the cluster of the sandbox makes of a token.
fn who_am_i(world: &World, cluster: &str, token: &str) -> Result<String, String> {
    world.control().user_of(cluster, token)
}

/// Makes the cached role credentials ones that ended an hour ago.
pub(crate) fn age_credentials(world: &World, namespace: &str) {
    let name = format!(".cache/nsaccess/v1/credentials/{namespace}.json");
    let mut file: serde_json::Value = serde_json::from_str(&world.read(&name)).expect("JSON");
    file["obtained_at"] = "2020-01-01T00:00:00Z".into();
    file["expires_at"] = "2020-01-01T01:00:00Z".into();
    world.write(&name, file.to_string());
}

#[test]
fn a_warm_token_makes_no_call_and_the_cluster_takes_it() {
    let mut world = World::signed_in();
    world.go_offline();
    let before = world.files();
    let answer = world.run("token idp-dev").success().json();
    assert_eq!(world.files(), before, "the warm path writes nothing");
    assert_eq!(world.control().counts().len(), 0, "{:?}", world.control().counts());
    let token = answer["status"]["token"].as_str().expect("a token");
    assert_eq!(who_am_i(&world, "idp-nonprod-1", token), Ok("sso:ada-example.com".to_owned()));
    let elsewhere = who_am_i(&world, "idp-prod-1", token).expect_err("a token is for one cluster");
    assert!(elsewhere.contains("another cluster's token"), "{elsewhere}");
}

#[test]
fn the_signed_address_is_the_regions_own_sts_whatever_the_environment_says() {
    let world = World::signed_in();
    let hostile = [
        ("AWS_ENDPOINT_URL", "http://127.0.0.1:1"),
        ("AWS_ENDPOINT_URL_STS", "http://127.0.0.1:1"),
        ("AWS_REGION", "us-west-2"),
        ("AWS_DEFAULT_REGION", "us-west-2"),
        ("AWS_STS_REGIONAL_ENDPOINTS", "legacy"),
        ("AWS_USE_FIPS_ENDPOINT", "true"),
        ("AWS_ACCESS_KEY_ID", "AKIAFROMTHEENVIRONMENT"),
        ("AWS_SECRET_ACCESS_KEY", "secret"),
        ("AWS_SESSION_TOKEN", "token"),
        ("AWS_PROFILE", "other"),
    ];
    let token = hostile.iter().fold(world.nsaccess("token idp-dev"), |token, (name, value)| token.env(name, value));
    let url = url_of(&token.run().success().json());
    let (base, query) = url.split_once('?').expect("a query");
    assert_eq!(base, "https://sts.eu-west-1.amazonaws.com/");
    assert!(!url.contains("AKIAFROMTHEENVIRONMENT") && !url.contains("127.0.0.1"), "{url}");
    let names: Vec<&str> = query.split('&').filter_map(|pair| pair.split('=').next()).collect();
    assert_eq!(
        names,
        [
            "Action",
            "Version",
            "X-Amz-Algorithm",
            "X-Amz-Credential",
            "X-Amz-Date",
            "X-Amz-Expires",
            "X-Amz-Security-Token",
            "X-Amz-SignedHeaders",
            "X-Amz-Signature",
        ]
    );
    assert!(query.contains("X-Amz-Expires=60&"), "{query}");
    assert!(query.contains("X-Amz-SignedHeaders=host%3Bx-k8s-aws-id&"), "{query}");
}

#[test]
fn the_answer_has_the_version_that_is_asked_for() {
    let world = World::signed_in();
    let version = |info: Option<&str>| {
        let token = world.nsaccess("token idp-dev");
        let token = match info {
            Some(info) => token.env("KUBERNETES_EXEC_INFO", info),
            None => token,
        };
        let output = token.run().success();
        let version = output.json()["apiVersion"].as_str().expect("a version").to_owned();
        (version.trim_start_matches("client.authentication.k8s.io/").to_owned(), output.stderr.clone())
    };
    assert_eq!(version(Some(V1)), ("v1".to_owned(), String::new()));
    assert_eq!(version(Some(V1BETA1)), ("v1beta1".to_owned(), String::new()));
    assert_eq!(version(None), ("v1beta1".to_owned(), String::new()));
    for malformed in ["{", "null", "[]", r#"{"apiVersion":"client.authentication.k8s.io/v9"}"#] {
        let (version, stderr) = version(Some(malformed));
        assert_eq!(version, "v1beta1", "{malformed}");
        assert!(stderr.starts_with("warning: KUBERNETES_EXEC_INFO ") && stderr.lines().count() == 1, "{stderr}");
    }
}

#[test]
fn a_token_lasts_fourteen_minutes_or_as_long_as_the_credentials_if_that_is_shorter() {
    let world = World::signed_in();
    let end = |world: &World| -> Timestamp {
        let answer = world.run("token idp-dev").success().json();
        answer["status"]["expirationTimestamp"].as_str().expect("an end").parse().expect("a time")
    };
    let before = Timestamp::now();
    let left = end(&world).duration_since(before);
    assert!((SignedDuration::from_secs(14 * 60 - 1)..SignedDuration::from_mins(16)).contains(&left), "{left}");

    let name = ".cache/nsaccess/v1/credentials/idp-dev.json";
    let mut file: serde_json::Value = serde_json::from_str(&world.read(name)).expect("JSON");
    let soon = Timestamp::now().round(jiff::Unit::Second).expect("a time") + SignedDuration::from_mins(8);
    file["expires_at"] = soon.to_string().into();
    world.write(name, file.to_string());
    assert_eq!(end(&world), soon);
}

#[test]
fn stale_credentials_are_fetched_anew_with_one_call() {
    let world = World::signed_in();
    age_credentials(&world, "idp-dev");
    world.run("token idp-dev").success();
    world.run("token idp-dev").success();
    assert_eq!(world.control().counts().into_iter().collect::<Vec<_>>(), [("GetRoleCredentials".to_owned(), 1)]);
}

#[test]
fn a_deleted_cache_costs_time_and_nothing_else() {
    let world = World::signed_in();
    std::fs::remove_dir_all(world.path(".cache")).expect("deleted");
    let answer = world.run("token idp-dev --cluster-name idp-nonprod-1 --region eu-west-1").success().json();
    let token = answer["status"]["token"].as_str().expect("a token");
    assert_eq!(who_am_i(&world, "idp-nonprod-1", token), Ok("sso:ada-example.com".to_owned()));
    std::fs::remove_dir_all(world.path(".cache")).expect("deleted");
    let answer = world.run("token idp-dev").success().json();
    let token = answer["status"]["token"].as_str().expect("a token");
    assert_eq!(who_am_i(&world, "idp-nonprod-1", token), Ok("sso:ada-example.com".to_owned()));
}

#[test]
fn a_cache_full_of_garbage_or_of_another_version_is_a_miss() {
    let world = World::signed_in();
    for garbage in ["", "{", "[]", "{\"version\":99}", "\u{0}\u{0}"] {
        world.write(".cache/nsaccess/v1/credentials/idp-dev.json", garbage);
        world.write(".cache/nsaccess/v1/clusters/idp-dev.json", garbage);
        world.run("token idp-dev").success();
    }
    assert_eq!(world.control().calls("GetRoleCredentials"), 5);
}

#[test]
fn a_cache_that_cannot_be_written_does_not_fail_the_command() {
    let world = World::signed_in();
    std::fs::remove_dir_all(world.path(".cache")).expect("deleted");
    world.write(".cache", "a file where a folder should be");
    world
        .run("token idp-dev --cluster-name idp-nonprod-1 --region eu-west-1 -v")
        .success()
        .says("continuing without a lock")
        .says("warning: cannot cache the credentials");
}

/// Signs out behind nsaccess' back, and sets a browser that leaves a trace.
pub(crate) fn over() -> World {
    let mut world = World::signed_in();
    let browser = world.script("bin/browser", "touch \"$HOME/opened\"");
    world.set("BROWSER", &browser.display().to_string());
    world.set("KUBERNETES_EXEC_INFO", V1);
    age_credentials(&world, "idp-dev");
    age_token(&world);
    world.control().end_session();
    world.control().reset_calls();
    world
}

#[test]
fn without_a_terminal_a_session_that_is_over_is_one_clear_message_and_no_browser() {
    let world = over();
    world.run("token idp-dev").is("------- stderr -------
error: not signed in
because: the session has expired (CreateToken returned InvalidGrantException: Invalid refresh token provided)
try: nsaccess login idp-dev
[exit status: 3]
");
    assert!(!world.exists("opened"));
    assert_eq!(world.control().calls("StartDeviceAuthorization"), 0);
}

#[test]
fn the_failure_is_remembered_and_a_sign_in_ends_the_memory_at_once() {
    let world = over();
    world.run("token idp-dev").exits(3);
    world.control().reset_calls();
    // kubectl asks several times and shows each answer; the next kubectl is another one.
    for _ in 0..5 {
        world.run("token idp-dev").is("[exit status: 3]\n");
    }
    let other = "\"$0\" token idp-dev; exit $?";
    let told = world.program(Path::new("/bin/sh"), "-c").arg(other).arg(env!("CARGO_BIN_EXE_nsaccess")).run();
    told.exits(3).one_error().says("try: nsaccess login idp-dev");
    assert_eq!(world.control().counts().len(), 0, "{:?}", world.control().counts());
    world.run("login idp-dev --no-browser").success();
    age_credentials(&world, "idp-dev");
    world.run("token idp-dev").success();
}

#[test]
fn nobody_signed_in_yet_says_so() {
    let world = World::new();
    world.write(
        ".aws/config",
        "[sso-session corp]\nsso_start_url = https://sandbox.awsapps.com/start\nsso_region = eu-west-1\n",
    );
    world
        .nsaccess("token idp-dev --cluster-name idp-nonprod-1 --region eu-west-1")
        .env("KUBERNETES_EXEC_INFO", V1)
        .run()
        .exits(3)
        .one_error()
        .says("because: you have not signed in yet\ntry: nsaccess login idp-dev");
    assert_eq!(world.control().counts().len(), 0);
}

#[test]
fn an_unreachable_portal_is_no_reason_to_sign_in() {
    let world = World::signed_in();
    age_credentials(&world, "idp-dev");
    assert!(world.control().reachable("portal", false));
    world.run("token idp-dev").exits(6).one_error().says("GetRoleCredentials got no usable response").says_not("login");
}

#[test]
fn with_a_terminal_a_session_that_is_over_is_signed_in_right_there() {
    let world = over();
    world.control().approve_device_codes(false);
    let interactive = V1.replace("false", "true");
    let token = world.nsaccess("token idp-dev").env("KUBERNETES_EXEC_INFO", interactive);
    let (child, mut person) = token.on_terminal();
    person.sees("/device?user_code=");
    person.sees("Your browser opens the page");
    until("the code", || (world.control().approve(None) == 1).then_some(()));
    let screen = person.sees_the_end();
    let output = child.wait_with_output().expect("its end");
    assert!(output.status.success(), "{screen}");
    let answer: serde_json::Value = serde_json::from_slice(&output.stdout).expect("nothing but JSON");
    let token = answer["status"]["token"].as_str().expect("a token");
    assert_eq!(who_am_i(&world, "idp-nonprod-1", token), Ok("sso:ada-example.com".to_owned()));
    assert!(!screen.contains("k8s-aws-v1"), "{screen}");
}

#[test]
fn a_terminal_that_kubectl_keeps_for_itself_is_not_used() {
    let world = over();
    let (child, person) = world.nsaccess("token idp-dev").env("KUBERNETES_EXEC_INFO", V1).on_terminal();
    let screen = person.sees_the_end();
    let output = child.wait_with_output().expect("its end");
    assert_eq!(output.status.code(), Some(3), "{screen}");
    assert!(screen.contains("not signed in") && !screen.contains("user_code"), "{screen}");
    assert!(!world.exists("opened"));
}

/// What kubectl does: it asks again at once after a 401, and only then.
#[test]
fn a_client_that_comes_back_at_once_gets_credentials_that_live() {
    let world = World::signed_in();
    let asks = || {
        let answer = world.nsaccess("token idp-dev").env("KUBERNETES_EXEC_INFO", V1).run().success().json();
        let token = answer["status"]["token"].as_str().expect("a token").to_owned();
        who_am_i(&world, "idp-nonprod-1", &token)
    };
    let alive = Ok("sso:ada-example.com".to_owned());
    assert_eq!(asks(), alive);
    assert_eq!(world.control().calls("GetCallerIdentity"), 0);
    world.control().forget_role_credentials();
    assert_eq!(asks(), alive, "they were checked and renewed");
    assert_eq!(world.control().calls("GetRoleCredentials"), 1);
    // A cluster that refuses for reasons of its own makes no storm.
    let checks = world.control().calls("GetCallerIdentity");
    for _ in 0..3 {
        assert_eq!(asks(), alive);
    }
    assert_eq!(world.control().calls("GetRoleCredentials"), 1);
    assert_eq!(world.control().calls("GetCallerIdentity"), checks);
    // Whoever is no client of a cluster is not doubted.
    world.control().forget_role_credentials();
    world.run("token idp-dev").success();
    world.run("token idp-dev").success();
    assert_eq!(world.control().calls("GetRoleCredentials"), 1);
}

#[test]
fn a_cluster_that_has_moved_is_found_and_the_line_that_repairs_kubectl_is_printed() {
    let world = World::signed_in();
    let now = world.sandbox.kube_endpoint("idp-nonprod-1").expect("a cluster");
    for file in [".cache/nsaccess/v1/clusters/idp-dev.json", ".kube/config"] {
        let text = world.read(file);
        assert!(text.contains(&now), "{text}");
        world.write(file, text.replace(&now, "https://127.0.0.1:1"));
    }
    world.run("pods web-0").success().says("has moved").says("nsaccess kubeconfig idp-dev");
    world.run("kubeconfig idp-dev").success();
    assert!(world.read(".kube/config").contains(&now));
    world.run("pods web-0").success().says_not("has moved");
    // Where kubectl goes already, there is nothing to update.
    let known = world.read(".cache/nsaccess/v1/clusters/idp-dev.json");
    let stale = known.replace(&now, "https://127.0.0.1:1");
    world.write(".cache/nsaccess/v1/clusters/idp-dev.json", &stale);
    world.run("pods web-0").success().says_not("has moved");
    // A forward goes where the pod was found.
    world.write(".cache/nsaccess/v1/clusters/idp-dev.json", &stale);
    assert_eq!(Forward::start(&world, "pod/web-0 :8080", 1).body("/name"), "web-0\n");
}
