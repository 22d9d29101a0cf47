//! Output. Data goes to standard output; status, warnings, hints and progress go to standard error. The format, colour and
//! `--quiet` are decided here, and text from elsewhere passes through [`screen`] on its way to a terminal.

mod error_document;
mod palette;
mod table;
mod waiting;
mod wrap;

use std::io::{ErrorKind, Write};

use serde::Serialize;

use crate::env_vars;
use crate::error::{Error, Kind, Result, is_request};
use crate::host::Host;
use crate::screen;

pub(crate) use error_document::ErrorDocument;
pub(crate) use palette::Style;
use waiting::{Depth, WaitingLine};
pub(crate) use waiting::{Held, Waiting};

/// The format of data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Format {
    /// For people.
    Table,
    /// For people, with more columns.
    Wide,
    /// For programs: a stable contract.
    Json,
    /// The same contract in YAML.
    Yaml,
    /// Names alone, one a line, where a verb lists things.
    Name,
    /// Environment variables. Hidden from the help, because only `secrets get` supports it.
    #[value(hide = true)]
    Env,
}

/// How much is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Level {
    Full,
    /// Data, warnings and errors.
    Quiet,
    Silent,
}

/// Writes to both output streams.
#[derive(Debug, Clone)]
pub(crate) struct Ui {
    format: Format,
    level: Level,
    verbose: u8,
    colour: bool,
    data_colour: bool,
    animated: bool,
    /// Of the terminal that data goes to.
    columns: Option<usize>,
    /// Of the terminal that all else goes to.
    said_columns: Option<usize>,
    waiting: WaitingLine,
}

impl Ui {
    pub(crate) fn new(host: &Host, format: Format, quiet: bool, verbose: u8) -> Self {
        let dumb = host.env(env_vars::TERM) == Some("dumb");
        let terminal = host.terminals.stderr && !dumb;
        Ui {
            format,
            level: if quiet { Level::Quiet } else { Level::Full },
            verbose,
            colour: wants_colour(host, host.terminals.stderr),
            data_colour: wants_colour(host, host.terminals.stdout),
            animated: terminal && !quiet,
            columns: host.terminals.columns.filter(|_| host.terminals.stdout),
            said_columns: host.terminals.columns.filter(|_| host.terminals.stderr),
            waiting: WaitingLine::default(),
        }
    }

    /// A screen that shows nothing: for work whose steps are told otherwise.
    pub(crate) fn silent() -> Self {
        Ui {
            format: Format::Table,
            level: Level::Silent,
            verbose: 0,
            colour: false,
            data_colour: false,
            animated: false,
            columns: None,
            said_columns: None,
            waiting: WaitingLine::default(),
        }
    }

    pub(crate) fn is_table(&self) -> bool {
        matches!(self.format, Format::Table | Format::Wide | Format::Name | Format::Env)
    }

    /// Whether a table has all its columns.
    pub(crate) fn is_wide(&self) -> bool {
        self.format == Format::Wide
    }

    /// Whether data may have colour: it goes to a terminal, and `NO_COLOR` is not set.
    pub(crate) fn colours_data(&self) -> bool {
        self.data_colour
    }

    /// Whether to show a spinner instead of lines.
    pub(crate) fn is_animated(&self) -> bool {
        self.animated
    }

    /// Prints text as data, with control characters escaped.
    pub(crate) fn print(&self, text: &str) -> Result<()> {
        self.print_bytes(screen::lines(text).as_bytes())
    }

    /// The same for text with words that were set off.
    pub(crate) fn print_coloured(&self, text: &str) -> Result<()> {
        if self.data_colour { self.print_bytes(screen::coloured_lines(text).as_bytes()) } else { self.print(text) }
    }

    /// Prints a value as one line of JSON.
    pub(crate) fn print_json_line<T: Serialize + ?Sized>(&self, document: &T) -> Result<()> {
        let text = serde_json::to_string(document).map_err(|error| unwritable(&error.to_string()))?;
        self.print_bytes(screen::json(&format!("{text}\n")).as_bytes())
    }

    /// Prints bytes as data, unchanged: a log, a secret's value, what a program reads. [`Kind::BrokenPipe`] if the reader
    /// is gone.
    pub(crate) fn print_bytes(&self, bytes: &[u8]) -> Result<()> {
        let _held = self.hold();
        let mut stdout = std::io::stdout().lock();
        stdout.write_all(bytes).and_then(|()| stdout.flush()).map_err(|error| match error.kind() {
            ErrorKind::BrokenPipe => Error::new(Kind::BrokenPipe, "standard output was closed"),
            _ => Error::failure("cannot write to standard output").because(crate::error::plain_io(&error)),
        })
    }

