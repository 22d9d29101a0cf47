//! A grant by the ConfigMap aws-auth.

use crate::error::{Error, Result};
use crate::model::grants::aws_auth::addition;
use crate::model::grants::grant::Grant;
use crate::model::grants::granting::{Note, groups_of};
use crate::model::grants::state::State;

/// Gives the principal its group.
///
/// # Errors
/// When an access entry hides what aws-auth says, or the text cannot be edited.
pub(in crate::model::grants) fn put(state: &mut State, grant: &Grant, notes: &mut Vec<Note>) -> Result<()> {
    let principal = &grant.principal;
    if let Some(entry) = state.entry(&principal.arn()) {
        return Err(Error::usage(format!(
            "{} has an access entry, which overrides its item in aws-auth",
            entry.principal_arn
        ))
        .because("aws-auth is ignored for principals with an access entry")
        .try_next("run the same command with --via access-entry"));
    }
    let before = state.aws_auth.as_ref().map(|config_map| config_map.item(principal)).transpose()?.flatten();
    for group in groups_of(grant) {
        state.edit_aws_auth(addition(principal, &group))?;
    }
    let remarks = state.aws_auth.iter().flat_map(|config_map| config_map.remarks(principal));
    notes.extend(remarks.map(Note::Warning));
    if principal.arn() != principal.arn_in_aws_auth() {
        let arn = principal.arn_in_aws_auth();
        notes.push(Note::Info(format!("aws-auth uses the role's ARN without its path: {arn}")));
    }
    if let Some(applier) = state.aws_auth.as_ref().and_then(|config_map| config_map.appliers.first()) {
        notes.push(Note::Warning(format!(
            "aws-auth is managed by {applier}: add the item to its source too, or the next apply removes it"
        )));
    }
    if let Some(item) = before.filter(|item| item.username != principal.username_template()) {
        notes.push(Note::Info(format!("the item in aws-auth keeps its username {}", item.username)));
    }
    Ok(())
}
