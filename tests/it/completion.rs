//! Completion at the prompt: what is offered, in the shells themselves, and that nothing is ever said about what goes wrong.

use std::path::Path;

use sandbox::FaultKind;

use crate::support::forward::world_with;
use crate::support::logs::{ALL, write};
use crate::support::pty::Person;
use crate::support::{World, process::Guarded, program, skipped};

const LISTS: &[(&str, &str, &str)] =
    &[("", "services", "list"), ("apps", "deployments", "list"), ("apps", "statefulsets", "list")];

/// A machine with much to do may need longer than a person waits.
const PATIENT: (&str, &str) = ("NSACCESS_COMPLETION_LIMIT", "60");

fn world() -> World {
    let mut world = world_with(&[ALL, LISTS].concat());
    write(&world, "servers", "servers speaks\n");
    world.set(PATIENT.0, PATIENT.1);
    world
}

/// What is offered for the last of these words.
fn offered(world: &World, words: &[&str]) -> Vec<String> {
    let asked = world.nsaccess(&format!("__complete fish {} --", words.len() - 1));
    let output = words.iter().fold(asked, |asked, word| asked.arg(word)).run().success();
    assert_eq!(output.stderr, "");
    output.stdout.lines().map(|line| line.split('\t').next().unwrap_or_default().to_owned()).collect()
}

#[test]
fn words_of_the_command_line_are_offered_and_flags_to_who_begins_one() {
    let world = World::new();
    assert_eq!(offered(&world, &["lo"]), ["login", "logout", "logs"]);
    assert_eq!(offered(&world, &["secrets", "g"]), ["get"]);
    assert!(offered(&world, &["pods", "--sel"]).contains(&"--selector".to_owned()));
    assert!(offered(&world, &["logs", "web-0", ""]).is_empty());
    assert_eq!(offered(&world, &["pods", "-o", "j"]), ["json"]);
    assert_eq!(offered(&world, &["grant", "x", "--preset", "d"]), ["developer"]);
    world.write("values.yaml", "");
    assert_eq!(offered(&world, &["pods", "--kubeconfig", "val"]), ["values.yaml"]);
}

#[test]
fn names_of_this_machine_come_from_its_files() {
    let world = World::signed_in();
    world.control().reset_calls();
    assert_eq!(offered(&world, &["whoami", "idp-d"]), ["idp-dev"]);
    assert_eq!(offered(&world, &["pods", "-n", "idp-d"]), ["idp-dev"]);
    assert_eq!(offered(&world, &["pods", "--namespace=idp-d"]), ["--namespace=idp-dev"]);
    assert!(offered(&world, &["use", ""]).contains(&"-".to_owned()));
    let pins = offered(&world, &["config", "set", "namespace.idp-dev.acc"]);
    assert_eq!(pins, ["namespace.idp-dev.account"]);
    assert_eq!(offered(&world, &["config", "unset", "start"]), ["start_url"]);
    assert_eq!(offered(&world, &["kubeconfig", "convert", "--context", "idp"]), ["idp-ns-idp-dev"]);
    assert_eq!(offered(&world, &["login", "x", "--source-profile", "idp"]), ["idp-ns-idp-dev"]);
    assert_eq!(world.control().counts().len(), 0, "{:?}", world.control().counts());
}

#[test]
fn forward_sets_are_offered_where_a_target_stands() {
    let world = world();
    world.nsaccess("config set forwards.dev").arg("svc/web 8080:http").run().success();
    world.control().reset_calls();
    assert_eq!(offered(&world, &["port-forward", "@"]), ["@dev"]);
    assert_eq!(offered(&world, &["port-forward", "web-0", "80", "@d"]), ["@dev"]);
    assert_eq!(offered(&world, &["config", "unset", "forw"]), ["forwards.dev"]);
    assert_eq!(world.control().counts().len(), 0, "{:?}", world.control().counts());
    let all = offered(&world, &["port-forward", ""]);
    assert!(all.contains(&"@dev".to_owned()) && all.contains(&"svc/api-two".to_owned()), "{all:?}");
    assert!(offered(&World::new(), &["port-forward", "@"]).is_empty());
}

#[test]
fn what_the_namespace_has_is_asked_for() {
    let world = world();
    assert_eq!(offered(&world, &["pods", "serv"]), ["servers"]);
    assert_eq!(offered(&world, &["logs", "deploy/g"]), ["deploy/gateway"]);
    assert_eq!(offered(&world, &["port-forward", "svc/api-t"]), ["svc/api-two"]);
    assert_eq!(offered(&world, &["logs", "pod/serv"]), ["pod/servers"]);
    assert_eq!(offered(&world, &["logs", "servers", "-c", ""]), ["servers"]);
    assert_eq!(offered(&world, &["logs", "servers", "--container=s"]), ["--container=servers"]);
    assert_eq!(offered(&world, &["secrets", "get", "billing/"]), ["billing/database"]);
    assert_eq!(offered(&world, &["secrets", "get", "-n", "idp-dev", "api"]), ["api-key"]);
}

