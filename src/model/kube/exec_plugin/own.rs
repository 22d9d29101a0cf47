//! Our own plugin in somebody's kubeconfig.

use kubeconfig_edit::UserExec;

use super::{Plugin, program_name, variable};
use crate::env_vars;

/// What a user says who runs `nsaccess token` already. `None`: it is something else.
pub(crate) fn own_plugin(command: &str, args: &[String]) -> Option<Plugin> {
    if program_name(command) != "nsaccess" || args.first().map(String::as_str) != Some("token") {
        return None;
    }
    let value = |names: &[&str]| {
        let (place, joined) = args.iter().enumerate().find_map(|(place, arg)| match arg.split_once('=') {
            Some((name, value)) if names.contains(&name) => Some((place, Some(value.to_owned()))),
            _ => names.contains(&arg.as_str()).then_some((place, None)),
        })?;
        joined.or_else(|| args.get(place + 1).cloned())
    };
    Some(Plugin {
        cluster: value(&["--cluster-name", "--cluster", "--cluster-id"]).unwrap_or_default(),
        region: value(&["--region"]),
        profile: value(&["--profile"]),
        role_arn: value(&["--role-arn", "--role"]),
        external_id: value(&["--external-id"]),
        session_name: value(&["--session-name"]),
        ..Plugin::default()
    })
}

/// The same, with what it finds in its environment: a namespace (`token idp-dev`) has a profile of its own.
pub(super) fn own_plugin_with_environment(exec: &UserExec) -> Option<Plugin> {
    let plugin = own_plugin(&exec.command, &exec.args)?;
    let is_of_namespace = exec.args.get(1).is_some_and(|word| !word.starts_with('-'));
    let is_open = plugin.profile.is_none() && !is_of_namespace;
    let profile_of_env = variable(&exec.env, env_vars::AWS_PROFILE).filter(|_| is_open);
    Some(Plugin { profile_of_env, ..plugin })
}
