//! From a target to a pod, with whatever the role allows.

use std::cell::Cell;
use std::rc::Rc;

use crate::actions::pods::behind_service::{self, Behind, WAYS, Way};
use crate::chain::call_error::CallError;
use crate::chain::cluster::api::ClusterAccess;
use crate::error::{Error, Kind, Result};
use crate::model::kube::obstacle::Obstacle;
use crate::model::kube::pods::{PodFacts, ServiceFacts, best, pod_port};
use crate::model::port_forward::ports::{RemotePort, TargetRef};
use crate::net::kube::KubeFailure;
use crate::net::kube::lookup::EndpointPod;

const FORWARDS_ARE: &str = "port-forward reaches pods only";

/// A pod that connections can go to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// Its name.
    pub pod: String,
    /// Its uid; empty where the role does not let us see it.
    pub uid: String,
    /// Ready and staying; otherwise a better one may come.
    pub good: bool,
    /// What keeps it from serving, as far as it can be seen.
    pub obstacle: Option<Obstacle>,
    facts: Option<PodFacts>,
    service: Option<ServiceFacts>,
    endpoint_ports: Vec<(Option<String>, u16)>,
}

/// Finds the pod of one target.
pub struct Resolver {
    pub(crate) chain: Rc<ClusterAccess<'static>>,
    target: TargetRef,
    /// How a service's pods are found; what worked once is asked first the next time.
    way: Cell<Option<Way>>,
}

impl Found {
    /// The pod's port that is meant.
    ///
    /// # Errors
    /// Why there is none, in words.
    pub fn port(&self, asked: &RemotePort) -> Result<u16, String> {
        let Some(service) = &self.service else {
            return match (&self.facts, asked) {
                (Some(facts), _) => pod_port(facts, asked),
                (None, RemotePort::Number(number)) => Ok(*number),
                (None, RemotePort::Name(name)) => {
                    Err(format!("the port {name} needs `get pods` to be looked up; give its number"))
                }
            };
        };
        let port = service.port(asked)?;
        if let Some(facts) = &self.facts {
            return service.pod_port(port, facts);
        }
        let named = self.endpoint_ports.iter().find(|(name, _)| *name == port.name);
        match named {
            Some((_, number)) if !service.headless => Ok(*number),
            _ => Ok(port.number),
        }
    }

    /// Whether it is the same pod, and not one of the same name.
    pub fn is_same_pod(&self, other: &Found) -> bool {
        self.pod == other.pod && self.uid == other.uid
    }

    /// The port of a headless service that would have led to the one its pods listen on: kubectl and we forward its own.
    pub fn other_target(&self, asked: &RemotePort) -> Option<u16> {
        let service = self.service.as_ref()?;
        let port = service.port(asked).ok().filter(|_| service.headless)?;
        let named = self.endpoint_ports.iter().find(|(name, _)| *name == port.name).map(|(_, number)| *number);
        service.other_target(asked, self.facts.as_ref()).or(named).filter(|other| *other != port.number)
    }

    fn of_pod(facts: PodFacts, service: Option<ServiceFacts>, namespace: &str) -> Self {
        Found {
            pod: facts.name.clone(),
            uid: facts.uid.clone(),
            good: facts.is_good(),
            obstacle: facts.obstacle(namespace),
            facts: Some(facts),
            service,
            endpoint_ports: Vec::new(),
        }
    }

    fn of_endpoint(endpoint: EndpointPod, service: ServiceFacts, namespace: &str) -> Self {
        // Endpoints tell of a pod what decides here, and nothing more.
        let facts = PodFacts {
            name: endpoint.name.clone(),
            running: true,
            ready: endpoint.ready,
            terminating: endpoint.terminating,
            ..PodFacts::default()
        };
        Found {
            pod: endpoint.name,
            uid: endpoint.uid,
            good: facts.is_good(),
            obstacle: facts.obstacle(namespace),
            facts: None,
            service: Some(service),
            endpoint_ports: endpoint.ports,
        }
    }
}

impl Resolver {
    /// For one target.
    pub fn new(chain: Rc<ClusterAccess<'static>>, target: TargetRef) -> Self {
        Resolver { chain, target, way: Cell::new(None) }
    }

    /// The target.
    pub fn target(&self) -> &TargetRef {
        &self.target
    }

