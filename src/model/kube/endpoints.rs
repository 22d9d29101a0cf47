//! The pods in `Endpoints` objects and endpoint slices.

use serde_json::Value;

use crate::model::kube::workload_pod::{Endpoint, WorkloadPod};

/// The pods of an `EndpointSlice`.
pub(crate) fn of_slice(slice: &Value) -> Vec<WorkloadPod> {
    pods(&slice["endpoints"], &slice["ports"], |endpoint| {
        let condition = |name: &str| endpoint["conditions"][name].as_bool();
        // By the API's rule, an unknown condition counts as ready.
        (condition("ready").unwrap_or(true), condition("terminating").unwrap_or(false))
    })
}

/// The pods of an `Endpoints` object.
pub(crate) fn of_endpoints(object: &Value) -> Vec<WorkloadPod> {
    let subsets = object["subsets"].as_array().into_iter().flatten();
    let of_subset = |subset: &Value| {
        let mut ready = pods(&subset["addresses"], &subset["ports"], |_| (true, false));
        ready.extend(pods(&subset["notReadyAddresses"], &subset["ports"], |_| (false, false)));
        ready
    };
    subsets.flat_map(of_subset).collect()
}

/// The addresses that are pods. `state` returns whether one is ready, and whether it is terminating.
fn pods(addresses: &Value, ports: &Value, state: impl Fn(&Value) -> (bool, bool)) -> Vec<WorkloadPod> {
    let ports = ports.as_array().into_iter().flatten().filter_map(|port| {
        let name = port["name"].as_str().filter(|name| !name.is_empty()).map(str::to_owned);
        Some((name, u16::try_from(port["port"].as_u64()?).ok()?))
    });
    let ports: Vec<(Option<String>, u16)> = ports.collect();
    let of_pod = |address: &Value| {
        let target = &address["targetRef"];
        let name = target["name"].as_str().filter(|_| target["kind"] == "Pod")?.to_owned();
        let uid = target["uid"].as_str().unwrap_or_default().to_owned();
        let (is_ready, is_terminating) = state(address);
        let endpoint = Endpoint { is_ready, is_terminating, ports: ports.clone() };
        Some(WorkloadPod { name, uid, object: None, endpoint: Some(endpoint) })
    };
    addresses.as_array().into_iter().flatten().filter_map(of_pod).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn shown(pods: &[WorkloadPod]) -> Vec<String> {
        let shown = pods.iter().map(|pod| {
            let endpoint = pod.endpoint.as_ref().expect("an endpoint");
            let (ready, ending) = (endpoint.is_ready, endpoint.is_terminating);
            format!("{}/{} {ready} {ending} {:?}", pod.name, pod.uid, endpoint.ports)
        });
        shown.collect()
    }

    #[test]
    fn slices_and_endpoints_name_the_same_pods() {
        let target = |name: &str| json!({"kind": "Pod", "name": name, "uid": "1"});
        let ports = json!([{"name": "http", "port": 8080}, {"name": "", "port": 9}, {"name": "all"}]);
        let slice = json!({"ports": ports, "endpoints": [
            {"targetRef": target("a"), "conditions": {"ready": true}},
            {"targetRef": target("b"), "conditions": {"ready": false}},
            {"targetRef": {"kind": "Node", "name": "n"}},
            {"addresses": ["192.0.2.1"]},
        ]});
        let object = json!({"subsets": [{
            "ports": ports, "addresses": [{"ip": "192.0.2.1"}, {"targetRef": target("a")}],
            "notReadyAddresses": [{"targetRef": target("b")}],
        }]});
        let ports = r#"[(Some("http"), 8080), (None, 9)]"#;
        let expected = [format!("a/1 true false {ports}"), format!("b/1 false false {ports}")];
        assert_eq!(shown(&of_slice(&slice)), expected);
        assert_eq!(shown(&of_endpoints(&object)), expected);
    }

    #[test]
    fn an_unknown_condition_counts_as_ready() {
        let endpoint = |conditions: Value| json!({"targetRef": {"kind": "Pod", "name": "a"}, "conditions": conditions});
        let slice = json!({"ports": null, "endpoints": [endpoint(json!({})), endpoint(json!({"terminating": true}))]});
        assert_eq!(shown(&of_slice(&slice)), ["a/ true false []", "a/ true true []"]);
        assert!(of_slice(&json!({"endpoints": null})).is_empty() && of_endpoints(&json!({})).is_empty());
    }
}
