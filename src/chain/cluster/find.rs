//! Finding a cluster: EKS describes the one that is named, or lists what there is; then the clusters are asked.

use futures_util::future::join_all;

use crate::chain::cluster::{known_name, proxy, regions};
use crate::chain::credentials::Credentials;
use crate::chain::profile::{self, Wanted};
use crate::chain::renewal::{Refusable, with_renewal};
use crate::chain::target::identity::login_again;
use crate::chain::{Chain, Presence, clock_skew, target};
use crate::error::{Error, Kind, Result};
use crate::model::aws::credentials::{AccessKeys, RoleCredentials};
use crate::model::aws::eks_token;
use crate::model::aws::identity::Identity;
use crate::model::aws::target::Target;
use crate::model::kube::cluster::{Cluster, status_serves};
use crate::model::reviews::review::Verdict;
use crate::model::shell::quote;
use crate::net::aws::failure::{Class, Failure};

/// More commands than this are a list to search.
const MOST_OFFERED: usize = 3;

/// A cluster that may have the namespace, and what it said when it was asked whether pods there may be read.
struct Candidate {
    cluster: Cluster,
    verdict: Result<Verdict, String>,
}

/// A search without a result.
struct NotFound {
    error: Error,
    /// AWS refused the credentials, and no region answered otherwise.
    refusal: Option<String>,
    /// They are good, and may not ask this.
    is_denied: bool,
}

impl From<Error> for NotFound {
    fn from(error: Error) -> Self {
        NotFound { error, refusal: None, is_denied: false }
    }
}

impl Refusable for NotFound {
    fn refusal(&self) -> Option<String> {
        self.refusal.clone()
    }
}

impl NotFound {
    fn because_of(chain: &Chain<'_>, failure: Failure, explain: impl FnOnce(Failure) -> Error) -> Self {
        let (refusal, is_denied) = (failure.refusal(), failure.class == Class::Denied);
        NotFound { error: clock_skew::explain(chain, explain(failure)), refusal, is_denied }
    }
}

/// The cluster of a namespace. Credentials are renewed once for the whole search, and only if no region answered: one
/// region may refuse what the others accept (an opt-in region that is not enabled).
///
/// # Errors
/// When it cannot be found, described, or chosen.
pub(super) async fn find(credentials: &Credentials<'_>) -> Result<Cluster> {
    let found = with_renewal(credentials, async |role: &RoleCredentials| search(credentials, &role.keys).await).await;
    match found {
        Err(NotFound { error, is_denied: true, .. }) => find_as_source(credentials, error).await,
        found => found.map_err(|NotFound { error, .. }| error),
    }
}

/// Whoever assumes a role often may describe the cluster where the role itself may do nothing at AWS: it is for Kubernetes
/// alone. `aws eks update-kubeconfig --role-arn` asks as the source, too.
async fn find_as_source(credentials: &Credentials<'_>, denied: Error) -> Result<Cluster> {
    let (chain, target) = (credentials.chain, &credentials.target);
    let Identity::Role { source_profile, .. } = &target.identity else { return Err(denied) };
    chain.ui.detail(&format!("{denied}; asking as the profile {source_profile}"));
    let region = target::region_of_sts(chain, target);
    let wanted = Wanted { region: Some(&region), ..Wanted::default() };
    let source = profile::credentials(chain, source_profile, wanted).await?;
    search(credentials, &source.keys).await.map_err(|not_found| match not_found.is_denied {
        true => denied.because(format!("the profile {source_profile}, which assumes it, may not either")),
        false => not_found.error,
    })
}

async fn search(credentials: &Credentials<'_>, keys: &AccessKeys) -> Result<Cluster, NotFound> {
    let (chain, target) = (credentials.chain, &credentials.target);
    let is_pinned = chain.settings.pins(target.access.name.as_str()).cluster.is_some();
    let Some((name, region)) = known_name(chain, target) else { return discover(credentials, keys).await };
    let regions = region.map_or_else(|| regions(chain, target), |region| vec![region]);
    let failure = match describe_in(chain, keys, &regions, &name).await {
        Ok(Some(cluster)) => return Ok(cluster),
        Ok(None) => return Err(no_clusters(chain, target, &regions).into()),
        Err(failure) => failure,
    };
    let is_gone = failure.class == Class::NotFound;
    let not_found = NotFound::because_of(chain, failure, |failure| cannot_describe(target, &name, &regions, failure));
    if not_found.refusal.is_some() {
        return Err(not_found);
    }
    let _ = chain.cache.forget_cluster(&target.access.name);
    if is_pinned || !is_gone {
        return Err(not_found);
    }
    // The cluster that was there before may have been replaced by one of another name.
    chain.ui.detail(&format!("{}; looking again", not_found.error));
    discover(credentials, keys).await
}

