//! `assume-irsa --profile`: what it writes, what it leaves alone, and what takes it away again.

use crate::assume_irsa::ACCOUNT;
use crate::assume_irsa_rights::{VIEW, with_tokens};
use crate::support::World;
use crate::support::forward::world_with;

const CONFIG: &str = ".aws/config";

#[test]
fn a_profile_is_written_once_and_everything_else_stays() {
    let world = World::signed_in();
    let before = format!("# mine\r\n[default]\nregion = r\n\n{}; end", world.read(CONFIG));
    world.write(CONFIG, &before);
    world
        .run("assume-irsa ledger-0 --profile")
        .success()
        .says("profile idp-irsa-idp-dev-ledger for the role")
        .says("Use it:  aws --profile idp-irsa-idp-dev-ledger sts get-caller-identity");
    let after = world.read(CONFIG);
    let block = format!(
        "[profile idp-irsa-idp-dev-ledger]\nsource_profile = idp-ns-idp-dev\nrole_arn = arn:aws:iam::{ACCOUNT}:role/idp-demo-ledger\nrole_session_name = ada@example.com\nregion = eu-west-1"
    );
    assert!(after.starts_with(&before) && after.ends_with(&block), "{after}");
    world.run("assume-irsa ledger-0 --profile").success().says("(unchanged)");
    assert_eq!(world.read(CONFIG), after);
    let json = world.run("assume-irsa ledger-0 --profile -o json").success().json();
    assert_eq!((&json["profile"], &json["changed"]), (&"idp-irsa-idp-dev-ledger".into(), &false.into()));
    world.run("assume-irsa ledger-0 --profile --duration 15m").success();
    assert!(world.read(CONFIG).ends_with("duration_seconds = 900"), "{}", world.read(CONFIG));
}

#[test]
fn by_a_token_the_profile_runs_us() {
    let world = with_tokens();
    world.run("assume-irsa job/reports --profile").success();
    let text = world.read(CONFIG);
    let (_, block) = text.split_once("[profile idp-irsa-idp-dev-reports]\n").expect("the profile");
    let (key, command) = block.lines().next().and_then(|line| line.split_once(" = ")).expect("a key");
    assert_eq!(key, "credential_process");
    let words = command.split_once("/nsaccess ").expect("our program").1;
    assert_eq!(
        words,
        format!(
            "assume-irsa sa/reports --role-arn arn:aws:iam::{ACCOUNT}:role/idp-demo-reports --via token -n idp-dev -o json"
        )
    );
    // What it says is what works, with the pods gone and from the cache.
    world.control().reset_calls();
    assert!(world.run(words).success().json()["SessionToken"].is_string());
    assert_eq!(world.control().counts().len(), 0, "{:?}", world.control().counts());
    // The other way takes its place, and what others wrote there stays.
    world.write(CONFIG, format!("{}output = json\n", world.read(CONFIG)));
    assert!(world.control().edit_role(ACCOUNT, "idp-demo-reports", |role| {
        *role = role.clone().trusting(sandbox::iam::trust_permission_set(ACCOUNT, "idp-ns-idp-dev"));
    }));
    world.run("assume-irsa job/reports --profile --via sts").success();
    let text = world.read(CONFIG);
    let (_, block) = text.split_once("[profile idp-irsa-idp-dev-reports]\n").expect("the profile");
    assert!(!block.contains("credential_process") && block.contains("output = json\n"), "{text}");
    assert!(block.contains("source_profile = idp-ns-idp-dev\n"), "{text}");
}

#[test]
fn containers_with_roles_of_their_own_get_profiles_of_their_own() {
    let world = world_with(VIEW);
    world.run("assume-irsa deploy/gateway -c audit --profile").success().says("idp-irsa-idp-dev-gateway-audit");
    world.run("assume-irsa sa/gateway --profile").success();
    let role = format!("arn:aws:iam::{ACCOUNT}:role/idp-demo-billing");
    world.run(&format!("assume-irsa --role-arn {role} --profile")).success();
    let text = world.read(CONFIG);
    for name in ["gateway-audit", "gateway", "idp-demo-billing"] {
        assert_eq!(text.matches(&format!("[profile idp-irsa-idp-dev-{name}]\n")).count(), 1, "{name}\n{text}");
    }
    // A profile that changes its role says so.
    world
        .run(&format!("assume-irsa sa/gateway --role-arn {role} --profile"))
        .success()
        .says("used the role arn:aws:iam");
}

#[test]
fn a_profile_of_that_name_that_is_somebody_elses_is_left_alone() {
    let world = World::signed_in();
    let own = world.read(CONFIG);
    for foreign in ["sso_session = nsaccess", "aws_access_key_id = AKIA", "source_profile = other"] {
        let text = format!("{own}\n[profile idp-irsa-idp-dev-ledger]\n{foreign}\n");
        world.write(CONFIG, &text);
        let refused = world.run("assume-irsa ledger-0 --profile").exits(2).one_error();
        refused.says("is not ours to change").says("try: ${EDITOR:-vi} +");
        assert_eq!(world.read(CONFIG), text);
    }
}

#[test]
fn a_role_that_is_refused_leaves_no_profile() {
    let world = with_tokens();
    let before = world.files();
    world.run("assume-irsa job/reports --profile --via sts").exits(4).one_error();
    assert_eq!(world.files(), before);
}

#[test]
fn the_namespaces_own_profile_is_written_where_it_is_missing() {
    let world = World::signed_in();
    let config = world.read(CONFIG);
    let (session, _) = config.split_once("\n[profile ").expect("a session");
    world.write(CONFIG, session);
    world.run("config set namespace.idp-dev.account 111122223333").success();
    world.run("assume-irsa ledger-0 --profile").success();
    assert!(
        world.read(CONFIG).contains("[profile idp-ns-idp-dev]\nsso_session = nsaccess\n"),
        "{}",
        world.read(CONFIG)
    );
}

#[test]
fn a_purge_takes_the_profiles_of_roles_along() {
    let world = with_tokens();
    world.run("assume-irsa sa/ledger --profile").success();
    world.run("assume-irsa job/reports --profile").success();
    let own = "\n[profile mine]\nsource_profile = elsewhere\nrole_arn = arn:aws:iam::1:role/x\n";
    world.write(CONFIG, format!("{}{own}", world.read(CONFIG)));
    world.run("logout --purge").success();
    let text = world.read(CONFIG);
    assert!(!text.contains("idp-") && text.contains("[profile mine]\nsource_profile = elsewhere"), "{text}");
}
