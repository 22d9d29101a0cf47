//! What a login shows.

use serde_json::json;

use super::Done;
use crate::actions::reviews::login::Verification;
use crate::model::aws::target::Target;
use crate::model::reviews::review::{
    CREATE_PORT_FORWARD, GET_PODS, GET_PORT_FORWARD, GET_SERVICES, Verdict, port_forward,
};
use crate::ui::{Mark, Ui};

/// What the cluster says of the person.
pub(super) fn show(ui: &Ui, target: &Target, verification: &Verification) {
    let groups = verification.identity.groups.iter().filter(|group| !group.starts_with("system:authenticated"));
    let groups = groups.cloned().collect::<Vec<_>>().join(", ");
    let groups = if groups.is_empty() { String::new() } else { format!(", groups {groups}") };
    ui.stage(Mark::Success, "you are", &format!("{}{groups}", verification.identity.username));
    for (question, label) in [(GET_PODS, "pods"), (GET_SERVICES, "services")] {
        let (mark, words) = verdict(&verification.verdict(question), target);
        ui.stage(mark, label, &format!("{question}: {words}"));
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
        Verdict::Denied(None) => (Mark::Failure, format!("no, not in {}", target.access.namespace)),
        Verdict::Denied(Some(reason)) => (Mark::Failure, format!("no ({reason})")),
        Verdict::Unknown(reason) => (Mark::Unknown, format!("could not be asked ({reason})")),
    }
}

/// What could be typed next.
pub(super) fn next_steps(ui: &Ui, done: &Done, no_switch: bool) {
    let context = if no_switch { format!(" --context {}", done.target.entry) } else { String::new() };
    let pod = "get pod NAME";
    ui.blank();
    ui.status(&format!("Next:  kubectl{context} {pod}"));
    ui.status(&format!("       aws --profile {} sts get-caller-identity", done.target.profile()));
}

/// The document for programs.
pub(super) fn report(done: &Done) -> serde_json::Value {
    let verdicts = done.verification.iter().flat_map(|verification| &verification.verdicts);
    let verdicts: serde_json::Map<_, _> = verdicts
        .map(|(question, verdict)| {
            let allowed = match verdict {
                Verdict::Allowed => json!(true),
                Verdict::Denied(_) => json!(false),
                Verdict::Unknown(_) => json!(null),
            };
            (question.to_string(), allowed)
        })
        .collect();
    let verification = done.verification.as_ref();
    json!({
        "namespace": done.target.access.namespace.as_str(),
        "access": done.target.access.name.as_str(),
        "context": done.target.entry,
        "profile": done.target.profile(),
        "account": done.target.identity.account(),
        "role": done.target.identity.role(),
        "credentials_expire_at": done.credentials.expires_at,
        "cluster": done.cluster.name,
        "region": done.cluster.region,
        "endpoint": done.cluster.endpoint,
        "kubeconfig": done.files,
        "caller_arn": verification.and_then(|verification| verification.caller_arn.clone()),
        "username": verification.map(|verification| &verification.identity.username),
        "groups": verification.map(|verification| &verification.identity.groups),
        "may": verdicts,
    })
}
