//! `grant --presets` and `grant render`: what they print and write, and what they refuse.

use crate::support::World;

const SET: &str = "--to permission-set:idp-ns-shop --account 111122223333";

#[test]
fn the_rules_of_a_preset_can_be_pasted() {
    let world = World::new();
    let list = world.run("grant --presets").success().stdout.clone();
    assert_eq!(list.lines().count(), 6, "{list}");
    let rules = world.run("grant --presets floor").success().stdout.clone();
    let manifest = world.run(&format!("grant render shop {SET} --format manifests")).success().stdout.clone();
    let pasted = rules.split_once("\nrules:\n").expect("rules").1;
    assert!(manifest.contains(&format!("\nrules:\n{pasted}---\n")), "{manifest}\n{pasted}");
    let refused = world.run("grant --presets vewer").exits(2).stderr.clone();
    assert!(refused.contains("try: nsaccess grant --presets viewer"), "{refused}");
}

#[test]
fn nothing_is_asked_over_the_network() {
    let mut world = World::new();
    world.go_offline();
    for format in ["manifests", "terraform", "aws-cli", "iam"] {
        let words = format!("grant render shop {SET} --format {format} --cluster demo --region eu-west-1");
        let output = world.run(&words);
        assert!(output.success().stdout.contains("shop"), "{format}");
    }
}

#[test]
fn several_files_go_into_a_folder() {
    let world = World::new();
    world.write("grants.yaml", "preset: floor\ngrants:\n- {namespaces: [a, b], to: permission-set:x}\n");
    let words = "grant render --from grants.yaml --account 111122223333 --format kustomize";
    let refused = world.run(words).exits(2).stderr.clone();
    assert!(refused.contains("--out DIR"), "{refused}");
    let wrote = world.run(&format!("{words} --out deploy")).success().stderr.clone();
    assert_eq!(wrote.matches("wrote ").count(), 3, "{wrote}");
    assert!(world.read("deploy/kustomization.yaml").contains("- namespaces/a.yaml\n- namespaces/b.yaml\n"));
    assert!(world.read("deploy/namespaces/b.yaml").contains("namespace: b\n"));
    let again = world.run(&format!("{words} --out deploy -o json")).success();
    assert_eq!(again.json()["files"][2]["path"], "namespaces/b.yaml");
    assert_eq!(again.stderr.matches("unchanged: ").count(), 3, "{}", again.stderr);
}

#[test]
fn policies_of_iam_are_one_document_or_several_files() {
    let world = World::new();
    let words =
        "grant render shop --to arn:aws:iam::111122223333:role/ci --format iam --cluster demo --region eu-west-1";
    let all = world.run(words).success().json();
    assert_eq!(all.as_object().map(serde_json::Map::len), Some(3), "{all}");
    world.run(&format!("{words} --out iam")).success();
    let name = all.as_object().and_then(|all| all.keys().next()).expect("a policy");
    let file: serde_json::Value = serde_json::from_str(&world.read(&format!("iam/{name}.json"))).expect("JSON");
    assert_eq!(&file, &all[name]);
}

#[test]
fn the_prefix_of_secrets_is_that_of_the_settings() {
    let world = World::new();
    world.run("config set patterns.secrets_prefix teams/{namespace}/").success();
    let words = format!("grant render shop {SET} --format iam --cluster demo --region eu-west-1");
    let policy = world.run(&words).success().stdout.clone();
    assert!(policy.contains("arn:aws:secretsmanager:eu-west-1:111122223333:secret:teams/shop/*"), "{policy}");
}

#[test]
fn all_problems_of_a_file_are_said_at_once() {
    let world = World::new();
    world.write("rules.yaml", "- {apiGroups: [''], resource: [pods], verbs: [get]}\n");
    let text = "grants:\n- namespace: A\n  to: nobody\n  preset: vewer\n- {namespace: a, to: permission-set:x, rules: rules.yaml}\n";
    world.write("grants.yaml", text);
    let refused = world.run("grant render --from grants.yaml --format manifests").exits(2).stderr.clone();
    for expected in [
        "line 2: the namespace \"A\"",
        "line 3: \"nobody\"",
        "line 4: preset: \"vewer\"",
        "line 5: rules.yaml, line 1:",
    ] {
        assert!(refused.contains(expected), "{expected}\n{refused}");
    }
}

#[test]
fn what_is_missing_or_wrong_is_named() {
    let world = World::new();
    for (words, reason) in [
        ("shop --to permission-set:x --format manifests", "--account"),
        (&format!("shop {SET} --format terraform"), "--cluster NAME"),
        (&format!("shop {SET} --format eksctl --cluster demo --region eu-west-1"), "requires the ARN"),
        (&format!("shop {SET} --format manifests --region europe"), "AWS region"),
        ("shop --to permission-set:x --format manifests --account 1", "12 digits"),
        (
            &format!("shop {SET} --format terraform --cluster demo --for 1h --with-expiry-job"),
            "does not support --with-expiry-job",
        ),
        (&format!("shop {SET} --format manifests --policy AmazonEKSViewPolicy"), "no Kubernetes objects"),
        (
            "shop --to arn:aws:iam::111122223333:role/x --policy AmazonEKSViewPolicy --via aws-auth --format aws-cli --cluster demo --region eu-west-1",
            "cannot be given through aws-auth",
        ),
    ] {
        let refused = world.run(&format!("grant render {words}")).exits(2).stderr.clone();
        assert!(refused.contains(reason), "{words}\n{refused}");
    }
}

#[test]
fn a_grant_that_ends_says_so() {
    let world = World::new();
    let words = format!("grant render shop {SET} --for 8h --format manifests");
    let manifests = world.run(&words).success().stdout.clone();
    assert!(manifests.contains("nsaccess/until: \"") && manifests.contains("nsaccess revoke --expired"), "{manifests}");
    let with_job = world.run(&format!("{words} --with-expiry-job")).success().stdout.clone();
    assert!(with_job.contains("kind: CronJob\n"), "{with_job}");
}
