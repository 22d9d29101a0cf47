//! `login` where something has to be found or chosen: the namespace, the account, the cluster.

use sandbox::{Account, Cluster};

use crate::support::World;

#[test]
fn an_unknown_namespace_is_answered_with_the_nearest_ones_and_writes_nothing() {
    let world = World::new();
    world.write(".kube/config", "apiVersion: v1\nkind: Config\n# mine\n");
    world.write(".aws/config", "[default]\nregion = eu-north-1\n");
    world
        .login("idp-dve")
        .run()
        .exits(5)
        .one_error()
        .says("error: no access to namespace \"idp-dve\"\nbecause: your namespaces: idp-dev, ");
    assert_eq!(world.read(".kube/config"), "apiVersion: v1\nkind: Config\n# mine\n");
    assert_eq!(world.read(".aws/config"), "[default]\nregion = eu-north-1\n");
}

#[test]
fn a_name_that_is_none_is_a_usage_error_and_nothing_is_asked() {
    let world = World::new();
    for name in ["Idp-Dev", "idp_dev", "-idp", "idp-dev-", "a.b", "", "x/../y", &"a".repeat(64)] {
        let output = world
            .nsaccess("login --start-url https://x.awsapps.com/start --sso-region eu-west-1")
            .arg("--")
            .arg(name)
            .run();
        output.exits(2).one_error();
    }
    assert_eq!(world.control().counts().len(), 0, "{:?}", world.control().counts());
    assert!(world.files().names().is_empty(), "{:?}", world.files().names());
}

#[test]
fn several_accounts_are_listed_with_what_to_type_and_typing_it_works() {
    let world = World::new();
    let output = world.login("shop-dev").run().exits(2).one_error();
    assert!(
        output.stderr.ends_with(
            "error: several accounts have namespace \"shop-dev\"\n\
             because: 111122223333 idp-nonprod, role idp-ns-shop-dev\n\
             because: 777788889999 shop, role idp-ns-shop-dev\n\
             try: nsaccess login shop-dev --account 111122223333 --as shop-dev-idp-nonprod\n\
             try: nsaccess login shop-dev --account 777788889999 --as shop-dev-777788889999\n"
        ),
        "{}",
        output.transcript()
    );
    world.run("login shop-dev --account 111122223333").success();
    assert!(world.read(".aws/config").contains("sso_account_id = 111122223333"));
    world.control().reset_calls();
    world.run("login shop-dev").success();
    assert_eq!(world.control().calls("ListAccounts"), 0);
}

#[test]
fn an_account_without_a_cluster_says_which_regions_were_searched() {
    let world = World::new();
    world
        .login("shop-dev --account 777788889999")
        .run()
        .exits(5)
        .one_error()
        .says("no cluster found in eu-west-1; searching all other regions\n")
        .says("error: no cluster found in account 777788889999\n")
        .says("because: regions searched: eu-west-1, us-east-1, us-east-2, us-west-1, us-west-2 and 29 others\n")
        .says("try: nsaccess login shop-dev --account 777788889999 --cluster NAME --region REGION   # if you know it");
    world.control().reset_calls();
    world.run("config set regions eu-west-1").success();
    world
        .run("login shop-dev --account 777788889999")
        .exits(5)
        .one_error()
        .says("because: regions searched: eu-west-1\ntry: nsaccess config set regions REGION");
    assert_eq!(world.control().calls("ListClusters"), 1, "who names the regions means them");
}

/// A second cluster of the account, in a region that nobody named, with two namespaces that the first one does not have.
fn with_far_cluster() -> sandbox::World {
    let mut of = sandbox::World::default();
    let mut far = Cluster::new("far-1", "111122223333", "ap-southeast-2");
    for namespace in ["far-dev", "far-test"] {
        let role = format!("idp-ns-{namespace}");
        far.map_permission_set("eu-west-1", &role, &role);
        far.add_namespace(namespace).grant_floor(namespace, &role);
        of.accounts[0].permission_sets.push(role);
    }
    of.with_cluster(far)
}

