//! A namespace that is no longer where its profile says: the account was replaced, or the permission set has another name.
//! The portal knows where it is now, and `login` asks.

use crate::chain::Chain;
use crate::error::{Error, Kind, Result};
use crate::model::aws::credentials::RoleCredentials;
use crate::model::aws::target::{Assignment, Choice, Target, choose};
use crate::model::kube::namespace::Namespace;
use crate::model::settings::{Origin, Pins};

/// The end of the hint that leads to [`Chain::credentials_where_it_is`].
const ASKS: &str = "   # asks the portal where it is now";

/// The login that finds a namespace again, for everybody else.
pub(crate) fn hint(namespace: &Namespace) -> String {
    format!("nsaccess login {namespace}{ASKS}")
}

impl Chain<'_> {
    /// Credentials of a namespace, and its target: another one if the portal refuses the one that was known and names a
    /// new place. What a flag, a variable or a setting says is not overruled; then the error names it, and the new place.
    ///
    /// # Errors
    /// As [`Chain::credentials`].
    pub async fn credentials_where_it_is(&self, known: Target) -> Result<(Target, RoleCredentials)> {
        match self.credentials(&known).await {
            Ok(credentials) => Ok((known, credentials)),
            Err(mut refused) if refused.kind == Kind::Denied => {
                refused.try_next.retain(|hint| !hint.ends_with(ASKS));
                let target = self.moved(known, refused).await?;
                let credentials = self.credentials(&target).await?;
                Ok((target, credentials))
            }
            Err(error) => Err(error),
        }
    }

    async fn moved(&self, known: Target, refused: Error) -> Result<Target> {
        let namespace = &known.namespace;
        let Ok(index) = self.read_portal(&known.portal).await else { return Err(refused) };
        let pattern = &self.settings.permission_set_pattern.value;
        let mut found = match choose(namespace, &index.assignments, None, None, |role| pattern.matches(role)) {
            Choice::One(found) => vec![found],
            Choice::Several(found) => found,
            Choice::Unknown { .. } => Vec::new(),
        };
        found.retain(|found| (&found.account, &found.role) != (&known.account, &known.role));
        let pins = self.settings.pins(namespace.as_str());
        if found.is_empty() || pins.account.is_some() || pins.role.is_some() {
            return Err(named(refused, namespace, &pins, &found));
        }
        let assignment = match found.len() {
            1 => found.swap_remove(0),
            _ => self.pick(namespace, found)?,
        };
        self.ui.warning(&format!(
            "the portal gives {} in account {} no more; {namespace} is {} in account {} now",
            known.role, known.account, assignment.role, assignment.account
        ));
        Ok(Target { account: assignment.account, role: assignment.role, ..known })
    }
}

/// The refusal, with what names the place that was refused, and how to name the new one.
fn named(refused: Error, namespace: &Namespace, pins: &Pins, found: &[Assignment]) -> Error {
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
                Origin::User(_) => error.try_next(format!("nsaccess config set namespace.{namespace}.{what} {now}")),
                _ => error.try_next(format!("nsaccess login {namespace} --{what} {now}")),
            };
        }
    }
    before.into_iter().fold(error, Error::try_next)
}
