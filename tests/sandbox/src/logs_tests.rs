//! Tests of readers: what they get, and how it ends.

use super::*;

fn at(second: i64, nanosecond: i32) -> Timestamp {
    Timestamp::new(1_800_000_000 + second, nanosecond).expect("a time")
}

fn run(number: u64) -> RunId {
    RunId { cluster: "c".into(), uid: "u".into(), container: "app".into(), number }
}

/// What a reader gets before it has to wait, and why it stopped.
fn read(logs: &Logs, reader: &mut Reader) -> (String, &'static str) {
    let mut text = Vec::new();
    let stopped = loop {
        match logs.next(reader, true) {
            Next::Bytes(bytes) => text.extend(bytes),
            Next::Wait => break "waits",
            Next::End => break "ends",
            Next::Cut(bytes) => {
                text.extend(bytes);
                break "is cut";
            }
        }
    };
    (String::from_utf8(text).expect("text"), stopped)
}

fn all(logs: &Logs, wanted: Wanted) -> String {
    read(logs, &mut logs.reader(run(0), wanted)).0
}

fn three() -> Logs {
    let logs = Logs::default();
    logs.begin(&run(0), at(0, 0), "starts");
    logs.write(&run(0), at(1, 500_000_000), b"one\ntwo\n");
    logs
}

#[test]
fn timestamps_have_nine_digits_and_only_lines_have_them() {
    let logs = three();
    logs.write(&run(0), at(2, 1), b"half ");
    logs.write(&run(0), at(3, 0), b"a line\n");
    let text = all(&logs, Wanted { timestamps: true, since: Some(at(2, 0)), ..Wanted::default() });
    assert_eq!(text, "2027-01-15T08:00:02.000000001Z half a line\n");
}

#[test]
fn the_end_of_a_log_is_counted_in_lines_and_its_size_in_bytes() {
    let logs = three();
    assert_eq!(all(&logs, Wanted { tail: Some(2), ..Wanted::default() }), "one\ntwo\n");
    assert_eq!(all(&logs, Wanted { tail: Some(0), ..Wanted::default() }), "");
    assert_eq!(all(&logs, Wanted { tail: Some(9), limit: Some(9), ..Wanted::default() }), "starts\non");
    assert_eq!(all(&logs, Wanted { since: Some(at(1, 500_000_000)), ..Wanted::default() }), "one\ntwo\n");
}

#[test]
fn a_follower_waits_until_the_run_has_ended() {
    let logs = three();
    let mut reader = logs.reader(run(0), Wanted { follow: true, tail: Some(1), ..Wanted::default() });
    assert_eq!(read(&logs, &mut reader), ("two\n".into(), "waits"));
    logs.write(&run(0), at(2, 0), b"last\n");
    logs.end(&run(0));
    logs.begin(&run(1), at(3, 0), "starts again");
    assert_eq!(read(&logs, &mut reader), ("last\n".into(), "ends"));
    assert_eq!(logs.next(&mut logs.reader(run(7), Wanted { follow: true, ..Wanted::default() }), true), Next::End);
}

#[test]
fn a_cut_is_for_those_who_read_already() {
    let logs = three();
    let follow = Wanted { follow: true, tail: Some(0), ..Wanted::default() };
    let (mut now, mut later) = (logs.reader(run(0), follow.clone()), logs.reader(run(0), follow.clone()));
    logs.cut(0);
    assert_eq!(read(&logs, &mut now), (String::new(), "is cut"));
    assert_eq!(read(&logs, &mut later), (String::new(), "is cut"));
    let mut reader = logs.reader(run(0), follow);
    assert_eq!(read(&logs, &mut reader), (String::new(), "waits"));
    logs.cut(6);
    logs.write(&run(0), at(2, 0), b"abc\ndefg\n");
    assert_eq!(read(&logs, &mut reader), ("abc\nde".into(), "is cut"));
}
