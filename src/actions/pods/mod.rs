//! Pods of a namespace: by name, by selector, and what happens to them, with whatever the role allows.

pub mod behind_service;

use std::collections::BTreeMap;
use std::pin::pin;
use std::time::Duration;

use futures_util::stream::{self, StreamExt};

use crate::actions::pods::behind_service::Way;
use crate::chain::call_error::CallError;
use crate::chain::cluster::api::ClusterAccess;
use crate::error::{Error, Kind, Result};
use crate::model::kube::pod::Pod;
use crate::model::kube::pods::ServiceFacts;
use crate::model::kube::role_rule::Rule;
use crate::net::kube::KubeFailure;
use crate::net::kube::objects::PodEvent;

/// How often pods are asked for where they cannot be watched.
const POLL: Duration = Duration::from_secs(2);
/// The longest pause between attempts to reach a cluster that does not answer.
const LONGEST_PAUSE: Duration = Duration::from_secs(5);
/// Calls under way at once.
const AT_ONCE: usize = 16;

/// Which pods.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Which {
    /// All, or those that a label selector matches: needs `list`, and for news at once `watch`.
    Selected(Option<String>),
    /// These: needs `get`.
    Named(Vec<String>),
    /// These, which are taken to be there even where they may not be seen.
    Expected(Vec<String>),
    /// Those behind a service, found in this way.
    BehindService(String, Way),
}

/// What became of a pod.
#[derive(Debug, Clone, PartialEq)]
pub enum Change {
    /// It is there, and looks like this.
    Present(Box<Pod>),
    /// It is there; the role may not see more than its name.
    Hidden(String),
    /// It is gone.
    Gone(String),
}

impl ClusterAccess<'_> {
    /// A pod by its name.
    ///
    /// # Errors
    /// As [`ClusterAccess::call`].
    pub(crate) async fn pod(&self, name: &str) -> Result<Pod, CallError<KubeFailure>> {
        self.call(async |api| api.pod(self.namespace(), name).await).await
    }

    /// Pods by name, each with its own answer, in the order of the names.
    ///
    /// # Errors
    /// As [`ClusterAccess::call`].
    pub async fn pods_named(&self, names: &[String]) -> Result<Vec<(String, Result<Pod, KubeFailure>)>> {
        let asked = names.iter().map(|name| async move {
            match self.pod(name).await {
                Ok(pod) => Ok((name.clone(), Ok(pod))),
                Err(CallError::Answer(failure)) => Ok((name.clone(), Err(failure))),
                Err(CallError::Chain(error)) => Err(error),
            }
        });
        let answers: Vec<Result<_>> = stream::iter(asked).buffered(AT_ONCE).collect().await;
        answers.into_iter().collect()
    }

    /// All pods that a selector matches, and the version of the list.
    ///
    /// # Errors
    /// As [`ClusterAccess::call`].
    pub(crate) async fn pods_selected(
        &self,
        selector: Option<&str>,
    ) -> Result<(Vec<Pod>, String), CallError<KubeFailure>> {
        self.call(async |api| api.pods(self.namespace(), selector).await).await
    }

    /// The names of the pods behind a service, found in this way, ready or not.
    ///
    /// # Errors
    /// As [`ClusterAccess::call`].
    pub(crate) async fn pods_behind(&self, service: &str, way: Way) -> Result<Vec<String>, CallError<KubeFailure>> {
        let service = ServiceFacts { name: service.to_owned(), ..ServiceFacts::default() };
        let found = self.behind(&service, [way]).await?;
        Ok(found.map(|(_, behind)| behind.names()).unwrap_or_default())
    }

    /// Tells what happens to pods, for ever: first all that are there, then every change. Watches where the role
    /// allows it and asks again and again where it does not, and says so once.
    ///
    /// # Errors
    /// When the role allows neither, or `tell` fails.
    pub async fn follow_pods(&self, which: &Which, tell: &mut impl FnMut(Change) -> Result<()>) -> Result<()> {
        let mut follow =
            Follow { known: BTreeMap::new(), polls: false, pause: Duration::from_millis(250), lost: false };
        loop {
            let version = match self.present(which).await {
                Ok((present, version)) => {
                    if std::mem::take(&mut follow.lost) {
                        self.chain().ui.status("the cluster answers again");
                    }
                    follow.pause = Duration::from_millis(250);
                    follow.settle(present, tell)?;
                    version
                }
                Err(error) => {
                    follow.endure(self, error).await?;
                    continue;
                }
            };
            match (which, version) {
                (Which::Selected(selector), Some(version)) if !follow.polls => {
                    self.watch(selector.as_deref(), version, &mut follow, tell).await?;
                }
                _ => {
                    follow.say_polling(self, "these pods are asked for by name");
                    tokio::time::sleep(POLL).await;
                }
            }
        }
    }

    /// What is there now; with the version to watch from where that can be done.
    async fn present(&self, which: &Which) -> Result<(Vec<Change>, Option<String>), CallError<KubeFailure>> {
        let names = match which {
            Which::Selected(selector) => {
                let (pods, version) = self.pods_selected(selector.as_deref()).await?;
                return Ok((pods.into_iter().map(present).collect(), Some(version)));
            }
            Which::Named(names) | Which::Expected(names) => names.clone(),
            Which::BehindService(service, way) => self.pods_behind(service, *way).await?,
        };
        let mut found = Vec::new();
        for (name, answer) in self.pods_named(&names).await? {
            match answer {
                Ok(pod) => found.push(present(pod)),
                Err(KubeFailure::Status(404, _)) => {}
                Err(KubeFailure::Status(403, _)) if !matches!(which, Which::Named(_)) => {
                    found.push(Change::Hidden(name));
                }
                Err(failure) => return Err(CallError::Answer(failure)),
            }
        }
        Ok((found, None))
    }

    /// Watches until the watch ends, which it does every minute or two, or until it cannot go on from where it was.
    async fn watch(
        &self,
        selector: Option<&str>,
        mut version: String,
        follow: &mut Follow,
        tell: &mut impl FnMut(Change) -> Result<()>,
    ) -> Result<()> {
        loop {
            let from = version.clone();
            let watch = self.stream(async |api| api.watch_pods(self.namespace(), selector, &from).await).await;
            let mut events = match watch {
                Ok(events) => pin!(events),
                Err(CallError::Answer(KubeFailure::Status(403, _))) => {
                    follow.say_polling(self, "the role has no watch on pods");
                    tokio::time::sleep(POLL).await;
                    return Ok(());
                }
                // 410: the version is too old; everything is listed anew.
                Err(CallError::Answer(KubeFailure::Status(410, _))) => return Ok(()),
                Err(error) => return follow.endure(self, error).await,
            };
            while let Some(event) = events.next().await {
                let change = match event {
                    Ok(PodEvent::Version(at)) => {
                        version = at;
                        continue;
                    }
                    Ok(PodEvent::Applied(pod)) => Change::Present(pod),
                    Ok(PodEvent::Deleted(pod)) => {
                        pod.metadata.resource_version.clone_into(&mut version);
                        Change::Gone(pod.metadata.name)
                    }
                    Err(_) => return Ok(()),
                };
                if let Change::Present(pod) = &change {
                    pod.metadata.resource_version.clone_into(&mut version);
                }
                follow.tell(change, tell)?;
            }
        }
    }
}

