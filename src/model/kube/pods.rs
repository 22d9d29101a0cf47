//! Pods and services as port-forward needs them: which pod is best, and which of its ports is meant.

use jiff::Timestamp;

use crate::model::kube::obstacle::Waiting;
use crate::model::port_forward::ports::RemotePort;

/// A port that a container names or declares.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContainerPort {
    /// Its name, if it has one.
    pub name: Option<String>,
    /// Its number.
    pub number: u16,
    /// `TCP`, `UDP` or `SCTP`.
    pub protocol: String,
}

/// A pod, as far as it decides where to forward to.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PodFacts {
    /// Its name.
    pub name: String,
    /// It tells two pods of one name apart (a stateful set's pod comes back under its old name).
    pub uid: String,
    /// Phase `Running`.
    pub running: bool,
    /// Phase `Succeeded` or `Failed`: it will not run again.
    pub finished: bool,
    /// Condition `Ready`.
    pub ready: bool,
    /// It is being deleted.
    pub terminating: bool,
    /// Why no node takes it.
    pub unschedulable: Option<String>,
    /// The first of its containers that waits for something.
    pub waiting: Option<Waiting>,
    /// Since when it is ready.
    pub ready_since: Option<Timestamp>,
    /// Restarts of all its containers.
    pub restarts: u32,
    /// When it was made.
    pub created: Option<Timestamp>,
    /// Ports of its containers.
    pub ports: Vec<ContainerPort>,
}

impl PodFacts {
    /// New connections may go there without a second thought.
    pub fn is_good(&self) -> bool {
        self.running && self.ready && !self.terminating
    }
}

/// The pod that new connections go to: good ones first, among them the longest ready, fewest restarts, oldest, as
/// kubectl ranks them. A running pod that is not ready, or ends, comes last and only where there is no better one;
/// one that does not run is none.
pub fn best(pods: &[PodFacts]) -> Option<&PodFacts> {
    let running = pods.iter().filter(|pod| pod.running);
    running.min_by_key(|pod| {
        (
            pod.terminating,
            !pod.ready,
            pod.ready_since.unwrap_or(Timestamp::MAX),
            pod.restarts,
            pod.created,
            pod.name.clone(),
        )
    })
}

/// A port of a service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServicePort {
    /// Its name; the only port of a service may have none.
    pub name: Option<String>,
    /// Its number.
    pub number: u16,
    /// The pod's port, where it differs.
    pub target: Option<RemotePort>,
    /// `TCP`, `UDP` or `SCTP`.
    pub protocol: String,
}

/// A service, as far as it decides where to forward to.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ServiceFacts {
    /// Its name.
    pub name: String,
    /// Labels that its pods have; none means that somebody else names its endpoints.
    pub selector: Vec<(String, String)>,
    /// `clusterIP: None`.
    pub headless: bool,
    /// The name that an ExternalName service stands for.
    pub external_name: Option<String>,
    /// Its ports.
    pub ports: Vec<ServicePort>,
}

impl ServiceFacts {
    /// Its selector, as a list request takes it.
    pub fn labels(&self) -> String {
        let labels: Vec<String> = self.selector.iter().map(|(key, value)| format!("{key}={value}")).collect();
        labels.join(",")
    }

    /// The port of the service that is meant.
    ///
    /// # Errors
    /// Why there is none, in words.
    pub fn port(&self, asked: &RemotePort) -> Result<&ServicePort, String> {
        let fits = |port: &&ServicePort| match asked {
            RemotePort::Number(number) => port.number == *number,
            RemotePort::Name(name) => port.name.as_deref() == Some(name),
        };
        let candidates: Vec<&ServicePort> = self.ports.iter().filter(fits).collect();
        match candidates.iter().find(|port| port.protocol == "TCP").or(candidates.first()) {
            Some(port) if port.protocol == "TCP" => Ok(port),
            Some(port) => Err(format!(
                "port {asked} of the service {} is {}, and port-forward carries TCP only",
                self.name, port.protocol
            )),
            None => Err(format!("the service {} has no port {asked}; it has {}", self.name, self.port_list())),
        }
    }

    fn port_list(&self) -> String {
        let shown = self.ports.iter().map(|port| match &port.name {
            Some(name) => format!("{} ({name})", port.number),
            None => port.number.to_string(),
        });
        let shown: Vec<String> = shown.collect();
        if shown.is_empty() { "none".to_owned() } else { shown.join(", ") }
    }

    /// The pod's port behind a port of the service. A headless service forwards its own number, as kubectl has it.
    ///
    /// # Errors
    /// When the pod has no port of that name.
    pub fn pod_port(&self, port: &ServicePort, pod: &PodFacts) -> Result<u16, String> {
        match &port.target {
            _ if self.headless => Ok(port.number),
            None => Ok(port.number),
            Some(target) => pod_port(pod, target),
        }
    }
}

impl ServiceFacts {
    /// The port of a headless service's pods that its target port names, where that is another one than its own.
    pub fn other_target(&self, asked: &RemotePort, pod: Option<&PodFacts>) -> Option<u16> {
        let port = self.port(asked).ok().filter(|_| self.headless)?;
        let target = match (port.target.as_ref()?, pod) {
            (RemotePort::Number(number), _) => *number,
            (name, Some(pod)) => pod_port(pod, name).ok()?,
            (_, None) => return None,
        };
        (target != port.number).then_some(target)
    }
}

