//! `audit --list`: every finding that there can be.

use crate::error::Result;
use crate::model::audit::FINDINGS;
use crate::model::audit::document::catalogue;
use crate::ui::Ui;

/// Prints the list; as a document with causes and repairs.
pub(super) fn show(ui: &Ui) -> Result<()> {
    ui.print_list(&catalogue(), FINDINGS.iter().map(|finding| finding.id.to_owned()), || {
        let row = |finding: &&crate::model::audit::finding::Finding| {
            let first = finding.cause.split_inclusive(". ").next().unwrap_or_default();
            vec![finding.id.to_owned(), finding.severity.word().to_owned(), first.trim().to_owned()]
        };
        ui.table(&["FINDING", "SEVERITY", "DESCRIPTION"], &FINDINGS.iter().map(row).collect::<Vec<_>>())
    })
}
