//! The grants that have ended: what `--for` said is over.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::actions::grants::look::all_entries;
use crate::actions::grants::principals::find_to_revoke;
use crate::actions::grants::refusals::ask;
use crate::chain::administrator::Administrator;
use crate::error::{Error, Result};
use crate::model::grants::grant::binding_name;
use crate::model::grants::granting::Note;
use crate::model::grants::objects;
use crate::model::grants::principal::{Principal, PrincipalName};
use crate::model::grants::revoking::{Extent, Revocation, is_policy};
use crate::model::grants::tags;

/// What has ended, in a namespace or in all.
///
/// # Errors
/// When bindings or access entries cannot be listed.
pub(crate) async fn find(
    administrator: &Administrator<'_>,
    namespace: Option<&str>,
) -> Result<(Vec<Revocation>, Vec<Note>)> {
    let now = administrator.chain.host.now();
    let (mut found, mut notes) = bindings(administrator, namespace, now).await?;
    if let Err(error) = administrator.aws() {
        notes.push(Note::Warning(format!("expired access policies were not checked: {error}")));
    } else {
        for entry in all_entries(administrator).await? {
            let Ok(principal) = Principal::parse(&entry.principal_arn) else { continue };
            let mut ended: Vec<(String, String)> = tags::granted_everywhere(&entry.tags)
                .filter(|(place, granted)| {
                    is_policy(&granted.label)
                        && namespace.is_none_or(|wanted| wanted == place)
                        && granted.until.is_some_and(|until| until <= now)
                })
                .map(|(place, granted)| (place, granted.label))
                .collect();
            ended.sort();
            for (place, label) in ended {
                let extent = Extent::Policies(vec![label]);
                found.push(Revocation { namespace: place, principal: principal.clone(), extent });
            }
        }
    }
    Ok((found, notes))
}

async fn bindings(
    administrator: &Administrator<'_>,
    namespace: Option<&str>,
    now: Timestamp,
) -> Result<(Vec<Revocation>, Vec<Note>)> {
    let selector = format!("{}={}", objects::MANAGED_BY, objects::FIELD_MANAGER);
    let right = match namespace {
        Some(namespace) => format!("list rolebindings in {namespace}"),
        None => "list rolebindings in all namespaces (or specify one)".to_owned(),
    };
    let listed = ask(administrator, ("cannot list the grants", &right), async |api| {
        api.list_role_bindings(namespace, Some(&selector)).await
    });
    let (mut found, mut notes) = (Vec::new(), Vec::new());
    let mut permission_sets = PermissionSets::new(administrator);
    for binding in listed.await? {
        let Some(until) = binding.annotations.get(objects::UNTIL) else { continue };
        let place = binding.namespace.clone().unwrap_or_default();
        let named = binding.annotations.get(objects::PRINCIPAL).map_or("", String::as_str);
        match until.parse::<Timestamp>() {
            Err(_) => notes.push(stays(&place, &binding.name, named, &format!("{until:?} is not a valid time"))),
            Ok(until) if until > now => {}
            Ok(_) => {
                let revocation =
                    |principal| Revocation { namespace: place.clone(), principal, extent: Extent::Binding };
                match Principal::parse(named) {
                    Ok(principal) => found.push(revocation(principal)),
                    // What was rendered for a permission set does not know its role.
                    Err(_) => match permission_sets.roles(named, &binding.name, &mut notes).await {
                        Ok(roles) => found.extend(roles.into_iter().map(revocation)),
                        Err(why) => {
                            notes.push(stays(&place, &binding.name, named, &format!("it has expired, but {why}")))
                        }
                    },
                }
            }
        }
    }
    Ok((found, notes))
}

/// What `grant render` says of a permission set: `permission-set:ACCOUNT:NAME`.
fn rendered(named: &str) -> Option<(&str, &str)> {
    named.strip_prefix("permission-set:")?.split_once(':')
}

fn stays(place: &str, name: &str, named: &str, why: &str) -> Note {
    let from = match rendered(named) {
        Some((_, permission_set)) => format!("permission-set:{permission_set}"),
        None if named.is_empty() => "PRINCIPAL".to_owned(),
        None => named.to_owned(),
    };
    Note::Warning(format!(
        "RoleBinding {place}/{name} kept: {why}; to revoke it: nsaccess revoke {place} --from {from}"
    ))
}

/// The roles of permission sets that bindings name, each looked for once.
struct PermissionSets<'a> {
    administrator: &'a Administrator<'a>,
    known: BTreeMap<String, Result<Vec<Principal>, String>>,
}

impl<'a> PermissionSets<'a> {
    fn new(administrator: &'a Administrator<'a>) -> Self {
        PermissionSets { administrator, known: BTreeMap::new() }
    }

    /// Those that a binding of this name was made for. Errors say why they are not known.
    async fn roles(&mut self, named: &str, binding: &str, notes: &mut Vec<Note>) -> Result<Vec<Principal>, String> {
        let Some((account, name)) = rendered(named) else { return Err(format!("its principal is {named:?}")) };
        let found = match self.known.get(named) {
            Some(found) => found.clone(),
            None => {
                let found = self.look_for(account, name, notes).await.map_err(|error| error.to_string());
                self.known.entry(named.to_owned()).or_insert(found).clone()
            }
        };
        let mut roles = found?;
        roles.retain(|role| binding_name(&role.slug()) == binding);
        if roles.is_empty() { Err(format!("it does not belong to the permission set {name}")) } else { Ok(roles) }
    }

    async fn look_for(&self, account: &str, name: &str, notes: &mut Vec<Note>) -> Result<Vec<Principal>> {
        let aws = self.administrator.aws()?;
        if aws.account() != account {
            return Err(Error::usage(format!("its permission set belongs to the account {account}")));
        }
        let found = find_to_revoke(self.administrator, &PrincipalName::PermissionSet(name.to_owned())).await;
        let (roles, seen) = found?;
        notes.extend(seen);
        Ok(roles)
    }
}
