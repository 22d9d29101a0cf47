//! Errors for the user, with an exit code for scripts.
//!
//! `error:` says what happened, `because:` says why, `try:` is the command that fixes it; a request to the platform team is a
//! line of its own. Errors of libraries are
//! converted where they occur, because only there is it known what the user wanted.

use std::fmt;

/// The class of a failure. Each class has one exit code, listed in `docs/exit-codes.md`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A failure of no other class.
    Failure,
    /// The answer to the question is no (`can-i`, `doctor`), and has been printed.
    No,
    /// The command line or a settings file is invalid.
    Usage,
    /// There is no session, or it is over, and nobody can be asked to sign in.
    NotSignedIn,
    /// AWS or Kubernetes denied the request.
    Denied,
    /// The namespace, account, role, cluster or object does not exist, or is not visible.
    NotFound,
    /// No usable answer: no network, a timeout, a 5xx, throttling, a malformed response.
    Unreachable,
    /// `doctor` or `audit` could not judge something that it had to judge, and has said what.
    NotJudged,
    /// Ctrl-C.
    Interrupted,
    /// SIGTERM.
    Terminated,
    /// The reader of standard output is gone (`| head`). Counts as success.
    BrokenPipe,
    /// A program could not be started: 127 if it was not found, 126 if it cannot be executed.
    NotRun(u8),
    /// The exit code of a child process, which becomes ours.
    Child(u8),
}

impl Kind {
    /// The exit code: a stable contract.
    pub fn exit_code(self) -> u8 {
        match self {
            Kind::BrokenPipe => 0,
            Kind::Failure | Kind::No => 1,
            Kind::Usage => 2,
            Kind::NotSignedIn => 3,
            Kind::Denied => 4,
            Kind::NotFound => 5,
            Kind::Unreachable | Kind::NotJudged => 6,
            Kind::Interrupted => 130,
            Kind::Terminated => 143,
            Kind::NotRun(code) | Kind::Child(code) => code,
        }
    }

    /// The name in `-o json` errors: a stable contract.
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
            Kind::NotJudged => "not_judged",
            Kind::Interrupted => "interrupted",
            Kind::Terminated => "terminated",
            Kind::NotRun(_) => "not_run",
            Kind::Child(_) => "child",
        }
    }

    /// Whether nothing is printed: the reader is gone, or the answer or the child has said it all.
    pub fn is_silent(self) -> bool {
        matches!(self, Kind::BrokenPipe | Kind::No | Kind::NotJudged | Kind::Child(_))
    }
}

/// An error as it is printed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Error {
    pub kind: Kind,
    /// What happened: one sentence in lower case, without a full stop.
    pub message: String,
    /// Why, with the most direct reason first.
    pub because: Vec<String>,
    /// Commands that fix it (or an instruction or a request, if no command can), the most likely one first.
    pub try_next: Vec<String>,
    /// Whether `doctor` knows more: it can have several causes, which only a look at the whole chain tells apart.
    pub ask_doctor: bool,
    /// Access that somebody could give.
    pub missing_access: Option<Box<MissingAccess>>,
}

/// Access that is missing, as far as it is known.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct MissingAccess {
    pub namespace: Option<String>,
    pub account: Option<String>,
    /// A permission set, or an IAM role.
    pub role: Option<String>,
}

