//! `exec` and `shell`: what a child finds around it, and what it leaves behind.

use crate::support::{World, program, skipped};

/// Runs a line of shell inside of a namespace.
#[track_caller]
fn inside(world: &World, words: &str, line: &str) -> crate::support::Output {
    world.nsaccess(&format!("exec {words} --")).arg("sh").arg("-c").arg(line).run()
}

#[test]
fn a_command_has_the_namespaces_credentials_and_nothing_that_leads_elsewhere() {
    let mut world = World::signed_in();
    for (name, value) in [
        ("AWS_PROFILE", "mine"),
        ("AWS_ACCESS_KEY_ID", "AKIAMINE"),
        ("AWS_SECRET_ACCESS_KEY", "mine"),
        ("AWS_WEB_IDENTITY_TOKEN_FILE", "/mine"),
        ("AWS_ROLE_ARN", "arn:mine"),
        ("AWS_REGION", "us-mine-1"),
    ] {
        world.set(name, value);
    }
    let kubeconfig = world.read(".kube/config");
    let line = "echo ${AWS_PROFILE-none} ${AWS_ROLE_ARN-none} ${AWS_WEB_IDENTITY_TOKEN_FILE-none} $AWS_REGION \
                $AWS_DEFAULT_REGION $NSACCESS_NAMESPACE; case $AWS_ACCESS_KEY_ID in ASIA*) echo ours;; esac; \
                test -n \"$AWS_SECRET_ACCESS_KEY\" && test -n \"$AWS_SESSION_TOKEN\" && echo whole";
    let output = inside(&world, "-n idp-dev", line).success();
    assert_eq!(output.stdout, "none none none eu-west-1 eu-west-1 idp-dev\nours\nwhole\n");
    assert_eq!(world.read(".kube/config"), kubeconfig);
}

#[test]
fn the_kubeconfig_of_a_command_is_its_own_and_goes_with_it() {
    let world = World::signed_in();
    let before = world.read(".kube/config");
    let line = "cat $KUBECONFIG; stat -c '%a' $KUBECONFIG $(dirname $KUBECONFIG); echo gone > $KUBECONFIG; \
                echo $KUBECONFIG >&2";
    let output = inside(&world, "-n idp-dev", line).success();
    assert!(output.stdout.contains("current-context: idp-ns-idp-dev\n"), "{}", output.stdout);
    assert_eq!(output.stdout.matches("- context:").count() + output.stdout.matches("- name: idp-ns").count(), 3);
    assert!(output.stdout.ends_with("600\n700\n"), "{}", output.stdout);
    assert!(!std::path::Path::new(output.stderr.trim()).exists(), "{}", output.stderr);
    assert_eq!(world.read(".kube/config"), before);
}

#[test]
fn nsaccess_itself_works_inside_and_another_inside_is_refused() {
    let world = World::signed_in();
    let binary = env!("CARGO_BIN_EXE_nsaccess");
    let output = inside(&world, "-n idp-dev", &format!("{binary} pods web-0 && {binary} whoami")).success();
    assert!(output.stdout.contains("web-0") && output.stdout.contains("sso:ada-example.com"), "{}", output.stdout);
    for nested in ["exec -- true", "shell idp-dev"] {
        let output = inside(&world, "-n idp-dev", &format!("{binary} {nested}"));
        output.exits(2).one_error().says("error: already inside nsaccess shell or exec for idp-dev");
    }
}

