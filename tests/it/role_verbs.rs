//! The verbs with an access by a role: the same as with a permission set.

use crate::support::World;
use crate::support::corp::{PLACE, ROLE, USER, by_role, corp, logged_in, map, role};
use crate::support::forward::CLUSTER;
use crate::token::age_credentials;

const SESSION: &str = "arn:aws:sts::111122223333:assumed-role/k8s-devs-role/ada";

/// Ada, logged in to `idp-dev` as herself.
fn as_user() -> World {
    let world = corp();
    let users = format!("- userarn: {USER}\n  username: ada\n  groups: [idp-ns-idp-dev]\n");
    assert!(world.control().set_map_users_text(CLUSTER, &users));
    world.run(&format!("login idp-dev --source-profile corp {PLACE}")).success();
    world.control().reset_calls();
    world
}

#[test]
fn what_a_role_may_is_asked_and_shown() {
    let world = logged_in();
    world.run("whoami -o wide").success().prints(SESSION).prints("developer");
    world.run("can-i get pods").success();
    world.run("can-i").success().prints("as k8s-devs-role");
    world.run("pods web-0").success().prints("web-0");
    assert_eq!(world.control().calls("AssumeRole"), 0);
}

#[test]
fn ports_secrets_and_roles_of_workloads_work() {
    let world = logged_in();
    world.run("port-forward web-0 :8080 -- true").success();
    world.run("secrets list").success().prints("billing/database");
    world.run("secrets get billing/database").success();
    world.run("secrets exec billing/database -- true").success();
    crate::assume_irsa::add_pod(&world, "billing-x");
    world.control().edit_role("111122223333", "billing-x", |workload| {
        *workload = workload.clone().trusting(sandbox::iam::trust_principal(ROLE));
    });
    let session = "arn:aws:sts::111122223333:assumed-role/billing-x/ada";
    world.run("assume-irsa billing-x-0").success().prints(session);
    world.run("assume-irsa billing-x-0 --profile").success();
}

#[test]
fn children_act_as_the_role() {
    let world = logged_in();
    let shown = world.nsaccess("exec -- env").run_trusted().success();
    for line in
        ["NSACCESS_INSIDE=idp-dev\n", "AWS_REGION=eu-west-1\n", "AWS_ACCOUNT_ID=111122223333\n", "AWS_SESSION_TOKEN="]
    {
        assert!(shown.stdout.contains(line), "{line}\n{}", shown.stdout);
    }
    let user = as_user();
    let shown = user.nsaccess("exec -- env").run_trusted().success();
    assert!(shown.stdout.contains("AWS_SESSION_TOKEN="), "a session, not the keys");
}

#[test]
fn programs_get_credentials_and_contexts() {
    for world in [logged_in(), as_user()] {
        let given = world.run("credentials").success().json();
        assert!(given["SessionToken"].is_string() && given["Expiration"].is_string());
        world.run("credentials --export").success().prints("export AWS_ACCESS_KEY_ID=");
        world.run("kubeconfig").success().says("context idp-ns-idp-dev unchanged");
        world.run("kubeconfig --print").success().prints("- idp-dev");
        std::fs::remove_file(world.path(".kube/config")).expect("removed");
        world.run("kubeconfig idp-dev").success();
        world.run("use idp-dev").success();
        world.run("config").success();
        assert_eq!(world.control().calls("StartDeviceAuthorization"), 0);
    }
}

#[test]
fn stale_credentials_are_assumed_anew_and_refused_ones_too() {
    let world = logged_in();
    age_credentials(&world, "idp-dev");
    std::fs::remove_dir_all(world.path(".aws/cli")).expect("removed");
    world.run("token idp-dev").success();
    assert_eq!(world.control().calls("AssumeRole"), 1);
    world.control().forget_role_credentials();
    world.run("whoami").success();
    assert_eq!(world.control().calls("AssumeRole"), 2);
}

