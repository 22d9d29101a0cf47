//! From what a person names to a role, with whatever the role in the cluster allows: the workload's template and the
//! service account's annotation, else the spec of one of its pods, for which `get pods` is enough.

use serde_json::Value;

use super::choose::{no_get, parsed, pod_identity};
use crate::actions::pods::Pods;
use crate::actions::pods::find::{Finding, Route};
use crate::chain::call_error::CallError;
use crate::chain::cluster::api::ClusterAccess;
use crate::error::{Error, Kind as ErrorKind, Result};
use crate::model::irsa::{AUDIENCE, AUDIENCE_ANNOTATION, IamRole, IrsaRequest, ROLE_ANNOTATION, RoleChoice, SpecRoles};
use crate::model::kube::definition::Definition;
use crate::model::kube::workload::{Kind, Workload};
use crate::net::aws::eks::Eks;
use crate::net::kube::KubeFailure;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct WorkloadRole {
    pub(crate) role: IamRole,
    /// The service account that has it, where one is known.
    pub(crate) service_account: Option<String>,
    /// The container that names it, where not all of the pod have the same role.
    pub(crate) container: Option<String>,
    /// Whom a token for STS is meant for.
    pub(crate) audience: String,
    /// Where it was found, in words.
    pub(crate) by: String,
}

/// A look for the role of one workload.
pub(crate) struct RoleLookup<'a> {
    pub(super) cluster: &'a ClusterAccess<'a>,
    pub(super) target: &'a Workload,
    pub(super) request: &'a IrsaRequest,
}

/// An object, if the role may see it.
enum Lookup {
    Object(Value),
    /// In the cluster's words.
    Forbidden(String),
}

/// The newest pod of the target.
enum Newest {
    Pod(String),
    None,
    /// The role may not list pods.
    Forbidden,
}

/// What a service account says.
#[derive(Debug, Default)]
struct Account {
    role: Option<String>,
    audience: Option<String>,
}

impl<'a> RoleLookup<'a> {
    pub(crate) fn new(cluster: &'a ClusterAccess<'a>, target: &'a Workload, request: &'a IrsaRequest) -> Self {
        RoleLookup { cluster, target, request }
    }

    /// The role, and whose it is.
    pub(crate) async fn role(&self) -> Result<WorkloadRole> {
        match self.target.kind {
            Kind::Pod => self.role_of_pod(&self.pod(&self.target.name).await?).await,
            Kind::ServiceAccount => self.role_of_account().await,
            _ => self.role_of_template().await,
        }
    }

    /// The service account alone.
    pub(crate) async fn service_account(&self) -> Result<String> {
        let template = match self.target.kind {
            Kind::ServiceAccount => return Ok(self.target.name.clone()),
            Kind::Pod => self.pod(&self.target.name).await?,
            _ => match self.object().await? {
                Lookup::Object(object) => self.target.template(&object).clone(),
                Lookup::Forbidden(words) => self.one_of_its_pods(None, &words).await?,
            },
        };
        Ok(SpecRoles::read(&template).service_account)
    }

    /// A pod as it runs. Its spec is the truth; its service account may have got its role only later.
    async fn role_of_pod(&self, pod: &Value) -> Result<WorkloadRole> {
        let spec = SpecRoles::read(pod);
        let name = pod["metadata"]["name"].as_str().unwrap_or_default();
        match spec.choose(self.request.container.as_deref()) {
            RoleChoice::None if spec.pod_identity => Err(pod_identity(self.target)),
            RoleChoice::None => {
                let account = self.account(&spec.service_account).await;
                let role = self.annotated_role(account, &spec.service_account).await?;
                self.cluster.chain().ui.warning(&format!(
                    "pod {name} runs without this role: its service account was annotated after the pod started, or EKS's webhook missed the pod"
                ));
                Ok(role)
            }
            choice => self.settled(choice, &spec, format!("AWS_ROLE_ARN of pod {name}")),
        }
    }

