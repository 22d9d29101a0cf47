//! Whether a login may take the place of what is set up under the same name: what works keeps working until the person
//! has said otherwise.

use crate::chain::access;
use crate::chain::target::{self, names, portal};
use crate::chain::{Chain, Presence};
use crate::disk::kubeconfig::OwnCluster;
use crate::disk::settings;
use crate::error::{Error, Kind, Result};
use crate::model::aws::identity::{Identity, PermissionSet};
use crate::model::aws::role_to_assume::RoleToAssume;
use crate::model::aws::session_name::first_label;
use crate::model::aws::sso_cache::SsoToken;
use crate::model::aws::target::{Portal, Target};
use crate::model::kube::access::{Access, AccessName};
use crate::model::kube::cluster::Cluster;
use crate::model::settings::{Flags, Origin, Sourced};
use crate::net::aws::failure::Class;
use aws_config_edit::{Section, same_start_url};

/// How a login goes on that would replace something.
pub(crate) struct Ways<'a> {
    /// The command that replaces it.
    pub(crate) replace: String,
    /// The command that sets up another access beside it, under this name.
    pub(crate) beside: Box<dyn Fn(&AccessName) -> String + 'a>,
}

/// What a login would put in the place of what is set up.
struct Change<'a> {
    access: &'a Access,
    old: String,
    new: String,
    /// What tells the new place from the old one, for the name of an access beside it.
    place: &'a str,
}

/// The identity that is set up under the name of an access.
fn set_up(chain: &Chain<'_>, access: &Access, entry: &str) -> Option<Identity> {
    chain.aws_config.profile(entry).and_then(|profile| of_profile(chain, entry, profile)).or_else(|| {
        // A profile's own identity has no other profile: the settings name it, and a context leads somewhere by it.
        chain.kubeconfigs.merged().ok()?.own_cluster(entry)?;
        let settled = settings::load_without_project(chain.host, &Flags::default(), &chain.aws_config).ok()?.0;
        let pins = settled.pins(access.name.as_str());
        pins.source_profile.filter(|_| pins.role_arn.is_none()).map(|pin| Identity::Profile(pin.value))
    })
}

fn of_profile(chain: &Chain<'_>, entry: &str, profile: &Section) -> Option<Identity> {
    let text = |key: &str| profile.get(key).map(str::to_owned);
    match (RoleToAssume::of_profile(|key| profile.get(key)), text("source_profile")) {
        (Some(role), Some(source_profile)) => Some(Identity::Role { role, source_profile }),
        _ => Some(Identity::PermissionSet(PermissionSet {
            portal: portal::own(chain, entry)?,
            account: text("sso_account_id")?,
            name: text("sso_role_name")?,
        })),
    }
}

/// Refuses a name that is a namespace of the person's own: it would no longer mean that one.
///
/// # Errors
/// When it is refused.
pub(crate) fn refuse_name_of_namespace(chain: &Chain<'_>, access: &Access, ways: &Ways<'_>) -> Result<()> {
    let is_familiar = access::familiar(chain).iter().any(|name| name == access.name.as_str());
    if !access.has_own_name() || !is_familiar || access::set_up(chain).contains(&access.name) {
        return Ok(());
    }
    let other = names::beside(chain, access, access.name.as_str());
    Err(Error::usage(format!("{access} is the name of another namespace of yours"))
        .because(format!("nsaccess login {access} would lead into {} from then on", access.namespace))
        .try_next(format!("{}   # by another name", (ways.beside)(&other)))
        .try_next(ways.replace.clone()))
}

