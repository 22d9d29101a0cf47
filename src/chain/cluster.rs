//! The cluster of a namespace: named by a pin, known from before, or found by asking EKS and then the clusters.

pub mod api;
pub mod not_mapped;
pub mod proxy;

use std::sync::Arc;

use futures_util::future::join_all;

use crate::chain::{Chain, Presence};
use crate::disk::cache::CachedCredentials;
use crate::error::{Error, Kind, Result};
use crate::model::aws::credentials::{AccessKeys, RoleCredentials};
use crate::model::aws::eks_token;
use crate::model::aws::target::Target;
use crate::model::kube::cluster::{Cluster, status_serves};
use crate::model::reviews::ask::Ask;
use crate::model::reviews::review::{GET_PODS, Verdict};
use crate::model::settings::Origin;
use crate::net::aws::eks::Eks;
use crate::net::aws::failure::{Class, Failure};
use crate::net::kube::{KubeApi, KubeFailure, Silence};

/// What a candidate said when asked whether the namespace's pods may be read.
struct Candidate {
    cluster: Cluster,
    verdict: Result<Verdict, String>,
}

impl Chain<'_> {
    /// The cluster, described anew: what a kubeconfig is written from. AWS may refuse credentials before their time has
    /// come; then they are fetched once more, and `credentials` are the new ones.
    ///
    /// # Errors
    /// When it cannot be found, described, or chosen.
    pub async fn cluster(&self, target: &Target, credentials: &mut RoleCredentials) -> Result<Cluster> {
        match self.cluster_for(target, credentials).await {
            // EKS knows nothing of sessions: what it does not take is the credentials.
            Err(error) if error.kind == Kind::NotSignedIn => {
                self.ui.detail(&format!("{error}; fetching new credentials"));
                *credentials = self.credentials_after_refusal(target, credentials).await?;
                self.cluster_for(target, credentials).await
            }
            cluster => cluster,
        }
    }

    async fn cluster_for(&self, target: &Target, credentials: &RoleCredentials) -> Result<Cluster> {
        let cluster = self.found_cluster(target, &credentials.keys).await?;
        if self.cluster_chosen_for_once(target) {
            return Ok(cluster);
        }
        if let Err(error) = self.cache.store_cluster(&target.namespace, &cluster) {
            self.ui.warning(&format!("the cluster could not be cached: {error}"));
        }
        self.link_cluster(target, &cluster).await;
        Ok(cluster)
    }

    /// The cluster's facts as they are known, else found and described.
    ///
    /// # Errors
    /// As [`Chain::cluster`].
    pub async fn cluster_facts(&self, target: &Target, credentials: &mut RoleCredentials) -> Result<Cluster> {
        let known = self.known_cluster_name(target);
        match self
            .cache
            .cluster(&target.namespace)
            .filter(|cluster| known.as_ref().is_some_and(|(name, _)| *name == cluster.name))
        {
            Some(cluster) => Ok(cluster),
            None => self.cluster(target, credentials).await,
        }
    }

    async fn found_cluster(&self, target: &Target, keys: &AccessKeys) -> Result<Cluster> {
        let pins = self.settings.pins(target.namespace.as_str());
        if let Some(pinned) = pins.cluster {
            let region = pins.region.map(|region| region.value);
            return self.described(target, keys, &pinned.value, region).await;
        }
        if let Some((name, region)) = self.known_cluster_name(target) {
            match self.described(target, keys, &name, region).await {
                // The cluster that was there before may have been replaced by one of another name.
                Err(error) if error.kind == Kind::NotFound => self.ui.detail(&format!("{error}; looking again")),
                described => return described,
            }
        }
        self.discovered(target, keys).await
    }

    /// The name, and if known the region, of the namespace's cluster, without a call. What was found in another
    /// account before does not count.
    pub fn known_cluster_name(&self, target: &Target) -> Option<(String, Option<String>)> {
        let pins = self.settings.pins(target.namespace.as_str());
        let pinned_region = pins.region.map(|region| region.value);
        if let Some(cluster) = pins.cluster {
            return Some((cluster.value, pinned_region));
        }
        let known = self.cache.cluster(&target.namespace)?;
        let contradicted = pinned_region.is_some_and(|region| region != known.region);
        let same_account = known.arn.split(':').nth(4).is_none_or(|account| account == target.account);
        (same_account && !contradicted).then_some((known.name, Some(known.region)))
    }

    /// The region to work in, without a call: that of the cluster as far as it is known, else the most likely.
    pub fn likely_region(&self, target: &Target) -> String {
        let known = self.known_cluster_name(target).and_then(|(_, region)| region);
        let profile = || self.aws_config.profile(&target.access_name)?.get("region").map(str::to_owned);
        let first = || self.cluster_regions(target).into_iter().next();
        known.or_else(profile).or_else(first).unwrap_or_else(|| target.portal.region.clone())
    }

    /// The regions to look in: pinned, configured, else the one of the access's own Identity Center.
    pub(crate) fn cluster_regions(&self, target: &Target) -> Vec<String> {
        if let Some(region) = self.settings.pins(target.namespace.as_str()).region {
            return vec![region.value];
        }
        let configured = &self.settings.regions;
        match configured.origin {
            Origin::Default => vec![target.portal.region.clone()],
            _ if configured.value.is_empty() => vec![target.portal.region.clone()],
            _ => configured.value.clone(),
        }
    }

    /// A cluster by its name, in its region or in the one of the regions that has it.
    async fn described(
        &self,
        target: &Target,
        keys: &AccessKeys,
        name: &str,
        region: Option<String>,
    ) -> Result<Cluster> {
        let regions = region.map_or_else(|| self.cluster_regions(target), |region| vec![region]);
        let asked = join_all(regions.iter().map(|region| {
            let eks = Eks::new(&self.aws, keys, region);
            async move { eks.describe(name).await }
        }));
        let mut last = None;
        for answer in asked.await {
            match answer {
                Ok(described) => {
                    if !status_serves(&described.status) {
                        self.ui.warning(&format!("the cluster {name} is {}", described.status));
                    }
                    return Ok(described.cluster);
                }
                // A refusal tells more than "not in this region".
                Err(failure) if last.is_none() || failure.class != Class::NotFound => last = Some(failure),
                Err(_) => {}
            }
        }
        let Some(failure) = last else { return Err(no_clusters(target, &regions)) };
        let _ = self.cache.forget_cluster(&target.namespace);
        Err(self.explain_clock(cannot_describe(target, name, &regions, failure)))
    }

    async fn discovered(&self, target: &Target, keys: &AccessKeys) -> Result<Cluster> {
        let regions = self.cluster_regions(target);
        self.ui.detail(&format!("looking for clusters in {}", regions.join(", ")));
        let mut found = Vec::new();
        let mut refused = None;
        let listed = join_all(regions.iter().map(|region| {
            let eks = Eks::new(&self.aws, keys, region);
            async move { (eks.names().await, eks) }
        }));
        for (names, eks) in listed.await {
            match names {
                Ok(names) => found.extend(names.into_iter().map(|name| (eks.clone(), name))),
                Err(failure) => refused = Some(failure),
            }
        }
        if let (true, Some(failure)) = (found.is_empty(), refused) {
            return Err(self.explain_clock(cannot_list(target, failure)));
        }
        let described = join_all(found.iter().map(|(eks, name)| eks.describe(name))).await;
        let mut clusters: Vec<Cluster> = Vec::new();
        let mut failures: Vec<Failure> = Vec::new();
        for answer in described {
            match answer {
                Ok(described) => clusters.push(described.cluster),
                Err(failure) => failures.push(failure),
            }
        }
        match (clusters.len(), clusters.pop(), failures.pop()) {
            (1, Some(only), _) => Ok(only),
            (_, Some(last), _) => {
                clusters.push(last);
                self.chosen(target, keys, clusters).await
            }
            (_, None, Some(failure)) => Err(cannot_describe(target, "NAME", &regions, failure)),
            (_, None, None) => Err(no_clusters(target, &regions)),
        }
    }

    /// Asks every cluster whether it lets us see the namespace's pods, and takes the one that says yes.
    async fn chosen(&self, target: &Target, keys: &AccessKeys, clusters: Vec<Cluster>) -> Result<Cluster> {
        self.ui.detail(&format!("asking {} clusters about the namespace", clusters.len()));
        let asked = join_all(clusters.into_iter().map(|cluster| async move {
            let verdict = self.ask(target, keys, &cluster).await;
            Candidate { cluster, verdict }
        }));
        let (mut yes, no): (Vec<_>, Vec<_>) =
            asked.await.into_iter().partition(|candidate| matches!(candidate.verdict, Ok(Verdict::Allowed)));
        match (yes.len(), yes.pop()) {
            (1, Some(only)) => Ok(only.cluster),
            (_, Some(last)) => {
                yes.push(last);
                self.pick_cluster(target, yes)
            }
            (_, None) => Err(self.explain_clock(none_says_yes(target, &no))),
        }
    }

    async fn ask(&self, target: &Target, keys: &AccessKeys, cluster: &Cluster) -> Result<Verdict, String> {
        let token = eks_token::sign(keys, &cluster.name, &cluster.region, self.host.now());
        let proxy = self.proxy_of_environment(&cluster.endpoint).map_err(|error| error.to_string())?;
        let (known, silence) = ((self.aws.outbound(), &Arc::default()), Silence::OfCalls);
        let api = KubeApi::new(cluster, proxy.as_ref(), &token, known, silence).map_err(|error| error.to_string())?;
        match api.review(&Ask::of(GET_PODS, target.namespace.as_str())).await {
            Ok(verdict) => Ok(verdict),
            Err(KubeFailure::Unauthorized) => Ok(Verdict::Denied(Some("401: the role is not mapped there".to_owned()))),
            Err(KubeFailure::Status(code, words)) => Err(format!("{code}: {words}")),
            Err(KubeFailure::Unreachable(words)) => Err(format!("not reached: {words}")),
        }
    }

    fn pick_cluster(&self, target: &Target, candidates: Vec<Candidate>) -> Result<Cluster> {
        let describe = |candidate: &Candidate| format!("{} in {}", candidate.cluster.name, candidate.cluster.region);
        if self.presence != Presence::Person {
            let mut error = Error::usage(format!("several clusters have the namespace {}", target.namespace));
            for candidate in &candidates {
                error = error.because(describe(candidate)).try_next(format!(
                    "nsaccess login {} --cluster {} --region {}",
                    target.namespace, candidate.cluster.name, candidate.cluster.region
                ));
            }
            return Err(error);
        }
        let lines: Vec<String> = candidates.iter().map(describe).collect();
        let chosen = self.ui.pick(&format!("Several clusters have {}. Which one?", target.namespace), &lines)?;
        candidates
            .into_iter()
            .nth(chosen)
            .map(|chosen| chosen.cluster)
            .ok_or_else(|| Error::failure("nothing was chosen"))
    }

    /// Puts the cluster beside the cached credentials, for the warm path. It is a convenience: a failure is no error.
    /// Under the lock, because credentials that a sign-out removes between being read and written would be back.
    async fn link_cluster(&self, target: &Target, cluster: &Cluster) {
        let Ok(_lock) = self.portal_lock(&target.portal).await else { return };
        let wanted = Some((cluster.name.clone(), cluster.region.clone()));
        let own = self.cache.own_credentials(&target.namespace).filter(|cached| cached.belong_to(target.into()));
        if let Some(cached) = own.filter(|cached| cached.cluster != wanted) {
            let _ = self.cache.store_credentials(&target.namespace, &CachedCredentials { cluster: wanted, ..cached });
        }
    }
}

