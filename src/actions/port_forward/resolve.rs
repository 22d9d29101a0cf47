//! From a target to a pod, with whatever the role allows.

use std::cell::Cell;
use std::rc::Rc;

use crate::actions::pods::find::{Finding, Route, leads_out, only_addresses};
use crate::actions::pods::{Pods, denied, not_found, or_can_i};
use crate::chain::call_error::CallError;
use crate::chain::cluster::api::ClusterAccess;
use crate::error::{Error, Kind as ErrorKind, Result};
use crate::model::kube::definition::Definition;
use crate::model::kube::obstacle::Obstacle;
use crate::model::kube::role_rule::Rule;
use crate::model::kube::service::Service;
use crate::model::kube::workload::{Kind, Workload};
use crate::model::kube::workload_pod::{WorkloadPod, best};
use crate::model::port_forward::ports::{PortError, RemotePort};
use crate::model::port_forward::scheme::{PortFacts, Scheme};
use crate::net::kube::KubeFailure;

const FORWARDS_ARE: &str = "port-forward connects to pods only";
const ROUTES_OF_SERVICES: [Route; 4] = [Route::EndpointSlices, Route::List, Route::Endpoints, Route::Numbered];
const ROUTES_OF_OTHERS: [Route; 2] = [Route::List, Route::Numbered];
/// Of a StatefulSet that the role does not show: its pods have names that can be told, and only one of them is asked for.
const ROUTES_OF_UNREADABLE: [Route; 2] = [Route::Numbered, Route::List];

/// A pod that connections can go to.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ForwardTarget {
    pub(crate) pod: WorkloadPod,
    /// Ready and staying; otherwise a better one may come.
    pub(crate) is_good: bool,
    /// What keeps it from serving, as far as it can be seen.
    pub(crate) obstacle: Option<Obstacle>,
    service: Option<Service>,
}

/// Finds the pod of one target.
pub(crate) struct Resolver {
    pub(super) cluster: Rc<ClusterAccess<'static>>,
    target: Workload,
    /// How its pods are found; what worked once is asked first the next time.
    way: Cell<Option<Route>>,
}

impl ForwardTarget {
    fn new(pod: WorkloadPod, service: Option<Service>, namespace: &str) -> Self {
        ForwardTarget { is_good: pod.serves(), obstacle: pod.obstacle(namespace), pod, service }
    }

    /// The pod's port that is meant.
    ///
    /// # Errors
    /// Why there is none, in words.
    pub(crate) fn port(&self, asked: &RemotePort) -> Result<u16, PortError> {
        match &self.service {
            Some(service) => service.pod_port(asked, &self.pod),
            None => self.pod.port(asked),
        }
    }

    /// The scheme to open the port in a browser with, if it looks like HTTP.
    pub(crate) fn scheme(&self, asked: &RemotePort) -> Option<Scheme> {
        let declared = self.pod.object.as_ref().and_then(|pod| pod.declared_port(asked));
        let number = self.port(asked).ok()?;
        let of_pod = PortFacts { name: declared.and_then(|port| port.name.as_deref()), protocol: None, number };
        let Some(port) = self.service.as_ref().and_then(|service| service.port(asked).ok()) else {
            return Scheme::of(of_pod);
        };
        let (name, protocol) = (port.name.as_deref(), port.app_protocol.as_deref());
        let facts = PortFacts { name, protocol, number: port.number };
        // A service's port without a name may lead to one whose number tells.
        Scheme::of(facts).or_else(|| Scheme::of(of_pod).filter(|_| name.is_none() && protocol.is_none()))
    }

    /// Whether it is the same pod, and not one of the same name.
    pub(crate) fn is_same_pod(&self, other: &ForwardTarget) -> bool {
        (&self.pod.name, &self.pod.uid) == (&other.pod.name, &other.pod.uid)
    }

    /// The port of a headless service that would have led to the one its pods listen on: kubectl and we forward its own.
    pub(crate) fn other_target(&self, asked: &RemotePort) -> Option<u16> {
        self.service.as_ref()?.other_target(asked, &self.pod)
    }
}

impl Resolver {
    pub(crate) fn new(cluster: Rc<ClusterAccess<'static>>, target: Workload) -> Self {
        Resolver { cluster, target, way: Cell::new(None) }
    }