#[test]
fn inside_kubectl_and_the_aws_keys_change_together_or_not_at_all() {
    let world = World::signed_in();
    world.run("login idp-test").success();
    world.run("use idp-dev").success();
    let binary = env!("CARGO_BIN_EXE_nsaccess");
    let kubeconfig = world.read(".kube/config");
    let config = world.read(".aws/config");
    for (words, then) in [
        ("use idp-test", "nsaccess shell idp-test"),
        ("use idp-ns-idp-test", "nsaccess shell idp-test"),
        ("use -", "nsaccess shell idp-test"),
        ("login idp-test", "nsaccess shell idp-test"),
        ("login idp-dev --role ReadOnly", "nsaccess login idp-dev"),
        ("kubeconfig idp-test --switch", "nsaccess shell idp-test"),
    ] {
        let line = format!("{binary} {words}; echo $?; grep ^current-context $KUBECONFIG; echo $NSACCESS_NAMESPACE");
        let output = inside(&world, "-n idp-dev", &line).success().one_error();
        assert_eq!(output.stdout, "2\ncurrent-context: idp-ns-idp-dev\nidp-dev\n", "{words}");
        output
            .says("error: not possible inside nsaccess shell or exec for idp-dev")
            .says(&format!("try: exit   # then: {then}\n"));
    }
    // What changes nothing inside is as it is outside.
    for words in ["use idp-dev", "login idp-dev", "use --kubeconfig ~/.kube/config idp-test"] {
        inside(&world, "-n idp-dev", &format!("{binary} {words} && grep ^current-context $KUBECONFIG")).success();
    }
    assert_eq!(
        world.read(".kube/config"),
        kubeconfig.replace("current-context: idp-ns-idp-dev", "current-context: idp-ns-idp-test")
    );
    assert_eq!(world.read(".aws/config"), config);
}

#[test]
fn the_end_of_a_command_is_ours() {
    let world = World::signed_in();
    for (line, code) in [("exit 0", 0), ("exit 7", 7), ("kill -TERM $$", 143), ("kill -KILL $$", 137)] {
        inside(&world, "-n idp-dev", line).exits(code);
    }
    world.nsaccess("exec -n idp-dev -- no-such-program").run().exits(127).one_error().says("no such program");
    world.nsaccess("exec -n idp-dev -- /etc/passwd").run().exits(126).one_error();
}

#[test]
fn the_namespace_of_a_command_is_an_argument_or_a_flag() {
    let world = World::signed_in();
    world.run("login idp-test --no-switch").success();
    for words in ["idp-test", "-n idp-test"] {
        assert_eq!(inside(&world, words, "echo $NSACCESS_NAMESPACE").success().stdout, "idp-test\n", "{words}");
    }
    for (words, line) in [
        ("idp-test", "nsaccess exec idp-test -- COMMAND"),
        ("-n idp-test", "nsaccess exec -n idp-test -- COMMAND"),
        ("", "nsaccess exec -- COMMAND"),
    ] {
        let output = world.run(&format!("exec {words}")).exits(2).one_error();
        output.says("error: no command specified").says(&format!("try: {line}\n")).says("try: nsaccess shell");
    }
    for (words, line) in [
        ("idp-test kubectl get pods -A", "nsaccess exec idp-test -- kubectl get pods -A"),
        ("kubectl get pods", "nsaccess exec -- kubectl get pods"),
        ("-n idp-test kubectl get pods", "nsaccess exec -n idp-test -- kubectl get pods"),
        ("env", "nsaccess exec -- env"),
        ("idp-test kubectl exec web-0 -- ls", "nsaccess exec idp-test -- kubectl exec web-0 -- ls"),
    ] {
        let output = world.run(&format!("exec {words}")).exits(2).one_error();
        output.says("error: the command must follow --").says(&format!("try: {line}\n"));
    }
}

#[test]
fn production_is_seen_in_a_shell_and_before_the_console() {
    let Some(bash) = program("bash") else { return skipped("there is no bash here") };
    let world = World::signed_in();
    world.login("idp-prod --no-switch").run().success();
    world.write(".bashrc", "PS1='mine> '\n");
    let (child, mut person) = world.nsaccess("shell idp-prod").env("SHELL", &bash).on_terminal();
    person.sees("idp-prod PRODUCTION: AWS credentials of idp-ns-idp-prod until ");
    person.sees("(idp-prod PRODUCTION) mine> ");
    person.types("echo in $NSACCESS_INSIDE; exit\n");
    let screen = person.sees_the_end();
    let output = child.wait_with_output().expect("our own child");
    assert_eq!(String::from_utf8_lossy(&output.stdout), "in idp-prod\n", "{screen}");
    let invocation = world.nsaccess("console idp-prod").env("BROWSER", world.script("browser", "true"));
    let (child, person) = invocation.on_screen();
    let screen = person.sees_the_end();
    assert!(child.wait_with_output().expect("our own child").status.success(), "{screen}");
    assert!(screen.contains("as idp-ns-idp-prod (PRODUCTION)"), "{screen}");
}

