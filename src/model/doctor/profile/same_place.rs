//! Whether the profile and the kubeconfig context lead to the same place.

use crate::model::doctor::finding::Finding;
use crate::model::doctor::judgement::{Judgement, Problem, Repair};

pub(super) const FINDINGS: &[&Finding] = &[&OTHER_NAMESPACE, &OTHER_REGION, &OTHER_CLUSTER];

pub(crate) const OTHER_NAMESPACE: Finding = Finding::fail(
    "profile.context-namespace",
    "profile.context",
    "The context's user requests tokens for another namespace, so kubectl acts as that namespace's role. The entry was copied or edited by hand.",
    "Rewrite the context: `nsaccess kubeconfig NAMESPACE`.",
);

pub(crate) const OTHER_REGION: Finding = Finding::warn(
    "profile.context-region",
    "profile.context",
    "The context's user signs tokens for a different region than the profile's: the cluster has moved, or one of the two was edited by hand.",
    "Rewrite both: `nsaccess login NAMESPACE`.",
);

pub(crate) const OTHER_CLUSTER: Finding = Finding::warn(
    "profile.context-cluster",
    "profile.context",
    "A setting pins the namespace to a different cluster than the context's.",
    "Rewrite the context: `nsaccess login NAMESPACE`. Or correct the setting; `nsaccess config` shows where it comes from.",
);

/// The arguments that kubectl starts `nsaccess` with.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct TokenArguments<'a> {
    pub(crate) namespace: Option<&'a str>,
    pub(crate) cluster: Option<&'a str>,
    pub(crate) region: Option<&'a str>,
}

impl<'a> TokenArguments<'a> {
    /// The words behind `token`; `None` if it is another verb.
    pub(crate) fn read(args: &'a [String]) -> Option<Self> {
        let (verb, rest) = args.split_first()?;
        if verb != "token" {
            return None;
        }
        let value = |flag: &str| {
            let apart = rest.iter().position(|word| word == flag).and_then(|at| rest.get(at + 1));
            let joined = rest.iter().find_map(|word| word.strip_prefix(flag)?.strip_prefix('='));
            apart.map(String::as_str).or(joined)
        };
        let namespace = rest.first().map(String::as_str).filter(|word| !word.starts_with('-'));
        Some(TokenArguments { namespace, cluster: value("--cluster-name"), region: value("--region") })
    }
}

/// What the profile and the settings say.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Wanted<'a> {
    pub(crate) namespace: &'a str,
    pub(crate) region: Option<&'a str>,
    /// What a setting pins, and where it comes from.
    pub(crate) cluster: Option<(&'a str, &'a str)>,
}

/// Whether the context's user asks for what the profile and the settings say.
pub(crate) fn judge_same_place(asked: TokenArguments<'_>, wanted: Wanted<'_>) -> Judgement {
    let namespace = wanted.namespace;
    if let Some(other) = asked.namespace.filter(|other| *other != namespace) {
        return Judgement::problem(
            Problem::of(&OTHER_NAMESPACE, format!("the context requests tokens for {other} instead of {namespace}"))
                .try_next(format!("nsaccess kubeconfig {namespace}"))
                .repair(Repair::WriteContext),
        );
    }
    let login = format!("nsaccess login {namespace}");
    if let (Some((pinned, origin)), Some(cluster)) = (wanted.cluster, asked.cluster)
        && pinned != cluster
    {
        return Judgement::problem(
            Problem::of(&OTHER_CLUSTER, format!("the context uses the cluster {cluster} instead of {pinned}"))
                .because(format!("{origin} sets it to {pinned}"))
                .try_next(login)
                .repair(Repair::Login),
        );
    }
    if let (Some(own), Some(region)) = (wanted.region, asked.region)
        && own != region
    {
        return Judgement::problem(
            Problem::of(&OTHER_REGION, format!("the context uses the region {region}, but the profile uses {own}"))
                .try_next(login)
                .repair(Repair::Login),
        );
    }
    Judgement::ok(match (asked.cluster, asked.region) {
        (Some(cluster), Some(region)) => format!("{cluster} in {region}"),
        _ => "no conflicts".to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(line: &str) -> Vec<String> {
        line.split(' ').map(str::to_owned).collect()
    }

    fn id(line: &str, wanted: Wanted<'_>) -> Option<&'static str> {
        let words = words(line);
        let asked = TokenArguments::read(&words).expect("the verb");
        judge_same_place(asked, wanted).problems.first().map(|problem| problem.finding.id)
    }

    #[test]
    fn arguments_are_read_in_both_spellings() {
        let expected = TokenArguments { namespace: Some("a"), cluster: Some("c"), region: Some("r") };
        assert_eq!(TokenArguments::read(&words("token a --cluster-name c --region=r")), Some(expected));
        assert_eq!(TokenArguments::read(&words("eks get-token --cluster-name c")), None);
        assert_eq!(TokenArguments::read(&words("token --region r")).expect("the verb").namespace, None);
    }

    #[test]
    fn whoever_leads_elsewhere_is_named() {
        let wanted = Wanted { namespace: "a", region: Some("eu-west-1"), cluster: Some(("c", "config.toml")) };
        assert_eq!(id("token a --cluster-name c --region eu-west-1", wanted), None);
        assert_eq!(id("token --cluster-name c", wanted), None);
        assert_eq!(id("token b --cluster-name c --region eu-west-1", wanted), Some(OTHER_NAMESPACE.id));
        assert_eq!(id("token a --cluster-name d --region eu-west-1", wanted), Some(OTHER_CLUSTER.id));
        assert_eq!(id("token a --cluster-name c --region us-east-1", wanted), Some(OTHER_REGION.id));
        let unpinned = Wanted { cluster: None, region: None, ..wanted };
        assert_eq!(id("token a --cluster-name d --region us-east-1", unpinned), None);
    }
}
