//! A run of the credential plugin, as kubectl makes it.

use jiff::Timestamp;
use serde_json::Value;

use crate::model::doctor::finding::Finding;
use crate::model::doctor::judgement::{Judgement, Problem, Repair};

pub(super) const FINDINGS: &[&Finding] = &[&FAILED, &LATE, &SLOW, &NO_CREDENTIAL, &EXPIRED];

pub(crate) const FAILED: Finding = Finding::fail(
    "kubectl.plugin-failed",
    "kubectl.plugin",
    "The exec plugin fails when run as kubectl runs it: without a terminal, in the environment of this shell.",
    "Follow the plugin's message, shown in the report.",
);

pub(crate) const LATE: Finding = Finding::fail(
    "kubectl.plugin-timeout",
    "kubectl.plugin",
    "The exec plugin did not finish within 5 seconds: it is waiting for the network, for a lock, or for input.",
    "Rewrite the context to use nsaccess: `nsaccess kubeconfig NAMESPACE`. If it already does, see what `nsaccess token NAMESPACE -v` is waiting for.",
);

pub(crate) const SLOW: Finding = Finding::warn(
    "kubectl.plugin-slow",
    "kubectl.plugin",
    "The exec plugin takes more than half a second, even when it has just run, and every kubectl command waits for it. nsaccess takes milliseconds.",
    "Rewrite the context to use nsaccess: `nsaccess kubeconfig NAMESPACE`. If it already does, look for a slow disk or a virus scanner.",
);

pub(crate) const NO_CREDENTIAL: Finding = Finding::fail(
    "kubectl.plugin-answer",
    "kubectl.plugin",
    "The exec plugin succeeds but does not print an ExecCredential of the requested version: it is another program, or something else writes to its standard output.",
    "Rewrite the context to use nsaccess: `nsaccess kubeconfig NAMESPACE`.",
);

pub(crate) const EXPIRED: Finding = Finding::fail(
    "kubectl.plugin-expired",
    "kubectl.plugin",
    "The exec plugin returns an expired token.",
    "Rewrite the context to use nsaccess: `nsaccess kubeconfig NAMESPACE`. If it already does, correct the clock.",
);

/// Longer than this is felt with every command.
pub(crate) const SLOW_MILLISECONDS: u64 = 500;

/// How a run ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Run {
    /// It could not be started: why.
    NotStarted(String),
    /// It did not end in time.
    Late,
    /// It ended with an error: how, and what it said.
    Failed { status: String, said: Vec<String> },
    /// What it printed, and how long it took.
    Ended { answer: Result<Option<Timestamp>, String>, milliseconds: u64 },
}

/// When the token in a plugin's answer expires, if it says so; else what is wrong with the answer. The token itself stays
/// here.
pub(crate) fn read_answer(stdout: &[u8], api_version: &str) -> Result<Option<Timestamp>, String> {
    let Ok(answer) = serde_json::from_slice::<Value>(stdout) else {
        return Err(if stdout.is_empty() { "its output is empty" } else { "its output is not JSON" }.to_owned());
    };
    if answer["kind"] != "ExecCredential" {
        return Err("its output is not an ExecCredential".to_owned());
    }
    if answer["apiVersion"] != api_version {
        let version = answer["apiVersion"].as_str().unwrap_or("no version");
        return Err(format!("its output has {version}, but {api_version} was requested"));
    }
    let status = &answer["status"];
    let has = |key: &str| status[key].as_str().is_some_and(|text| !text.is_empty());
    let has_certificate = has("clientCertificateData") && has("clientKeyData");
    if !has("token") && !has_certificate {
        return Err("its output has no token".to_owned());
    }
    match status["expirationTimestamp"].as_str() {
        None => Ok(None),
        Some(text) => text.parse().map(Some).map_err(|_| "its expirationTimestamp is invalid".to_owned()),
    }
}

/// Which program the plugin is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Program {
    /// The nsaccess that examines: to write the context anew would change nothing.
    This,
    /// Another nsaccess.
    Nsaccess,
    /// A program of others, whose users are not ours to write anew.
    Other,
}