/// Asks on a terminal, and refuses elsewhere, to make an access lead into another namespace. Returns the name under which
/// the person wants it beside.
///
/// # Errors
/// As [`may_change_portal`].
pub(crate) fn may_change_namespace(chain: &Chain<'_>, access: &Access, ways: &Ways<'_>) -> Result<Option<AccessName>> {
    let entry = target::entry(chain, access);
    let merged = chain.kubeconfigs.merged()?;
    if merged.own_cluster(&entry).is_none() {
        return Ok(None);
    }
    let (settled, _) = settings::load_without_project(chain.host, &Flags::default(), &chain.aws_config)?;
    let old = settled.namespace_of_access(access.name.as_str());
    match old == access.namespace.as_str() {
        true => Ok(None),
        false => {
            let in_words = |name: &str| format!("the namespace {name}");
            let (old, new) = (in_words(&old), in_words(access.namespace.as_str()));
            ask_to_replace(chain, &entry, &Change { access, old, new, place: "" }, ways)
        }
    }
}

/// Asks on a terminal, and refuses elsewhere, to sign in to another portal than the one of the access of this name. Returns
/// the name under which the person wants it beside.
///
/// # Errors
/// When it is refused, or the person wants to keep what is there.
pub(crate) fn may_change_portal(
    chain: &Chain<'_>,
    access: &Access,
    entry: &str,
    portal: &Portal,
    ways: &Ways<'_>,
) -> Result<Option<AccessName>> {
    let Some(set_up) = set_up(chain, access, entry) else { return Ok(None) };
    let old = match set_up.portal() {
        Some(own) if same_start_url(&own.start_url, &portal.start_url) => return Ok(None),
        Some(own) => own.start_url.clone(),
        None => set_up.to_string(),
    };
    let place = first_label(&portal.start_url).unwrap_or_default();
    ask_to_replace(chain, entry, &Change { access, old, new: portal.start_url.clone(), place }, ways)
}

/// The same for another account, unless the portal no longer gives the old one: nothing is lost then.
///
/// # Errors
/// As [`may_change_portal`].
pub(crate) async fn may_change_account(
    chain: &Chain<'_>,
    target: &Target,
    session: &SsoToken,
    ways: &Ways<'_>,
) -> Result<Option<AccessName>> {
    let old = set_up(chain, &target.access, &target.entry);
    let (Some(Identity::PermissionSet(old)), Identity::PermissionSet(new)) = (old, &target.identity) else {
        return Ok(None);
    };
    if old.account == new.account {
        return Ok(None);
    }
    if same_start_url(&old.portal.start_url, &new.portal.start_url) {
        let role = (old.account.as_str(), old.name.as_str());
        let given = chain.services.role_credentials(&old.portal, role, &session.access_token).await;
        if given.is_err_and(|failure| matches!(failure.class, Class::Denied | Class::NotFound)) {
            return Ok(None);
        }
    }
    let assignments = match chain.cache.portal_index(&new.portal.start_url) {
        Some(list) => list.assignments,
        // It names the accounts. What is refused leaves nothing behind, so it is not kept.
        None => chain.services.assignments(&new.portal, &session.access_token, &|_, _| ()).await.unwrap_or_default(),
    };
    let place = names::place_of_account(chain, &target.access, &assignments, &new.account);
    let in_words = |account: &str| format!("account {account}");
    let (old, new) = (in_words(&old.account), in_words(&new.account));
    ask_to_replace(chain, &target.entry, &Change { access: &target.access, old, new, place: &place }, ways)
}

/// The same for an identity that no portal gives.
///
/// # Errors
/// As [`may_change_portal`].
pub(crate) fn may_change_identity(chain: &Chain<'_>, target: &Target, ways: &Ways<'_>) -> Result<Option<AccessName>> {
    let Some(old) = set_up(chain, &target.access, &target.entry) else { return Ok(None) };
    match is_same(&old, &target.identity) {
        true => Ok(None),
        false => {
            let (old, new) = (old.to_string(), target.identity.to_string());
            ask_to_replace(
                chain,
                &target.entry,
                &Change { access: &target.access, old, new, place: target.role() },
                ways,
            )
        }
    }
}

