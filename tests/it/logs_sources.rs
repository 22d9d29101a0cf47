//! `logs` of what has pods: which pods are found with which rights, and how their lines are told apart.

use crate::support::forward::{CLUSTER, NAMESPACE, grant, world_with};
use crate::support::logs::{ALL, LOG, container, pods, two, write};
use crate::support::{Follow, Output, World, until};

/// What each pod of these labels says is in an output, and nothing else is.
#[track_caller]
fn shows_all(output: Output, names: &[String]) {
    let output = output.success();
    let mut lines: Vec<&str> = output.stdout.lines().collect();
    lines.sort_unstable();
    let mut expected: Vec<String> = names
        .iter()
        .map(|name| match names.len() {
            1 => format!("{name} speaks"),
            _ => format!("[{name}/{}] {name} speaks", name.split('-').next().unwrap_or_default()),
        })
        .collect();
    expected.sort_unstable();
    assert_eq!(lines, expected, "{}", output.transcript());
    assert!(!output.stdout.contains('\x1b'), "a pipe gets no escape codes");
}

/// All pods of these labels say their names.
fn speaking(world: &World, application: &str) -> Vec<String> {
    let names = pods(world, application);
    names.iter().for_each(|name| write(world, name, &format!("{name} speaks\n")));
    names
}

#[test]
fn workloads_services_and_selectors_have_the_logs_of_their_pods() {
    let world = world_with(ALL);
    let (api, db, migrate) = (speaking(&world, "api"), speaking(&world, "db"), speaking(&world, "migrate"));
    assert_eq!((api.len(), db.len(), migrate.len()), (2, 2, 1));
    let set = api[0].rsplit_once('-').expect("the name of a ReplicaSet").0.to_owned();
    let run = |words: &str| world.run(&format!("logs {words} --tail 1"));
    for words in ["deploy/api", "deployment.apps/api", "svc/api", "-l app=api", &format!("rs/{set}")] {
        shows_all(run(words), &api);
    }
    shows_all(run("sts/db"), &db);
    shows_all(run("svc/db"), &db);
    shows_all(run("job/migrate"), &migrate);
    shows_all(run("deploy/api sts/db"), &[api, db].concat());
    run("-l app=nobody").success().says("no pods with labels app=nobody found in namespace \"idp-dev\"");
    for words in ["logs -l a(b", "logs -f -l a(b", "pods -l a(b", "pods -w -l a(b"] {
        let help = format!("try: nsaccess {} --help\n", words.split(' ').next().expect("a verb"));
        world.run(words).exits(2).one_error().says("error: invalid label selector").says(&help);
    }
    run("deploy/nobody").exits(5).one_error().says("deployment \"nobody\" not found in namespace \"idp-dev\"");
    run("svc/elsewhere").exits(1).one_error().says("it points to db.example.com");
}

#[test]
fn a_container_that_no_pod_has_is_said_and_not_waited_for() {
    let world = world_with(ALL);
    speaking(&world, "api");
    for (target, pods) in [
        ("deploy/api", "of deployment \"api\""),
        ("svc/api", "of service \"api\""),
        ("-l app=api", "with labels app=api"),
        ("api-.*", "matching \"api-.*\""),
    ] {
        for follow in ["", "-f "] {
            world
                .run(&format!("logs {follow}{target} -c nosuch"))
                .exits(5)
                .one_error()
                .says(&format!("error: container \"nosuch\" not found in pods {pods}\n"))
                .says("because: available: api\n")
                .says("try: nsaccess logs ");
        }
    }
    world.run("logs api-.* -c nosuch").exits(5).one_error().says("try: nsaccess logs 'api-.*' -c api\n");
}

#[test]
fn a_pod_of_two_targets_is_read_once() {
    let world = world_with(ALL);
    let db = speaking(&world, "db");
    for words in ["db-0 sts/db", "db-0 db-0 db-1", "svc/db db-.*", "sts/db svc/db"] {
        shows_all(world.run(&format!("logs {words} --tail 1")), &db);
    }
}