    async fn role_of_template(&self) -> Result<WorkloadRole> {
        let object = match self.object().await? {
            Lookup::Object(object) => object,
            Lookup::Forbidden(words) => {
                return self.role_of_pod(&self.one_of_its_pods(None, &words).await?).await;
            }
        };
        let spec = SpecRoles::read(self.target.template(&object));
        let account = match self.account(&spec.service_account).await {
            Err(CallError::Answer(KubeFailure::Status(403, words))) => {
                return self.role_of_pod(&self.one_of_its_pods(Some(&object), &words).await?).await;
            }
            account => account,
        };
        let annotated = account.as_ref().ok().and_then(|account| account.role.clone());
        let filled = annotated.map_or_else(|| spec.clone(), |role| spec.clone().with_annotation(&role));
        match filled.choose(self.request.container.as_deref()) {
            RoleChoice::None => self.annotated_role(account, &spec.service_account).await,
            choice => {
                let mut spec = spec;
                if let Some(audience) = account.ok().and_then(|account| account.audience) {
                    spec.audience = audience;
                }
                let by = format!("template of {} and service account {}", self.target, spec.service_account);
                self.settled(choice, &spec, by)
            }
        }
    }

    async fn role_of_account(&self) -> Result<WorkloadRole> {
        let words = match self.account(&self.target.name).await {
            Err(CallError::Answer(KubeFailure::Status(403, words))) => words,
            account => return self.annotated_role(account, &self.target.name).await,
        };
        let name = match self.newest_pod(None).await? {
            Newest::Pod(name) => name,
            Newest::Forbidden => return Err(no_get(self.cluster, self.target, Kind::ServiceAccount, &words)),
            Newest::None => {
                return Err(
                    no_get(self.cluster, self.target, Kind::ServiceAccount, &words).because("no current pod uses it")
                );
            }
        };
        let pod = Workload::pod(name);
        let of_pod = RoleLookup { target: &pod, ..*self };
        of_pod.role_of_pod(&of_pod.pod(&pod.name).await?).await
    }

    /// The role that a service account is annotated with; why there is none otherwise.
    async fn annotated_role(
        &self,
        account: Result<Account, CallError<KubeFailure>>,
        name: &str,
    ) -> Result<WorkloadRole> {
        let seen = match account {
            Ok(Account { role: Some(role), audience }) => {
                return Ok(WorkloadRole {
                    role: parsed(&role, &format!("service account {name:?}"))?,
                    service_account: Some(name.to_owned()),
                    container: None,
                    audience: audience.unwrap_or_else(|| AUDIENCE.to_owned()),
                    by: format!("annotation of service account {name}"),
                });
            }
            Ok(_) => format!("service account {name:?} has no annotation {ROLE_ANNOTATION}"),
            Err(CallError::Answer(KubeFailure::Status(404, _))) => {
                format!("service account {name:?} not found in namespace {:?}", self.cluster.namespace())
            }
            Err(CallError::Answer(KubeFailure::Status(403, _))) => {
                format!("not allowed to get service account {name:?}, so its annotations are unknown")
            }
            Err(error) => return Err(error.into_error(&self.cluster.cluster().name)),
        };
        if self.is_pod_identity(name).await {
            return Err(pod_identity(self.target));
        }
        let error = Error::new(ErrorKind::NotFound, format!("{} has no IAM role", self.target));
        let error = match self.target.kind {
            Kind::ServiceAccount => error,
            _ => error.because("no container sets AWS_ROLE_ARN"),
        };
        Err(error.because(seen).try_next("nsaccess assume-irsa --role-arn ARN   # if you know the role"))
    }

    async fn account(&self, name: &str) -> Result<Account, CallError<KubeFailure>> {
        let account = Workload::service_account(name);
        let object = self.cluster.call(async |api| api.get_workload(self.cluster.namespace(), &account).await).await?;
        let annotation = |key: &str| object["metadata"]["annotations"][key].as_str().map(str::to_owned);
        let role = annotation(ROLE_ANNOTATION).filter(|role| !role.is_empty());
        Ok(Account { role, audience: annotation(AUDIENCE_ANNOTATION).filter(|audience| !audience.is_empty()) })
    }

