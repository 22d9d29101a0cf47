//! From what a person names to pods: by the rights that the role has, from the best way to the least.

use serde_json::Value;

use crate::access::api::ClusterAccess;
use crate::access::pods::{Change, Which, cannot_list, denied};
use crate::error::{Error, Kind, Result};
use crate::model::log_target::{LogTarget, Workload};
use crate::model::role_rule::Rule;
use crate::model::selector;
use crate::net::kube::KubeFailure;

/// Where the pods of a target come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// How they are found.
    pub which: Which,
    /// Whether it may have other pods later on.
    pub changes: bool,
}

impl ClusterAccess<'_> {
    /// How the pods of a target are found.
    ///
    /// # Errors
    /// [`Kind::NotFound`]; [`Kind::Denied`] when the role allows no way, with the rule that would.
    pub async fn log_source(&self, target: &LogTarget) -> Result<Source> {
        match target {
            LogTarget::Pod(name) => Ok(Source { which: Which::Named(vec![name.clone()]), changes: false }),
            LogTarget::Of(workload, name) => self.pods_of(*workload, name).await,
        }
    }

    /// The pods that are there now.
    ///
    /// # Errors
    /// When they cannot be asked for.
    pub async fn pods_now(&self, source: &Source) -> Result<Vec<Change>> {
        let listed = match &source.which {
            Which::Selected(selector) => self
                .pods_selected(selector.as_deref())
                .await?
                .map(|(pods, _)| pods.into_iter().map(|pod| Change::Present(Box::new(pod))).collect()),
            Which::Named(names) | Which::Expected(names) => return self.named_now(names).await,
            Which::BehindService(service) => match self.pods_behind(service).await? {
                Ok(names) => return self.named_now(&names).await,
                Err(failure) => Err(failure),
            },
        };
        listed.map_err(|failure| cannot_list(self, failure))
    }

    /// A pod that may not be seen may have a log that may be read.
    async fn named_now(&self, names: &[String]) -> Result<Vec<Change>> {
        let mut found = Vec::new();
        for (name, answer) in self.pods_named(names).await? {
            found.push(match answer {
                Ok(pod) => Change::Present(Box::new(pod)),
                Err(KubeFailure::Status(403, _)) => Change::Hidden(name),
                Err(KubeFailure::Status(404, _)) => return Err(self.no_object("pod", &name)),
                Err(failure) => return Err(failure.into_error(&self.cluster().name)),
            });
        }
        Ok(found)
    }

    async fn pods_of(&self, workload: Workload, name: &str) -> Result<Source> {
        let (api, plural) = workload.api();
        let object = self.call(async |client| client.object(api, self.namespace(), plural, name).await).await?;
        let object = match object {
            Ok(object) => Some(object),
            Err(KubeFailure::Status(404, _)) => return Err(self.no_object(workload.short(), name)),
            Err(KubeFailure::Status(403, words)) if workload != Workload::Service => {
                let rule = Rule::new(workload.group(), plural, &["get"]);
                return Err(denied(format!("{}/{name} cannot be seen", workload.short()), &words, &rule)
                    .try_next("nsaccess logs POD   # by the pod's name, get on pods/log is enough"));
            }
            Err(KubeFailure::Status(403, _)) => None,
            Err(failure) => return Err(failure.into_error(&self.cluster().name)),
        };
        let selector = object.as_ref().and_then(selector::of_object);
        let refused = match selector {
            Some(selector) => {
                let which = Which::Selected(Some(selector.clone()));
                match self.pods_selected(Some(&selector)).await? {
                    Ok(_) => return Ok(Source { which, changes: workload != Workload::Job }),
                    Err(KubeFailure::Status(403, words)) => words,
                    Err(failure) => return Err(cannot_list(self, failure)),
                }
            }
            None => format!("{}/{name} names no pods by a selector", workload.short()),
        };
        self.without_list(workload, name, object.as_ref(), &refused).await
    }

    /// The ways that need no `list`: endpoints of a service, the ordinals of a StatefulSet.
    async fn without_list(
        &self,
        workload: Workload,
        name: &str,
        object: Option<&Value>,
        refused: &str,
    ) -> Result<Source> {
        let ui = self.access().ui;
        let replicas = object.filter(|_| workload == Workload::StatefulSet);
        if let Some(replicas) = replicas.and_then(|object| object["spec"]["replicas"].as_u64()) {
            ui.detail("no list on pods: the pods of a StatefulSet are named by their number");
            let names = (0..replicas).map(|number| format!("{name}-{number}")).collect();
            return Ok(Source { which: Which::Expected(names), changes: true });
        }
        let mut rule = Rule::new("", "pods", &["list"]);
        if workload == Workload::Service {
            if self.pods_behind(name).await?.is_ok() {
                ui.detail("no list on pods: the endpoints of the service name them");
                return Ok(Source { which: Which::BehindService(name.to_owned()), changes: true });
            }
            let first = format!("{name}-0");
            if self.pod(&first).await?.is_ok() {
                ui.status(&format!("which pods svc/{name} has cannot be asked (no list on pods): taking {first}"));
                return Ok(Source { which: Which::Named(vec![first]), changes: true });
            }
            rule = Rule::new("", "endpoints", &["get"]);
        }
        Err(denied(format!("the pods of {}/{name} cannot be found", workload.short()), refused, &rule)
            .try_next("nsaccess logs POD   # by the pod's name, get on pods/log is enough"))
    }

    fn no_object(&self, kind: &str, name: &str) -> Error {
        Error::new(Kind::NotFound, format!("there is no {kind} {name} in {}", self.namespace()))
            .try_next("nsaccess pods")
    }
}
