use std::rc::Rc;

use super::by_hand::{ByHand, Home, PROFILE, access, cluster, keys, target};
use crate::chain::cluster::{self as stage, ClusterOrigin};
use crate::chain::credentials::Credentials;
use crate::chain::{Chain, Presence};
use crate::error::{Kind, Result};
use crate::model::kube::cluster::Cluster;
use crate::model::reviews::review::Verdict;
use crate::model::settings::Flags;
use crate::net::aws::failure::Class;

const REGIONS: &str = "regions = [\"eu-west-1\", \"eu-central-1\"]\n";

fn home(settings: &str) -> Home {
    let home = Home::new(PROFILE, &[]);
    home.sign_in(60);
    home.write(".config/nsaccess/config.toml", settings);
    home
}

fn having(clusters: &[(Cluster, Option<Verdict>)]) -> Rc<ByHand> {
    Rc::new(ByHand { clusters: clusters.to_vec(), ..ByHand::default() })
}

async fn facts(chain: &Chain<'_>) -> Result<(String, ClusterOrigin)> {
    let credentials = Credentials::with(chain, target(), keys("KEY", 60));
    let (cluster, origin) = stage::facts(&credentials).await?;
    Ok((format!("{} in {}", cluster.name, cluster.region), origin))
}

#[tokio::test]
async fn the_only_cluster_is_found_described_and_kept() {
    let (home, services) = (home(REGIONS), having(&[(cluster("demo", "eu-central-1"), None)]));
    let found = |origin| Ok(("demo in eu-central-1".to_owned(), origin));
    assert_eq!(facts(&home.chain(&services)).await, found(ClusterOrigin::Described));
    assert_eq!(facts(&home.chain(&services)).await, found(ClusterOrigin::Cached));
    assert_eq!((services.calls("cluster_names"), services.calls("may_get_pods")), (2, 0));
}

#[tokio::test]
async fn a_cached_cluster_of_another_region_than_the_pinned_one_is_not_meant() {
    let clusters = [(cluster("demo", "eu-central-1"), None), (cluster("demo", "eu-west-1"), None)];
    let (home, services) = (home(""), having(&clusters));
    home.chain(&services).cache.store_cluster(&access().name, &clusters[0].0).expect("kept");
    let flags = Flags { cluster: Some("demo".into()), region: Some("eu-west-1".into()), ..Flags::default() };
    let chain = home.chain_for(&services, Presence::Nobody, &flags, &[]);
    assert_eq!(facts(&chain).await, Ok(("demo in eu-west-1".into(), ClusterOrigin::Described)));
}

#[tokio::test]
async fn a_cached_cluster_of_another_account_is_not_meant() {
    let (home, services) = (home(""), having(&[(cluster("demo", "eu-west-1"), None)]));
    let elsewhere =
        Cluster { arn: "arn:aws:eks:eu-west-1:999999999999:cluster/old".into(), ..cluster("old", "eu-west-1") };
    home.chain(&services).cache.store_cluster(&access().name, &elsewhere).expect("kept");
    assert_eq!(facts(&home.chain(&services)).await.map(|(name, _)| name), Ok("demo in eu-west-1".into()));
}

#[tokio::test]
async fn one_that_was_replaced_by_another_name_is_looked_for_again_and_a_pinned_one_is_not() {
    let (home, services) = (home(""), having(&[(cluster("new", "eu-west-1"), None)]));
    let chain = home.chain(&services);
    chain.cache.store_cluster(&access().name, &cluster("old", "eu-west-1")).expect("kept");
    let credentials = Credentials::with(&chain, target(), keys("KEY", 60));
    assert_eq!(stage::describe(&credentials).await.expect("found").name, "new");
    let flags = Flags { cluster: Some("old".into()), ..Flags::default() };
    let chain = home.chain_for(&services, Presence::Nobody, &flags, &[]);
    assert_eq!(facts(&chain).await.expect_err("not there").kind, Kind::NotFound);
}

