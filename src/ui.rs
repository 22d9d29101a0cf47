//! Output. Data goes to standard output; status, warnings, hints and progress go to standard error. The format, colour and
//! `--quiet` are decided here, and text from elsewhere passes through [`screen`] on its way to a terminal.

use std::io::{ErrorKind, Write};

use serde_json::{Value, json};

use crate::env_vars;
use crate::error::{Error, Kind, Result};
use crate::host::Host;
use crate::screen;

/// The format of data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Format {
    /// For people.
    Table,
    /// For programs: a stable contract.
    Json,
    /// The same as YAML.
    Yaml,
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
}

impl Ui {
    pub(crate) fn new(host: &Host, format: Format, quiet: bool, verbose: u8) -> Self {
        let dumb = host.env(env_vars::TERM) == Some("dumb");
        let terminal = host.terminals.stderr && !dumb;
        Ui {
            format,
            level: if quiet { Level::Quiet } else { Level::Full },
            verbose,
            colour: terminal && host.env(env_vars::NO_COLOR).is_none(),
            data_colour: host.terminals.stdout && !dumb && host.env(env_vars::NO_COLOR).is_none(),
            animated: terminal && !quiet,
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
        }
    }

    pub(crate) fn is_table(&self) -> bool {
        matches!(self.format, Format::Table | Format::Env)
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

    /// Prints a value as one line of JSON.
    pub(crate) fn print_json_line(&self, value: &Value) -> Result<()> {
        self.print_bytes(screen::json(&format!("{value}\n")).as_bytes())
    }

    /// Prints bytes as data, unchanged: a log, a secret's value, what a program reads. [`Kind::BrokenPipe`] if the reader
    /// is gone.
    pub(crate) fn print_bytes(&self, bytes: &[u8]) -> Result<()> {
        let mut stdout = std::io::stdout().lock();
        stdout.write_all(bytes).and_then(|()| stdout.flush()).map_err(|error| match error.kind() {
            ErrorKind::BrokenPipe => Error::new(Kind::BrokenPipe, "standard output was closed"),
            _ => Error::failure("cannot write to standard output").because(crate::error::plain_io(&error)),
        })
    }

    /// Prints a value in the chosen format. `table` is called only for a table.
    pub(crate) fn print_document(&self, value: &Value, table: impl FnOnce() -> String) -> Result<()> {
        match self.format {
            Format::Table | Format::Env => self.print(&table()),
            format => self.print_bytes(self.render(format, value)?.as_bytes()),
        }
    }

    /// A value as JSON or YAML.
    pub(crate) fn render(&self, format: Format, value: &Value) -> Result<String> {
        let json = || screen::json(&format!("{value:#}\n")).into_owned();
        match format {
            Format::Yaml => {
                let yaml = serde_saphyr::to_string(value)
                    .map_err(|error| Error::failure("cannot print YAML").because(error.to_string()))?;
                // YAML leaves some control characters unescaped. JSON escapes them, and is valid YAML.
                Ok(if screen::lines(&yaml) == yaml { yaml } else { json() })
            }
            _ => Ok(json()),
        }
    }

    /// A line about what happened, unless `--quiet`.
    pub(crate) fn status(&self, text: &str) {
        self.unless_quiet(&screen::paragraph(text));
    }

    /// A status line with an emphasised word at its end.
    pub(crate) fn status_with(&self, text: &str, word: &str) {
        self.unless_quiet(&format!("{text}{}", self.coloured("1", &screen::one_line(word))));
    }

    pub(crate) fn blank(&self) {
        self.unless_quiet("");
    }

    /// A line of a report: a mark, a label, and the result.
    pub(crate) fn stage(&self, mark: Mark, label: &str, text: &str) {
        let mark = self.coloured(mark.colour(), mark.sign());
        self.unless_quiet(&format!("{mark} {label:<12} {}", screen::one_line(text)));
    }

    pub(crate) fn warning(&self, text: &str) {
        self.line(&format!("{} {}", self.coloured("33", "warning:"), screen::paragraph(text)));
    }

    /// What the user could do next, unless `--quiet`.
    pub(crate) fn hint(&self, text: &str) {
        self.unless_quiet(&format!("{} {}", self.coloured("36", "hint:"), screen::one_line(text)));
    }

    /// A decision and its reason, with `-v`.
    pub(crate) fn detail(&self, text: &str) {
        if self.verbose > 0 {
            self.line(&self.coloured("2", &format!("· {}", screen::paragraph(text))));
        }
    }

    /// The error as text, or with `-o json` and `-o yaml` as one line of JSON.
    pub(crate) fn print_error(&self, error: &Error) {
        if error.kind.is_silent() {
            return;
        }
        if !self.is_table() {
            let value = json!({"error": {
                "kind": error.kind.name(), "message": error.message, "because": error.because,
                "try": error.try_next, "exit_code": error.kind.exit_code(),
            }});
            return self.line(&screen::json(&value.to_string()));
        }
        if matches!(error.kind, Kind::Interrupted | Kind::Terminated) {
            return self.line("interrupted");
        }
        self.line(&format!("{} {}", self.coloured("1;31", "error:"), screen::paragraph(&error.message)));
        for reason in &error.because {
            self.line(&format!("{} {}", self.coloured("1", "because:"), screen::paragraph(reason)));
        }
        for command in &error.try_next {
            self.line(&format!("{} {}", self.coloured("1;32", "try:"), screen::one_line(command)));
        }
    }

    /// Shows a line that the next one replaces, if [`Ui::is_animated`].
    pub(crate) fn show_transient(&self, text: &str) {
        if self.animated {
            let mut stderr = std::io::stderr().lock();
            let text = screen::one_line(text);
            let _ = write!(stderr, "\r\x1b[2K{text}").and_then(|()| stderr.flush());
        }
    }

    /// Removes the transient line.
    pub(crate) fn clear_transient(&self) {
        self.show_transient("");
        if self.animated {
            let _ = write!(std::io::stderr().lock(), "\r");
        }
    }

    fn unless_quiet(&self, text: &str) {
        if self.level == Level::Full {
            self.line(text);
        }
    }

    /// Text with emphasis, for data, if that may have colour.
    pub(crate) fn data_coloured(&self, code: &str, text: &str) -> String {
        if self.data_colour { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() }
    }

    fn coloured(&self, code: &str, text: &str) -> String {
        if self.colour { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() }
    }

    /// Prints text that [`screen`] has already made safe.
    fn line(&self, text: &str) {
        if self.level == Level::Silent {
            return;
        }
        // There is nowhere to report that standard error is closed.
        let _ = writeln!(std::io::stderr().lock(), "{text}");
    }
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

    fn colour(self) -> &'static str {
        match self {
            Mark::Success => "32",
            Mark::Failure => "31",
            Mark::Unknown => "33",
        }
    }
}

