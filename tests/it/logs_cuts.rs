//! `logs -f` when what it reads is cut: no line is lost or doubled, whatever has to be renewed for the next.

use rustix::process::Signal;
use sandbox::{Fault, FaultKind};

use crate::support::forward::{CLUSTER, world_with};
use crate::support::logs::{LOG, SEEN, restart, write, write_at};
use crate::support::proxy::{Proxy, proxy_url};
use crate::support::{Follow, World, until};

/// What came after the first line.
fn lines(follow: &Follow) -> Vec<String> {
    follow.out().lines().skip(1).map(str::to_owned).collect()
}

#[test]
fn a_cut_between_lines_of_one_second_loses_and_doubles_nothing() {
    let world = world_with(SEEN);
    let follow = Follow::start(&world, "-f web-0");
    let mut expected = Vec::new();
    for number in 0..12 {
        // Four lines a second, two of them at the very same time and with the same words.
        write_at(&world, "web-0", (number / 4, (number % 4) as i32 / 2), "same\n");
        write_at(&world, "web-0", (number / 4, 7), &format!("line {number}\n"));
        expected.extend(["same".to_owned(), format!("line {number}")]);
        follow.shows(&format!("line {number}"));
        world.control().cut_logs(0);
    }
    write_at(&world, "web-0", (9, 0), "the end\n");
    follow.shows("the end");
    expected.push("the end".to_owned());
    assert_eq!(lines(&follow), expected, "{}", follow.story());
}

#[test]
fn a_cut_in_the_middle_of_a_line_loses_and_doubles_nothing() {
    let world = world_with(&[LOG]);
    let follow = Follow::start(&world, "-f web-0");
    follow.shows("web-0 starts");
    let line = "2026-11-18T11:06:40.000000000Z first words, last words\n".len();
    let mut expected = Vec::new();
    for (number, after) in [1, 29, 30, 31, 45, line - 1, line, line + 1, 2 * line - 3].into_iter().enumerate() {
        world.control().cut_logs(after);
        write_at(&world, "web-0", (number as i64 / 3, 0), "first words, last words\n");
        write_at(&world, "web-0", (number as i64 / 3, 0), &format!("after {number}\n"));
        expected.extend(["first words, last words".to_owned(), format!("after {number}")]);
        follow.shows(&format!("after {number}"));
        world.control().cut_logs(0);
    }
    assert_eq!(lines(&follow), expected, "{}", follow.story());
}

#[test]
fn a_cut_before_the_first_line_of_a_tail_shows_what_is_written_since() {
    let world = world_with(&[LOG]);
    write_at(&world, "web-0", (0, 0), "old\n");
    let follow = Follow::start(&world, "-f web-0 --tail 0");
    // What is in the journal has been answered, and so can be cut.
    let answered = |call: &&sandbox::Call| call.operation == "get pods/log";
    let asked = || world.control().journal().iter().filter(answered).count();
    until("the log being read", || (asked() >= 2).then_some(()));
    let before = asked();
    world.control().cut_logs(0);
    write(&world, "web-0", "new\n");
    follow.shows("new");
    assert!(asked() > before);
    assert_eq!(follow.out(), "new\n");
}

#[test]
fn the_last_lines_of_a_run_that_ended_during_a_cut_are_shown() {
    for rights in [&[LOG][..], SEEN] {
        let world = world_with(rights);
        let follow = Follow::start(&world, "-f web-0");
        write(&world, "web-0", "one\n");
        follow.shows("one");
        away(&world, true);
        world.control().cut_logs(0);
        write(&world, "web-0", "last words\n");
        restart(&world, "web-0", 1);
        write(&world, "web-0", "next run\n");
        away(&world, false);
        follow.shows("next run");
        assert_eq!(lines(&follow), ["one", "last words", "web-0 starts", "next run"], "{}", follow.story());
    }
}

/// Nothing is answered by the cluster, until it is back.
fn away(world: &World, away: bool) {
    let refused = |operation: &str| Fault {
        service: "*".into(),
        operation: operation.into(),
        times: None,
        kind: FaultKind::Error { status: 503, code: "ServiceUnavailable".into(), message: "not now".into() },
    };
    world.control().clear_faults();
    if away {
        world.control().fault(refused("get pods/log"));
        world.control().fault(refused("get pods"));
    }
}

/// Cuts the log until opening it again is refused: credentials are good to the end of a second.
#[track_caller]
fn cut_until_refused(world: &World) {
    world.control().reset_calls();
    until("a refusal", || {
        world.control().cut_logs(0);
        world.control().journal().iter().any(|call| call.status == 401).then_some(())
    });
}

#[test]
fn credentials_that_end_are_renewed_silently() {
    for forgotten in [false, true] {
        let world = world_with(&[LOG]);
        let follow = Follow::start(&world, "-f web-0");
        for number in 0..2 {
            write(&world, "web-0", &format!("before {number}\n"));
            follow.shows(&format!("before {number}"));
            match forgotten {
                true => world.control().forget_role_credentials(),
                false => world.control().expire_role_credentials(),
            }
            cut_until_refused(&world);
            write(&world, "web-0", &format!("after {number}\n"));
            follow.shows(&format!("after {number}"));
        }
        assert_eq!(lines(&follow), ["before 0", "after 0", "before 1", "after 1"]);
        assert_eq!(follow.complaints(), "", "{}", follow.story());
    }
}

#[test]
fn a_session_that_is_over_is_one_line_and_a_sign_in_elsewhere_ends_it() {
    let world = world_with(SEEN);
    let mut follow = Follow::start(&world, "-f web-0");
    follow.shows("web-0 starts");
    world.control().end_session();
    world.control().expire_role_credentials();
    cut_until_refused(&world);
    write(&world, "web-0", "meanwhile\n");
    follow.says("to continue: nsaccess login idp-dev");
    assert_eq!(follow.complaints().lines().count(), 1, "{}", follow.story());
    assert!(follow.runs());
    world.run("login idp-dev --no-browser").success();
    follow.shows("meanwhile");
    assert_eq!(lines(&follow), ["meanwhile"]);
}

#[test]
fn a_server_that_is_away_for_a_while_is_waited_for() {
    let world = world_with(SEEN);
    let follow = Follow::start(&world, "-f web-0");
    write(&world, "web-0", "before\n");
    follow.shows("before");
    assert!(world.control().reachable(&format!("kube:{CLUSTER}"), false));
    write(&world, "web-0", "meanwhile\n");
    assert!(world.control().reachable(&format!("kube:{CLUSTER}"), true));
    write(&world, "web-0", "after\n");
    follow.shows("after");
    assert_eq!(lines(&follow), ["before", "meanwhile", "after"]);
}

#[test]
fn a_machine_that_slept_reads_on_over_a_new_connection() {
    let world = world_with(SEEN);
    let proxy = Proxy::start();
    proxy_url(&world, &proxy.url("http"));
    let follow = Follow::start(&world, "-f web-0");
    follow.shows("web-0 starts");
    follow.signal(Signal::STOP);
    proxy.lose_connections();
    write_at(&world, "web-0", (1, 0), "while it slept\n");
    // What a sleep is: time goes on, and the process does not.
    std::thread::sleep(std::time::Duration::from_secs(5));
    follow.signal(Signal::CONT);
    follow.shows("while it slept");
    assert_eq!(lines(&follow), ["while it slept"], "{}", follow.story());
}
