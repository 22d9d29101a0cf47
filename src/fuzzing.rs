//! What must hold for whatever bytes others write: files, requests, answers, flags. The fuzz targets look for bytes that
//! break it.

use std::ffi::OsString;

use jiff::Timestamp;

use crate::cli::Cli;
use crate::model::aws::pkce::{CALLBACK_PATH, Callback, PkceAttempt};
use crate::model::elapsed;
use crate::model::kube::pod::Pod;
use crate::model::kube::pod_status::row;
use crate::model::logs::feed::{Feed, Piece};
use crate::model::port_forward::ports;
use crate::model::secrets::value::Value;
use crate::model::secrets::variables::{Naming, variables};
use crate::model::settings;
use crate::model::wire::certificate::issuer;
use crate::model::wire::proxy::{Proxy, ProxyVariables, check_endpoint};
use crate::net::trust;
use crate::secret::Secret;

/// A key of the settings, a value, and a file that others may have written, each after a line's end.
///
/// # Panics
/// When something does not hold.
pub fn settings(text: &str) {
    let mut parts = text.splitn(3, '\n');
    let (Some(key), Some(value), Some(file)) = (parts.next(), parts.next(), parts.next()) else { return };
    if let Err(problem) = settings::parse_own(file) {
        assert!(problem.line >= 1 && problem.column >= 1, "{problem}");
    }
    let _ = settings::parse_project(file).map_err(|problem| problem.to_string());
    let _ = settings::unset(file, key);
    let Ok(after) = settings::set(file, key, value) else { return };
    assert!(settings::parse_own(&after).is_ok(), "what was written can be read: {after:?}");
    assert_eq!(settings::set(&after, key, value).as_ref(), Ok(&after), "twice is once");
    let without = settings::unset(&after, key).expect("what was set can be unset");
    let never = settings::unset(file, key).expect("a file that can be changed");
    let read = |text: &str| settings::parse_own(text).map(|(file, _)| file);
    assert_eq!(read(&without), read(&never), "others' keys, through {after:?}");
}

/// A request to the listener of the browser flow; `STATE` stands for the state of the sign-in.
///
/// # Panics
/// When something does not hold.
pub fn callback(request: &str) {
    let attempt = PkceAttempt::new([7; 48], [9; 24]);
    let url = attempt.authorize_url("https://oidc", "id", "uri", "scope");
    let state = url.split("state=").nth(1).and_then(|rest| rest.split('&').next()).expect("a state").to_owned();
    let line = request.lines().next().unwrap_or_default();
    let guessed = attempt.read_callback(line);
    assert!(matches!(guessed, Callback::Foreign), "without the state: {line:?}");
    match attempt.read_callback(&line.replace("STATE", &state)) {
        Callback::Code(code) => assert!(line.contains(CALLBACK_PATH) && !code.expose().is_empty(), "{line:?}"),
        Callback::Refused(_) => assert!(line.contains(CALLBACK_PATH) && line.contains("error="), "{line:?}"),
        Callback::Foreign => {}
    }
}

