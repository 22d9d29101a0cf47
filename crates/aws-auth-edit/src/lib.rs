//! Lossless edits of `mapRoles` and `mapUsers` of the ConfigMap `kube-system/aws-auth`.
//!
//! [`read`] tells what the cluster sees in such a text. [`add_groups`] and [`remove_groups`] change the groups of one role
//! or user, and leave every other byte as it was. An edit finds the item that counts in the parsed text, splices, parses
//! the result again and compares: every other item must read as before, and this one as asked. Where that cannot be done,
//! the edit is refused with the line, the column and the reason, and there is no new text.
//!
//! ```
//! use aws_auth_edit::{List, add_groups, read, remove_groups, winner};
//!
//! let before = "\
//! ## Ask the platform team before you change this.
//! - rolearn: arn:aws:iam::111122223333:role/nodes
//!   username: system:node:{{EC2PrivateDNSName}}
//!   groups: [system:bootstrappers, system:nodes]
//! ";
//! let arn = "arn:aws:iam::111122223333:role/dev";
//! let username = "arn:aws:sts::111122223333:assumed-role/dev/{{SessionName}}";
//!
//! let after = add_groups(before, List::Roles, arn, username, &["web:readers"])?;
//! assert!(after.starts_with(before));
//! let items = read(&after, List::Roles).expect("it was read before");
//! assert_eq!(winner(&items, arn).map(|item| item.groups.clone()), Some(vec!["web:readers".to_owned()]));
//! // Removing the groups gives the old bytes back.
//! assert_eq!(remove_groups(&after, List::Roles, arn, &["web:readers"], true)?, before);
//! # Ok::<(), aws_auth_edit::Refused>(())
//! ```
//!
//! To give every byte back, an edit leaves small marks. Where `groups` was null in a block, a comment remembers it:
//! `groups: # was:`, with the former spelling behind it. Where it was absent in `{…}`, the new list is written `[ a ]`,
//! with spaces; one that was there and empty becomes `[a]`. An item without groups that has the username of a new one gets
//! `groups: # added`, or `[ a]` for its `[]`: [`is_as_added`] then tells it from an item that an edit has made.
#![warn(unreachable_pub)]

mod add;
mod added;
mod example;
mod file;
mod read;
mod remove;
mod render;
mod verify;

#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::fmt;

pub use add::add_groups;
pub use added::is_as_added;
pub use read::{ends_before, read};
pub use remove::remove_groups;

/// One of the two lists.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum List {
    /// `mapRoles`, whose items have a `rolearn`.
    Roles,
    /// `mapUsers`, whose items have a `userarn`.
    Users,
}

impl List {
    /// The key of its items that holds the ARN.
    fn arn_key(self) -> &'static str {
        match self {
            List::Roles => "rolearn",
            List::Users => "userarn",
        }
    }
}

/// An item of a list, as the cluster reads it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Item {
    /// Empty if there is none, or none that could be read.
    pub arn: String,
    /// A template, such as `{{SessionName}}`. Empty if there is none.
    pub username: String,
    /// Templates too.
    pub groups: Vec<String>,
    /// The line that it begins at, counted from one.
    pub line: usize,
    /// Whether the cluster takes it: an item without an ARN maps nobody.
    pub counts: bool,
    /// What the cluster cannot read of it, and so passes over.
    pub faults: Vec<String>,
}

/// The item that maps a role or user: the last one of its ARN, whose letters are compared without their case.
pub fn winner<'a>(items: &'a [Item], arn: &str) -> Option<&'a Item> {
    items.iter().rfind(|item| item.counts && item.arn.eq_ignore_ascii_case(arn))
}

/// Items of one ARN.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Duplicates<'a> {
    /// Two or more, in the order of the text: the last one counts.
    pub items: Vec<&'a Item>,
}

impl Duplicates<'_> {
    /// Whether their ARNs are not the same letter for letter. Among users it is then left to chance which one counts.
    pub fn differ_in_case(&self) -> bool {
        self.items.windows(2).any(|pair| pair[0].arn != pair[1].arn)
    }
}

/// The ARNs that have several items, in the order of the text.
pub fn duplicates(items: &[Item]) -> Vec<Duplicates<'_>> {
    let mut places: HashMap<String, usize> = HashMap::new();
    let mut found: Vec<Duplicates<'_>> = Vec::new();
    for item in items.iter().filter(|item| item.counts) {
        let place = *places.entry(item.arn.to_ascii_lowercase()).or_insert(found.len());
        match found.get_mut(place) {
            Some(duplicates) => duplicates.items.push(item),
            None => found.push(Duplicates { items: vec![item] }),
        }
    }
    found.retain(|duplicates| duplicates.items.len() > 1);
    found
}

/// Whether the ARN of a role or user has a path: `role/team/dev` instead of `role/dev`. A caller's ARN never has that of
/// its role, so such an item of [`List::Roles`] maps nobody.
pub fn has_path(arn: &str) -> bool {
    let resource = arn.splitn(6, ':').nth(5).unwrap_or_default();
    resource.split_once('/').is_some_and(|(_, name)| name.contains('/'))
}

/// Why the cluster cannot read a list. It maps nobody by this list then.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Broken {
    /// Line, counted from one.
    pub line: usize,
    /// Column in characters, counted from one.
    pub column: usize,
    /// What is wrong.
    pub why: String,
}

/// Why a text was not edited, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// Line, counted from one.
    pub line: Option<usize>,
    /// Column in characters, counted from one.
    pub column: Option<usize>,
    /// What is in the way and, if a person can mend it, how.
    pub why: String,
}

impl From<yaml_splice::Error> for Broken {
    fn from(error: yaml_splice::Error) -> Self {
        Broken { line: error.line.unwrap_or(1), column: error.column.unwrap_or(1), why: error.reason }
    }
}

impl From<yaml_splice::Error> for Refused {
    fn from(error: yaml_splice::Error) -> Self {
        Refused { line: error.line, column: error.column, why: error.reason }
    }
}

impl From<Broken> for Refused {
    fn from(broken: Broken) -> Self {
        Refused { line: Some(broken.line), column: Some(broken.column), why: broken.why }
    }
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}, column {}: {}", self.line, self.column, self.why)
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.line, self.column) {
            (Some(line), Some(column)) => write!(f, "line {line}, column {column}: {}", self.why),
            _ => f.write_str(&self.why),
        }
    }
}

impl std::error::Error for Broken {}
impl std::error::Error for Refused {}
