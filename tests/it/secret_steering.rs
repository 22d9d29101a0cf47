//! A secret does not choose the program, what is loaded into it, whose access it has or whom it talks to, unless somebody
//! says so.

use crate::secret_values::put_text;
use crate::support::World;

/// A person whose secret `s` has a key PATH that leads to a program of its own called `ls`.
fn with_path() -> World {
    let world = World::signed_in();
    world.script("evil/ls", "echo the secret\\'s ls; touch $HOME/ran");
    let json = serde_json::json!({"PATH": world.path("evil").display().to_string(), "user": "u"});
    put_text(&world, "s", &json.to_string());
    world
}

#[test]
fn a_key_that_decides_over_programs_is_refused_and_named() {
    let world = with_path();
    for (verb, again) in [
        ("secrets exec s -n idp-dev -- ls", "nsaccess secrets exec s"),
        ("secrets get s -n idp-dev -o env", "nsaccess secrets get s -o env"),
    ] {
        let output = world.run(verb).exits(1);
        if !verb.ends_with("env") {
            assert_eq!(output.stdout, "");
        }
        output
            .says("refusing to set $PATH from a secret")
            .says(r#"because: the key "PATH" of s controls which programs run"#)
            .says(&format!("try: {again} --prefix S_"))
            .says(&format!("try: {again} --allow PATH"));
    }
    assert!(!world.exists("ran"));
}

#[test]
fn every_such_name_is_refused_and_all_of_a_secret_at_once() {
    let world = World::signed_in();
    let names = [
        "LD_PRELOAD",
        "BASH_ENV",
        "NODE_OPTIONS",
        "PYTHONSTARTUP",
        "GIT_SSH_COMMAND",
        "PROMPT_COMMAND",
        "AWS_PROFILE",
        "KUBECONFIG",
        "https_proxy",
    ];
    let object: serde_json::Map<String, serde_json::Value> =
        names.iter().map(|name| ((*name).to_owned(), "x".into())).collect();
    put_text(&world, "many", &serde_json::Value::Object(object).to_string());
    for verb in ["secrets exec many -n idp-dev -- true", "secrets get many -n idp-dev -o env"] {
        let output = world.run(verb).exits(1);
        for name in names {
            assert!(output.stderr.contains(&format!("the key \"{name}\" of many controls")), "{}", output.transcript());
        }
        output.says(&format!("--allow {}", names.join(",")));
    }
    let allowed = names.join(",");
    let exec =
        world.nsaccess(&format!("secrets exec many -n idp-dev --allow {allowed} -- sh -c")).arg("echo $PROMPT_COMMAND");
    assert_eq!(exec.run().success().stdout, "x\n");
    put_text(&world, "kubeconfig", "a plain value");
    world.run("secrets exec kubeconfig -n idp-dev -- true").exits(1).one_error().says("$KUBECONFIG");
    put_text(&world, "fields", r#"{"path":"/evil"}"#);
    world.run("secrets get fields -n idp-dev --field path -o env").exits(1).says("$PATH");
}

#[test]
fn what_is_allowed_is_for_the_program_and_does_not_choose_it() {
    let world = with_path();
    let exec = world.nsaccess("secrets exec s -n idp-dev --allow PATH -- ls").arg(world.path("evil"));
    assert_eq!(exec.run().success().stdout, "ls\n");
    assert!(!world.exists("ran"));
    let exec = world.nsaccess("secrets exec s -n idp-dev --allow PATH -- sh -c").arg("echo $0 $PATH");
    assert_eq!(exec.run().success().stdout, format!("sh {}\n", world.path("evil").display()));
    world.script("evil/only-there", "touch $HOME/ran");
    world
        .run("secrets exec s -n idp-dev --allow PATH -- only-there")
        .exits(127)
        .one_error()
        .says("no such program in $PATH");
    assert!(!world.exists("ran"));
}

#[test]
fn a_prefix_makes_it_another_name() {
    let world = with_path();
    let exec = world.nsaccess("secrets exec s -n idp-dev --prefix S_ -- sh -c").arg("echo $S_user $S_PATH");
    assert_eq!(exec.run().success().stdout, format!("u {}\n", world.path("evil").display()));
    let lines = world.run("secrets get s -n idp-dev -o env --prefix S_").success().stdout.clone();
    assert!(lines.contains("export S_PATH=") && !lines.contains("export PATH"), "{lines}");
    let lines = world.run("secrets get s -n idp-dev -o env --allow PATH").success().stdout.clone();
    assert!(lines.contains("export PATH="), "{lines}");
    put_text(&world, "other", r#"{"PRELOAD":"x.so"}"#);
    world.run("secrets exec other -n idp-dev --prefix LD_ -- true").exits(1).one_error().says("$LD_PRELOAD");
    world.run("secrets get s -n idp-dev --prefix S_").exits(2).one_error().says("--prefix and --allow require -o env");
    world.run("secrets get s -n idp-dev -o env --prefix 1").exits(2).one_error().says("invalid prefix");
}