/// A cluster by its name, in the one of the regions that has it. `None`: there are no regions.
async fn describe_in(
    chain: &Chain<'_>,
    keys: &AccessKeys,
    regions: &[String],
    name: &str,
) -> Result<Option<Cluster>, Failure> {
    let asked = regions.iter().map(|region| chain.services.describe_cluster(keys, region, name));
    let mut last = None;
    for answer in join_all(asked).await {
        match answer {
            Ok(described) => {
                if !status_serves(&described.status) {
                    chain.ui.warning(&format!("the cluster {name} is {}", described.status));
                }
                return Ok(Some(described.cluster));
            }
            // A refusal tells more than "not in this region".
            Err(failure) if last.is_none() || failure.class != Class::NotFound => last = Some(failure),
            Err(_) => {}
        }
    }
    last.map_or(Ok(None), Err)
}

async fn discover(credentials: &Credentials<'_>, keys: &AccessKeys) -> Result<Cluster, NotFound> {
    let (chain, target) = (credentials.chain, &credentials.target);
    let regions = regions(chain, target);
    chain.ui.detail(&format!("looking for clusters in {}", regions.join(", ")));
    let listed = join_all(regions.iter().map(|region| chain.services.cluster_names(keys, region)));
    let (mut found, mut refused) = (Vec::new(), None);
    for (names, region) in listed.await.into_iter().zip(&regions) {
        match names {
            Ok(names) => found.extend(names.into_iter().map(|name| (region.as_str(), name))),
            Err(failure) => refused = Some(failure),
        }
    }
    if let (true, Some(failure)) = (found.is_empty(), refused) {
        return Err(NotFound::because_of(chain, failure, |failure| cannot_list(target, failure)));
    }
    let described = found.iter().map(|(region, name)| chain.services.describe_cluster(keys, region, name));
    let (mut clusters, mut failures) = (Vec::new(), Vec::new());
    for answer in join_all(described).await {
        match answer {
            Ok(described) => clusters.push(described.cluster),
            Err(failure) => failures.push(failure),
        }
    }
    match (clusters.len(), clusters.pop(), failures.pop()) {
        (1, Some(only), _) => Ok(only),
        (_, Some(last), _) => {
            clusters.push(last);
            Ok(choose(credentials, clusters).await?)
        }
        (_, None, Some(failure)) => {
            Err(NotFound::because_of(chain, failure, |failure| cannot_describe(target, "NAME", &regions, failure)))
        }
        (_, None, None) => Err(no_clusters(chain, target, &regions).into()),
    }
}

/// Asks every cluster whether it lets us see the namespace's pods, and takes the one that says yes.
async fn choose(credentials: &Credentials<'_>, clusters: Vec<Cluster>) -> Result<Cluster> {
    let (chain, target) = (credentials.chain, &credentials.target);
    chain.ui.detail(&format!("asking {} clusters about the namespace", clusters.len()));
    let asked = clusters.into_iter().map(|cluster| async move {
        let verdict = ask(credentials, &cluster).await;
        Candidate { cluster, verdict }
    });
    let (mut yes, no): (Vec<_>, Vec<_>) =
        join_all(asked).await.into_iter().partition(|candidate| matches!(candidate.verdict, Ok(Verdict::Allowed)));
    match (yes.len(), yes.pop()) {
        (1, Some(only)) => Ok(only.cluster),
        (_, Some(last)) => {
            yes.push(last);
            pick(credentials, yes)
        }
        (_, None) => Err(clock_skew::explain(chain, none_says_yes(target, &no))),
    }
}

