//! When AWS or the cluster gives no usable answer: one clear error, the right exit code, and every file as it was.

use sandbox::FaultKind;

use crate::support::World;
use crate::token::age_credentials;

fn error(status: u16, code: &str) -> FaultKind {
    FaultKind::Error { status, code: code.to_owned(), message: "words of the service".to_owned() }
}

#[test]
fn a_portal_that_throttles_for_a_while_is_waited_for() {
    let world = World::signed_in();
    age_credentials(&world, "idp-dev");
    world.control().fail_next("GetRoleCredentials", 2, error(429, "TooManyRequestsException"));
    world.run("token idp-dev").success();
    assert_eq!(world.control().calls("GetRoleCredentials"), 3);
}

#[test]
fn a_portal_that_throttles_to_the_end_is_no_reason_to_sign_in() {
    let world = World::signed_in();
    age_credentials(&world, "idp-dev");
    world.control().fail_next("GetRoleCredentials", 99, error(429, "TooManyRequestsException"));
    world
        .run("login idp-dev")
        .exits(6)
        .one_error()
        .says("GetRoleCredentials returned TooManyRequestsException: words of the service")
        .says("try: wait a minute")
        .says_not("    code   ");
}

#[test]
fn answers_that_cannot_be_used_end_with_6_and_leave_the_files() {
    for (kind, words) in [
        (error(500, "InternalServerException"), "GetRoleCredentials returned InternalServerException: words"),
        (FaultKind::Garbage, "GetRoleCredentials got no usable response: the response is invalid"),
        (FaultKind::CutBefore, "GetRoleCredentials got no usable response:"),
        (FaultKind::CutAfter, "GetRoleCredentials got no usable response:"),
        (FaultKind::CutMidBody, "GetRoleCredentials got no usable response:"),
        (
            FaultKind::Body { status: 502, content_type: "text/html".into(), body: "<html>Bad Gateway</html>".into() },
            "GetRoleCredentials got no usable response: HTTP status 502",
        ),
        (
            FaultKind::Body { status: 200, content_type: "text/html".into(), body: "<html>Hotel Wi-Fi</html>".into() },
            "GetRoleCredentials got no usable response: received a web page instead of a response, from a proxy",
        ),
    ] {
        let world = World::signed_in();
        age_credentials(&world, "idp-dev");
        world.control().fail_next("GetRoleCredentials", 99, kind.clone());
        let before = world.files();
        let output = world.run("login idp-dev").exits(6).one_error().says(&format!("because: {words}"));
        let is_theirs =
            matches!(&kind, FaultKind::Error { .. } | FaultKind::Garbage | FaultKind::Body { status: 502, .. });
        output.says(if is_theirs { "try: wait a minute" } else { "try: check the network, HTTPS_PROXY" });
        assert_eq!(world.files(), before, "{kind:?}");
        world.control().clear_faults();
        world.run("token idp-dev").success();
    }
}

#[test]
fn a_sign_in_service_that_fails_is_named() {
    for (operation, kind, code) in [
        ("RegisterClient", error(500, "InternalServerException"), 6),
        ("RegisterClient", error(400, "InvalidClientMetadataException"), 1),
        ("StartDeviceAuthorization", FaultKind::Garbage, 6),
        ("CreateToken", FaultKind::Body { status: 400, content_type: "text/plain".into(), body: "no".into() }, 6),
    ] {
        let world = World::new();
        world.control().fail_next(operation, 99, kind);
        world
            .login("idp-dev")
            .run()
            .exits(code)
            .one_error()
            .says("error: cannot sign in")
            .says(&format!("because: {operation} "));
        assert!(!world.exists(".aws/config") && !world.exists(".kube/config"));
    }
}

#[test]
fn nothing_reachable_says_what_to_check() {
    let mut world = World::new();
    world.go_offline();
    world
        .login("idp-dev")
        .run()
        .exits(6)
        .one_error()
        .says("RegisterClient got no usable response: ")
        .says("try: check the network, HTTPS_PROXY and the region");
}