/// The same for another cluster that this command names.
///
/// # Errors
/// As [`may_change_portal`].
pub(crate) fn may_change_cluster(
    chain: &Chain<'_>,
    target: &Target,
    cluster: &Cluster,
    ways: &Ways<'_>,
) -> Result<Option<AccessName>> {
    let pins = chain.settings.pins(target.access.name.as_str());
    // What a trusted project pins was decided when it was trusted.
    let is_named = |pin: &Option<Sourced<String>>| {
        pin.as_ref().is_some_and(|pin| matches!(pin.origin, Origin::Flag(_) | Origin::Environment(_)))
    };
    let merged = chain.kubeconfigs.merged()?;
    let Some(OwnCluster { name, region, .. }) = merged.own_cluster(&target.entry) else { return Ok(None) };
    let same = name == cluster.name && region == cluster.region;
    if same || !(is_named(&pins.cluster) || is_named(&pins.region)) {
        return Ok(None);
    }
    let in_words = |name: &str, region: &str| format!("the cluster {name} in {region}");
    let (old, new) = (in_words(&name, &region), in_words(&cluster.name, &cluster.region));
    let place = if region == cluster.region { &cluster.name } else { &cluster.region };
    ask_to_replace(chain, &target.entry, &Change { access: &target.access, old, new, place }, ways)
}

/// Refuses to write a context that would lead to another account, or come from another portal, than the profile that its
/// tokens are signed with. `login` changes both.
///
/// # Errors
/// When it is refused.
pub(crate) fn refuse_other_than_profile(chain: &Chain<'_>, target: &Target, login: &str) -> Result<()> {
    let Some(old) = set_up(chain, &target.access, &target.entry) else { return Ok(()) };
    let same = match (&old, &target.identity) {
        (Identity::PermissionSet(old), Identity::PermissionSet(new)) => {
            same_start_url(&old.portal.start_url, &new.portal.start_url) && old.account == new.account
        }
        (old, new) => is_same(old, new),
    };
    if same {
        return Ok(());
    }
    let place =
        |account: Option<&str>| account.map_or_else(|| "another identity".to_owned(), |id| format!("account {id}"));
    Err(Error::usage(format!("the profile {} is for {}", target.entry, place(old.account())))
        .because(format!(
            "kubectl's tokens come from it, and would mean nothing in {}",
            place(target.identity.account())
        ))
        .try_next(login))
}

fn ask_to_replace(chain: &Chain<'_>, entry: &str, change: &Change<'_>, ways: &Ways<'_>) -> Result<Option<AccessName>> {
    let Change { access, old, new, place } = change;
    let beside = names::beside(chain, access, place);
    let command = (ways.beside)(&beside);
    if chain.presence != Presence::Person {
        return Err(Error::usage(format!("{entry} is set up for {old}, and not for {new}"))
            .because("its profile and context would be replaced, and tools that use them would act elsewhere")
            .try_next(format!("{command}   # sets it up beside"))
            .try_next(format!("{}   # replaces what is there", ways.replace)));
    }
    let question = format!("{entry} is set up for {old}:");
    let lines = [format!("keep {old}"), format!("set up {new} beside it, as {beside}"), format!("replace it by {new}")];
    match chain.prompts.pick(&question, &lines)? {
        1 => Ok(Some(beside)),
        2 => Ok(None),
        _ => {
            Err(Error::new(Kind::Interrupted, "nothing was changed")
                .try_next(format!("{command}   # sets it up beside")))
        }
    }
}

/// Whether nothing is set up under the name of the target's access, or the same identity.
pub(crate) fn loses_nothing(chain: &Chain<'_>, target: &Target) -> bool {
    let old = set_up(chain, &target.access, &target.entry);
    old.is_none_or(|old| is_same(&old, &target.identity))
}

/// How a role is assumed makes no other one of it.
fn is_same(old: &Identity, new: &Identity) -> bool {
    match (old, new) {
        (Identity::Role { role: old, .. }, Identity::Role { role: new, .. }) => old.arn == new.arn,
        (old, new) => old.key().is(&new.key()),
    }
}
