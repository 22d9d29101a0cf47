//! The organisation's settings file: what of it counts, and when it does not.

use crate::support::World;
use crate::support::doctor::examine;
use crate::support::forward::world_with;

/// A machine with this file of the organisation.
fn with_file(text: &str) -> World {
    named(World::new(), text)
}

fn named(mut world: World, text: &str) -> World {
    world.write("etc/config.toml", text);
    world.chmod("etc/config.toml", 0o644);
    let path = world.path("etc/config.toml").display().to_string();
    world.set("NSACCESS_SYSTEM_CONFIG", &path);
    world
}

fn sandbox_settings(world: &World) -> String {
    format!("start_url = '{}'\nsso_region = '{}'\n", world.sandbox.start_url(), world.sandbox.sso_region())
}

#[test]
fn a_developer_types_a_namespace_and_nothing_else() {
    let world = World::new();
    let text = sandbox_settings(&world);
    let world = named(world, &text);
    world.run("login idp-dev").success().says("now current");
    assert!(!world.exists(".config/nsaccess/config.toml"), "nothing has to be remembered");
    world.control().reset_calls();
    world.nsaccess("token idp-dev").run_trusted().success();
    assert_eq!(world.control().calls("GetRoleCredentials"), 0, "what it decides is the namespace's own");
}

#[test]
fn what_it_pins_decides_anew_when_it_changes() {
    let mut of = sandbox::World::default();
    of.accounts[0].permission_sets.push("ReadOnly".to_owned());
    let world = World::of(of);
    let text = sandbox_settings(&world);
    let world = named(world, &text);
    world.run("login idp-dev").success();
    let words = "token idp-dev --cluster-name idp-nonprod-1 --region eu-west-1";
    let signer = |world: &World| world.signer(&world.nsaccess(words).run_trusted().success());
    assert_eq!(signer(&world), "idp-ns-idp-dev");
    world.write("etc/config.toml", format!("{text}[namespace.idp-dev]\nrole = 'ReadOnly'\n"));
    assert_eq!(signer(&world), "ReadOnly", "what was kept was decided on the old file");
    world.write("etc/config.toml", text);
    assert_eq!(signer(&world), "idp-ns-idp-dev");
}

#[test]
fn a_file_that_others_may_write_is_not_read_and_its_repair_is_named() {
    let world = with_file("flow = 'browser'\n");
    let flow = |world: &World| {
        let output = world.run("config -o json").success();
        let row = output.json().as_array().expect("rows").iter().find(|row| row["setting"] == "flow").cloned();
        (row.expect("the row")["value"].as_str().expect("text").to_owned(), output)
    };
    assert_eq!(flow(&world).0, "browser");
    world.chmod("etc/config.toml", 0o666);
    let (value, output) = flow(&world);
    assert_eq!(value, "device");
    output
        .says("warning: ~/etc/config.toml is not read: users other than its owner can write to it\n")
        .says("chmod go-w $HOME/etc/config.toml\n");
    world.chmod("etc/config.toml", 0o644);
    flow(&world).1.says_not("warning");
}

#[test]
fn a_file_of_another_user_is_not_read() {
    let world = with_file("flow = 'browser'\n");
    if !rustix::process::geteuid().is_root() {
        return crate::support::skipped("only root can give a file away");
    }
    std::os::unix::fs::lchown(world.path("etc/config.toml"), Some(65534), None).expect("given away");
    world
        .run("config")
        .success()
        .says("warning: ~/etc/config.toml is not read: it belongs to neither you nor root\n")
        .says("hint: chown root $HOME/etc/config.toml\n")
        .prints("flow                     device                 built in");
}

#[test]
fn a_broken_file_says_whom_to_tell_and_kubectl_goes_on() {
    let world = World::new();
    let text = sandbox_settings(&world);
    let world = named(world, &text);
    world.run("login idp-dev").success();
    for broken in
        ["flow = 7\n", "flow = \n", "request_url = 'http://it.example.com'\n", "[namespace.Bad]\nrole = 'R'\n"]
    {
        world.write("etc/config.toml", format!("{text}{broken}"));
        world
            .run("status")
            .exits(2)
            .one_error()
            .says("error: cannot read ~/etc/config.toml\nbecause: line 3, column ")
            .says("because: the file belongs to your organisation: tell the administrator of this machine or your platform team\n")
            .says("try: NSACCESS_SYSTEM_CONFIG= nsaccess config   # in the meantime: runs without that file\n")
            .says_not("EDITOR");
        let token = world.nsaccess("token idp-dev").run_trusted().success();
        token.says("warning: cannot read ~/etc/config.toml").says("using the previous settings");
    }
    world.nsaccess("config").env("NSACCESS_SYSTEM_CONFIG", "").run().success();
    world.write("etc/config.toml", format!("{text}flwo = 'device'\n"));
    world
        .run("config")
        .success()
        .says("warning: ~/etc/config.toml: line 3: unknown setting \"flwo\"; did you mean \"flow\"?");
}

