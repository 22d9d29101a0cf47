//! Grants by the ConfigMap aws-auth: our groups in the item of a principal.

use aws_auth_edit::{Broken, Duplicates, Item, List, Refused};

use crate::error::{Error, Kind, Result};
use crate::model::grants::principal::{Principal, PrincipalKind};
use crate::model::grants::state::{AwsAuth, AwsAuthEdit, State};

/// Groups of grants begin so.
pub(crate) const OWN_GROUP: &str = "nsaccess:";

/// Begins a list whose key was there and had no text. Such a key stays, and one that a grant has made goes.
const WAS_EMPTY: &str = "# empty before\n";

/// The list that has items of this kind of principal.
pub(crate) fn list_of(principal: &Principal) -> List {
    match principal.kind {
        PrincipalKind::Role => List::Roles,
        PrincipalKind::User => List::Users,
    }
}

/// The name of the list's key in the ConfigMap.
pub(crate) fn key(list: List) -> &'static str {
    match list {
        List::Roles => "mapRoles",
        List::Users => "mapUsers",
    }
}

impl AwsAuth {
    /// The text of a list; empty where there is none.
    pub(crate) fn text(&self, list: List) -> &str {
        let text = match list {
            List::Roles => &self.map_roles,
            List::Users => &self.map_users,
        };
        text.as_deref().unwrap_or_default()
    }

    /// Both lists.
    pub(crate) fn lists(&self) -> [(List, &str); 2] {
        [List::Roles, List::Users].map(|list| (list, self.text(list)))
    }

    /// The ARNs of all items that can be read.
    pub(crate) fn arns(&self) -> Vec<String> {
        let items =
            self.lists().into_iter().flat_map(|(list, text)| aws_auth_edit::read(text, list).unwrap_or_default());
        items.map(|item| item.arn).collect()
    }

    /// The item that maps a principal.
    ///
    /// # Errors
    /// When the list cannot be read: then it maps nobody.
    pub(crate) fn item(&self, principal: &Principal) -> Result<Option<Item>> {
        let list = list_of(principal);
        let items = aws_auth_edit::read(self.text(list), list).map_err(|broken| unreadable(list, &broken))?;
        Ok(aws_auth_edit::winner(&items, &principal.arn_in_aws_auth()).cloned())
    }

    /// What else in the list of a principal is about it, and misleads: in words for people.
    pub(crate) fn remarks(&self, principal: &Principal) -> Vec<String> {
        let list = list_of(principal);
        let items = aws_auth_edit::read(self.text(list), list).unwrap_or_default();
        let (key, arn) = (key(list), principal.arn_in_aws_auth());
        let mut remarks = Vec::new();
        let is_ours = |same: &Duplicates<'_>| same.items[0].arn.eq_ignore_ascii_case(&arn);
        for same in aws_auth_edit::duplicates(&items).into_iter().filter(is_ours) {
            let Some((last, others)) = same.items.split_last() else { continue };
            let lines = others.iter().map(|item| item.line.to_string()).collect::<Vec<_>>().join(", ");
            // Of users in other letters either may count, and no edit is made.
            if list == List::Roles || !same.differ_in_case() {
                remarks.push(format!(
                    "{arn} is in {key} {} times: only the item on line {} applies, not line {lines}",
                    same.items.len(),
                    last.line
                ));
            }
        }
        let is_path_wrong = |item: &&Item| {
            let named = Principal::parse(&item.arn).ok();
            item.counts
                && !item.arn.eq_ignore_ascii_case(&arn)
                && named
                    .is_some_and(|named| named.arn_without_path().eq_ignore_ascii_case(&principal.arn_without_path()))
        };
        remarks.extend(items.iter().filter(is_path_wrong).map(|item| {
            format!("the item on line {} of {key} matches nobody: in aws-auth, {} must be {arn}", item.line, item.arn)
        }));
        remarks
    }

