use super::*;

fn apply_as(live: Option<&Value>, config: &Value, manager: &str) -> Result<Value, Vec<Conflict>> {
    apply(live, config, &Applier { manager, force: false }, "2026-11-26T06:00:00Z")
}

fn deployment(image: &str, containers: &[&str]) -> Value {
    let containers: Vec<Value> =
        containers.iter().map(|name| json!({"name": name, "image": format!("{name}:{image}")})).collect();
    json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web"},
        "spec": {"selector": {"matchLabels": {"app": "web"}}, "template": {"spec": {"containers": containers}}}})
}

#[test]
fn items_with_keys_are_owned_one_by_one() {
    let web = apply_as(None, &deployment("1", &["web"]), "one").expect("an object");
    let own = &web["metadata"]["managedFields"][0]["fieldsV1"]["f:spec"];
    assert_eq!(own["f:selector"], json!({}), "a selector is owned as a whole");
    let item = json!({".": {}, "f:image": {}, "f:name": {}});
    assert_eq!(own["f:template"]["f:spec"]["f:containers"], json!({"k:{\"name\":\"web\"}": item}));
    let both = apply_as(Some(&web), &deployment("1", &["sidecar"]), "two").expect("no conflict");
    let names = |object: &Value| -> Vec<Value> {
        let containers = object["spec"]["template"]["spec"]["containers"].as_array().cloned().unwrap_or_default();
        containers.iter().map(|container| container["name"].clone()).collect()
    };
    assert_eq!(names(&both), ["web", "sidecar"]);
    let conflicts = apply_as(Some(&both), &deployment("2", &["web"]), "two").expect_err("a conflict");
    let field = ".spec.template.spec.containers[name=\"web\"].image".to_owned();
    assert_eq!(conflicts, [Conflict { manager: "\"one\"".to_owned(), field }]);
    let left = apply_as(Some(&both), &deployment("1", &["web"]), "two").expect("no conflict");
    assert_eq!(names(&left), ["web"], "what nobody says any more is gone");
}

#[test]
fn owners_of_nothing_are_not_kept_and_a_reset_forgets_them_all() {
    let config =
        |data: Value| json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c"}, "data": data});
    let one = apply_as(None, &config(json!({"a": "1"})), "one").expect("an object");
    let none = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c"}});
    let given_up = apply_as(Some(&one), &none, "one").expect("an object");
    assert_eq!((&given_up["data"], &given_up["metadata"]["managedFields"]), (&Value::Null, &Value::Null));
    let mut reset = one.clone();
    reset["metadata"]["managedFields"] = json!([]);
    assert_eq!(update(Some(&one), &reset, "tool", "now")["metadata"]["managedFields"], Value::Null);
    reset["metadata"].as_object_mut().expect("a map").shift_remove("managedFields");
    assert_eq!(update(Some(&one), &reset, "tool", "now"), one, "who does not know of owners forgets none");
}
