//! A project's `nsaccess.toml` comes with a checkout: what it may decide, and when.

use crate::support::output::Ended;
use crate::support::{World, skipped};

/// A world with a permission set that can do more than the namespace's own, and a checkout that asks for it.
fn with_admin(project: &str) -> World {
    let mut of = sandbox::World::default();
    of.accounts[0].permission_sets.push("AdministratorAccess".to_owned());
    of.clusters[0].map_permission_set("eu-west-1", "AdministratorAccess", "admins");
    of.clusters[0].bind_cluster_role("admins", "view");
    let world = World::of(of);
    world.login("idp-dev").run().success();
    world.control().reset_calls();
    world.write("repo/nsaccess.toml", project);
    world
}

const ADMIN: &str = "role = 'AdministratorAccess'\n";

/// The permission set that credentials of a child were given for.
#[track_caller]
fn role_in(world: &World, folder: &str) -> (String, Ended) {
    let output = world.nsaccess("exec -n idp-dev -- sh -c").arg("echo $AWS_ACCESS_KEY_ID").dir(folder).run().success();
    let role = world.control().permission_set_of(output.stdout.trim()).expect("a key that the sandbox gave out");
    (role, output)
}

/// The permission set whose credentials signed a token for kubectl.
#[track_caller]
fn signer(world: &World, folder: &str) -> String {
    let words = "token idp-dev --cluster-name idp-nonprod-1 --region eu-west-1";
    let output = world.nsaccess(words).dir(folder).run_trusted().success();
    world.signer(&output)
}

#[test]
fn an_untrusted_file_chooses_no_role_anywhere_and_that_is_said() {
    let world = with_admin(ADMIN);
    let (config, kubeconfig) = (world.read(".aws/config"), world.read(".kube/config"));
    let (role, output) = role_in(&world, "repo");
    assert_eq!(role, "idp-ns-idp-dev");
    output
        .says("warning: ignoring ~/repo/nsaccess.toml, which is not trusted: role = AdministratorAccess\n")
        .says("hint: nsaccess config trust $HOME/repo/nsaccess.toml\n");
    assert_eq!((signer(&world, "repo"), signer(&world, "")), ("idp-ns-idp-dev".into(), "idp-ns-idp-dev".into()));
    world.nsaccess("login idp-dev").dir("repo").run().success().says("✓ role         idp-ns-idp-dev");
    assert_eq!((world.read(".aws/config"), world.read(".kube/config")), (config, kubeconfig));
    // Where nothing of it would count there is nothing to say.
    world.nsaccess("exec -n idp-dev -- true").run().success().says_not("warning");
}

#[test]
fn every_key_that_decides_an_identity_or_an_endpoint_waits_for_trust() {
    for line in [
        "account = '777788889999'",
        "role = 'ReadOnly'",
        "cluster = 'tools-1'",
        "region = 'us-east-1'",
        "regions = ['us-east-1']",
        "start_url = 'https://evil.awsapps.com/start'",
        "sso_region = 'us-east-1'",
        "[namespace.idp-dev]\naccount = '777788889999'\nrole = 'ReadOnly'\ncluster = 'tools-1'\nregion = 'us-east-1'",
    ] {
        let world = World::new();
        world.write("repo/nsaccess.toml", format!("{line}\n"));
        let output = world.login("idp-dev").dir("repo").run().success();
        output
            .says("✓ session      https://sandbox.awsapps.com/start")
            .says("✓ role         idp-ns-idp-dev in account 111122223333")
            .says("✓ cluster      idp-nonprod-1 in eu-west-1");
        let rows = world.nsaccess("config -o json").dir("repo").run().success();
        assert!(!rows.stdout.contains("repo/nsaccess.toml"), "{line}\n{}", rows.stdout);
    }
}

#[test]
fn a_namespace_in_an_untrusted_file_is_not_the_one_that_is_meant() {
    let world = World::signed_in();
    world.run("login idp-test --no-switch").success();
    world.write(".kube/config", "apiVersion: v1\nkind: Config\ncurrent-context: somebody-elses\n");
    world.write("repo/nsaccess.toml", "namespace = 'idp-test'\n");
    world
        .nsaccess("credentials")
        .dir("repo")
        .run()
        .exits(2)
        .one_error()
        .says("error: no namespace specified")
        .says("because: ~/repo/nsaccess.toml is not trusted: namespace = idp-test")
        .says("try: nsaccess config trust $HOME/repo/nsaccess.toml");
    world.run("config trust repo/nsaccess.toml").success();
    world.nsaccess("credentials").dir("repo").run_trusted().success();
}