    /// The best pod there is now. `None`: the target exists and has no pod that runs.
    ///
    /// # Errors
    /// When the target does not exist, or the role does not let us find its pods; with the rule that would.
    pub async fn find(&self) -> Result<Option<Found>> {
        match &self.target {
            TargetRef::Pod(name) => self.pod(name).await,
            TargetRef::Service(name) => self.service(name).await,
            TargetRef::Deployment(name) => {
                let labels = self.chain.call(async |api| api.deployment_labels(self.namespace(), name).await).await;
                let labels = labels.map_err(|error| self.cannot(error, "apps", "deployments", "get"))?;
                self.labelled(&labels).await
            }
            TargetRef::StatefulSet(name) => self.stateful_set(name).await,
        }
    }

    /// All ports of the target, for a forward that names none: name or number of each.
    ///
    /// # Errors
    /// As [`Resolver::find`].
    pub async fn all_ports(&self) -> Result<Vec<RemotePort>> {
        if let TargetRef::Service(name) = &self.target {
            let service = self.service_facts(name).await?;
            let tcp = service.ports.iter().filter(|port| port.protocol == "TCP");
            return Ok(tcp.map(|port| RemotePort::Number(port.number)).collect());
        }
        let found = self.find().await?;
        let ports = found.and_then(|found| found.facts).map(|facts| facts.ports).unwrap_or_default();
        Ok(ports.iter().filter(|port| port.protocol == "TCP").map(|port| RemotePort::Number(port.number)).collect())
    }

    fn found(&self, facts: PodFacts, service: Option<ServiceFacts>) -> Found {
        Found::of_pod(facts, service, self.namespace())
    }

    fn best_endpoint(&self, pods: Vec<EndpointPod>, service: &ServiceFacts) -> Option<Found> {
        let best = pods.into_iter().min_by_key(|pod| (pod.terminating, !pod.ready, pod.name.clone()))?;
        Some(Found::of_endpoint(best, service.clone(), self.namespace()))
    }

    pub(crate) fn namespace(&self) -> &str {
        self.chain.namespace()
    }

    async fn pod(&self, name: &str) -> Result<Option<Found>> {
        match self.pod_facts(name).await {
            // A pod that was named is forwarded to as soon as it runs: debugging one that is not ready is a reason to.
            Ok(facts) if facts.running => {
                let good = !facts.terminating;
                Ok(Some(Found { good, ..self.found(facts, None) }))
            }
            Ok(facts) if facts.finished => Err(Error::failure(format!("the pod {name} has ended"))
                .because("a pod that has run to its end serves nothing")),
            Ok(_) => Ok(None),
            // Without `get pods` the server will say whether it is there.
            Err(CallError::Answer(KubeFailure::Status(403, _))) => Ok(Some(Found {
                pod: name.to_owned(),
                uid: String::new(),
                good: true,
                obstacle: None,
                facts: None,
                service: None,
                endpoint_ports: Vec::new(),
            })),
            Err(error) => Err(self.cannot(error, "", "pods", "get")),
        }
    }

    async fn labelled(&self, labels: &str) -> Result<Option<Found>> {
        let pods = self.pods_with_labels(labels).await;
        let pods = pods.map_err(|error| self.cannot(error, "", "pods", "list"))?;
        Ok(best(&pods).cloned().map(|pod| self.found(pod, None)))
    }

    async fn stateful_set(&self, name: &str) -> Result<Option<Found>> {
        let listed = async {
            let labels = self.chain.call(async |api| api.stateful_set_labels(self.namespace(), name).await).await?;
            self.pods_with_labels(&labels).await
        };
        match listed.await {
            Ok(pods) => return Ok(best(&pods).cloned().map(|pod| self.found(pod, None))),
            Err(CallError::Chain(error)) => return Err(error),
            Err(CallError::Answer(_)) => {}
        }
        // Its pods have names that can be told in advance: `get pods` is enough.
        let pods = self.numbered(name).await?;
        Ok(best(&pods).cloned().map(|pod| self.found(pod, None)))
    }

    /// `NAME-0`, and if it is not good `NAME-1` and so on until there is none.
    pub(crate) async fn numbered(&self, name: &str) -> Result<Vec<PodFacts>> {
        let mut pods = Vec::new();
        for number in 0..10 {
            match self.pod_facts(&format!("{name}-{number}")).await {
                Ok(facts) => {
                    let good = facts.is_good();
                    pods.push(facts);
                    if good {
                        break;
                    }
                }
                Err(CallError::Answer(KubeFailure::Status(404, _))) if number > 0 => break,
                Err(error) => return Err(self.cannot(error, "", "pods", "get")),
            }
        }
        Ok(pods)
    }