#[tokio::test]
async fn of_several_the_one_that_lets_us_see_pods_is_taken() {
    let denied = Some(Verdict::Denied(None));
    let clusters = [
        (cluster("a", "eu-west-1"), denied.clone()),
        (cluster("b", "eu-west-1"), Some(Verdict::Allowed)),
        (cluster("c", "eu-central-1"), None),
    ];
    let home = home(REGIONS);
    assert_eq!(facts(&home.chain(&having(&clusters))).await.map(|(name, _)| name), Ok("b in eu-west-1".into()));
    let clusters = [(cluster("a", "eu-west-1"), denied), (cluster("c", "eu-central-1"), None)];
    let home = Home::new(PROFILE, &[]);
    home.sign_in(60);
    home.write(".config/nsaccess/config.toml", REGIONS);
    // One that was not reached has not said no.
    let unknown = facts(&home.chain(&having(&clusters))).await.expect_err("none says yes");
    assert_eq!(
        (unknown.kind, unknown.message.as_str()),
        (Kind::Unreachable, "a cluster that may have namespace \"idp-dev\" did not respond")
    );
    assert_eq!(unknown.because[..2], ["a in eu-west-1: no", "c in eu-central-1: not reached"]);
    let offered = "nsaccess login idp-dev --cluster c --region eu-central-1   # if it is this one";
    assert!(unknown.try_next.iter().any(|command| command == offered), "{unknown:?}");
    let all_deny = [clusters[0].clone(), (cluster("c", "eu-central-1"), Some(Verdict::Denied(None)))];
    let refused = facts(&home.chain(&having(&all_deny))).await.expect_err("none says yes");
    assert_eq!(
        (refused.kind, refused.because),
        (Kind::Denied, vec!["a in eu-west-1: no".into(), "c in eu-central-1: no".into()])
    );
}

#[tokio::test]
async fn without_our_cache_the_cluster_is_what_our_context_has() {
    let (home, services) = (home(""), having(&[(cluster("demo", "eu-west-1"), None)]));
    home.write(".kube/config", ENTRY);
    let chain = home.chain(&services);
    let known = stage::known(&chain, &target()).expect("in the kubeconfig");
    assert_eq!((known.name.as_str(), known.region.as_str()), ("demo", "eu-central-1"));
    assert_eq!((known.endpoint.as_str(), known.certificate_authority_data.as_str()), ("https://demo.example", "Q0E="));
    assert_eq!(known.arn, "arn:aws:eks:eu-central-1:111122223333:cluster/demo");
    assert_eq!(facts(&chain).await.map(|(name, _)| name), Ok("demo in eu-central-1".into()));
    assert_eq!(services.calls("cluster_names") + services.calls("describe_cluster"), 0);
    // Another identity, for once, has another cluster.
    let flags = Flags { account: Some("222233334444".into()), ..Flags::default() };
    let elsewhere = home.chain_for(&services, Presence::Nobody, &flags, &[]);
    assert!(stage::known(&elsewhere, &target()).is_none());
    // An entry that somebody else wrote says nothing of its cluster's name.
    home.write(".kube/config", &ENTRY.replace("[token, idp-dev,", "[other, idp-dev,"));
    assert!(stage::known(&home.chain(&services), &target()).is_none());
}

const ENTRY: &str = "apiVersion: v1\nkind: Config\nclusters:\n- name: idp-ns-idp-dev\n  cluster: {server: https://demo.example, certificate-authority-data: Q0E=}\ncontexts:\n- name: idp-ns-idp-dev\n  context: {cluster: idp-ns-idp-dev, user: idp-ns-idp-dev, namespace: idp-dev}\nusers:\n- name: idp-ns-idp-dev\n  user: {exec: {apiVersion: client.authentication.k8s.io/v1, command: nsaccess, args: [token, idp-dev, --cluster-name, demo, --region, eu-central-1], interactiveMode: IfAvailable}}\n";

#[tokio::test]
async fn where_several_say_yes_a_person_picks_and_a_program_is_told_the_flags() {
    let yes = Some(Verdict::Allowed);
    let services = having(&[(cluster("a", "eu-west-1"), yes.clone()), (cluster("b", "eu-west-1"), yes)]);
    let home = home("");
    let refused = facts(&home.chain(&services)).await.expect_err("nobody can choose");
    assert_eq!(refused.kind, Kind::Usage);
    assert_eq!(refused.try_next.len(), 2);
    let flags = Flags { region: Some("eu-west-1".into()), ..Flags::default() };
    let refused = facts(&home.chain_for(&services, Presence::Nobody, &flags, &[])).await.expect_err("as before");
    assert_eq!(refused.try_next[0], "nsaccess login idp-dev --cluster a --region eu-west-1", "each flag once");
    let chain = home.chain_for(&services, Presence::Person, &Flags::default(), &["b in"]);
    assert_eq!(facts(&chain).await.map(|(name, _)| name), Ok("b in eu-west-1".into()));
}

