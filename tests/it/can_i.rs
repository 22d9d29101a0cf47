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
    assert_eq!(verdict("port-forward-service"), "partly");
    assert_eq!(verdict("pods"), "partly");
    assert_eq!(verdict("logs"), "no");
    world.run("can-i").success().says("nsaccess can-i -v");
    world.run("can-i -v").success().says(r#"- {apiGroups: [""], resources: ["pods/log"], verbs: [get]}"#);
    assert_eq!(world.control().calls("GetRoleCredentials"), 0, "the login has fetched them");
}

#[test]
fn one_question_is_answered_by_the_exit_code() {
    let world = World::signed_in();
    world.run("can-i create pods/portforward").exits(0).says("is read as the subresource");
    world.run("can-i get pods web-1").exits(0);
    world.run("can-i list pods").exits(1).says("verbs: [list]").says_not("error:");
    world.run("can-i list pods -q").is("[exit status: 1]\n");
    world.run("can-i create selfsubjectaccessreviews").exits(0).says("belong to no namespace");
    world.run("can-i get").exits(2);
    world.run("can-i get pods/").exits(2).one_error();
}

#[test]
fn whoami_tells_the_name_that_the_cluster_knows() {
    let world = World::signed_in();
    let json = world.run("whoami -o json").success().json();
    assert!(json["username"].as_str().is_some_and(|name| !name.is_empty()), "{json}");
    assert!(json["arn"].as_str().is_some_and(|arn| arn.contains(":assumed-role/")), "{json}");
    assert!(json.to_string().find("accessKeyId").is_none(), "{json}");
}
