//! Without a terminal nobody is there: `login` alone starts a sign-in then, because that is what it is run for.

use crate::support::World;
use crate::token::over;

/// Every verb that needs a session, with what makes it need one now.
const VERBS: [&str; 21] = [
    "list --refresh",
    "kubeconfig idp-test",
    "kubeconfig idp-dev --refresh",
    "kubeconfig idp-dev --refresh --print",
    "token idp-dev",
    "credentials idp-dev",
    "credentials idp-dev --export",
    "exec -n idp-dev -- true",
    "shell idp-dev",
    "console idp-unknown --print",
    "assume-irsa ledger-0 -n idp-dev",
    "can-i -n idp-dev",
    "whoami -n idp-dev",
    "pods -n idp-dev",
    "logs web-0 -n idp-dev",
    "port-forward web-0 8080 -n idp-dev",
    "secrets list -n idp-dev",
    "secrets get api-key -n idp-dev",
    "secrets diff api-key -n idp-dev",
    "secrets exec api-key -n idp-dev -- true",
    "secrets versions api-key -n idp-dev",
];

#[test]
fn no_verb_but_login_starts_a_sign_in() {
    let world = over();
    for verb in VERBS {
        let output = world.run(verb).exits(3).one_error();
        let hint = output
            .stderr
            .lines()
            .find(|line| line.starts_with("try: nsaccess "))
            .unwrap_or_else(|| panic!("{}", output.transcript()));
        assert!(!hint.contains("NAMESPACE"), "{verb}: {}", output.transcript());
    }
    for asked in ["StartDeviceAuthorization", "RegisterClient", "CreateToken:device_code"] {
        assert_eq!(world.control().calls(asked), 0, "{asked}");
    }
    assert!(!world.exists("opened"), "a browser was opened");
    world.run("login idp-dev").success().says("    code   CODE");
    assert_eq!(world.control().calls("StartDeviceAuthorization"), 1);
}

#[test]
fn a_first_list_says_where_it_may_sign_in() {
    let world = World::new();
    let (start_url, region) = (world.sandbox.start_url(), world.sandbox.sso_region());
    let list = format!("list --start-url {start_url} --sso-region {region}");
    world
        .run(&list)
        .exits(3)
        .one_error()
        .says("because: you have not signed in yet")
        .says("try: run the same command on a terminal");
    assert_eq!(world.control().counts().len(), 0);
    let (child, person) = world.nsaccess(&list).on_terminal();
    person.sees_the_end();
    let output = child.wait_with_output().expect("its end");
    assert!(output.status.success() && String::from_utf8_lossy(&output.stdout).contains("idp-dev"), "{output:?}");
}
