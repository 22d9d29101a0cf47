//! How things are said: to a pipe, to a program, to a terminal, to nobody.

use std::fs::OpenOptions;
use std::path::Path;
use std::process::Stdio;

use rustix::process::Signal;

use crate::support::World;

#[test]
fn errors_are_objects_where_programs_read() {
    let world = World::new();
    for form in ["json", "yaml"] {
        let output = world.run(&format!("login idp-dev -o {form}")).exits(2);
        let error: serde_json::Value = serde_json::from_str(&output.stderr).expect("one JSON object");
        assert_eq!(error["error"]["kind"], "usage");
        assert_eq!(error["error"]["exit_code"], 2);
        assert!(error["error"]["message"].as_str().is_some_and(|text| text.starts_with("no start URL configured")));
        assert!(error["error"]["try"][0].as_str().is_some_and(|text| text.starts_with("nsaccess login")));
        assert_eq!(output.stdout, "");
    }
}

#[test]
fn a_reader_that_went_away_is_no_error() {
    let world = World::signed_in();
    for command in ["list", "status -o json", "config", "token idp-dev", "--help", "login --help", "--version"] {
        let output = world.program(std::path::Path::new("/bin/sh"), "");
        let line = format!("'{}' {command} | true; echo \"${{PIPESTATUS:-?}}\"", env!("CARGO_BIN_EXE_nsaccess"));
        let output = output.arg("-c").arg(line).run().success();
        assert_eq!(output.stderr, "", "{command}");
    }
    let (reader, writer) = std::io::pipe().expect("a pipe");
    drop(reader);
    let output = world.nsaccess("list").stdout(Stdio::from(writer)).run();
    output.is("[exit status: 0]\n");
}

#[test]
fn standard_output_that_cannot_be_written_is_an_error() {
    let world = World::signed_in();
    let full = || Stdio::from(OpenOptions::new().write(true).open("/dev/full").expect("a device that is always full"));
    for command in ["list", "token idp-dev", "credentials idp-dev"] {
        let output = world.nsaccess(command).stdout(full()).run().exits(1).one_error();
        output.says("error: cannot write to standard output\nbecause: no space left on device");
    }
}

#[test]
fn a_pipe_gets_no_escape_codes() {
    let world = World::new();
    let first = world.login("idp-dev").run().success();
    for output in
        [first.clone(), world.run("status").success(), world.run("list -v").success(), world.run("nope").exits(2)]
    {
        assert!(!output.stdout.contains('\u{1b}') && !output.stderr.contains('\u{1b}'), "{}", output.transcript());
    }
}

#[test]
fn a_terminal_gets_colour_unless_it_wants_none() {
    let world = World::signed_in();
    let screen = |variable: &str, value: &str| {
        let (child, person) = world.nsaccess("use idp-dve").env(variable, value).on_terminal();
        let screen = person.sees_the_end();
        assert_eq!(child.wait_with_output().expect("its end").status.code(), Some(5));
        screen
    };
    assert!(screen("NO_COLOR", "").contains("\u{1b}[1;31merror:\u{1b}[0m"), "{}", screen("NO_COLOR", ""));
    assert!(screen("NO_COLOR", "1").contains("error: namespace \"idp-dve\" is not set up on this machine"));
    assert!(!screen("TERM", "dumb").contains('\u{1b}'));
}

#[test]
fn a_terminal_sees_the_time_that_is_left() {
    let world = World::new();
    world.control().approve_device_codes(false);
    let (child, mut person) = world.login("idp-dev").on_terminal();
    person.sees("waiting for your approval, ");
    person.sees("9:5");
    assert_eq!(world.control().approve(None), 1);
    let screen = person.sees_the_end();
    assert!(child.wait_with_output().expect("its end").status.success(), "{screen}");
}

#[test]
fn a_terminal_is_told_what_is_waited_for_until_the_answer() {
    let world = World::signed_in();
    world.run("login idp-dev").success();
    for (command, operation, words) in [
        ("pods web-0", "get pods", "waiting for the cluster…"),
        ("secrets list", "ListSecrets", "reading names…"),
        ("list --refresh", "ListAccounts", "reading your accounts…"),
    ] {
        world.control().fail_next(operation, 1, sandbox::FaultKind::Hold);
        let (child, mut person) = world.nsaccess(command).on_terminal();
        person.sees(words);
        world.control().release_answers();
        let screen = person.sees_the_end();
        assert!(child.wait_with_output().expect("its end").status.success(), "{screen}");
        let after = screen.rsplit(words).next().unwrap_or_default();
        assert!(after.starts_with("\r\u{1b}[2K"), "the line stays: {screen:?}");
    }
}

#[test]
fn nobody_is_told_what_is_waited_for_without_a_terminal_or_with_quiet() {
    let world = World::signed_in();
    world.run("login idp-dev").success();
    let latency = || world.control().fail_next("get pods", 1, sandbox::FaultKind::Latency(400));
    latency();
    let output = world.run("pods web-0").success();
    assert_eq!(output.stderr, "");
    latency();
    let (child, person) = world.nsaccess("pods web-0 -q").on_terminal();
    assert_eq!(person.sees_the_end(), "");
    assert!(child.wait_with_output().expect("its end").status.success());
}