    pub(crate) async fn pod_facts(&self, name: &str) -> Result<PodFacts, CallError<KubeFailure>> {
        self.chain.call(async |api| api.pod_facts(self.namespace(), name).await).await
    }

    pub(crate) async fn pods_with_labels(&self, labels: &str) -> Result<Vec<PodFacts>, CallError<KubeFailure>> {
        self.chain.call(async |api| api.pods_with_labels(self.namespace(), labels).await).await
    }

    pub(crate) async fn service_facts(&self, name: &str) -> Result<ServiceFacts> {
        let service = self.chain.call(async |api| api.service(self.namespace(), name).await).await;
        let service = service.map_err(|error| self.cannot(error, "", "services", "get"))?;
        match behind_service::leads_out(&service, FORWARDS_ARE) {
            None => Ok(service),
            Some(elsewhere) => Err(elsewhere),
        }
    }

    async fn service(&self, name: &str) -> Result<Option<Found>> {
        let service = self.service_facts(name).await?;
        let first = self.way.get();
        let ways = first.into_iter().chain(WAYS.into_iter().filter(|way| Some(*way) != first));
        let found = self.chain.behind(&service, ways).await;
        let Some((way, behind)) = found.map_err(|error| self.cannot(error, "", "pods", "list"))? else {
            return Err(self.no_way(name));
        };
        self.way.set(Some(way));
        let best = match behind {
            Behind::Endpoints(pods) => self.best_endpoint(pods, &service),
            // A pod that was only guessed is better than none, whatever its state.
            Behind::Pods(pods) if way == Way::FirstPodOfASet => {
                pods.into_iter().next().map(|pod| self.found(pod, Some(service.clone())))
            }
            Behind::Pods(pods) => best(&pods).cloned().map(|pod| self.found(pod, Some(service.clone()))),
        };
        match best {
            Some(found) => Ok(self.seen(found).await),
            None if service.selector.is_empty() => Err(behind_service::only_addresses(&service, FORWARDS_ARE)),
            None => Ok(None),
        }
    }

    /// What endpoints call not ready may not run at all: its pod tells, where the role lets it be seen.
    async fn seen(&self, found: Found) -> Option<Found> {
        if found.good || found.facts.is_some() {
            return Some(found);
        }
        match self.pod_facts(&found.pod).await {
            Ok(facts) if !facts.running => None,
            Ok(facts) => Some(Found { obstacle: facts.obstacle(self.namespace()), ..found }),
            Err(_) => Some(found),
        }
    }

    fn no_way(&self, name: &str) -> Error {
        Error::new(Kind::Denied, format!("the pods behind the service {name} cannot be found with this role"))
            .because("it may neither list endpointslices or pods nor get endpoints, and there is no pod of a stateful set by that name")
            .try_next(format!("nsaccess port-forward pod/POD PORT   # with the name of one of {name}'s pods"))
            .try_next(role_rule("", "endpoints", &["get"]))
    }

    fn cannot(&self, error: CallError<KubeFailure>, group: &str, resource: &str, verb: &str) -> Error {
        error.explained(|failure| match failure {
            KubeFailure::Status(404, words) => {
                Error::new(Kind::NotFound, format!("there is no {} in {}", self.target, self.namespace()))
                    .because(words)
                    .try_next("nsaccess pods   # shows what there is")
            }
            KubeFailure::Status(403, words) => {
                Error::new(Kind::Denied, format!("{} cannot be looked up with this role", self.target))
                    .because(words)
                    .try_next(role_rule(group, resource, &[verb]))
            }
            other => other.into_error(&self.chain.cluster().name),
        })
    }
}

/// What to ask the platform team for: a rule of the namespace's Role.
pub fn role_rule(group: &str, resource: &str, verbs: &[&str]) -> String {
    let verbs: Vec<String> = verbs.iter().map(|verb| format!("\"{verb}\"")).collect();
    format!(
        "ask for this rule in your Role: {{apiGroups: [\"{group}\"], resources: [\"{resource}\"], verbs: [{}]}}",
        verbs.join(", ")
    )
}
