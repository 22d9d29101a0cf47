//! What a login writes into the settings: what tells an access and cannot stand in a profile or a context.

use crate::chain::Chain;
use crate::error::Result;
use crate::model::aws::identity::Identity;
use crate::model::aws::target::Target;
use crate::model::settings::{Flags, Pins, Sourced};

/// Keeps the namespace of an access of another name, and the profile whose own identity it has; takes out what a login
/// wrote there before and is no longer so. Returns whether the settings changed.
///
/// # Errors
/// When the settings file cannot be read or written.
pub(crate) fn write(chain: &Chain<'_>, target: &Target) -> Result<bool> {
    let access = &target.access;
    let (settled, _) = crate::disk::settings::load_without_project(chain.host, &Flags::default(), &chain.aws_config)?;
    let pins = settled.pins(access.name.as_str());
    let source_profile = match &target.identity {
        Identity::Profile(name) => Some(name.as_str()),
        // A role's stands in its profile.
        Identity::Role { .. } if pins.role_arn.is_some() => value(&pins.source_profile),
        Identity::Role { .. } | Identity::PermissionSet(_) => None,
    };
    let namespace = access.has_own_name().then(|| access.namespace.as_str());
    let wanted = [
        ("namespace", value(&pins.namespace), namespace),
        ("source_profile", value(&pins.source_profile), source_profile),
    ];
    let mut changed = false;
    for (key, before, now) in wanted {
        if before == now {
            continue;
        }
        let key = format!("namespace.{}.{key}", access.name);
        match now {
            Some(now) => crate::disk::settings::set(chain.host, &[(key.as_str(), now)])?,
            None => crate::disk::settings::unset(chain.host, &key)?,
        };
        changed = true;
    }
    Ok(changed)
}

/// Takes out what [`write`] wrote of an access.
///
/// # Errors
/// When the settings file cannot be written.
pub(crate) fn forget(chain: &Chain<'_>, access: &str) -> Result<()> {
    let pins: Pins = chain.settings.pins(access);
    for (key, pin) in [("namespace", &pins.namespace), ("source_profile", &pins.source_profile)] {
        if pin.is_some() {
            crate::disk::settings::unset(chain.host, &format!("namespace.{access}.{key}"))?;
        }
    }
    Ok(())
}

fn value(pin: &Option<Sourced<String>>) -> Option<&str> {
    pin.as_ref().map(|pin| pin.value.as_str())
}
