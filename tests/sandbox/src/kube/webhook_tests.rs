//! Tests of what the webhook adds to a pod.

use super::super::store::Store;
use super::*;
use crate::cluster::Cluster;
use crate::objects;

const ROLE_ARN: &str = "arn:aws:iam::111122223333:role/x";

fn variables(container: &Value) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let set = container["env"].as_array().into_iter().flatten();
    set.map(|variable| (text(&variable["name"]), text(&variable["value"]))).collect()
}

fn store() -> Store {
    let mut cluster = Cluster::new("c", "111122223333", "eu-north-1");
    cluster.objects.push(objects::service_account_with_role("ns", "x", ROLE_ARN));
    cluster.pod_identities.push(PodIdentity::new("ns", "p", ROLE_ARN));
    Store::of_cluster(&cluster)
}

fn made(mut pod: Value, account: &str) -> Value {
    pod["spec"]["serviceAccountName"] = json!(account);
    store().apply(pod)
}

#[test]
fn a_service_account_with_a_role_leads_its_pods_to_it() {
    let pod = made(objects::pod("ns", "a", "a", true), "x");
    let wanted = [
        ("AWS_STS_REGIONAL_ENDPOINTS", "regional"),
        ("AWS_DEFAULT_REGION", "eu-north-1"),
        ("AWS_REGION", "eu-north-1"),
        ("AWS_ROLE_ARN", ROLE_ARN),
        ("AWS_WEB_IDENTITY_TOKEN_FILE", "/var/run/secrets/eks.amazonaws.com/serviceaccount/token"),
    ];
    assert_eq!(
        variables(&pod["spec"]["containers"][0]),
        wanted.map(|(name, value)| (name.to_owned(), value.to_owned()))
    );
    assert_eq!(pod["spec"].get("initContainers"), None, "what is not there is not null either");
    assert_eq!(pod["spec"]["volumes"][0]["name"], "aws-iam-token");
    assert_eq!(pod["spec"]["containers"][0]["volumeMounts"][0]["name"], "aws-iam-token");
}

#[test]
fn what_a_container_says_itself_stays() {
    let mut pod = objects::pod("ns", "a", "a", true);
    let own = json!([{"name": "AWS_ROLE_ARN", "value": "arn:own"}, {"name": "AWS_REGION", "value": "us-east-1"}]);
    pod["spec"]["containers"][0]["env"] = own;
    let mut skipped = pod["spec"]["containers"][0].clone();
    skipped["name"] = json!("skipped");
    skipped["env"] = json!([]);
    pod["spec"]["containers"].as_array_mut().expect("containers").push(skipped);
    pod["metadata"]["annotations"] = json!({SKIP: "other, skipped"});
    let pod = made(pod, "x");
    let names: Vec<String> = variables(&pod["spec"]["containers"][0]).into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["AWS_ROLE_ARN", "AWS_REGION", "AWS_STS_REGIONAL_ENDPOINTS"]);
    assert_eq!(variables(&pod["spec"]["containers"][1]), []);
}

#[test]
fn pod_identity_names_no_role() {
    let pod = made(objects::pod("ns", "a", "a", true), "p");
    let set = variables(&pod["spec"]["containers"][0]);
    assert!(set.contains(&(
        "AWS_CONTAINER_CREDENTIALS_FULL_URI".to_owned(),
        "http://169.254.170.23/v1/credentials".to_owned()
    )));
    assert!(!set.iter().any(|(name, _)| name == "AWS_ROLE_ARN"), "{set:?}");
    assert_eq!(pod["spec"]["volumes"][0]["name"], "eks-pod-identity-token");
}

#[test]
fn only_new_pods_of_such_accounts_are_changed() {
    assert_eq!(variables(&made(objects::pod("ns", "a", "a", true), "default")["spec"]["containers"][0]), []);
    let mut store = store();
    let pod = store.apply(objects::pod("ns", "a", "a", true));
    let mut later = pod.clone();
    later["spec"]["serviceAccountName"] = json!("x");
    assert_eq!(variables(&store.apply(later)["spec"]["containers"][0]), []);
}
