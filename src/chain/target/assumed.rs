//! An access whose credentials come from a profile of `~/.aws`: a role that it assumes, or its own identity.

use crate::chain::Chain;
use crate::chain::target::portal;
use crate::disk::aws_config;
use crate::error::{Error, Result};
use crate::model::aws::identity::Identity;
use crate::model::aws::role_to_assume::RoleToAssume;
use crate::model::kube::access::Access;
use crate::model::settings::{Origin, Pins, Sourced};

/// The identity of an access by a profile. `None`: a portal gives its credentials.
///
/// # Errors
/// When a role is named and nothing says whose credentials assume it.
pub(super) fn identity(chain: &Chain<'_>, access: &Access, entry: &str) -> Result<Option<Identity>> {
    let pins = chain.settings.pins(access.name.as_str());
    if asks_for_portal(chain, &pins) {
        return Ok(None);
    }
    let profile = chain.aws_config.profile(entry);
    if profile.is_some_and(|profile| profile.get("role_arn").is_some()) {
        portal::check_profile(chain, entry).map_err(|refusal| aws_config::unusable(chain.host, &refusal))?;
    }
    let of_profile = |key: &str| profile.and_then(|profile| profile.get(key)).map(str::to_owned);
    let value = |pin: &Option<Sourced<String>>, key: &str| {
        pin.as_ref().map(|pin| pin.value.clone()).or_else(|| of_profile(key))
    };
    // What a setting names is another role than the profile's, and the profile's options are not its own.
    let pinned = pins.role_arn.as_ref().is_some_and(|pin| Some(&pin.value) != of_profile("role_arn").as_ref());
    let option = |pin: &Option<Sourced<String>>, key: &str| match pinned {
        true => pin.as_ref().map(|pin| pin.value.clone()),
        false => value(pin, key),
    };
    let source_profile = value(&pins.source_profile, "source_profile");
    match (value(&pins.role_arn, "role_arn"), source_profile) {
        (Some(arn), Some(source_profile)) => {
            let role = RoleToAssume {
                arn,
                external_id: option(&pins.external_id, "external_id"),
                mfa_serial: option(&pins.mfa_serial, "mfa_serial"),
                session_name: option(&pins.session_name, "role_session_name"),
                duration: duration(&pins, || of_profile("duration_seconds").filter(|_| !pinned)),
            };
            Ok(Some(Identity::Role { role, source_profile }))
        }
        (Some(arn), None) => Err(Error::usage(format!("it is not known who assumes the role {arn}"))
            .because("neither --source-profile nor a setting names the AWS profile whose credentials do")
            .try_next(format!("nsaccess login {access} --role-arn {arn} --source-profile PROFILE"))),
        (None, Some(name)) if pins.source_profile.is_some() => {
            refuse_options(access, &name, &pins)?;
            Ok(Some(Identity::Profile(name)))
        }
        (None, _) => Ok(None),
    }
}

/// Flags that say how a role is assumed mean nothing to a profile's own identity.
fn refuse_options(access: &Access, profile: &str, pins: &Pins) -> Result<()> {
    let Pins { external_id, mfa_serial, session_name, duration, .. } = pins;
    let given = [external_id, mfa_serial, session_name, duration].into_iter().flatten();
    let mut by_flag = given.filter_map(|pin| match pin.origin {
        Origin::Flag(flag) => Some(flag),
        _ => None,
    });
    match by_flag.next() {
        None => Ok(()),
        Some(flag) => Err(Error::usage(format!("{flag} is for a role that is assumed"))
            .because(format!("no role is named: the identity would be that of the profile {profile} itself"))
            .try_next(format!("nsaccess login {access} --role-arn ARN --source-profile {profile}"))),
    }
}

/// In seconds.
fn duration(pins: &Pins, of_profile: impl FnOnce() -> Option<String>) -> Option<u32> {
    pins.duration_in_seconds().or_else(|| of_profile()?.parse().ok())
}

/// A flag that only a portal can answer overrides what is set up.
fn asks_for_portal(chain: &Chain<'_>, pins: &Pins) -> bool {
    let settings = &chain.settings;
    let by_flag = [&pins.account, &pins.role, &settings.start_url, &settings.sso_region];
    let is_flag = |setting: &Option<Sourced<String>>| {
        setting.as_ref().is_some_and(|setting| matches!(setting.origin, Origin::Flag(_)))
    };
    by_flag.into_iter().any(is_flag) && !is_flag(&pins.role_arn) && !is_flag(&pins.source_profile)
}