    /// Makes an edit.
    ///
    /// # Errors
    /// When the text cannot be read, or not be edited safely.
    pub(crate) fn edit(&mut self, edit: &AwsAuthEdit) -> Result<()> {
        let place = match edit.list {
            List::Roles => &mut self.map_roles,
            List::Users => &mut self.map_users,
        };
        let before = place.clone().unwrap_or_default();
        let mut text = before.clone();
        if !edit.added.is_empty() {
            if place.as_deref() == Some("") {
                WAS_EMPTY.clone_into(&mut text);
            }
            text = aws_auth_edit::add_groups(&text, edit.list, &edit.arn, &edit.username, &edit.added)
                .map_err(|refused| not_edited(edit.list, &refused))?;
        }
        if !edit.removed.is_empty() {
            let is_own = is_own_item(&text, edit).map_err(|refused| not_edited(edit.list, &refused))?;
            text = aws_auth_edit::remove_groups(&text, edit.list, &edit.arn, &edit.removed, is_own)
                .map_err(|refused| not_edited(edit.list, &refused))?;
        }
        if text != before {
            *place = match text.as_str() {
                WAS_EMPTY => Some(String::new()),
                // A key that a grant has made goes with its last item.
                "" => None,
                _ => Some(text),
            };
        }
        Ok(())
    }

    /// Whether nothing is left of a ConfigMap that a grant has made.
    pub(crate) fn is_left_over(&self) -> bool {
        self.is_ours && !self.has_other_data && self.map_roles.is_none() && self.map_users.is_none()
    }
}

impl State {
    /// Makes an edit of aws-auth, and remembers it.
    ///
    /// # Errors
    /// As [`AwsAuth::edit`].
    pub(crate) fn edit_aws_auth(&mut self, edit: AwsAuthEdit) -> Result<()> {
        let mut config_map = self.aws_auth.clone().unwrap_or_else(|| AwsAuth { is_ours: true, ..AwsAuth::default() });
        config_map.edit(&edit)?;
        if self.aws_auth.as_ref() != Some(&config_map) {
            self.aws_auth = (!config_map.is_left_over()).then_some(config_map);
            self.aws_auth_edits.push(edit);
        }
        Ok(())
    }
}

/// The edit that gives a principal a group.
pub(crate) fn addition(principal: &Principal, group: &str) -> AwsAuthEdit {
    AwsAuthEdit {
        list: list_of(principal),
        arn: principal.arn_in_aws_auth(),
        username: principal.username_template(),
        added: vec![group.to_owned()],
        removed: Vec::new(),
    }
}

/// The edit that takes groups from a principal.
pub(crate) fn removal(principal: &Principal, groups: Vec<String>) -> AwsAuthEdit {
    AwsAuthEdit { added: Vec::new(), removed: groups, ..addition(principal, "") }
}

/// Whether a grant has made the item: it has nothing but our groups, and is written as a grant writes a new one.
fn is_own_item(text: &str, edit: &AwsAuthEdit) -> std::result::Result<bool, Refused> {
    let items = aws_auth_edit::read(text, edit.list)?;
    let has_only_ours = |item: &Item| item.groups.iter().all(|group| group.starts_with(OWN_GROUP));
    Ok(aws_auth_edit::winner(&items, &edit.arn).is_some_and(has_only_ours)
        && aws_auth_edit::is_as_added(text, edit.list, &edit.arn, &edit.username)?)
}

fn unreadable(list: List, broken: &Broken) -> Error {
    let Broken { line, column, why } = broken;
    Error::failure(format!("{} in the ConfigMap aws-auth is invalid, so nobody in it has access", key(list)))
        .because(format!("line {line}, column {column}: {why}"))
        .try_next("kubectl -n kube-system edit configmap aws-auth")
}

fn not_edited(list: List, refused: &Refused) -> Error {
    let place = match (refused.line, refused.column) {
        (Some(line), Some(column)) => format!("line {line}, column {column}: "),
        (Some(line), None) => format!("line {line}: "),
        _ => String::new(),
    };
    Error::new(Kind::Failure, format!("cannot edit {} in the ConfigMap aws-auth", key(list)))
        .because(format!("{place}{}", refused.why))
        .try_next("kubectl -n kube-system edit configmap aws-auth")
}

#[cfg(test)]
#[path = "aws_auth_tests.rs"]
mod tests;