    /// Asked only where no role was found; the role need not be allowed to ask.
    async fn is_pod_identity(&self, account: &str) -> bool {
        let (keys, cluster) = (self.cluster.credentials().keys, self.cluster.cluster());
        let eks = Eks::new(&self.cluster.chain().aws, &keys, &cluster.region);
        match Box::pin(eks.has_pod_identity(&cluster.name, self.cluster.namespace(), account)).await {
            Ok(has) => has,
            Err(failure) => {
                self.cluster.chain().ui.detail(&format!("cannot check for EKS Pod Identity: {failure}"));
                false
            }
        }
    }

    async fn object(&self) -> Result<Lookup> {
        self.object_of(self.target).await
    }

    async fn object_of(&self, workload: &Workload) -> Result<Lookup> {
        match self.cluster.call(async |api| api.get_workload(self.cluster.namespace(), workload).await).await {
            Ok(object) => Ok(Lookup::Object(object)),
            Err(CallError::Answer(KubeFailure::Status(403, words))) => Ok(Lookup::Forbidden(words)),
            Err(CallError::Answer(KubeFailure::Status(404, _))) => Err(self.no_such(workload)),
            Err(error) => Err(error.into_error(&self.cluster.cluster().name)),
        }
    }

    /// A pod with everything in its spec.
    async fn pod(&self, name: &str) -> Result<Value> {
        let pod = Workload::pod(name);
        match self.object_of(&pod).await? {
            Lookup::Object(pod) => Ok(pod),
            Lookup::Forbidden(words) => Err(no_get(self.cluster, &pod, Kind::Pod, &words)),
        }
    }

    /// One of the pods of the workload: listed, or of a StatefulSet by its number, for which `get` is enough.
    async fn one_of_its_pods(&self, object: Option<&Value>, refused: &str) -> Result<Value> {
        let target = self.target;
        let pod = match self.newest_pod(object).await? {
            Newest::Pod(name) => name,
            Newest::Forbidden if target.kind == Kind::StatefulSet => format!("{}-0", target.name),
            Newest::Forbidden => {
                let missing = if object.is_some() { Kind::ServiceAccount } else { target.kind };
                let by_pod = IrsaRequest { target: Some(Workload::pod("POD")), ..self.request.clone() };
                return Err(no_get(self.cluster, target, missing, refused).try_next(format!(
                    "{}   # one of its pods; needs only get pods",
                    by_pod.command(self.cluster.namespace(), "").replace("pod/POD", "POD")
                )));
            }
            Newest::None => {
                let what = format!("no pods of {} found in namespace {:?}", target.quoted(), self.cluster.namespace());
                return Err(
                    Error::new(ErrorKind::NotFound, what).because(format!("the role is read from a pod: {refused}"))
                );
            }
        };
        self.cluster.chain().ui.detail(&format!("reading the role from pod {pod}: {refused}"));
        self.pod(&pod).await
    }

    async fn newest_pod(&self, object: Option<&Value>) -> Result<Newest> {
        let seen = object.map(|object| Definition::new(self.target.clone(), object.clone()));
        // The owner decides in any case: without a selector that can be used, all pods are looked through.
        let seen = seen.filter(|definition| definition.selector().is_some());
        let definition = seen.unwrap_or_else(|| Definition::unreadable(self.target.clone()));
        let found = Pods::of(self.cluster).find(&definition, [Route::List]).await;
        match found.map_err(|error| error.into_error(&self.cluster.cluster().name))? {
            Finding::Refused(refused) if refused.is_empty() => Ok(Newest::None),
            Finding::Refused(_) => Ok(Newest::Forbidden),
            Finding::Pods { pods, .. } => {
                let objects = pods.iter().filter_map(|pod| pod.object.as_deref());
                Ok(self.target.newest_pod(objects).map_or(Newest::None, Newest::Pod))
            }
        }
    }
}