#[tokio::test]
async fn a_role_that_may_not_list_is_told_to_name_its_cluster() {
    let services = Rc::new(ByHand { list_fails: Some(Class::Denied), ..ByHand::default() });
    let refused = facts(&home("").chain(&services)).await.expect_err("denied");
    assert_eq!(refused.kind, Kind::Denied);
    assert_eq!(refused.try_next, ["nsaccess config set namespace.idp-dev.cluster NAME"]);
}

#[tokio::test]
async fn credentials_that_eks_refuses_are_renewed_and_it_is_asked_again() {
    let (home, services) = (home(""), having(&[(cluster("demo", "eu-west-1"), None)]));
    services.refused_keys.borrow_mut().insert("KEY".into());
    assert_eq!(facts(&home.chain(&services)).await.map(|(name, _)| name), Ok("demo in eu-west-1".into()));
    assert_eq!((services.calls("role_credentials"), services.calls("cluster_names")), (1, 2));
}

#[tokio::test]
async fn a_region_that_refuses_the_credentials_costs_no_new_ones_while_another_answers() {
    let services = Rc::new(ByHand {
        clusters: vec![(cluster("demo", "eu-central-1"), None)],
        refusing_regions: ["eu-west-1".to_owned()].into(),
        ..ByHand::default()
    });
    let home = home(REGIONS);
    assert_eq!(facts(&home.chain(&services)).await.map(|(name, _)| name), Ok("demo in eu-central-1".into()));
    let flags = Flags { cluster: Some("demo".into()), ..Flags::default() };
    let chain = home.chain_for(&services, Presence::Nobody, &flags, &[]);
    let credentials = Credentials::with(&chain, target(), keys("KEY", 60));
    assert_eq!(stage::describe(&credentials).await.expect("found").region, "eu-central-1");
    assert_eq!(services.calls("role_credentials"), 0);
}

#[tokio::test]
async fn where_all_regions_refuse_them_they_are_renewed_once() {
    let services = having(&[(cluster("demo", "eu-central-1"), None)]);
    services.refused_keys.borrow_mut().insert("KEY".into());
    assert_eq!(facts(&home(REGIONS).chain(&services)).await.map(|(name, _)| name), Ok("demo in eu-central-1".into()));
    assert_eq!(services.calls("role_credentials"), 1);
}

#[test]
fn one_ladder_decides_the_region() {
    let region = |home: &Home, flags: &Flags| {
        let chain = home.chain_for(&Rc::default(), Presence::Nobody, flags, &[]);
        (stage::known_region(&chain, &target()), stage::likely_region(&chain, &target()))
    };
    let some = |region: &str| (Some(region.to_owned()), region.to_owned());
    // The profile's, then the cluster's, then what is pinned.
    let set_up = home(REGIONS);
    assert_eq!(region(&set_up, &Flags::default()), some("eu-central-1"));
    set_up.chain(&Rc::default()).cache.store_cluster(&access().name, &cluster("x", "us-east-1")).expect("kept");
    assert_eq!(region(&set_up, &Flags::default()), some("us-east-1"));
    let flags = Flags { region: Some("ap-south-1".into()), ..Flags::default() };
    assert_eq!(region(&set_up, &flags), some("ap-south-1"));
    // Without a profile: the only one, and of several the first is only likely.
    let alone = Home::new(super::by_hand::PORTAL_ALONE, &[]);
    assert_eq!(region(&alone, &Flags::default()), some("eu-west-1"));
    alone.write(".config/nsaccess/config.toml", "regions = [\"us-east-2\", \"us-west-2\"]\n");
    assert_eq!(region(&alone, &Flags::default()), (None, "us-east-2".to_owned()));
}
