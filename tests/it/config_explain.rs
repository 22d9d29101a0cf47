//! `config --explain`: which place gave what.

use crate::support::World;

const ORGANISATION: &str = "start_url = 'https://corp.awsapps.com/start'\nsso_region = 'eu-west-1'\nflow = 'browser'\n";

fn world() -> World {
    let mut world = World::new();
    world.write("etc/config.toml", ORGANISATION);
    world.chmod("etc/config.toml", 0o644);
    let path = world.path("etc/config.toml").display().to_string();
    world.set("NSACCESS_SYSTEM_CONFIG", &path);
    world
}

#[test]
fn a_fresh_machine_says_where_settings_could_come_from() {
    World::new().run("config --explain flow").is("PLACE                             OF            STATE
$NSACCESS_…                       environment   not found
nsaccess.toml here or above       project       not found
~/.config/nsaccess/config.toml    you           not found
$NSACCESS_SYSTEM_CONFIG is empty  organisation  not found
~/.aws/config                     AWS CLI       not found

SETTING  VALUE   FROM
flow     device  built in
[exit status: 0]
");
}

#[test]
fn a_value_is_shown_with_those_that_it_overrides() {
    let mut world = world();
    world.run("config set start_url https://mine.awsapps.com/start").success();
    world.write("nsaccess.toml", "start_url = 'https://project.awsapps.com/start'\nrole = 'Admin'\n");
    world.write(
        ".aws/config",
        "[sso-session x]\nsso_start_url = https://aws.awsapps.com/start\nsso_region = eu-west-1\n",
    );
    world.set("NSACCESS_FLOW", "device");
    let shown = "PLACE                           OF            STATE
$NSACCESS_FLOW                  environment   set
~/nsaccess.toml                 project       not trusted, so these settings are ignored: start_url = https://project.awsapps.com/start, role = Admin
~/.config/nsaccess/config.toml  you           read
~/etc/config.toml               organisation  read
~/.aws/config                   AWS CLI       read

SETTING      VALUE                           FROM
start_url    https://mine.awsapps.com/start  ~/.config/nsaccess/config.toml
  overrides  https://corp.awsapps.com/start  ~/etc/config.toml
  overrides  https://aws.awsapps.com/start   [sso-session x] in the AWS configuration
------- stderr -------
hint: nsaccess config trust $HOME/nsaccess.toml
[exit status: 0]
";
    world.run("config --explain start_url").is(shown);
    world.run("config trust").success();
    let json = world.run("config --explain start_url -o json").success().json();
    let row = &json["settings"][0];
    let home = world.home().display().to_string();
    assert_eq!(row["setting"], "start_url", "{json:#}");
    assert_eq!(row["from"].as_str().map(|from| from.replace(&home, "~")).as_deref(), Some("~/nsaccess.toml"));
    let overridden = row["overrides"].as_array().expect("a list").iter().filter_map(|row| row["from"].as_str());
    let overridden: Vec<String> = overridden.map(|from| from.replace(&home, "~")).collect();
    assert_eq!(
        overridden,
        ["~/.config/nsaccess/config.toml", "~/etc/config.toml", "[sso-session x] in the AWS configuration"]
    );
    assert_eq!(json["places"][1]["state"], "read");
    let all = world.run("config --explain").success();
    all.prints("flow                     device").prints("  overrides              browser");
}

#[test]
fn a_file_that_is_not_read_says_why() {
    let world = world();
    world.chmod("etc/config.toml", 0o606);
    world
        .run("config --explain flow")
        .success()
        .prints("~/etc/config.toml               organisation  not read: users other than its owner can write to it")
        .says("warning: ~/etc/config.toml is not read: users other than its owner can write to it");
    let json = world.run("config --explain -o json").success().json();
    let place = json["places"].as_array().expect("places").iter().find(|place| place["of"] == "organisation").cloned();
    let place = place.expect("the organisation's");
    assert_eq!(
        (&place["state"], &place["why"]),
        (&"not_read".into(), &"users other than its owner can write to it".into())
    );
}

#[test]
fn what_is_no_setting_is_said() {
    let world = world();
    world
        .run("config --explain flwo")
        .exits(2)
        .one_error()
        .says("error: unknown setting \"flwo\"; did you mean \"flow\"?")
        .says("try: nsaccess config --explain");
    world.run("config --explain namespace.pay.role_arn").success().prints("namespace.pay.role_arn  -      built in");
}
