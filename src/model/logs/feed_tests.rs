//! Interruptions everywhere, lines that share a timestamp, lines out of order, long lines.

use proptest::prelude::*;

use super::*;

/// The emitted lines; pieces of a line are joined.
#[derive(Default)]
struct Emitted {
    lines: Vec<String>,
    open: bool,
}

impl Emitted {
    fn take(&mut self, piece: Piece<'_>) {
        let text = String::from_utf8_lossy(piece.text).into_owned();
        match self.lines.last_mut().filter(|_| !piece.begins) {
            Some(last) => last.push_str(&text),
            None => self.lines.push(text),
        }
        self.open = !piece.ends;
    }
}

fn line(second: i64, nanosecond: i32, text: &str) -> (Timestamp, String) {
    let at = Timestamp::new(1_800_000_000 + second, nanosecond).expect("a time");
    (at, format!("{at:.9} {text}\n"))
}

/// The kubelet's answer: every line from a whole second on, in the order of the file.
fn served(log: &[(Timestamp, String)], since: Option<Timestamp>) -> Vec<u8> {
    let from = since.map(|since| Timestamp::from_second(since.as_second()).expect("a time"));
    log.iter().filter(|(at, _)| from.is_none_or(|from| *at >= from)).flat_map(|(_, text)| text.bytes()).collect()
}

fn texts(log: &[(Timestamp, String)]) -> Vec<String> {
    log.iter().map(|(_, line)| line.trim_end_matches('\n').split_once(' ').expect("a timestamp").1.to_owned()).collect()
}

/// Reads a log with a cut after each of these many bytes, then to its end.
fn read(log: &[(Timestamp, String)], longest: usize, chunk: usize, interruptions: &[usize]) -> Vec<String> {
    let mut feed = Feed::new(longest);
    let mut emitted = Emitted::default();
    for cut in interruptions {
        let bytes = served(log, feed.since());
        for part in bytes[..(*cut).min(bytes.len())].chunks(chunk.max(1)) {
            feed.push(part, &mut |piece| emitted.take(piece));
        }
        feed.interrupt();
    }
    for part in served(log, feed.since()).chunks(chunk.max(1)) {
        feed.push(part, &mut |piece| emitted.take(piece));
    }
    feed.finish(&mut |piece| emitted.take(piece));
    emitted.lines
}

#[test]
fn every_line_is_emitted_once_wherever_the_log_is_interrupted() {
    let log = [
        line(0, 1, "one"),
        line(0, 1, "one"),
        line(0, 1, "two"),
        line(0, 999_999_999, "three"),
        line(1, 0, "four"),
        line(0, 999_999_998, "late, from the other stream"),
        line(1, 0, "four"),
        line(7, 5, ""),
        line(7, 5, "end"),
    ];
    let whole: usize = log.iter().map(|(_, line)| line.len()).sum();
    for cut in 0..=whole {
        assert_eq!(read(&log, 1024, 7, &[cut]), texts(&log), "cut after {cut}");
        assert_eq!(read(&log, 1024, 1000, &[cut, cut / 2]), texts(&log), "cut after {cut}, then {}", cut / 2);
    }
}

#[test]
fn long_lines_survive_interruptions() {
    let log = [
        line(0, 1, "short"),
        line(0, 2, &"long ".repeat(60)),
        line(0, 3, &"x".repeat(64)),
        line(0, 4, &"ü".repeat(40)),
        line(0, 5, "end"),
    ];
    let whole: usize = log.iter().map(|(_, line)| line.len()).sum();
    for cut in 0..=whole {
        assert_eq!(read(&log, 64, 10, &[cut]), texts(&log), "cut after {cut}");
        assert_eq!(read(&log, 64, 1000, &[cut, cut + 30, cut + 1]), texts(&log), "cuts after {cut}");
    }
}

#[test]
fn long_lines_are_not_cut_inside_a_character() {
    for text in ["ü".repeat(90), format!("x{}", "€".repeat(90)), format!("xx{}", "🦀".repeat(60))] {
        for chunk in [1, 7, 1000] {
            let mut feed = Feed::new(64);
            let mut emitted = String::new();
            for part in line(0, 1, &text).1.as_bytes().chunks(chunk) {
                feed.push(part, &mut |piece| emitted += std::str::from_utf8(piece.text).expect("whole characters"));
            }
            assert_eq!(emitted, text);
        }
    }
    assert_eq!(whole_characters(b"\xff\xfe\x80\x80\x80\x80\x80"), 7);
}

#[test]
fn a_last_line_without_an_end_is_emitted_at_the_end() {
    let mut feed = Feed::new(100);
    let mut emitted = Emitted::default();
    feed.push(b"2026-11-22T00:00:00.000000001Z half", &mut |piece| emitted.take(piece));
    assert!(emitted.lines.is_empty());
    feed.finish(&mut |piece| emitted.take(piece));
    assert_eq!(emitted.lines, ["half"]);
}