/// What is known while pods are followed.
struct Follow {
    known: BTreeMap<String, String>,
    polls: bool,
    pause: Duration,
    lost: bool,
}

impl Follow {
    fn tell(&mut self, change: Change, tell: &mut impl FnMut(Change) -> Result<()>) -> Result<()> {
        match &change {
            Change::Present(pod) => {
                self.known.insert(pod.metadata.name.clone(), pod.metadata.uid.clone());
            }
            Change::Hidden(name) => {
                self.known.insert(name.clone(), String::new());
            }
            Change::Gone(name) => {
                self.known.remove(name);
            }
        }
        tell(change)
    }

    /// Everything that is there, and what was there and is not any more.
    fn settle(&mut self, present: Vec<Change>, tell: &mut impl FnMut(Change) -> Result<()>) -> Result<()> {
        let names: Vec<&str> = present.iter().map(Change::name).collect();
        let gone: Vec<String> = self.known.keys().filter(|name| !names.contains(&name.as_str())).cloned().collect();
        for name in gone {
            self.tell(Change::Gone(name), tell)?;
        }
        present.into_iter().try_for_each(|change| self.tell(change, tell))
    }

    fn say_polling(&mut self, cluster: &ClusterAccess<'_>, why: &str) {
        if !std::mem::replace(&mut self.polls, true) {
            cluster.chain().ui.status(&format!("{why}: asking every {} s instead of watching", POLL.as_secs()));
        }
    }

    /// Waits out a cluster that does not answer; anything else ends it.
    async fn endure(&mut self, cluster: &ClusterAccess<'_>, error: CallError<KubeFailure>) -> Result<()> {
        let failure = match error {
            CallError::Answer(failure) => failure,
            CallError::Chain(error) => return Err(error),
        };
        let (KubeFailure::Unreachable(words) | KubeFailure::Status(429 | 500.., words)) = &failure else {
            return Err(cannot_list(cluster, failure));
        };
        if !std::mem::replace(&mut self.lost, true) {
            cluster.chain().ui.warning(&format!("the cluster does not answer ({words}); trying on"));
        }
        tokio::time::sleep(self.pause).await;
        self.pause = (self.pause * 2).min(LONGEST_PAUSE);
        Ok(())
    }
}

impl Change {
    /// The pod's name.
    pub fn name(&self) -> &str {
        match self {
            Change::Present(pod) => &pod.metadata.name,
            Change::Hidden(name) | Change::Gone(name) => name,
        }
    }
}

fn present(pod: Pod) -> Change {
    Change::Present(Box::new(pod))
}

/// Pods cannot be listed: said with the rule that would allow it.
pub fn cannot_list(cluster: &ClusterAccess<'_>, failure: KubeFailure) -> Error {
    match failure {
        KubeFailure::Status(403, words) => {
            let namespace = cluster.namespace();
            denied(format!("pods in {namespace} cannot be listed"), &words, &Rule::new("", "pods", &["list"]))
        }
        KubeFailure::Status(400, words) => Error::usage("the cluster does not take this selector").because(words),
        other => other.into_error(&cluster.cluster().name),
    }
}

/// A 403 with the rule of a Role that would allow what was refused.
pub fn denied(what: String, words: &str, rule: &Rule) -> Error {
    Error::new(Kind::Denied, what).because(words).because(format!("this rule of a Role would allow it:  {rule}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_listed_any_more_is_gone() {
        let mut follow = Follow { known: BTreeMap::new(), polls: false, pause: POLL, lost: false };
        let mut told = Vec::new();
        let mut tell = |change: Change| {
            told.push(match &change {
                Change::Gone(name) => format!("-{name}"),
                other => format!("+{}", other.name()),
            });
            Ok(())
        };
        follow.settle(vec![Change::Hidden("a".into()), Change::Hidden("b".into())], &mut tell).expect("told");
        follow.settle(vec![Change::Hidden("b".into()), Change::Hidden("c".into())], &mut tell).expect("told");
        assert_eq!(told, ["+a", "+b", "-a", "+b", "+c"]);
    }
}
