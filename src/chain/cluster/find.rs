//! Finding a cluster: EKS describes the one that is named, or lists what there is; then the clusters are asked.

use futures_util::future::join_all;
use futures_util::stream::{self, StreamExt};

use crate::chain::cluster::not_found::{cannot_describe, cannot_list, no_clusters, none_says_yes};
use crate::chain::cluster::{known_name, proxy, regions};
use crate::chain::credentials::Credentials;
use crate::chain::profile::{self, Wanted};
use crate::chain::renewal::{Refusable, with_renewal};
use crate::chain::target::identity::login_without;
use crate::chain::{Chain, Presence, clock_skew, target};
use crate::error::{Error, Kind, Result};
use crate::model::aws::access_keys::AccessKeys;
use crate::model::aws::credentials::RoleCredentials;
use crate::model::aws::eks_token;
use crate::model::aws::identity::Identity;
use crate::model::kube::cluster::{Cluster, status_serves};
use crate::model::reviews::review::Verdict;
use crate::net::aws::failure::{Class, Failure};

/// How many calls to EKS are under way at the same time.
const AT_ONCE: usize = 12;

/// A cluster that may have the namespace, and what it said when it was asked whether pods there may be read.
pub(super) struct Candidate {
    pub(super) cluster: Cluster,
    pub(super) verdict: Result<Verdict, String>,
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
    chain.ui.detail(&format!("{denied}; trying with the profile {source_profile}"));
    let region = target::region_of_sts(chain, target);
    let wanted = Wanted { region: Some(&region), ..Wanted::default() };
    let source = profile::credentials(chain, source_profile, wanted).await?;
    search(credentials, &source.keys).await.map_err(|not_found| match not_found.is_denied {
        true => denied.because(format!("the profile {source_profile}, which assumes it, is not allowed to either")),
        false => not_found.error,
    })
}