#[test]
fn logout_forgets_the_credentials_of_the_role_in_use() {
    let world = logged_in();
    world.run("logout").success().says("removed cached credentials for idp-dev");
    let names = world.files().names();
    assert!(!names.iter().any(|name| name.starts_with(".aws/cli/cache/")), "the AWS CLI would go on: {names:?}");
    assert!(!names.iter().any(|name| name.starts_with(".cache/nsaccess/v1/credentials/")), "{names:?}");
    assert!(world.exists(".kube/config") && world.exists(".aws/config"));
    world.run("logout").success().says("no cached credentials for idp-dev");
    world.run("token idp-dev").success();
    assert_eq!(world.control().calls("AssumeRole"), 1);
}

#[test]
fn a_logout_of_the_portal_takes_the_roles_that_build_on_it() {
    let world = World::signed_in();
    let control = world.control();
    let trust = sandbox::iam::trust_permission_set("111122223333", "idp-ns-idp-dev");
    control.put_role(role("k8s-devs-role").trusting(trust));
    map(&world, ROLE);
    world.run(&format!("login two --role-arn {ROLE} --source-profile idp-ns-idp-dev {PLACE}")).success();
    world.run("token two").success();
    world
        .run("logout --start-url https://sandbox.awsapps.com/start")
        .success()
        .says("removed cached credentials for ")
        .says("two");
    control.reset_calls();
    world.run("token two").exits(3).one_error();
    assert_eq!(control.calls("AssumeRole"), 0);
}

#[test]
fn logout_takes_the_one_that_is_named_or_all() {
    let world = logged_in();
    world.control().put_role(role("other"));
    map(&world, "arn:aws:iam::111122223333:role/other");
    world.run(&format!("{} --as two", by_role("idp-dev", "arn:aws:iam::111122223333:role/other"))).success();
    world.run("logout -n idp-dev").success().says("removed cached credentials for idp-dev").says_not("two");
    world.run("logout --all").success().says("removed cached credentials for two");
}

#[test]
fn a_purge_takes_profile_context_and_settings() {
    let world = logged_in();
    world.run(&format!("{} --as two", by_role("idp-dev", ROLE))).success();
    assert!(world.exists(".config/nsaccess/config.toml"));
    world.run("logout -n two --purge").success().says("removed contexts and profiles: idp-ns-two");
    assert!(!world.read(".config/nsaccess/config.toml").contains("two"));
    assert!(!world.read(".aws/config").contains("two") && !world.read(".kube/config").contains("two"));
    assert!(world.read(".aws/config").contains("[profile idp-ns-idp-dev]"));
    world.run("logout -n idp-dev --purge").success();
    assert!(!world.read(".kube/config").contains("idp-ns-idp-dev"));
    let user = as_user();
    let credentials = user.read(".aws/credentials");
    user.run("logout --purge").success();
    assert_eq!(user.read(".aws/credentials"), credentials, "the person's own profile stays");
    assert!(!user.read(".config/nsaccess/config.toml").contains("source_profile"));
    assert!(!user.read(".kube/config").contains("idp-ns-idp-dev"));
}

#[test]
fn what_is_set_up_is_shown_without_any_portal() {
    let world = logged_in();
    let users = format!("- userarn: {USER}\n  username: ada\n  groups: [idp-ns-idp-test]\n");
    assert!(world.control().set_map_users_text(CLUSTER, &users));
    world.run(&format!("login idp-test --source-profile corp --no-switch {PLACE}")).success();
    world.control().reset_calls();
    let status = world.run("status").success();
    let status = status.prints("k8s-devs-role").prints("profile corp").prints("idp-nonprod-1").prints("until ");
    assert!(!status.stdout.contains("not signed in"), "{}", status.stdout);
    world.run("status --check").success();
    world.run("status idp-test").success().prints("profile corp");
    let list = world.run("list").success().prints("idp-dev").prints("idp-test").prints("(profile corp)");
    assert!(list.stdout.contains("yes"), "{}", list.stdout);
    assert_eq!(world.control().counts().len(), 0);
}
