//! `config`, and where every setting comes from.

use crate::support::World;

fn row(world: &World, key: &str) -> (String, String) {
    let rows = world.run("config -o json").success().json();
    let row = rows.as_array().expect("a list").iter().find(|row| row["setting"] == key).expect("the setting").clone();
    let text = |name: &str| row[name].as_str().expect("text").replace(&world.home().display().to_string(), "$HOME");
    (text("value"), text("from"))
}

#[test]
fn a_fresh_machine_has_the_built_in_settings() {
    World::new().run("config").is("SETTING                  VALUE                  FROM
start_url                -                      built in
sso_region               -                      built in
regions                  -                      built in
flow                     device                 built in
request_url              -                      built in
patterns.permission_set  idp-ns-{namespace}     built in
patterns.context         idp-ns-{namespace}     built in
patterns.secrets_prefix  customer/{namespace}/  built in
patterns.production      *-prod                 built in
[exit status: 0]
");
}

#[test]
fn each_place_wins_over_the_next() {
    let mut world = World::new();
    world.write(
        ".aws/config",
        "[sso-session corp]\nsso_start_url = https://aws.awsapps.com/start\nsso_region = eu-west-1\n",
    );
    let from = |world: &World| row(world, "start_url");
    assert_eq!(
        from(&world),
        ("https://aws.awsapps.com/start".into(), "[sso-session corp] in the AWS configuration".into())
    );
    world.run("config set start_url https://user.awsapps.com/start").success();
    assert_eq!(from(&world), ("https://user.awsapps.com/start".into(), "$HOME/.config/nsaccess/config.toml".into()));
    world.write("nsaccess.toml", "start_url = 'https://project.awsapps.com/start'\n");
    world.run("config trust").success();
    assert_eq!(from(&world), ("https://project.awsapps.com/start".into(), "$HOME/nsaccess.toml".into()));
    world.set("NSACCESS_START_URL", "https://env.awsapps.com/start");
    assert_eq!(
        from(&world),
        ("https://env.awsapps.com/start".into(), "environment variable NSACCESS_START_URL".into())
    );
    // A flag shows where it leads: nobody is there to sign in with it, and the message names it.
    world.go_offline();
    world
        .run("login idp-dev --start-url https://flag.awsapps.com/start --sso-region eu-west-1")
        .exits(6)
        .one_error()
        .says("error: cannot sign in to https://flag.awsapps.com/start");
}

#[test]
fn set_and_unset_edit_the_users_file_and_nothing_else_in_it() {
    let world = World::new();
    world.write(".config/nsaccess/config.toml", "# mine\nflow = 'device' # for now\n");
    world.run("config set namespace.idp-dev.cluster demo").is("------- stderr -------
set namespace.idp-dev.cluster in ~/.config/nsaccess/config.toml
[exit status: 0]
");
    assert_eq!(
        world.read(".config/nsaccess/config.toml"),
        "# mine\nflow = 'device' # for now\n\n[namespace.idp-dev]\ncluster = \"demo\"\n"
    );
    assert_eq!(row(&world, "namespace.idp-dev.cluster").0, "demo");
    world.run("config unset namespace.idp-dev.cluster").success().says("removed namespace.idp-dev.cluster from ");
    world.run("config unset namespace.idp-dev.cluster").success().says("namespace.idp-dev.cluster was not set in ");
    assert_eq!(world.read(".config/nsaccess/config.toml"), "# mine\nflow = 'device' # for now\n");
}

#[test]
fn what_is_no_setting_or_no_value_is_refused_and_the_file_stays() {
    let world = World::new();
    for (words, says) in [
        ("flw browser", "flow"),
        ("flow pigeon", "`pigeon`"),
        ("start_url corp.awsapps.com", "`corp.awsapps.com`"),
        ("namespace.Bad.cluster x", ""),
        ("namespace.idp-dev.account 12", "`12`"),
    ] {
        world.run(&format!("config set {words}")).exits(2).one_error().says(says);
    }
    world.run("config unset flow").exits(0);
    assert!(world.files().names().is_empty(), "{:?}", world.files().names());
}

#[test]
fn every_pin_is_checked_with_its_own_words_and_shown() {
    let world = World::new();
    let arn = "arn:aws:iam::123456789012:role/k8s-devs";
    for (pin, good, bad, says) in [
        ("namespace", "payments", "Payments", "has the character 'P'"),
        ("start_url", "https://other.awsapps.com/start", "other", "is not a start URL"),
        ("sso_region", "us-east-1", "east", "is not an AWS region"),
        ("role_arn", arn, "k8s-devs", "is not the ARN of an IAM role, like arn:aws:iam::"),
        ("role_arn", arn, "arn:aws:sts::123456789012:assumed-role/k8s-devs/ada", "is a role session"),
        ("source_profile", "corp", "[corp]", "is not the name of an AWS profile"),
        ("external_id", "corp-42", "x", "is not an external ID: 2 to 1224"),
        ("mfa_serial", "arn:aws-us-gov:iam::123456789012:mfa/ada", "1234", "is not an MFA device"),
        ("mfa_serial", "GAHT12345678", "arn:aws:iam::123456789012:u2f/user/ada/key", "is a security key"),
        ("session_name", "ada@example.com", "a/b", "is not a session's name: 2 to 64"),
        ("duration", "3600", "soon", "is not a duration such as 1h, 45m or 3600"),
        ("duration", "45m", "13h", "is not between 15m and 12h"),
    ] {
        let key = format!("namespace.payments-prod.{pin}");
        world.run(&format!("config set {key} {bad}")).exits(2).one_error().says(&format!("`{bad}` {says}"));
        world.run(&format!("config set {key} {good}")).success();
        assert_eq!(row(&world, &key), (good.into(), "$HOME/.config/nsaccess/config.toml".into()));
        world.write("broken.toml", format!("[namespace.payments-prod]\n{pin} = '{bad}'\n"));
        world.run("config trust broken.toml").exits(2).one_error().says(&format!("line 2, column 1: `{key}` {says}"));
    }
    world.run("config unset namespace.payments-prod.duration").success();
    assert!(!world.run("config").success().stdout.contains("duration"));
}

#[test]
fn the_namespace_comes_from_the_nearest_place_that_names_one() {
    let world = World::signed_in();
    world.write("apps-idp/apps/idp-test/helm/values.yaml", "");
    let named = |words: &str, variable: &str| {
        let output = world.nsaccess(&format!("kubeconfig --print -v {words}")).dir("apps-idp/apps/idp-test/helm");
        let output = output.env("NSACCESS_NAMESPACE", variable).run().success();
        let line = output.stderr.lines().find(|line| line.contains("· namespace: ")).unwrap_or_default().to_owned();
        line.trim_start_matches("· namespace: ").to_owned()
    };
    assert_eq!(named("", ""), "idp-dev (the current context idp-ns-idp-dev)");
    assert_eq!(named("", "idp-test"), "idp-test ($NSACCESS_NAMESPACE)");
    assert_eq!(named("-n shop-dev --account 111122223333", "idp-test"), "shop-dev (as named)");
    world.write(".kube/config", "apiVersion: v1\nkind: Config\ncurrent-context: somebody-elses\n");
    assert_eq!(named("", ""), "idp-test (this folder's name)");
    world.write("apps-idp/nsaccess.toml", "namespace = 'idp-dev'\n");
    assert_eq!(named("", ""), "idp-test (this folder's name)", "it is not trusted");
    world.run("config trust apps-idp/nsaccess.toml").success();
    assert_eq!(
        named("", ""),
        "idp-dev ($HOME/apps-idp/nsaccess.toml)".replace("$HOME", &world.home().display().to_string())
    );
    world.run("kubeconfig --print").exits(2).one_error().says("error: no namespace specified");
}
