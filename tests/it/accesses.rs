//! One namespace in several places: each is an access with a name of its own, which every verb takes.

use sandbox::{Account, Cluster, Secret};
use serde_json::json;

use crate::support::World;
use crate::support::output::Ended;

pub(crate) const DEV: &str = "111111111111";
pub(crate) const PROD: &str = "333333333333";

/// A cluster with the namespace `payments` and its permission set.
pub(crate) fn cluster(name: &str, account: &str, region: &str) -> Cluster {
    let mut cluster = Cluster::new(name, account, region);
    cluster.map_permission_set("eu-west-1", "idp-ns-payments", "payments");
    cluster.add_namespace("payments");
    let rules = json!([
        {"apiGroups": [""], "resources": ["pods", "pods/log", "services"], "verbs": ["get", "list"]},
        {"apiGroups": [""], "resources": ["pods/portforward", "pods/exec"], "verbs": ["create", "get"]},
    ]);
    cluster.grant("payments", "developers", rules, "payments");
    cluster
}

/// A company with the namespace `payments` in each of its accounts; production has a cluster in a second region too.
pub(crate) fn company() -> World {
    let mut of = sandbox::World { accounts: Vec::new(), clusters: Vec::new(), ..sandbox::World::default() };
    for (account, stage) in [(DEV, "dev"), ("222222222222", "stage"), (PROD, "prod")] {
        of = of.with_account(Account::new(account, &format!("acme-{stage}"), &["idp-ns-payments", "Billing"]));
        of = of.with_cluster(cluster(&format!("{stage}-1"), account, "eu-west-1"));
    }
    World::of(of.with_cluster(cluster("prod-us", PROD, "us-east-1")))
}

/// The same with two accesses: `payments` in the account for development, and `payments-prod`.
pub(crate) fn set_up() -> World {
    let world = company();
    world.login(&format!("payments --account {DEV}")).run().success();
    world.run(&format!("login payments --account {PROD} --as payments-prod")).success();
    world.control().reset_calls();
    world
}

/// How many calls AWS and the clusters have seen.
fn calls(world: &World) -> usize {
    world.control().counts().values().sum()
}

/// Every command that an error offers names this access.
#[track_caller]
pub(crate) fn names_the_access(output: &Ended, name: &str) {
    let commands: Vec<&str> = output
        .stderr
        .lines()
        .filter(|line| line.starts_with("try: nsaccess ") && !line.starts_with("try: nsaccess list"))
        .collect();
    assert!(!commands.is_empty(), "{}", output.stderr);
    for command in commands {
        assert!(command.split([' ', '.']).any(|word| word == name), "{command}\n{}", output.stderr);
    }
}

#[test]
fn both_accesses_work_and_the_namespace_is_one() {
    let world = set_up();
    let config = world.read(".aws/config");
    assert!(config.contains("[profile idp-ns-payments]\nsso_session = nsaccess\nsso_account_id = 111111111111\n"));
    assert!(config.contains("[profile idp-ns-payments-prod]\nsso_session = nsaccess\nsso_account_id = 333333333333\n"));
    let kubeconfig = world.read(".kube/config");
    assert_eq!(kubeconfig.matches("namespace: payments\n").count(), 2, "{kubeconfig}");
    assert!(kubeconfig.contains("current-context: idp-ns-payments-prod\n"));
    let settings = world.read(".config/nsaccess/config.toml");
    assert!(settings.contains("[namespace.payments-prod]\nnamespace = \"payments\"\n"), "{settings}");
    for (name, cluster) in [("payments", "dev-1"), ("payments-prod", "prod-1")] {
        let words = format!("token {name} --cluster-name {cluster} --region eu-west-1");
        world.nsaccess(&words).run_trusted().success();
        world.run(&format!("token {name}")).success();
        assert_eq!(calls(&world), 0, "{:?}", world.control().counts());
        world.run(&format!("pods -n {name}")).success().prints("web-0");
        world.control().reset_calls();
    }
    // A login of an access that is there needs nothing but its name.
    world.run("login payments-prod").success().says("account 333333333333").says("prod-1 in eu-west-1");
    world.run("login payments").success().says("account 111111111111").says("dev-1 in eu-west-1");
}

