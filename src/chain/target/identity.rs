//! Whose identity a namespace's name stands for: its own, which every tool on this machine means, or another one that a
//! flag, a variable or a project's file chose for once. What is chosen for once never passes for the namespace's own.

use crate::chain::Chain;
use crate::chain::target::portal;
use crate::env_vars;
use crate::model::aws::identity::Identity;
use crate::model::aws::target::Target;
use crate::model::settings::{Origin, Pins, Sourced};
use crate::model::shell::quote;

/// Whether account, role or portal were chosen for this run, terminal or folder only.
pub(crate) fn chosen_for_once(chain: &Chain<'_>, target: &Target) -> bool {
    let pins = chain.settings.pins(target.access.name.as_str());
    let Some(portal) = target.portal() else {
        let Pins { role_arn, source_profile, external_id, mfa_serial, session_name, duration, .. } = &pins;
        return [role_arn, source_profile, external_id, mfa_serial, session_name, duration]
            .into_iter()
            .any(is_temporary);
    };
    if [&pins.account, &pins.role, &pins.start_url, &pins.sso_region].into_iter().any(is_temporary) {
        return true;
    }
    let own = portal::own(chain, &target.entry);
    let is_own = own.is_some_and(|own| own.session_name == portal.session_name);
    !is_own && (is_temporary(&chain.settings.start_url) || is_temporary(&chain.settings.sso_region))
}

/// Whether the cluster was.
pub(crate) fn cluster_chosen_for_once(chain: &Chain<'_>, target: &Target) -> bool {
    let pins = chain.settings.pins(target.access.name.as_str());
    is_temporary(&pins.cluster) || is_temporary(&pins.region) || chosen_for_once(chain, target)
}

/// The login that leads to this target, with what was chosen for this run: nothing else knows that yet.
pub(crate) fn login_again(chain: &Chain<'_>, target: &Target) -> String {
    login_without(chain, target, &[])
}

/// The same without some of the flags: those that other values take the place of, or that did not help.
pub(crate) fn login_without(chain: &Chain<'_>, target: &Target, left_out: &[&str]) -> String {
    let pins = chain.settings.pins(target.access.name.as_str());
    let mut command = match is_temporary(&pins.namespace) {
        true => format!("nsaccess login {} --as {}", target.access.namespace, target.access),
        false => format!("nsaccess login {}", target.access),
    };
    for (flag, pin) in [
        ("--account", &pins.account),
        ("--role", &pins.role),
        ("--role-arn", &pins.role_arn),
        ("--source-profile", &pins.source_profile),
        ("--external-id", &pins.external_id),
        ("--mfa-serial", &pins.mfa_serial),
        ("--session-name", &pins.session_name),
        ("--duration", &pins.duration),
        ("--cluster", &pins.cluster),
        ("--region", &pins.region),
    ] {
        let by_flag = pin.as_ref().filter(|pin| matches!(pin.origin, Origin::Flag(_)) && !left_out.contains(&flag));
        command.extend(by_flag.map(|pin| format!(" {flag} {}", quote(&pin.value))));
    }
    command
}

/// What makes credentials of this target the namespace's own; `None` for those of an identity chosen for once.
pub(crate) fn fingerprint_for(chain: &Chain<'_>, target: &Target) -> Option<String> {
    (!chosen_for_once(chain, target)).then(|| chain.config_fingerprint.clone())
}

/// What tells a kubeconfig of its own of an identity that was chosen for once: kubectl there acts as the AWS keys do.
pub(crate) fn variables_of<'t>(chain: &Chain<'_>, target: &'t Target) -> Vec<(&'static str, &'t str)> {
    match &target.identity {
        Identity::PermissionSet(set) if chosen_for_once(chain, target) => {
            vec![(env_vars::NSACCESS_ACCOUNT, &set.account), (env_vars::NSACCESS_ROLE, &set.name)]
        }
        _ => Vec::new(),
    }
}

/// Where the role comes from, when its name is not the one that the namespace's has by the pattern.
pub(crate) fn unusual_role(chain: &Chain<'_>, target: &Target) -> Option<String> {
    let Identity::PermissionSet(set) = &target.identity else { return None };
    let (usual, namespace) = (&chain.settings.permission_sets.value, target.access.namespace.as_str());
    if usual.fits(&set.name, namespace) {
        return None;
    }
    let origin = match chain.settings.pins(target.access.name.as_str()).role {
        Some(role) => role.origin.to_string(),
        None => format!("the profile {}", target.entry),
    };
    Some(format!("not {}, by {origin}", usual.in_words(namespace)))
}

/// Says whose credentials a program gets, when a namespace's name does not tell.
pub(crate) fn tell_unusual_role(chain: &Chain<'_>, target: &Target) {
    if let Some(why) = unusual_role(chain, target) {
        chain.ui.status(&format!("AWS as {} ({why})", target.identity));
    }
}

fn is_temporary<T>(setting: &Option<Sourced<T>>) -> bool {
    setting.as_ref().is_some_and(|setting| Origin::is_temporary(&setting.origin))
}
