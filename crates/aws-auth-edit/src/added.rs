//! Which items an edit has made.

use yaml_splice::{Splice, text};

use crate::file::File;
use crate::verify::{Change, verify};
use crate::{List, Refused, add_groups};

/// Whether the item that counts for an ARN is written to the byte as [`add_groups`] writes a new one with this username and
/// the item's groups. An item to which it only gave groups is not: it has a mark. Of an item of ours that others have
/// changed, or have changed everything around, it says no as well.
///
/// # Errors
/// When the cluster cannot read the text, or it is written in a way that leaves in doubt which item counts.
pub fn is_as_added(text: &str, list: List, arn: &str, username: &str) -> Result<bool, Refused> {
    let file = File::open(text, list)?;
    let Some(number) = file.effective(arn)? else { return Ok(false) };
    // Items that were added later show nothing of how this one was written.
    let Some(text) = file.without_later(number) else { return Ok(false) };
    Ok(is_added_anew(&text, list, number, arn, username).unwrap_or(false))
}

/// Removes the item, which is the last one, and adds it again.
fn is_added_anew(text: &str, list: List, number: usize, arn: &str, username: &str) -> Result<bool, Refused> {
    let file = File::open(text, list)?;
    let Some((item, _)) = file.items.get(number) else { return Ok(false) };
    let without = verify(&file, file.remove_item(number)?, Change::Removed { number })?;
    Ok(add_groups(&without, list, arn, username, &item.groups)? == text)
}

impl File<'_> {
    /// The text up to an item.
    fn without_later(&self, number: usize) -> Option<String> {
        let root = self.document.root?;
        let (_, item) = self.items[number];
        if !self.document.node(root).flow {
            return Some(self.text[..self.after(item, self.dashes(root)).ok()?].to_owned());
        }
        let (_, last) = *self.items.last()?;
        let range = self.document.node(item).end..self.document.node(last).end;
        text::splice(self.text, vec![Splice { range, text: String::new() }])
    }
}