async fn ask(credentials: &Credentials<'_>, cluster: &Cluster) -> Result<Verdict, String> {
    let chain = credentials.chain;
    let keys = credentials.role().keys;
    let token = eks_token::sign(&keys, &cluster.name, &cluster.region, chain.host.now());
    let proxy = proxy::of_environment(chain, &cluster.endpoint).map_err(|error| error.to_string())?;
    chain.services.may_get_pods(cluster, proxy, token, credentials.target.access.namespace.as_str()).await
}

fn pick(credentials: &Credentials<'_>, candidates: Vec<Candidate>) -> Result<Cluster> {
    let (chain, target) = (credentials.chain, &credentials.target);
    let in_words = |candidate: &Candidate| format!("{} in {}", candidate.cluster.name, candidate.cluster.region);
    if chain.presence != Presence::Person {
        let mut error = Error::usage(format!("several clusters have the namespace {}", target.access.namespace));
        for candidate in &candidates {
            error = error.because(in_words(candidate)).try_next(format!(
                "{} --cluster {} --region {}",
                login_again(chain, target),
                candidate.cluster.name,
                candidate.cluster.region
            ));
        }
        return Err(error);
    }
    let lines: Vec<String> = candidates.iter().map(in_words).collect();
    let chosen =
        chain.prompts.pick(&format!("Several clusters have {}. Which one?", target.access.namespace), &lines)?;
    let chosen = candidates.into_iter().nth(chosen).map(|chosen| chosen.cluster);
    chosen.ok_or_else(|| Error::failure("nothing was chosen"))
}

/// How a cluster is named once and for all.
fn pin(target: &Target) -> String {
    format!("nsaccess config set namespace.{}.cluster NAME", target.access)
}

fn cannot_list(target: &Target, failure: Failure) -> Error {
    let denied = failure.class == Class::Denied;
    let error = failure.into_error("the clusters of the account cannot be listed");
    if denied {
        error.because("a role need not list clusters if its cluster is named").try_next(pin(target))
    } else {
        error
    }
}

fn cannot_describe(target: &Target, name: &str, regions: &[String], failure: Failure) -> Error {
    let class = failure.class;
    let error = failure.into_error(format!("the cluster {name} cannot be described in {}", regions.join(", ")));
    match class {
        Class::NotFound => error
            .try_next(format!("nsaccess login {} --cluster NAME --region REGION", target.access))
            .try_next("nsaccess config   # shows which setting names the cluster"),
        Class::Denied => error
            .because(format!("{} needs eks:DescribeCluster on its cluster", target.identity.who()))
            .lacks(target.as_missing())
            .try_next(pin(target)),
        _ => error,
    }
}

fn no_clusters(chain: &Chain<'_>, target: &Target, regions: &[String]) -> Error {
    if regions.is_empty() {
        let source = target.identity.source_profile().unwrap_or_default();
        return Error::usage("it is not known in which region the cluster is")
            .because(format!("neither a flag, the settings, $AWS_REGION nor the profile {source} names a region"))
            .try_next(format!("{} --region REGION", login_again(chain, target)));
    }
    Error::new(Kind::NotFound, format!("there is no cluster in {}", account_in_words(target)))
        .because(format!("the regions asked were {}", regions.join(", ")))
        .try_next("nsaccess config set regions REGION   # several: REGION,REGION")
}

/// No cluster says yes. As long as one was not reached, that does not mean no.
fn none_says_yes(target: &Target, candidates: &[Candidate]) -> Error {
    let unreached: Vec<&Candidate> = candidates.iter().filter(|candidate| candidate.verdict.is_err()).collect();
    let namespace = &target.access.namespace;
    let mut error = match unreached.len() {
        0 => {
            let words = format!("no cluster lets {} see pods in {namespace}", target.identity.who());
            Error::new(Kind::Denied, words)
        }
        1 => Error::new(Kind::Unreachable, format!("a cluster that may have {namespace} did not answer")),
        several => {
            Error::new(Kind::Unreachable, format!("{several} clusters that may have {namespace} did not answer"))
        }
    };
    for candidate in candidates {
        let answer = match &candidate.verdict {
            Ok(Verdict::Denied(Some(reason))) => format!("no ({reason})"),
            Ok(Verdict::Unknown(reason)) => format!("cannot say ({reason})"),
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
        .because("a VPN that is not connected is the usual reason")
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
