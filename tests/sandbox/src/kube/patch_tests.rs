use super::*;

fn deployment() -> Value {
    json!({"kind": "Deployment", "spec": {"replicas": 1, "template": {"spec": {"containers": [
        {"name": "web", "image": "web:1", "env": [{"name": "A", "value": "1"}]}, {"name": "sidecar", "image": "side:1"}]}}}})
}

#[test]
fn a_merge_patch_replaces_lists_and_removes_by_null() {
    let patch = json!({"spec": {"replicas": null, "template": {"spec": {"containers": []}}}});
    let new = patched(&deployment(), "application/merge-patch+json", &patch).expect("an object");
    assert_eq!(new, json!({"kind": "Deployment", "spec": {"template": {"spec": {"containers": []}}}}));
}

#[test]
fn a_strategic_merge_patch_merges_items_by_their_keys() {
    let containers = json!([{"name": "web", "image": "web:2"}, {"name": "sidecar", "$patch": "delete"}]);
    let patch = json!({"spec": {"template": {"spec": {"$setElementOrder/containers": [{"name": "web"}],
        "containers": containers}}}});
    let new = patched(&deployment(), "application/strategic-merge-patch+json", &patch).expect("an object");
    let env = json!([{"name": "A", "value": "1"}]);
    assert_eq!(new["spec"]["template"]["spec"], json!({"containers": [{"name": "web", "image": "web:2", "env": env}]}));
    let role = json!({"kind": "Role", "rules": [{"verbs": ["get"]}]});
    let patch = json!({"rules": [{"verbs": ["list"]}]});
    let new = patched(&role, "application/strategic-merge-patch+json", &patch).expect("an object");
    assert_eq!(new["rules"], patch["rules"], "rules have no keys");
}

#[test]
fn a_json_patch_is_carried_out_whole_or_not_at_all() {
    let steps = json!([
        {"op": "test", "path": "/spec/replicas", "value": 1},
        {"op": "replace", "path": "/spec/replicas", "value": 2},
        {"op": "add", "path": "/metadata", "value": {"annotations": {}}},
        {"op": "add", "path": "/metadata/annotations/a~1b", "value": "x"},
        {"op": "remove", "path": "/spec/template/spec/containers/1"},
    ]);
    let new = patched(&deployment(), "application/json-patch+json", &steps).expect("an object");
    assert_eq!((&new["spec"]["replicas"], &new["metadata"]["annotations"]["a/b"]), (&json!(2), &json!("x")));
    assert_eq!(new["spec"]["template"]["spec"]["containers"].as_array().map(Vec::len), Some(1));
    for step in [
        json!({"op": "test", "path": "/spec/replicas", "value": 7}),
        json!({"op": "remove", "path": "/spec/none"}),
        json!({"op": "add", "path": "/none/deeper", "value": 1}),
    ] {
        let refused = patched(&deployment(), "application/json-patch+json", &json!([step])).expect_err("no fit");
        assert_eq!(refused.status, 422);
    }
    assert_eq!(patched(&deployment(), "text/plain", &json!({})).expect_err("no patch").status, 415);
}