    pub(crate) fn target(&self) -> &Workload {
        &self.target
    }

    /// The best pod there is now. `None`: the target exists and has no pod that runs.
    ///
    /// # Errors
    /// When the target does not exist, or the role does not let us find its pods; with the rule that would.
    pub(crate) async fn find(&self) -> Result<Option<ForwardTarget>> {
        if self.target.kind == Kind::Pod {
            return self.named_pod().await;
        }
        let definition = self.define().await?;
        let (way, pods) = match self.pods().find(&definition, self.ways(&definition)).await {
            Ok(Finding::Pods { way, pods }) => (way, pods),
            Ok(Finding::Refused(refused)) if self.has_no_pods_now(&refused) => return Ok(None),
            Ok(Finding::Refused(refused)) => return Err(self.no_way(refused)),
            Err(error) => return Err(self.cannot(error, Kind::Pod, "list")),
        };
        self.way.set(Some(way));
        let is_service = self.target.kind == Kind::Service;
        let chosen = match way {
            // A pod that was only guessed is better than none, whatever its state.
            Route::Numbered if is_service => pods.into_iter().next(),
            _ => best(pods),
        };
        match chosen {
            Some(pod) => {
                let service = is_service.then(|| definition.service());
                Ok(self.unless_pod_ended(ForwardTarget::new(pod, service, self.namespace())).await)
            }
            None if is_service && definition.selector().is_none() => {
                Err(only_addresses(&self.target.name, FORWARDS_ARE))
            }
            None => Ok(None),
        }
    }

    /// All ports of the target, for a forward that names none: name or number of each.
    ///
    /// # Errors
    /// As [`Resolver::find`].
    pub(crate) async fn all_ports(&self) -> Result<Vec<RemotePort>> {
        if self.target.kind == Kind::Service {
            let service = self.define().await?.service();
            let tcp = service.ports.iter().filter(|port| port.protocol == "TCP");
            return Ok(tcp.map(|port| RemotePort::Number(port.number)).collect());
        }
        let object = self.find().await?.and_then(|found| found.pod.object);
        let tcp = object.iter().flat_map(|pod| pod.ports()).filter(|port| port.protocol == "TCP");
        Ok(tcp.map(|port| RemotePort::Number(port.number)).collect())
    }

    pub(super) fn namespace(&self) -> &str {
        self.cluster.namespace()
    }

