use super::*;
use crate::kube::store::Store;

fn service(name: &str, ports: Value) -> Value {
    objects::service("ns", name, "web", ports)
}

#[test]
fn ready_pods_are_addresses_and_terminating_ones_are_not() {
    let named = service("web", json!([{"name": "http", "protocol": "TCP", "port": 80, "targetPort": "http"}]));
    let mut store =
        Store::new(&[named, objects::pod("ns", "web-0", "web", true), objects::pod("ns", "web-1", "web", false)]);
    let names = |store: &Store, list: &str| -> Vec<String> {
        let subsets = &store.get("Endpoints", Some("ns"), "web").expect("endpoints")["subsets"];
        let addresses = subsets[0][list].as_array().into_iter().flatten();
        addresses.map(|address| address["targetRef"]["name"].as_str().unwrap_or_default().to_owned()).collect()
    };
    assert_eq!(names(&store, "addresses"), ["web-0"]);
    assert_eq!(names(&store, "notReadyAddresses"), ["web-1"]);
    let ports = &store.get("Endpoints", Some("ns"), "web").expect("endpoints")["subsets"][0]["ports"];
    assert_eq!(*ports, json!([{"port": 8080, "protocol": "TCP", "name": "http"}]));
    let mut going = store.get("Pod", Some("ns"), "web-0").expect("a pod").clone();
    going["metadata"]["deletionTimestamp"] = json!("2026-01-01T00:00:00Z");
    store.apply(going);
    assert!(names(&store, "addresses").is_empty());
    let conditions = &store.of("EndpointSlice", Some("ns"))[0]["endpoints"][0]["conditions"];
    assert_eq!(*conditions, json!({"ready": false, "serving": true, "terminating": true}));
    store.delete("Pod", "ns", "web-0");
    assert_eq!(store.of("EndpointSlice", Some("ns"))[0]["endpoints"].as_array().map(Vec::len), Some(1));
    store.delete("Service", "ns", "web");
    assert!(store.of("EndpointSlice", Some("ns")).is_empty() && store.get("Endpoints", Some("ns"), "web").is_none());
}

#[test]
fn a_service_without_a_selector_keeps_its_own_endpoints() {
    let mut own = service("own", json!([{"port": 5432}]));
    own["spec"]["selector"] = Value::Null;
    let subsets = vec![json!({"addresses": [{"ip": "10.1.2.3"}], "ports": [{"port": 5432, "protocol": "TCP"}]})];
    let store =
        Store::new(&[own, objects::bare_endpoints("ns", "own", subsets.clone()), objects::pod("ns", "x", "x", true)]);
    assert_eq!(store.get("Endpoints", Some("ns"), "own").expect("endpoints")["subsets"], json!(subsets));
    assert_eq!(store.of("EndpointSlice", Some("ns"))[0]["endpoints"][0]["addresses"], json!(["10.1.2.3"]));
}
