//! `--profile`: the role as a profile that every AWS tool reads, and renews by itself.

use aws_config_edit::{RoleProfile, RoleSource};
use schemars::JsonSchema;
use serde::Serialize;

use crate::actions::irsa::AssumedRole;
use crate::actions::setup::profile_and_context;
use crate::chain::Chain;
use crate::commands::Context;
use crate::disk::{aws_config, aws_credentials};
use crate::error::{Error, Result};
use crate::model::irsa::{AssumeMethod, IrsaRequest, LONGEST_SECONDS, Via, credential_process, profile_name};
use crate::model::kube::workload::Workload;

/// The AWS profile of a workload's role.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct ProfileDocument<'a> {
    /// Name of the profile.
    profile: &'a str,
    /// AWS configuration file that has it.
    file: String,
    /// Whether the file was changed.
    changed: bool,
    /// ARN of the role.
    role_arn: &'a str,
    /// Profile that assumes the role; `null` with `via: token`.
    source_profile: Option<&'a str>,
    /// `sts` or `token`.
    via: &'static str,
    /// Region.
    region: Option<&'a str>,
}

/// Writes it. The role was assumed before, so it is known to work.
pub(super) fn write(
    context: Context<'_>,
    chain: &Chain<'_>,
    request: &IrsaRequest,
    assumed: &AssumedRole,
) -> Result<()> {
    let profile = profile(context, request, assumed)?;
    let own = assumed.target.profile();
    if chain.aws_config.profile(own).is_none() {
        profile_and_context::write_profile(
            chain,
            &assumed.target,
            chain.cache.cluster(&assumed.target.access.name).as_ref(),
        )?;
    }
    let before = chain.aws_config.profile(&profile.name).and_then(|section| section.get("role_arn"));
    if let Some(before) = before.filter(|before| *before != assumed.workload_role.role.arn()) {
        context.ui.warning(&format!("profile {} used the role {before} before", profile.name));
    }
    if let Some(warning) = aws_credentials::check_role_profile(context.host, &profile)? {
        context.ui.warning(&warning);
    }
    let changed = aws_config::apply_role(context.host, assumed.target.access.name.as_str(), &profile)?;
    let file = context.host.shorten_home(&aws_config::path(context.host));
    if !context.ui.is_table() {
        let document = ProfileDocument {
            profile: &profile.name,
            file: aws_config::path(context.host).display().to_string(),
            changed,
            role_arn: assumed.workload_role.role.arn(),
            source_profile: (assumed.method == AssumeMethod::Sts).then_some(own),
            via: assumed.method.name(),
            region: profile.region.as_deref(),
        };
        return context.ui.print_document(&document, String::new);
    }
    let unchanged = if changed { "" } else { " (unchanged)" };
    context
        .ui
        .status(&format!("profile {} for the role {} in {file}{unchanged}", profile.name, assumed.workload_role.role));
    context.ui.blank();
    context.ui.status(&format!("Use it:  aws --profile {} sts get-caller-identity", profile.name));
    Ok(())
}

fn profile(context: Context<'_>, request: &IrsaRequest, assumed: &AssumedRole) -> Result<RoleProfile> {
    let workload_role = &assumed.workload_role;
    let (namespace, account) = (assumed.target.access.name.as_str(), workload_role.service_account.as_deref());
    let source = match assumed.method {
        AssumeMethod::Sts => RoleSource::Assume {
            role_arn: workload_role.role.arn().to_owned(),
            external_id: None,
            mfa_serial: None,
            session_name: Some(assumed.session_name().to_owned()),
            // An hour is what every reader asks for by itself.
            seconds: Some(request.seconds).filter(|seconds| *seconds != LONGEST_SECONDS),
        },
        AssumeMethod::Token => {
            // Role and service account are named, so that pods may come and go.
            let again = IrsaRequest {
                target: account.map(Workload::service_account),
                role: Some(workload_role.role.clone()),
                container: None,
                via: Via::Only(AssumeMethod::Token),
                ..request.clone()
            };
            let words = format!("assume-irsa {again} -n {namespace} -o json");
            let command = credential_process(&context.host.own_command(), &words).map_err(|why| {
                Error::failure("cannot write the profile")
                    .because(why)
                    .try_next("install nsaccess in a path without special characters")
            })?;
            RoleSource::Process { command }
        }
    };
    Ok(RoleProfile {
        name: profile_name(namespace, account, workload_role.container.as_deref(), workload_role.role.name()),
        source_profile: assumed.target.profile().to_owned(),
        source,
        region: Some(assumed.region.clone()),
    })
}
