//! No secret leaves by any door but its own. Every other test's output is searched too (`support/world.rs`); here every
//! verb runs with all it can say.

use crate::sign_in::age_token;
use crate::support::World;
use crate::token::age_credentials;

#[test]
fn no_verb_shows_a_secret_however_talkative() {
    let world = World::new();
    world.login("idp-dev -vv").run().success();
    let secrets = world.secrets();
    assert!(secrets.len() >= 5, "access, refresh, client secret, secret key, session token: {}", secrets.len());
    for words in [
        "login idp-dev -vv",
        "login idp-test -vv -o json",
        "status -vv",
        "status -vv -o json",
        "status -vv -o yaml",
        "list -vv --refresh",
        "list -vv -o json",
        "use idp-dev -vv",
        "kubeconfig idp-dev -vv",
        "kubeconfig idp-dev --print -vv",
        "config -vv",
        "token idp-dev -vv",
        "credentials idp-dev -vv",
        "credentials idp-dev --export -vv",
        "console idp-dev -vvv",
        "secrets list -vvv",
        "secrets list --all -vvv -o json",
        "secrets get billing/database -vvv",
        "secrets get billing/database -vvv -o env",
        "secrets versions billing/database -vvv -o json",
        "secrets describe billing/database -vvv",
        "secrets diff billing/database -vvv -o json",
        "secrets exec billing/database -vvv -- true",
        "assume-irsa ledger-0 -vvv",
        "assume-irsa ledger-0 -vvv -o json",
        "assume-irsa ledger-0 --profile -vvv",
        "assume-irsa ledger-0 -vvv -- true",
        "exec -n idp-dev -vvv -- true",
        "exec -n idp-dev --irsa ledger-0 -vvv -- true",
        "can-i -vvv",
        "whoami -vvv",
        "pods web-0 -vvv",
        "port-forward web-0 :8080 -vvv -- true",
    ] {
        world.run(words).success();
    }
    for words in
        ["secrets get locked -vvv", "secrets get nothing -vvv", "secrets get old-token -vvv", "secrets get x/../y -vvv"]
    {
        let output = world.nsaccess(words).run_trusted();
        world.check_secrets(&output, false);
        assert_ne!(output.status, "0", "{}", output.transcript());
    }
    age_token(&world);
    age_credentials(&world, "idp-dev");
    world.run("token idp-dev -vv").success().says("renewing the session");
    world.control().expire_access_tokens();
    world.control().revoke_refresh_tokens();
    age_credentials(&world, "idp-dev");
    world.run("token idp-dev -vv").exits(3);
    world.run("login idp-dev --force -vv").success();
    world.control().fail_next("GetRoleCredentials", 9, sandbox::FaultKind::CutMidBody);
    age_credentials(&world, "idp-dev");
    world.run("token idp-dev -vv").exits(6);
    world.run("logout -vv -o json").success();
}

#[test]
fn the_search_for_secrets_finds_one() {
    let world = World::signed_in();
    let output = world.nsaccess("credentials idp-dev").run_trusted().success();
    let found = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| world.check_secrets(&output, false)));
    assert!(found.is_err(), "the secret key is in the output, and the search does not see it");
}

#[test]
fn the_files_of_others_hold_no_secret() {
    let world = World::signed_in();
    for name in [".aws/config", ".kube/config", ".config/nsaccess/config.toml"] {
        let text = world.read(name);
        assert!(world.secrets().iter().all(|secret| !text.contains(secret)), "{name}");
    }
}