#[test]
fn the_first_time_on_a_terminal_the_portal_is_asked_for_once() {
    let world = World::new();
    let (child, mut person) = world.nsaccess("login idp-dev").on_terminal();
    person.sees("Start URL");
    person.types("https://sandbox.awsapps.com/start\r");
    person.sees("Region of IAM Identity Center");
    person.types("eu-west-1\r");
    person.sees("Next:  kubectl get pod NAME");
    let screen = person.sees_the_end();
    assert!(child.wait_with_output().expect("its end").status.success(), "{screen}");
    assert_eq!(screen.matches("First sign-in on this machine").count(), 1, "{screen}");
    assert!(world.read(".config/nsaccess/config.toml").contains("https://sandbox.awsapps.com/start"));
    world.run("login idp-test").success();
}

#[test]
fn a_person_chooses_among_accounts_and_among_clusters() {
    let mut of = sandbox::World::default();
    of.clusters[1].add_namespace("shop-dev").grant_floor("shop-dev", "idp-ns-shop-dev");
    of.clusters[0].grant_floor("shop-dev", "idp-ns-shop-dev");
    let world = World::of(of);
    let (child, mut person) = world.login("shop-dev").on_terminal();
    person.sees("Several accounts have shop-dev. Which one?");
    person.types("idp-nonprod\r");
    person.sees("Several clusters have shop-dev. Which one?");
    person.types("tools\r");
    let screen = person.sees_the_end();
    assert!(child.wait_with_output().expect("its end").status.success(), "{screen}");
    assert!(world.read(".aws/config").contains("sso_account_id = 111122223333\n"));
    assert!(world.read(".kube/config").contains("      - tools-1\n"));
}

#[test]
fn a_mistyped_word_is_answered_in_claps_words_with_2_and_none_with_help() {
    let world = World::new();
    world.run("lgoin idp-dev").exits(2).says("login");
    world.run("login --no-such-flag").exits(2).says("--no-such-flag");
    assert!(world.run("").success().stdout.contains("\n\nUsage: nsaccess [OPTIONS] <COMMAND>\n"));
    world.run("secrets").exits(2).says("Usage: nsaccess secrets");
    world.run("login a b").exits(2);
    world.run("login idp-dev --flow carrier-pigeon").exits(2).says("[possible values: device, browser]");
}

#[test]
fn a_question_does_not_outlive_its_terminal() {
    use std::os::unix::process::ExitStatusExt;
    for signal in [Signal::HUP, Signal::TERM] {
        let world = World::new();
        let (child, mut person) = world.nsaccess("login idp-dev").on_terminal();
        person.sees("Start URL");
        child.signal(signal);
        let status = child.wait_with_output().expect("its end").status;
        assert_eq!(status.signal(), Some(signal.as_raw()), "{status}");
    }
}

/// Without SIGHUP, too: it is not sent where the terminal is not the controlling one, and `nohup` ignores it.
#[test]
fn a_question_does_not_wait_for_a_terminal_that_is_gone() {
    use std::os::unix::process::ExitStatusExt;
    for ignored in ["", "trap '' HUP; "] {
        let world = World::new();
        let script = format!("{ignored}exec {} login idp-dev", env!("CARGO_BIN_EXE_nsaccess"));
        let (child, mut person) = world.program(Path::new("/bin/sh"), "-c").arg(&script).on_terminal();
        person.sees("Start URL");
        person.leaves();
        let status = child.ends();
        assert_eq!(status.signal(), Some(Signal::HUP.as_raw()), "{status}");
    }
}

#[test]
fn topics_are_read_like_help() {
    let world = World::new();
    let page = world.run("help exit-codes").success().prints("Exit codes\n");
    assert!(page.stdout.contains("3  not_signed_in\n") && !page.stdout.contains('|'), "{}", page.stdout);
    world.run("help environment").success().prints("NO_COLOR");
    world.run("help nonsense").exits(2);
}

#[test]
fn a_build_is_told() {
    let world = World::new();
    let version = world.run("version -o json").success().json();
    assert_eq!(version["version"], env!("CARGO_PKG_VERSION"));
    assert!(version["target"].as_str().is_some_and(|target| target.contains('-')), "{version}");
    world.run("version").success().prints("Target ");
}

#[test]
fn colour_can_be_wanted_without_a_terminal() {
    let world = World::new();
    let red = "\u{1b}[1;31merror:";
    let said = |name: &str, value: &str| world.nsaccess("use nope").env(name, value).run().exits(5).stderr.clone();
    assert!(said("CLICOLOR_FORCE", "1").contains(red));
    assert!(!said("CLICOLOR_FORCE", "0").contains(red));
    let both = world.nsaccess("use nope").env("CLICOLOR_FORCE", "1").env("NO_COLOR", "1").run().exits(5);
    assert!(!both.stderr.contains(red));
}
