//! One of each kind: services of all sorts, and pods with every kind of server.

use serde_json::{Value, json};

use super::{bare_endpoints, deployment, job, pod, service, stateful_set, template};

fn port(name: &str, number: u16, target: Value) -> Value {
    json!({"name": name, "protocol": "TCP", "port": number, "targetPort": target})
}

/// The objects for trying a port-forward: a Deployment `api` behind `api` (named port) and `api-numeric` (its port is
/// not the container's), `api-headless`, `api-two` (two ports), a StatefulSet `db` behind the headless `db`, a Job
/// `migrate`, a pod `servers` with every kind of server and services that lead to some of them, services without a
/// selector that lead to a pod (`manual`) and to an address (`outside`), an ExternalName `elsewhere`, `dns` over UDP,
/// `broken` (no ready pod) and `empty` (no pod at all).
pub fn showcase(namespace: &str) -> Vec<Value> {
    let api = template("api", &[("http", 8080, "http"), ("admin", 8081, "http"), ("echo", 9000, "echo")]);
    let db = template("db", &[("sql", 5432, "banner"), ("stats", 8080, "http")]);
    let servers = template(
        "servers",
        &[
            ("http", 8080, "http"),
            ("echo", 9000, "echo"),
            ("sink", 9001, "sink"),
            ("firehose", 9002, "firehose"),
            ("banner", 9003, "banner"),
            ("reset", 9004, "reset:1000"),
            ("half-close", 9005, "half-close"),
            ("until-fin", 9006, "until-fin"),
            ("stall", 9007, "stall"),
            ("refuse", 9008, "refuse"),
        ],
    );
    let of = |name: &str, application: &str, ports: Value| service(namespace, name, application, ports);
    let mut objects = deployment(namespace, "api", 2, &api);
    objects.extend(stateful_set(namespace, "db", 2, &db));
    objects.extend(job(namespace, "migrate", &template("migrate", &[("http", 8080, "http")])));
    objects.push(super::templated_pod(namespace, "servers", &servers, true));
    objects.push(pod(namespace, "broken-0", "broken", false));
    objects.extend([
        of("api", "api", json!([port("http", 80, json!("http"))])),
        of("api-numeric", "api", json!([port("http", 8000, json!(8080))])),
        of("api-two", "api", json!([port("http", 80, json!("http")), port("admin", 81, json!("admin"))])),
        headless(of("api-headless", "api", json!([port("http", 8080, json!("http"))]))),
        headless(of("db", "db", json!([port("sql", 5432, json!("sql"))]))),
        of("servers", "servers", json!([port("http", 80, json!("http")), port("echo", 7, json!("echo"))])),
        of("refuse", "servers", json!([port("refuse", 80, json!("refuse"))])),
        of("broken", "broken", json!([port("http", 80, json!("http"))])),
        of("empty", "nothing", json!([port("http", 80, json!("http"))])),
        of("dns", "servers", json!([{"name": "dns", "protocol": "UDP", "port": 53, "targetPort": 53}])),
        without_selector(of("manual", "", json!([port("http", 80, json!(8080))]))),
        without_selector(of("outside", "", json!([port("sql", 5432, json!(5432))]))),
        external_name(of("elsewhere", "", json!([port("https", 443, json!(443))]))),
    ]);
    let reference = json!({"kind": "Pod", "namespace": namespace, "name": "servers"});
    objects.push(bare_endpoints(
        namespace,
        "manual",
        vec![json!({"addresses": [{"ip": "10.20.9.9", "targetRef": reference}],
            "ports": [{"name": "http", "port": 8080, "protocol": "TCP"}]})],
    ));
    objects.push(bare_endpoints(
        namespace,
        "outside",
        vec![json!({"addresses": [{"ip": "10.99.0.7"}], "ports": [{"name": "sql", "port": 5432, "protocol": "TCP"}]})],
    ));
    objects
}

/// Makes a service headless.
pub fn headless(mut service: Value) -> Value {
    service["spec"]["clusterIP"] = json!("None");
    service["spec"]["clusterIPs"] = json!(["None"]);
    service
}

/// Removes the selector of a service.
pub fn without_selector(mut service: Value) -> Value {
    if let Some(spec) = service["spec"].as_object_mut() {
        spec.remove("selector");
    }
    service
}

fn external_name(service: Value) -> Value {
    let mut service = without_selector(service);
    if let Some(spec) = service["spec"].as_object_mut() {
        spec.retain(|name, _| name == "ports" || name == "sessionAffinity");
        spec.insert("type".to_owned(), json!("ExternalName"));
        spec.insert("externalName".to_owned(), json!("db.example.com"));
    }
    service
}