/// How a cluster is named once and for all.
fn pin(target: &Target) -> String {
    format!("nsaccess config set namespace.{}.cluster NAME", target.namespace)
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
            .try_next(format!("nsaccess login {} --cluster NAME --region REGION", target.namespace))
            .try_next("nsaccess config   # shows which setting names the cluster"),
        Class::Denied => error
            .because(format!("the role {} needs eks:DescribeCluster on its cluster", target.role))
            .try_next(pin(target)),
        _ => error,
    }
}

fn no_clusters(target: &Target, regions: &[String]) -> Error {
    Error::new(Kind::NotFound, format!("there is no cluster in account {}", target.account))
        .because(format!("the regions asked were {}", regions.join(", ")))
        .try_next("nsaccess config set regions REGION   # several: REGION,REGION")
}

fn none_says_yes(target: &Target, candidates: &[Candidate]) -> Error {
    let all_unreached = candidates.iter().all(|candidate| candidate.verdict.is_err());
    let kind = if all_unreached { Kind::Unreachable } else { Kind::Denied };
    let what = match all_unreached {
        true => format!("none of the clusters could be asked about {}", target.namespace),
        false => format!("no cluster lets the role {} see pods in {}", target.role, target.namespace),
    };
    let mut error = Error::new(kind, what);
    for candidate in candidates {
        let said = match &candidate.verdict {
            Ok(Verdict::Denied(Some(reason))) => format!("no ({reason})"),
            Ok(Verdict::Unknown(reason)) => format!("cannot say ({reason})"),
            Ok(_) => "no".to_owned(),
            Err(words) => words.clone(),
        };
        error = error.because(format!("{} in {}: {said}", candidate.cluster.name, candidate.cluster.region));
    }
    error.try_next(format!("nsaccess login {} --cluster NAME   # if you know it", target.namespace))
}