#[test]
fn every_verb_takes_the_access_and_asks_about_the_namespace() {
    let world = set_up();
    let control = world.control();
    control.put_secret(Secret::new(PROD, "eu-west-1", "customer/payments/db", "of production"));
    control.put_secret(Secret::new(DEV, "eu-west-1", "customer/payments/db", "of development"));
    let wanted = |words: &str| world.run(&words.replace('@', "payments-prod"));
    wanted("can-i get pods -n @").success();
    wanted("can-i -n @").success();
    wanted("pods web-0 -n @").success();
    wanted("whoami -n @").success();
    wanted("logs web-0 -n @ --tail 1").success();
    let listed = wanted("secrets list -n @ -o json").success().json();
    assert!(listed.to_string().contains("customer/payments/db"), "{listed}");
    assert_eq!(wanted("secrets get db -n @").success().stdout, "of production");
    assert_eq!(world.run("secrets get db -n payments").success().stdout, "of development");
    let credentials = wanted("credentials @ -o json").success().json();
    assert!(credentials.to_string().contains("ASIA"));
    let url = wanted("console @ --print").success().stdout.clone();
    assert!(url.contains("account_id=333333333333"), "{url}");
    let forward = world.nsaccess("port-forward pod/web-0 :8080 -n payments-prod -- sh -c").arg("echo forwarded").run();
    assert!(forward.success().stdout.contains("forwarded"));
    let printed = wanted("kubeconfig @ --print").success().stdout.clone();
    assert!(printed.contains("idp-ns-payments-prod") && printed.contains("namespace: payments\n"), "{printed}");
    wanted("kubeconfig @").success();
    wanted("use @").success().says("switched to idp-ns-payments-prod");
    wanted("status @").success();
    let doctor = wanted("doctor @ -o json").success().json().to_string();
    assert!(!doctor.contains("the context's namespace is"), "{doctor}");
    let inside = world.nsaccess("exec -n payments-prod -- sh -c").arg("echo $NSACCESS_NAMESPACE").run();
    assert_eq!(inside.success().stdout, "payments-prod\n");
    world.nsaccess("pods web-0").env("NSACCESS_NAMESPACE", "payments-prod").run().success();
    wanted("assume-irsa web-0 --force -n @").exits(5).says("pod/web-0 has no IAM role");
    wanted("logout -n @").success();
}

#[test]
fn errors_offer_commands_for_the_access_that_they_are_about() {
    let world = set_up();
    for words in ["pods nope", "logs nope", "secrets get nope", "assume-irsa web-0 --force", "port-forward nope 1:1"] {
        let output = world.run(&format!("{words} -n payments-prod"));
        let output = output.exits(5).one_error();
        if output.stderr.contains("try: nsaccess ") {
            names_the_access(&output, "payments-prod");
        }
    }
    world.run("logout").success();
    for words in ["token payments-prod", "credentials payments-prod", "pods -n payments-prod", "can-i -n payments-prod"]
    {
        let output = world.run(words).exits(3).one_error();
        names_the_access(&output, "payments-prod");
    }
    let output = world.run("status payments-prod --check").exits(3).one_error();
    names_the_access(&output, "payments-prod");
}

#[test]
fn an_access_that_the_portal_gives_no_more_is_refused_by_its_name() {
    let world = set_up();
    world.control().put_account(Account::new(PROD, "acme-prod", &["Billing"]));
    world.control().forget_role_credentials();
    crate::token::age_credentials(&world, "payments-prod");
    for words in ["token payments-prod", "credentials payments-prod", "secrets list -n payments-prod"] {
        let output = world.run(words).exits(4).one_error();
        names_the_access(&output, "payments-prod");
    }
    // The other access into the namespace is not mixed up with it.
    world.run("pods web-0 -n payments").success();
}

#[test]
fn the_same_account_in_two_regions_is_two_accesses() {
    let world = set_up();
    world.run("login payments --account 333333333333 --cluster prod-us --region us-east-1 --as payments-us").success();
    let kubeconfig = world.read(".kube/config");
    for name in ["prod-1", "prod-us", "dev-1"] {
        assert!(kubeconfig.contains(&format!("- {name}\n")), "{kubeconfig}");
    }
    world.run("pods web-0 -n payments-us").success();
    let before = world.files();
    world
        .run("login payments-prod --cluster prod-us --region us-east-1")
        .exits(2)
        .one_error()
        .says("idp-ns-payments-prod is set up for the cluster prod-1 in eu-west-1, and not for the cluster prod-us in us-east-1")
        .says(
            "try: nsaccess login payments --as payments-us-east-1 --account 333333333333 --cluster prod-us \
             --region us-east-1   # sets it up beside",
        )
        .says("try: nsaccess login payments --as payments-prod --cluster prod-us --region us-east-1 --replace   # repl");
    assert_eq!(world.files(), before);
}

