//! `doctor` in a world: what it finds, and whether what it says to try repairs it.

use std::path::Path;

use serde_json::Value;

use super::world::Invocation;
use super::{Output, World, transcripts};

/// A report.
pub(crate) struct Examined {
    pub report: Value,
    home: String,
}

/// `nsaccess doctor idp-dev` with more words, as a document.
#[track_caller]
pub(crate) fn examine(world: &World, words: &str) -> Examined {
    report_in(world, world.run(&format!("doctor idp-dev {words} -o json")))
}

/// The report that a run of doctor printed.
#[track_caller]
pub(crate) fn report_in(world: &World, output: Output) -> Examined {
    let report: Value =
        serde_json::from_str(&output.stdout).unwrap_or_else(|error| panic!("{error}\n{}", output.transcript()));
    let code = match report["result"].as_str() {
        Some("ok" | "warn") => 0,
        Some("fail") => 1,
        _ => 6,
    };
    let _ = output.exits(code);
    let examined = Examined { report, home: world.home().display().to_string() };
    let commands = examined.rows().iter().flat_map(|row| row["try"].as_array().into_iter().flatten());
    for command in commands.filter_map(Value::as_str) {
        assert_eq!(crate::hints::fault(command), None, "{command}");
    }
    examined
}

impl Examined {
    fn rows(&self) -> &[Value] {
        self.report["checks"].as_array().map_or(&[], Vec::as_slice)
    }

    /// Ids and results of all rows that are neither ok nor skipped.
    pub(crate) fn troubles(&self) -> Vec<(&str, &str)> {
        let word = |row: &'_ Value, key: &str| row[key].as_str().map(str::to_owned);
        let all = self.rows().iter().filter(|row| !matches!(word(row, "result").as_deref(), Some("ok" | "skipped")));
        all.map(|row| (row["id"].as_str().unwrap_or("?"), row["result"].as_str().unwrap_or("?"))).collect()
    }

    /// The row of a finding, or of a check.
    #[track_caller]
    pub(crate) fn row(&self, id: &str) -> &Value {
        let row = self.rows().iter().find(|row| row["id"] == id);
        let row = row.unwrap_or_else(|| panic!("no {id} in {:#}", self.report));
        transcripts::check(row, &self.home);
        row
    }

    /// The result of a row.
    #[track_caller]
    pub(crate) fn result(&self, id: &str) -> &str {
        self.row(id)["result"].as_str().expect("a result")
    }

    /// This is found, and nothing else is.
    #[track_caller]
    pub(crate) fn finds_only(&self, id: &str, result: &str) -> &Value {
        assert_eq!(self.troubles(), [(id, result)], "{:#}", self.report);
        self.row(id)
    }

    /// Nothing is wrong.
    #[track_caller]
    pub(crate) fn is_well(&self) {
        assert!(self.troubles().is_empty(), "{:#}", self.report);
    }
}

/// Types the first `try` of a finding into a shell.
#[track_caller]
pub(crate) fn type_first_try(world: &World, row: &Value) {
    let typed = shell(world, first_try(row));
    typed.run_trusted().success();
}

/// The first `try` of a finding.
#[track_caller]
pub(crate) fn first_try(row: &Value) -> &str {
    row["try"][0].as_str().unwrap_or_else(|| panic!("nothing to try in {row:#}"))
}

fn shell<'w>(world: &'w World, command: &str) -> Invocation<'w> {
    let ours = Path::new(env!("CARGO_BIN_EXE_nsaccess")).parent().expect("a folder");
    let path = format!("{}:/usr/local/bin:/usr/bin:/bin", ours.display());
    world.program(Path::new("/bin/sh"), "-c").arg(command).env("PATH", path)
}

/// This alone is found; what it says to try is typed into a shell, where doctor then finds nothing: for what changes the
/// shell's own variables.
#[track_caller]
pub(crate) fn is_repaired_in_its_shell(world: &World, words: &str, id: &str, result: &str) {
    let before = examine(world, words);
    let command = first_try(before.finds_only(id, result));
    let again = shell(world, &format!("{command}\nnsaccess doctor idp-dev {words} -o json"));
    report_in(world, again.run()).is_well();
}

/// This alone is found; what it says to try is typed; then nothing is wrong.
#[track_caller]
pub(crate) fn is_repaired_by_its_try(world: &World, words: &str, id: &str, result: &str) {
    let before = examine(world, words);
    type_first_try(world, before.finds_only(id, result));
    examine(world, words).is_well();
}