/// A port of a pod, by number or name.
///
/// # Errors
/// When no container names it so, or it is not TCP.
pub fn pod_port(pod: &PodFacts, asked: &RemotePort) -> Result<u16, String> {
    match asked {
        RemotePort::Number(number) => {
            match pod.ports.iter().filter(|port| port.number == *number).collect::<Vec<_>>() {
                declared if !declared.is_empty() && declared.iter().all(|port| port.protocol != "TCP") => Err(format!(
                    "port {number} of {} is {}, and port-forward carries TCP only",
                    pod.name, declared[0].protocol
                )),
                _ => Ok(*number),
            }
        }
        RemotePort::Name(name) => {
            let found = pod.ports.iter().find(|port| port.name.as_deref() == Some(name));
            let port = found.ok_or_else(|| no_port_of_that_name(pod, name))?;
            pod_port(pod, &RemotePort::Number(port.number))
        }
    }
}

fn no_port_of_that_name(pod: &PodFacts, name: &str) -> String {
    let known: Vec<String> =
        pod.ports.iter().filter_map(|port| Some(format!("{} ({})", port.name.as_deref()?, port.number))).collect();
    let known = if known.is_empty() { "it names none; give a number".to_owned() } else { known.join(", ") };
    format!("no container of {} names a port {name}: {known}", pod.name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pod(name: &str, running: bool, ready: bool, terminating: bool) -> PodFacts {
        PodFacts { name: name.into(), running, ready, terminating, ..PodFacts::default() }
    }

    fn tcp(name: Option<&str>, number: u16, target: Option<RemotePort>) -> ServicePort {
        ServicePort { name: name.map(str::to_owned), number, target, protocol: "TCP".into() }
    }

    #[test]
    fn the_best_pod_is_ready_and_stays() {
        let (ending, unready, good, pending) = (
            pod("a", true, true, true),
            pod("b", true, false, false),
            pod("c", true, true, false),
            pod("d", false, false, false),
        );
        let all = [ending.clone(), unready.clone(), good, pending.clone()];
        assert_eq!(best(&all).map(|pod| pod.name.as_str()), Some("c"));
        assert_eq!(best(&[ending.clone(), unready]).map(|pod| pod.name.as_str()), Some("b"));
        assert_eq!(best(&[ending]).map(|pod| pod.name.as_str()), Some("a"));
        assert_eq!(best(&[pending]), None);
    }

    #[test]
    fn the_longest_ready_wins_then_the_steadiest() {
        let since = |second, restarts, name: &str| PodFacts {
            ready_since: Timestamp::from_second(second).ok(),
            restarts,
            ..pod(name, true, true, false)
        };
        assert_eq!(best(&[since(20, 0, "new"), since(10, 0, "old")]).map(|pod| pod.name.as_str()), Some("old"));
        assert_eq!(best(&[since(10, 3, "shaky"), since(10, 0, "steady")]).map(|pod| pod.name.as_str()), Some("steady"));
    }

    #[test]
    fn ports_of_services_lead_to_ports_of_pods() {
        let mut web = pod("web-0", true, true, false);
        web.ports = vec![
            ContainerPort { name: Some("http".into()), number: 8080, protocol: "TCP".into() },
            ContainerPort { name: Some("dns".into()), number: 53, protocol: "UDP".into() },
        ];
        let mut service = ServiceFacts {
            name: "web".into(),
            ports: vec![
                tcp(Some("web"), 80, Some(RemotePort::Name("http".into()))),
                tcp(Some("admin"), 81, Some(RemotePort::Number(9000))),
                ServicePort { protocol: "UDP".into(), ..tcp(Some("dns"), 53, None) },
            ],
            ..ServiceFacts::default()
        };
        let find = |service: &ServiceFacts, asked: RemotePort| {
            service.port(&asked).and_then(|port| service.pod_port(port, &web))
        };
        assert_eq!(find(&service, RemotePort::Number(80)), Ok(8080));
        assert_eq!(find(&service, RemotePort::Name("admin".into())), Ok(9000));
        assert!(find(&service, RemotePort::Number(53)).is_err_and(|why| why.contains("UDP")));
        assert!(find(&service, RemotePort::Number(8080)).is_err_and(|why| why.contains("80 (web)")));
        service.headless = true;
        assert_eq!(find(&service, RemotePort::Number(80)), Ok(80));
        assert_eq!(service.other_target(&RemotePort::Number(80), Some(&web)), Some(8080));
        assert_eq!(service.other_target(&RemotePort::Number(80), None), None);
        assert_eq!(service.other_target(&RemotePort::Number(81), None), Some(9000));
        service.headless = false;
        assert_eq!(service.other_target(&RemotePort::Number(81), None), None);
        assert!(pod_port(&web, &RemotePort::Name("dns".into())).is_err());
        assert_eq!(pod_port(&web, &RemotePort::Number(1234)), Ok(1234));
    }
}
