//! Which checks a run makes, and which of them it shows.

use std::collections::BTreeSet;

use crate::model::doctor::check::{Check, Group, Uses};
use crate::model::doctor::{check, checks, findings};

/// The checks of a run.
#[derive(Debug, Clone, Default)]
pub(crate) struct Plan {
    only: Vec<String>,
    skip: Vec<String>,
    /// Files only.
    pub(crate) offline: bool,
    /// A workload whose IAM role is checked.
    has_workload: bool,
}

impl Plan {
    /// Ids of checks or findings, or of groups.
    ///
    /// # Errors
    /// The first one that is none of them.
    pub(crate) fn new(only: &[String], skip: &[String], offline: bool, has_workload: bool) -> Result<Self, String> {
        let normal = |names: &[String]| names.iter().map(|name| resolved(name)).collect::<Result<Vec<_>, _>>();
        Ok(Plan { only: normal(only)?, skip: normal(skip)?, offline, has_workload })
    }

    /// Whether a check is shown whatever it says.
    pub(crate) fn shows(&self, check: &Check) -> bool {
        if *check == super::aws::WORKLOAD && !self.has_workload {
            return false;
        }
        let names = |list: &[String]| list.iter().any(|name| name == check.id || name == check.group.id());
        (self.only.is_empty() || names(&self.only)) && !names(&self.skip)
    }

    /// Whether a check is made: shown, or needed by one that is.
    pub(crate) fn makes(&self, check: &Check) -> bool {
        self.needed().contains(check.id) && !self.is_left_out(check)
    }

    /// Why a check that would be needed is not made.
    pub(crate) fn why_not(&self) -> &'static str {
        "not run with --offline"
    }

    fn is_left_out(&self, check: &Check) -> bool {
        self.offline && check.uses == Uses::Network
    }

    /// The shown checks, and what they need.
    fn needed(&self) -> BTreeSet<&'static str> {
        let mut needed = BTreeSet::new();
        let mut open: Vec<&'static str> = checks().filter(|check| self.shows(check)).map(|check| check.id).collect();
        while let Some(id) = open.pop() {
            if needed.insert(id) {
                open.extend(check(id).into_iter().flat_map(|check| check.needs));
            }
        }
        needed
    }
}

/// The check, or the group, that a name means. A finding stands for its check.
fn resolved(name: &str) -> Result<String, String> {
    let is_group = Group::ALL.iter().any(|group| group.id() == name);
    if is_group || check(name).is_some() {
        return Ok(name.to_owned());
    }
    let finding = findings().find(|finding| finding.id == name);
    finding.map(|finding| finding.check.to_owned()).ok_or_else(|| name.to_owned())
}
