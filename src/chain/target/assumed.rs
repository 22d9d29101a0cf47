//! An access whose credentials come from a profile of `~/.aws`: a role that it assumes, or its own identity.

use crate::chain::Chain;
use crate::chain::target::portal;
use crate::disk::aws_config;
use crate::error::{Error, Result};
use crate::model::aws::identity::Identity;
use crate::model::aws::role_to_assume::RoleToAssume;
use crate::model::kube::access::Access;
use crate::model::settings::{Origin, Pins, Sourced};

/// The identity of an access by a profile. `None`: a portal gives its credentials. What a flag, a variable or a setting
/// names comes first, then what a login wrote into the profile.
///
/// # Errors
/// When a role is named and nothing says whose credentials assume it.
pub(super) fn identity(chain: &Chain<'_>, access: &Access, entry: &str) -> Result<Option<Identity>> {
    let pins = chain.settings.pins(access.name.as_str());
    let profile = chain.aws_config.profile(entry);
    if profile.is_some_and(|profile| profile.get("role_arn").is_some()) {
        portal::check_profile(chain, entry).map_err(|refusal| aws_config::unusable(chain.host, &refusal))?;
    }
    let written = profile.and_then(|profile| {
        let role = RoleToAssume::of_profile(|key| profile.get(key))?;
        Some((role, profile.get("source_profile")?.to_owned()))
    });
    match (&pins.role_arn, &pins.source_profile) {
        (Some(arn), source) => pinned(access, arn, source.as_ref(), &pins, written).map(Some),
        (None, Some(name)) => {
            let why = format!("no role specified; the profile {} would be used directly", name.value);
            refuse_options(access, &pins, &name.value, why)?;
            Ok(Some(Identity::Profile(name.value.clone())))
        }
        (None, None) => match written.filter(|_| !names_portal(chain, &pins)) {
            Some((role, source_profile)) => {
                Ok(Some(Identity::Role { role: with_options(role, &pins), source_profile }))
            }
            None => {
                let why = format!("{access} gets its credentials from a portal");
                refuse_options(access, &pins, "PROFILE", why)?;
                Ok(None)
            }
        },
    }
}

/// A role that a pin names. What a login wrote says the rest, if it is of the same role.
fn pinned(
    access: &Access,
    arn: &Sourced<String>,
    source: Option<&Sourced<String>>,
    pins: &Pins,
    written: Option<(RoleToAssume, String)>,
) -> Result<Identity> {
    let arn = &arn.value;
    let written = written.filter(|(role, _)| role.arn == *arn);
    let (role, written_source) = written.unzip();
    let Some(source_profile) = source.map(|source| source.value.clone()).or(written_source) else {
        return Err(Error::usage(format!("no source profile specified for the role {arn}"))
            .because("neither --source-profile nor a setting names the AWS profile that assumes it")
            .try_next(format!("nsaccess login {access} --role-arn {arn} --source-profile PROFILE")));
    };
    let role = with_options(role.unwrap_or_else(|| RoleToAssume::plain(arn)), pins);
    Ok(Identity::Role { role, source_profile })
}

/// The same role, as the pins say that it is assumed.
fn with_options(role: RoleToAssume, pins: &Pins) -> RoleToAssume {
    let pinned = |pin: &Option<Sourced<String>>| pin.as_ref().map(|pin| pin.value.clone());
    RoleToAssume {
        external_id: pinned(&pins.external_id).or(role.external_id),
        mfa_serial: pinned(&pins.mfa_serial).or(role.mfa_serial),
        session_name: pinned(&pins.session_name).or(role.session_name),
        duration: pins.duration_in_seconds().or(role.duration),
        arn: role.arn,
    }
}

/// Flags that say how a role is assumed mean nothing to a profile's own identity, or to a portal. `profile`: the one that
/// would assume a role.
fn refuse_options(access: &Access, pins: &Pins, profile: &str, why: String) -> Result<()> {
    let Pins { external_id, mfa_serial, session_name, duration, .. } = pins;
    let given = [external_id, mfa_serial, session_name, duration].into_iter().flatten();
    let mut by_flag = given.filter_map(|pin| match pin.origin {
        Origin::Flag(flag) => Some(flag),
        _ => None,
    });
    match by_flag.next() {
        None => Ok(()),
        Some(flag) => Err(Error::usage(format!("{flag} needs a role to assume"))
            .because(why)
            .try_next(format!("nsaccess login {access} --role-arn ARN --source-profile {profile}"))),
    }
}

/// Whether something that comes before the profile names a portal, or what one gives.
fn names_portal(chain: &Chain<'_>, pins: &Pins) -> bool {
    let is_flag = |setting: &Option<Sourced<String>>| {
        setting.as_ref().is_some_and(|setting| matches!(setting.origin, Origin::Flag(_)))
    };
    let is_pinned = pins.account.is_some() || pins.role.is_some() || pins.start_url.is_some();
    is_pinned || is_flag(&chain.settings.start_url) || is_flag(&chain.settings.sso_region)
}
