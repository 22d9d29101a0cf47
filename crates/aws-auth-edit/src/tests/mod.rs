//! What the cluster reads, how an edit must look, and what it must never do.

mod added;
mod adding;
mod generator;
mod properties;
mod reading;
mod refusals;
mod removing;

use crate::{List, Refused};

const ARN: &str = "arn:aws:iam::111122223333:role/dev";
const USERNAME: &str = "arn:aws:sts::111122223333:assumed-role/dev/{{SessionName}}";

fn add(text: &str, groups: &[&str]) -> Result<String, Refused> {
    crate::add_groups(text, List::Roles, ARN, USERNAME, groups)
}

fn remove(text: &str, groups: &[&str]) -> Result<String, Refused> {
    crate::remove_groups(text, List::Roles, ARN, groups, false)
}

fn remove_item(text: &str, groups: &[&str]) -> Result<String, Refused> {
    crate::remove_groups(text, List::Roles, ARN, groups, true)
}