#[test]
fn an_answer_is_used_again_for_the_next_tab() {
    let world = world();
    for (first, again) in [(["pods", "serv"], ["pods", "web-"]), (["secrets get", "a"], ["secrets exec", "b"])] {
        let words = |words: [&'static str; 2]| words.iter().flat_map(|word| word.split(' ')).collect::<Vec<_>>();
        offered(&world, &words(first));
        world.control().reset_calls();
        assert!(!offered(&world, &words(again)).is_empty());
        assert_eq!(world.control().counts().len(), 0, "{:?}", world.control().counts());
    }
}

#[test]
fn nothing_is_said_of_what_goes_wrong() {
    // `offered` looks at standard error and the exit code.
    let signed_out = World::new();
    for words in [&["pods", ""][..], &["secrets", "get", ""], &["use", ""], &["logs", "x", "-c", ""]] {
        let found = offered(&signed_out, words);
        assert!(found.is_empty() || found == ["-"], "{found:?}");
    }
    let broken = World::signed_in();
    broken.write(".config/nsaccess/config.toml", "no settings [");
    assert!(offered(&broken, &["pods", ""]).is_empty());
    let denied = World::signed_in();
    assert!(offered(&denied, &["pods", ""]).is_empty(), "the usual role may not list pods");
    let slow = World::signed_in();
    slow.control().fail_next("ListSecrets", 9, FaultKind::Hang);
    assert!(offered(&slow, &["secrets", "get", ""]).is_empty());
    assert_eq!(slow.control().calls("ListSecrets"), 1);
    assert!(offered(&slow, &["secrets", "get", ""]).is_empty());
    assert_eq!(slow.control().calls("ListSecrets"), 1, "the next Tab does not wait again");
    let line = world().nsaccess("__complete nonsense").run().success();
    assert_eq!((line.stdout.as_str(), line.stderr.as_str()), ("", ""));
}

#[test]
fn who_may_not_list_is_offered_what_was_used_before() {
    let mut world = World::signed_in();
    world.set(PATIENT.0, PATIENT.1);
    assert!(offered(&world, &["pods", ""]).is_empty());
    world.run("pods web-0").success();
    world.run("pods nope").exits(5);
    let later = world.path(".cache/nsaccess/v1/candidates/idp-dev.json");
    let kept = std::fs::read_to_string(&later).expect("kept");
    assert!(kept.contains("pod/web-0") && !kept.contains("nope"), "{kept}");
    // The empty answer from before is used for 15 seconds; another question is asked anew.
    assert_eq!(offered(&world, &["logs", "w"]), ["web-0"]);
    assert_eq!(offered(&world, &["port-forward", "pod/w"]), ["pod/web-0"]);
    world.run("logout --purge").success();
    assert!(!later.exists());
}

#[test]
fn names_that_a_shell_would_read_as_something_else_are_not_offered() {
    let world = World::signed_in();
    world.write(
        "other",
        "apiVersion: v1\nkind: Config\ncontexts:\n- name: $(reboot)\n  context: {}\n- name: plain\n  context: {}\n",
    );
    assert_eq!(offered(&world, &["kubeconfig", "convert", "--kubeconfig", "other", "--context", ""]), ["plain"]);
}

#[test]
fn what_others_write_cannot_control_the_terminal() {
    let mut world = World::signed_in();
    world.set(PATIENT.0, PATIENT.1);
    world.control().edit_secret("111122223333", "customer/idp-dev/api-key", |secret| {
        secret.description = Some("\u{1b}[2Jgone\tand more".to_owned());
    });
    let output = world.nsaccess("__complete fish 2 -- secrets get").arg("api").run().success();
    assert_eq!(output.stdout, "api-key\t\\u{1b}[2Jgone\\tand more\n");
}

/// A shell in which completion is switched on. `None` if there is no such shell here.
fn shell(world: &World, name: &str, arguments: &str) -> Option<(Guarded, Person)> {
    let Some(found) = program(name) else {
        skipped(&format!("there is no {name}"));
        return None;
    };
    let own = Path::new(env!("CARGO_BIN_EXE_nsaccess")).parent().expect("a folder").display().to_string();
    // A shell wants a terminal that is its own.
    let line = format!("--ctty --wait {} {arguments}", found.display());
    let started = world.program(Path::new("/usr/bin/setsid"), &line);
    let path = format!("{own}:{}", std::env::var("PATH").unwrap_or_default());
    let (child, mut person) = started.env("PATH", path).env("TERM", "xterm").env("PS1", "ready> ").on_screen();
    let switch_on = match name {
        "fish" => "function fish_prompt; echo 'ready> '; end; nsaccess completion fish | source".to_owned(),
        _ => format!("source <(nsaccess completion {name})"),
    };
    if name == "zsh" {
        person.types("PROMPT='ready> '; autoload -U compinit; compinit -u -D\r");
    }
    person.types(&format!("{switch_on}; echo switched''on\r"));
    person.sees("switchedon");
    Some((child, person))
}

/// Types commands with Tab in place of their ends, and looks at what they print.
fn completes(name: &str, arguments: &str) {
    let world = world();
    world.write("hello-file", "hello from a file\n");
    let Some((_child, mut person)) = shell(&world, name, arguments) else { return };
    // What a person sees is waited for: a shell may drop a completion when more is typed.
    person.types("nsaccess logs deploy/\t\t");
    person.sees("gateway");
    person.types("\u{15}nsaccess logs serv\t");
    person.sees("servers");
    person.types("--tail 1 --container=ser\t");
    person.sees("container=servers");
    person.types("\r");
    person.sees("servers speaks");
    person.types("nsaccess config set forwards.everyday svc/web\r");
    person.sees("set forwards.everyday");
    person.types("nsaccess port-forward @ev\t");
    person.sees("@everyday");
    person.types("\u{15}nsaccess exec idp-dev -- cat hello-f\t");
    person.sees("hello-file");
    person.types("\r");
    person.sees("hello from a file");
    person.types("\u{3}exit\r");
    person.sees_the_end();
}

#[test]
fn bash_completes() {
    completes("bash", "--norc --noprofile -i");
}

#[test]
fn zsh_completes() {
    completes("zsh", "-f -i");
}

#[test]
fn fish_completes() {
    completes("fish", "--no-config --interactive");
}
