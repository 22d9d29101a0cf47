//! `can-i` and `whoami` with the role that a namespace really has: get pods and services, create pods/portforward.

use crate::support::World;

#[test]
fn the_table_of_tasks_says_what_the_role_gives_and_what_would_allow_the_rest() {
    let world = World::signed_in();
    let json = world.run("can-i -o json").success().json();
    let verdict = |id: &str| {
        let tasks = json["tasks"].as_array().expect("tasks");
        tasks.iter().find(|task| task["id"] == id).expect("the task")["verdict"].clone()
    };
    assert_eq!(verdict("port-forward-pod"), "yes");
    assert_eq!(verdict("port-forward-service"), "partial");
    assert_eq!(verdict("pods"), "partial");
    assert_eq!(verdict("logs"), "no");
    world.run("can-i").success().says("nsaccess can-i -v");
    world.run("can-i -v").success().says(r#"- {apiGroups: [""], resources: ["pods/log"], verbs: [get]}"#);
    assert_eq!(world.control().calls("GetRoleCredentials"), 0, "the login has fetched them");
}

#[test]
fn on_a_terminal_verdicts_have_colours_and_a_no_is_not_red() {
    let world = World::signed_in();
    let (child, person) = world.nsaccess("can-i").on_screen();
    let screen = person.sees_the_end();
    assert!(child.wait_with_output().expect("its end").status.success());
    assert!(screen.contains("\u{1b}[32myes") && screen.contains("\u{1b}[33mno"), "{screen}");
    assert!(!screen.contains("\u{1b}[31m"), "{screen}");
}

#[test]
fn one_question_is_answered_by_the_exit_code() {
    let world = World::signed_in();
    world.run("can-i create pods/portforward").exits(0).says("hint: pods/portforward means the subresource");
    world.run("can-i get pods web-1").exits(0);
    world.run("can-i list pods").exits(1).says("verbs: [list]").says_not("error:");
    world.run("can-i list pods -q").is("[exit status: 1]\n");
    world.run("can-i create selfsubjectaccessreviews").exits(0).says("are not namespaced");
    world.run("can-i get").exits(2).one_error().says("no resource specified").says("try: nsaccess can-i get pods");
    world.run("can-i get pods/").exits(2).one_error();
}

#[test]
fn the_reviews_of_a_task_are_data_and_the_rules_are_those_of_a_role() {
    let world = World::signed_in();
    let json = world.run("can-i -o json").success().json();
    let logs = json["tasks"].as_array().expect("tasks").iter().find(|task| task["id"] == "logs").expect("the task");
    let review = serde_json::json!({
        "verb": "get", "group": "", "resource": "pods", "subresource": "log", "allowed": false, "reason": null,
    });
    assert_eq!(logs["reviews"], serde_json::json!([review]));
    assert_eq!(logs["missing_rules"][0]["apiGroups"], serde_json::json!([""]));
    assert_eq!(logs["details"], "no get pods/log");
    let json = world.run("can-i list pods -o json").exits(1).json();
    assert_eq!((json["verb"].as_str(), json["allowed"].as_bool()), (Some("list"), Some(false)));
    assert_eq!(json["missing_rule"]["resources"], serde_json::json!(["pods"]));
    let json = world.run("can-i --list -o json").success().json();
    assert!(json["reviews"][0]["listed"].is_boolean() && json["rules"].is_array(), "{json}");
}

#[test]
fn unknown_words_are_warned_about_and_asked_all_the_same() {
    let world = World::signed_in();
    world
        .run("can-i foo bars")
        .exits(1)
        .says("warning: unknown verb \"foo\"")
        .says("warning: unknown resource \"bars\"")
        .says_not("hint: this rule");
}

#[test]
fn a_namespace_in_a_verb_s_place_is_told_where_it_belongs() {
    let world = World::signed_in();
    world.run("list").success();
    world
        .run("can-i idp-test")
        .exits(2)
        .one_error()
        .says("because: \"idp-test\" is a namespace, not a verb")
        .says("try: nsaccess can-i -n idp-test\n");
    world.run("login idp-test --no-switch").success();
    world.run("can-i -n idp-test").success();
}

#[test]
fn whoami_tells_the_name_that_the_cluster_knows() {
    let world = World::signed_in();
    let json = world.run("whoami -o json").success().json();
    assert!(json["username"].as_str().is_some_and(|name| !name.is_empty()), "{json}");
    assert!(json["arn"].as_str().is_some_and(|arn| arn.contains(":assumed-role/")), "{json}");
    assert!(json["canonical_arn"].as_str().is_some_and(|arn| arn.contains(":role/")), "{json}");
    assert!(json["extra"].is_array(), "{json}");
    assert!(json.to_string().find("accessKeyId").is_none(), "{json}");
    let table = world.run("whoami idp-dev").success();
    assert!(table.stdout.lines().all(|line| line.len() <= 80), "{}", table.stdout);
    assert!(table.stdout.contains("session name  ada@example.com\n"), "{}", table.stdout);
}