/// The lines of a log and where its answers are cut. The first bytes are the size of what arrives at once, the number of
/// cuts and where these are; each line begins with a byte that says how much later it is, or earlier.
///
/// # Panics
/// When a line is lost, repeated or changed.
pub fn log_feed(input: &[u8]) {
    let [chunk, cuts, rest @ ..] = input else { return };
    let cuts = usize::from(cuts % 5);
    let Some((cuts, lines)) = rest.split_at_checked(2 * cuts) else { return };
    let cuts = cuts.chunks(2).map(|pair| usize::from(u16::from_be_bytes([pair[0], pair[1]])));
    let (mut at, mut log): (_, Vec<(i64, Vec<u8>)>) = (0_i64, Vec::new());
    for line in lines.split(|byte| *byte == b'\n') {
        let Some((step, text)) = line.split_first() else { continue };
        let back = i64::from(step % 4) * 40_000_000;
        at += i64::from(step / 4 % 4) * 400_000_000;
        // Before the first line, an earlier one cannot be told from what a tail left out.
        let nanoseconds = if log.is_empty() { at } else { (at - back).max(log[0].0) };
        // Long lines of one moment are told apart by what fits of them.
        let is_alike =
            |(at, other): &(i64, Vec<u8>)| *at == nanoseconds && other != text && other.get(..30) == text.get(..30);
        if text.len() < 30 || !log.iter().any(is_alike) {
            log.push((nanoseconds, text.to_vec()));
        }
    }
    let served = |since: Option<Timestamp>| -> Vec<u8> {
        let from = since.map_or(0, |since| i64::from(since.as_second() > 0) * since.as_second() * 1_000_000_000);
        let later = log.iter().filter(|(at, _)| *at + BEGUN >= from);
        later.flat_map(|(at, text)| [timestamp(*at).as_bytes(), b" ", text, b"\n"].concat()).collect()
    };
    let (mut feed, mut lines): (_, Vec<Vec<u8>>) = (Feed::new(64), Vec::new());
    let mut take = |piece: Piece<'_>| match lines.last_mut().filter(|_| !piece.begins) {
        Some(last) => last.extend_from_slice(piece.text),
        None => lines.push(piece.text.to_vec()),
    };
    let chunk = usize::from(*chunk).max(1);
    for cut in cuts {
        let answer = served(feed.since());
        answer[..cut.min(answer.len())].chunks(chunk).for_each(|part| feed.push(part, &mut take));
        feed.interrupt();
    }
    served(feed.since()).chunks(chunk).for_each(|part| feed.push(part, &mut take));
    feed.finish(&mut take);
    assert!(lines.iter().eq(log.iter().map(|(_, text)| text)), "{lines:?}\nof {log:?}");
}

/// 2027-01-15T08:00:00Z, in nanoseconds.
const BEGUN: i64 = 1_800_000_000_000_000_000;

fn timestamp(nanoseconds: i64) -> String {
    let at = Timestamp::from_nanosecond(i128::from(BEGUN + nanoseconds)).expect("a time");
    format!("{at:.9}")
}

/// A secret's value.
///
/// # Panics
/// When something does not hold.
pub fn secret_variables(text: &str) {
    let value = Value::Text(Secret::from(text));
    let Ok(found) = variables(Naming::default(), &[("billing/api-key", &value)]) else { return };
    for (index, (name, value)) in found.iter().enumerate() {
        let mut letters = name.chars();
        assert!(letters.next().is_some_and(|c| c.is_ascii_alphabetic() || c == '_'), "{name:?}");
        assert!(letters.all(|c| c.is_ascii_alphanumeric() || c == '_'), "{name:?}");
        assert!(!value.expose().contains('\0'), "{name:?}");
        assert!(found[..index].iter().all(|(earlier, _)| earlier != name), "{name:?} comes twice");
    }
    match serde_json::from_str::<serde_json::Value>(text) {
        Ok(serde_json::Value::Object(object)) => {
            assert_eq!(found.len(), object.len());
            for ((_, value), wanted) in found.iter().zip(object.values()) {
                assert!(wanted.as_str().is_none_or(|wanted| wanted == value.expose()));
            }
        }
        // A number that is too large for `Value`, and not for us.
        Err(_) if serde_json::from_str::<&serde_json::value::RawValue>(text).is_ok() => {}
        _ => assert!(found.len() == 1 && found[0].1.expose() == text),
    }
}

