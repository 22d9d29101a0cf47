//! The end of a session: on the portal, in the shared cache and in ours.

pub(crate) mod assumed;
pub(crate) mod browsers;
pub(crate) mod purge;

use std::time::Duration;

use aws_config_edit::{Section, same_start_url};

use crate::chain::Chain;
use crate::chain::lock_wait;
use crate::chain::session::standing;
use crate::disk::browser_profiles;
use crate::disk::cli_cache;
use crate::disk::private_folder::PrivateFolder;
use crate::disk::sso_cache::{self, Cached};
use crate::error::Result;
use crate::model::aws::session_name::session_name_for;
use crate::model::aws::sso_cache::{SsoToken, assumed_role_file_name, role_credentials_file_name};
use crate::model::aws::target::{Portal, Target};
use crate::model::settings::check_region;
use crate::net::aws::failure::{Class, Failure};

/// More profiles than anybody chains.
const LONGEST_CHAIN: usize = 32;
/// A refresh takes a second. One that hangs is not waited for: what it brings will not be stored.
const LONGEST_RENEWAL: Duration = Duration::from_secs(5);

/// What ended.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct SignedOut {
    /// There was a token.
    pub(crate) was_signed_in: bool,
    /// The portal confirmed the end, or had already ended it.
    pub(crate) on_portal: bool,
    /// Namespaces whose credentials were forgotten.
    pub(crate) namespaces: Vec<String>,
    /// Those whose browser profiles were removed.
    pub(crate) browsers: Vec<String>,
}

/// Removes what processes left that were killed: half-written secrets, kubeconfigs of shells, and locks, which would keep
/// kubectl from writing.
pub(crate) fn remove_left_overs(chain: &Chain<'_>) {
    chain.cache.sweep();
    sso_cache::sweep(chain.host);
    cli_cache::sweep(chain.host);
    PrivateFolder::sweep(chain.host);
    chain.kubeconfigs.remove_left_overs();
}

/// Signs out of a portal. The token is removed here even if the portal cannot be reached.
///
/// # Errors
/// When a file cannot be removed.
pub(crate) async fn sign_out(chain: &Chain<'_>, portal: &Portal) -> Result<SignedOut> {
    let mut ended = SignedOut::default();
    // A renewal under way produces a newer token, which is the one to end.
    let lock = sso_cache::lock_path(chain.host, &portal.session_name);
    let renewing = lock_wait::for_lock(chain.ui, &lock, "renewing the session", Some(LONGEST_RENEWAL)).await;
    if let Cached::Found(token) = sso_cache::read_token(chain.host, &portal.session_name)? {
        ended.was_signed_in = true;
        match end_on_portal(chain, portal, &token).await {
            Ok(()) => ended.on_portal = true,
            Err(failure) => {
                chain.ui.warning(&format!("cannot end the session at the portal: {failure}; it expires by itself"))
            }
        }
    }
    let _lock = standing::stop_keeping(chain, portal).await?;
    // What else there is of the session goes even if this file stays.
    let removed = sso_cache::remove_token(chain.host, &portal.session_name);
    drop(renewing);
    let mut roles: Vec<(String, String)> = Vec::new();
    for (access, cached) in chain.cache.accesses_with_credentials() {
        if same_start_url(&cached.identity.start_url, &portal.start_url) {
            chain.cache.forget_identity(&access, &cached.identity)?;
            ended.namespaces.push(access.to_string());
            roles.push((cached.identity.account, cached.identity.role));
        }
    }
    for target in assumed::all(chain).iter().filter(|target| builds_on(chain, target, portal)) {
        let forgotten = assumed::forget(chain, target).await?;
        ended.namespaces.extend(forgotten.credentials.then(|| target.access.to_string()));
        ended.browsers.extend(forgotten.browsers);
    }
    ended.namespaces.dedup();
    ended.browsers.extend(browsers::remove(chain, &browser_profiles::at_portal(chain.host, &portal.start_url)));
    chain.cache.forget_roles_of(&portal.start_url)?;
    chain.cache.forget_profiles_of(&portal.start_url)?;
    chain.cache.forget_signers_of(&portal.start_url)?;
    forget_for_the_aws_cli(chain, portal, roles)?;
    match removed {
        Err(error) if ended.on_portal => Err(error.because("the session itself has ended; only its file is left")),
        removed => removed.map(|_| ended),
    }
}

/// Ends the session where it lives: in the token's own region. An access token that is over says nothing of the
/// session; the next one ends it.
async fn end_on_portal(chain: &Chain<'_>, portal: &Portal, token: &SsoToken) -> Result<(), Failure> {
    let own_region = Some(&token.region).filter(|region| check_region(region).is_ok());
    let region = own_region.unwrap_or(&portal.region);
    let living = Portal { region: region.clone(), ..portal.clone() };
    let refresh = match (chain.services.end_session(&living, &token.access_token).await, &token.refresh) {
        (Err(failure), Some(refresh)) if failure.class == Class::Unauthorized => refresh,
        (Err(failure), None) if failure.class == Class::Unauthorized => return Ok(()),
        (answer, _) => return answer,
    };
    match chain.services.refresh(&living, refresh).await {
        Ok(new) => chain.services.end_session(&living, &new.access_token).await,
        Err(failure) if matches!(failure.class, Class::Unreachable | Class::Throttled) => Err(failure),
        Err(_) => Ok(()),
    }
}