#[test]
fn labels_narrow_down_an_expression_and_no_target_that_is_named() {
    let world = world_with(ALL);
    for words in ["logs db-0 -l app=api", "logs deploy/api -l app=db"] {
        world.run(words).exits(2).one_error().says("error: -l cannot be used with ").says("try: nsaccess logs -l app=");
    }
}

#[test]
fn a_service_without_a_selector_has_the_pods_that_its_endpoints_name() {
    for right in [("", "endpoints", "get"), ("discovery.k8s.io", "endpointslices", "list")] {
        let world = world_with(&[ALL, &[right]].concat());
        write(&world, "servers", "servers speaks\n");
        assert_eq!(world.run("logs svc/manual --tail 1").success().stdout, "servers speaks\n");
        let follow = Follow::start(&world, "-f svc/manual --tail 1");
        follow.shows("servers speaks");
        world
            .run("logs svc/outside")
            .exits(1)
            .one_error()
            .says("service \"outside\" has no pods")
            .says("its endpoints are IP addresses");
    }
}

#[test]
fn what_the_role_lacks_is_named_or_done_without() {
    let world = world_with(ALL);
    let (api, db) = (speaking(&world, "api"), speaking(&world, "db"));
    let run = |words: &str| world.run(&format!("logs {words} --tail 1"));
    let set = ("apps", "statefulsets", "get");
    // The pods of a StatefulSet have numbers; what containers they have is not seen.
    grant(&world, &[LOG, set]);
    assert_eq!(run("sts/db").success().stdout, "[db-0] db-0 speaks\n[db-1] db-1 speaks\n");
    grant(&world, &[LOG, set, ("", "pods", "get")]);
    shows_all(run("sts/db"), &db);
    run("deploy/api").exits(4).one_error().says("deployments").says("by name needs only get on pods/log");
    run("-l app=api").exits(4).one_error().says("verbs: [list]");
    run("svc/api").exits(4).one_error().says("endpoints");
    // Endpoints name the pods of a service.
    grant(&world, &[LOG, ("", "endpoints", "get"), ("", "pods", "get")]);
    shows_all(run("svc/api"), &api);
    // Else the first of a StatefulSet of the service's name is a good guess.
    grant(&world, &[LOG, ("", "pods", "get")]);
    let output = run("svc/db").success().says("trying db-0");
    assert_eq!(output.stdout, "db-0 speaks\n");
}

#[test]
fn a_log_that_fails_does_not_keep_the_others_from_being_shown() {
    let world = world_with(ALL);
    speaking(&world, "db");
    world.control().fail_next(
        "get pods/log",
        1,
        sandbox::FaultKind::Error { status: 400, code: "BadRequest".into(), message: "no such luck".into() },
    );
    let output = world.run("logs sts/db --tail 1").exits(1).one_error().says("no such luck");
    assert_eq!(output.stdout.lines().count(), 1, "{}", output.transcript());
}

#[test]
fn pods_that_may_not_be_seen_are_followed_and_asked_for_once() {
    let world = world_with(&[LOG, ("", "endpoints", "get")]);
    two(&world, "two");
    let service = serde_json::json!([{"name": "http", "protocol": "TCP", "port": 80, "targetPort": 8080}]);
    assert!(world.control().apply(CLUSTER, sandbox::objects::service(NAMESPACE, "two", "two", service)));
    let follow = Follow::start(&world, "-f svc/two");
    follow.shows("app speaks");
    // A few rounds of asking whether there are other pods.
    world.control().reset_calls();
    until("three rounds", || (world.control().calls("get endpoints") >= 3).then_some(()));
    assert_eq!(world.control().calls("get pods/log"), 0, "{}", follow.story());
    assert_eq!(follow.err().matches("Defaulted container").count(), 1, "{}", follow.story());
}