impl Program {
    /// What helps.
    fn helped(self, problem: Problem, namespace: &str) -> Problem {
        let rewrite = format!("nsaccess kubeconfig {namespace}");
        match self {
            Program::This => problem.try_next(format!("nsaccess token {namespace} -v")),
            Program::Nsaccess => problem.try_next(rewrite).repair(Repair::WriteContext),
            Program::Other => problem.try_next(rewrite),
        }
    }
}

/// Whether kubectl gets a token, and soon enough. How slow programs of others are is told with them.
pub(crate) fn judge_plugin(run: &Run, program: Program, namespace: &str, now: Timestamp) -> Judgement {
    let rewritten = |finding, message: String| program.helped(Problem::of(finding, message), namespace);
    let problem = match run {
        Run::NotStarted(why) => rewritten(&FAILED, "cannot run the plugin".to_owned()).because(why),
        Run::Late => rewritten(&LATE, "the plugin did not finish within 5 seconds".to_owned()),
        Run::Failed { status, said } => failed(status, said, program, namespace),
        Run::Ended { answer: Err(why), .. } => {
            rewritten(&NO_CREDENTIAL, "the plugin returned no token".to_owned()).because(why)
        }
        Run::Ended { answer: Ok(Some(end)), .. } if *end <= now => {
            rewritten(&EXPIRED, format!("the plugin returned a token that expired at {end:.0}"))
        }
        Run::Ended { milliseconds, .. } if program != Program::Other && *milliseconds > SLOW_MILLISECONDS => {
            let problem = rewritten(&SLOW, format!("the plugin takes longer than {SLOW_MILLISECONDS} ms"));
            let problem = problem.because("every kubectl command waits for it");
            return Judgement::problem(problem).fact(format!("it took {milliseconds} ms"));
        }
        Run::Ended { milliseconds, answer } => {
            let until = match answer {
                Ok(Some(end)) => format!(", valid until {end:.0}"),
                _ => String::new(),
            };
            return Judgement::ok(format!("received in {milliseconds} ms{until}"));
        }
    };
    Judgement::problem(problem)
}

/// What an nsaccess says to try is what to try.
fn failed(status: &str, said: &[String], program: Program, namespace: &str) -> Problem {
    let problem = Problem::of(&FAILED, format!("the plugin fails ({status})"));
    let is_try = |line: &&String| program != Program::Other && line.starts_with("try: ");
    let command = said.iter().find(is_try);
    let reasons = said.iter().filter(|line| !is_try(line)).take(MOST_LINES - usize::from(command.is_some()));
    let bare = |line: &str| line.trim_start_matches("error: ").trim_start_matches("because: ").to_owned();
    let problem = reasons.fold(problem, |problem, line| problem.because(bare(line)));
    match command {
        Some(line) => problem.try_next(line.trim_start_matches("try: ")),
        None => program.helped(problem, namespace),
    }
}

/// As much as is shown of what a plugin said.
const MOST_LINES: usize = 3;

