//! Waiting for another process that holds a lock: bounded, and said aloud when it takes long.

use std::path::Path;
use std::time::Duration;

use crate::disk::lock::Lock;
use crate::error::{Error, Kind, Result};
use crate::ui::Ui;

/// How long another process may renew something before we call it stuck. A refresh takes a second; its time-outs and
/// retries add up to less than this.
const LONGEST: Duration = Duration::from_secs(60);
const FIRST_PAUSE: Duration = Duration::from_millis(5);
const LONGEST_PAUSE: Duration = Duration::from_millis(100);

/// Takes a lock, waiting for its holder. `who` finishes the sentence "another nsaccess is …".
///
/// `None` where there can be no lock at all (a read-only or full disk, say): then the worst is a call made twice.
///
/// # Errors
/// When the lock cannot be had in time.
pub(crate) async fn for_lock(ui: &Ui, path: &Path, who: &str, limit: Option<Duration>) -> Result<Option<Lock>> {
    let limit = limit.unwrap_or(LONGEST);
    let mut pause = FIRST_PAUSE;
    let mut waited = Duration::ZERO;
    let mut told = false;
    loop {
        match Lock::try_acquire(path) {
            Ok(Some(lock)) => return Ok(Some(lock)),
            Ok(None) => {}
            Err(error) => {
                ui.detail(&format!("continuing without a lock: {error}"));
                return Ok(None);
            }
        }
        if waited >= limit {
            return Err(Error::new(Kind::Unreachable, format!("another nsaccess is still {who}"))
                .because(format!("it has held {} for {} seconds", path.display(), waited.as_secs()))
                .try_next("pgrep -a nsaccess"));
        }
        if !told && waited >= Duration::from_secs(2) {
            ui.status(&format!("waiting for another nsaccess, which is {who}"));
            told = true;
        }
        tokio::time::sleep(pause).await;
        waited += pause;
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}