#[test]
fn a_cluster_in_another_region_is_found_and_remembered() {
    let world = World::of(with_far_cluster());
    // Those in the region of Identity Center do not know the role.
    world
        .login("far-dev")
        .run()
        .success()
        .says("searching all other regions\n")
        .says("✓ cluster      far-1 in ap-southeast-2")
        .says("now current");
    assert!(world.read(".aws/config").contains("region = ap-southeast-2\n"));
    world.control().reset_calls();
    world.run("login far-dev").success().says_not("searching");
    assert_eq!(world.control().calls("ListClusters"), 0);
    // The region of a cluster that is set up is one to look in first.
    world.run("login far-test").success().says_not("searching").says("✓ cluster      far-1 in ap-southeast-2");
    assert_eq!(world.control().calls("ListClusters"), 2);
}

#[test]
fn the_only_cluster_of_an_account_may_be_anywhere_and_a_name_is_enough_to_find_it() {
    let mut of = with_far_cluster();
    of.clusters.retain(|cluster| cluster.region != "eu-west-1");
    let world = World::of(of);
    world.login("far-dev").run().success().says("✓ cluster      far-1 in ap-southeast-2");
    world.run("login far-test --cluster far-1").success().says("✓ cluster      far-1 in ap-southeast-2");
    world.run("logout --purge").success();
    world.login("far-test --cluster far-1").run().success().says("✓ cluster      far-1 in ap-southeast-2");
}

#[test]
fn a_portal_without_any_namespace_says_which_setting_to_look_at() {
    let accounts = vec![Account::new("111122223333", "idp-nonprod", &["ReadOnly"])];
    let of = sandbox::World { accounts, ..sandbox::World::default() };
    World::of(of)
        .login("idp-dev")
        .run()
        .exits(5)
        .one_error()
        .says("none of your 1 permission sets in the portal is for a namespace")
        .says("try: nsaccess config ");
}

#[test]
fn a_permission_set_of_another_name_is_found_through_its_pattern() {
    let mut of = sandbox::World::default();
    of.accounts[0].permission_sets = vec!["Dev_idp-dev_EKS".to_owned()];
    of.clusters[0].map_permission_set("eu-west-1", "Dev_idp-dev_EKS", "idp-ns-idp-dev");
    let world = World::of(of);
    world.run("config set patterns.permission_set Dev_{namespace}_EKS").success();
    world.login("idp-dev --cluster idp-nonprod-1").run().success().says("✓ role         Dev_idp-dev_EKS in account");
}

#[test]
fn an_account_on_the_last_of_many_pages_is_found_despite_throttling() {
    let mut of = sandbox::World::default();
    let last = of.accounts.remove(0);
    let of = of.with_many_accounts(60, &["idp-ns-other-dev"]).with_settings(|settings| settings.page_size = 7);
    let world = World::of(of.with_account(last));
    world.control().throttle("portal", Some(30));
    world.login("idp-dev").run().success();
    assert!(world.control().calls("ListAccountRoles") > 63, "{:?}", world.control().counts());
}

#[test]
fn of_several_clusters_the_one_that_says_yes_is_taken() {
    let world = World::new();
    // tools-1 knows the role too, but has no such namespace and no right in it.
    world.login("idp-dev").run().success().says("✓ cluster      idp-nonprod-1 in eu-west-1");
    assert_eq!(world.control().calls("ListClusters"), 1);
    assert_eq!(world.control().calls("DescribeCluster"), 2);
}

#[test]
fn when_several_clusters_say_yes_each_is_listed_with_what_to_type() {
    let mut of = sandbox::World::default();
    of.clusters[1].add_namespace("idp-dev").grant_floor("idp-dev", "idp-ns-idp-dev");
    let world = World::of(of);
    let output = world.login("idp-dev").run().exits(2).one_error().says("several clusters have namespace \"idp-dev\"");
    let output = output.says("try: nsaccess login idp-dev --cluster tools-1 --region eu-west-1");
    let output = output.says("try: nsaccess login idp-dev --cluster idp-nonprod-1 --region eu-west-1");
    output.says_not("✓ context");
    world.run("login idp-dev --cluster tools-1 --region eu-west-1").success().says("✓ cluster      tools-1");
}

