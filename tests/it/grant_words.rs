//! What `grant` and `revoke` are asked for in words that cannot be used, and rules of one's own.

use serde_json::json;

use crate::support::World;
use crate::support::administrator::{ACCOUNT, CLUSTER, NAMESPACE, PERMISSION_SET, Platform};

#[test]
fn rules_of_a_file_become_a_role_and_go_with_the_grant() {
    let platform = Platform::new();
    let role = || platform.control().object(CLUSTER, "Role", NAMESPACE, "nsaccess-idp-ns-pay-972f05fa");
    platform.world.write("rules.yaml", "- apiGroups: [\"\"]\n  resources: [configmaps]\n  verbs: [get]\n");
    platform.grant("--rules rules.yaml").success().prints("resources: [configmaps], verbs: [get]");
    let rules = |role: &serde_json::Value| role["rules"].clone();
    let expected = json!([{"apiGroups": [""], "resources": ["configmaps"], "verbs": ["get"]}]);
    assert_eq!(role().as_ref().map(rules), Some(expected));
    platform.revoke("").success();
    assert_eq!(role(), None);
    platform.world.write("rules.yaml", "- apiGroups: [\"\"]\n  resources: [configmaps]\n  verbs: [gte\n");
    platform
        .grant("--rules rules.yaml")
        .exits(2)
        .one_error()
        .says("rules.yaml is invalid\n")
        .says("try: ${EDITOR:-vi} +");
    platform.grant("--rules none.yaml").exits(2).one_error().says("none.yaml not found\n").says("try: ls ");
}

#[test]
fn words_that_cannot_be_used_are_refused_before_anything_is_asked() {
    let platform = Platform::new();
    platform.control().reset_calls();
    let to = format!("--to permission-set:{PERMISSION_SET} --yes");
    for (words, error, fix) in [
        (format!("grant Pay {to}"), "invalid namespace \"Pay\"", "kubectl get namespaces"),
        (format!("grant pay {to} --policy no/policy"), "invalid access policy", "aws eks list-access-policies"),
        (format!("grant pay {to} --preset king"), "king", "nsaccess grant --presets"),
        ("revoke Pay --expired".to_owned(), "invalid namespace \"Pay\"", "kubectl get namespaces"),
        (
            "revoke --from permission-set:x".to_owned(),
            "no namespace specified",
            "nsaccess revoke NAMESPACE --from PRINCIPAL",
        ),
        ("grant --from none.yaml".to_owned(), "none.yaml not found", "ls "),
    ] {
        platform.run(&words).exits(2).one_error().says(error).says(&format!("\ntry: {fix}"));
    }
    assert!(platform.control().counts().is_empty(), "{:?}", platform.control().counts());
}

#[test]
fn a_namespace_that_is_nowhere_is_told() {
    let platform = Platform::new();
    platform
        .run(&format!("revoke nowhere --from permission-set:{PERMISSION_SET} --yes"))
        .exits(5)
        .one_error()
        .says("error: namespace \"nowhere\" not found in this cluster\n")
        .says("try: kubectl get namespaces   # check the name and the cluster\n");
}

#[test]
fn a_former_role_of_a_permission_set_is_not_taken_for_the_current_one() {
    let platform = Platform::new();
    let mut former = sandbox::Role::new(ACCOUNT, &format!("AWSReservedSSO_{PERMISSION_SET}_0000000000000000"));
    former.path = "/aws-reserved/sso.amazonaws.com/eu-west-1/".to_owned();
    platform.control().put_role(former);
    platform
        .grant("")
        .exits(2)
        .one_error()
        .says(&format!("has several roles for the permission set {PERMISSION_SET}\n"))
        .says("try: run the same command with the current role, for example --to arn:aws:iam::");
}

#[test]
fn a_cluster_is_looked_for_in_the_region_and_by_who_may_list() {
    let platform = Platform::new();
    let keys = platform.control().administrator_keys(ACCOUNT);
    let audit = |region: &str| {
        let words = format!("audit --all --region {region}");
        keys.iter().fold(platform.world.nsaccess(&words), |command, (name, value)| command.env(name, value)).run()
    };
    audit("sa-east-1").exits(5).one_error().says("because: regions searched: sa-east-1\n").says("--region REGION\n");
    platform.control().deny_action("AdministratorAccess", "eks:ListClusters");
    audit("eu-west-1")
        .exits(4)
        .one_error()
        .says("error: cannot list clusters\n")
        .says("requires eks:ListClusters\n")
        .says("try: run the same command with --cluster CLUSTER\n");
}

#[test]
fn several_files_need_a_folder_or_a_document() {
    let world = World::new();
    let render = "grant render pay --to arn:aws:iam::111122223333:role/x --preset viewer --format kustomize";
    world
        .run(render)
        .exits(2)
        .one_error()
        .says("because: a kustomization consists of several files: ")
        .says("try: nsaccess grant render NAMESPACE --format kustomize --out DIR\n");
    let document = world.run(&format!("{render} -o json")).success().json();
    let files = document["files"].as_array().expect("files");
    assert!(files.iter().any(|file| file["path"] == "kustomization.yaml" && file["text"].is_string()), "{document:#}");
}
