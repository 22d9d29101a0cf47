//! A service: its selector, and the pod ports behind its ports.

use serde_json::Value;

use crate::model::kube::selector;
use crate::model::kube::workload_pod::WorkloadPod;
use crate::model::port_forward::ports::{PortError, RemotePort};

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ServicePort {
    /// May be absent if the service has only one port.
    pub(crate) name: Option<String>,
    pub(crate) number: u16,
    /// The pod's port, if it differs.
    pub(crate) target: Option<RemotePort>,
    /// `TCP`, `UDP` or `SCTP`.
    pub(crate) protocol: String,
    /// What is spoken over it: `http`, `grpc`, `kubernetes.io/ws`, …
    pub(crate) app_protocol: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Service {
    pub(crate) name: String,
    /// For a list request. Without one, the endpoints are managed by something else.
    pub(crate) selector: Option<String>,
    /// `clusterIP: None`.
    pub(crate) is_headless: bool,
    /// Of an ExternalName service.
    pub(crate) external_name: Option<String>,
    pub(crate) ports: Vec<ServicePort>,
}

impl Service {
    pub(crate) fn read(name: &str, object: &Value) -> Self {
        let spec = &object["spec"];
        let ports = spec["ports"].as_array().into_iter().flatten().filter_map(|port| {
            Some(ServicePort {
                name: port["name"].as_str().map(str::to_owned),
                number: u16::try_from(port["port"].as_u64()?).ok()?,
                target: target(&port["targetPort"]),
                protocol: port["protocol"].as_str().unwrap_or("TCP").to_owned(),
                app_protocol: port["appProtocol"].as_str().map(str::to_owned),
            })
        });
        let external = spec["externalName"].as_str().filter(|_| spec["type"] == "ExternalName");
        Service {
            name: name.to_owned(),
            selector: selector::of_object(object),
            is_headless: spec["clusterIP"] == "None",
            external_name: external.map(str::to_owned),
            ports: ports.collect(),
        }
    }

    /// Resolves a port of the service.
    pub(crate) fn port(&self, asked: &RemotePort) -> Result<&ServicePort, PortError> {
        let fits = |port: &&ServicePort| match asked {
            RemotePort::Number(number) => port.number == *number,
            RemotePort::Name(name) => port.name.as_deref() == Some(name),
        };
        let candidates: Vec<&ServicePort> = self.ports.iter().filter(fits).collect();
        match candidates.iter().find(|port| port.protocol == "TCP").or(candidates.first()) {
            Some(port) if port.protocol == "TCP" => Ok(port),
            Some(port) => Err(PortError::not_tcp(asked, &format!("service {:?}", self.name), &port.protocol)),
            None => {
                let what = match asked {
                    RemotePort::Number(number) => format!("service {:?} has no port {number}", self.name),
                    RemotePort::Name(name) => format!("service {:?} has no port named {name:?}", self.name),
                };
                Err(PortError::Unknown { what, known: self.port_list() })
            }
        }
    }

    /// `80 (http), 443`
    pub(crate) fn port_list(&self) -> String {
        let shown = self.ports.iter().map(|port| match &port.name {
            Some(name) => format!("{} ({name})", port.number),
            None => port.number.to_string(),
        });
        shown.collect::<Vec<String>>().join(", ")
    }

    /// The pod's port behind a port of the service. For a headless service it is the same number, as in kubectl.
    pub(crate) fn pod_port(&self, asked: &RemotePort, pod: &WorkloadPod) -> Result<u16, PortError> {
        let port = self.port(asked)?;
        match &port.target {
            _ if self.is_headless => Ok(port.number),
            Some(target) if pod.object.is_some() => pod.port(target),
            _ => Ok(pod.endpoint_port(port.name.as_deref()).unwrap_or(port.number)),
        }
    }

    /// The target port of a headless service, if it differs from the service's port.
    pub(crate) fn other_target(&self, asked: &RemotePort, pod: &WorkloadPod) -> Option<u16> {
        let port = self.port(asked).ok().filter(|_| self.is_headless)?;
        let target = port.target.as_ref().and_then(|target| match target {
            RemotePort::Name(_) if pod.object.is_none() => None,
            target => pod.port(target).ok(),
        });
        target.or_else(|| pod.endpoint_port(port.name.as_deref())).filter(|target| *target != port.number)
    }
}

fn target(port: &Value) -> Option<RemotePort> {
    match port {
        Value::String(name) => Some(RemotePort::Name(name.clone())),
        other => u16::try_from(other.as_u64()?).ok().filter(|number| *number > 0).map(RemotePort::Number),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::model::kube::pod::Pod;

    fn service(spec: &Value) -> Service {
        Service::read("web", &json!({"spec": spec}))
    }

    fn web() -> WorkloadPod {
        let ports = json!([
            {"name": "http", "containerPort": 8080},
            {"name": "dns", "containerPort": 53, "protocol": "UDP"},
        ]);
        let spec = json!({"containers": [{"name": "app", "ports": ports}]});
        let pod: Pod = serde_json::from_value(json!({"metadata": {"name": "web-0"}, "spec": spec})).expect("a pod");
        pod.into()
    }

    #[test]
    fn ports_of_services_are_mapped_to_ports_of_pods() {
        let ports = json!([
            {"name": "web", "port": 80, "targetPort": "http"},
            {"name": "admin", "port": 81, "targetPort": 9000},
            {"name": "dns", "port": 53, "protocol": "UDP"},
        ]);
        let (normal, pod) = (service(&json!({"ports": ports})), web());
        let find = |asked: RemotePort| normal.pod_port(&asked, &pod);
        assert_eq!(find(RemotePort::Number(80)), Ok(8080));
        assert_eq!(find(RemotePort::Name("admin".into())), Ok(9000));
        assert!(find(RemotePort::Number(53)).is_err_and(|why| why.to_string().contains("UDP")));
        assert!(find(RemotePort::Number(8080)).is_err_and(|why| why.to_string().contains("80 (web)")));
        assert_eq!(normal.other_target(&RemotePort::Number(81), &pod), None);
        let headless = service(&json!({"ports": ports, "clusterIP": "None"}));
        assert_eq!(headless.pod_port(&RemotePort::Number(80), &pod), Ok(80));
        assert_eq!(headless.other_target(&RemotePort::Number(80), &pod), Some(8080));
        assert_eq!(headless.other_target(&RemotePort::Number(80), &WorkloadPod::unreadable("web-0")), None);
        assert_eq!(headless.other_target(&RemotePort::Number(81), &pod), Some(9000));
        let object = pod.object.expect("an object");
        assert!(object.port(&RemotePort::Name("dns".into())).is_err());
        assert_eq!(object.port(&RemotePort::Number(1234)), Ok(1234));
    }

    #[test]
    fn a_service_without_a_selector_or_of_another_name_is_known() {
        let external = service(&json!({"type": "ExternalName", "externalName": "db.example.com"}));
        assert_eq!((external.external_name.as_deref(), external.selector), (Some("db.example.com"), None));
        let plain = service(&json!({"externalName": "left", "selector": {"app": "web", "tier": "a"}}));
        assert_eq!((plain.external_name, plain.selector.as_deref()), (None, Some("app=web,tier=a")));
    }
}
