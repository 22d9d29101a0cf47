//! What a login shows.

use std::path::PathBuf;

use schemars::JsonSchema;
use serde::Serialize;

use super::Done;
use crate::actions::reviews::login::Verification;
use crate::chain::{Chain, access};
use crate::commands::Context;
use crate::model::aws::target::Target;
use crate::model::reviews::review::{
    CREATE_PORT_FORWARD, GET_PODS, GET_PORT_FORWARD, GET_SERVICES, LIST_PODS, Question, Verdict, port_forward,
};
use crate::model::rfc3339::Rfc3339;
use crate::model::shell::quote;
use crate::ui::{Mark, PRODUCTION, Ui};

/// Marks a namespace where mistakes cost.
pub(super) fn tell_production(chain: &Chain<'_>, target: &Target) {
    if access::is_production(chain, target.access.name.as_str()) {
        chain.ui.status_with(&format!("! {:<12} ", "environment"), PRODUCTION);
    }
}

/// What the cluster says of the person.
pub(super) fn show(ui: &Ui, target: &Target, verification: &Verification) {
    let groups = verification.identity.groups.iter().filter(|group| !group.starts_with("system:authenticated"));
    let groups = groups.cloned().collect::<Vec<_>>().join(", ");
    let groups = if groups.is_empty() { String::new() } else { format!(", groups {groups}") };
    ui.stage(Mark::Success, "you are", &format!("{}{groups}", verification.identity.username));
    let lists_pods = verification.verdict(LIST_PODS) == Verdict::Allowed;
    for (question, label) in [(GET_PODS, "pods"), (GET_SERVICES, "services")] {
        let (mark, words) = verdict(&verification.verdict(question), target);
        let also = if question == GET_PODS && lists_pods { ", list pods: yes" } else { "" };
        ui.stage(mark, label, &format!("{question}: {words}{also}"));
    }
    let (create, get) = (verification.verdict(CREATE_PORT_FORWARD), verification.verdict(GET_PORT_FORWARD));
    let (works, how) = port_forward(&create, &get, verification.minor_version);
    let unknown = [&create, &get].iter().any(|verdict| matches!(verdict, Verdict::Unknown(_)));
    let mark = if works {
        Mark::Success
    } else if unknown {
        Mark::Unknown
    } else {
        Mark::Failure
    };
    ui.stage(mark, "port-forward", &format!("{}: {how}", if works { "yes" } else { "no" }));
}

fn verdict(verdict: &Verdict, target: &Target) -> (Mark, String) {
    match verdict {
        Verdict::Allowed => (Mark::Success, "yes".to_owned()),
        Verdict::Denied(None) => (Mark::Failure, format!("no, not in namespace {}", target.access.namespace)),
        Verdict::Denied(Some(reason)) => (Mark::Failure, format!("no ({reason})")),
        Verdict::Unknown(reason) => (Mark::Unknown, format!("unknown ({reason})")),
    }
}

/// What could be typed next, with the rights that there are.
pub(super) fn next_steps(context: Context<'_>, done: &Done, no_switch: bool) {
    let ui = context.ui;
    let file =
        context.global.kubeconfig.as_ref().map(|file| format!(" --kubeconfig {}", quote(&file.display().to_string())));
    let entry = no_switch.then(|| format!(" --context {}", done.target.entry));
    let context = file.unwrap_or_default() + &entry.unwrap_or_default();
    let verdict = |question| done.verification.as_ref().map(|verification| verification.verdict(question));
    let first = match (verdict(LIST_PODS), verdict(GET_PODS)) {
        (Some(Verdict::Allowed), _) => format!("kubectl{context} get pods"),
        (_, Some(Verdict::Denied(_))) => format!("nsaccess can-i -n {}", done.target.access),
        _ => format!("kubectl{context} get pod NAME"),
    };
    ui.blank();
    ui.status(&format!("Next:  {first}"));
    ui.status(&format!("       aws --profile {} sts get-caller-identity", done.target.profile()));
}

/// What a login set up.
#[derive(Debug, Serialize, JsonSchema)]
pub(in crate::commands) struct LoginDocument {
    /// The namespace
    namespace: String,
    /// The name that commands take: the namespace's, or one of its own
    access: String,
    /// Whether the settings call it production
    production: bool,
    /// The kubeconfig context
    context: String,
    /// The AWS profile
    profile: String,
    /// The AWS account
    account: Option<String>,
    /// The permission set or IAM role
    role: Option<String>,
    /// When the credentials expire
    credentials_expire_at: Rfc3339,
    /// The EKS cluster
    cluster: String,
    /// Its region
    region: String,
    /// The address of its API server
    server: String,
    /// The kubeconfig files that were written, or that have the context already
    kubeconfig: Vec<PathBuf>,
    /// Who AWS says you are
    caller_arn: Option<String>,
    /// Who the cluster says you are
    username: Option<String>,
    /// Your groups there
    groups: Option<Vec<String>>,
    /// What was asked of the cluster
    permissions: Vec<PermissionDocument>,
}

/// A right in the namespace.
#[derive(Debug, Serialize, JsonSchema)]
struct PermissionDocument {
    /// The verb
    verb: &'static str,
    /// The resource
    resource: &'static str,
    /// The subresource
    subresource: Option<&'static str>,
    /// `null`: the cluster could not say
    allowed: Option<bool>,
}

/// The document for programs.
pub(super) fn report(done: &Done) -> LoginDocument {
    let verification = done.verification.as_ref();
    let verdicts = verification.iter().flat_map(|verification| &verification.verdicts);
    let permission = |(question, verdict): &(Question, Verdict)| PermissionDocument {
        verb: question.verb,
        resource: question.resource,
        subresource: question.subresource,
        allowed: verdict.allowed(),
    };
    let Done { target, credentials, cluster, .. } = done;
    LoginDocument {
        namespace: target.access.namespace.to_string(),
        access: target.access.name.to_string(),
        production: done.production,
        context: target.entry.clone(),
        profile: target.profile().to_owned(),
        account: target.identity.account().map(str::to_owned),
        role: target.identity.role().map(str::to_owned),
        credentials_expire_at: credentials.expires_at.into(),
        cluster: cluster.name.clone(),
        region: cluster.region.clone(),
        server: cluster.endpoint.clone(),
        kubeconfig: done.files.clone(),
        caller_arn: verification.and_then(|verification| verification.caller_arn.clone()),
        username: verification.map(|verification| verification.identity.username.clone()),
        groups: verification.map(|verification| verification.identity.groups.clone()),
        permissions: verdicts.map(permission).collect(),
    }
}