    /// Prints a document in the chosen format. `table` is called only for a table.
    pub(crate) fn print_document<T: Serialize + ?Sized>(
        &self,
        document: &T,
        table: impl FnOnce() -> String,
    ) -> Result<()> {
        match self.format {
            Format::Json | Format::Yaml => self.print_bytes(self.render(self.format, document)?.as_bytes()),
            _ => self.print_coloured(&table()),
        }
    }

    /// The same for a list: with `-o name` its names, one a line.
    pub(crate) fn print_list<T: Serialize + ?Sized>(
        &self,
        document: &T,
        names: impl IntoIterator<Item = String>,
        table: impl FnOnce() -> String,
    ) -> Result<()> {
        match self.format {
            Format::Name => {
                self.print(&names.into_iter().map(|name| format!("{}\n", screen::one_line(&name))).collect::<String>())
            }
            _ => self.print_document(document, table),
        }
    }

    /// A document as JSON or YAML.
    pub(crate) fn render<T: Serialize + ?Sized>(&self, format: Format, document: &T) -> Result<String> {
        let value = serde_json::to_value(document).map_err(|error| unwritable(&error.to_string()))?;
        let json = || screen::json(&format!("{value:#}\n")).into_owned();
        match format {
            Format::Yaml => {
                let yaml = serde_saphyr::to_string(&value).map_err(|error| unwritable(&error.to_string()))?;
                // YAML leaves some control characters unescaped. JSON escapes them, and is valid YAML.
                Ok(if screen::lines(&yaml) == yaml { yaml } else { json() })
            }
            _ => Ok(json()),
        }
    }

    /// A line about what happened, unless `--quiet`.
    pub(crate) fn status(&self, text: &str) {
        let text = screen::paragraph(text);
        let lines: Vec<String> = text.lines().map(|line| wrap::wrapped(line, 0, self.said_columns)).collect();
        self.unless_quiet(&lines.join("\n"));
    }

    /// A status line with an emphasised word at its end.
    pub(crate) fn status_with(&self, text: &str, word: &str) {
        self.unless_quiet(&format!("{text}{}", self.styled(Style::Strong, &screen::one_line(word))));
    }

    pub(crate) fn blank(&self) {
        self.unless_quiet("");
    }

    /// A line of a report: a mark, a label, and the result.
    pub(crate) fn stage(&self, mark: Mark, label: &str, text: &str) {
        let mark = self.styled(mark.style(), mark.sign());
        self.unless_quiet(&format!("{mark} {label:<12} {}", screen::one_line(text)));
    }

    pub(crate) fn warning(&self, text: &str) {
        self.line(&format!("{} {}", self.styled(Style::Warning, "warning:"), screen::paragraph(text)));
    }

    /// What the user could do next, unless `--quiet`.
    pub(crate) fn hint(&self, text: &str) {
        self.unless_quiet(&format!("{} {}", self.styled(Style::Hint, "hint:"), screen::one_line(text)));
    }

    /// A decision and its reason, with `-v`.
    pub(crate) fn detail(&self, text: &str) {
        if self.verbose > 0 {
            self.line(&self.styled(Style::Faint, &format!("· {}", screen::paragraph(text))));
        }
    }

    /// The error as text, or with `-o json` and `-o yaml` as one line of JSON.
    pub(crate) fn print_error(&self, error: &Error) {
        if error.kind.is_silent() {
            return;
        }
        if !self.is_table() {
            // A document of plain strings can be written.
            let text = serde_json::to_string(&ErrorDocument::of(error)).unwrap_or_default();
            return self.line(&screen::json(&text));
        }
        if matches!(error.kind, Kind::Interrupted | Kind::Terminated) {
            return self.line("interrupted");
        }
        self.line(&format!("{} {}", self.styled(Style::Error, "error:"), screen::paragraph(&error.message)));
        for reason in &error.because {
            self.line(&format!("{} {}", self.styled(Style::Strong, "because:"), screen::paragraph(reason)));
        }
        for fix in &error.try_next {
            match is_request(fix) {
                true => self.line(&screen::one_line(fix)),
                false => self.line(&format!("{} {}", self.styled(Style::Try, "try:"), screen::one_line(fix))),
            }
        }
    }

