//! `logs -f`: lines as they come, through restarts and rollouts.

use std::process::Stdio;
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::Signal;
use sandbox::Rollout;

use crate::support::forward::{CLUSTER, NAMESPACE, world_with};
use crate::support::logs::{ALL, LOG, SEEN, container, pods, restart, write};
use crate::support::{Follow, until};

#[test]
fn lines_come_as_they_are_written_until_the_container_is_over() {
    for rights in [&[LOG][..], ALL] {
        let world = world_with(rights);
        // The one pod of the Job, whatever the role may see.
        let pod = sandbox::objects::pod_name("migrate", 0);
        let mut follow = Follow::start(&world, &format!("-f {pod}"));
        for number in 0..3 {
            write(&world, &pod, &format!("line {number}\n"));
            follow.shows(&format!("line {number}"));
        }
        write(&world, &pod, "last, without an end");
        assert!(world.control().end_container(container(&pod), 0));
        assert_eq!(follow.ends(), Some(0), "{}", follow.story());
        assert_eq!(follow.out(), format!("{pod} starts\nline 0\nline 1\nline 2\nlast, without an end"));
        assert_eq!(follow.err(), format!("following pod \"{pod}\"\n"));
    }
}

#[test]
fn a_container_that_starts_again_is_followed_into_its_next_run() {
    for rights in [&[LOG][..], SEEN] {
        let world = world_with(rights);
        let follow = Follow::start(&world, "-f web-0");
        follow.shows("web-0 starts");
        let mut expected = vec!["web-0 starts".to_owned()];
        for run in 0..3 {
            write(&world, "web-0", &format!("run {run}, no end"));
            restart(&world, "web-0", 1);
            write(&world, "web-0", &format!("run {run} is over\n"));
            follow.shows(&format!("run {run} is over"));
            expected.extend([format!("run {run}, no end"), "web-0 starts".into(), format!("run {run} is over")]);
        }
        assert_eq!(follow.out().lines().collect::<Vec<_>>(), expected, "{}", follow.story());
    }
}

#[test]
fn a_container_that_has_not_started_is_waited_for() {
    let world = world_with(SEEN);
    let mut pod = sandbox::objects::pod(NAMESPACE, "new", "app", false);
    sandbox::objects::set_running(&mut pod, false);
    assert!(world.control().apply(CLUSTER, pod.clone()));
    let follow = Follow::start(&world, "-f new");
    follow.says("is waiting to start: ContainerCreating; waiting");
    sandbox::objects::set_running(&mut pod, true);
    assert!(world.control().apply(CLUSTER, pod));
    write(&world, "new", "hello\n");
    follow.shows("hello");
    assert_eq!(follow.complaints().lines().count(), 1, "{}", follow.story());
    assert_eq!(follow.interrupted(), Some(130));
}

#[test]
fn a_rollout_is_followed_from_the_old_pods_last_line_to_the_new_pods_first() {
    for target in ["deploy/api", "svc/api", "-l app=api"] {
        let world = world_with(ALL);
        let old = pods(&world, "api");
        let mut follow = Follow::start(&world, &format!("-f {target} --tail 1"));
        old.iter().for_each(|name| follow.shows(&format!("{name} starts")));
        let grace = Duration::from_secs(2);
        let rollout = Rollout { ready_after: Duration::from_millis(50), grace, recreate: false };
        assert!(world.control().roll_out(CLUSTER, NAMESPACE, "api", rollout));
        let new = until("the new pods", || {
            let names: Vec<String> = pods(&world, "api").into_iter().filter(|name| !old.contains(name)).collect();
            // What an old pod writes while it is ending, until it is gone.
            let control = world.control();
            for name in &old {
                control.write_log(container(name), None, format!("{name} is ending\n"));
            }
            (names.len() == 2).then_some(names)
        });
        new.iter().for_each(|name| follow.shows(&format!("[{name}/api] {name} starts")));
        for name in &old {
            follow.says(&format!("pod \"{name}\" deleted\n"));
            assert!(follow.out().contains(&format!("{name} is ending\n")), "{}", follow.story());
        }
        write(&world, &new[0], "at work\n");
        follow.shows(&format!("[{}/api] at work", new[0]));
        assert!(follow.runs() && !follow.out().contains('\x1b'), "{}", follow.story());
    }
}

#[test]
fn a_pod_that_is_deleted_has_its_last_lines_shown() {
    let world = world_with(SEEN);
    let mut follow = Follow::start(&world, "-f servers");
    follow.shows("servers starts");
    let lines: String = (0..500).map(|number| format!("line {number}\n")).collect();
    write(&world, "servers", &lines);
    assert!(world.control().delete_pod(CLUSTER, NAMESPACE, "servers", Duration::ZERO));
    assert_eq!(follow.ends(), Some(0), "{}", follow.story());
    assert_eq!(follow.out(), format!("servers starts\n{lines}"));
    assert!(follow.err().contains("pod \"servers\" deleted\n"), "{}", follow.story());
}

#[test]
fn a_reader_that_stalls_does_not_keep_ctrl_c_from_being_heard() {
    let world = world_with(&[LOG]);
    write(&world, "web-0", &"a line that nobody reads\n".repeat(1 << 16));
    let (_reader, writer) = std::io::pipe().expect("a pipe");
    let end = writer.try_clone().expect("a second writer");
    let (child, person) = world.nsaccess("logs -f web-0").stdout(Stdio::from(writer)).on_terminal();
    // How many bytes that is depends on how they were cut: a pipe has so many pages.
    until("a full pipe", || {
        let mut room = [PollFd::new(&end, PollFlags::OUT)];
        (poll(&mut room, Some(&Timespec::default())).expect("an answer") == 0).then_some(())
    });
    child.signal(Signal::INT);
    let screen = person.sees_the_end();
    assert_eq!(child.wait_with_output().expect("its end").status.code(), Some(130), "{screen}");
}