    pub(super) fn pods(&self) -> Pods<'_> {
        Pods::of(&self.cluster)
    }

    /// All ways to the target's pods, beginning with what worked before.
    pub(super) fn ways(&self, definition: &Definition) -> impl Iterator<Item = Route> + use<> {
        let ways = match self.target.kind {
            Kind::Service => &ROUTES_OF_SERVICES[..],
            _ if definition.is_readable() => &ROUTES_OF_OTHERS[..],
            _ => &ROUTES_OF_UNREADABLE[..],
        };
        let first = self.way.get();
        first.into_iter().chain(ways.iter().copied().filter(move |way| Some(*way) != first))
    }

    async fn named_pod(&self) -> Result<Option<ForwardTarget>> {
        let name = &self.target.name;
        match self.pods().get(name).await {
            // A pod that was named is forwarded to as soon as it runs: one that is not ready may be what is debugged.
            Ok(pod) if pod.is_running() => {
                let is_good = !pod.is_terminating();
                Ok(Some(ForwardTarget { is_good, ..ForwardTarget::new(pod.into(), None, self.namespace()) }))
            }
            Ok(pod) if pod.is_over() => {
                Err(Error::failure(format!("pod {name:?} has completed"))
                    .because("a completed pod accepts no connections"))
            }
            Ok(_) => Ok(None),
            // Without `get pods` the server will say whether it is there.
            Err(CallError::Answer(KubeFailure::Status(403, _))) => {
                Ok(Some(ForwardTarget::new(WorkloadPod::unreadable(name), None, self.namespace())))
            }
            Err(error) => Err(self.cannot(error, Kind::Pod, "get")),
        }
    }

    pub(super) async fn define(&self) -> Result<Definition> {
        let definition = match self.pods().define(&self.target).await {
            Ok(definition) => definition,
            // The names of its pods are known without it: `get pods` is enough. They may outlive it, too
            // (`kubectl delete --cascade=orphan`).
            Err(CallError::Answer(KubeFailure::Status(..))) if self.target.kind == Kind::StatefulSet => {
                Definition::unreadable(self.target.clone())
            }
            Err(error) => return Err(self.cannot(error, self.target.kind, "get")),
        };
        if self.target.kind == Kind::Service
            && let Some(elsewhere) = leads_out(&definition.service(), FORWARDS_ARE)
        {
            return Err(elsewhere);
        }
        Ok(definition)
    }

    /// What endpoints call not ready may not run at all: its pod tells, where the role lets it be seen.
    async fn unless_pod_ended(&self, found: ForwardTarget) -> Option<ForwardTarget> {
        if found.is_good || found.pod.object.is_some() {
            return Some(found);
        }
        match self.pods().get(&found.pod.name).await {
            Ok(pod) if !pod.is_running() => None,
            Ok(pod) => Some(ForwardTarget { obstacle: pod.obstacle(self.namespace()), ..found }),
            Err(_) => Some(found),
        }
    }

    /// Whether the list that led to pods before is allowed as it was, and only has none of them at the moment.
    fn has_no_pods_now(&self, refused: &[(Route, KubeFailure)]) -> bool {
        self.way.get() == Some(Route::List) && refused.iter().all(|(way, _)| *way != Route::List)
    }

    /// The target does not exist, and what may be meant instead.
    pub(crate) async fn missing(&self) -> Error {
        self.pods().not_found(&self.target, &|other| format!("nsaccess port-forward {other}")).await
    }

    /// The target has no such port.
    pub(crate) fn no_port(&self, why: PortError) -> Error {
        match why {
            PortError::Unknown { what, known } if known.is_empty() => Error::new(ErrorKind::NotFound, what),
            PortError::Unknown { what, known } => Error::new(ErrorKind::NotFound, what)
                .because(format!("its ports are {known}"))
                .try_next(format!("nsaccess port-forward {}   # forwards all of them", self.target)),
            PortError::NotTcp(what) => Error::failure(what),
            PortError::Hidden(what) => Error::new(ErrorKind::Denied, what)
                .because(Kind::Pod.rule(&["get"]).is_missing())
                .lacks(self.cluster.as_missing()),
        }
    }

    fn no_way(&self, mut refused: Vec<(Route, KubeFailure)>) -> Error {
        let name = &self.target.name;
        if self.target.kind == Kind::Service {
            let why =
                format!("cannot list endpointslices or pods, cannot get endpoints, and there is no pod \"{name}-0\"");
            let rule = Rule::new("", "endpoints", &["get"]);
            return denied(&self.cluster, format!("not allowed to find the pods of service {name:?}"), &why, &rule)
                .try_next(format!("nsaccess port-forward pod/POD PORT   # POD is one of the pods of {name}"));
        }
        // A pod that does not exist says more than a way that is not allowed: it may be about to be replaced.
        refused.sort_by_key(|(way, failure)| (matches!(failure, KubeFailure::Status(404, _)), *way == Route::Numbered));
        match refused.pop() {
            Some((Route::Numbered, failure)) => self.cannot(CallError::Answer(failure), Kind::Pod, "get"),
            Some((_, failure)) => self.cannot(CallError::Answer(failure), Kind::Pod, "list"),
            None => Error::failure(format!("cannot find the pods of {}", self.target.quoted()))
                .because("it has no label selector")
                .try_next("nsaccess port-forward pod/POD PORT"),
        }
    }

    fn cannot(&self, error: CallError<KubeFailure>, kind: Kind, verb: &str) -> Error {
        error.explained(|failure| match failure {
            KubeFailure::Status(404, _) => not_found(&self.cluster, &self.target),
            KubeFailure::Status(403, words) => {
                let what = match verb {
                    "get" if kind == self.target.kind => format!("not allowed to get {}", self.target.quoted()),
                    "get" => format!("not allowed to get the pods of {}", self.target.quoted()),
                    _ => format!("not allowed to list the pods of {}", self.target.quoted()),
                };
                let rule = kind.rule(&[verb]);
                or_can_i(denied(&self.cluster, what, &words, &rule), &self.cluster, &rule)
            }
            other => other.into_error(&self.cluster.cluster().name),
        })
    }
}