#[test]
fn an_unfinished_line_is_emitted_before_the_next_run() {
    let (before, next) = ([line(0, 1, "one"), line(0, 2, "no end")], [line(0, 3, "two"), line(9, 0, "three")]);
    for logged in 0..2 {
        let mut feed = Feed::new(100);
        let mut emitted = Emitted::default();
        let whole: String = before[1 - logged..].iter().map(|(_, text)| text.as_str()).collect();
        feed.push(whole.trim_end().as_bytes(), &mut |piece| emitted.take(piece));
        feed.interrupt();
        // The log may end again before the next run has begun.
        feed.push(before[1].1.trim_end().as_bytes(), &mut |piece| emitted.take(piece));
        feed.interrupt();
        feed.push(&served(&next, feed.since()), &mut |piece| emitted.take(piece));
        assert_eq!(emitted.lines, [texts(&before[1 - logged..]), texts(&next)].concat());
    }
}

#[test]
fn an_unfinished_line_is_emitted_once_at_the_end() {
    let log = [line(0, 1, "one"), line(0, 2, "no end")];
    let unfinished = || format!("{}{}", log[0].1, log[1].1.trim_end());
    for again in [String::new(), unfinished(), log[0].1.clone(), log[1].1.trim_end().to_owned()] {
        let mut feed = Feed::new(100);
        let mut emitted = Emitted::default();
        feed.push(unfinished().as_bytes(), &mut |piece| emitted.take(piece));
        feed.interrupt();
        feed.push(again.as_bytes(), &mut |piece| emitted.take(piece));
        feed.finish(&mut |piece| emitted.take(piece));
        assert_eq!(emitted.lines, ["one", "no end"], "{again:?}");
    }
}

#[test]
fn messages_of_the_kubelet_have_no_timestamp() {
    let mut feed = Feed::new(100);
    let mut emitted = Vec::new();
    feed.push(b"unable to retrieve container logs for containerd://1\n", &mut |piece| {
        emitted.push((piece.timestamp.to_owned(), String::from_utf8_lossy(piece.text).into_owned()));
    });
    assert_eq!(emitted, [(String::new(), "unable to retrieve container logs for containerd://1".to_owned())]);
    assert_eq!(feed.since(), None);
}

#[test]
fn lines_before_a_tail_are_not_shown_after_an_interruption() {
    let log = [line(0, 1, "old"), line(0, 2, "older than the tail"), line(0, 3, "tail"), line(0, 4, "new")];
    let mut feed = Feed::new(100);
    let mut emitted = Emitted::default();
    feed.push(log[2].1.as_bytes(), &mut |piece| emitted.take(piece));
    feed.interrupt();
    feed.push(&served(&log, feed.since()), &mut |piece| emitted.take(piece));
    assert_eq!(emitted.lines, ["tail", "new"]);
}

#[test]
fn the_log_is_requested_from_shortly_before_the_last_line() {
    let mut feed = Feed::new(100);
    feed.push(line(5, 100_000_000, "x").1.as_bytes(), &mut |_| {});
    assert_eq!(feed.since(), Timestamp::from_second(1_800_000_004).ok());
    feed.push(line(5, 900_000_000, "x").1.as_bytes(), &mut |_| {});
    assert_eq!(feed.since(), Timestamp::from_second(1_800_000_005).ok());
}

#[test]
fn memory_stays_bounded_when_a_million_lines_share_a_moment() {
    let mut feed = Feed::new(100);
    let mut count = 0_u32;
    for number in 0..300_000 {
        feed.push(line(0, 5, &number.to_string()).1.as_bytes(), &mut |_| count += 1);
    }
    assert_eq!(count, 300_000);
    assert!(feed.recent.len() <= REMEMBERED);
}

proptest! {
    #[test]
    fn any_log_is_emitted_once_and_completely(
        steps in prop::collection::vec((0_i64..3, 0_i32..4, "[ab ]{0,90}"), 0..30),
        interruptions in prop::collection::vec(0_usize..3000, 0..5),
        chunk in 1_usize..200,
    ) {
        // Ever later, but for steps back that are shorter than the disorder that is allowed.
        let mut at = 0_i64;
        let mut log = Vec::new();
        for (forward, back, text) in steps {
            at += forward * 400_000_000;
            let shown = (at - i64::from(back) * 40_000_000).max(0);
            log.push(line(shown / 1_000_000_000, i32::try_from(shown % 1_000_000_000).expect("nanoseconds"), &text));
        }
        // Before the first line nothing is emitted; a step back below it cannot be told from what a tail left out.
        let first = log.first().map(|(at, _)| *at);
        log.retain(|(at, _)| Some(*at) >= first);
        prop_assert_eq!(read(&log, 64, chunk, &interruptions), texts(&log));
    }

    #[test]
    fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..500), chunk in 1_usize..50) {
        let mut feed = Feed::new(64);
        let mut total = 0;
        for part in bytes.chunks(chunk) {
            feed.push(part, &mut |piece| total += piece.text.len());
        }
        feed.interrupt();
        feed.push(&bytes, &mut |piece| total += piece.text.len());
        feed.finish(&mut |piece| total += piece.text.len());
        prop_assert!(total <= 2 * bytes.len());
    }
}

#[test]
fn the_earliest_timestamp_is_valid() {
    let (mut feed, mut emitted) = (Feed::new(64), Emitted::default());
    let first = format!("{} begun\n", Timestamp::MIN);
    feed.push(first.as_bytes(), &mut |piece| emitted.take(piece));
    feed.interrupt();
    assert_eq!(feed.since(), Timestamp::from_second(Timestamp::MIN.as_second()).ok());
    feed.push(first.as_bytes(), &mut |piece| emitted.take(piece));
    assert_eq!(emitted.lines, ["begun"]);
}