/// A time in the local time zone, with the date unless it is today.
pub(crate) fn local_time(host: &Host, at: jiff::Timestamp) -> String {
    let zone = jiff::tz::TimeZone::system();
    let (at, now) = (at.to_zoned(zone.clone()), host.now().to_zoned(zone));
    if at.date() == now.date() { at.strftime("%H:%M").to_string() } else { at.strftime("%Y-%m-%d %H:%M").to_string() }
}

/// Aligned columns, two spaces apart, without trailing spaces.
pub(crate) fn table(headings: &[&str], rows: &[Vec<String>]) -> String {
    let mut lines = vec![headings.iter().map(|heading| (*heading).to_owned()).collect::<Vec<_>>()];
    lines.extend(rows.iter().map(|row| row.iter().map(|cell| screen::one_line(cell).into_owned()).collect()));
    let width = |column: usize| lines.iter().filter_map(|line| line.get(column)).map(|cell| cell.chars().count()).max();
    let widths: Vec<usize> = (0..headings.len()).map(|column| width(column).unwrap_or(0)).collect();
    let mut text = String::new();
    for line in &lines {
        let cells: Vec<String> = line.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}")).collect();
        text.push_str(cells.join("  ").trim_end());
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_are_aligned_without_trailing_spaces() {
        let text = table(&["NAME", "AGE"], &[vec!["web-0".into(), "1d".into()], vec!["ä".into(), String::new()]]);
        assert_eq!(text, "NAME   AGE\nweb-0  1d\nä\n");
    }

    #[test]
    fn a_cell_cannot_forge_a_row() {
        let text = table(&["NAME", "AGE"], &[vec!["web-0\nweb-1  2d\x1b[2J".into(), "1d".into()]]);
        let cell = r"web-0\nweb-1  2d\u{1b}[2J";
        assert_eq!(text, format!("{:<1$}  AGE\n{cell}  1d\n", "NAME", cell.len()));
    }

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
