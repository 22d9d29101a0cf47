//! What went wrong, in three parts that a person can act on, and the exit code that a script can act on.
//!
//! `error:` says what happened, `because:` says why, `try:` is the command that fixes it. Libraries' errors are turned
//! into this type at the border where they enter, because only there is it known what the person was trying to do.

use std::fmt;

/// The class of a failure. Each class has one exit code, listed in `docs/exit-codes.md`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The answer to the question is no (`can-i`), or something failed that fits no other class.
    Failure,
    /// The answer to the question is no, and it was printed: exit code 1, and nothing more to say.
    No,
    /// The command line or a settings file cannot be used as it is.
    Usage,
    /// There is no session, or it is over, and nobody is there to sign in.
    NotSignedIn,
    /// AWS or Kubernetes knows who is asking, and says no.
    Denied,
    /// The namespace, account, role, cluster or object does not exist, or is not visible.
    NotFound,
    /// No usable answer: no network, no name, time-out, 5xx, throttled to the end, garbage.
    Unreachable,
    /// Ctrl-C.
    Interrupted,
    /// SIGTERM.
    Terminated,
    /// The reader of our standard output went away (`| head`): silence is right, and so is success.
    BrokenPipe,
    /// A program that we should run could not be started: 127 not there, 126 not runnable.
    NotRun(u8),
    /// A child process ended like this, and so do we.
    Child(u8),
}

impl Kind {
    /// The exit code of the class: a published contract.
    pub fn exit_code(self) -> u8 {
        match self {
            Kind::BrokenPipe => 0,
            Kind::Failure | Kind::No => 1,
            Kind::Usage => 2,
            Kind::NotSignedIn => 3,
            Kind::Denied => 4,
            Kind::NotFound => 5,
            Kind::Unreachable => 6,
            Kind::Interrupted => 130,
            Kind::Terminated => 143,
            Kind::NotRun(code) | Kind::Child(code) => code,
        }
    }

    /// The word for the class in `-o json` errors.
    pub fn name(self) -> &'static str {
        match self {
            Kind::BrokenPipe => "broken_pipe",
            Kind::Failure => "failure",
            Kind::No => "no",
            Kind::Usage => "usage",
            Kind::NotSignedIn => "not_signed_in",
            Kind::Denied => "denied",
            Kind::NotFound => "not_found",
            Kind::Unreachable => "unreachable",
            Kind::Interrupted => "interrupted",
            Kind::Terminated => "terminated",
            Kind::NotRun(_) => "not_run",
            Kind::Child(_) => "child",
        }
    }

    /// Whether the class is rendered at all; a vanished reader, an answer already given and
    /// a finished child have nothing to be told.
    pub fn is_silent(self) -> bool {
        matches!(self, Kind::BrokenPipe | Kind::No | Kind::Child(_))
    }
}

/// A failure as a person meets it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Error {
    /// Decides the exit code.
    pub kind: Kind,
    /// What happened: one sentence, lower case, no full stop.
    pub message: String,
    /// Why, the nearest reason first.
    pub because: Vec<String>,
    /// Commands (or, where no command can help, an instruction) that fix it, the likeliest first.
    pub try_next: Vec<String>,
}

/// `Result` with our [`Error`].
pub(crate) type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// A failure of this kind, with what happened.
    pub(crate) fn new(kind: Kind, message: impl Into<String>) -> Self {
        Error { kind, message: message.into(), because: Vec::new(), try_next: Vec::new() }
    }

    /// A failure that fits no narrower class.
    pub(crate) fn failure(message: impl Into<String>) -> Self {
        Error::new(Kind::Failure, message)
    }

    /// A command line or settings file that cannot be used.
    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Error::new(Kind::Usage, message)
    }

    /// A file operation that failed; the path is always part of the sentence.
    pub(crate) fn file(action: &str, path: &std::path::Path, error: &std::io::Error) -> Self {
        Error::failure(format!("cannot {action} {}", path.display())).because(plain_io(error))
    }

    /// Adds a reason.
    #[must_use]
    pub(crate) fn because(mut self, reason: impl Into<String>) -> Self {
        self.because.push(reason.into());
        self
    }

    /// Adds the sign-in for this namespace where nobody is signed in and nothing else is known to help.
    #[must_use]
    pub(crate) fn or_sign_in(self, namespace: &str) -> Self {
        match self.kind {
            Kind::NotSignedIn if self.try_next.is_empty() => self.try_next(format!("nsaccess login {namespace}")),
            _ => self,
        }
    }

    /// Adds the command that fixes it.
    #[must_use]
    pub(crate) fn try_next(mut self, command: impl Into<String>) -> Self {
        let command = command.into();
        if !self.try_next.contains(&command) {
            self.try_next.push(command);
        }
        self
    }
}

/// An I/O error in words, without Rust's `(os error 13)`.
pub(crate) fn plain_io(error: &std::io::Error) -> String {
    let text = error.to_string();
    match text.find(" (os error") {
        Some(end) => text[..end].to_lowercase(),
        None => text,
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.message)?;
        for reason in &self.because {
            write!(f, ": {reason}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Error {}
