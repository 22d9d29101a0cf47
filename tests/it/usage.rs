//! What is typed wrong: the flag, why, and a command that is right or the help of the verb.

use crate::support::World;

#[test]
fn a_value_that_a_flag_does_not_take_is_told_with_the_flag() {
    let world = World::signed_in();
    for (words, flag, why) in [
        ("login idp-dev --start-url foo", "--start-url", "`foo` is not a start URL such as"),
        ("login idp-dev --account 12", "--account", "`12` is not an AWS account of 12 digits"),
        ("login idp-dev --role-arn foo", "--role-arn", "`foo` is not the ARN of an IAM role"),
        ("secrets list --region nowhere!", "--region", "`nowhere!` is not an AWS region such as eu-west-1"),
    ] {
        let verb = words.split(' ').next().expect("a verb");
        let help = if verb == "secrets" { "secrets list" } else { verb };
        let output = world.run(words).exits(2).one_error();
        output
            .says(&format!("error: invalid value for {flag}\nbecause: {why}"))
            .says(&format!("\ntry: nsaccess {help} --help\n"));
    }
}

#[test]
fn a_variable_that_cannot_be_used_is_unset() {
    let world = World::signed_in();
    world
        .nsaccess("pods web-0")
        .env("NSACCESS_ACCOUNT", "12")
        .run()
        .exits(2)
        .one_error()
        .says("error: invalid value of NSACCESS_ACCOUNT\nbecause: `12` is not an AWS account of 12 digits\n")
        .says("try: unset NSACCESS_ACCOUNT\n");
}

#[test]
fn a_line_of_the_aws_configuration_is_opened() {
    let world = World::new();
    world.write(".aws/config", "[sso-session corp]\nsso_start_url = corp\nsso_region = eu-west-1\n");
    world
        .run("login idp-dev")
        .exits(2)
        .one_error()
        .says("because: ~/.aws/config, line 2: sso_start_url: `corp` is not a start URL such as")
        .says("try: ${EDITOR:-vi} +2 $HOME/.aws/config\n");
}

#[test]
fn an_expression_that_is_none_is_tried_as_text() {
    let world = World::signed_in();
    world
        .nsaccess("logs web-0 --exclude")
        .arg("GET /(")
        .run()
        .exits(2)
        .one_error()
        .says("because: unclosed group\n")
        .says("try: nsaccess logs web-0 --exclude 'GET /\\('   # the text itself\n");
}

#[test]
fn an_address_of_another_machine_is_not_called_a_port() {
    let world = World::signed_in();
    // Of the documentation (RFC 5737), so that no machine has it.
    world
        .run("port-forward web-0 8080 --address 192.0.2.7")
        .exits(1)
        .one_error()
        .says("error: cannot listen on 192.0.2.7\nbecause: this machine has no such address\n")
        .says("try: nsaccess port-forward pod/web-0 ");
}
