//! Credentials of an access whose profile changes, ends or is signed out of.

use std::rc::Rc;

use super::by_hand::{ByHand, Home, Meanwhile, access};
use crate::chain::cached_token;
use crate::disk::cache::Cache;
use crate::disk::cli_cache;
use crate::error::{Kind, Result};
use crate::model::aws::role_to_assume::RoleToAssume;
use crate::model::kube::exec_credential::ExecInfo;

const ROLE: &str = "arn:aws:iam::777788889999:role/k8s";
/// The access is the profile's own identity.
const OWN: &str = "[namespace.idp-dev]\nsource_profile = \"corp\"\n";
/// It is a role that the profile assumes.
const BY_ROLE: &str =
    "[namespace.idp-dev]\nsource_profile = \"corp\"\nrole_arn = \"arn:aws:iam::777788889999:role/k8s\"\n";

fn keys(id: &str) -> String {
    format!("[corp]\naws_access_key_id = {id}\naws_secret_access_key = secret\n")
}

fn home(settings: &str) -> Home {
    let home = Home::new("", &[]);
    home.write(".config/nsaccess/config.toml", settings);
    home.write(".aws/credentials", &keys("AKIAOLD"));
    home
}

async fn key(home: &Home, services: &Rc<ByHand>) -> Result<String> {
    let chain = home.chain(services);
    let credentials = chain.credentials(&access()).await?;
    Ok(credentials.role().keys.access_key_id().to_owned())
}

fn is_warm(home: &Home) -> bool {
    let cluster = Some(("demo", "eu-west-1"));
    cached_token::exec_credential(&home.host, &ExecInfo::parse(None), &access().name, cluster).is_some()
}

#[tokio::test]
async fn new_keys_of_the_profile_count_at_once() {
    for (settings, keys_given) in [(OWN, ["SESSION1", "SESSION2"]), (BY_ROLE, ["ROLE1", "ROLE2"])] {
        let (home, services) = (home(settings), Rc::<ByHand>::default());
        for _ in 0..2 {
            assert_eq!(key(&home, &services).await, Ok(keys_given[0].into()));
        }
        assert!(is_warm(&home));
        home.write(".aws/credentials", &keys("AKIANEW"));
        assert!(!is_warm(&home), "the warm path goes on with the old keys");
        // The AWS CLI's file of the role is that of the old keys, and does not say so.
        assert_eq!(key(&home, &services).await, Ok(keys_given[1].into()));
        assert!(is_warm(&home));
    }
}

#[tokio::test]
async fn another_definition_counts_and_other_lines_cost_nothing() {
    let (home, services) = (home(OWN), Rc::<ByHand>::default());
    assert_eq!(key(&home, &services).await, Ok("SESSION1".into()));
    home.write(".aws/credentials", &format!("{}[other]\naws_access_key_id = AKIA\n", keys("AKIAOLD")));
    assert!(!is_warm(&home));
    assert_eq!(key(&home, &services).await, Ok("SESSION1".into()), "the keys are the same");
    home.write(".aws/config", &format!("[profile corp]\nrole_arn = {ROLE}\nsource_profile = base\n"));
    home.write(".aws/credentials", &keys("AKIAOLD").replace("corp", "base"));
    assert_eq!(key(&home, &services).await, Ok("ROLE1".into()));
    home.write(".aws/credentials", "");
    home.write(".aws/config", "");
    assert_eq!(key(&home, &services).await.expect_err("the profile is gone").kind, Kind::NotFound);
}

#[tokio::test]
async fn temporary_keys_without_an_end_serve_as_they_are_and_are_not_kept() {
    let (home, services) = (home(OWN), Rc::<ByHand>::default());
    home.write(".aws/credentials", &format!("{}aws_session_token = token\n", keys("ASIASAML")));
    assert_eq!(key(&home, &services).await, Ok("ASIASAML".into()));
    assert_eq!(services.calls("session_token"), 0, "AWS gives none to temporary credentials");
    assert!(Cache::new(&home.host).own_credentials(&access().name).is_none());
    home.write(".aws/credentials", &format!("{}aws_session_token = token\n", keys("ASIANEXT")));
    assert_eq!(key(&home, &services).await, Ok("ASIANEXT".into()));
}

#[tokio::test]
async fn a_sign_out_during_the_call_is_not_undone() {
    for settings in [OWN, BY_ROLE] {
        let (home, services) = (home(settings), Rc::<ByHand>::default());
        let host = home.host.clone();
        *services.meanwhile.borrow_mut() = Some(Meanwhile(Box::new(move || {
            Cache::new(&host).store_sign_out_mark("profile corp", "mark").expect("stored");
        })));
        assert_eq!(key(&home, &services).await.expect_err("signed out").kind, Kind::NotSignedIn);
        assert!(Cache::new(&home.host).accesses_with_credentials().is_empty());
        assert!(cli_cache::read(&home.host, &RoleToAssume::plain(ROLE).cache_file_name()).is_none());
        assert!(key(&home, &services).await.is_ok(), "the next one counts");
    }
}
