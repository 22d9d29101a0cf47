//! Taking back what was written into other tools' files: `logout --purge`.

use crate::chain::Chain;
use crate::chain::target::settled;
use crate::error::{Error, Result};
use crate::model::aws::session_name::has_our_name;
use crate::model::aws::target::{Portal, Target};
use crate::model::irsa::RolesOf;
use crate::model::kube::access::AccessName;

/// What a purge did. It does as much as it can: what cannot be removed keeps nothing else from being removed.
#[derive(Debug, Default)]
pub(crate) struct Purged {
    /// The contexts and profiles that are gone.
    pub(crate) removed: Vec<String>,
    /// Entries whose cluster or user stayed, with the contexts of other names that use it.
    pub(crate) kept: Vec<(String, Vec<String>)>,
    /// What could not be removed, and why.
    pub(crate) failed: Vec<(String, Error)>,
}

/// Removes the contexts and profiles of our naming pattern whose portal this is. The sso-session goes only if we
/// made it and nothing else uses it.
pub(crate) fn purge(chain: &Chain<'_>, portal: &Portal) -> Purged {
    let mut purged = Purged::default();
    for name in names_to_purge(chain, portal) {
        match purge_name(chain, &name, written_sso_session(chain, portal)) {
            Ok(kept_for) => {
                if !kept_for.is_empty() {
                    purged.kept.push((name.clone(), kept_for));
                }
                purged.removed.push(name);
            }
            Err(error) => purged.failed.push((name, error)),
        }
    }
    if let Err(error) = chain.cache.forget_portal_index(&portal.start_url) {
        purged.failed.push((portal.start_url.clone(), error));
    }
    purged
}

fn names_to_purge(chain: &Chain<'_>, portal: &Portal) -> Vec<String> {
    let uses_portal = |name: &&str| {
        let section = chain.aws_config.profile(name);
        section.and_then(|section| section.get("sso_session")) == Some(portal.session_name.as_str())
    };
    let ours = |name: &&str| chain.settings.context_pattern.value.namespace_of(name).is_some();
    chain.aws_config.profile_names().filter(ours).filter(uses_portal).map(str::to_owned).collect()
}

/// The same for an access whose credentials no portal gives.
pub(crate) fn purge_assumed(chain: &Chain<'_>, target: &Target) -> Purged {
    let mut purged = Purged::default();
    match purge_name(chain, &target.entry, false) {
        Ok(kept_for) => {
            purged.kept.extend((!kept_for.is_empty()).then(|| (target.entry.clone(), kept_for)));
            purged.removed.push(target.entry.clone());
        }
        Err(error) => purged.failed.push((target.entry.clone(), error)),
    }
    purged
}

/// The profile goes first: it is what others may build upon, and then nothing of the name is touched.
/// Returns the contexts for whose sake the cluster or user stayed.
fn purge_name(chain: &Chain<'_>, name: &str, also_session: bool) -> Result<Vec<String>> {
    let namespace = chain.settings.context_pattern.value.namespace_of(name);
    if let Some(namespace) = &namespace {
        // They build upon the namespace's own profile, so they go before it.
        let whose = RolesOf { namespace, source_profile: name };
        crate::disk::aws_config::remove_roles(chain.host, whose)?;
    }
    crate::disk::aws_config::remove(chain.host, name, also_session)?;
    let removed = chain.kubeconfigs.remove(name)?;
    if let Some(namespace) = namespace.and_then(|name| AccessName::parse(&name).ok()) {
        chain.cache.forget_credentials(&namespace)?;
        chain.cache.forget_cluster(&namespace)?;
        chain.cache.forget_candidates(&namespace)?;
        settled::forget(chain, namespace.as_str())?;
    }
    Ok(removed.kept_for)
}

/// Whether we wrote the portal's sso-session: it has our own name, or we remember having made it.
fn written_sso_session(chain: &Chain<'_>, portal: &Portal) -> bool {
    let name = portal.session_name.as_str();
    has_our_name(name) || chain.cache.written_sso_sessions().iter().any(|made| made == name)
}