#[test]
fn when_no_cluster_says_yes_each_one_s_answer_is_shown() {
    let mut of = sandbox::World::default();
    of.clusters[0].objects.retain(|object| object["kind"] != "RoleBinding");
    of.clusters[1].access_entries.clear();
    let world = World::of(of);
    world
        .login("idp-dev")
        .run()
        .exits(4)
        .one_error()
        .says("error: no cluster allows the role idp-ns-idp-dev to get pods in namespace \"idp-dev\"")
        .says("because: idp-nonprod-1 in eu-west-1: no")
        .says("because: tools-1 in eu-west-1: no (401: the role is not mapped there");
}

#[test]
fn denied_list_clusters_names_the_setting_and_the_setting_helps() {
    let world = World::new();
    world.control().deny_action("*", "eks:ListClusters");
    world
        .login("idp-dev")
        .run()
        .exits(4)
        .one_error()
        .says("error: cannot list the clusters of account 111122223333")
        .says("try: nsaccess config set namespace.idp-dev.cluster NAME");
    world.run("config set namespace.idp-dev.cluster idp-nonprod-1").success();
    world.control().reset_calls();
    world.run("login idp-dev").success().says("✓ cluster      idp-nonprod-1");
    assert_eq!(world.control().calls("ListClusters"), 0);
}

#[test]
fn denied_describe_cluster_says_what_the_role_lacks() {
    let world = World::new();
    world.control().deny_action("*", "eks:DescribeCluster");
    world
        .login("idp-dev --cluster idp-nonprod-1")
        .run()
        .exits(4)
        .one_error()
        .says("error: cannot describe cluster \"idp-nonprod-1\" in eu-west-1")
        .says("because: the role idp-ns-idp-dev needs eks:DescribeCluster on its cluster");
    assert!(!world.exists(".kube/config"));
}

#[test]
fn a_cluster_of_a_wrong_name_is_not_found() {
    let world = World::new();
    world
        .login("idp-dev --cluster nope")
        .run()
        .exits(5)
        .one_error()
        .says("error: cannot describe cluster \"nope\" in eu-west-1");
}

#[test]
fn a_cluster_is_found_in_the_second_of_the_configured_regions() {
    let mut of = sandbox::World::default();
    let mut far = Cluster::new("far-1", "111122223333", "us-east-1");
    far.map_permission_set("eu-west-1", "idp-ns-far-dev", "idp-ns-far-dev");
    far.add_namespace("far-dev").grant_floor("far-dev", "idp-ns-far-dev");
    of.accounts[0].permission_sets.push("idp-ns-far-dev".to_owned());
    let world = World::of(of.with_cluster(far));
    world.run("config set regions eu-west-1,us-east-1").success();
    world.login("far-dev").run().success().says("✓ cluster      far-1 in us-east-1");
    assert!(world.read(".aws/config").contains("region = us-east-1\n"));
}

#[test]
fn an_unmapped_role_is_named_in_both_forms_of_its_arn() {
    let world = World::new();
    assert!(world.control().set_access_entries("idp-nonprod-1", Vec::new()));
    let role = sandbox::role_name("111122223333", "idp-ns-idp-dev");
    world
        .login("idp-dev --cluster idp-nonprod-1")
        .run()
        .exits(4)
        .one_error()
        .says("error: the cluster idp-nonprod-1 does not recognize the role idp-ns-idp-dev")
        .says(&format!("arn:aws:iam::111122223333:role/aws-reserved/sso.amazonaws.com/eu-west-1/{role}"))
        .says(&format!("in aws-auth, its ARN is arn:aws:iam::111122223333:role/{role} (without the path)"));
}

#[test]
fn credentials_that_were_revoked_before_their_time_are_renewed_and_the_role_is_not_called_unmapped() {
    let world = World::new();
    world.login("idp-dev").run().success();
    world.control().forget_role_credentials();
    world.run("login idp-dev").success().says("✓ you are");
    assert_eq!(world.control().calls("GetRoleCredentials"), 2);
}

#[test]
fn what_the_role_may_not_do_is_said_and_is_no_failure() {
    let world = World::new();
    world.login("idp-dev").run().success();
    assert!(world.control().delete("idp-nonprod-1", "RoleBinding", "idp-dev", "idp-ns-floor"));
    world.run("login idp-dev").success().says("✗ pods         get pods: no").says("✗ port-forward no");
}
