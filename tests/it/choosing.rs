//! `logs` and `port-forward` without a target: a person chooses, a program is told what to type.

use crate::support::forward::{FLOOR, WIDE, world_with};
use crate::support::logs::{ALL, LOG, write};

/// Everything that is offered can be listed.
const LISTS: &[(&str, &str, &str)] =
    &[("", "services", "list"), ("apps", "deployments", "list"), ("apps", "statefulsets", "list")];

#[test]
fn a_person_chooses_whose_logs_are_printed() {
    let world = world_with(&[ALL, LISTS].concat());
    write(&world, "servers", "servers speaks\n");
    let (child, mut person) = world.nsaccess("logs --tail 1").on_screen();
    person.sees("Logs of which target?");
    person.sees("deploy/api");
    person.types("pod/servers\r");
    let screen = person.sees_the_end();
    assert!(screen.contains("2/2 ready") && screen.contains("servers speaks"), "{screen}");
    assert!(child.wait_with_output().expect("its end").status.success());
}

#[test]
fn a_person_chooses_what_is_forwarded_to() {
    // What may not be listed is left out.
    let world = world_with(&[WIDE, &[("", "services", "list")]].concat());
    let (child, mut person) = world.nsaccess("port-forward").on_terminal();
    person.sees("Forward to which target?");
    person.sees("svc/api-two");
    person.types("svc/api-two\r");
    person.sees(" → svc/api-two port 80 (pod api-");
    person.sees(" → svc/api-two port 81 (pod api-");
    person.sees("Press Ctrl-C to stop.");
    child.signal(rustix::process::Signal::INT);
    let screen = person.sees_the_end();
    assert!(!screen.contains("deploy/api"), "{screen}");
}

#[test]
fn where_nothing_may_be_listed_the_error_says_what_to_type() {
    let world = world_with(&[FLOOR, &[LOG]].concat());
    for (words, verb) in [("logs", "nsaccess logs POD"), ("port-forward", "nsaccess port-forward TARGET PORT")] {
        let (child, mut person) = world.nsaccess(words).on_terminal();
        person.sees("no target specified");
        person.sees("so there is nothing to choose from");
        person.sees(verb);
        person.sees_the_end();
        assert_eq!(child.wait_with_output().expect("its end").status.code(), Some(2));
    }
}

#[test]
fn a_program_is_told_what_to_type() {
    let world = world_with(&[ALL, LISTS].concat());
    world.control().reset_calls();
    world.run("logs").exits(2).one_error().says("error: no target specified\ntry: nsaccess logs POD");
    world.run("logs -n idp-dev").exits(2).says("try: nsaccess logs POD -n idp-dev   # or deploy/NAME");
    world.run("port-forward").exits(2).one_error().says("try: nsaccess port-forward TARGET PORT");
    let error: serde_json::Value = serde_json::from_str(&world.run("logs -o json").exits(2).stderr).expect("JSON");
    assert_eq!(error["error"]["kind"], "usage");
    assert!(world.control().journal().is_empty());
}

#[test]
fn what_was_included_is_marked_on_a_terminal() {
    let world = world_with(&[LOG]);
    write(&world, "web-0", "an ERROR here\nall is well\n");
    let (_child, person) = world.nsaccess("logs web-0 --include ERR").on_screen();
    let screen = person.sees_the_end();
    assert!(screen.contains("an \x1b[7mERR\x1b[27mOR here") && !screen.contains("well"), "{screen:?}");
}
