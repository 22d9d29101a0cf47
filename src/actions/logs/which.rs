//! Which containers of a pod are meant.

use std::collections::BTreeSet;

use crate::actions::logs::{ContainerLog, Logs};
use crate::actions::pods::follow::Change;
use crate::chain::call_error::CallError;
use crate::error::{Error, Kind, Result};
use crate::model::kube::pod::Pod;
use crate::model::logs::containers::{Choices, Containers};
use crate::model::logs::following::{Subject, arguments, whose};
use crate::model::logs::target::LogRequest;
use crate::net::kube::KubeFailure;

/// The containers of a pod; `None` where it may not be seen.
pub(super) fn names(change: &Change) -> Option<Vec<String>> {
    match change {
        Change::Present(pod) => Some(Containers::All.of(pod)),
        Change::Gone(_) => Some(Vec::new()),
        Change::Hidden(_) => None,
    }
}

impl Logs<'_> {
    /// The logs of a pod that are wanted.
    pub(super) async fn logs_of(&self, change: Change, is_named: bool) -> Result<Vec<ContainerLog>> {
        let (pod, names, object) = match change {
            Change::Gone(_) => return Ok(Vec::new()),
            Change::Present(pod) => {
                let names = self.options.containers.of(&pod);
                if is_named {
                    self.check_names(&pod)?;
                }
                self.options.containers.notices(&pod).into_iter().for_each(|notice| self.notice(notice));
                (pod.metadata.name.clone(), names, Some(pod))
            }
            Change::Hidden(name) => {
                let names = self.hidden_containers(&name).await?;
                (name, names, None)
            }
        };
        if names.is_empty() && object.is_none() {
            return Ok(vec![ContainerLog { pod, container: None, object, is_named }]);
        }
        let log = |name| ContainerLog { pod: pod.clone(), container: Some(name), object: object.clone(), is_named };
        Ok(names.into_iter().map(log).collect())
    }

    fn check_names(&self, pod: &Pod) -> Result<()> {
        let Containers::Named(asked) = &self.options.containers else { return Ok(()) };
        let (known, name) = (Containers::All.of(pod), &pod.metadata.name);
        let Some(unknown) = asked.iter().find(|asked| !known.contains(asked)) else { return Ok(()) };
        let first = Containers::Default.of(pod).into_iter().next().map(|first| format!("{name} -c {first}"));
        Err(no_container(unknown, &format!("pod {name:?}"), &known, first))
    }

    /// A container that none of the pods has is a mistake; that some lack it is not.
    pub(super) fn check_names_in_any(&self, subjects: &[Subject], found: &[Option<Vec<String>>]) -> Result<()> {
        let Containers::Named(asked) = &self.options.containers else { return Ok(()) };
        if found.contains(&None) {
            return Ok(());
        }
        let known: BTreeSet<&String> = found.iter().flatten().flatten().collect();
        // Without pods nothing is known.
        let Some(unknown) = asked.iter().find(|asked| !known.is_empty() && !known.contains(asked)) else {
            return Ok(());
        };
        let known: Vec<String> = known.into_iter().cloned().collect();
        let first = known.first().map(|first| format!("{} -c {first}", arguments(subjects)));
        Err(no_container(unknown, &format!("pods {}", whose(subjects)), &known, first))
    }

    /// The containers of a pod that the role may not see: as named, or as the server names them when it is asked for
    /// a log without saying of which.
    async fn hidden_containers(&self, pod: &str) -> Result<Vec<String>> {
        if let Containers::Named(names) = &self.options.containers {
            return Ok(names.clone());
        }
        let request = LogRequest { pod: pod.to_owned(), tail_lines: Some(0), ..LogRequest::default() };
        let probe =
            self.cluster.call(async |api| api.open_log(self.cluster.namespace(), &request).await.map(drop)).await;
        let choices = match probe {
            Err(CallError::Answer(KubeFailure::Status(400, words))) => Choices::parse(&words),
            Err(CallError::Chain(error)) => return Err(error),
            Ok(()) | Err(CallError::Answer(_)) => return Ok(Vec::new()),
        };
        choices.notice(&self.options.containers).into_iter().for_each(|notice| self.notice(notice));
        Ok(choices.of(&self.options.containers))
    }

    fn notice(&self, notice: String) {
        if self.noticed.borrow_mut().insert(notice.clone()) {
            self.cluster.chain().ui.status(&notice);
        }
    }
}

/// A container that is in none of the pods where it was looked for. `instead`: what `nsaccess logs` shows.
fn no_container(unknown: &str, pods: &str, known: &[String], instead: Option<String>) -> Error {
    let error = Error::new(Kind::NotFound, format!("container {unknown:?} not found in {pods}"))
        .because(format!("available: {}", known.join(", ")));
    instead.into_iter().fold(error, |error, target| error.try_next(format!("nsaccess logs {target}")))
}
