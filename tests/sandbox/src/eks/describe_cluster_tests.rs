use std::sync::Arc;

use super::*;
use crate::World;
use crate::cluster::HealthIssue;
use crate::state::ClusterAddress;
use crate::tls::Authority;

const CLUSTER: &str = "idp-nonprod-1";

/// What is shown of a cluster after a change, with its true certificate authority.
fn edited(edit: impl FnOnce(&mut Cluster)) -> (Value, String) {
    let mut state = State::new(World::default());
    let authority = Arc::new(Authority::of_cluster(CLUSTER).expect("an authority"));
    let pem = authority.pem().to_owned();
    let address = ClusterAddress { endpoint: "https://127.0.0.1:1".to_owned(), authority };
    state.cluster_addresses.insert(CLUSTER.to_owned(), address);
    let mut cluster = state.world.clusters[0].clone();
    edit(&mut cluster);
    (shown(&state, &cluster), pem)
}

fn authority(shown: &Value) -> String {
    let data = shown["certificateAuthority"]["data"].as_str().expect("an authority");
    String::from_utf8(STANDARD.decode(data).expect("base64")).expect("PEM")
}

#[test]
fn the_listener_is_shown_unless_something_else_is_to_be() {
    let (plain, pem) = edited(|_| {});
    assert_eq!((&plain["endpoint"], authority(&plain)), (&json!("https://127.0.0.1:1"), pem));
    let (other, _) = edited(|cluster| {
        cluster.shown_endpoint = Some("https://private.example.com".to_owned());
        cluster.shown_authority_pem = Some("another".to_owned());
    });
    assert_eq!((&other["endpoint"], authority(&other)), (&json!("https://private.example.com"), "another".to_owned()));
    let (none, _) = edited(|cluster| {
        cluster.has_endpoint = false;
        cluster.shown_endpoint = Some("https://private.example.com".to_owned());
    });
    assert!(none["endpoint"].is_null() && none["certificateAuthority"].is_null());
}

#[test]
fn access_support_and_health_are_the_clusters_own() {
    let (shown, _) = edited(|cluster| {
        cluster.endpoint_public_access = false;
        cluster.public_access_cidrs = vec!["203.0.113.0/24".to_owned()];
        cluster.support_type = "STANDARD".to_owned();
        cluster.health_issues.push(HealthIssue {
            code: "KmsKeyDisabled".to_owned(),
            message: "the key is disabled".to_owned(),
            resource_ids: vec!["key-1".to_owned()],
        });
    });
    let network = &shown["resourcesVpcConfig"];
    assert_eq!((&network["endpointPublicAccess"], &network["endpointPrivateAccess"]), (&json!(false), &json!(true)));
    assert_eq!(network["publicAccessCidrs"], json!(["203.0.113.0/24"]));
    assert_eq!(shown["upgradePolicy"], json!({"supportType": "STANDARD"}));
    let issue = json!({"code": "KmsKeyDisabled", "message": "the key is disabled", "resourceIds": ["key-1"]});
    assert_eq!(shown["health"]["issues"], json!([issue]));
}
