//! Whether the start URL belongs to the region of the sso-session.

use crate::model::doctor::finding::{Finding, Severity, Waiting};
use crate::model::doctor::judgement::{Judgement, Problem};
use crate::model::settings::check_region;

pub(crate) const WRONG_REGION: Finding = Finding {
    id: "session.wrong-region",
    check: "session.region",
    severity: Severity::Fail,
    waiting: Waiting::IsUseless,
    cause: "The portal is in a different region than the sso-session's. A sign-in in the wrong region seems to work in the browser but never completes. This is not reported if the portal gives credentials anyway, since IAM Identity Center can be replicated to several regions.",
    repair: "Sign in with the portal's region: `nsaccess login NAMESPACE --sso-region REGION --replace`.",
};

pub(crate) const TWO_REGIONS: Finding = Finding {
    id: "session.two-regions",
    check: "session.region",
    severity: Severity::Warn,
    waiting: Waiting::IsUseless,
    cause: "Two sso-sessions in ~/.aws/config have the same start URL but different regions, and the start page does not show which is right.",
    repair: "Compare with the AWS access portal's settings or a colleague's configuration, and correct the wrong sso-session.",
};

/// What is known of the region of a portal.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RegionFacts<'a> {
    pub(crate) namespace: &'a str,
    pub(crate) start_url: &'a str,
    /// Of the sso-session.
    pub(crate) region: &'a str,
    /// Name and region of another sso-session with this start URL and another region.
    pub(crate) other: Option<(&'a str, &'a str)>,
    /// Whether the portal has given credentials in the region of the sso-session.
    pub(crate) is_granted: bool,
    /// What the start page says, or why it says nothing.
    pub(crate) page: Result<Option<&'a str>, &'a str>,
}

/// The region that the start URL itself names: `https://ssoins-….portal.REGION.app.aws`.
pub(crate) fn in_url(start_url: &str) -> Option<&str> {
    let (_, rest) = start_url.split_once("://")?;
    let host = rest.split(['/', ':', '?', '#']).next()?;
    let (_, region) = host.strip_suffix(".app.aws")?.rsplit_once(".portal.")?;
    check_region(region).is_ok().then_some(region)
}

/// Whether the start URL belongs to the region.
pub(crate) fn judge_region(facts: &RegionFacts<'_>) -> Judgement {
    let RegionFacts { namespace, region, .. } = facts;
    let on_page = facts.page.ok().flatten().filter(|region| check_region(region).is_ok());
    let said = in_url(facts.start_url).map(|said| ("the start URL has the region", said));
    let said = said.or(on_page.map(|said| ("the start page has the region", said)));
    match (said, facts.other) {
        // Identity Center can be replicated to other regions than its first.
        (Some((who, said)), _) if said != *region && facts.is_granted => {
            Judgement::ok(format!("{region} (the portal gives credentials there)")).fact(format!("{who} {said}"))
        }
        (Some((who, said)), _) if said != *region => Judgement::problem(
            Problem::of(&WRONG_REGION, format!("the portal is in {said}, but the sso-session has {region}"))
                .because(format!("{who} {said}: {}", facts.start_url))
                .try_next(format!("nsaccess login {namespace} --sso-region {said} --replace")),
        ),
        (Some((who, said)), _) => Judgement::ok(*region).fact(format!("{who} {said}")),
        (None, Some((other, other_region))) => Judgement::problem(
            Problem::of(
                &TWO_REGIONS,
                format!("two sso-sessions have this start URL: one in {other_region}, this one in {region}"),
            )
            .because(format!("[sso-session {other}] has {other_region}"))
            .try_next(format!("aws configure set sso_region {region} --sso-session {other}   # if {region} is right")),
        ),
        (None, None) => {
            let why = match facts.page {
                Ok(_) => "the start page does not show a region".to_owned(),
                Err(why) => format!("the start page could not be read: {why}"),
            };
            Judgement::ok(format!("{region} (not shown by the portal)")).fact(why)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_start_url_may_name_its_region() {
        assert_eq!(in_url("https://ssoins-1234.portal.eu-central-1.app.aws"), Some("eu-central-1"));
        assert_eq!(in_url("https://ssoins-1234.portal.eu-central-1.app.aws/start/"), Some("eu-central-1"));
        for other in ["https://d-1234.awsapps.com/start", "https://x.portal.not a region.app.aws", "x", ""] {
            assert_eq!(in_url(other), None, "{other}");
        }
    }

    #[test]
    fn what_names_a_region_is_believed_in_its_order() {
        const OLD: &str = "https://d-1.awsapps.com/start";
        const NEW: &str = "https://ssoins-1.portal.eu-west-1.app.aws";
        let other = Some(("corp", "us-east-1"));
        let said = |page, is_granted| {
            let facts = RegionFacts {
                namespace: "idp-dev",
                start_url: OLD,
                region: "eu-west-1",
                other: None,
                is_granted,
                page,
            };
            judge_region(&facts)
        };
        let replica = said(Ok(Some("us-east-1")), true);
        assert!(replica.problems.is_empty(), "{replica:?}");
        assert_eq!(replica.facts, ["the start page has the region us-east-1"]);
        assert_eq!(said(Ok(Some("us-east-1")), false).problems[0].finding, &WRONG_REGION);
        for (start_url, region, other, page, expected) in [
            (OLD, "eu-west-1", None, Ok(Some("eu-west-1")), "ok"),
            (OLD, "eu-west-1", other, Ok(Some("eu-west-1")), "ok"),
            (OLD, "eu-west-1", None, Ok(Some("us-east-1")), "session.wrong-region"),
            (OLD, "eu-west-1", None, Ok(Some("<script>")), "ok"),
            (OLD, "eu-west-1", None, Ok(None), "ok"),
            (OLD, "eu-west-1", None, Err("no network"), "ok"),
            (OLD, "eu-west-1", other, Err("no network"), "session.two-regions"),
            (NEW, "eu-west-1", other, Err("no network"), "ok"),
            (NEW, "us-east-1", None, Err("no network"), "session.wrong-region"),
        ] {
            let facts = RegionFacts { namespace: "idp-dev", start_url, region, other, is_granted: false, page };
            let judged = judge_region(&facts);
            assert_eq!(judged.problems.first().map_or("ok", |problem| problem.finding.id), expected, "{facts:?}");
        }
    }
}
