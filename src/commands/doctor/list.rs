//! `doctor --list`: every check, and what it needs.

use crate::error::Result;
use crate::model::doctor::{checks, document};
use crate::ui::{Ui, joined_or_dash};

/// Prints the list; as a document with all findings too.
pub(super) fn show(ui: &Ui) -> Result<()> {
    ui.print_list(&document::catalogue(), checks().map(|check| check.id.to_owned()), || {
        let rows: Vec<Vec<String>> = checks()
            .map(|check| {
                let needs = joined_or_dash(check.needs, ", ");
                vec![check.id.to_owned(), check.uses.word().to_owned(), needs, check.what.to_owned()]
            })
            .collect();
        ui.table(&["CHECK", "USES", "NEEDS", "DESCRIPTION"], &rows)
    })
}
