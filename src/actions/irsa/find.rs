//! From what a person names to a role, with whatever the role in the cluster allows: the workload's template and the
//! service account's annotation, else the spec of one of its pods, for which `get pods` is enough.

use serde_json::Value;

use super::Found;
use super::choose::{no_get, parsed, pod_identity};
use crate::chain::call_error::CallError;
use crate::chain::cluster::api::ClusterAccess;
use crate::error::{Error, Kind, Result};
use crate::model::irsa::{
    AUDIENCE, AUDIENCE_ANNOTATION, Choice, Controller, IrsaRequest, IrsaTarget, ROLE_ANNOTATION, SpecRoles, newest,
};
use crate::model::kube::selector;
use crate::net::aws::eks::Eks;
use crate::net::kube::KubeFailure;

/// What a look for an object comes to.
enum Lookup {
    Object(Value),
    /// The role may not see it, in the cluster's words.
    Forbidden(String),
}

/// What a service account says.
#[derive(Debug, Default)]
struct Account {
    role: Option<String>,
    audience: Option<String>,
}

impl ClusterAccess<'_> {
    /// The role of a target, and whose it is.
    pub(crate) async fn role_of(&self, target: &IrsaTarget, request: &IrsaRequest) -> Result<Found> {
        match target {
            IrsaTarget::Pod(name) => {
                let pod = self.whole_pod(target, name).await?;
                self.role_of_pod(&pod, target, request).await
            }
            IrsaTarget::Of(controller, name) => self.role_of_workload(*controller, name, target, request).await,
            IrsaTarget::ServiceAccount(name) => self.role_of_account(name, target, request).await,
        }
    }

    /// The service account of a target alone.
    pub(crate) async fn service_account_of(&self, target: &IrsaTarget, request: &IrsaRequest) -> Result<String> {
        let (controller, name) = match target {
            IrsaTarget::ServiceAccount(name) => return Ok(name.clone()),
            IrsaTarget::Pod(name) => {
                return Ok(SpecRoles::read(&self.whole_pod(target, name).await?).service_account);
            }
            IrsaTarget::Of(controller, name) => (*controller, name),
        };
        let (api, plural) = controller.api();
        let template = match self.irsa_object(target, api, plural, name).await? {
            Lookup::Object(object) => controller.template(&object).clone(),
            Lookup::Forbidden(words) => self.pod_of(controller, name, None, (target, request), &words).await?,
        };
        Ok(SpecRoles::read(&template).service_account)
    }

    /// A pod as it runs. Its spec is the truth; its service account may have got its role only later.
    async fn role_of_pod(&self, pod: &Value, target: &IrsaTarget, request: &IrsaRequest) -> Result<Found> {
        let spec = SpecRoles::read(pod);
        let name = pod["metadata"]["name"].as_str().unwrap_or_default();
        match spec.choose(request.container.as_deref()) {
            Choice::None if spec.pod_identity => Err(pod_identity(target)),
            Choice::None => {
                let account = self.account(&spec.service_account).await;
                let found = self.by_account(account, &spec.service_account, target).await?;
                self.chain().ui.warning(&format!(
                    "the pod {name} runs without this role: its service account got it after the pod was made, or EKS's webhook did not see the pod"
                ));
                Ok(found)
            }
            choice => self.settled(choice, &spec, target, request, format!("AWS_ROLE_ARN in the pod {name}")),
        }
    }

    async fn role_of_workload(
        &self,
        controller: Controller,
        name: &str,
        target: &IrsaTarget,
        request: &IrsaRequest,
    ) -> Result<Found> {
        let (api, plural) = controller.api();
        let object = match self.irsa_object(target, api, plural, name).await? {
            Lookup::Object(object) => object,
            Lookup::Forbidden(words) => {
                let pod = self.pod_of(controller, name, None, (target, request), &words).await?;
                return self.role_of_pod(&pod, target, request).await;
            }
        };
        let spec = SpecRoles::read(controller.template(&object));
        let account = match self.account(&spec.service_account).await {
            Err(CallError::Answer(KubeFailure::Status(403, words))) => {
                let pod = self.pod_of(controller, name, Some(&object), (target, request), &words).await?;
                return self.role_of_pod(&pod, target, request).await;
            }
            other => other,
        };
        let annotated = account.as_ref().ok().and_then(|account| account.role.clone());
        let filled = annotated.map_or_else(|| spec.clone(), |role| spec.clone().with_annotation(&role));
        match filled.choose(request.container.as_deref()) {
            Choice::None => self.by_account(account, &spec.service_account, target).await,
            choice => {
                let mut spec = spec;
                if let Some(audience) = account.ok().and_then(|account| account.audience) {
                    spec.audience = audience;
                }
                let by = format!("the template of {target} and its service account {}", spec.service_account);
                self.settled(choice, &spec, target, request, by)
            }
        }
    }

    async fn role_of_account(&self, name: &str, target: &IrsaTarget, request: &IrsaRequest) -> Result<Found> {
        match self.account(name).await {
            Err(CallError::Answer(KubeFailure::Status(403, words))) => {
                let pods = match self.pods_selected(None).await {
                    Ok((pods, _)) => pods,
                    Err(CallError::Answer(KubeFailure::Status(403, _))) => {
                        return Err(no_get(target, "", "serviceaccounts", &words));
                    }
                    Err(error) => return Err(error.into_error(&self.cluster().name)),
                };
                let pod = newest(pods, |pod| pod.spec.service_account_name == name);
                let Some(pod) = pod else {
                    return Err(no_get(target, "", "serviceaccounts", &words)
                        .because("none of the pods that there are now runs as it"));
                };
                let target = IrsaTarget::Pod(pod);
                Box::pin(self.role_of(&target, request)).await
            }
            account => self.by_account(account, name, target).await,
        }
    }

    /// The role that a service account is annotated with; why there is none otherwise.
    async fn by_account(
        &self,
        account: Result<Account, CallError<KubeFailure>>,
        name: &str,
        target: &IrsaTarget,
    ) -> Result<Found> {
        let seen = match account {
            Ok(Account { role: Some(role), audience }) => {
                return Ok(Found {
                    role: parsed(&role, &format!("the service account {name}"))?,
                    service_account: Some(name.to_owned()),
                    container: None,
                    audience: audience.unwrap_or_else(|| AUDIENCE.to_owned()),
                    by: format!("the annotation of the service account {name}"),
                });
            }
            Ok(_) => format!("its service account {name} has no annotation {ROLE_ANNOTATION}"),
            Err(CallError::Answer(KubeFailure::Status(404, _))) => {
                format!("there is no service account {name} in {}", self.namespace())
            }
            Err(CallError::Answer(KubeFailure::Status(403, _))) => {
                format!(
                    "whether its service account {name} is annotated with one may not be read (no get on serviceaccounts)"
                )
            }
            Err(error) => return Err(error.into_error(&self.cluster().name)),
        };
        if self.is_pod_identity(name).await {
            return Err(pod_identity(target));
        }
        let error = Error::new(Kind::NotFound, format!("{target} has no IAM role"));
        let error = match target {
            IrsaTarget::ServiceAccount(_) => error,
            _ => error.because("none of its containers names one in AWS_ROLE_ARN"),
        };
        Err(error.because(seen).try_next("nsaccess assume-irsa --role-arn ARN   # if you know its role"))
    }

    async fn account(&self, name: &str) -> Result<Account, CallError<KubeFailure>> {
        let call = self.call(async |api| api.object("api/v1", self.namespace(), "serviceaccounts", name).await);
        call.await.map(|object| {
            let annotation = |key: &str| object["metadata"]["annotations"][key].as_str().map(str::to_owned);
            let role = annotation(ROLE_ANNOTATION).filter(|role| !role.is_empty());
            Account { role, audience: annotation(AUDIENCE_ANNOTATION).filter(|audience| !audience.is_empty()) }
        })
    }

    /// Asked only where no role was found; whether it may be asked at all is another matter.
    async fn is_pod_identity(&self, account: &str) -> bool {
        let (keys, cluster) = (self.credentials().keys, self.cluster());
        let eks = Eks::new(&self.chain().aws, &keys, &cluster.region);
        match Box::pin(eks.has_pod_identity(&cluster.name, self.namespace(), account)).await {
            Ok(has) => has,
            Err(failure) => {
                self.chain().ui.detail(&format!("EKS Pod Identity could not be asked for: {failure}"));
                false
            }
        }
    }

    /// An object, if the role may see it.
    async fn irsa_object(&self, target: &IrsaTarget, api: &str, plural: &str, name: &str) -> Result<Lookup> {
        match self.call(async |client| client.object(api, self.namespace(), plural, name).await).await {
            Ok(object) => Ok(Lookup::Object(object)),
            Err(CallError::Answer(KubeFailure::Status(403, words))) => Ok(Lookup::Forbidden(words)),
            Err(CallError::Answer(KubeFailure::Status(404, _))) => Err(self.no_such(target)),
            Err(error) => Err(error.into_error(&self.cluster().name)),
        }
    }

    /// A pod with everything in its spec.
    async fn whole_pod(&self, target: &IrsaTarget, name: &str) -> Result<Value> {
        match self.irsa_object(target, "api/v1", "pods", name).await? {
            Lookup::Object(pod) => Ok(pod),
            Lookup::Forbidden(words) => Err(no_get(target, "", "pods", &words)),
        }
    }

    /// One of the pods of a workload: listed, or of a StatefulSet by its number, for which `get` is enough.
    async fn pod_of(
        &self,
        controller: Controller,
        name: &str,
        object: Option<&Value>,
        (target, request): (&IrsaTarget, &IrsaRequest),
        refused: &str,
    ) -> Result<Value> {
        let selector = object.and_then(selector::of_object);
        let listed = self.pods_selected(selector.as_deref()).await;
        let found = match listed {
            Ok((pods, _)) => newest(pods, |pod| controller.owns(name, pod)),
            Err(CallError::Answer(KubeFailure::Status(403, _))) if controller == Controller::StatefulSet => {
                Some(format!("{name}-0"))
            }
            Err(CallError::Answer(KubeFailure::Status(403, _))) => {
                let (resource, group) = match object {
                    Some(_) => ("serviceaccounts", ""),
                    None => (controller.api().1, controller.group()),
                };
                let by_pod = IrsaRequest { target: Some(IrsaTarget::Pod("POD".to_owned())), ..request.clone() };
                return Err(no_get(target, group, resource, refused).try_next(format!(
                    "{}   # with the name of one of its pods, get on pods is enough",
                    by_pod.command(self.namespace(), "").replace("pod/POD", "POD")
                )));
            }
            Err(error) => return Err(error.into_error(&self.cluster().name)),
        };
        let Some(pod) = found else {
            return Err(Error::new(Kind::NotFound, format!("{target} has no pods in {}", self.namespace()))
                .because(format!("its role would be read from a pod, because of: {refused}")));
        };
        self.chain().ui.detail(&format!("the role is read from the pod {pod}, because of: {refused}"));
        self.whole_pod(&IrsaTarget::Pod(pod.clone()), &pod).await
    }
}