#[test]
fn your_own_file_wins_over_it() {
    let world = with_file("flow = 'browser'\nregions = ['eu-west-1']\n[namespace.idp-dev]\ncluster = 'theirs'\n");
    world.run("config set namespace.idp-dev.cluster mine").success();
    world.run("config set flow device").success();
    let rows = world.run("config").success();
    let from = |setting: &str| {
        let line = rows.stdout.lines().find(|line| line.starts_with(setting)).unwrap_or_default();
        line.split_whitespace().skip(1).collect::<Vec<_>>().join(" ").replace(&world.home().display().to_string(), "~")
    };
    assert_eq!(from("flow"), "device ~/.config/nsaccess/config.toml");
    assert_eq!(from("regions"), "eu-west-1 ~/etc/config.toml");
    assert_eq!(from("namespace.idp-dev.cluster"), "mine ~/.config/nsaccess/config.toml");
}

#[test]
fn where_to_ask_is_named_with_the_namespace_that_is_missing() {
    let world = World::new();
    let text = sandbox_settings(&world);
    let url = "https://it.example.com/ask?ns={namespace}&account={account}&role={role}";
    let world = named(world, &format!("{text}request_url = '{url}'\n"));
    let missing = world.run("login payments-dev").exits(5).one_error();
    missing
        .says("error: no access to namespace \"payments-dev\"")
        .says("\nask for access: https://it.example.com/ask?ns=payments-dev&account=&role=\n");
    // One's own file knows a better place.
    world.run("config set request_url https://chat.example.com/{namespace}").success();
    world.run("login payments-dev").exits(5).says("\nask for access: https://chat.example.com/payments-dev\n");
    for (bad, says) in [
        ("http://it.example.com/", "does not begin with https://"),
        ("https://it.example.com/{ns}", "contains {ns}; the placeholders are {namespace}, {account} and {role}"),
    ] {
        world.run(&format!("config set request_url {bad}")).exits(2).one_error().says(&format!("`{bad}` {says}"));
    }
}

const ASK: &str = "https://it.example.com/ask?ns={namespace}&account={account}&role={role}";
const ASKED: &str = "ask for access: https://it.example.com/ask?ns=idp-dev&account=111122223333&role=idp-ns-idp-dev";

#[test]
fn where_to_ask_is_named_by_each_verb_that_is_denied() {
    let world = world_with(&[("", "pods", "get")]);
    world.run(&format!("config set request_url {ASK}")).success();
    for (words, code) in [("pods", 4), ("logs web-0", 4), ("port-forward web-0 0:8080", 4)] {
        world.run(words).exits(code).one_error().says(&format!("\n{ASKED}\n"));
    }
    world.run("can-i delete pods").exits(1).says(&format!("hint: {ASKED}\n"));
    // What exists not, or is not understood, is nothing to ask for.
    world.run("pods --no-such").exits(2).says_not("ask for access");
    let report = examine(&world, "--only authorization");
    let rows = report.report.to_string();
    assert!(rows.contains(ASKED), "{rows}");
}

#[test]
fn where_to_ask_is_named_when_the_permission_set_was_taken_away() {
    let mut of = sandbox::World::default();
    of.accounts[0].permission_sets.retain(|set| set != "idp-ns-idp-dev");
    let mut world = World::of(of);
    let text = sandbox_settings(&world);
    world = named(world, &format!("{text}request_url = '{ASK}'\n"));
    world.run("login idp-test").success();
    let denied = world.nsaccess("credentials idp-dev").env("NSACCESS_ACCOUNT", "111122223333").run();
    denied.exits(4).one_error().says(&format!("\n{ASKED}\n"));
}

#[test]
fn several_patterns_find_the_namespace_by_the_account_s_name() {
    let mut of = sandbox::World::default();
    of.accounts[0].permission_sets.push("payments-idp-nonprod".to_owned());
    let world = World::of(of);
    let text = sandbox_settings(&world);
    let patterns = "permission_set = ['{namespace}-{account_name}', 'idp-ns-{namespace}']";
    let world = named(world, &format!("{text}[patterns]\n{patterns}\n"));
    world.run("login idp-dev").success().says("✓ role         idp-ns-idp-dev in account 111122223333");
    let list = world.run("list").success();
    assert!(list.stdout.lines().any(|line| line.starts_with("payments  ")), "{}", list.stdout);
    world.control().reset_calls();
    world.nsaccess("credentials payments").run_trusted().success();
    assert_eq!(world.control().calls("GetRoleCredentials"), 1);
}
