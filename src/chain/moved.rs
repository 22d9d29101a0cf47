//! A namespace that is no longer where its profile says: the account was replaced, or the permission set was renamed.
//! `login` asks the portal where it is now.

use crate::chain::Chain;
use crate::chain::credentials::{self, Credentials};
use crate::chain::session::portal_list;
use crate::chain::target;
use crate::error::{Error, Result};
use crate::model::aws::identity::{Identity, PermissionSet};
use crate::model::aws::target::{Assignment, AssignmentChoice, Target, choose};
use crate::model::kube::access::Access;
use crate::model::settings::{Origin, Pins};

/// Credentials of a namespace where it is now: of another target if the portal refuses the one that was known and names
/// a new place. What a flag, a variable or a setting says is not overruled; then the error names it, and the new place.
///
/// # Errors
/// As [`credentials::obtain`].
pub(crate) async fn credentials_where_it_is<'a>(chain: &'a Chain<'a>, known: Target) -> Result<Credentials<'a>> {
    let failure = match credentials::ask(chain, &known, None).await {
        Ok(credentials) => return Ok(Credentials::with(chain, known, credentials)),
        Err(failure) => failure,
    };
    let not_assigned = credentials::is_not_assigned(&failure);
    let refused = credentials::explain(chain, &known, failure, None);
    if !not_assigned {
        return Err(refused);
    }
    let Identity::PermissionSet(set) = known.identity.clone() else { return Err(refused) };
    // Its name says where it leads: `payments-prod` does not become the one in dev.
    if known.access.has_own_name() {
        return Err(refused);
    }
    let target = moved(chain, known, set, refused).await?;
    Credentials::of(chain, target).await
}

async fn moved(chain: &Chain<'_>, known: Target, set: PermissionSet, refused: Error) -> Result<Target> {
    let access = &known.access;
    let Ok(list) = portal_list::read(chain, &set.portal).await else { return Err(refused) };
    let namespace_of = |assignment: &Assignment| chain.settings.namespace_of(assignment);
    let mut found = match choose(&access.namespace, &list.assignments, None, None, namespace_of) {
        AssignmentChoice::One(found) => vec![found],
        AssignmentChoice::Several(found) => found,
        AssignmentChoice::Unknown { .. } => Vec::new(),
    };
    found.retain(|found| (&found.account, &found.role) != (&set.account, &set.name));
    let pins = chain.settings.pins(access.name.as_str());
    if found.is_empty() || pins.account.is_some() || pins.role.is_some() {
        return Err(with_new_place(refused, access, &pins, &found));
    }
    let assignment = match found.len() {
        1 => found.swap_remove(0),
        _ => target::pick(chain, access, found)?,
    };
    chain.ui.warning(&format!(
        "{} in account {} is no longer assigned to you; {access} is now {} in account {}",
        set.name, set.account, assignment.role, assignment.account
    ));
    let set = PermissionSet { account: assignment.account, name: assignment.role, ..set };
    Ok(Target { identity: Identity::PermissionSet(set), ..known })
}

/// The refusal, with what names the place that was refused, and how to name the new one.
fn with_new_place(refused: Error, access: &Access, pins: &Pins, found: &[Assignment]) -> Error {
    let mut error = refused;
    // What names the new place comes first.
    let before = std::mem::take(&mut error.try_next);
    for (what, pin) in [("account", &pins.account), ("role", &pins.role)] {
        let Some(pin) = pin else { continue };
        error = error.because(format!("the {what} {} comes from {}", pin.value, pin.origin));
        for assignment in found {
            let now = if what == "account" { &assignment.account } else { &assignment.role };
            error = match pin.origin {
                _ if *now == pin.value => error,
                Origin::User(_) | Origin::Organisation(_) => {
                    error.try_next(format!("nsaccess config set namespace.{access}.{what} {now}"))
                }
                _ => error.try_next(format!("nsaccess login {access} --{what} {now}")),
            };
        }
    }
    before.into_iter().fold(error, Error::try_next)
}
