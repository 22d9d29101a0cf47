//! What a person sees. Data goes to standard output and nothing else does; status, warnings, hints and progress go to
//! standard error. `table | json | yaml`, colour and quietness are decided once, here, and whatever a server said passes
//! [`screen`] on its way to a terminal.

use std::io::{ErrorKind, Write};

use serde_json::{Value, json};

use crate::env_vars;
use crate::error::{Error, Kind, Result};
use crate::host::Host;
use crate::screen;

/// The form of data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Format {
    /// For people.
    Table,
    /// For programs: a stable contract.
    Json,
    /// The same as YAML.
    Yaml,
    /// Environment variables: of `secrets get` alone, so no other verb's help speaks of it.
    #[value(hide = true)]
    Env,
}

/// The two streams, with what was decided about them.
#[derive(Debug, Clone)]
pub(crate) struct Ui {
    format: Format,
    quiet: bool,
    verbose: u8,
    colour: bool,
    data_colour: bool,
    animated: bool,
}

impl Ui {
    /// From the global flags and the process.
    pub(crate) fn new(host: &Host, format: Format, quiet: bool, verbose: u8) -> Self {
        let dumb = host.env(env_vars::TERM) == Some("dumb");
        let terminal = host.terminals.stderr && !dumb;
        Ui {
            format,
            quiet,
            verbose,
            colour: terminal && host.env(env_vars::NO_COLOR).is_none(),
            data_colour: host.terminals.stdout && !dumb && host.env(env_vars::NO_COLOR).is_none(),
            animated: terminal && !quiet,
        }
    }

    /// Whether data is a table for people.
    pub(crate) fn is_table(&self) -> bool {
        matches!(self.format, Format::Table | Format::Env)
    }

    /// Whether data may have colour: it goes to a screen, and nobody switched colour off.
    pub(crate) fn colours_data(&self) -> bool {
        self.data_colour
    }

    /// Whether things may move on the screen: a spinner instead of lines.
    pub(crate) fn is_animated(&self) -> bool {
        self.animated
    }

    /// Prints lines as data, for people: nothing in them steers the terminal.
    ///
    /// # Errors
    /// As [`Ui::bytes`].
    pub(crate) fn data(&self, text: &str) -> Result<()> {
        self.bytes(screen::lines(text).as_bytes())
    }

    /// Prints a value as a line of JSON.
    ///
    /// # Errors
    /// As [`Ui::bytes`].
    pub(crate) fn json_line(&self, value: &Value) -> Result<()> {
        self.bytes(screen::json(&format!("{value}\n")).as_bytes())
    }

    /// Prints bytes as data, as they are: a log, a secret's value, what a program reads.
    ///
    /// # Errors
    /// When standard output cannot be written; [`Kind::BrokenPipe`] when its reader went away.
    pub(crate) fn bytes(&self, bytes: &[u8]) -> Result<()> {
        let mut stdout = std::io::stdout().lock();
        stdout.write_all(bytes).and_then(|()| stdout.flush()).map_err(|error| match error.kind() {
            ErrorKind::BrokenPipe => Error::new(Kind::BrokenPipe, "standard output was closed"),
            _ => Error::failure("cannot write to standard output").because(crate::error::plain_io(&error)),
        })
    }

    /// Prints a value in the chosen form; a table is made by `table` only when one is wanted.
    ///
    /// # Errors
    /// As [`Ui::bytes`].
    pub(crate) fn document(&self, value: &Value, table: impl FnOnce() -> String) -> Result<()> {
        match self.format {
            Format::Table | Format::Env => self.data(&table()),
            form => self.bytes(self.rendered(form, value)?.as_bytes()),
        }
    }

    /// A value as JSON or YAML, for whoever does not print it.
    ///
    /// # Errors
    /// When YAML has no form for it.
    pub(crate) fn rendered(&self, form: Format, value: &Value) -> Result<String> {
        let json = || screen::json(&format!("{value:#}\n")).into_owned();
        match form {
            Format::Yaml => {
                let yaml = serde_saphyr::to_string(value)
                    .map_err(|error| Error::failure("cannot print YAML").because(error.to_string()))?;
                // What YAML leaves as it is JSON can write out, and JSON is YAML.
                Ok(if screen::lines(&yaml) == yaml { yaml } else { json() })
            }
            _ => Ok(json()),
        }
    }