#[test]
fn a_workloads_role_takes_the_place_of_the_namespaces() {
    let world = World::signed_in();
    let line = "echo $NSACCESS_INSIDE; case $AWS_ACCESS_KEY_ID in ASIA*) echo keys;; esac";
    // With the floor role only pods can be seen.
    let output = inside(&world, "-n idp-dev --irsa ledger-0", line).success();
    assert_eq!(output.stdout, "idp-dev:idp-demo-ledger\nkeys\n");
    inside(&world, "-n idp-dev --irsa cm/x", line).exits(2).one_error().says("invalid --irsa target \"cm/x\"");
    inside(&world, "-n idp-dev --irsa nobody-0", line).exits(5).one_error();
}

#[test]
fn a_shell_is_the_persons_own_with_a_mark_and_its_status_is_ours() {
    let Some(bash) = program("bash") else { return skipped("there is no bash here") };
    let world = World::signed_in();
    world.write(".bashrc", "PS1='mine> '\nalias mine='echo from my own set-up'\n");
    let (child, mut person) = world.nsaccess("shell idp-dev").env("SHELL", &bash).on_terminal();
    person.sees("idp-dev: AWS credentials of idp-ns-idp-dev until ");
    person.sees("(idp-dev) mine> ");
    // Ctrl-C is the shell's: it clears the line.
    person.types("not this\x03");
    person.types("mine; echo in $NSACCESS_NAMESPACE as $NSACCESS_INSIDE; exit 3\n");
    let screen = person.sees_the_end();
    let output = child.wait_with_output().expect("our own child");
    let said = String::from_utf8_lossy(&output.stdout);
    assert_eq!(said, "from my own set-up\nin idp-dev as idp-dev\n", "{screen}");
    assert_eq!(output.status.code(), Some(3), "{screen}");
    assert_eq!(std::fs::read_dir(world.path(".cache/nsaccess/run")).expect("the folder").count(), 0);
}

#[test]
fn the_console_is_reached_through_the_portal() {
    let world = World::signed_in();
    let start = format!("{}/#/console?account_id=111122223333&role_name=idp-ns-idp-dev", world.sandbox.start_url());
    let output = world.run("console idp-dev --service eks").success();
    let place = "https%3A%2F%2Feu-west-1.console.aws.amazon.com%2Feks%2Fclusters%2Fidp-nonprod-1%3Fregion%3Deu-west-1";
    assert_eq!(output.stdout, format!("{start}&destination={place}\n"));
    assert_eq!(world.control().counts().len(), 0, "all of it was known");
    assert_eq!(world.run("console idp-dev -o json").success().json()["role"], "idp-ns-idp-dev");
    world.run("console idp-dev --service ../x").exits(2).one_error();
}

#[test]
fn a_page_of_the_console_needs_no_cache_and_takes_the_flags() {
    let world = World::signed_in();
    std::fs::remove_dir_all(world.path(".cache/nsaccess")).expect("removed");
    let printed =
        |words: &str| world.run(&format!("console idp-dev --print --service {words}")).success().stdout.clone();
    assert!(printed("eks").contains("eu-west-1.console.aws.amazon.com%2Feks%2Fclusters%2Fidp-nonprod-1%3F"));
    assert!(printed("s3 --region us-west-2").contains("us-west-2.console.aws.amazon.com%2Fs3"));
    assert!(printed("eks --cluster other").contains("clusters%2Fother%3Fregion%3Deu-west-1"));
}