/// The lines that a plugin said, without a token that they hold, and without the advice that leads back here.
pub(crate) fn read_words(stderr: &str) -> Vec<String> {
    let lines = stderr.lines().map(str::trim_end).filter(|line| !line.is_empty());
    let lines = lines.filter(|line| !line.contains("k8s-aws-v1.") && !line.starts_with("try: nsaccess doctor"));
    lines.map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const V1: &str = "client.authentication.k8s.io/v1";

    fn now() -> Timestamp {
        "2026-11-26T09:30:00Z".parse().expect("a time")
    }

    fn answer(status: &str) -> Result<Option<Timestamp>, String> {
        let text = format!(r#"{{"kind": "ExecCredential", "apiVersion": "{V1}", "status": {status}}}"#);
        read_answer(text.as_bytes(), V1)
    }

    #[test]
    fn an_answer_is_read_as_kubectl_reads_it() {
        assert_eq!(answer(r#"{"token": "t"}"#), Ok(None));
        assert_eq!(answer(r#"{"token": "t", "expirationTimestamp": "2026-11-26T09:30:00Z"}"#), Ok(Some(now())));
        assert_eq!(answer(r#"{"clientCertificateData": "c", "clientKeyData": "k"}"#), Ok(None));
        for bad in ["{}", r#"{"token": ""}"#, r#"{"token": "t", "expirationTimestamp": "soon"}"#] {
            assert!(answer(bad).is_err(), "{bad}");
        }
        for bad in ["", "hello", "[]", r#"{"kind": "Pod"}"#] {
            assert!(read_answer(bad.as_bytes(), V1).is_err(), "{bad}");
        }
        let other = read_answer(br#"{"kind": "ExecCredential", "apiVersion": "x/v2", "status": {"token": "t"}}"#, V1);
        assert_eq!(other, Err(format!("its output has x/v2, but {V1} was requested")));
    }

    #[test]
    fn what_helps_depends_on_the_program() {
        let expired = Run::Ended { answer: Ok(Some(now())), milliseconds: 1 };
        let slow = Run::Ended { answer: Ok(None), milliseconds: 501 };
        let said = |lines: &str| Run::Failed { status: "exit status 1".to_owned(), said: read_words(lines) };
        for (program, command, is_repaired) in [
            (Program::This, "nsaccess token a -v", false),
            (Program::Nsaccess, "nsaccess kubeconfig a", true),
            (Program::Other, "nsaccess kubeconfig a", false),
        ] {
            for run in [&expired, &Run::Late, &said("error: x\ntry: nsaccess doctor a\n")] {
                let problem = judge_plugin(run, program, "a", now()).problems.remove(0);
                assert_eq!(problem.try_next, [command], "{program:?} {run:?}");
                assert_eq!(problem.repair.is_some(), is_repaired, "{program:?} {run:?}");
            }
        }
        assert_eq!(judge_plugin(&slow, Program::This, "a", now()).problems[0].try_next, ["nsaccess token a -v"]);
        let problem = judge_plugin(&said("try: rm -r x\n"), Program::Other, "a", now()).problems.remove(0);
        assert_eq!(problem.try_next, ["nsaccess kubeconfig a"], "what others say is no advice of ours");
    }

    #[test]
    fn few_words_of_a_plugin_are_shown_and_no_token() {
        let said = read_words("one\n\nk8s-aws-v1.abc\ngot k8s-aws-v1.abc\ntwo\nthree\ntry: nsaccess login a\nfour\n");
        assert!(!said.iter().any(|line| line.contains("abc")), "{said:?}");
        let run = Run::Failed { status: "exit status 1".to_owned(), said };
        let problem = judge_plugin(&run, Program::Other, "a", now()).problems.remove(0);
        assert_eq!(problem.because, ["one", "two", "three"]);
        let problem = judge_plugin(&run, Program::This, "a", now()).problems.remove(0);
        assert_eq!((problem.because.len(), problem.try_next), (2, vec!["nsaccess login a".to_owned()]));
    }

    #[test]
    fn each_end_of_a_run_has_its_finding() {
        let ended = |answer, milliseconds| Run::Ended { answer, milliseconds };
        let failed = |said: &[&str]| Run::Failed {
            status: "exit status 3".to_owned(),
            said: said.iter().map(|line| (*line).to_owned()).collect(),
        };
        let cases = [
            (ended(Ok(None), 12), None),
            (ended(Ok(Some("2026-11-26T09:44:00Z".parse().expect("a time"))), 500), None),
            (ended(Ok(None), 501), Some(&SLOW)),
            (ended(Ok(Some(now())), 12), Some(&EXPIRED)),
            (ended(Err("it printed nothing".to_owned()), 12), Some(&NO_CREDENTIAL)),
            (Run::Late, Some(&LATE)),
            (Run::NotStarted("there is no such file".to_owned()), Some(&FAILED)),
            (failed(&["error: x"]), Some(&FAILED)),
        ];
        for (run, expected) in cases {
            let judged = judge_plugin(&run, Program::Nsaccess, "a", now());
            assert_eq!(judged.problems.first().map(|problem| problem.finding), expected, "{run:?}");
        }
        let said = failed(&["error: the session is over", "because: x", "try: nsaccess login a"]);
        let problem = judge_plugin(&said, Program::This, "a", now()).problems.remove(0);
        assert_eq!(problem.because, ["the session is over", "x"]);
        assert_eq!(problem.try_next, ["nsaccess login a"]);
        assert_eq!(
            judge_plugin(&ended(Ok(None), 900), Program::Other, "a", now()).problems,
            [],
            "the AWS CLI has a finding"
        );
    }
}