    /// A line about what was done.
    pub(crate) fn status(&self, text: &str) {
        self.unless_quiet(&screen::paragraph(text));
    }

    /// A line about what was done, with a word at its end that stands out.
    pub(crate) fn status_of(&self, text: &str, word: &str) {
        self.unless_quiet(&format!("{text}{}", self.coloured("1", &screen::one_line(word))));
    }

    /// An empty line between statuses.
    pub(crate) fn blank(&self) {
        self.unless_quiet("");
    }

    /// A line of a report: a short label, what was found, and a mark.
    pub(crate) fn stage(&self, mark: Mark, label: &str, text: &str) {
        let mark = self.coloured(mark.colour(), mark.sign());
        self.unless_quiet(&format!("{mark} {label:<12} {}", screen::one_line(text)));
    }

    /// Something that is wrong and does not stop us.
    pub(crate) fn warning(&self, text: &str) {
        self.line(&format!("{} {}", self.coloured("33", "warning:"), screen::paragraph(text)));
    }

    /// What could be typed next.
    pub(crate) fn hint(&self, text: &str) {
        self.unless_quiet(&format!("{} {}", self.coloured("36", "hint:"), screen::one_line(text)));
    }

    /// A decision and its reason, for `-v`.
    pub(crate) fn detail(&self, text: &str) {
        if self.verbose > 0 {
            self.line(&self.coloured("2", &format!("· {}", screen::paragraph(text))));
        }
    }

    /// The error, as people or (with `-o json` and `-o yaml`) programs read it, on standard error.
    pub(crate) fn error(&self, error: &Error) {
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

    /// Shows a line that the next one replaces; nothing where nothing may move.
    pub(crate) fn transient(&self, text: &str) {
        if self.animated {
            let mut stderr = std::io::stderr().lock();
            let text = screen::one_line(text);
            let _ = write!(stderr, "\r\x1b[2K{text}").and_then(|()| stderr.flush());
        }
    }

    /// Takes the transient line away.
    pub(crate) fn end_transient(&self) {
        self.transient("");
        if self.animated {
            let _ = write!(std::io::stderr().lock(), "\r");
        }
    }

    fn unless_quiet(&self, text: &str) {
        if !self.quiet {
            self.line(text);
        }
    }

    fn coloured(&self, code: &str, text: &str) -> String {
        if self.colour { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() }
    }

    /// Prints what [`screen`] has seen already, with colours of ours.
    fn line(&self, text: &str) {
        // Nobody is left to tell when standard error is gone.
        let _ = writeln!(std::io::stderr().lock(), "{text}");
    }
}

/// How a line of a report ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mark {
    /// Well.
    Success,
    /// Not well.
    Failure,
    /// Neither: not known, not tried.
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

/// A time as a person wants it: of day if it is today's, with the date otherwise; in the local time zone.
pub(crate) fn local_time(host: &Host, at: jiff::Timestamp) -> String {
    let zone = jiff::tz::TimeZone::system();
    let (at, now) = (at.to_zoned(zone.clone()), host.now().to_zoned(zone));
    if at.date() == now.date() { at.strftime("%H:%M").to_string() } else { at.strftime("%Y-%m-%d %H:%M").to_string() }
}

/// Columns as wide as their widest cell, two spaces apart, no space at a line's end.
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
    fn tables_align_and_end_without_spaces() {
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
    fn yaml_that_would_steer_the_terminal_is_written_as_json() {
        let ui =
            Ui::new(&Host::made(std::path::Path::new("/"), &[], jiff::Timestamp::UNIX_EPOCH), Format::Yaml, false, 0);
        for hostile in ["a\u{9b}31mb", "a\u{202e}b", "a\x1b[2Jb", "plain"] {
            let value = json!({ "name": hostile });
            let text = ui.rendered(Format::Yaml, &value).expect("YAML");
            assert_eq!(screen::lines(&text), text);
            assert_eq!(serde_saphyr::from_str::<Value>(&text).expect("YAML"), value, "{text}");
        }
    }
}
