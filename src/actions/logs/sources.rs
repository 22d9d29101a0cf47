//! From what a person names to pods: by the rights that the role has, from the best way to the least.

use crate::actions::logs::Logs;
use crate::actions::pods::find::{Finding, Route, leads_out, only_addresses};
use crate::actions::pods::follow::{Change, PodSelection};
use crate::actions::pods::{Pods, cannot_list, denied};
use crate::chain::call_error::CallError;
use crate::error::{Error, Kind as ErrorKind, Result};
use crate::model::kube::definition::Definition;
use crate::model::kube::role_rule::Rule;
use crate::model::kube::workload::{Kind, Workload};
use crate::model::kube::workload_pod::names;
use crate::net::kube::KubeFailure;

const LOGS_ARE: &str = "logs are of pods only";

/// Where the pods of a target come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Source {
    /// How they are found.
    pub(crate) selection: PodSelection,
    /// Whether it may have other pods later on.
    pub(crate) changes: bool,
}

impl Logs<'_> {
    /// How the pods of a target are found.
    pub(super) async fn source(&self, target: &Workload) -> Result<Source> {
        match target.kind {
            Kind::Pod => Ok(Source { selection: PodSelection::Named(vec![target.name.clone()]), changes: false }),
            Kind::Service => self.source_of_service(target).await,
            _ => self.source_of_template(target).await,
        }
    }

    /// The pods that are there now.
    pub(super) async fn pods_now(&self, source: &Source) -> Result<Vec<Change>> {
        let pods = Pods::of(self.cluster);
        let cannot = |error: CallError<KubeFailure>| error.explained(|failure| cannot_list(self.cluster, failure));
        match &source.selection {
            PodSelection::Selected(selector) => {
                let (listed, _) = pods.list(selector.as_deref()).await.map_err(cannot)?;
                Ok(listed.into_iter().map(|pod| Change::Present(Box::new(pod))).collect())
            }
            PodSelection::Named(names) | PodSelection::Expected(names) => self.named_now(names).await,
            PodSelection::BehindService(service, way) => {
                self.named_now(&pods.behind_service(service, *way).await.map_err(cannot)?).await
            }
        }
    }

    /// A pod that may not be seen may have a log that may be read.
    async fn named_now(&self, names: &[String]) -> Result<Vec<Change>> {
        let mut found = Vec::new();
        for (name, answer) in Pods::of(self.cluster).get_each(names).await? {
            found.push(match answer {
                Ok(pod) => Change::Present(Box::new(pod)),
                Err(KubeFailure::Status(403, _)) => Change::Hidden(name),
                Err(KubeFailure::Status(404, _)) => return Err(self.no_object("pod", &name)),
                Err(failure) => return Err(failure.into_error(&self.cluster.cluster().name)),
            });
        }
        Ok(found)
    }

    async fn source_of_template(&self, target: &Workload) -> Result<Source> {
        let definition = match Pods::of(self.cluster).define(target).await {
            Ok(definition) => definition,
            Err(CallError::Answer(KubeFailure::Status(404, _))) => {
                return Err(self.no_object(target.kind.short(), &target.name));
            }
            Err(CallError::Answer(KubeFailure::Status(403, words))) => {
                return Err(by_name(denied(
                    self.cluster,
                    format!("{target} cannot be seen"),
                    &words,
                    &target.kind.rule(&["get"]),
                )));
            }
            Err(error) => return Err(error.into_error(&self.cluster.cluster().name)),
        };
        let refused = match self.find(&definition, [Route::List]).await? {
            Finding::Pods { .. } => {
                let selection = PodSelection::Selected(definition.selector());
                return Ok(Source { selection, changes: target.kind != Kind::Job });
            }
            Finding::Refused(refused) => refusal_words(target, &refused),
        };
        if let Some(names) = definition.numbered_names() {
            self.cluster.chain().ui.detail("no list on pods: the pods of a StatefulSet are named by their number");
            return Ok(Source { selection: PodSelection::Expected(names), changes: true });
        }
        let what = format!("the pods of {target} cannot be found");
        Err(by_name(denied(self.cluster, what, &refused, &Kind::Pod.rule(&["list"]))))
    }

    async fn source_of_service(&self, target: &Workload) -> Result<Source> {
        let name = &target.name;
        let definition = match Pods::of(self.cluster).define(target).await {
            Ok(definition) => definition,
            Err(CallError::Answer(KubeFailure::Status(404, _))) => return Err(self.no_object("svc", name)),
            // Its endpoints may be seen all the same.
            Err(CallError::Answer(KubeFailure::Status(403, _))) => Definition::unreadable(target.clone()),
            Err(error) => return Err(error.into_error(&self.cluster.cluster().name)),
        };
        if let Some(elsewhere) = leads_out(&definition.service(), LOGS_ARE) {
            return Err(elsewhere);
        }
        let ui = self.cluster.chain().ui;
        let ways = [Route::List, Route::EndpointSlices, Route::Endpoints, Route::Numbered];
        match self.find(&definition, ways).await? {
            Finding::Pods { way: Route::List, .. } => {
                Ok(Source { selection: PodSelection::Selected(definition.selector()), changes: true })
            }
            Finding::Pods { way: Route::Numbered, pods } => {
                let names = names(&pods);
                ui.status(&format!(
                    "which pods svc/{name} has cannot be asked (no list on pods): taking {}",
                    names.join(" ")
                ));
                Ok(Source { selection: PodSelection::Named(names), changes: true })
            }
            Finding::Pods { pods, .. } if definition.selector().is_none() && pods.is_empty() => {
                Err(only_addresses(name, LOGS_ARE))
            }
            Finding::Pods { way, .. } => {
                ui.detail("the endpoints of the service name its pods");
                Ok(Source { selection: PodSelection::BehindService(name.clone(), way), changes: true })
            }
            Finding::Refused(refused) => {
                let what = format!("the pods of svc/{name} cannot be found");
                let words = refusal_words(target, &refused);
                Err(by_name(denied(self.cluster, what, &words, &Rule::new("", "endpoints", &["get"]))))
            }
        }
    }

    async fn find(&self, definition: &Definition, ways: impl IntoIterator<Item = Route>) -> Result<Finding> {
        let found = Pods::of(self.cluster).find(definition, ways).await;
        found.map_err(|error| error.explained(|failure| cannot_list(self.cluster, failure)))
    }

    fn no_object(&self, kind: &str, name: &str) -> Error {
        Error::new(ErrorKind::NotFound, format!("there is no {kind} {name} in {}", self.cluster.namespace()))
            .try_next("nsaccess pods")
    }
}

/// Why pods cannot be listed by the selector of a workload.
fn refusal_words(target: &Workload, refused: &[(Route, KubeFailure)]) -> String {
    let listing = refused.iter().find(|(way, _)| *way == Route::List);
    match listing {
        Some((_, KubeFailure::Status(_, words))) => words.clone(),
        _ => format!("{target} names no pods by a selector"),
    }
}

fn by_name(error: Error) -> Error {
    error.try_next("nsaccess logs POD   # by the pod's name, get on pods/log is enough")
}
