//! From a namespace's name to its account and role: the pins, the existing profile, or, when neither answers, the
//! portal's own list.

mod assumed;
pub(crate) mod identity;
pub(crate) mod names;
pub(crate) mod portal;
pub(crate) mod settled;

use crate::chain::{Chain, Presence, ambient};
use crate::disk::cache::PortalIndex;
use crate::error::{Error, Kind, MissingAccess, Result};
use crate::model::aws::identity::{Identity, PermissionSet};
use crate::model::aws::target::{Assignment, AssignmentChoice, Portal, Target, choose};
use crate::model::kube::access::{Access, AccessName};
use crate::model::kube::namespace::similar;

/// Where STS has its endpoint for all regions of AWS proper.
const GLOBAL_REGION: &str = "us-east-1";

/// `idp-ns-<name>`: the one name of profile, user and context.
pub(crate) fn entry(chain: &Chain<'_>, access: &Access) -> String {
    chain.settings.context_pattern.value.render(access.name.as_str())
}

/// The target of an access whose credentials no portal gives: a role that a profile assumes, or a profile's own identity.
/// The settings say so, or the profile that a login wrote.
///
/// # Errors
/// When what names it is not complete.
pub(crate) fn without_portal(chain: &Chain<'_>, access: &Access) -> Result<Option<Target>> {
    let entry = entry(chain, access);
    let identity = assumed::identity(chain, access, &entry)?;
    Ok(identity.map(|identity| Target { access: access.clone(), entry, identity }))
}

/// The region that STS is asked in, before the cluster's is known.
pub(crate) fn region_of_sts(chain: &Chain<'_>, target: &Target) -> String {
    if let Some(portal) = target.portal() {
        return portal.region.clone();
    }
    let pinned = chain.settings.pins(target.access.name.as_str()).region.map(|region| region.value);
    let of_profile = || chain.aws_config.profile(&target.entry)?.get("region").map(str::to_owned);
    let of_source = || ambient::region(chain.host, target.identity.source_profile());
    pinned.or_else(of_profile).or_else(of_source).unwrap_or_else(|| GLOBAL_REGION.to_owned())
}

/// What is known of a portal's access without any call.
pub(crate) fn known(chain: &Chain<'_>, access: &Access, portal: &Portal) -> Option<Target> {
    let entry = entry(chain, access);
    let pins = chain.settings.pins(access.name.as_str());
    let profile = chain.aws_config.profile(&entry);
    // The profile's account and role belong to its own portal; those of another one mean nothing here.
    let own_portal = portal::own(chain, &entry);
    let profile = profile.filter(|_| own_portal.is_some_and(|own| own.session_name == portal.session_name));
    let of_profile = |key: &str| profile.and_then(|profile| profile.get(key)).map(str::to_owned);
    let pinned_account = pins.account.map(|account| account.value);
    let role_by_pattern = || chain.settings.permission_sets.value.only_name(access.namespace.as_str());
    let role = pins.role.map(|role| role.value).or_else(|| of_profile("sso_role_name"));
    let (account, role) = match pinned_account {
        Some(account) => (account, role.or_else(role_by_pattern)?),
        None => (of_profile("sso_account_id")?, role?),
    };
    let set = PermissionSet { portal: portal.clone(), account, name: role };
    Some(Target { access: access.clone(), entry, identity: Identity::PermissionSet(set) })
}

/// The target that a portal's list gives a namespace, if that leaves no choice.
pub(crate) fn only_one_in(chain: &Chain<'_>, access: &Access, portal: &Portal, list: &PortalIndex) -> Option<Target> {
    match choice(chain, access, &list.assignments) {
        AssignmentChoice::One(assignment) => Some(at(chain, access, portal, assignment)),
        _ => None,
    }
}

/// The target that a portal's list gives a namespace. Where several fit, a person chooses.
///
/// # Errors
/// [`Kind::NotFound`] when the person has no such namespace; [`Kind::Usage`] when several fit and no person can choose.
pub(crate) fn chosen_in(chain: &Chain<'_>, access: &Access, portal: &Portal, list: &PortalIndex) -> Result<Target> {
    let assignment = match choice(chain, access, &list.assignments) {
        AssignmentChoice::One(found) => found,
        AssignmentChoice::Several(found) => pick(chain, access, found)?,
        AssignmentChoice::Unknown { others } => return Err(unknown(access, &others, list.assignments.len())),
    };
    Ok(at(chain, access, portal, assignment))
}

