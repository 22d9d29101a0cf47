//! `doctor --wait`: checks again until all is well, or nothing more can come by itself.

use std::time::Duration;

use crate::commands::Context;
use crate::commands::doctor::Found;
use crate::error::Result;
use crate::model::doctor::row::{Outcome, Row};
use crate::process::runtime;

/// As long as a grant takes to arrive everywhere, and a person to connect a VPN.
const LONGEST: Duration = Duration::from_secs(5 * 60);
const PAUSE: Duration = Duration::from_secs(3);

/// Examines again while waiting can help.
///
/// # Errors
/// Of the examination.
pub(super) fn until_passed(
    context: Context<'_>,
    mut found: Found,
    examine: impl Fn() -> Result<Found>,
) -> Result<Found> {
    let start = std::time::Instant::now();
    while found.interrupted.is_none() && can_pass(&found.rows) && start.elapsed() < LONGEST {
        let waited_for = waited_for(&found.rows);
        let _waiting = context.ui.waiting(&format!("waiting for {waited_for}"));
        if let Err(error) = runtime::run(async {
            tokio::time::sleep(PAUSE).await;
            Ok(())
        }) {
            return Ok(Found { interrupted: Some(error), ..found });
        }
        found = Found { repaired: found.repaired, ..examine()? };
    }
    Ok(found)
}

/// Whether something is not in order, and all of it can come by itself.
fn can_pass(rows: &[Row]) -> bool {
    let mut open = rows.iter().filter(|row| matches!(row.outcome, Outcome::Fail | Outcome::Unknown)).peekable();
    open.peek().is_some() && open.all(Row::can_pass_later)
}

fn waited_for(rows: &[Row]) -> String {
    let open = rows.iter().filter(|row| matches!(row.outcome, Outcome::Fail | Outcome::Unknown));
    open.map(Row::id).collect::<Vec<_>>().join(", ")
}
