//! What becomes of the users of a kubeconfig, and of its text.

use kubeconfig_edit::{Kubeconfig, PluginCall, User, UserExec, replace_exec};

use super::converted::{Call, Written};
use super::{Plugin, Reason, own_plugin_with_environment, recognise, region};
use crate::secret::Secret;

/// kubectl takes it no longer, and takes the next one since 1.11.
const GONE: &str = "client.authentication.k8s.io/v1alpha1";
const BETA: &str = "client.authentication.k8s.io/v1beta1";

/// What was decided about a user, or done to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Outcome {
    pub(crate) user: String,
    /// What its plugin's command line says, as far as it is understood.
    pub(crate) plugin: Option<Plugin>,
    pub(crate) result: Verdict,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Converted, or taken back.
    Changed(Box<Change>),
    /// It was right already.
    Right,
    /// It was converted, and somebody has removed the user since.
    Gone,
    Left(Reason),
}

/// The plugin before and after.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Change {
    pub(crate) before: Call,
    pub(crate) after: Call,
    /// The letters of both, for the way back; none where there are none.
    pub(crate) written: Option<Written>,
}

/// A file's new text, and what became of its users.
#[derive(Debug, Clone)]
pub(crate) struct FilePlan {
    pub(crate) text: String,
    pub(crate) outcomes: Vec<Outcome>,
}

/// Gives these users of a file our plugin. `config` is what kubectl sees of all files.
pub(crate) fn convert(text: &str, config: &Kubeconfig, users: &[&User], own_command: &str) -> FilePlan {
    let mut plan = FilePlan { text: text.to_owned(), outcomes: Vec::new() };
    for user in users {
        let Some(exec) = &user.exec else {
            let reason = Reason::Uneditable("it has no credential plugin".to_owned());
            plan.add(&user.name, None, Verdict::Left(reason));
            continue;
        };
        if let Some(plugin) = own_plugin_with_environment(exec) {
            plan.add(&user.name, Some(plugin), Verdict::Right);
            continue;
        }
        let plugin = match recognise(&exec.command, &exec.args, &exec.env) {
            Ok(plugin) => plugin,
            Err(reason) => {
                plan.add(&user.name, None, Verdict::Left(reason));
                continue;
            }
        };
        match region_of(&plugin, config, &user.name) {
            Err(reason) => plan.add(&user.name, Some(plugin), Verdict::Left(reason)),
            Ok(region) => {
                let verdict = plan.replace(text, &user.name, exec, &plugin.own_args(&region), own_command);
                plan.add(&user.name, Some(Plugin { region: Some(region), ..plugin }), verdict);
            }
        }
    }
    plan
}

impl FilePlan {
    pub(super) fn add(&mut self, user: &str, plugin: Option<Plugin>, result: Verdict) {
        self.outcomes.push(Outcome { user: user.to_owned(), plugin, result });
    }

    fn replace(&mut self, text: &str, user: &str, exec: &UserExec, args: &[String], own_command: &str) -> Verdict {
        let api_version = Some(BETA.to_owned()).filter(|_| exec.api_version == GONE);
        let wanted = PluginCall { api_version, command: own_command.to_owned(), args: args.to_vec() };
        let done = match replace_exec(&self.text, user, &wanted) {
            Ok(done) => done,
            Err(error) => {
                // With the line numbers of the text as it is.
                let error = replace_exec(text, user, &wanted).err().unwrap_or(error);
                return Verdict::Left(Reason::Uneditable(error.to_string()));
            }
        };
        self.text = done.text;
        let before = Call::of(exec);
        let after = Call {
            api_version: wanted.api_version.unwrap_or_else(|| before.api_version.clone()),
            command: wanted.command,
            args: wanted.args,
        };
        let written = Written { before: Secret::new(done.before), after: Secret::new(done.after) };
        Verdict::Changed(Box::new(Change { before, after, written: Some(written) }))
    }
}

fn region_of(plugin: &Plugin, config: &Kubeconfig, user: &str) -> Result<String, Reason> {
    if let Some(region) = &plugin.region {
        return Ok(region.clone());
    }
    let mut regions = region::of_user(config, user);
    match (regions.pop(), regions.is_empty()) {
        (None, _) => Err(Reason::NoRegion),
        (Some(region), true) => Ok(region),
        (Some(region), false) => {
            regions.push(region);
            Err(Reason::SeveralRegions(regions))
        }
    }
}
