//! What `logs -f` says it follows.

use crate::model::kube::workload::{Kind, Workload};
use crate::model::logs::condition::Wanted;
use crate::model::shell::quote;

/// What pods are followed by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Subject {
    Workload(Workload),
    /// A label selector.
    Labels(String),
    /// A regular expression over names.
    Pattern(String),
}

/// `following 2 pods of deployment "web"`, or that there is none yet.
pub(crate) fn following(subjects: &[Subject], condition: Option<&Wanted>, pods: usize, containers: usize) -> String {
    let named: Option<Vec<String>> = subjects.iter().map(named_pod).collect();
    if let Some(named) = named.filter(|_| condition.is_none()) {
        let more = if containers > pods { format!(" ({containers} containers)") } else { String::new() };
        return format!("following {}{more}", named.join(", "));
    }
    let whose = subjects.iter().map(described).collect::<Vec<_>>().join(" and ") + &having(condition);
    match pods {
        0 => format!("no pods {whose} yet; waiting for the first"),
        _ if containers > pods => format!("following {} ({containers} containers) {whose}", counted(pods)),
        _ => format!("following {} {whose}", counted(pods)),
    }
}

/// `no pods of deployment "web" found`
pub(crate) fn nothing_found(subjects: &[Subject], condition: Option<&Wanted>, namespace: &str) -> String {
    format!("no pods {}{} found in namespace {namespace:?}", whose(subjects), having(condition))
}

/// `of deployment "web" or with labels app=x`
pub(crate) fn whose(subjects: &[Subject]) -> String {
    subjects.iter().map(described).collect::<Vec<_>>().join(" or ")
}

/// What is typed for them: `deploy/web`
pub(crate) fn arguments(subjects: &[Subject]) -> String {
    let argument = |subject: &Subject| match subject {
        Subject::Workload(workload) => workload.to_string(),
        Subject::Labels(selector) => format!("-l {}", quote(selector)),
        Subject::Pattern(pattern) => quote(pattern).into_owned(),
    };
    subjects.iter().map(argument).collect::<Vec<_>>().join(" ")
}

fn having(condition: Option<&Wanted>) -> String {
    condition.map(|wanted| format!(" with condition {wanted}")).unwrap_or_default()
}

fn named_pod(subject: &Subject) -> Option<String> {
    match subject {
        Subject::Workload(workload) if workload.kind == Kind::Pod => Some(workload.quoted()),
        _ => None,
    }
}

fn described(subject: &Subject) -> String {
    match subject {
        Subject::Workload(workload) if workload.kind == Kind::Pod => format!("named {:?}", workload.name),
        Subject::Workload(workload) => format!("of {}", workload.quoted()),
        Subject::Labels(selector) => format!("with labels {selector}"),
        Subject::Pattern(pattern) => format!("matching \"{pattern}\""),
    }
}

fn counted(pods: usize) -> String {
    if pods == 1 { "1 pod".to_owned() } else { format!("{pods} pods") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_followed_is_said_with_its_number() {
        let workload = |text: &str| {
            let kinds = [Kind::Pod, Kind::Deployment, Kind::Service];
            Subject::Workload(Workload::parse(text, &kinds).expect("a workload"))
        };
        let (web, pod) = (workload("deploy/web"), workload("web-0"));
        for (subjects, pods, containers, expected) in [
            (vec![web.clone()], 2, 2, "following 2 pods of deployment \"web\""),
            (vec![web.clone()], 1, 3, "following 1 pod (3 containers) of deployment \"web\""),
            (vec![web.clone()], 0, 0, "no pods of deployment \"web\" yet; waiting for the first"),
            (vec![pod.clone()], 1, 1, "following pod \"web-0\""),
            (vec![pod.clone(), workload("db-0")], 2, 2, "following pod \"web-0\", pod \"db-0\""),
            (vec![pod.clone()], 1, 2, "following pod \"web-0\" (2 containers)"),
            (vec![Subject::Labels("app=x".into())], 1, 1, "following 1 pod with labels app=x"),
            (vec![Subject::Pattern("web-.*".into())], 3, 3, "following 3 pods matching \"web-.*\""),
            (vec![web, pod], 3, 3, "following 3 pods of deployment \"web\" and named \"web-0\""),
        ] {
            assert_eq!(following(&subjects, None, pods, containers), expected);
        }
        let ready = Wanted::parse("Ready").expect("a condition");
        let none_yet = "no pods named \"web-0\" with condition Ready=true yet; waiting for the first";
        assert_eq!(following(&[workload("web-0")], Some(&ready), 0, 0), none_yet);
        let nothing = nothing_found(&[workload("web-0")], Some(&ready), "dev");
        assert_eq!(nothing, "no pods named \"web-0\" with condition Ready=true found in namespace \"dev\"");
        let nothing = nothing_found(&[Subject::Labels("app=x".into()), workload("svc/web")], None, "dev");
        assert_eq!(nothing, "no pods with labels app=x or of service \"web\" found in namespace \"dev\"");
    }
}
