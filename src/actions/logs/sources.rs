//! From what a person names to pods: by the rights that the role has, from the best way to the least.

use regex::bytes::Regex;

use crate::actions::logs::Logs;
use crate::actions::pods::find::{Finding, Route, leads_out, only_addresses};
use crate::actions::pods::follow::{Change, PodSelection};
use crate::actions::pods::{Pods, cannot_list, denied, not_allowed_to_get};
use crate::chain::call_error::CallError;
use crate::error::{Error, Kind as ErrorKind, Result};
use crate::model::kube::definition::Definition;
use crate::model::kube::role_rule::Rule;
use crate::model::kube::workload::{Kind, Workload};
use crate::model::kube::workload_pod::names;
use crate::model::logs::following::Subject;
use crate::model::logs::target::LogTarget;
use crate::net::kube::KubeFailure;

const LOGS_ARE: &str = "only pods have logs";

/// Where the pods of a target come from.
#[derive(Debug, Clone)]
pub(crate) struct Source {
    /// How they are found.
    pub(crate) selection: PodSelection,
    /// Only those with a match in their names.
    pattern: Option<Regex>,
    /// Whether it may have other pods later on.
    pub(crate) changes: bool,
    pub(crate) subject: Subject,
}

impl Source {
    /// The pods that a label selector matches.
    pub(crate) fn selected(selector: &str) -> Self {
        let selection = PodSelection::Selected(Some(selector.to_owned()));
        Source { selection, pattern: None, changes: true, subject: Subject::Labels(selector.to_owned()) }
    }

    fn of(target: &Workload, selection: PodSelection) -> Self {
        let changes = !matches!(target.kind, Kind::Pod | Kind::Job);
        Source { selection, pattern: None, changes, subject: Subject::Workload(target.clone()) }
    }

    fn matching(pattern: &Regex, selector: Option<&str>) -> Self {
        let (selection, subject) =
            (PodSelection::Selected(selector.map(str::to_owned)), Subject::Pattern(pattern.to_string()));
        Source { selection, pattern: Some(pattern.clone()), changes: true, subject }
    }

    /// Whether a pod of the selection is meant.
    pub(crate) fn takes(&self, pod: &str) -> bool {
        self.pattern.as_ref().is_none_or(|pattern| pattern.is_match(pod.as_bytes()))
    }
}

impl Logs<'_> {
    /// How the pods of a target are found.
    pub(super) async fn source(&self, target: &LogTarget, selector: Option<&str>) -> Result<Source> {
        match target {
            LogTarget::Matching(pattern) => Ok(Source::matching(pattern, selector)),
            LogTarget::Workload(target) => match target.kind {
                Kind::Pod => Ok(Source::of(target, PodSelection::Named(vec![target.name.clone()]))),
                Kind::Service => self.source_of_service(target).await,
                _ => self.source_of_template(target).await,
            },
        }
    }

    /// The pods that are there now.
    pub(super) async fn pods_now(&self, source: &Source) -> Result<Vec<Change>> {
        let pods = Pods::of(self.cluster);
        let cannot = |error: CallError<KubeFailure>| error.explained(|failure| cannot_list(self.cluster, failure));
        match &source.selection {
            PodSelection::Selected(selector) => {
                let (listed, _) = pods.list(selector.as_deref()).await.map_err(|error| only_by_name(cannot(error)))?;
                let wanted = listed.into_iter().filter(|pod| source.takes(&pod.metadata.name));
                Ok(wanted.map(|pod| Change::Present(Box::new(pod))).collect())
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
                Err(KubeFailure::Status(404, _)) => return Err(self.no_object(&Workload::pod(name)).await),
                Err(failure) => return Err(failure.into_error(&self.cluster.cluster().name)),
            });
        }
        Ok(found)
    }

    async fn source_of_template(&self, target: &Workload) -> Result<Source> {
        let definition = match Pods::of(self.cluster).define(target).await {
            Ok(definition) => definition,
            Err(CallError::Answer(KubeFailure::Status(404, _))) => return Err(self.no_object(target).await),
            Err(CallError::Answer(KubeFailure::Status(403, words))) => {
                return Err(only_by_name(not_allowed_to_get(self.cluster, target, &words)));
            }
            Err(error) => return Err(error.into_error(&self.cluster.cluster().name)),
        };
        let refused = match self.find(&definition, [Route::List]).await? {
            Finding::Pods { .. } => {
                return Ok(Source::of(target, PodSelection::Selected(definition.selector())));
            }
            Finding::Refused(refused) => refusal_words(target, &refused),
        };
        if let Some(names) = definition.numbered_names() {
            self.cluster
                .chain()
                .ui
                .detail("no list permission on pods; pods of a StatefulSet are found by their numbers");
            return Ok(Source::of(target, PodSelection::Expected(names)));
        }
        let what = format!("not allowed to list the pods of {}", target.quoted());
        Err(only_by_name(denied(self.cluster, what, &refused, &Kind::Pod.rule(&["list"]))))
    }

    async fn source_of_service(&self, target: &Workload) -> Result<Source> {
        let name = &target.name;
        let definition = match Pods::of(self.cluster).define(target).await {
            Ok(definition) => definition,
            Err(CallError::Answer(KubeFailure::Status(404, _))) => return Err(self.no_object(target).await),
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
                Ok(Source::of(target, PodSelection::Selected(definition.selector())))
            }
            Finding::Pods { way: Route::Numbered, pods } => {
                let names = names(&pods);
                ui.status(&format!("not allowed to find the pods of {}; trying {}", target.quoted(), names.join(", ")));
                Ok(Source::of(target, PodSelection::Named(names)))
            }
            Finding::Pods { pods, .. } if definition.selector().is_none() && pods.is_empty() => {
                Err(only_addresses(name, LOGS_ARE))
            }
            Finding::Pods { way, .. } => {
                ui.detail("no list permission on pods; pods of the service are found by its endpoints");
                Ok(Source::of(target, PodSelection::BehindService(name.clone(), way)))
            }
            Finding::Refused(refused) => {
                let what = format!("not allowed to find the pods of {}", target.quoted());
                let words = refusal_words(target, &refused);
                Err(only_by_name(denied(self.cluster, what, &words, &Rule::new("", "endpoints", &["get"]))))
            }
        }
    }

    async fn find(&self, definition: &Definition, ways: impl IntoIterator<Item = Route>) -> Result<Finding> {
        let found = Pods::of(self.cluster).find(definition, ways).await;
        found.map_err(|error| error.explained(|failure| cannot_list(self.cluster, failure)))
    }

    async fn no_object(&self, workload: &Workload) -> Error {
        Pods::of(self.cluster).not_found(workload, &|target| format!("nsaccess logs {target}")).await
    }
}

/// Why pods cannot be listed by the selector of a workload.
fn refusal_words(target: &Workload, refused: &[(Route, KubeFailure)]) -> String {
    let listing = refused.iter().find(|(way, _)| *way == Route::List);
    match listing {
        Some((_, KubeFailure::Status(_, words))) => words.clone(),
        _ => format!("{} has no label selector", target.quoted()),
    }
}

/// With what works without finding pods.
fn only_by_name(error: Error) -> Error {
    if error.kind == ErrorKind::Denied {
        error.try_next("nsaccess logs POD   # by name needs only get on pods/log")
    } else {
        error
    }
}
