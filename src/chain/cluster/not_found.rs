//! Why no cluster was found, and how one is named.

use crate::chain::Chain;
use crate::chain::cluster::find::Candidate;
use crate::chain::target::identity::{login_again, login_without};
use crate::error::{Error, Kind};
use crate::model::aws::target::Target;
use crate::model::reviews::review::Verdict;
use crate::model::settings::Origin;
use crate::model::shell::quote;
use crate::net::aws::failure::{Class, Failure};

/// More commands than this are a list to search.
const MOST_OFFERED: usize = 3;
/// More regions than this are counted.
const MOST_NAMED: usize = 5;

/// How a cluster is named once and for all.
fn pin(target: &Target) -> String {
    format!("nsaccess config set namespace.{}.cluster NAME", target.access)
}

pub(super) fn cannot_list(target: &Target, failure: Failure) -> Error {
    let denied = failure.class == Class::Denied;
    let error = failure.into_error(format!("cannot list the clusters of {}", account_in_words(target)));
    if denied {
        error
            .because("a role that is not allowed to list clusters needs its cluster in the settings")
            .try_next(pin(target))
    } else {
        error
    }
}

pub(super) fn cannot_describe(
    chain: &Chain<'_>,
    target: &Target,
    name: &str,
    regions: &[String],
    failure: Failure,
) -> Error {
    let class = failure.class;
    let error = failure.into_error(format!("cannot describe cluster \"{name}\" in {}", regions_in_words(regions)));
    match class {
        Class::NotFound if is_of_a_flag(chain, target) => error.try_next(format!(
            "{}   # finds the cluster of the namespace",
            login_without(chain, target, &["--cluster", "--region"])
        )),
        Class::NotFound => error
            .try_next(format!("nsaccess login {} --cluster NAME --region REGION", target.access))
            .try_next("nsaccess config   # shows which setting sets the cluster"),
        Class::Denied => error
            .because(format!("{} needs eks:DescribeCluster on its cluster", target.identity.who()))
            .lacks(target.as_missing())
            .try_next(pin(target)),
        _ => error,
    }
}

/// Whether the cluster was named on this command line.
fn is_of_a_flag(chain: &Chain<'_>, target: &Target) -> bool {
    let pinned = chain.settings.pins(target.access.name.as_str()).cluster;
    pinned.is_some_and(|cluster| matches!(cluster.origin, Origin::Flag(_)))
}

pub(super) fn no_clusters(chain: &Chain<'_>, target: &Target, regions: &[String]) -> Error {
    if regions.is_empty() {
        let source = target.identity.source_profile().unwrap_or_default();
        return Error::usage("no region specified for the cluster")
            .because(format!("neither a flag, the settings, $AWS_REGION nor the profile {source} sets one"))
            .try_next(format!("{} --region REGION", login_again(chain, target)));
    }
    let error = Error::new(Kind::NotFound, format!("no cluster found in {}", account_in_words(target)))
        .because(format!("regions searched: {}", regions_in_words(regions)));
    let pinned = chain.settings.pins(target.access.name.as_str()).region;
    if pinned.is_some_and(|region| matches!(region.origin, Origin::Flag(_))) {
        let anywhere = login_without(chain, target, &["--region"]);
        return error.try_next(format!("{anywhere}   # searches all regions"));
    }
    match regions.len() > MOST_NAMED {
        true => {
            let known = login_without(chain, target, &["--cluster", "--region"]);
            error.try_next(format!("{known} --cluster NAME --region REGION   # if you know it"))
        }
        false => error.try_next("nsaccess config set regions REGION   # several: REGION,REGION"),
    }
}

fn regions_in_words(regions: &[String]) -> String {
    let more = regions.len().saturating_sub(MOST_NAMED);
    match more {
        0 => regions.join(", "),
        _ => format!("{} and {more} others", regions[..MOST_NAMED].join(", ")),
    }
}

/// No cluster says yes. As long as one was not reached, that does not mean no.
pub(super) fn none_says_yes(target: &Target, candidates: &[Candidate]) -> Error {
    let unreached: Vec<&Candidate> = candidates.iter().filter(|candidate| candidate.verdict.is_err()).collect();
    let namespace = &target.access.namespace;
    let mut error = match unreached.len() {
        0 => {
            let words = format!("no cluster allows {} to get pods in namespace \"{namespace}\"", target.identity.who());
            Error::new(Kind::Denied, words)
        }
        1 => {
            Error::new(Kind::Unreachable, format!("a cluster that may have namespace \"{namespace}\" did not respond"))
        }
        several => Error::new(
            Kind::Unreachable,
            format!("{several} clusters that may have namespace \"{namespace}\" did not respond"),
        ),
    };
    for candidate in candidates {
        let answer = match &candidate.verdict {
            Ok(Verdict::Denied(Some(reason))) => format!("no ({reason})"),
            Ok(Verdict::Unknown(reason)) => format!("unknown ({reason})"),
            Ok(_) => "no".to_owned(),
            Err(words) => words.clone(),
        };
        error = error.because(format!("{} in {}: {answer}", candidate.cluster.name, candidate.cluster.region));
    }
    if unreached.is_empty() {
        let error = error.lacks(target.as_missing());
        return error.try_next(login_with(target, "NAME   # if you know it")).ask_doctor();
    }
    error = error
        .because("usually, the VPN is not connected")
        .try_next(format!("connect the VPN, then: nsaccess login {}", target.access));
    for Candidate { cluster, .. } in unreached.iter().take(MOST_OFFERED) {
        let flags = format!("{} --region {}   # if it is this one", quote(&cluster.name), cluster.region);
        error = error.try_next(login_with(target, &flags));
    }
    error.ask_doctor()
}

fn login_with(target: &Target, cluster: &str) -> String {
    format!("nsaccess login {} --cluster {cluster}", target.access)
}

fn account_in_words(target: &Target) -> String {
    target.identity.account().map_or_else(|| "the account".to_owned(), |account| format!("account {account}"))
}
