//! Our own plugin in somebody's kubeconfig.

use super::{Plugin, program_name};

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
