//! `login` by an IAM role that a profile's credentials assume, and by a profile's own identity: no portal anywhere.

use serde_json::json;

use crate::support::World;
use crate::support::corp::{ACCOUNT, PLACE, ROLE, USER, allow, by_role, corp, logged_in, map, role, write_keys};
use crate::support::forward::CLUSTER;

const FIRST: &str = "------- stderr -------
✓ source       the profile corp
✓ role         k8s-devs-role in account 111122223333, assumed by the profile corp until TIME
✓ cluster      idp-nonprod-1 in eu-west-1, Kubernetes 1.33
✓ profile      idp-ns-idp-dev in ~/.aws/config
✓ context      idp-ns-idp-dev in ~/.kube/config, now current
✓ you are      developer, groups idp-ns-idp-dev
✓ pods         get pods: yes
✓ services     get services: yes
✓ port-forward yes: SPDY only (no get pods/portforward)

Next:  kubectl get pod NAME
       aws --profile idp-ns-idp-dev sts get-caller-identity
[exit status: 0]
";

const AWS_CONFIG: &str = "[profile idp-ns-idp-dev]
source_profile = corp
role_arn = arn:aws:iam::111122223333:role/k8s-devs-role
region = eu-west-1
";

const OWN: &str = "------- stderr -------
✓ source       the profile corp
✓ identity     the profile corp until TIME
✓ cluster      idp-nonprod-1 in eu-west-1, Kubernetes 1.33
✓ profile      corp (your own)
✓ context      idp-ns-idp-dev in ~/.kube/config, now current
✓ you are      ada, groups idp-ns-idp-dev
✓ pods         get pods: yes
✓ services     get services: yes
✓ port-forward yes: SPDY only (no get pods/portforward)

Next:  kubectl get pod NAME
       aws --profile corp sts get-caller-identity
[exit status: 0]
";

/// A cluster that maps users in `aws-auth`, as the second half of the guides does.
fn with_map_users() -> World {
    let world = corp();
    let users = format!("- userarn: {USER}\n  username: ada\n  groups: [idp-ns-idp-dev]\n");
    assert!(world.control().set_map_users_text(CLUSTER, &users));
    world
}

#[test]
fn a_first_login_says_each_stage_and_what_to_type_next() {
    let world = corp();
    world.run(&by_role("idp-dev", ROLE)).is(FIRST);
    assert_eq!(world.control().calls("AssumeRole"), 1);
}

#[test]
fn the_profile_has_the_standard_keys_and_nothing_else_is_written() {
    let world = corp();
    let credentials = world.read(".aws/credentials");
    world.run(&by_role("idp-dev", ROLE)).success();
    assert_eq!(world.read(".aws/config"), AWS_CONFIG);
    assert_eq!(world.read(".aws/credentials"), credentials);
    assert!(!world.exists(".config/nsaccess/config.toml"), "all of it stands in the profile");
    let kubeconfig = world.read(".kube/config");
    for line in ["current-context: idp-ns-idp-dev", "    namespace: idp-dev", "      - token\n      - idp-dev\n"] {
        assert!(kubeconfig.contains(line), "{line:?} is not in\n{kubeconfig}");
    }
    let files = world.files();
    for (name, (mode, _)) in &files.0 {
        assert_eq!(*mode, 0o600, "{}", name.display());
    }
    let of_the_aws_cli = files.names().into_iter().filter(|name| name.starts_with(".aws/cli/cache/")).count();
    assert_eq!(of_the_aws_cli, 1, "the session of the role, which the AWS CLI finds too: {:?}", files.names());
}

#[test]
fn every_option_stands_in_the_profile_and_is_found_there() {
    let world = corp();
    world.control().put_role(role("rich").requiring_external_id("corp-42").lasting(7200));
    map(&world, "arn:aws:iam::111122223333:role/rich");
    let words = by_role("idp-dev", "arn:aws:iam::111122223333:role/rich");
    world.run(&format!("{words} --external-id corp-42 --session-name ada.l --duration 2h")).success();
    let config = world.read(".aws/config");
    for line in ["external_id = corp-42\n", "role_session_name = ada.l\n", "duration_seconds = 7200\n"] {
        assert!(config.contains(line), "{line}\n{config}");
    }
    let again = world.run("login idp-dev").success().says("(unchanged)");
    again.says("rich in account 111122223333");
    assert_eq!(world.read(".aws/config"), config);
    let arn = "arn:aws:sts::111122223333:assumed-role/rich/ada.l";
    assert_eq!(world.run("whoami -o json").success().json()["arn"], arn);
}

#[test]
fn a_second_login_finds_everything_and_assumes_nothing() {
    let world = logged_in();
    world
        .run("login idp-dev")
        .success()
        .says("✓ context      idp-ns-idp-dev in ~/.kube/config, now current (unchanged)");
    for operation in ["AssumeRole", "StartDeviceAuthorization", "GetRoleCredentials"] {
        assert_eq!(world.control().calls(operation), 0, "{operation}");
    }
    assert_eq!(world.read(".aws/config"), AWS_CONFIG);
    world.run("login idp-dev --force").success();
    world.run("login idp-dev --no-switch").success().says("not made current");
}

#[test]
fn aws_auth_alone_may_map_the_role() {
    let world = corp();
    let control = world.control();
    control.put_role(sandbox::Role { path: "/teams/".to_owned(), ..role("by-map") });
    let text = "- rolearn: arn:aws:iam::111122223333:role/by-map\n  username: developer\n  groups: [idp-ns-idp-dev]\n";
    assert!(control.set_aws_auth_data(CLUSTER, json!({"mapRoles": text})));
    let arn = "arn:aws:iam::111122223333:role/teams/by-map";
    world.run(&by_role("idp-dev", arn)).success().says("✓ you are      developer, groups idp-ns-idp-dev");
    assert!(world.read(".aws/config").contains(&format!("role_arn = {arn}\n")), "with the path");
}