    /// The same for an answer: `whose` is waited for.
    pub(crate) fn waiting_for(&self, whose: &str) -> Waiting {
        if self.animated { self.waiting.begin(&format!("waiting for {whose}"), Depth::Call) } else { Waiting::unseen() }
    }

    /// Shows what goes on, like `reading your accounts`, as long as the guard lives: on a terminal, after a moment.
    /// Whatever else is printed takes it away first.
    pub(crate) fn waiting(&self, what: &str) -> Waiting {
        if self.animated { self.waiting.begin(what, Depth::Verb) } else { Waiting::unseen() }
    }

    /// Nothing is shown as waited for while this lives: something else is printed, a person is asked, or a child has the
    /// terminal.
    pub(crate) fn hold(&self) -> Held {
        if self.animated { self.waiting.hold() } else { Held::nothing() }
    }

    fn unless_quiet(&self, text: &str) {
        if self.level == Level::Full {
            self.line(text);
        }
    }

    /// A word set off, for data.
    pub(crate) fn data_styled(&self, style: Style, text: &str) -> String {
        if self.data_colour { style.paint(text) } else { text.to_owned() }
    }

    /// A word set off, for what is said.
    pub(crate) fn styled(&self, style: Style, text: &str) -> String {
        if self.colour { style.paint(text) } else { text.to_owned() }
    }

    /// Prints text that [`screen`] has already made safe.
    fn line(&self, text: &str) {
        if self.level == Level::Silent {
            return;
        }
        let _held = self.hold();
        // There is nowhere to report that standard error is closed.
        let _ = writeln!(std::io::stderr().lock(), "{text}");
    }
}

/// On a terminal, unless the environment says otherwise: <https://no-color.org>, <https://bixense.com/clicolors/>.
fn wants_colour(host: &Host, is_terminal: bool) -> bool {
    let is_set = |name: &str| host.env(name).is_some_and(|value| !value.is_empty() && value != "0");
    let dumb = host.env(env_vars::TERM) == Some("dumb");
    host.env(env_vars::NO_COLOR).is_none()
        && (is_set(env_vars::CLICOLOR_FORCE) || is_terminal && !dumb && host.env(env_vars::CLICOLOR) != Some("0"))
}

fn unwritable(error: &str) -> Error {
    Error::failure("cannot print this document").because(error)
}

/// The result of a step in a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mark {
    Success,
    Failure,
    /// Not known, or not tried.
    Unknown,
}

impl Mark {
    fn sign(self) -> &'static str {
        match self {
            Mark::Success => "✓",
            Mark::Failure => "✗",
            Mark::Unknown => "-",
        }
    }

    fn style(self) -> Style {
        match self {
            Mark::Success => Style::Good,
            Mark::Failure => Style::Bad,
            Mark::Unknown => Style::Warning,
        }
    }
}

/// A time in the local time zone, with the date unless it is today.
pub(crate) fn local_time(host: &Host, at: jiff::Timestamp) -> String {
    let zone = host.time_zone();
    let (at, now) = (at.to_zoned(zone.clone()), host.now().to_zoned(zone));
    if at.date() == now.date() { at.strftime("%H:%M").to_string() } else { at.strftime("%Y-%m-%d %H:%M").to_string() }
}

/// What a table shows where there is nothing; a document has `null` there.
pub(crate) fn or_dash(text: Option<&str>) -> String {
    text.unwrap_or("-").to_owned()
}

/// The same for a list.
pub(crate) fn joined_or_dash<T: AsRef<str>>(items: &[T], separator: &str) -> String {
    let items: Vec<&str> = items.iter().map(AsRef::as_ref).collect();
    or_dash(Some(items.join(separator).as_str()).filter(|_| !items.is_empty()))
}

/// How tables and sentences mark a namespace that matches `patterns.production`.
pub(crate) const PRODUCTION: &str = "PRODUCTION";

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn yaml_that_would_control_the_terminal_is_written_as_json() {
        let ui = Ui::new(
            &Host::for_test(std::path::Path::new("/"), &[], jiff::Timestamp::UNIX_EPOCH),
            Format::Yaml,
            false,
            0,
        );
        for hostile in ["a\u{9b}31mb", "a\u{202e}b", "a\x1b[2Jb", "plain"] {
            let value = json!({ "name": hostile });
            let text = ui.render(Format::Yaml, &value).expect("YAML");
            assert_eq!(screen::lines(&text), text);
            assert_eq!(serde_saphyr::from_str::<Value>(&text).expect("YAML"), value, "{text}");
        }
    }
}