#[test]
fn a_first_login_whose_cluster_is_not_reached_writes_what_is_known_and_says_so() {
    let world = World::new();
    assert!(world.control().reachable("kube:idp-nonprod-1", false));
    world
        .login("idp-dev --cluster idp-nonprod-1")
        .run()
        .exits(6)
        .one_error()
        .says("✓ profile      idp-ns-idp-dev")
        .says("✓ context      idp-ns-idp-dev in ~/.kube/config, not made current")
        .says("idp-nonprod-1")
        .says("because: profile and context were written, but not verified and not made current");
    world.run("credentials idp-dev").success();
    assert!(world.control().reachable("kube:idp-nonprod-1", true));
    world.run("login idp-dev").success().says("now current");
}

#[test]
fn a_web_page_instead_of_a_cluster_is_named() {
    let world = World::signed_in();
    let page = FaultKind::Body { status: 200, content_type: "text/html".into(), body: "<html>Hotel</html>".into() };
    world.control().fail_next("get pods", 99, page);
    let output = world.run("pods web-0").exits(6).one_error();
    output.says("because: received a web page instead of a response").says_not("expected value");
}

#[test]
fn values_of_the_aws_configuration_are_checked_as_flags_are() {
    let world = World::signed_in();
    let good = world.read(".aws/config");
    for (key, value, why) in [
        ("sso_region", "eu-west-1 # home", "is not an AWS region such as eu-west-1; a comment needs a line of its own"),
        ("sso_account_id", "1111222233334", "is not an AWS account of 12 digits"),
        ("sso_role_name", "idp ns", "is not a permission set's name"),
        ("sso_start_url", "sandbox", "is not a start URL such as"),
    ] {
        let line = |text: &str| text.lines().position(|line| line.starts_with(&format!("{key} ="))).expect("the key");
        let (at, old) = (line(&good), good.lines().nth(line(&good)).expect("the line"));
        world.write(".aws/config", good.replace(old, &format!("{key} = {value}")));
        age_credentials(&world, "idp-dev");
        world.control().reset_calls();
        let output = world.run("token idp-dev").exits(2).one_error();
        output.says("~/.aws/config").says(&format!("line {}: {key}: `{value}` {why}", at + 1));
        assert!(world.control().counts().is_empty(), "{:?}", world.control().counts());
    }
}

#[test]
fn a_start_url_is_taken_as_a_browser_shows_it() {
    let world = World::new();
    let pasted = world.sandbox.start_url().replace("https://", "HTTPS://") + "#/?tab=accounts";
    let region = world.sandbox.sso_region();
    world.run(&format!("login idp-dev --start-url {pasted} --sso-region {region}")).success();
    assert!(world.read(".aws/config").contains(&format!("sso_start_url = {}\n", world.sandbox.start_url())));
}

#[test]
fn tokens_go_to_no_endpoint_in_the_plain() {
    let mut world = World::signed_in();
    age_credentials(&world, "idp-dev");
    world.set("AWS_ENDPOINT_URL_SSO", "http://portal.example.com");
    let output = world.run("token idp-dev").exits(2).one_error();
    output.says("error: invalid endpoint http://portal.example.com in $AWS_ENDPOINT_URL_SSO");
    let world = World::signed_in();
    let file = ".cache/nsaccess/v1/clusters/idp-dev.json";
    let endpoint = world.sandbox.kube_endpoint("idp-nonprod-1").expect("a cluster");
    world.write(file, world.read(file).replace(&endpoint, "http://10.255.255.1"));
    world.run("pods web-0").exits(1).one_error().says("because: plain http would expose tokens and keys");
}

