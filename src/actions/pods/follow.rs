//! What happens to pods: watched where the role allows it, else asked for again and again.

use std::collections::BTreeSet;
use std::pin::pin;
use std::time::Duration;

use futures_util::stream::StreamExt;

use crate::actions::pods::find::{Finding, Route};
use crate::actions::pods::{Pods, cannot_list};
use crate::chain::call_error::CallError;
use crate::error::Result;
use crate::model::kube::definition::Definition;
use crate::model::kube::pod::Pod;
use crate::model::kube::workload::{Kind, Workload};
use crate::model::kube::workload_pod::names;
use crate::net::kube::KubeFailure;
use crate::net::kube::objects::PodEvent;

/// How often pods are asked for where they cannot be watched.
const POLL: Duration = Duration::from_secs(2);
/// The pauses between attempts to reach a cluster that does not answer, from the first to the longest.
const FIRST_PAUSE: Duration = Duration::from_millis(250);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);
/// Which pods.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum PodSelection {
    /// All, or those that a label selector matches: needs `list`, and for news at once `watch`.
    Selected(Option<String>),
    /// These: needs `get`.
    Named(Vec<String>),
    /// These, which are taken to be there even where they may not be seen.
    Expected(Vec<String>),
    /// Those behind a service, found in this way.
    BehindService(String, Route),
}

/// What became of a pod.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Change {
    /// It is there, and looks like this.
    Present(Box<Pod>),
    /// It is there; the role may not see more than its name.
    Hidden(String),
    Gone(String),
}

impl Pods<'_> {
    /// Tells what happens to pods, for ever: first all that are there, then every change. Watches where the role
    /// allows it and asks again and again where it does not, and says so once.
    ///
    /// # Errors
    /// When the role allows neither, or `tell` fails.
    pub(crate) async fn follow(
        &self,
        selection: &PodSelection,
        tell: &mut impl FnMut(Change) -> Result<()>,
    ) -> Result<()> {
        let mut follow = Follow { known: BTreeSet::new(), polls: false, pause: FIRST_PAUSE, is_lost: false };
        loop {
            let version = match self.changes_now(selection).await {
                Ok((present, version)) => {
                    if std::mem::take(&mut follow.is_lost) {
                        self.cluster.chain().ui.status("the cluster is responding again");
                    }
                    follow.pause = FIRST_PAUSE;
                    follow.settle(present, tell)?;
                    version
                }
                Err(error) => {
                    follow.wait_out(self, error).await?;
                    continue;
                }
            };
            match (selection, version) {
                (PodSelection::Selected(selector), Some(version)) if !follow.polls => {
                    self.watch(selector.as_deref(), version, &mut follow, tell).await?;
                }
                _ => {
                    let by_name = matches!(selection, PodSelection::Named(_));
                    follow
                        .say_polling(self, if by_name { "pods by name are not watched" } else { "no list permission" });
                    tokio::time::sleep(POLL).await;
                }
            }
        }
    }

    /// The names of the pods behind a service, found in this way, ready or not.
    pub(crate) async fn behind_service(
        &self,
        service: &str,
        way: Route,
    ) -> Result<Vec<String>, CallError<KubeFailure>> {
        let service = Definition::unreadable(Workload { kind: Kind::Service, name: service.to_owned() });
        match self.find(&service, [way]).await? {
            Finding::Pods { pods, .. } => Ok(names(&pods)),
            Finding::Refused(_) => Ok(Vec::new()),
        }
    }

    /// What is there now; with the version to watch from where that can be done.
    async fn changes_now(
        &self,
        selection: &PodSelection,
    ) -> Result<(Vec<Change>, Option<String>), CallError<KubeFailure>> {
        let names = match selection {
            PodSelection::Selected(selector) => {
                let (pods, version) = self.list(selector.as_deref()).await?;
                return Ok((pods.into_iter().map(present).collect(), Some(version)));
            }
            PodSelection::Named(names) | PodSelection::Expected(names) => names.clone(),
            PodSelection::BehindService(service, way) => self.behind_service(service, *way).await?,
        };
        let mut found = Vec::new();
        for (name, answer) in self.get_each(&names).await? {
            match answer {
                Ok(pod) => found.push(present(pod)),
                Err(KubeFailure::Status(404, _)) => {}
                Err(KubeFailure::Status(403, _)) if !matches!(selection, PodSelection::Named(_)) => {
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
            let watch =
                self.cluster.stream(async |api| api.watch_pods(self.cluster.namespace(), selector, &from).await).await;
            let mut events = match watch {
                Ok(events) => pin!(events),
                Err(CallError::Answer(KubeFailure::Status(403, _))) => {
                    follow.say_polling(self, "no watch permission");
                    tokio::time::sleep(POLL).await;
                    return Ok(());
                }
                // 410: the version is too old; everything is listed anew.
                Err(CallError::Answer(KubeFailure::Status(410, _))) => return Ok(()),
                Err(error) => return follow.wait_out(self, error).await,
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
    known: BTreeSet<String>,
    polls: bool,
    pause: Duration,
    is_lost: bool,
}

impl Follow {
    fn tell(&mut self, change: Change, tell: &mut impl FnMut(Change) -> Result<()>) -> Result<()> {
        match &change {
            Change::Present(_) | Change::Hidden(_) => self.known.insert(change.name().to_owned()),
            Change::Gone(name) => self.known.remove(name),
        };
        tell(change)
    }

    /// Everything that is there, and what was there and is not any more.
    fn settle(&mut self, present: Vec<Change>, tell: &mut impl FnMut(Change) -> Result<()>) -> Result<()> {
        let names: Vec<&str> = present.iter().map(Change::name).collect();
        let gone: Vec<String> = self.known.iter().filter(|name| !names.contains(&name.as_str())).cloned().collect();
        for name in gone {
            self.tell(Change::Gone(name), tell)?;
        }
        present.into_iter().try_for_each(|change| self.tell(change, tell))
    }

    fn say_polling(&mut self, pods: &Pods<'_>, why: &str) {
        if !std::mem::replace(&mut self.polls, true) {
            pods.cluster.chain().ui.status(&format!("polling every {}s ({why})", POLL.as_secs()));
        }
    }

    /// Waits out a cluster that does not answer; anything else ends it.
    async fn wait_out(&mut self, pods: &Pods<'_>, error: CallError<KubeFailure>) -> Result<()> {
        let failure = match error {
            CallError::Answer(failure) => failure,
            CallError::Chain(error) => return Err(error),
        };
        let (KubeFailure::Unreachable(words) | KubeFailure::Status(429 | 500.., words)) = &failure else {
            return Err(cannot_list(pods.cluster, failure));
        };
        if !std::mem::replace(&mut self.is_lost, true) {
            pods.cluster.chain().ui.warning(&format!("the cluster is not responding ({words}); retrying"));
        }
        tokio::time::sleep(self.pause).await;
        self.pause = (self.pause * 2).min(LONGEST_PAUSE);
        Ok(())
    }
}

impl Change {
    pub(crate) fn name(&self) -> &str {
        match self {
            Change::Present(pod) => &pod.metadata.name,
            Change::Hidden(name) | Change::Gone(name) => name,
        }
    }
}

fn present(pod: Pod) -> Change {
    Change::Present(Box::new(pod))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_listed_any_more_is_gone() {
        let mut follow = Follow { known: BTreeSet::new(), polls: false, pause: POLL, is_lost: false };
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
