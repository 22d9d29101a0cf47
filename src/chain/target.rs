//! From a namespace's name to its account and role: the pins, the existing profile, or, when neither answers, the
//! portal's own list.

pub(crate) mod identity;
pub(crate) mod portal;

use crate::chain::{Chain, Presence};
use crate::disk::cache::PortalIndex;
use crate::error::{Error, Kind, MissingAccess, Result};
use crate::model::aws::target::{Assignment, AssignmentChoice, Portal, Target, choose};
use crate::model::kube::namespace::Namespace;

/// `idp-ns-<namespace>`: the one name of profile, user and context.
pub(crate) fn access_name(chain: &Chain<'_>, namespace: &Namespace) -> String {
    chain.settings.context_pattern.value.render(namespace.as_str())
}

/// What is known of a namespace without any call.
pub(crate) fn known(chain: &Chain<'_>, namespace: &Namespace, portal: &Portal) -> Option<Target> {
    let access_name = access_name(chain, namespace);
    let pins = chain.settings.pins(namespace.as_str());
    let profile = chain.aws_config.profile(&access_name);
    // The profile's account and role belong to its own portal; those of another one mean nothing here.
    let own_portal = portal::own(chain, &access_name);
    let profile = profile.filter(|_| own_portal.is_some_and(|own| own.session_name == portal.session_name));
    let of_profile = |key: &str| profile.and_then(|profile| profile.get(key)).map(str::to_owned);
    let pinned_account = pins.account.map(|account| account.value);
    let role_by_pattern = || chain.settings.permission_set_pattern.value.render(namespace.as_str());
    let role = pins.role.map(|role| role.value).or_else(|| of_profile("sso_role_name"));
    let (account, role) = match pinned_account {
        Some(account) => (account, role.unwrap_or_else(role_by_pattern)),
        None => (of_profile("sso_account_id")?, role?),
    };
    Some(Target { namespace: namespace.clone(), access_name, portal: portal.clone(), account, role })
}

/// The target that a portal's list gives a namespace, if that leaves no choice.
pub(crate) fn only_one_in(
    chain: &Chain<'_>,
    namespace: &Namespace,
    portal: &Portal,
    list: &PortalIndex,
) -> Option<Target> {
    match choice(chain, namespace, &list.assignments) {
        AssignmentChoice::One(assignment) => Some(at(chain, namespace, portal, assignment)),
        _ => None,
    }
}

/// The target that a portal's list gives a namespace. Where several fit, a person chooses.
///
/// # Errors
/// [`Kind::NotFound`] when the person has no such namespace; [`Kind::Usage`] when several fit and no person can choose.
pub(crate) fn chosen_in(
    chain: &Chain<'_>,
    namespace: &Namespace,
    portal: &Portal,
    list: &PortalIndex,
) -> Result<Target> {
    let assignment = match choice(chain, namespace, &list.assignments) {
        AssignmentChoice::One(found) => found,
        AssignmentChoice::Several(found) => pick(chain, namespace, found)?,
        AssignmentChoice::Unknown { others } => return Err(unknown(namespace, &others, list.assignments.len())),
    };
    Ok(at(chain, namespace, portal, assignment))
}

fn at(chain: &Chain<'_>, namespace: &Namespace, portal: &Portal, assignment: Assignment) -> Target {
    Target {
        namespace: namespace.clone(),
        access_name: access_name(chain, namespace),
        portal: portal.clone(),
        account: assignment.account,
        role: assignment.role,
    }
}

fn choice(chain: &Chain<'_>, namespace: &Namespace, assignments: &[Assignment]) -> AssignmentChoice {
    let pins = chain.settings.pins(namespace.as_str());
    let account = pins.account.as_ref().map(|account| account.value.as_str());
    let role = pins.role.as_ref().map(|role| role.value.as_str());
    choose(namespace, assignments, account, role, |role| chain.settings.permission_set_pattern.value.namespace_of(role))
}

/// Lets a person choose among assignments that all fit.
///
/// # Errors
/// [`Kind::Usage`] when no person can choose.
pub(crate) fn pick(chain: &Chain<'_>, namespace: &Namespace, found: Vec<Assignment>) -> Result<Assignment> {
    if chain.presence != Presence::Person {
        return Err(several(namespace, &found));
    }
    let lines: Vec<String> = found.iter().map(in_words).collect();
    let chosen = chain.prompts.pick(&format!("Several accounts have {namespace}. Which one?"), &lines)?;
    found.into_iter().nth(chosen).ok_or_else(|| Error::failure("nothing was chosen"))
}

fn in_words(assignment: &Assignment) -> String {
    let name = assignment.account_name.as_deref().unwrap_or("(no name)");
    format!("{} {name}, role {}", assignment.account, assignment.role)
}

fn several(namespace: &Namespace, found: &[Assignment]) -> Error {
    let mut error = Error::usage(format!("several accounts have the namespace {namespace}"));
    for assignment in found {
        error = error
            .because(in_words(assignment))
            .try_next(format!("nsaccess login {namespace} --account {}", assignment.account));
    }
    error
}

fn unknown(namespace: &Namespace, others: &[String], assignments: usize) -> Error {
    let missing = MissingAccess { namespace: Some(namespace.to_string()), ..MissingAccess::default() };
    let error = Error::new(Kind::NotFound, format!("you have no access to a namespace {namespace}")).lacks(missing);
    if others.is_empty() {
        return error
            .because(format!("none of your {assignments} permission sets on the portal is for a namespace"))
            .try_next("nsaccess config   # shows the pattern that permission sets are matched with");
    }
    let shown = others.iter().take(12).cloned().collect::<Vec<_>>().join(", ");
    let more = others.len().saturating_sub(12);
    let more = if more > 0 { format!(" and {more} more (nsaccess list)") } else { String::new() };
    error.because(format!("your namespaces are {shown}{more}")).try_next(format!("nsaccess login {}", others[0]))
}
