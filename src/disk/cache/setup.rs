//! What we changed in other tools' files and may have to undo.

use super::{Cache, read, write};
use crate::error::Result;

impl Cache {
    /// The context that was current before the last switch, for `use -`.
    pub(crate) fn previous_context(&self) -> Option<String> {
        read(&self.folder.join("previous-context.json"))
    }

    pub(crate) fn store_previous_context(&self, context: &str) -> Result<()> {
        write(&self.folder.join("previous-context.json"), &context)
    }

    /// The sso-sessions that we wrote to `~/.aws/config` under names that other tools use too. We may remove only those.
    pub(crate) fn written_sso_sessions(&self) -> Vec<String> {
        read(&self.folder.join("made-sessions.json")).unwrap_or_default()
    }

    pub(crate) fn store_written_sso_session(&self, name: &str) -> Result<()> {
        let mut names = self.written_sso_sessions();
        names.retain(|known| known != name);
        names.push(name.to_owned());
        write(&self.folder.join("made-sessions.json"), &names)
    }
}
