//! Where to sign in: from the settings, from an existing profile or sso-session, or asked of the person once.

mod ask;

use aws_config_edit::{Section, same_start_url};

use crate::chain::target::entry;
use crate::chain::{Chain, access};
use crate::disk::aws_config;
use crate::error::Result;
use crate::model::aws::session_name::session_name_for;
use crate::model::aws::target::Portal;
use crate::model::kube::access::Access;
use crate::model::settings::{
    Flags, Origin, Sourced, check_account, check_region, check_role, check_role_arn, check_start_url,
};

/// The portal of an access: as pinned, else the one of its profile, which need not exist yet. A flag overrides both.
///
/// # Errors
/// When no start URL or region is configured and no person can be asked.
pub(crate) fn of_access(chain: &Chain<'_>, access: &Access) -> Result<Portal> {
    match known_of_access(chain, access)? {
        Some(portal) => Ok(portal),
        None => asked(chain, Some(access.name.as_str())),
    }
}

/// The same without asking anybody. `None`: nothing names a portal.
///
/// # Errors
/// When a pinned start URL has no region, or the profile cannot be used.
pub(crate) fn known_of_access(chain: &Chain<'_>, access: &Access) -> Result<Option<Portal>> {
    let pins = chain.settings.pins(access.name.as_str());
    let by_flag = is_flag(&chain.settings.start_url) || is_flag(&chain.settings.sso_region);
    let Some(start_url) = pins.start_url.filter(|_| !by_flag).map(|pin| pin.value) else {
        return known(chain, Some(&entry(chain, access)));
    };
    let pinned = pins.sso_region.map(|pin| pin.value);
    match pinned.or_else(|| region_of(chain, &start_url)) {
        Some(region) => Ok(Some(named(chain, &start_url, &region))),
        None => Err(ask::not_configured(Some(access.name.as_str()), Some(&start_url))),
    }
}

/// The region of a portal: of its sso-session, or of the settings if they name the same one.
fn region_of(chain: &Chain<'_>, start_url: &str) -> Option<String> {
    let is_it = |section: &&Section| section.get("sso_start_url").is_some_and(|url| same_start_url(url, start_url));
    let session = chain.aws_config.sso_sessions().find(is_it);
    let of_session = session.and_then(|section| section.get("sso_region")).map(str::to_owned);
    let configured = chain.settings.start_url.as_ref().filter(|pin| same_start_url(&pin.value, start_url));
    of_session.or_else(|| configured.and(chain.settings.sso_region.as_ref()).map(|region| region.value.clone()))
}

/// The portal of the settings.
///
/// # Errors
/// When no start URL or region is configured and no person can be asked.
pub(crate) fn default(chain: &Chain<'_>) -> Result<Portal> {
    match known(chain, None)? {
        Some(portal) => Ok(portal),
        None => asked(chain, None),
    }
}

/// The portal for the profile of this name, which need not exist yet, without asking anybody. `None`: nothing names one.
///
/// # Errors
/// When the profile cannot be used.
pub(crate) fn known(chain: &Chain<'_>, profile: Option<&str>) -> Result<Option<Portal>> {
    if let Some(profile) = profile {
        check_profile(chain, profile).map_err(|refusal| aws_config::unusable(chain.host, &refusal))?;
    }
    if let Some(portal) = profile.and_then(|profile| of_profile(chain, profile)) {
        return Ok(Some(portal));
    }
    let of_settings = match (&chain.settings.start_url, &chain.settings.sso_region) {
        (Some(start_url), Some(region)) => Some(named(chain, &start_url.value, &region.value)),
        _ => None,
    };
    Ok(of_settings.or_else(|| chain.asked.get().cloned()))
}

/// The portal that the person names.
fn asked(chain: &Chain<'_>, namespace: Option<&str>) -> Result<Portal> {
    let (start_url, region) = ask::ask(chain, namespace)?;
    let portal = named(chain, &start_url, &region);
    Ok(chain.asked.get_or_init(|| portal).clone())
}

