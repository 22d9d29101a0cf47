//! From what a person names to pods: by the rights that the role has, from the best way to the least.

use crate::actions::pods::behind_service::{self, Way};
use crate::actions::pods::{Change, Which, cannot_list, denied};
use crate::chain::call_error::CallError;
use crate::chain::cluster::api::ClusterAccess;
use crate::error::{Error, Kind, Result};
use crate::model::kube::pods::ServiceFacts;
use crate::model::kube::role_rule::Rule;
use crate::model::kube::selector;
use crate::model::logs::target::{LogTarget, Workload};
use crate::net::kube::KubeFailure;

const LOGS_ARE: &str = "logs are of pods only";

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
            LogTarget::Of(Workload::Service, name) => self.pods_of_service(name).await,
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
                .await
                .map(|(pods, _)| pods.into_iter().map(|pod| Change::Present(Box::new(pod))).collect()),
            Which::Named(names) | Which::Expected(names) => return self.named_now(names).await,
            Which::BehindService(service, way) => match self.pods_behind(service, *way).await {
                Ok(names) => return self.named_now(&names).await,
                Err(error) => Err(error),
            },
        };
        listed.map_err(|error| error.explained(|failure| cannot_list(self, failure)))
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
        let object = self.call(async |client| client.object(api, self.namespace(), plural, name).await).await;
        let object = match object {
            Ok(object) => object,
            Err(CallError::Answer(KubeFailure::Status(404, _))) => return Err(self.no_object(workload.short(), name)),
            Err(CallError::Answer(KubeFailure::Status(403, words))) => {
                let rule = Rule::new(workload.group(), plural, &["get"]);
                return Err(by_name(denied(format!("{}/{name} cannot be seen", workload.short()), &words, &rule)));
            }
            Err(error) => return Err(error.into_error(&self.cluster().name)),
        };
        let refused = match selector::of_object(&object) {
            Some(selector) => match self.list_allowed(selector).await {
                Ok(which) => return Ok(Source { which, changes: workload != Workload::Job }),
                Err(CallError::Answer(words)) => words,
                Err(CallError::Chain(error)) => return Err(error),
            },
            None => format!("{}/{name} names no pods by a selector", workload.short()),
        };
        let replicas = object["spec"]["replicas"].as_u64().filter(|_| workload == Workload::StatefulSet);
        if let Some(replicas) = replicas {
            self.chain().ui.detail("no list on pods: the pods of a StatefulSet are named by their number");
            let names = (0..replicas).map(|number| format!("{name}-{number}")).collect();
            return Ok(Source { which: Which::Expected(names), changes: true });
        }
        let what = format!("the pods of {}/{name} cannot be found", workload.short());
        Err(by_name(denied(what, &refused, &Rule::new("", "pods", &["list"]))))
    }

    async fn pods_of_service(&self, name: &str) -> Result<Source> {
        let service = match self.call(async |client| client.service(self.namespace(), name).await).await {
            Ok(service) => service,
            Err(CallError::Answer(KubeFailure::Status(404, _))) => return Err(self.no_object("svc", name)),
            // Its endpoints may be seen all the same.
            Err(CallError::Answer(KubeFailure::Status(403, _))) => {
                ServiceFacts { name: name.to_owned(), ..ServiceFacts::default() }
            }
            Err(error) => return Err(error.into_error(&self.cluster().name)),
        };
        if let Some(elsewhere) = behind_service::leads_out(&service, LOGS_ARE) {
            return Err(elsewhere);
        }
        let selects = !service.selector.is_empty();
        let mut refused = format!("svc/{name} names no pods by a selector");
        if selects {
            match self.list_allowed(service.labels()).await {
                Ok(which) => return Ok(Source { which, changes: true }),
                Err(CallError::Answer(words)) => refused = words,
                Err(CallError::Chain(error)) => return Err(error),
            }
        }
        let found = self.behind(&service, [Way::EndpointSlices, Way::Endpoints, Way::FirstPodOfASet]).await;
        let ui = self.chain().ui;
        match found.map_err(|error| error.into_error(&self.cluster().name))? {
            Some((Way::FirstPodOfASet, first)) => {
                let names = first.names();
                ui.status(&format!(
                    "which pods svc/{name} has cannot be asked (no list on pods): taking {}",
                    names.join(" ")
                ));
                Ok(Source { which: Which::Named(names), changes: true })
            }
            Some((_, none)) if !selects && none.names().is_empty() => {
                Err(behind_service::only_addresses(&service, LOGS_ARE))
            }
            Some((way, _)) => {
                ui.detail("the endpoints of the service name its pods");
                Ok(Source { which: Which::BehindService(name.to_owned(), way), changes: true })
            }
            None => {
                let what = format!("the pods of svc/{name} cannot be found");
                Err(by_name(denied(what, &refused, &Rule::new("", "endpoints", &["get"]))))
            }
        }
    }

    /// Pods by a selector, if the role may list pods; else the cluster's words.
    async fn list_allowed(&self, selector: String) -> Result<Which, CallError<String>> {
        match self.pods_selected(Some(&selector)).await {
            Ok(_) => Ok(Which::Selected(Some(selector))),
            Err(CallError::Answer(KubeFailure::Status(403, words))) => Err(CallError::Answer(words)),
            Err(error) => Err(CallError::Chain(error.explained(|failure| cannot_list(self, failure)))),
        }
    }

    fn no_object(&self, kind: &str, name: &str) -> Error {
        Error::new(Kind::NotFound, format!("there is no {kind} {name} in {}", self.namespace()))
            .try_next("nsaccess pods")
    }
}

fn by_name(error: Error) -> Error {
    error.try_next("nsaccess logs POD   # by the pod's name, get on pods/log is enough")
}