async fn search(credentials: &Credentials<'_>, keys: &AccessKeys) -> Result<Cluster, NotFound> {
    let (chain, target) = (credentials.chain, &credentials.target);
    let is_pinned = chain.settings.pins(target.access.name.as_str()).cluster.is_some();
    let Some((name, region)) = known_name(chain, target) else { return discover(credentials, keys).await };
    let (regions, others) = match region {
        Some(region) => (vec![region], Vec::new()),
        None => {
            let first = regions::first(chain, target);
            let others = regions::others(chain, target, &first);
            (first, others)
        }
    };
    let mut described = describe_in(chain, keys, &regions, &name).await;
    if matches!(&described, Err(failure) if failure.class == Class::NotFound) && !others.is_empty() {
        say_searching(chain, &regions);
        let elsewhere = describe_in(chain, keys, &others, &name).await;
        described = if let Ok(Some(_)) = elsewhere { elsewhere } else { described };
    }
    let failure = match described {
        Ok(Some(cluster)) => return Ok(cluster),
        Ok(None) => return Err(no_clusters(chain, target, &regions).into()),
        Err(failure) => failure,
    };
    let is_gone = failure.class == Class::NotFound;
    let not_found =
        NotFound::because_of(chain, failure, |failure| cannot_describe(chain, target, &name, &regions, failure));
    if not_found.refusal.is_some() {
        return Err(not_found);
    }
    // A flag may name another cluster than the one that is kept.
    if chain.cache.cluster(&target.access.name).is_some_and(|kept| kept.name == name) {
        let _ = chain.cache.forget_cluster(&target.access.name);
    }
    if is_pinned || !is_gone {
        return Err(not_found);
    }
    // The cluster that was there before may have been replaced by one of another name.
    chain.ui.detail(&format!("{}; searching again", not_found.error));
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
    let answers: Vec<_> = stream::iter(asked).buffered(AT_ONCE).collect().await;
    let mut last = None;
    for answer in answers {
        match answer {
            Ok(described) => {
                if !status_serves(&described.status) {
                    chain.ui.warning(&format!("cluster {name} has the status {}", described.status));
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

/// Looks where it is likely, then in all other regions, unless somebody named the regions.
async fn discover(credentials: &Credentials<'_>, keys: &AccessKeys) -> Result<Cluster, NotFound> {
    let (chain, target) = (credentials.chain, &credentials.target);
    let first = regions::first(chain, target);
    chain.ui.detail(&format!("searching for clusters in {}", first.join(", ")));
    let found = in_regions(chain, keys, &first).await;
    let others = regions::others(chain, target, &first);
    let not_found: NotFound = match (found.clusters.is_empty(), found.failure) {
        (true, Some(why)) if others.is_empty() || !why.is_of_region() => {
            return Err(NotFound::because_of(chain, why.failure, |failure| {
                if why.listed {
                    cannot_describe(chain, target, "NAME", &first, failure)
                } else {
                    cannot_list(target, failure)
                }
            }));
        }
        (true, _) => no_clusters(chain, target, &[first.as_slice(), &others].concat()).into(),
        (false, _) => match only_or_chosen(credentials, found.clusters).await {
            Err(error) if error.kind == Kind::Denied => error.into(),
            chosen => return Ok(chosen?),
        },
    };
    if others.is_empty() {
        return Err(not_found);
    }
    say_searching(chain, &first);
    let _waiting = chain.ui.waiting(&format!("searching {} regions", others.len()));
    let elsewhere = in_regions(chain, keys, &others).await.clusters;
    match not_found.error.kind {
        _ if elsewhere.is_empty() => Err(not_found),
        Kind::NotFound => Ok(only_or_chosen(credentials, elsewhere).await?),
        // What those here refused is told, unless another one says yes.
        _ => match choose(credentials, elsewhere).await {
            Err(error) if error.kind != Kind::Usage => Err(not_found),
            chosen => Ok(chosen?),
        },
    }
}

/// The clusters of some regions, and why there may be others.
struct Found {
    clusters: Vec<Cluster>,
    failure: Option<NotSeen>,
}

/// A call that failed.
struct NotSeen {
    failure: Failure,
    /// The names could be listed.
    listed: bool,
}

impl NotSeen {
    /// Whether another region could answer otherwise: an organisation may allow some regions only.
    fn is_of_region(&self) -> bool {
        self.failure.class == Class::Denied && self.failure.words.contains("service control policy")
    }
}

async fn in_regions(chain: &Chain<'_>, keys: &AccessKeys, regions: &[String]) -> Found {
    let listed = regions.iter().map(|region| chain.services.cluster_names(keys, region));
    let listed: Vec<_> = stream::iter(listed).buffered(AT_ONCE).collect().await;
    let (mut names, mut failure) = (Vec::new(), None);
    for (answer, region) in listed.into_iter().zip(regions) {
        match answer {
            Ok(found) => names.extend(found.into_iter().map(|name| (region.as_str(), name))),
            Err(refused) => failure = Some(NotSeen { failure: refused, listed: false }),
        }
    }
    let described = names.iter().map(|(region, name)| chain.services.describe_cluster(keys, region, name));
    let mut clusters = Vec::new();
    for answer in stream::iter(described).buffered(AT_ONCE).collect::<Vec<_>>().await {
        match answer {
            Ok(described) => clusters.push(described.cluster),
            Err(refused) => failure = Some(NotSeen { failure: refused, listed: true }),
        }
    }
    Found { clusters, failure }
}

fn say_searching(chain: &Chain<'_>, first: &[String]) {
    chain.ui.status(&format!("no cluster found in {}; searching all other regions", first.join(", ")));
}

/// The only cluster need not be asked.
async fn only_or_chosen(credentials: &Credentials<'_>, mut clusters: Vec<Cluster>) -> Result<Cluster> {
    match (clusters.len(), clusters.pop()) {
        (1, Some(only)) => Ok(only),
        (_, last) => {
            clusters.extend(last);
            choose(credentials, clusters).await
        }
    }
}

/// Asks every cluster whether it lets us see the namespace's pods, and takes the one that says yes.
async fn choose(credentials: &Credentials<'_>, clusters: Vec<Cluster>) -> Result<Cluster> {
    let (chain, target) = (credentials.chain, &credentials.target);
    chain.ui.detail(&format!("asking {} clusters for the namespace", clusters.len()));
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
        let mut error = Error::usage(format!("several clusters have namespace \"{}\"", target.access.namespace));
        for candidate in &candidates {
            error = error.because(in_words(candidate)).try_next(format!(
                "{} --cluster {} --region {}",
                login_without(chain, target, &["--cluster", "--region"]),
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
    chosen.ok_or_else(|| Error::failure("nothing was selected"))
}
