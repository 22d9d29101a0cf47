//! `logs --json`: lines that are JSON objects as columns.

use crate::support::forward::world_with;
use crate::support::logs::{ALL, Follow, LOG, write};
use crate::support::pty::Person;

const OBJECT: &str = r#"{"time":"2026-11-22T10:00:00Z","level":"error","msg":"it broke","request":{"id":"r1"},"n":1}"#;

#[test]
fn objects_become_columns_and_other_lines_stay_as_they_are() {
    let world = world_with(&[LOG]);
    write(&world, "web-0", &format!("{OBJECT}\nplain \u{1b}[1mtext\n[1, 2]\n"));
    let all = world.run("logs web-0 --json --tail 3").success();
    let line = "2026-11-22T10:00:00Z error it broke request={\"id\":\"r1\"} n=1\n";
    assert_eq!(all.stdout, format!("{line}plain \u{1b}[1mtext\n[1, 2]\n"));
    let chosen = world.run("logs web-0 --json=level,request.id,nope --tail 3").success();
    assert_eq!(chosen.stdout, "error\tr1\t-\nplain \u{1b}[1mtext\n[1, 2]\n");
    let matched = world.run("logs web-0 --json --include request.:").success();
    assert_eq!(matched.stdout, line, "the line as it was written is matched");
    assert_eq!(world.run("logs web-0 --json --exclude r1 --tail 3").success().stdout, "plain \u{1b}[1mtext\n[1, 2]\n");
    let stamped = world.run("logs web-0 --json=level --tail 3 --timestamps").success();
    assert!(stamped.stdout.lines().next().is_some_and(|line| line.ends_with("Z error")), "{}", stamped.stdout);
}

#[test]
fn what_a_string_contains_cannot_control_the_terminal() {
    let world = world_with(&[LOG]);
    let hostile = r#"{"msg":"a\u001b]0;title\u0007\u001b[2J\n[db-0/db] b","k\u001b[2J":"\u202e"}"#;
    write(&world, "web-0", &format!("{hostile}\n"));
    for words in ["--json", "--json=msg", "--json --prefix"] {
        let output = world.run(&format!("logs web-0 --tail 1 {words}")).success();
        assert_eq!(output.stdout.matches(char::is_control).collect::<String>(), "\n", "{:?}", output.stdout);
        assert!(output.stdout.contains(r"a\u{1b}]0;title\u{7}\u{1b}[2J\n[db-0/db] b"), "{:?}", output.stdout);
    }
}

#[test]
fn they_are_followed_with_the_prefixes_of_their_pods() {
    let world = world_with(ALL);
    let follow = Follow::start(&world, "-f web-[0-9] --json");
    follow.shows("web-0 starts");
    write(&world, "web-0", &format!("{OBJECT}\n"));
    follow.wait_for("the columns", |out| {
        out.contains("] 2026-11-22T10:00:00Z error it broke request={\"id\":\"r1\"} n=1\n") && out.contains("[web-0/")
    });
    assert_eq!(follow.interrupted(), Some(130));
}

#[test]
fn levels_have_their_colour_on_a_terminal_only() {
    let world = world_with(&[LOG]);
    write(&world, "web-0", &format!("{OBJECT}\n"));
    let (_child, mut person): (_, Person) =
        world.nsaccess("logs web-0 --json --tail 1").env("TERM", "xterm").on_screen();
    person.sees("\u{1b}[31merror\u{1b}[0m it broke");
    person.sees_the_end();
    assert!(!world.run("logs web-0 --json --tail 1").success().stdout.contains('\u{1b}'));
}

#[test]
fn it_is_for_people_and_o_json_for_programs() {
    let world = world_with(&[LOG]);
    let both = world.run("logs web-0 --json -o json").exits(2);
    both.says("--json cannot be used with -o json");
    world.run("logs web-0 --json=a,,b").exits(2).one_error().says("invalid fields \"a,,b\" for --json");
    // The value needs its sign: a target may follow.
    write(&world, "web-0", "{\"a\":1}\n");
    assert_eq!(world.run("logs --tail 1 --json web-0").success().stdout, "a=1\n");
}
