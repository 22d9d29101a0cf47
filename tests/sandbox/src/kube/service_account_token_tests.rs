//! Tests of TokenRequest.

use super::*;
use crate::identity_token;
use crate::message::Content;
use crate::objects;

const NOW: i64 = 1_800_000_000;

fn ask(spec: Value) -> (u16, Value, Issuers) {
    let mut cluster = Cluster::new("c", "111122223333", "eu-west-1");
    cluster.objects.push(objects::service_account("ns", "billing"));
    cluster.objects.push(objects::pod("ns", "mine", "mine", true));
    cluster.objects.push(objects::running_as(objects::pod("ns", "billing-0", "billing", true), "billing"));
    let (store, issuers) = (Store::of_cluster(&cluster), Issuers::new(["c"].into_iter()));
    let attributes = Attributes { namespace: "ns".into(), name: "billing".into(), ..Attributes::default() };
    let body = json!({"spec": spec}).to_string().into_bytes();
    let request = Request { body: body.into(), ..Request::default() };
    let signer = Signer { issuers: &issuers, cluster: &cluster, id: "id".into(), now: NOW };
    let reply = create(&store, &signer, &attributes, &request);
    let Content::Full(bytes) = reply.content else { panic!("a whole reply") };
    (reply.status, serde_json::from_slice(&bytes).expect("JSON"), issuers)
}

#[test]
fn a_token_says_whose_it_is_and_for_whom() {
    let bound = json!({"kind": "Pod", "apiVersion": "v1", "name": "billing-0"});
    let spec = json!({"audiences": ["sts.amazonaws.com"], "expirationSeconds": 600, "boundObjectRef": bound});
    let (status, made, issuers) = ask(spec);
    assert_eq!((status, &made["kind"]), (201, &json!("TokenRequest")));
    let token = identity_token::read(made["status"]["token"].as_str().expect("a token")).expect("a JWT");
    assert_eq!(issuers.verify("c", &token), Some(true));
    let claims = token.claims;
    assert_eq!(claims["sub"], "system:serviceaccount:ns:billing");
    assert_eq!(claims["aud"], json!(["sts.amazonaws.com"]));
    assert_eq!(
        (claims["exp"].as_i64(), &claims["kubernetes.io"]["pod"]["name"]),
        (Some(NOW + 600), &json!("billing-0"))
    );
    assert_eq!(made["status"]["expirationTimestamp"], "2027-01-15T08:10:00Z");
}

#[test]
fn without_an_audience_it_is_for_the_api_server_and_for_an_hour() {
    let (_, made, _) = ask(json!({}));
    assert_eq!(made["spec"]["audiences"], json!(["https://kubernetes.default.svc"]));
    assert_eq!(made["spec"]["expirationSeconds"], 3600);
}

#[test]
fn what_cannot_be_is_refused_as_the_api_server_refuses_it() {
    let pod = |name: &str, uid: &str| json!({"boundObjectRef": {"kind": "Pod", "name": name, "uid": uid}});
    for (spec, status, words) in [
        (json!({"expirationSeconds": 599}), 422, "may not specify a duration less than 10 minutes"),
        (json!({"expirationSeconds": 4_294_967_297_i64}), 422, "larger than 2^32 seconds"),
        (pod("none", ""), 404, "pods \"none\" not found"),
        (pod("billing-0", "another"), 409, "does not match the UID in record"),
        (pod("mine", ""), 400, "to pod running with different serviceaccount name"),
        (
            json!({"boundObjectRef": {"kind": "Service", "name": "x"}}),
            400,
            "cannot bind token for object of type Service",
        ),
    ] {
        let (got, body, _) = ask(spec);
        let message = body["message"].as_str().unwrap_or_default();
        assert!(got == status && message.contains(words), "{got}: {message}");
    }
}
