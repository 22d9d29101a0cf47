//! Whose identity a namespace's name stands for: its own, which every tool on this machine means, or another one that a
//! flag, a variable or a project's file chose for once. What is chosen for once never passes for the namespace's own.

use crate::chain::Chain;
use crate::chain::target::portal;
use crate::env_vars;
use crate::model::aws::target::Target;
use crate::model::settings::{Origin, Sourced};

/// Whether account, role or portal were chosen for this run, terminal or folder only.
pub(crate) fn chosen_for_once(chain: &Chain<'_>, target: &Target) -> bool {
    let pins = chain.settings.pins(target.namespace.as_str());
    if is_temporary(&pins.account) || is_temporary(&pins.role) {
        return true;
    }
    let own = portal::own(chain, &target.access_name);
    let is_own = own.is_some_and(|own| own.session_name == target.portal.session_name);
    !is_own && (is_temporary(&chain.settings.start_url) || is_temporary(&chain.settings.sso_region))
}

/// Whether the cluster was.
pub(crate) fn cluster_chosen_for_once(chain: &Chain<'_>, target: &Target) -> bool {
    let pins = chain.settings.pins(target.namespace.as_str());
    is_temporary(&pins.cluster) || is_temporary(&pins.region) || chosen_for_once(chain, target)
}

/// What makes credentials of this target the namespace's own; `None` for those of an identity chosen for once.
pub(crate) fn fingerprint_for(chain: &Chain<'_>, target: &Target) -> Option<String> {
    (!chosen_for_once(chain, target)).then(|| chain.config_fingerprint.clone())
}

/// What tells a kubeconfig of its own of an identity that was chosen for once: kubectl there acts as the AWS keys do.
pub(crate) fn variables_of<'t>(chain: &Chain<'_>, target: &'t Target) -> Vec<(&'static str, &'t str)> {
    if !chosen_for_once(chain, target) {
        return Vec::new();
    }
    vec![(env_vars::NSACCESS_ACCOUNT, &target.account), (env_vars::NSACCESS_ROLE, &target.role)]
}

/// Where the role comes from, when its name is not the one that the namespace's has by the pattern.
pub(crate) fn unusual_role(chain: &Chain<'_>, target: &Target) -> Option<String> {
    let usual = chain.settings.permission_set_pattern.value.render(target.namespace.as_str());
    if target.role == usual {
        return None;
    }
    let origin = match chain.settings.pins(target.namespace.as_str()).role {
        Some(role) => role.origin.to_string(),
        None => format!("the profile {}", target.access_name),
    };
    Some(format!("not {usual}, by {origin}"))
}

/// Says whose credentials a program gets, when a namespace's name does not tell.
pub(crate) fn tell_unusual_role(chain: &Chain<'_>, target: &Target) {
    if let Some(why) = unusual_role(chain, target) {
        chain.ui.status(&format!("AWS as {} in account {} ({why})", target.role, target.account));
    }
}

fn is_temporary<T>(setting: &Option<Sourced<T>>) -> bool {
    setting.as_ref().is_some_and(|setting| Origin::is_temporary(&setting.origin))
}
