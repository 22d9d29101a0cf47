//! Where the variables send calls to AWS instead.

use crate::model::aws::SERVICES;
use crate::model::doctor::finding::Finding;
use crate::model::doctor::judgement::{Judgement, Problem};
use crate::model::wire::proxy::check_endpoint;

pub(super) const FINDINGS: &[&Finding] = &[&ALL, &UNUSABLE];

pub(crate) const ALL: Finding = Finding::warn(
    "environment.endpoint-url",
    "environment.endpoints",
    "AWS_ENDPOINT_URL sends the calls for every AWS service to one address. Usually it was set for a local AWS emulator and never unset.",
    "Unset it: `unset AWS_ENDPOINT_URL`. To override a single service, use AWS_ENDPOINT_URL_SERVICE.",
);

pub(crate) const UNUSABLE: Finding = Finding::fail(
    "environment.endpoint-unusable",
    "environment.endpoints",
    "AWS_ENDPOINT_URL, or the variable of a single service, is not an https URL. Tokens and keys would be sent there, so nsaccess makes no calls.",
    "Correct or unset the variable.",
);

/// An address without the user and password that it may hold.
fn shown(url: &str) -> String {
    let (scheme, rest) = url.split_once("://").unwrap_or(("", url));
    match rest.rsplit_once('@') {
        Some((_, rest)) if scheme.is_empty() => rest.to_owned(),
        Some((_, rest)) => format!("{scheme}://{rest}"),
        None => url.to_owned(),
    }
}

/// Where calls go. `set`: every variable that begins with `AWS_ENDPOINT_URL`, and its value.
pub(crate) fn judge_endpoints(set: &[(&str, &str)]) -> Judgement {
    let is_called = |name: &str| {
        let service = name.strip_prefix("AWS_ENDPOINT_URL").unwrap_or_default();
        service.is_empty() || SERVICES.contains(&service.trim_start_matches('_'))
    };
    let set: Vec<(&str, String)> = set.iter().map(|(name, url)| (*name, shown(url))).collect();
    let mut problems = Vec::new();
    for (name, url) in set.iter().filter(|(name, _)| is_called(name)) {
        let unset = format!("unset {name}");
        if let Err(why) = check_endpoint(url) {
            let problem = Problem::of(&UNUSABLE, format!("invalid endpoint in ${name}"));
            problems.push(problem.because(format!("{url}: {why}")).try_next(unset));
        } else if *name == "AWS_ENDPOINT_URL" {
            let problem = Problem::of(&ALL, format!("calls to AWS go to {url}"));
            problems.push(problem.because("AWS_ENDPOINT_URL applies to every service").try_next(unset));
        }
    }
    let seen = match set.len() {
        0 => "default".to_owned(),
        1 => "1 service has a custom endpoint".to_owned(),
        count => format!("{count} services have custom endpoints"),
    };
    Judgement::of(problems, seen).facts(set.iter().map(|(name, url)| format!("{name} = {url}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_never_shown() {
        for url in [
            "http://ada:hunter2@aws.corp",
            "https://ada:hunter2@aws.corp",
            "ada:hun/ter2@aws.corp",
            "https://a:hunter2@b@c",
        ] {
            let judged = judge_endpoints(&[("AWS_ENDPOINT_URL", url)]);
            let said = format!("{judged:?}");
            assert!(!said.contains("ter2") && said.contains("AWS_ENDPOINT_URL"), "{said}");
        }
        assert_eq!(
            judge_endpoints(&[("AWS_ENDPOINT_URL_EKS", "https://x/y")]).facts,
            ["AWS_ENDPOINT_URL_EKS = https://x/y"]
        );
    }

    #[test]
    fn an_address_for_all_is_told_and_one_that_cannot_be_used_is_refused() {
        let ids = |set: &[(&str, &str)]| {
            judge_endpoints(set).problems.iter().map(|problem| problem.finding.id).collect::<Vec<_>>()
        };
        assert!(ids(&[]).is_empty());
        assert!(
            ids(&[("AWS_ENDPOINT_URL_STS", "http://127.0.0.1:1"), ("AWS_ENDPOINT_URL_EKS", "https://x")]).is_empty()
        );
        assert_eq!(ids(&[("AWS_ENDPOINT_URL", "http://localhost:4566")]), [ALL.id]);
        assert_eq!(ids(&[("AWS_ENDPOINT_URL", "http://aws.corp")]), [UNUSABLE.id]);
        assert_eq!(ids(&[("AWS_ENDPOINT_URL_SSO", "portal")]), [UNUSABLE.id]);
        assert!(ids(&[("AWS_ENDPOINT_URL_S3", "http://minio.corp")]).is_empty(), "we do not call it");
    }
}