#[test]
fn trusting_shows_what_is_trusted_and_holds_until_the_file_changes() {
    let world =
        with_admin("namespace = 'idp-dev'\nrole = 'AdministratorAccess'\nregions = ['eu-west-1', 'us-east-1']\n");
    world.write("repo/deep/er/x", "");
    world.nsaccess("config trust").dir("repo/deep/er").run().is("------- stderr -------
trusted ~/repo/nsaccess.toml as it is now; in its folder and below, it sets:
  namespace = idp-dev
  regions = eu-west-1,us-east-1
  role = AdministratorAccess
[exit status: 0]
");
    let (role, output) = role_in(&world, "repo/deep/er");
    assert_eq!(role, "AdministratorAccess");
    assert_eq!(
        output.stderr.replace(&world.home().display().to_string(), "$HOME"),
        "AWS as AdministratorAccess in account 111122223333 (not idp-ns-idp-dev, by $HOME/repo/nsaccess.toml)\n"
    );
    world.write("repo/nsaccess.toml", ADMIN);
    assert_eq!(role_in(&world, "repo").0, "idp-ns-idp-dev");
    let trusted = world.run("config trust repo/nsaccess.toml -o json").success().json();
    assert_eq!(trusted["settings"], serde_json::json!([{"setting": "role", "value": "AdministratorAccess"}]));
}

#[test]
fn a_role_that_a_trusted_file_chose_is_never_found_outside_its_folder() {
    let world = with_admin(ADMIN);
    world.run("config trust repo/nsaccess.toml").success();
    for _ in 0..2 {
        assert_eq!(role_in(&world, "repo").0, "AdministratorAccess");
        assert_eq!(role_in(&world, "").0, "idp-ns-idp-dev");
        // kubectl is started in any folder, and acts as the profile says in all of them.
        assert_eq!((signer(&world, "repo"), signer(&world, "")), ("idp-ns-idp-dev".into(), "idp-ns-idp-dev".into()));
    }
    // Each identity is asked for once; neither drives the other out of the cache.
    assert_eq!(world.control().calls("GetRoleCredentials"), 1);
    assert!(!world.read(".aws/config").contains("AdministratorAccess"));
    world.run("logout").success();
    let left = std::fs::read_dir(world.path(".cache/nsaccess/v1/credentials")).expect("the folder");
    assert_eq!(left.count(), 0, "every identity's credentials are gone");
}

#[test]
fn kubectl_inside_acts_as_the_aws_keys_do() {
    let world = with_admin(ADMIN);
    world.run("config trust repo/nsaccess.toml").success();
    let line = "grep -A1 'name: NSACCESS_\\(ACCOUNT\\|ROLE\\)' $KUBECONFIG | grep value";
    let output = world.nsaccess("exec -n idp-dev -- sh -c").arg(line).dir("repo").run().success();
    assert_eq!(
        output.stdout.split_whitespace().collect::<Vec<_>>(),
        ["value:", "\"111122223333\"", "value:", "AdministratorAccess"]
    );
    let plain = world.nsaccess("exec -n idp-dev -- sh -c").arg("grep -c NSACCESS_ROLE $KUBECONFIG").run();
    assert_eq!(plain.stdout, "0\n");
}

#[test]
fn the_environment_s_identity_is_not_found_without_it() {
    let world = with_admin("");
    let token = |role: &str| {
        let words = "token idp-dev --cluster-name idp-nonprod-1 --region eu-west-1";
        let output = world.nsaccess(words).env("NSACCESS_ROLE", role).run_trusted().success();
        world.signer(&output)
    };
    for _ in 0..2 {
        assert_eq!(token("AdministratorAccess"), "AdministratorAccess");
        assert_eq!(token(""), "idp-ns-idp-dev");
    }
    assert_eq!(world.control().calls("GetRoleCredentials"), 1);
}

#[test]
fn a_profile_that_names_another_role_now_is_followed_at_once() {
    let world = with_admin("");
    assert_eq!(signer(&world, ""), "idp-ns-idp-dev");
    let other =
        world.read(".aws/config").replace("sso_role_name = idp-ns-idp-dev", "sso_role_name = AdministratorAccess");
    world.write(".aws/config", other);
    assert_eq!(signer(&world, ""), "AdministratorAccess", "not the one that was warm");
    world.run("config set namespace.idp-dev.role ReadOnly").success();
    assert_eq!(signer(&world, ""), "ReadOnly");
}

#[test]
fn what_changes_without_another_identity_needs_no_call() {
    let world = with_admin("");
    world.write(".aws/config", world.read(".aws/config") + "\n[default]\nregion = eu-north-1\n");
    world.write(".config/nsaccess/config.toml", world.read(".config/nsaccess/config.toml") + "\n# a comment\n");
    for _ in 0..2 {
        assert_eq!(signer(&world, ""), "idp-ns-idp-dev");
    }
    assert_eq!(world.control().counts().len(), 0, "{:?}", world.control().counts());
}

#[test]
fn a_cluster_of_a_trusted_file_is_not_kubectl_s_elsewhere() {
    let world = World::signed_in();
    world.write("repo/nsaccess.toml", "cluster = 'tools-1'\nregion = 'eu-west-1'\n");
    world.run("config trust repo/nsaccess.toml").success();
    let cluster = |folder: &str| {
        let line = "sed -n 's/.*--cluster-name//p' $KUBECONFIG; grep -A1 -e --cluster-name $KUBECONFIG | tail -1";
        world.nsaccess("exec -n idp-dev -- sh -c").arg(line).dir(folder).run().success().stdout.clone()
    };
    assert!(cluster("repo").contains("tools-1"));
    assert!(cluster("").contains("idp-nonprod-1"));
}

#[test]
fn a_file_of_another_user_is_never_read() {
    let world = with_admin(ADMIN);
    let path = world.path("repo/nsaccess.toml");
    if std::os::unix::fs::chown(&path, Some(65534), None).is_err() {
        return skipped("only root gives files away");
    }
    let says = "~/repo/nsaccess.toml is not read: it belongs to neither you nor root";
    let (role, output) = role_in(&world, "repo");
    assert_eq!(role, "idp-ns-idp-dev");
    output.says(says);
    for words in ["config trust", "config trust nsaccess.toml"] {
        world.nsaccess(words).dir("repo").run().exits(4).one_error().says("such files are never read");
    }
    // Not even what it says wrong, nor more care, nor a link to a file of our own.
    world.write("repo/nsaccess.toml", "this is no TOML\n");
    world.nsaccess("config").dir("repo").run().success().says(says);
    world.write("other/trusted.toml", ADMIN);
    world.run("config trust other/trusted.toml").success();
    std::fs::remove_file(&path).expect("removed");
    std::os::unix::fs::symlink(world.path("other/trusted.toml"), &path).expect("linked");
    std::os::unix::fs::lchown(&path, Some(65534), None).expect("given away");
    assert_eq!(role_in(&world, "repo").0, "idp-ns-idp-dev");
    // The nearest file that is one's own counts, as if the other were not there.
    world.write("nsaccess.toml", ADMIN);
    world.run("config trust nsaccess.toml").success();
    assert_eq!(role_in(&world, "repo").0, "AdministratorAccess");
}

#[test]
fn an_untrusted_file_cannot_name_where_to_sign_in() {
    let world = World::new();
    world.write("repo/nsaccess.toml", "start_url = 'https://evil.awsapps.com/start'\nsso_region = 'eu-west-1'\n");
    let login = || world.nsaccess("login idp-dev").dir("repo").run();
    login()
        .exits(2)
        .one_error()
        .says("sets where to sign in and is not trusted")
        .says("this one sets start_url = https://evil.awsapps.com/start, sso_region = eu-west-1")
        .says("try: nsaccess config trust $HOME/repo/nsaccess.toml");
    let output = world.nsaccess("config").dir("repo").run().success().says("which is not trusted");
    assert!(!output.stdout.contains("evil"), "{}", output.transcript());
    assert_eq!(world.control().counts().len(), 0);
    world.run("config set start_url https://sandbox.awsapps.com/start").success();
    world.run("config set sso_region eu-west-1").success();
    login().success().says("✓ session      https://sandbox.awsapps.com/start");
}

#[test]
fn a_trusted_file_names_where_to_sign_in_until_it_changes() {
    let world = World::new();
    let text = "namespace = 'idp-dev'\nstart_url = 'https://sandbox.awsapps.com/start'\nsso_region = 'eu-west-1'\n";
    world.write("repo/nsaccess.toml", text);
    world.run("config trust repo/nsaccess.toml").success();
    world.nsaccess("login").dir("repo").run().success();
    world.write("repo/nsaccess.toml", text.replace("sandbox", "evil"));
    world.run("logout").success();
    let output = world.nsaccess("login").dir("repo").run();
    assert!(!output.stderr.contains("Sign in to https://evil"), "{}", output.transcript());
}

#[test]
fn a_trusted_file_pins_and_a_flag_overrides_it() {
    let world = World::signed_in();
    world.write("repo/nsaccess.toml", "namespace = 'idp-dev'\ncluster = 'tools-1'\nregion = 'eu-west-1'\n");
    world.run("config trust repo/nsaccess.toml").success();
    let output = world.nsaccess("login").dir("repo").run().success().says("✓ cluster      tools-1");
    output.says("✗ pods");
    let login = world.nsaccess("login --cluster idp-nonprod-1 --replace").dir("repo");
    login.run().success().says("✓ cluster      idp-nonprod-1").says("✓ pods");
}