/// The same for a login: where several fit, the one that the person chooses gets a name that tells it from the others.
///
/// # Errors
/// As [`chosen_in`].
pub(crate) fn named_in(chain: &Chain<'_>, access: &Access, portal: &Portal, list: &PortalIndex) -> Result<Target> {
    let found = match choice(chain, access, &list.assignments) {
        AssignmentChoice::Several(found) if chain.presence == Presence::Person && !access.has_own_name() => found,
        _ => return chosen_in(chain, access, portal, list),
    };
    let mut names = names::of_assignments(access, &found);
    let lines: Vec<String> =
        found.iter().zip(&names).map(|(found, name)| format!("{name}: {}", in_words(found))).collect();
    let chosen = chain.prompts.pick(&format!("Several accounts have {}. Which one?", access.namespace), &lines)?;
    let access = Access { name: names.swap_remove(chosen), ..access.clone() };
    let assignment = found.into_iter().nth(chosen).ok_or_else(|| Error::failure("nothing was selected"))?;
    Ok(at(chain, &access, portal, assignment))
}

/// The same target, under another name if there is one.
pub(crate) fn renamed(chain: &Chain<'_>, target: Target, name: Option<AccessName>) -> Target {
    let Some(name) = name else { return target };
    let access = Access { name, ..target.access };
    Target { entry: entry(chain, &access), access, ..target }
}

fn at(chain: &Chain<'_>, access: &Access, portal: &Portal, assignment: Assignment) -> Target {
    let set = PermissionSet { portal: portal.clone(), account: assignment.account, name: assignment.role };
    Target { access: access.clone(), entry: entry(chain, access), identity: Identity::PermissionSet(set) }
}

fn choice(chain: &Chain<'_>, access: &Access, assignments: &[Assignment]) -> AssignmentChoice {
    let pins = chain.settings.pins(access.name.as_str());
    let account = pins.account.as_ref().map(|account| account.value.as_str());
    let role = pins.role.as_ref().map(|role| role.value.as_str());
    choose(&access.namespace, assignments, account, role, |assignment| chain.settings.namespace_of(assignment))
}

/// Lets a person choose among assignments that all fit.
///
/// # Errors
/// [`Kind::Usage`] when no person can choose.
pub(crate) fn pick(chain: &Chain<'_>, access: &Access, found: Vec<Assignment>) -> Result<Assignment> {
    if chain.presence != Presence::Person {
        return Err(several(access, &found));
    }
    let lines: Vec<String> = found.iter().map(in_words).collect();
    let chosen = chain.prompts.pick(&format!("Several accounts have {}. Which one?", access.namespace), &lines)?;
    found.into_iter().nth(chosen).ok_or_else(|| Error::failure("nothing was selected"))
}

fn in_words(assignment: &Assignment) -> String {
    let name = assignment.account_name.as_deref().unwrap_or("(no name)");
    format!("{} {name}, role {}", assignment.account, assignment.role)
}

fn several(access: &Access, found: &[Assignment]) -> Error {
    let mut error = Error::usage(format!("several accounts have namespace \"{}\"", access.namespace));
    let names = names::of_assignments(access, found);
    for (assignment, name) in found.iter().zip(names) {
        let name = if access.has_own_name() { access.name.clone() } else { name };
        let alone = found.iter().filter(|other| other.account == assignment.account).count() == 1;
        let role = if alone { String::new() } else { format!(" --role {}", assignment.role) };
        error = error.because(in_words(assignment)).try_next(format!(
            "nsaccess login {} --account {}{role} --as {name}",
            access.namespace, assignment.account
        ));
    }
    error
}

fn unknown(access: &Access, others: &[String], assignments: usize) -> Error {
    let missing = MissingAccess { namespace: Some(access.namespace.to_string()), ..MissingAccess::default() };
    let error = Error::new(Kind::NotFound, format!("no access to namespace \"{}\"", access.namespace)).lacks(missing);
    if others.is_empty() {
        return error
            .because(format!("none of your {assignments} permission sets in the portal is for a namespace"))
            .try_next("nsaccess config   # shows the pattern for permission sets");
    }
    let shown = others.iter().take(12).cloned().collect::<Vec<_>>().join(", ");
    let more = others.len().saturating_sub(12);
    let more = if more > 0 { format!(" and {more} more (nsaccess list)") } else { String::new() };
    let error = error.because(format!("your namespaces: {shown}{more}"));
    match similar(access.namespace.as_str(), others.iter().map(String::as_str)) {
        Some(near) => error.try_next(format!("nsaccess login {near}")),
        None => error.try_next("nsaccess list   # lists your namespaces"),
    }
}