#[test]
fn the_commands_of_a_refusal_work_as_they_are() {
    let world = set_up();
    let output = world.run("login payments --account 222222222222").exits(2).one_error();
    let commands: Vec<&str> =
        output.stderr.lines().filter_map(|line| line.strip_prefix("try: nsaccess ")?.split("   #").next()).collect();
    assert_eq!(commands.len(), 2, "{}", output.stderr);
    assert_eq!(commands[0], "login payments --as payments-stage --account 222222222222");
    world.run(commands[0]).success().says("idp-ns-payments-stage in ~/.kube/config, now current");
    world.run("pods web-0 -n payments").success();
    assert!(
        world.read(".aws/config").contains("[profile idp-ns-payments]\nsso_session = nsaccess\nsso_account_id = 1111")
    );
    world.run(commands[1]).success();
    assert!(
        world.read(".aws/config").contains("[profile idp-ns-payments]\nsso_session = nsaccess\nsso_account_id = 2222")
    );
    let status = world.run("status -o json").success().json();
    let names: Vec<_> =
        status["namespaces"].as_array().expect("rows").iter().map(|row| row["access"].clone()).collect();
    assert_eq!(names, ["payments", "payments-prod", "payments-stage"]);
}

#[test]
fn names_that_cannot_be_given_are_refused() {
    let world = company();
    world
        .login("payments --as Payments_Prod")
        .run()
        .exits(2)
        .one_error()
        .says("invalid name \"Payments_Prod\" for an access");
    world.run("login --as payments-prod").exits(2).one_error().says("try: nsaccess login NAMESPACE --as payments-prod");
    world.run("login Pay --as payments-prod").exits(2).one_error().says("Pay");
    assert!(!world.exists(".aws/config") && !world.exists(".kube/config"));
    let world = World::signed_in();
    world.run("list --refresh").success();
    world
        .run("login idp-dev --as shop-dev")
        .exits(2)
        .one_error()
        .says("error: shop-dev is the name of another namespace of yours")
        .says("try: nsaccess login idp-dev --as idp-dev-shop   # by another name");
    world.run("login idp-dev --as shop-dev --replace").success();
    world.run("pods web-0 -n shop-dev").success();
}

#[test]
fn without_a_terminal_several_accounts_are_listed_with_names_and_typing_works() {
    let world = company();
    let output = world.login("payments").run().exits(2).one_error();
    let expected = [("dev", DEV), ("stage", "222222222222"), ("prod", PROD)]
        .map(|(stage, account)| format!("login payments --account {account} --as payments-{stage}"));
    let commands: Vec<&str> = output.stderr.lines().filter_map(|line| line.strip_prefix("try: nsaccess ")).collect();
    assert_eq!(commands, expected, "{}", output.stderr);
    for command in &expected {
        world.run(command).success();
    }
    world.run("use payments").exits(5).one_error();
    world.run("pods web-0 -n payments-stage").success();
}

#[test]
fn on_a_terminal_the_choice_among_accounts_is_one_of_names() {
    let world = company();
    let (child, mut person) = world.login("payments").on_terminal();
    person.sees("Several accounts have payments. Which one?");
    person.sees("payments-prod: 333333333333 acme-prod, role idp-ns-payments");
    person.types("prod\r");
    let screen = person.sees_the_end();
    assert!(child.wait_with_output().expect("our own child").status.success(), "{screen}");
    assert!(screen.contains("idp-ns-payments-prod in ~/.kube/config, now current"), "{screen}");
    assert!(
        world.read(".config/nsaccess/config.toml").contains("[namespace.payments-prod]\nnamespace = \"payments\"\n")
    );
    world.run("pods web-0").success();
    world.run("token payments-prod").success();
}

#[test]
fn on_a_terminal_a_taken_name_can_stay_beside_a_new_one() {
    let world = set_up();
    let (child, mut person) = world.nsaccess("login payments --account 222222222222").on_terminal();
    person.sees("set up account 222222222222 beside it, as payments-stage");
    person.types("\x1b[B\r");
    let screen = person.sees_the_end();
    assert!(child.wait_with_output().expect("our own child").status.success(), "{screen}");
    assert!(screen.contains("idp-ns-payments-stage in ~/.kube/config, now current"), "{screen}");
    assert!(
        world.read(".aws/config").contains("[profile idp-ns-payments]\nsso_session = nsaccess\nsso_account_id = 1111")
    );
    world.run("pods web-0 -n payments-stage").success();
}
