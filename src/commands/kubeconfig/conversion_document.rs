//! What `kubeconfig convert` prints for programs.

use std::path::PathBuf;

use schemars::JsonSchema;
use serde::Serialize;

use crate::actions::convert::Row;
use crate::model::kube::exec_plugin::conversion::Verdict;
use crate::model::kube::exec_plugin::converted::Call;

/// What became of contexts.
#[derive(Debug, Serialize, JsonSchema)]
pub(in crate::commands) struct ConversionDocument {
    /// Each context that has one of the users
    pub(super) contexts: Vec<ConvertedContext>,
    /// The files that were written
    pub(super) changed: Vec<PathBuf>,
    /// Whether nothing was written because of `--dry-run`
    pub(super) dry_run: bool,
}

/// A context and its user's credential plugin.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct ConvertedContext {
    /// The context; `null` for a user that none has
    context: Option<String>,
    /// Its user
    user: String,
    /// The file that has the user
    file: PathBuf,
    /// The EKS cluster
    cluster: Option<String>,
    /// The cluster's region
    region: Option<String>,
    /// The AWS profile of the plugin
    profile: Option<String>,
    /// The IAM role that the plugin assumes
    role_arn: Option<String>,
    /// The external ID for that role
    external_id: Option<String>,
    /// The session name for that role
    session_name: Option<String>,
    /// `converted`, `reverted`, `unchanged`, `gone` or `left`
    result: &'static str,
    /// Why it was left as it is
    reason: Option<String>,
    /// What ran before the change
    before: Option<PluginDocument>,
    /// What runs after the change
    after: Option<PluginDocument>,
}

/// The command of a credential plugin.
#[derive(Debug, Serialize, JsonSchema)]
struct PluginDocument {
    /// API version of its ExecCredential
    api_version: String,
    /// The program
    command: String,
    /// Its arguments
    args: Vec<String>,
}

impl ConvertedContext {
    /// `context`: one of those that have the row's user.
    pub(super) fn of(context: Option<String>, row: &Row, is_revert: bool) -> Self {
        let change = match &row.outcome.result {
            Verdict::Changed(change) => Some(change),
            _ => None,
        };
        let (result, reason) = match &row.outcome.result {
            Verdict::Changed(_) if is_revert => ("reverted", None),
            Verdict::Changed(_) => ("converted", None),
            Verdict::Right => ("unchanged", None),
            Verdict::Gone => ("gone", None),
            Verdict::Left(reason) => ("left", Some(reason.to_string())),
        };
        let plugin = row.outcome.plugin.as_ref();
        ConvertedContext {
            context,
            user: row.outcome.user.clone(),
            file: row.file.clone(),
            cluster: plugin.map(|plugin| plugin.cluster.clone()),
            region: plugin.and_then(|plugin| plugin.region.clone()),
            profile: plugin.and_then(|plugin| plugin.shown_profile()).map(str::to_owned),
            role_arn: plugin.and_then(|plugin| plugin.role_arn.clone()),
            external_id: plugin.and_then(|plugin| plugin.external_id.clone()),
            session_name: plugin.and_then(|plugin| plugin.session_name.clone()),
            result,
            reason,
            before: change.map(|change| PluginDocument::of(&change.before)),
            after: change.map(|change| PluginDocument::of(&change.after)),
        }
    }
}

impl PluginDocument {
    fn of(call: &Call) -> Self {
        let Call { api_version, command, args } = call.clone();
        PluginDocument { api_version, command, args }
    }
}
