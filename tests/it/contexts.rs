//! `list`, `use`, `status`, `logout`: what is there, which one counts, and the end of it.

use crate::sign_in::age_token;
use crate::support::World;

#[test]
fn list_shows_what_the_portal_gives_and_what_is_set_up() {
    let world = World::signed_in();
    world.run("list").is("NAMESPACE  ACCOUNT       ACCOUNT NAME  SET UP  NOTES
idp-dev    111122223333  idp-nonprod   yes
idp-test   111122223333  idp-nonprod   -
shop-dev   111122223333  idp-nonprod   -
idp-prod   444455556666  idp-prod      -       PRODUCTION
shop-dev   777788889999  shop          -
------- stderr -------
not for a namespace: ReadOnly
hint: nsaccess list --all   # lists them, with a login for each
[exit status: 0]
");
}

#[test]
fn list_says_when_its_answer_is_old() {
    let world = World::signed_in();
    world.run("list --refresh").success().says_not("--refresh");
    let folder = std::fs::read_dir(world.path(".cache/nsaccess/v1/portal")).expect("the folder");
    let files: Vec<_> = folder.map(|entry| entry.expect("an entry").path()).collect();
    let [file] = files.as_slice() else { panic!("{files:?}") };
    let age = |hours: i64| {
        let mut list: serde_json::Value =
            serde_json::from_slice(&std::fs::read(file).expect("the list")).expect("JSON");
        let read_at = jiff::Timestamp::now() - jiff::SignedDuration::from_hours(hours);
        list["read_at"] = read_at.to_string().into();
        std::fs::write(file, list.to_string()).expect("written");
    };
    age(3);
    world.run("list").success().says_not("--refresh");
    age(50);
    let hint = "hint: nsaccess list --refresh   # asks the portal again; its answer is 2d2h old\n";
    world.run("list").success().says(hint);
    world.run("list -q").success().says_not("--refresh");
    world.run("list -o json").success().says_not("--refresh");
    world.run("list --refresh").success().says_not("hint: nsaccess list --refresh");
    world.run("list").success().says_not("hint: nsaccess list --refresh");
}

#[test]
fn list_reads_the_portal_once_and_again_when_asked() {
    let world = World::signed_in();
    world.run("list").success();
    assert_eq!(world.control().calls("ListAccounts"), 0, "the login has read it");
    world.run("list --refresh").success();
    assert_eq!(world.control().calls("ListAccounts"), 1);
    let json = world.run("list -o json").success().json();
    assert_eq!(json[0]["namespace"], "idp-dev");
    assert_eq!((&json[0]["set_up"], &json[3]["production"]), (&true.into(), &true.into()));
    let names = world.run("list -o name").success();
    assert_eq!(names.stdout, "idp-dev\nidp-test\nshop-dev\nidp-prod\n");
    assert_eq!(world.run("status -o name").success().stdout, "idp-dev\n");
}

#[test]
fn use_switches_and_dash_goes_back() {
    let world = World::signed_in();
    world.run("login idp-test").success();
    world.run("use idp-dev").is("------- stderr -------\nswitched to idp-ns-idp-dev\n[exit status: 0]\n");
    assert!(world.read(".kube/config").contains("current-context: idp-ns-idp-dev\n"));
    world.run("use -").is("------- stderr -------\nswitched to idp-ns-idp-test\n[exit status: 0]\n");
    world.run("use -").is("------- stderr -------\nswitched to idp-ns-idp-dev\n[exit status: 0]\n");
    world.run("use idp-ns-idp-test").success();
    assert!(world.read(".kube/config").contains("current-context: idp-ns-idp-test\n"));
    assert_eq!(world.control().calls("CreateToken"), 0);
}

#[test]
fn dash_goes_back_to_a_context_that_is_not_ours() {
    let world = World::signed_in();
    let text = world.read(".kube/config");
    let text = text.replace("contexts:\n", "contexts:\n- name: mine\n  context:\n    cluster: c\n    user: u\n");
    world.write(".kube/config", text.replace("current-context: idp-ns-idp-dev", "current-context: mine"));
    world.run("use idp-dev").success();
    world.run("use -").success().says("switched to mine");
}

#[test]
fn use_without_what_it_needs_says_so() {
    let world = World::signed_in();
    world.run("use").exits(2).one_error().says("because: set up on this machine: idp-dev\ntry: nsaccess use NAMESPACE");
    world
        .run("use idp-dve")
        .exits(5)
        .one_error()
        .says("error: namespace \"idp-dve\" is not set up on this machine\n")
        .says("because: did you mean idp-dev?\ntry: nsaccess use idp-dev\n");
    let not_set_up = "error: namespace \"idp-prod\" is not set up on this machine\ntry: nsaccess login idp-prod\n";
    world.run("use idp-prod").exits(5).one_error().says(not_set_up);
    World::new().run("use -").exits(5).one_error().says("no previous context");
    World::new().run("use").exits(5).one_error().says("try: nsaccess login   # signs in and lists");
}

#[test]
fn use_on_a_terminal_lets_the_person_choose() {
    let world = World::signed_in();
    world.run("login idp-test").success();
    let (child, mut person) = world.nsaccess("use").on_terminal();
    person.sees("Switch to which namespace?");
    person.types("idp-d\r");
    let screen = person.sees_the_end();
    assert!(child.wait_with_output().expect("its end").status.success(), "{screen}");
    assert!(screen.contains("idp-test (current)") && screen.contains("idp-prod  PRODUCTION (not set up)"), "{screen}");
    assert!(world.read(".kube/config").contains("current-context: idp-ns-idp-dev\n"), "{screen}");
}

#[test]
fn use_on_a_terminal_sets_up_what_is_not_if_the_person_wants_it() {
    let world = World::signed_in();
    let (child, mut person) = world.nsaccess("use idp-prod").on_terminal();
    person.sees("idp-prod is not set up. Set it up now?");
    person.types("\r");
    let screen = person.sees_the_end();
    assert_eq!(child.wait_with_output().expect("its end").status.code(), Some(5), "{screen}");
    let (child, mut person) = world.nsaccess("use -o json").on_terminal();
    person.sees("Switch to which namespace?");
    person.types("idp-prod\r");
    person.sees("Set it up now?");
    person.types("y\r");
    let screen = person.sees_the_end();
    let output = child.wait_with_output().expect("its end");
    assert!(output.status.success(), "{screen}");
    let json: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!((&json["context"], &json["previous"]), (&"idp-ns-idp-prod".into(), &"idp-ns-idp-dev".into()));
    assert!(world.read(".kube/config").contains("current-context: idp-ns-idp-prod\n"), "{screen}");
}

#[test]
fn leaving_the_choice_changes_nothing_and_is_130() {
    let world = World::signed_in();
    world.run("login idp-test").success();
    let before = world.files();
    let (child, mut person) = world.nsaccess("use").on_terminal();
    person.sees("Switch to which namespace?");
    person.types("\u{3}");
    let screen = person.sees_the_end();
    assert_eq!(child.wait_with_output().expect("its end").status.code(), Some(130), "{screen}");
    assert_eq!(world.files(), before);
}

#[test]
fn status_works_offline() {
    let mut world = World::signed_in();
    world.run("login idp-test --no-switch").success();
    world.go_offline();
    world.control().reset_calls();
    world.run("status").is("Session          signed in until TIME, renewed automatically
Portal           https://sandbox.awsapps.com/start
Current context  idp-ns-idp-dev

   NAMESPACE  ACCOUNT       ROLE             CLUSTER        CREDENTIALS
*  idp-dev    111122223333  idp-ns-idp-dev   idp-nonprod-1  until TIME
   idp-test   111122223333  idp-ns-idp-test  idp-nonprod-1  until TIME
[exit status: 0]
");
    assert_eq!(world.control().counts().len(), 0);
}

#[test]
fn status_check_answers_with_its_exit_code() {
    let world = World::signed_in();
    world.run("status --check").success();
    age_token(&world);
    world.run("status --check").success().says_not("error");
    world.run("logout").success();
    world.run("status --check").exits(3).one_error().says("try: nsaccess login");
    World::new().run("status --check").exits(3);
    let fresh = World::new();
    fresh.run("status").success().prints("not signed in: no start URL configured").says("hint: nsaccess login   #");
    fresh.run("status --check").exits(3).one_error().says("try: nsaccess login   #");
    world.run("status nope").exits(5).one_error().says("error: namespace \"nope\" is not set up on this machine");
}

#[test]
fn status_as_json() {
    let world = World::signed_in();
    let json = world.run("status -o json").success().json();
    assert_eq!(json["session"]["state"], "signed_in");
    assert_eq!(json["current_context"], "idp-ns-idp-dev");
    assert_eq!(json["namespaces"][0]["namespace"], "idp-dev");
    assert_eq!(json["namespaces"][0]["current"], true);
    assert_eq!(json["namespaces"][0]["cluster"], "idp-nonprod-1");
    let yaml = world.run("status -o yaml").success();
    assert!(yaml.stdout.contains("current_context: idp-ns-idp-dev\n"), "{}", yaml.stdout);
}

#[test]
fn logout_ends_the_session_everywhere_and_keeps_the_contexts() {
    let world = World::signed_in();
    let (kube, aws) = (world.read(".kube/config"), world.read(".aws/config"));
    world.run("logout").is("------- stderr -------
signed out of https://sandbox.awsapps.com/start
removed cached credentials for idp-dev
[exit status: 0]
");
    assert_eq!(world.control().calls("Logout"), 1);
    assert!(world.token_file().is_none());
    assert!(!world.exists(".cache/nsaccess/v1/credentials/idp-dev.json"));
    assert_eq!((world.read(".kube/config"), world.read(".aws/config")), (kube, aws));
    world.run("logout").is("------- stderr -------
not signed in to https://sandbox.awsapps.com/start
[exit status: 0]
");
    world.run("status").success().prints("Session          signed out\n");
    let session = &world.run("status -o json").success().json()["session"];
    assert_eq!((&session["state"], &session["reason"]), (&"signed_out".into(), &serde_json::Value::Null));
    world.run("login idp-dev").success();
    world.run("status").success().prints("Session          signed in until");
}

#[test]
fn logout_where_nobody_ever_signed_in_is_no_failure_and_asks_nothing() {
    let world = World::new();
    world.run("logout").is("------- stderr -------\nnot signed in\n[exit status: 0]\n");
    let (child, person) = world.nsaccess("logout").on_terminal();
    assert_eq!(person.sees_the_end(), "not signed in\r\n");
    assert!(child.wait_with_output().expect("its end").status.success());
    assert_eq!(world.run("logout -o json").success().json(), serde_json::json!([]));
    assert!(world.files().names().is_empty(), "{:?}", world.files().names());
}

#[test]
fn logout_without_a_default_names_the_sessions_that_there_are() {
    let world = World::signed_in();
    let other = "\n[sso-session other]\nsso_start_url = https://other.awsapps.com/start\nsso_region = us-east-1\n";
    world.write(".aws/config", world.read(".aws/config") + other);
    world.run("config unset start_url").success();
    world.run("config unset sso_region").success();
    world.write(".kube/config", "");
    world
        .run("logout")
        .exits(2)
        .one_error()
        .says("because: signed in to https://sandbox.awsapps.com/start ([sso-session nsaccess])\n")
        .says("try: nsaccess logout --start-url https://sandbox.awsapps.com/start\n");
}

#[test]
fn logout_without_a_network_signs_out_here_and_says_what_is_left() {
    let mut world = World::signed_in();
    world.go_offline();
    world.run("logout").success().says("warning: cannot end the session at the portal");
    assert!(world.token_file().is_none());
}

#[test]
fn logout_all_ends_every_session_of_the_aws_config() {
    let world = World::signed_in();
    let mut config = world.read(".aws/config");
    config.push_str("\n[sso-session other]\nsso_start_url = https://other.awsapps.com/start\nsso_region = us-east-1\n");
    world.write(".aws/config", config);
    world.run("logout --all").is("------- stderr -------
signed out of https://sandbox.awsapps.com/start
removed cached credentials for idp-dev
not signed in to https://other.awsapps.com/start
[exit status: 0]
");
}

#[test]
fn logout_purge_removes_what_was_written_and_nothing_else() {
    let world = World::new();
    let aws = "# mine\n[default]\nregion = eu-north-1\n";
    let kube = "# mine\napiVersion: v1\nkind: Config\nclusters: []\nusers: []\ncontexts: []\n";
    world.write(".aws/config", aws);
    world.write(".kube/config", kube);
    world.login("idp-dev").run().success();
    world.run("login idp-test").success();
    world.run("logout --purge").success().says("removed contexts and profiles: idp-ns-idp-dev, idp-ns-idp-test");
    assert_eq!(world.read(".aws/config"), aws);
    assert_eq!(world.read(".kube/config"), format!("{kube}current-context: \"\"\n"));
}

#[test]
fn a_purge_that_cannot_remove_everything_removes_the_rest_and_says_what_is_left() {
    let world = World::signed_in();
    world.run("login idp-test").success();
    let own = "\n[profile mine]\nrole_arn = arn:aws:iam::111122223333:role/x\nsource_profile = idp-ns-idp-dev\n";
    let text = format!("{}{own}", world.read(".aws/config"));
    world.write(".aws/config", &text);
    let kube = world.read(".kube/config");
    world
        .run("logout --purge")
        .exits(2)
        .says("signed out of")
        .says("removed contexts and profiles: idp-ns-idp-test")
        .says("error: signed out, but not removed: idp-ns-idp-dev")
        .says("[profile mine] still needs [profile idp-ns-idp-dev]");
    let left = world.read(".aws/config");
    assert!(left.contains("[profile idp-ns-idp-dev]") && !left.contains("[profile idp-ns-idp-test]"), "{left}");
    let contexts = world.read(".kube/config");
    assert!(contexts.contains("name: idp-ns-idp-dev\n") && !contexts.contains("name: idp-ns-idp-test\n"), "{kube}");
}

#[test]
fn a_purge_takes_the_session_that_was_named_after_the_host_because_its_name_was_taken() {
    let world = World::new();
    let aws = "[sso-session nsaccess]\nsso_start_url = https://other.awsapps.com/start\nsso_region = us-east-1\n";
    world.write(".aws/config", aws);
    world.login("idp-dev").run().success();
    assert_eq!(world.read(".aws/config").matches("[sso-session ").count(), 2);
    world.run("logout --purge").success();
    assert_eq!(world.read(".aws/config"), aws);
}

#[test]
fn a_purge_leaves_a_session_that_was_there_before() {
    let world = World::new();
    let aws = format!(
        "[sso-session corp]\nsso_start_url = {}\nsso_region = {}\nsso_registration_scopes = sso:account:access\n",
        world.sandbox.start_url(),
        world.sandbox.sso_region()
    );
    world.write(".aws/config", &aws);
    world.login("idp-dev").run().success();
    world.run("logout --purge").success();
    assert_eq!(world.read(".aws/config"), aws);
}

#[test]
fn a_line_that_cannot_be_read_keeps_nobody_from_signing_out() {
    let world = World::signed_in();
    let mut bytes = b"[default]\nregion = eu-\xff\n\n".to_vec();
    bytes.extend(world.read(".aws/config").as_bytes());
    std::fs::write(world.path(".aws/config"), &bytes).expect("written");
    world.run("logout").success().says("warning: ").says("signed out of");
    assert_eq!(std::fs::read(world.path(".aws/config")).expect("read"), bytes);
    world.write(".aws/config", "what is this\n");
    world.run("logout --all").success();
}

#[test]
fn what_is_not_known_is_null_in_json_and_a_dash_on_the_screen() {
    let world = World::new();
    let json = world.run("status -o json").success().json();
    assert!(json["current_context"].is_null() && json["session"]["start_url"].is_null(), "{json}");
    world.write(".aws/config", "[profile idp-ns-idp-dev]\nsso_session = gone\n");
    let json = world.run("status -o json").success().json();
    for field in ["account", "role", "cluster", "credentials_expire_at"] {
        assert!(json["namespaces"][0][field].is_null(), "{field}: {json}");
    }
    let screen = world.run("status").success().stdout.clone();
    assert!(screen.contains("idp-dev    -        -     -        none         no context"), "{screen}");
}

#[test]
fn a_logout_that_meant_another_session_says_which_are_left() {
    let mut world = World::signed_in();
    world.set("KUBECONFIG", "/nowhere/at/all");
    world.set("NSACCESS_START_URL", "https://other.awsapps.com/start");
    world.set("NSACCESS_SSO_REGION", "us-east-1");
    world
        .run("logout")
        .success()
        .says("not signed in to https://other.awsapps.com/start")
        .says("warning: still signed in to https://sandbox.awsapps.com/start ([sso-session nsaccess])")
        .says("hint: nsaccess logout --start-url https://sandbox.awsapps.com/start");
    world.run("logout --all").success().says("signed out of https://sandbox.awsapps.com/start");
    world.run("logout").success().says_not("still signed in");
}

#[test]
fn a_namespace_without_its_context_is_told_how_to_get_it_back() {
    let world = World::signed_in();
    world.run("kubeconfig idp-dev --remove").success();
    let refused = world.run("use idp-dev").exits(5).one_error();
    refused.says("has no context in your kubeconfig\ntry: nsaccess kubeconfig idp-dev --switch");
    world.run("kubeconfig idp-dev --switch").success().says("switched to idp-ns-idp-dev");
    world.run("use idp-dev").success();
}

#[test]
fn who_is_signed_out_is_told_how_to_sign_in() {
    let world = World::signed_in();
    world.run("logout").success();
    world.run("status").success().says("hint: nsaccess login idp-dev");
}