/// `Result` with our [`Error`].
pub(crate) type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    pub(crate) fn new(kind: Kind, message: impl Into<String>) -> Self {
        Error {
            kind,
            message: message.into(),
            because: Vec::new(),
            try_next: Vec::new(),
            ask_doctor: false,
            missing_access: None,
        }
    }

    pub(crate) fn failure(message: impl Into<String>) -> Self {
        Error::new(Kind::Failure, message)
    }

    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Error::new(Kind::Usage, message)
    }

    /// A file operation that failed: `cannot <action> <path>`.
    pub(crate) fn file(action: &str, path: &std::path::Path, error: &std::io::Error) -> Self {
        let failure = Error::failure(format!("cannot {action} {}", path.display())).because(plain_io(error));
        match error.kind() {
            // Whose file or folder on the way it is, and what to do, is what doctor looks at.
            std::io::ErrorKind::PermissionDenied => failure.ask_doctor(),
            _ => failure,
        }
    }

    #[must_use]
    pub(crate) fn because(mut self, reason: impl Into<String>) -> Self {
        self.because.push(reason.into());
        self
    }

    /// Adds the sign-in to this namespace, if nobody is signed in and there is no other command.
    #[must_use]
    pub(crate) fn or_sign_in(self, namespace: &str) -> Self {
        match self.kind {
            Kind::NotSignedIn if self.try_next.is_empty() => self.try_next(format!("nsaccess login {namespace}")),
            _ => self,
        }
    }

    /// For what can have several causes, which `doctor` tells apart.
    #[must_use]
    pub(crate) fn ask_doctor(mut self) -> Self {
        self.ask_doctor = true;
        self
    }

    /// For access that somebody could give: where the organisation says where to ask, that is named.
    #[must_use]
    pub(crate) fn lacks(mut self, access: MissingAccess) -> Self {
        self.missing_access = Some(Box::new(access));
        self
    }

    /// Names `doctor` as the last command, where it knows more.
    #[must_use]
    pub(crate) fn or_doctor(self, namespace: Option<&str>) -> Self {
        match (self.ask_doctor, namespace) {
            (false, _) => self,
            (true, Some(namespace)) => self.try_next(format!("nsaccess doctor {namespace}")),
            (true, None) => self.try_next("nsaccess doctor"),
        }
    }

    /// A mistake in the command line for which no command is known leads to the verb's help, like `nsaccess pods --help`.
    #[must_use]
    pub(crate) fn or_help(self, help: impl FnOnce() -> String) -> Self {
        match self.kind == Kind::Usage && self.try_next.is_empty() {
            true => self.try_next(help()),
            false => self,
        }
    }

    /// Adds a command that fixes it.
    #[must_use]
    pub(crate) fn try_next(mut self, command: impl Into<String>) -> Self {
        let command = command.into();
        if !self.try_next.contains(&command) {
            self.try_next.push(command);
        }
        self
    }
}

/// An I/O error without Rust's `(os error 13)`, and without the names that rustls has for what is wrong with a certificate.
pub(crate) fn plain_io(error: &std::io::Error) -> String {
    let text = error.to_string();
    match text.find(" (os error") {
        Some(end) => text[..end].to_lowercase(),
        None => text.replace("certificate: UnknownIssuer", "certificate: its issuer is not trusted"),
    }
}

/// Whether a connection failed because of the certificate that came, in the words of rustls.
pub(crate) fn is_untrusted_certificate(words: &str) -> bool {
    words.contains("invalid peer certificate")
}

/// The innermost cause is the useful one: "connection refused", "certificate has expired".
pub(crate) fn innermost<'a>(error: &'a (dyn std::error::Error + 'static)) -> &'a (dyn std::error::Error + 'static) {
    std::iter::successors(Some(error), |error| error.source()).last().unwrap_or(error)
}

/// The innermost cause of a library's error, in words.
pub(crate) fn root_cause(error: &(dyn std::error::Error + 'static)) -> String {
    let cause = innermost(error);
    cause.downcast_ref::<std::io::Error>().map_or_else(|| cause.to_string(), plain_io)
}

/// A request that only the platform team can grant, like `ask your platform team for the role x`. It stands among the
/// commands that fix a problem, and is printed as a sentence.
pub(crate) fn ask_platform_team(request: impl fmt::Display) -> String {
    format!("ask your platform team {request}")
}

/// Whether this asks somebody for something, and is not a command to try.
pub(crate) fn is_request(fix: &str) -> bool {
    fix.starts_with("ask ")
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