#[test]
fn a_role_has_a_name_of_its_own_as_any_access() {
    let world = logged_in();
    world.control().put_role(role("other"));
    map(&world, "arn:aws:iam::111122223333:role/other");
    let words = by_role("idp-dev", "arn:aws:iam::111122223333:role/other");
    let refused = world.run(&words).exits(2).one_error();
    let refused = refused.says("idp-ns-idp-dev is set up for k8s-devs-role in account 111122223333");
    refused.says("try: nsaccess login idp-dev --as idp-dev-other --role-arn").says("--replace");
    world.run(&format!("{words} --as dev-two")).success().says("idp-ns-dev-two in ~/.kube/config, now current");
    assert!(world.read(".aws/config").starts_with(AWS_CONFIG), "the first one is as it was");
    assert_eq!(world.read(".config/nsaccess/config.toml"), "[namespace.dev-two]\nnamespace = \"idp-dev\"\n");
    world.run(&format!("{words} --replace")).success();
    assert!(world.read(".aws/config").contains("role_arn = arn:aws:iam::111122223333:role/other\n"));
}

#[test]
fn a_warm_token_makes_no_call() {
    let mut world = logged_in();
    let before = world.files();
    world.run("token idp-dev").success();
    assert_eq!(world.control().counts().len(), 0);
    world.go_offline();
    world.run("token idp-dev").success();
    assert_eq!(world.files(), before, "the warm path writes nothing");
}

#[test]
fn many_processes_assume_the_role_once() {
    let world = logged_in();
    std::fs::remove_dir_all(world.path(".aws/cli")).expect("removed");
    std::fs::remove_dir_all(world.path(".cache/nsaccess/v1/credentials")).expect("removed");
    let running: Vec<_> = (0..20).map(|_| world.nsaccess("token idp-dev").spawn()).collect();
    for process in running {
        process.finish().success();
    }
    assert_eq!(world.control().calls("AssumeRole"), 1);
}

#[test]
fn a_profile_s_own_identity_is_a_session_of_its_user() {
    let world = with_map_users();
    let words = format!("login idp-dev --source-profile corp {PLACE}");
    world.run(&words).is(OWN);
    assert_eq!(world.read(".config/nsaccess/config.toml"), "[namespace.idp-dev]\nsource_profile = \"corp\"\n");
    assert!(!world.exists(".aws/config"), "the profile is the person's own");
    let kept = world.read(".cache/nsaccess/v1/credentials/idp-dev.json");
    assert!(!kept.contains("AKIA"), "keys without an end are not kept: {kept}");
    assert_eq!(world.control().calls("GetSessionToken"), 1);
    world.control().reset_calls();
    world.run("login idp-dev").success().says("(unchanged)");
    world.run("token idp-dev").success();
    for operation in ["GetSessionToken", "AssumeRole"] {
        assert_eq!(world.control().calls(operation), 0, "{operation}");
    }
    world.run("whoami").success().prints(USER).says_not("session name");
}

#[test]
fn an_unmapped_identity_is_named_as_the_platform_team_needs_it() {
    let world = corp();
    let refused = world.run(&format!("login idp-dev --source-profile corp {PLACE}")).exits(4).one_error();
    refused
        .says("error: the cluster idp-nonprod-1 does not recognize the identity of the profile corp")
        .says(&format!("because: in an access entry, its ARN is {USER}"))
        .says("\nask your platform team to map the identity\n")
        .says("because: nothing was written");
    assert!(!world.exists(".kube/config") && !world.exists(".config/nsaccess/config.toml"));
    world.control().put_role(role("unmapped"));
    let arn = "arn:aws:iam::111122223333:role/unmapped";
    world.run(&by_role("idp-dev", arn)).exits(4).one_error().says("does not recognize the role unmapped").says(arn);
    assert!(!world.exists(".aws/config"));
}

#[test]
fn the_source_describes_the_cluster_where_the_role_may_do_nothing_at_aws() {
    let world = corp();
    let arn = "arn:aws:iam::111122223333:role/for-kubernetes-alone";
    let role = sandbox::Role::new(ACCOUNT, "for-kubernetes-alone").trusting(sandbox::iam::trust_principal(USER));
    world.control().put_role(role);
    map(&world, arn);
    world.run(&by_role("idp-dev", arn)).success().says("✓ cluster      idp-nonprod-1");
    world.run("can-i").success().prints("idp-nonprod-1 in eu-west-1, by profile corp");
    // Where neither may, both are named.
    world.control().put_user(sandbox::User::new(ACCOUNT, "ada").allowing(allow(&["sts:AssumeRole"])));
    write_keys(&world, "corp");
    world
        .run(&by_role("idp-test", arn))
        .exits(4)
        .one_error()
        .says("the role for-kubernetes-alone needs eks:DescribeCluster on its cluster")
        .says("because: the profile corp, which assumes it, is not allowed to either");
}

#[test]
fn json_tells_who_it_is() {
    let world = corp();
    let report = world.run(&format!("{} -o json", by_role("idp-dev", ROLE))).success().json();
    assert_eq!(report["profile"], "idp-ns-idp-dev");
    assert_eq!(report["role"], "k8s-devs-role");
    assert_eq!(report["account"], ACCOUNT);
    assert_eq!(report["caller_arn"], "arn:aws:sts::111122223333:assumed-role/k8s-devs-role/ada");
}