/// The portals that are in use here: the one of the settings, then those of the accesses that are set up.
pub(crate) fn in_use(chain: &Chain<'_>) -> Vec<Portal> {
    let settings = (&chain.settings.start_url, &chain.settings.sso_region);
    let of_settings = match settings {
        (Some(start_url), Some(region)) => Some(named(chain, &start_url.value, &region.value)),
        _ => None,
    };
    let of_accesses = access::set_up(chain).into_iter().filter_map(|name| {
        let access = access::named(chain, name).ok()?;
        own(chain, &entry(chain, &access))
    });
    let mut portals: Vec<Portal> = Vec::new();
    for portal in of_settings.into_iter().chain(of_accesses) {
        if portals.iter().all(|known| known.session_name != portal.session_name) {
            portals.push(portal);
        }
    }
    portals
}

/// What people write into `~/.aws/config` by hand is checked as flags are; AWS would answer with an unrelated error.
///
/// # Errors
/// The line of the first value that cannot be one.
pub(crate) fn check_profile(chain: &Chain<'_>, profile: &str) -> Result<(), aws_config_edit::Error> {
    let Some(profile) = chain.aws_config.profile(profile) else { return Ok(()) };
    profile.checked("sso_account_id", check_account)?;
    profile.checked("sso_role_name", check_role)?;
    profile.checked("region", check_region)?;
    profile.checked("role_arn", check_role_arn)?;
    let session = profile.get("sso_session").and_then(|name| chain.aws_config.sso_session(name));
    let Some(session) = session else { return Ok(()) };
    session.checked("sso_start_url", check_start_url)?;
    session.checked("sso_region", check_region)?;
    Ok(())
}

/// The portal that an existing profile signs in to: a namespace that is set up keeps its own portal, whatever the
/// settings say for others. Only a flag of this command overrides it.
fn of_profile(chain: &Chain<'_>, profile: &str) -> Option<Portal> {
    let own = own(chain, profile)?;
    let flag = |setting: &Option<Sourced<String>>| {
        setting.as_ref().filter(|_| is_flag(setting)).map(|flag| flag.value.clone())
    };
    let same_url = flag(&chain.settings.start_url).is_none_or(|url| same_start_url(&url, &own.start_url));
    let same_region = flag(&chain.settings.sso_region).is_none_or(|region| region == own.region);
    (same_url && same_region).then_some(own)
}

fn is_flag(setting: &Option<Sourced<String>>) -> bool {
    setting.as_ref().is_some_and(|setting| matches!(setting.origin, Origin::Flag(_)))
}

/// The portal that an existing profile signs in to; one from before there were sso-sessions names it itself.
pub(crate) fn own(chain: &Chain<'_>, profile: &str) -> Option<Portal> {
    let profile = chain.aws_config.profile(profile)?;
    let Some(session_name) = profile.get("sso_session") else {
        return Some(named(chain, profile.get("sso_start_url")?, profile.get("sso_region")?));
    };
    let session = chain.aws_config.sso_session(session_name)?;
    Some(Portal {
        session_name: session_name.to_owned(),
        start_url: session.get("sso_start_url")?.to_owned(),
        region: session.get("sso_region")?.to_owned(),
    })
}

/// A portal under the name of the sso-session that has, or will have, it. An existing session's own spelling of
/// the start URL is kept, because the AWS CLI hashes it.
fn named(chain: &Chain<'_>, start_url: &str, region: &str) -> Portal {
    let session_name = session_name_for(&chain.aws_config, start_url, region);
    let existing = chain.aws_config.sso_session(&session_name).and_then(|session| session.get("sso_start_url"));
    Portal { start_url: existing.unwrap_or(start_url).to_owned(), region: region.to_owned(), session_name }
}

/// Remembers the portal in the settings, when nothing there names one yet: it is asked for only once.
///
/// # Errors
/// When the settings file cannot be written.
pub(crate) fn remember(chain: &Chain<'_>, portal: &Portal) -> Result<()> {
    let (without_flags, _) = crate::disk::settings::load(chain.host, &Flags::default(), &chain.aws_config)?;
    if without_flags.start_url.is_some() {
        // A flag overrides a configured portal for this once; it does not replace it.
        return Ok(());
    }
    // Both or none: another nsaccess may read the file in this moment.
    let both = [("start_url", portal.start_url.as_str()), ("sso_region", portal.region.as_str())];
    let path = crate::disk::settings::set(chain.host, &both)?;
    chain.ui.detail(&format!("remembered the start URL and its region in {}", chain.host.shorten_home(&path)));
    Ok(())
}
