//! Credential plugins for EKS that others wrote into a kubeconfig, and the call of ours that does the same.

mod authenticator;
mod aws_cli;
pub(crate) mod conversion;
pub(crate) mod converted;
mod own;
mod reason;
pub(crate) mod region;
pub(crate) mod reversion;
mod words;

#[cfg(test)]
mod reversion_tests;
#[cfg(test)]
mod tests;

pub(crate) use own::own_plugin;
use own::own_plugin_with_environment;
pub(crate) use reason::Reason;

use crate::env_vars;

/// What a plugin's command line says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Plugin {
    /// Name of the cluster, or its id on Outposts: both are signed in the same way.
    pub(crate) cluster: String,
    pub(crate) region: Option<String>,
    /// Named by an argument, which wins over keys in the environment.
    pub(crate) profile: Option<String>,
    /// Named by `AWS_PROFILE` of the plugin's own environment, where it stays.
    pub(crate) profile_of_env: Option<String>,
    pub(crate) role_arn: Option<String>,
    pub(crate) external_id: Option<String>,
    pub(crate) session_name: Option<String>,
}

/// A program that makes tokens for EKS.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Program {
    AwsCli,
    Authenticator,
}

const PROGRAMS: [(&str, Program); 4] = [
    ("aws", Program::AwsCli),
    ("aws2", Program::AwsCli),
    ("aws-iam-authenticator", Program::Authenticator),
    ("heptio-authenticator-aws", Program::Authenticator),
];

/// Reads a plugin's command line as its own program does.
///
/// # Errors
/// Why ours cannot take its place.
pub(crate) fn recognise(command: &str, args: &[String], env: &[(String, String)]) -> Result<Plugin, Reason> {
    let name = program_name(command);
    let Some((_, program)) = PROGRAMS.iter().find(|(known, _)| *known == name) else {
        let starts_another = mentions_eks(args);
        let reason = if starts_another { Reason::Wrapper } else { Reason::OtherPlugin };
        return Err(reason(name.to_owned()));
    };
    let plugin = match program {
        Program::AwsCli => aws_cli::read(args)?,
        Program::Authenticator => authenticator::read(args, env)?,
    };
    Ok(with_environment(plugin, *program, env))
}

/// What the arguments leave to the plugin's own environment. That environment stays and `token` reads it too, so that only
/// what `token` would not find there has to be said.
fn with_environment(plugin: Plugin, program: Program, env: &[(String, String)]) -> Plugin {
    let region = plugin.region.or_else(|| {
        [env_vars::AWS_REGION, env_vars::AWS_DEFAULT_REGION].into_iter().find_map(|name| variable(env, name))
    });
    let (ours, older) = (variable(env, env_vars::AWS_PROFILE), variable(env, env_vars::AWS_DEFAULT_PROFILE));
    let (profile, profile_of_env) = match (plugin.profile, program, ours, older) {
        (Some(named), ..) => (Some(named), None),
        // The AWS CLI looks for the older name first, the SDK for Go for the other one; `token` knows only that.
        (None, Program::AwsCli, _, Some(older)) | (None, _, None, Some(older)) => (Some(older), None),
        (None, _, ours, _) => (None, ours),
    };
    Plugin { region, profile, profile_of_env, ..plugin }
}

/// A variable as the plugin sees it: of several the last one counts, and an empty one is none.
fn variable(env: &[(String, String)], name: &str) -> Option<String> {
    let found = env.iter().rev().find(|(found, _)| found == name)?;
    Some(found.1.clone()).filter(|value| !value.is_empty())
}

/// The last part of a command's path, without the ending that Windows needs. As a plugin of kubectl, nsaccess is called
/// `kubectl-nsaccess`, and is still nsaccess.
pub(crate) fn program_name(command: &str) -> &str {
    let name = command.rsplit(['/', '\\']).next().unwrap_or_default();
    let lower = name.to_ascii_lowercase();
    let ending = [".exe", ".cmd", ".bat"].into_iter().find(|ending| lower.ends_with(ending)).unwrap_or_default();
    let name = &name[..name.len() - ending.len()];
    name.strip_prefix("kubectl-").filter(|rest| *rest == "nsaccess").unwrap_or(name)
}

/// Whether arguments start one of the programs: `aws-vault exec … -- aws eks get-token`, `sh -c '…'`.
fn mentions_eks(args: &[String]) -> bool {
    let words: Vec<&str> =
        args.iter().flat_map(|arg| arg.split(|one: char| one.is_whitespace() || "'\";=".contains(one))).collect();
    let has = |wanted: &str| words.iter().any(|word| program_name(word) == wanted);
    PROGRAMS.iter().any(|(name, program)| has(name) && (*program == Program::Authenticator || has("get-token")))
}

impl Plugin {
    /// The profile that signs, wherever it is named.
    pub(crate) fn shown_profile(&self) -> Option<&str> {
        self.profile.as_deref().or(self.profile_of_env.as_deref())
    }

    /// The arguments of `nsaccess`, in the order that its warm path knows.
    pub(crate) fn own_args(&self, region: &str) -> Vec<String> {
        let mut args = ["token", "--cluster-name", &self.cluster, "--region", region].map(str::to_owned).to_vec();
        // Only a role that is assumed takes an external id and a name of the session.
        let of_role = |value: &Option<String>| value.clone().filter(|_| self.role_arn.is_some());
        for (name, value) in [
            ("--profile", self.profile.clone()),
            ("--role-arn", self.role_arn.clone()),
            ("--external-id", of_role(&self.external_id)),
            ("--session-name", of_role(&self.session_name)),
        ] {
            args.extend(value.into_iter().flat_map(|value| [name.to_owned(), value]));
        }
        args
    }
}
