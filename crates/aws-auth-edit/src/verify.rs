//! The judge of every edit: the new text is parsed again. Every other item must read as before, and ours as asked.

use yaml_splice::{Error, Kind, NodeId, ScalarStyle, Splice, text};

use crate::file::File;
use crate::render::NewItem;
use crate::{Item, Refused};

/// What an edit was to change.
pub(crate) enum Change<'a> {
    /// A new item at the end.
    Added(&'a NewItem<'a>),
    /// The item of this number is gone.
    Removed { number: usize },
    /// The item of this number has these groups now.
    Groups { number: usize, groups: &'a [String] },
}

/// Performs an edit and looks at what came out.
pub(crate) fn verify(before: &File<'_>, splices: Vec<Splice>, change: Change<'_>) -> Result<String, Refused> {
    let edited = text::splice(before.text, splices).ok_or_else(|| refused(before, &change))?;
    match File::open(&edited, before.list) {
        Ok(after) if is_as_wanted(before, &after, &change) => {}
        _ => return Err(refused(before, &change)),
    }
    Ok(edited)
}

/// Shown at the item, for there something is written in a way that was not foreseen.
fn refused(before: &File<'_>, change: &Change<'_>) -> Refused {
    let (place, why) = match change {
        Change::Added(_) => (before.items.last(), "the list is written in a way to which no item can be added safely"),
        Change::Removed { number } => {
            (before.items.get(*number), "this item cannot be removed without changing others")
        }
        Change::Groups { number, .. } => {
            (before.items.get(*number), "this item is written in a way that cannot be edited without changing more")
        }
    };
    match place {
        Some((_, item)) => before.refuse(*item, why).into(),
        None => Error::anywhere(why).into(),
    }
}

fn is_as_wanted(before: &File<'_>, after: &File<'_>, change: &Change<'_>) -> bool {
    let (ours_before, ours_after) = match change {
        Change::Added(_) => (None, after.items.len().checked_sub(1)),
        Change::Removed { number } => (Some(*number), None),
        Change::Groups { number, .. } => (Some(*number), Some(*number)),
    };
    let others = |file: &File<'_>, ours: Option<usize>| -> Vec<NodeId> {
        file.items.iter().enumerate().filter(|(number, _)| Some(*number) != ours).map(|(_, (_, id))| *id).collect()
    };
    let (old, new) = (others(before, ours_before), others(after, ours_after));
    old.len() == new.len()
        && old.iter().zip(&new).all(|(old, new)| is_same(before, *old, after, *new))
        && is_ours_right(before, after, change)
}

fn is_ours_right(before: &File<'_>, after: &File<'_>, change: &Change<'_>) -> bool {
    match change {
        Change::Removed { .. } => true,
        Change::Added(wanted) => after.items.last().is_some_and(|(item, _)| {
            let (arn, username, groups) = (item.arn.as_str(), item.username.as_str(), &item.groups);
            (arn, username, groups) == (wanted.arn, wanted.username, &wanted.groups)
                && item.counts
                && item.faults.is_empty()
        }),
        Change::Groups { number, groups } => {
            let (Some((old, old_id)), Some((new, new_id))) = (before.items.get(*number), after.items.get(*number))
            else {
                return false;
            };
            let wanted = Item { groups: groups.to_vec(), faults: new.faults.clone(), ..old.clone() };
            let fields = |file: &File<'_>, id: NodeId| -> Vec<(NodeId, NodeId)> {
                let is_groups =
                    |key: NodeId| file.document.scalar(key).is_some_and(|key| key.eq_ignore_ascii_case("groups"));
                file.document.pairs(id).iter().copied().filter(|(key, _)| !is_groups(*key)).collect()
            };
            let (olds, news) = (fields(before, *old_id), fields(after, *new_id));
            let same = |((old_key, old), (new_key, new)): (&(NodeId, NodeId), &(NodeId, NodeId))| {
                is_same(before, *old_key, after, *new_key) && is_same(before, *old, after, *new)
            };
            *new == wanted && olds.len() == news.len() && olds.iter().zip(&news).all(same)
        }
    }
}

/// Whether two nodes say the same. An alias is told by what it stands for where that is near, else by being one: no anchor
/// is ever written or moved.
fn is_same(before: &File<'_>, old: NodeId, after: &File<'_>, new: NodeId) -> bool {
    let (old_node, new_node) = (before.document.node(old), after.document.node(new));
    if old_node.tag != new_node.tag || old_node.anchored != new_node.anchored {
        return false;
    }
    match (&old_node.kind, &new_node.kind) {
        (Kind::Scalar { value: old, style: was }, Kind::Scalar { value: new, style: is }) => {
            old == new && (*was == ScalarStyle::Plain) == (*is == ScalarStyle::Plain)
        }
        (Kind::Sequence(old), Kind::Sequence(new)) => {
            old.len() == new.len() && old.iter().zip(new).all(|(old, new)| is_same(before, *old, after, *new))
        }
        (Kind::Mapping(old), Kind::Mapping(new)) => {
            let same = |((old_key, old), (new_key, new)): (&(NodeId, NodeId), &(NodeId, NodeId))| {
                is_same(before, *old_key, after, *new_key) && is_same(before, *old, after, *new)
            };
            old.len() == new.len() && old.iter().zip(new).all(same)
        }
        (Kind::Alias(old), Kind::Alias(new)) => before.document.scalar(*old) == after.document.scalar(*new),
        _ => false,
    }
}
