//! What a login writes into the settings: what tells an access and cannot stand in a profile or a context.

use crate::chain::Chain;
use crate::error::{Error, Result};
use crate::model::aws::identity::Identity;
use crate::model::aws::target::Target;
use crate::model::settings::{Flags, Origin, Pins, Sourced};

/// Keeps the namespace of an access of another name, and the profile whose own identity it has; takes out what a login
/// wrote there before and is no longer so. Returns whether the settings changed.
///
/// # Errors
/// When the settings name another identity, which this one would not take the place of; when their file cannot be read or
/// written.
pub(crate) fn write(chain: &Chain<'_>, target: &Target) -> Result<bool> {
    let access = &target.access;
    let (settled, _) = crate::disk::settings::load_without_project(chain.host, &Flags::default(), &chain.aws_config)?;
    let pins = settled.pins(access.name.as_str());
    refuse_other_role(target, &pins)?;
    let source_profile = match &target.identity {
        Identity::Profile(name) => Some(name.as_str()),
        // A role's stands in its profile, or beside the role in the settings.
        Identity::Role { .. } if pins.role_arn.is_some() => value(&pins.source_profile),
        Identity::Role { .. } | Identity::PermissionSet(_) => None,
    };
    let namespace = access.has_own_name().then(|| access.namespace.as_str());
    let wanted = [("namespace", &pins.namespace, namespace), ("source_profile", &pins.source_profile, source_profile)];
    let mut changed = false;
    for (key, before, now) in wanted {
        if value(before) == now {
            continue;
        }
        let key = format!("namespace.{}.{key}", access.name);
        match now {
            Some(now) => crate::disk::settings::set(chain.host, &[(key.as_str(), now)])?,
            None => {
                refuse_foreign(target, &key, before.as_ref())?;
                crate::disk::settings::unset(chain.host, &key)?.0
            }
        };
        changed = true;
    }
    Ok(changed)
}

/// A role that the settings name is assumed by every command: a login as somebody else would not last.
fn refuse_other_role(target: &Target, pins: &Pins) -> Result<()> {
    let Some(pinned) = &pins.role_arn else { return Ok(()) };
    let is_same = matches!(&target.identity, Identity::Role { role, .. } if role.arn == pinned.value);
    match is_same {
        true => Ok(()),
        false => Err(Error::usage(format!("the settings have a different role for {}", target.access))
            .because(format!("{} comes from {}", pinned.value, pinned.origin))
            .try_next(format!("nsaccess config unset namespace.{}.role_arn", target.access))),
    }
}

/// Only what stands in the person's own file can be taken out there.
fn refuse_foreign(target: &Target, key: &str, pin: Option<&Sourced<String>>) -> Result<()> {
    match pin {
        Some(pin) if !matches!(pin.origin, Origin::User(_)) => {
            Err(Error::usage(format!("cannot remove {key}: {} is set by {}", pin.value, pin.origin))
                .because(format!("from the next command on, {} would use a different identity", target.access))
                .try_next("nsaccess config --explain   # shows which file sets it"))
        }
        _ => Ok(()),
    }
}

/// Takes out what [`write`] wrote of an access.
///
/// # Errors
/// When the settings file cannot be written.
pub(crate) fn forget(chain: &Chain<'_>, access: &str) -> Result<()> {
    let pins: Pins = chain.settings.pins(access);
    // With a role beside it a person wrote it.
    let source_profile = if pins.role_arn.is_some() { &None } else { &pins.source_profile };
    for (key, pin) in [("namespace", &pins.namespace), ("source_profile", source_profile)] {
        if pin.as_ref().is_some_and(|pin| matches!(pin.origin, Origin::User(_))) {
            crate::disk::settings::unset(chain.host, &format!("namespace.{access}.{key}"))?;
        }
    }
    Ok(())
}

fn value(pin: &Option<Sourced<String>>) -> Option<&str> {
    pin.as_ref().map(|pin| pin.value.as_str())
}