#[test]
fn a_pod_of_a_stateful_set_that_may_not_be_seen_is_followed_into_its_successor() {
    let world = world_with(&[LOG, ("apps", "statefulsets", "get")]);
    let mut follow = Follow::start(&world, "-f sts/db");
    follow.shows("[db-0] db-0 starts");
    follow.shows("[db-1] db-1 starts");
    let scale = |count| {
        assert!(world.control().scale(CLUSTER, NAMESPACE, ("StatefulSet", "db"), count, std::time::Duration::ZERO));
    };
    scale(1);
    follow.says("pod \"db-1\" deleted");
    scale(2);
    until("the new pod's line", || {
        world.control().write_log(container("db-1"), None, "the new one speaks\n");
        follow.out().contains("[db-1] the new one speaks").then_some(())
    });
    assert_eq!(follow.out().matches("[db-0]").count(), 1, "{}", follow.story());
    assert!(follow.runs());
}

#[test]
fn a_regular_expression_means_the_pods_with_a_match_in_their_names() {
    let world = world_with(ALL);
    let (api, db) = (speaking(&world, "api"), speaking(&world, "db"));
    let run = |words: &str| world.run(&format!("logs {words} --tail 1"));
    shows_all(run("^api-.*"), &api);
    shows_all(run("db-[0-9]$"), &db);
    shows_all(run("db-[01] -l app=db"), &db);
    run("db-[01] -l app=api").success().says("no pods matching \"db-[01]\" found in namespace \"idp-dev\"");
    run("web-(").exits(2).one_error().says("invalid target \"web-(\"").says("unclosed group");
    // Those that come later, too, and no others.
    let mut follow = Follow::start(&world, "-f ^db-.* --tail 1");
    follow.says("following 2 pods matching \"^db-.*\"");
    for kind in [("Deployment", "api"), ("StatefulSet", "db")] {
        assert!(world.control().scale(CLUSTER, NAMESPACE, kind, 3, std::time::Duration::ZERO));
    }
    follow.shows("[db-2/db] db-2 starts");
    assert!(follow.runs() && !follow.out().contains("api-"), "{}", follow.story());
    assert!(follow.err().contains("pod \"db-2\" added\n") && !follow.err().contains("api-"), "{}", follow.story());
    grant(&world, &[LOG, ("", "pods", "get")]);
    run("^api-.*").exits(4).one_error().says("not allowed to list pods").says("try: nsaccess logs POD");
}

#[test]
fn what_is_followed_is_said_and_all_containers_of_a_workload_are() {
    let world = world_with(ALL);
    two(&world, "two");
    let follow = Follow::start(&world, "-f -l app=two --all-containers");
    for container in ["app", "mesh", "setup"] {
        follow.shows(&format!("[two/{container}] {container} speaks"));
    }
    assert_eq!(follow.err(), "following 1 pod (3 containers) with labels app=two\n", "{}", follow.story());
    let follow = Follow::start(&world, "-f deploy/api");
    follow.says("following 2 pods of deployment \"api\"\n");
    let follow = Follow::start(&world, "-f -l app=nobody");
    follow.says("no pods with labels app=nobody yet; waiting for the first\n");
}

#[test]
fn a_name_that_is_nearly_right_is_told() {
    let world = world_with(&[ALL, &[("apps", "deployments", "list")]].concat());
    let run = |words: &str| world.run(&format!("logs {words}")).exits(5).one_error();
    run("web-o").says("because: did you mean pod \"web-0\"?").says("try: nsaccess logs pod/web-0\n");
    run("api").says("try: nsaccess logs deploy/api\n");
    run("deploy/apj").says("try: nsaccess logs deploy/api\n");
    run("qqqqqqqq").says("try: nsaccess pods\n");
    // What may not be listed is not told.
    grant(&world, &[LOG, ("", "pods", "get")]);
    run("web-o").says("try: nsaccess can-i list pods -n idp-dev\n").says_not("did you mean");
}
