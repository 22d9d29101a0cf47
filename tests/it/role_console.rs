//! `console` for credentials that no portal gives: a sign-in by the federation endpoint.

use sandbox::FaultKind;

use crate::support::World;
use crate::support::corp::{PLACE, USER, corp, logged_in};
use crate::support::forward::CLUSTER;
use crate::support::http;

/// Opens an address as a browser does. Returns where it leads.
fn follow(url: &str) -> String {
    let answer = http::get(url);
    assert_eq!(answer.status, 302, "{}", answer.body);
    answer.header("location").expect("a page").to_owned()
}

/// The token for a sign-in in what a command printed.
fn token(output: &str) -> String {
    output.trim().split_once("&SigninToken=").expect("a token").1.to_owned()
}

#[test]
fn the_address_signs_in_as_the_role_and_leads_to_the_page() {
    let world = logged_in();
    let output = world.nsaccess("console idp-dev --service eks").run().success();
    let output = output.says("Anyone who opens this URL is signed in (valid for 15 minutes):");
    let page = "https://eu-west-1.console.aws.amazon.com/eks/clusters/idp-nonprod-1?region=eu-west-1";
    assert_eq!(follow(output.stdout.trim()), page);
    let sign_ins = world.control().console_sign_ins();
    assert_eq!(sign_ins.len(), 1);
    assert_eq!(sign_ins[0].caller_arn, "arn:aws:sts::111122223333:assumed-role/k8s-devs-role/ada");
    assert_eq!(sign_ins[0].destination, page);
    assert_eq!(world.control().calls("AssumeRole"), 0, "the session is the one that is kept");
    let json = world.run("console idp-dev -o json").success().json();
    assert_eq!((json["role"].as_str(), json["account"].as_str()), (Some("k8s-devs-role"), Some("111122223333")));
    assert_eq!(
        follow(json["url"].as_str().expect("an address")),
        "https://eu-west-1.console.aws.amazon.com/console/home?region=eu-west-1"
    );
}

#[test]
fn a_browser_gets_the_address_and_the_screen_does_not() {
    let world = logged_in();
    let seen = world.path("opened");
    let browser = world.script("browser", &format!("printf %s \"$1\" > {}", seen.display()));
    let invocation = world.nsaccess("console idp-dev -vvv").env("BROWSER", &browser);
    let (child, person) = invocation.on_screen();
    let screen = person.sees_the_end();
    assert!(child.wait_with_output().expect("our own child").status.success(), "{screen}");
    assert!(screen.contains("opened the AWS console of account 111122223333 as k8s-devs-role"), "{screen}");
    let url =
        crate::support::until("the browser", || std::fs::read_to_string(&seen).ok().filter(|text| !text.is_empty()));
    assert!(!screen.contains(&token(&url)) && !screen.contains("SigninToken"), "{screen}");
    assert!(follow(&url).starts_with("https://eu-west-1.console.aws.amazon.com/"));
}

#[test]
fn credentials_that_aws_no_longer_takes_are_fetched_anew() {
    let world = logged_in();
    world.control().forget_role_credentials();
    let output = world.run("console idp-dev").success();
    follow(output.stdout.trim());
    assert_eq!(world.control().calls("AssumeRole"), 1);
}

#[test]
fn a_session_of_a_user_is_told_what_aws_takes() {
    let world = corp();
    let users = format!("- userarn: {USER}\n  username: ada\n  groups: [idp-ns-idp-dev]\n");
    assert!(world.control().set_map_users_text(CLUSTER, &users));
    world.run(&format!("login idp-dev --source-profile corp {PLACE}")).success();
    world
        .run("console")
        .exits(4)
        .one_error()
        .says("error: cannot open the AWS console as the user ada")
        .says("AWS signs in sessions of roles to the console")
        .says("try: sign in as ada, with the password: https://111122223333.signin.aws.amazon.com/console")
        .says("try: nsaccess login idp-dev --as NAME --role-arn ARN --source-profile corp");
    assert_eq!(world.control().calls("GetSigninToken"), 0);
}

fn refused(world: &World, fault: FaultKind) -> crate::support::output::Output {
    world.control().fail_next("GetSigninToken", 5, fault);
    let output = world.run("console idp-dev -vvv");
    world.control().clear_faults();
    assert!(!output.transcript().contains("Session="), "{}", output.transcript());
    output
}

#[test]
fn what_the_endpoint_says_is_said_without_the_session() {
    let world = logged_in();
    let no = FaultKind::Error { status: 400, code: "x".to_owned(), message: "no".to_owned() };
    refused(&world, no).exits(4).one_error().says("error: AWS rejected the sign-in to the console");
    refused(&world, FaultKind::Garbage).exits(6).one_error().says("getSigninToken");
    let unreachable = world.control();
    unreachable.reachable("signin", false);
    let output = world.run("console idp-dev -vvv");
    assert!(!output.transcript().contains("Session="), "{}", output.transcript());
    output.exits(6).one_error();
}