#[test]
fn certificates_that_cannot_be_used_are_said_in_words() {
    let mut world = World::signed_in();
    age_credentials(&world, "idp-dev");
    world.write("bundle.pem", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
    let path = world.path("bundle.pem").display().to_string();
    for variable in ["AWS_CA_BUNDLE", "SSL_CERT_FILE"] {
        world.set(variable, &path);
        let output = world.run("token idp-dev").exits(2).one_error();
        output.says(&format!("bundle.pem in ${variable}")).says(&format!("try: unset {variable}"));
        world.set(variable, "");
    }
}

#[test]
fn eks_that_fails_is_named() {
    let world = World::new();
    world.control().fail_next("ListClusters", 99, error(503, "ServiceUnavailableException"));
    world.login("idp-dev").run().exits(6).one_error().says("because: ListClusters returned ServiceUnavailable");
    assert!(!world.exists(".kube/config"));
}

#[test]
fn a_clock_that_is_ten_minutes_off_is_warned_of() {
    for (offset, words) in [(600, "10 minutes behind"), (-600, "10 minutes ahead of")] {
        let world = World::new();
        world.control().set_clock_offset(offset);
        world
            .login("idp-dev")
            .run()
            .success()
            .says(&format!(
                "warning: this machine's clock is {words} AWS's; AWS and the cluster reject requests signed"
            ))
            .says("hint: sudo timedatectl set-ntp true");
    }
}

#[test]
fn a_clock_that_is_hours_off_is_told_by_whatever_asks() {
    let world = World::signed_in();
    for (offset, words) in [(3 * 3600, "3 hours behind"), (-3 * 3600, "3 hours ahead of")] {
        world.control().set_date_shift(offset);
        let warning = format!("warning: this machine's clock is {words} AWS's; AWS and the cluster reject");
        for verb in ["token idp-dev", "list --refresh", "exec -- true", "secrets list"] {
            age_credentials(&world, "idp-dev");
            let output = world.run(verb).success().says(&warning);
            assert_eq!(output.stderr.matches("clock").count(), 1, "{}", output.transcript());
        }
        let of_cluster = warning.replace("AWS's;", "the cluster's;");
        world.run("pods web-0").success().says(&of_cluster);
    }
    world.control().set_date_shift(0);
    world.run("pods web-0").success().says_not("clock");
}

#[test]
fn a_clock_that_is_too_far_off_is_the_first_reason() {
    let world = World::new();
    world.control().set_clock_offset(20 * 60);
    world
        .login("idp-dev --cluster idp-nonprod-1")
        .run()
        .exits(4)
        .one_error()
        .says("error: the cluster idp-nonprod-1 does not recognize the role idp-ns-idp-dev\nbecause: this machine's clock is 20 minutes behind AWS's\nbecause: nothing was written")
        .says("\ntry: sudo timedatectl set-ntp true\n")
        .says_not("access entry");
}

#[test]
fn a_clock_that_makes_every_cluster_say_no_is_the_first_reason_too() {
    let world = World::new();
    world.control().set_clock_offset(20 * 60);
    world
        .login("idp-dev")
        .run()
        .exits(4)
        .one_error()
        .says("because: this machine's clock is 20 minutes behind AWS's\n");
}

#[test]
fn credentials_that_aws_forgot_before_their_time_are_fetched_once_more() {
    let world = World::signed_in();
    world.control().forget_role_credentials();
    world.run("login idp-dev").success();
    assert_eq!(world.control().calls("GetRoleCredentials"), 1);
}

#[test]
fn a_role_that_is_assigned_no_more_says_so() {
    let world = World::signed_in();
    age_credentials(&world, "idp-dev");
    world.control().remove_account("111122223333");
    world
        .run("token idp-dev")
        .exits(4)
        .one_error()
        .says("because: the permission set is not, or no longer, assigned to you in this account")
        .says("try: nsaccess list --refresh");
}

#[test]
fn a_session_that_the_portal_ended_asks_for_a_sign_in_and_goes_on() {
    let world = World::signed_in();
    age_credentials(&world, "idp-dev");
    world.control().end_session();
    world.run("login idp-dev").success().says("    code   CODE");
    assert_eq!(world.control().calls("StartDeviceAuthorization"), 1);
}
