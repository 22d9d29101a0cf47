//! What a namespace has that may be typed next: asked for while a person types, so for a second at most, without a sign-in,
//! and without a word about what goes wrong.

use std::time::Duration;

use jiff::SignedDuration;

use crate::actions::pods::Pods;
use crate::actions::secrets;
use crate::chain::Chain;
use crate::chain::cluster::api::ClusterAccess;
use crate::env_vars;
use crate::error::{Error, Result};
use crate::model::kube::access::Access;
use crate::model::kube::workload::{Kind, Workload};

/// How long a person waits at the prompt, unless the environment says so.
const LIMIT: Duration = Duration::from_secs(1);
/// How long an answer is used again: a person presses Tab several times.
const FRESH: SignedDuration = SignedDuration::from_secs(15);

/// What is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Asked {
    /// Objects of a kind; pods without `pod/` if that was not typed.
    Objects { kinds: Vec<Kind>, with_pod_prefix: bool },
    /// Containers of a workload, or of a pod.
    Containers(Workload),
    /// Secrets, by the names that verbs take.
    Secrets,
}

/// A value and a note.
type Found = Vec<(String, String)>;

impl Asked {
    /// Objects of these kinds whose names begin with what was typed: all if nothing was, else those of its kind. `None` for
    /// a word that names a kind which is not among them.
    pub(crate) fn objects(kinds: &[Kind], begun: &str) -> Option<Self> {
        let Some((prefix, _)) = begun.split_once('/') else {
            return Some(Asked::Objects { kinds: kinds.to_vec(), with_pod_prefix: false });
        };
        let kind = kinds.iter().find(|kind| kind.short() == prefix)?;
        Some(Asked::Objects { kinds: vec![*kind], with_pod_prefix: true })
    }

    /// Its name in the cache.
    fn name(&self) -> String {
        match self {
            Asked::Objects { kinds, with_pod_prefix } => {
                let kinds: Vec<&str> = kinds.iter().map(|kind| kind.plural()).collect();
                format!("{}{}", kinds.join(","), if *with_pod_prefix { "/" } else { "" })
            }
            Asked::Containers(workload) => format!("containers of {workload}"),
            Asked::Secrets => "secrets".to_owned(),
        }
    }
}

/// What is there, as far as it can be known in time: a fresh answer, the cluster's or AWS's, else an old answer.
pub(crate) async fn find(chain: &Chain<'_>, access: &Access, asked: &Asked) -> Found {
    let (name, now) = (asked.name(), chain.host.now());
    let kept = chain.cache.candidates(&access.name, &name, now);
    if let Some(kept) = kept.as_ref().filter(|kept| now.duration_since(kept.at) < FRESH) {
        return kept.values.clone();
    }
    let answer = tokio::time::timeout(limit(chain), ask(chain, access, asked)).await;
    let values = match answer {
        Ok(Ok(values)) => values,
        _ => kept.map(|kept| kept.values).unwrap_or_default(),
    };
    // Without an answer too: the next Tab does not wait for another second.
    if let Err(error) = chain.cache.store_candidates(&access.name, &name, &values, now) {
        chain.ui.detail(&error.to_string());
    }
    values
}

/// How long is waited: as the person wants it, where the cluster is far away.
fn limit(chain: &Chain<'_>) -> Duration {
    let wanted = chain.host.env(env_vars::NSACCESS_COMPLETION_LIMIT).and_then(|seconds| seconds.parse().ok());
    wanted.map_or(LIMIT, Duration::from_secs)
}

async fn ask(chain: &Chain<'_>, access: &Access, asked: &Asked) -> Result<Found> {
    match asked {
        Asked::Objects { kinds, with_pod_prefix } => {
            objects(&chain.cluster(access).await?, kinds, *with_pod_prefix).await
        }
        Asked::Containers(workload) => containers(&chain.cluster(access).await?, workload).await,
        Asked::Secrets => readable_secrets(chain, access).await,
    }
}

async fn readable_secrets(chain: &Chain<'_>, access: &Access) -> Result<Found> {
    let prefix = secrets::prefix(chain, access);
    let found = secrets::open(chain, access).await?.list(false).await?;
    let readable = found.into_iter().filter(|facts| facts.deleted_at.is_none());
    let named =
        readable.map(|facts| (prefix.display_name(&facts.name).to_owned(), facts.description.unwrap_or_default()));
    Ok(named.collect())
}

/// Of a kind that the role may not list, those that were used before.
async fn objects(cluster: &ClusterAccess<'_>, kinds: &[Kind], with_pod_prefix: bool) -> Result<Found> {
    let used = cluster.chain().cache.used_targets(cluster.access());
    let mut found = Vec::new();
    for (kind, listed) in kinds.iter().zip(Pods::of(cluster).list_each(kinds).await?) {
        match listed {
            Some(offers) => found.extend(offers.into_iter().map(|offer| (offer.workload, offer.note))),
            None => {
                let of_kind = used.iter().filter_map(|target| Workload::parse(target, &[*kind]).ok());
                found.extend(of_kind.map(|workload| (workload, "used before".to_owned())));
            }
        }
    }
    let typed = |workload: Workload| match workload.kind {
        Kind::Pod if !with_pod_prefix => workload.name,
        _ => workload.to_string(),
    };
    Ok(found.into_iter().map(|(workload, note)| (typed(workload), note)).collect())
}

/// Keeps the names of targets that a verb has found, for roles that may get them and not list them.
pub(crate) fn note_used<'w>(cluster: &ClusterAccess<'_>, targets: impl IntoIterator<Item = &'w Workload>) {
    let targets: Vec<String> = targets.into_iter().map(Workload::to_string).collect();
    let chain = cluster.chain();
    if let Err(error) = chain.cache.note_used_targets(cluster.access(), &targets) {
        chain.ui.detail(&error.to_string());
    }
}

async fn containers(cluster: &ClusterAccess<'_>, workload: &Workload) -> Result<Found> {
    let object = cluster.call(async |api| api.get_workload(cluster.namespace(), workload).await).await;
    let object = object.map_err(|_| Error::failure("the workload cannot be read"))?;
    let spec = match workload.kind {
        Kind::Pod => &object["spec"],
        _ => workload.template(&object),
    };
    let lists = ["containers", "initContainers", "ephemeralContainers"].map(|list| spec[list].as_array());
    let containers = lists.into_iter().flatten().flatten();
    let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
    Ok(containers.map(|container| (text(&container["name"]), text(&container["image"]))).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_typed_says_which_kinds_are_asked_for() {
        let kinds = [Kind::Pod, Kind::Deployment];
        let all = Asked::Objects { kinds: kinds.to_vec(), with_pod_prefix: false };
        assert_eq!(Asked::objects(&kinds, ""), Some(all.clone()));
        assert_eq!(Asked::objects(&kinds, "we"), Some(all));
        let pods = Asked::Objects { kinds: vec![Kind::Pod], with_pod_prefix: true };
        assert_eq!(Asked::objects(&kinds, "pod/we"), Some(pods));
        assert_eq!(Asked::objects(&kinds, "svc/"), None);
    }
}