/// `NO_PROXY`, a URL and a proxy, each on a line.
///
/// # Panics
/// When something does not hold.
pub fn no_proxy(text: &str) {
    let mut lines = text.split('\n');
    let (rules, url, proxy) = (lines.next(), lines.next().unwrap_or_default(), lines.next().unwrap_or("proxy"));
    let through = |rules: Option<&str>| {
        let proxy = Some(proxy.to_owned());
        ProxyVariables { https: proxy.clone(), http: proxy, no_proxy: rules.map(str::to_owned) }.for_url(url)
    };
    let found = through(rules);
    assert_eq!(through(Some("*")), None);
    // A rule more never sends more through the proxy, and rules have no order.
    if let Some(rules) = rules {
        assert!(found.is_none() || through(None).is_some());
        assert!(found.is_some() || through(Some(&format!("{rules},other.example"))).is_none());
        let reversed: Vec<&str> = rules.split(',').rev().collect();
        assert_eq!(through(Some(&reversed.join(","))), found);
    }
    if check_endpoint(url).is_ok() && url.starts_with("http://") {
        assert_eq!(found, None, "plain HTTP stays on this machine");
    }
    match Proxy::parse(proxy) {
        Ok(parsed) => {
            assert!(!parsed.endpoint().host.is_empty());
            let _ = (parsed.endpoint().to_string(), parsed.login(), parsed.basic_login());
        }
        Err(why) => assert!(why.len() < 200 || proxy.len() > 100, "{why}"),
    }
}

/// A pod, as an API server or whoever plays it answers.
///
/// # Panics
/// When something does not hold.
pub fn pods(json: &[u8]) {
    let Ok(pod) = serde_json::from_slice::<Pod>(json) else { return };
    let row = row(&pod);
    for now in [Timestamp::MIN, Timestamp::UNIX_EPOCH, Timestamp::MAX] {
        let _ = (row.restarts_cell(now), row.age_cell(now));
    }
    assert_eq!(row.name, pod.metadata.name);
}

/// A file of certificates, and one certificate.
///
/// # Panics
/// When something does not hold.
pub fn ca_bundle(bytes: &[u8]) {
    let _ = issuer(bytes);
    trust::bundle_holds(bytes);
}

/// A value, for every flag that is a number, a duration or a port.
///
/// # Panics
/// When something does not hold.
pub fn flags(text: &str) {
    if let Ok(seconds) = elapsed::parse(text) {
        assert!(seconds >= 0 && jiff::SignedDuration::from_secs(seconds) < jiff::SignedDuration::from_hours(900_000));
        assert_eq!(elapsed::parse(&format!("{seconds}s")), Ok(seconds));
    }
    let words: Vec<String> = text.split(' ').map(str::to_owned).collect();
    let _ = ports::parse(&words);
    for flag in [
        "logs x --tail=",
        "logs x --since=",
        "logs x --since-time=",
        "port-forward x --wait=",
        "secrets get x --copy --clear-after=",
    ] {
        let arguments = format!("nsaccess {flag}");
        let mut arguments: Vec<OsString> = arguments.split(' ').map(OsString::from).collect();
        arguments.last_mut().expect("a flag").push(text);
        let _ = Cli::read(&arguments);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use proptest::test_runner::RngSeed;

    fn each_seed(target: &str, check: impl Fn(&[u8])) {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/seeds").join(target);
        for file in std::fs::read_dir(&folder).expect("the seeds") {
            check(&std::fs::read(file.expect("a file").path()).expect("a seed"));
        }
    }

    /// Seeds that a target throws away at once would find nothing.
    #[test]
    fn every_seed_holds() {
        let text = |check: fn(&str)| move |seed: &[u8]| check(std::str::from_utf8(seed).expect("text"));
        each_seed("settings", text(super::settings));
        each_seed("callback", text(super::callback));
        each_seed("secret_variables", text(super::secret_variables));
        each_seed("no_proxy", text(super::no_proxy));
        each_seed("flags", text(super::flags));
        each_seed("log_feed", super::log_feed);
        each_seed("pods", super::pods);
        each_seed("ca_bundle", super::ca_bundle);
    }

    proptest! {
        // The same ones each time: what nobody has chosen yet is the fuzzers' to find.
        #![proptest_config(ProptestConfig {
            failure_persistence: None,
            rng_seed: RngSeed::Fixed(20_261_127),
            ..ProptestConfig::default()
        })]

        #[test]
        fn any_text_holds(text in any::<String>(), bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            super::settings(&text);
            super::callback(&text);
            super::secret_variables(&text);
            super::no_proxy(&text);
            super::log_feed(&bytes);
            super::pods(&bytes);
            super::ca_bundle(&bytes);
        }
    }
}
