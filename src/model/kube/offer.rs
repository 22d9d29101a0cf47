//! An object of a namespace as it is offered to a person who has to choose one.

use serde_json::Value;

use crate::model::kube::pod::Pod;
use crate::model::kube::pod_status;
use crate::model::kube::service::Service;
use crate::model::kube::workload::{Kind, Workload};

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Offer {
    pub(crate) workload: Workload,
    /// What helps to choose: a status, ports, how many pods are ready.
    pub(crate) note: String,
}

impl Offer {
    /// An object of a list.
    pub(crate) fn read(kind: Kind, object: Value) -> Option<Self> {
        let name = object["metadata"]["name"].as_str()?.to_owned();
        let note = match kind {
            Kind::Pod => pod_status::row(&serde_json::from_value::<Pod>(object).ok()?).status,
            Kind::Service => Service::read(&name, &object).port_list(),
            Kind::DaemonSet => ready(&object["status"], "numberReady", &object["status"]["desiredNumberScheduled"]),
            Kind::Deployment | Kind::StatefulSet | Kind::ReplicaSet => {
                ready(&object["status"], "readyReplicas", &object["spec"]["replicas"])
            }
            Kind::Job | Kind::CronJob | Kind::ServiceAccount => String::new(),
        };
        Some(Offer { workload: Workload { kind, name }, note })
    }

    /// A line for each, with the notes below each other.
    pub(crate) fn lines(offers: &[Offer]) -> Vec<String> {
        let names: Vec<String> = offers.iter().map(|offer| offer.workload.to_string()).collect();
        let width = names.iter().map(String::len).max().unwrap_or_default();
        let line = |(name, offer): (&String, &Offer)| format!("{name:<width$}  {}", offer.note).trim_end().to_owned();
        names.iter().zip(offers).map(line).collect()
    }
}

fn ready(status: &Value, key: &str, wanted: &Value) -> String {
    format!("{}/{} ready", status[key].as_u64().unwrap_or(0), wanted.as_u64().unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_choice_says_how_things_are() {
        let port = json!({"name": "http", "port": 80});
        let offers: Vec<Offer> = [
            (Kind::Service, json!({"metadata": {"name": "web"}, "spec": {"ports": [port]}})),
            (
                Kind::Deployment,
                json!({"metadata": {"name": "payments"}, "spec": {"replicas": 2}, "status": {"readyReplicas": 1}}),
            ),
            (Kind::Pod, json!({"metadata": {"name": "web-0"}, "status": {"phase": "Pending"}})),
            (Kind::Job, json!({"metadata": {"name": "migrate"}})),
            (Kind::Pod, json!({})),
        ]
        .into_iter()
        .filter_map(|(kind, object)| Offer::read(kind, object))
        .collect();
        let lines =
            ["svc/web          80 (http)", "deploy/payments  1/2 ready", "pod/web-0        Pending", "job/migrate"];
        assert_eq!(Offer::lines(&offers), lines);
    }
}