/// The AWS CLI keeps credentials in files of its own, and would go on with them for hours. `aws sso logout` leaves those
/// of roles that were assumed with a session's credentials, and removes those of all other sessions; here those go
/// that the ended session gave: of the roles that we or profiles had from it, of all that the portal offers, and what
/// profiles assume from there.
fn forget_for_the_aws_cli(chain: &Chain<'_>, portal: &Portal, mut roles: Vec<(String, String)>) -> Result<()> {
    for profile in chain.aws_config.profile_names().filter_map(|name| chain.aws_config.profile(name)) {
        if let (true, Some(account), Some(role)) =
            (is_of(profile, portal), profile.get("sso_account_id"), profile.get("sso_role_name"))
        {
            match profile.get("sso_session") {
                Some(_) => roles.push((account.to_owned(), role.to_owned())),
                // The old form, which the AWS CLI tells apart by the start URL as it is written.
                None => {
                    let start_url = profile.get("sso_start_url").unwrap_or_default();
                    cli_cache::remove(chain.host, &role_credentials_file_name(account, role, None, start_url))?;
                }
            }
        }
        if let Some(file) = assumed_role_file_name(|key| profile.get(key))
            && sources(chain, profile).any(|source| is_of(source, portal))
        {
            cli_cache::remove(chain.host, &file)?;
        }
    }
    chain.cache.forget_shared_roles(&portal.start_url, |file| cli_cache::remove(chain.host, file))?;
    let index = chain.cache.portal_index(&portal.start_url);
    let offered = index.into_iter().flat_map(|index| index.assignments);
    roles.extend(offered.map(|assignment| (assignment.account, assignment.role)));
    roles.sort();
    roles.dedup();
    for (account, role) in &roles {
        let file = role_credentials_file_name(account, role, Some(&portal.session_name), "");
        cli_cache::remove(chain.host, &file)?;
    }
    Ok(())
}

/// Whether the credentials of an access come from a portal's session by other profiles.
fn builds_on(chain: &Chain<'_>, target: &Target, portal: &Portal) -> bool {
    let source = target.identity.source_profile().and_then(|name| chain.aws_config.profile(name));
    source.is_some_and(|source| sources(chain, source).any(|source| is_of(source, portal)))
}

/// Whether a profile has its credentials from a portal: by its sso-session, or by its own start URL, the old form.
fn is_of(profile: &Section, portal: &Portal) -> bool {
    match profile.get("sso_session") {
        Some(session) => session == portal.session_name,
        None => profile.get("sso_start_url").is_some_and(|url| same_start_url(url, &portal.start_url)),
    }
}

/// A profile and those that its credentials come from. A chain is as long as somebody made it; a circle is cut.
fn sources<'b>(chain: &'b Chain<'_>, profile: &'b Section) -> impl Iterator<Item = &'b Section> {
    let next = |profile: &&'b Section| chain.aws_config.profile(profile.get("source_profile")?);
    std::iter::successors(Some(profile), next).take(LONGEST_CHAIN)
}

/// Every portal of `~/.aws/config`, for `logout --all`.
pub(crate) fn portals(chain: &Chain<'_>) -> Vec<Portal> {
    let of_section = |section: &Section| {
        Some(Portal {
            session_name: section.name()?.to_owned(),
            start_url: section.get("sso_start_url")?.to_owned(),
            region: section.get("sso_region")?.to_owned(),
        })
    };
    chain.aws_config.sso_sessions().filter_map(of_section).collect()
}

/// A portal that somebody signed in to and set nothing up of: only its token is here, under the name that a login gives.
///
/// # Errors
/// When the token's file cannot be read.
pub(crate) fn unfinished(chain: &Chain<'_>, start_url: &str) -> Result<Option<Portal>> {
    let session_name = session_name_for(&chain.aws_config, start_url, "");
    let stored = sso_cache::read_token(chain.host, &session_name)?;
    Ok(match stored {
        Cached::Found(token) if same_start_url(&token.start_url, start_url) => {
            Some(Portal { session_name, start_url: token.start_url, region: token.region })
        }
        _ => None,
    })
}

/// The portals of `~/.aws/config`, but for the session of this name, whose token is still here.
pub(crate) fn still_signed_in(chain: &Chain<'_>, but: &str) -> Vec<Portal> {
    let mut others = portals(chain);
    others.retain(|portal| {
        let token = sso_cache::read_token(chain.host, &portal.session_name);
        portal.session_name != but && matches!(token, Ok(Cached::Found(_)))
    });
    others
}
