//! What a command said and how it ended, as one text: standard output, `------- stderr -------`, `[exit status: N]`.
//! What differs from run to run (ports, codes, times, temporary paths) is replaced by a name.

use std::path::Path;

/// The output of a command.
#[derive(Debug, Clone)]
#[must_use = "compare the transcript, or assert how it ended"]
pub(crate) struct Output {
    /// The words of the command, for messages.
    pub command: String,
    /// Standard output, as it was.
    pub stdout: String,
    /// Standard error, as it was.
    pub stderr: String,
    /// The exit code, or how a signal ended it.
    pub status: String,
    /// The home folder, which no two runs share.
    pub home: String,
}

impl Output {
    /// The text that tests compare.
    pub(crate) fn transcript(&self) -> String {
        let stderr =
            if self.stderr.is_empty() { String::new() } else { format!("------- stderr -------\n{}", self.stderr) };
        let status = format!("[exit status: {}]\n", self.status);
        let filtered = filtered(&format!("{}{stderr}", self.stdout), &self.home);
        format!("{filtered}{status}")
    }

    /// The transcript is this.
    #[track_caller]
    pub(crate) fn is(self, expected: &str) {
        let transcript = self.transcript();
        if transcript != expected {
            let different = transcript.lines().zip(expected.lines()).position(|(left, right)| left != right);
            let line = different.unwrap_or_else(|| transcript.lines().count().min(expected.lines().count())) + 1;
            panic!("{}\n--- said ---\n{transcript}--- expected (line {line} differs) ---\n{expected}---", self.command);
        }
    }

    /// It ended like this, and what it says to type can be typed.
    #[track_caller]
    pub(crate) fn exits(self, code: i32) -> Ended {
        for line in self.stderr.lines().filter_map(|line| line.strip_prefix("try: ").or(line.strip_prefix("hint: "))) {
            if let Some(why) = crate::hints::fault(line) {
                panic!("{}\n{line}: {why}\n{}", self.command, self.transcript());
            }
        }
        assert_eq!(self.status, code.to_string(), "{}\n{}", self.command, self.transcript());
        Ended(self)
    }

    /// It ended well.
    #[track_caller]
    pub(crate) fn success(self) -> Ended {
        self.exits(0)
    }
}

/// An output of which it is known how it ended: more can be asserted, and nothing has to be.
#[derive(Debug, Clone)]
pub(crate) struct Ended(Output);

impl std::ops::Deref for Ended {
    type Target = Output;

    fn deref(&self) -> &Output {
        &self.0
    }
}

impl Ended {
    /// Standard error has these words.
    #[track_caller]
    pub(crate) fn says(self, words: &str) -> Ended {
        let stderr = filtered(&self.stderr, &self.home);
        assert!(stderr.contains(words), "{} does not say {words:?}\n{}", self.command, self.transcript());
        self
    }

    /// Standard output has these words.
    #[track_caller]
    pub(crate) fn prints(self, words: &str) -> Ended {
        assert!(self.stdout.contains(words), "{words} is not printed:\n{}", self.transcript());
        self
    }

    /// Neither stream has these words.
    #[track_caller]
    pub(crate) fn says_not(self, words: &str) -> Ended {
        assert!(!self.transcript().contains(words), "{} says {words:?}\n{}", self.command, self.transcript());
        self
    }

    /// One error, not two: every message of ours starts a line with `error:`.
    #[track_caller]
    pub(crate) fn one_error(self) -> Ended {
        let errors = self.stderr.lines().filter(|line| line.starts_with("error:")).count();
        assert_eq!(errors, 1, "{}\n{}", self.command, self.transcript());
        assert!(!self.stderr.contains("panicked"), "{}", self.transcript());
        self
    }

    /// Standard output, which must be JSON.
    #[track_caller]
    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}\n{}", self.transcript()))
    }
}

/// Text in which what differs from run to run has a name.
pub(crate) fn filtered(text: &str, home: &str) -> String {
    let binary = Path::new(env!("CARGO_BIN_EXE_nsaccess")).display().to_string();
    let text = text.replace(home, "$HOME").replace(&binary, "/bin/nsaccess");
    let text = replaced(&text, port, "127.0.0.1:PORT");
    let text = replaced(&text, user_code, "CODE");
    let text = replaced(&text, timestamp, "TIME");
    replaced(&text, clock, "TIME")
}

/// Replaces what `length` recognises at the start of a word.
fn replaced(text: &str, length: fn(&str) -> Option<usize>, name: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    let mut in_word = false;
    while let Some(letter) = rest.chars().next() {
        let found = if in_word { None } else { length(rest) };
        if let Some(length) = found {
            out.push_str(name);
            rest = &rest[length..];
            in_word = true;
        } else {
            out.push(letter);
            rest = &rest[letter.len_utf8()..];
            in_word = letter.is_ascii_alphanumeric();
        }
    }
    out
}

fn port(text: &str) -> Option<usize> {
    let rest = text.strip_prefix("127.0.0.1:")?;
    let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
    (digits > 0).then_some("127.0.0.1:".len() + digits)
}

/// `BCDF-GHJK`
fn user_code(text: &str) -> Option<usize> {
    shaped(text, "AAAA-AAAA").then_some(9).filter(|end| ends_word(text, *end))
}

/// `2026-01-15T09:30:00Z` with or without fractions, `2026-01-15 09:30`
fn timestamp(text: &str) -> Option<usize> {
    if shaped(text, "0000-00-00T00:00:00") {
        let fraction = text[19..].bytes().take_while(|byte| byte.is_ascii_digit() || *byte == b'.').count();
        let end = 19 + fraction;
        return text[end..].starts_with('Z').then_some(end + 1);
    }
    shaped(text, "0000-00-00 00:00").then_some(16)
}

/// `09:30`
fn clock(text: &str) -> Option<usize> {
    shaped(text, "00:00").then_some(5).filter(|end| ends_word(text, *end))
}

fn ends_word(text: &str, end: usize) -> bool {
    text[end..].chars().next().is_none_or(|next| !next.is_ascii_alphanumeric())
}

/// Whether text starts like a picture: `0` stands for a digit, `A` for a capital letter.
fn shaped(text: &str, picture: &str) -> bool {
    let fits = |(letter, sign): (char, char)| match sign {
        '0' => letter.is_ascii_digit(),
        'A' => letter.is_ascii_uppercase(),
        other => letter == other,
    };
    text.chars().count() >= picture.len() && text.chars().zip(picture.chars()).all(fits)
}

#[test]
fn what_differs_from_run_to_run_has_a_name() {
    let text = "http://127.0.0.1:4711/x?user_code=BCDF-GHJK until 09:30, 2026-01-15 09:30 or 2026-01-15T09:30:00.25Z in /tmp/a/b; 12:345";
    let expected = "http://127.0.0.1:PORT/x?user_code=CODE until TIME, TIME or TIME in $HOME/b; 12:345";
    assert_eq!(filtered(text, "/tmp/a"), expected);
}
