//! The grants that have ended: what `--for` said is over.

use jiff::Timestamp;

use crate::actions::grants::look::all_entries;
use crate::actions::grants::refusals::ask;
use crate::chain::administrator::Administrator;
use crate::error::Result;
use crate::model::grants::granting::Note;
use crate::model::grants::objects;
use crate::model::grants::principal::Principal;
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
    let (mut found, notes) = bindings(administrator, namespace, now).await?;
    if administrator.aws().is_ok() {
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
        None => "list rolebindings in all namespaces (or name one)".to_owned(),
    };
    let listed = ask(administrator, ("the grants cannot be listed", &right), async |api| {
        api.list_role_bindings(namespace, Some(&selector)).await
    });
    let (mut found, mut notes) = (Vec::new(), Vec::new());
    for binding in listed.await? {
        let until = binding.annotations.get(objects::UNTIL).and_then(|until| until.parse::<Timestamp>().ok());
        if until.is_none_or(|until| until > now) {
            continue;
        }
        let place = binding.namespace.unwrap_or_default();
        let named = binding.annotations.get(objects::PRINCIPAL).map_or("", String::as_str);
        match Principal::parse(named) {
            Ok(principal) => found.push(Revocation { namespace: place, principal, extent: Extent::Binding }),
            // What was rendered for a permission set does not know its role.
            Err(_) => notes.push(Note::Warning(format!(
                "RoleBinding {place}/{} has ended and stays: its principal is {named:?}; take it from there with --from",
                binding.name
            ))),
        }
    }
    Ok((found, notes))
}
