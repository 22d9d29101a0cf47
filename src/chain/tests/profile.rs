use std::rc::Rc;

use super::by_hand::{ByHand, Home, Meanwhile, failure, keys, now};
use crate::chain::profile::{self, Wanted};
use crate::chain::{Chain, Presence};
use crate::disk::cli_cache;
use crate::error::{Kind, Result};
use crate::model::aws::role_to_assume::RoleToAssume;
use crate::model::aws::sso_cache::{render_sso_role, role_credentials_file_name};
use crate::model::settings::Flags;
use crate::net::aws::failure::{Class, Failure};

const ROLE: &str = "arn:aws:iam::777788889999:role/k8s";
const CONFIG: &str = "\
[profile dev]
sso_session = corp
sso_account_id = 111122223333
sso_role_name = Dev
[sso-session corp]
sso_start_url = https://corp.awsapps.com/start
sso_region = eu-west-1
[profile prod]
role_arn = arn:aws:iam::777788889999:role/k8s
source_profile = dev
region = eu-central-1
external_id = x-1
[profile chained]
role_arn = arn:aws:iam::777788889999:role/second
source_profile = prod
[profile keyed]
role_arn = arn:aws:iam::777788889999:role/keyed
source_profile = corp
role_session_name = deploy
[profile mfa]
role_arn = arn:aws:iam::777788889999:role/mfa
source_profile = corp
mfa_serial = arn:aws:iam::111122223333:mfa/ada
";
const KEYS: &str = "[corp]\naws_access_key_id = AKIACORP\naws_secret_access_key = secret\n";

fn home() -> Home {
    let home = Home::new(CONFIG, &[]);
    home.write(".aws/credentials", KEYS);
    home.sign_in(60);
    home
}

async fn key_of(chain: &Chain<'_>, profile: &str, wanted: Wanted<'_>) -> Result<String> {
    Ok(profile::credentials(chain, profile, wanted).await?.keys.access_key_id().to_owned())
}

async fn key(home: &Home, services: &Rc<ByHand>, profile: &str) -> Result<String> {
    key_of(&home.chain(services), profile, Wanted::default()).await
}

fn file() -> String {
    role_credentials_file_name("111122223333", "Dev", Some("corp"), "")
}

#[tokio::test]
async fn keys_are_read_and_need_no_call() {
    let (home, services) = (home(), Rc::<ByHand>::default());
    assert_eq!(key(&home, &services, "corp").await, Ok("AKIACORP".into()));
    assert!(services.calls.borrow().is_empty());
    assert_eq!(key(&home, &services, "crop").await.expect_err("no such profile").kind, Kind::NotFound);
}

#[tokio::test]
async fn a_permission_set_is_asked_for_once_and_kept_where_the_aws_cli_looks() {
    let (home, services) = (home(), Rc::<ByHand>::default());
    for _ in 0..2 {
        assert_eq!(key(&home, &services, "dev").await, Ok("KEY1".into()));
    }
    assert_eq!(services.calls("role_credentials"), 1);
    assert!(cli_cache::read(&home.host, &file()).is_some());
}

#[tokio::test]
async fn what_the_aws_cli_has_is_used_although_the_session_is_over() {
    let (home, services) = (home(), Rc::<ByHand>::default());
    let theirs = render_sso_role(&keys("ASIATHEIRS", 60), "111122223333");
    cli_cache::write(&home.host, &file(), &theirs).expect("written");
    std::fs::remove_dir_all(home.path().join(".aws/sso")).expect("signed out");
    assert_eq!(key(&home, &services, "dev").await, Ok("ASIATHEIRS".into()));
    // A role that is assumed with them is given, and kept.
    assert_eq!(key(&home, &services, "prod").await, Ok("ROLE1".into()));
    assert_eq!(services.calls("role_credentials"), 0);
}

#[tokio::test]
async fn a_chain_of_roles_asks_once_for_each() {
    let (home, services) = (home(), Rc::<ByHand>::default());
    for _ in 0..2 {
        assert_eq!(key(&home, &services, "chained").await, Ok("ROLE2".into()));
    }
    assert_eq!(key(&home, &services, "prod").await, Ok("ROLE1".into()), "it is kept for itself");
    let asked = services.assumed.borrow();
    let of = |index: usize| (asked[index].by.as_str(), asked[index].external_id.as_deref());
    assert_eq!((asked.len(), of(0), of(1)), (2, ("KEY1", Some("x-1")), ("ROLE1", None)));
    // The session is named after the person; the region is that of the partition, where no profile names one.
    assert_eq!((asked[0].session_name.as_str(), asked[0].region.as_str()), ("ada", "us-east-1"));
}

#[tokio::test]
async fn what_a_profile_names_is_asked_for() {
    let (home, services) = (home(), Rc::<ByHand>::default());
    assert_eq!(key(&home, &services, "keyed").await, Ok("ROLE1".into()));
    assert_eq!(key(&home, &services, "prod").await, Ok("ROLE2".into()));
    let asked = services.assumed.borrow();
    assert_eq!((asked[0].by.as_str(), asked[0].session_name.as_str()), ("AKIACORP", "deploy"));
    assert_eq!(asked[1].region, "eu-central-1");
}

#[tokio::test]
async fn refused_credentials_are_asked_for_anew_and_so_are_those_of_the_source() {
    let (home, services) = (home(), Rc::<ByHand>::default());
    let chain = home.chain(&services);
    assert_eq!(key(&home, &services, "prod").await, Ok("ROLE1".into()));
    let refused = Wanted { refused: Some("ROLE1"), ..Wanted::default() };
    assert_eq!(key_of(&chain, "prod", refused).await, Ok("ROLE2".into()));
    services.refused_keys.borrow_mut().insert("KEY1".into());
    let refused = Wanted { refused: Some("ROLE2"), ..Wanted::default() };
    assert!(key_of(&chain, "prod", refused).await.is_ok_and(|key| key != "ROLE2"));
    assert_eq!(services.calls("role_credentials"), 2);
}

#[tokio::test]
async fn keys_that_aws_does_not_know_are_named_and_asked_with_once() {
    let (home, services) = (home(), Rc::<ByHand>::default());
    let unknown = Failure { code: Some("InvalidClientTokenId".into()), ..failure(Class::Unauthorized) };
    *services.assume_fails.borrow_mut() = Some(unknown);
    let error = key(&home, &services, "keyed").await.expect_err("refused");
    assert_eq!((error.kind, services.calls("assume_role")), (Kind::NotSignedIn, 1));
    assert!(error.because[1].contains("the access key of the profile corp"), "{error:?}");
    assert!(error.try_next[0].starts_with("aws configure --profile corp"), "{error:?}");
}

#[tokio::test]
async fn a_denial_names_the_caller() {
    let (home, services) = (home(), Rc::<ByHand>::default());
    *services.assume_fails.borrow_mut() = Some(Failure { code: Some("AccessDenied".into()), ..failure(Class::Denied) });
    let error = key(&home, &services, "keyed").await.expect_err("refused");
    assert_eq!(error.kind, Kind::Denied);
    assert!(error.because.join("\n").contains("you are arn:aws:sts::111122223333"), "{error:?}");
}

#[tokio::test]
async fn a_code_is_asked_of_a_person_and_of_nobody_else() {
    let (home, services) = (home(), Rc::<ByHand>::default());
    let error = key(&home, &services, "mfa").await.expect_err("nobody is there");
    assert_eq!((error.kind, services.calls("assume_role")), (Kind::NotSignedIn, 0));
    assert!(error.try_next[0].starts_with("aws sts get-caller-identity --profile mfa"), "{error:?}");
    let person = home.chain_for(&services, Presence::Person, &Flags::default(), &["12345", " 123456 "]);
    assert_eq!(key_of(&person, "mfa", Wanted::default()).await, Ok("ROLE1".into()));
    let code = ("arn:aws:iam::111122223333:mfa/ada".to_owned(), "123456".to_owned());
    assert_eq!(services.assumed.borrow()[0].mfa, Some(code));
    assert_eq!(key(&home, &services, "mfa").await, Ok("ROLE1".into()), "it is kept for those who cannot ask");
}

#[tokio::test]
async fn a_wrong_code_is_asked_for_again() {
    let (home, services) = (home(), Rc::<ByHand>::default());
    let words = "MultiFactorAuthentication failed with invalid MFA one time pass code. ".to_owned();
    let wrong = Failure { code: Some("AccessDenied".into()), words, ..failure(Class::Denied) };
    *services.assume_fails.borrow_mut() = Some(wrong);
    let person =
        home.chain_for(&services, Presence::Person, &Flags::default(), &["111111", "222222", "333333", "444444"]);
    let error = key_of(&person, "mfa", Wanted::default()).await.expect_err("refused");
    assert_eq!(services.calls("assume_role"), 3);
    assert!(error.because[1].contains("is not the one that arn:aws:iam::111122223333:mfa/ada shows"), "{error:?}");
}

#[tokio::test]
async fn what_comes_after_a_sign_out_is_not_kept() {
    let (home, services) = (home(), Rc::<ByHand>::default());
    key(&home, &services, "dev").await.expect("given");
    let host = home.host.clone();
    *services.meanwhile.borrow_mut() = Some(Meanwhile(Box::new(move || {
        let cache = crate::disk::cache::Cache::new(&host);
        cache.store_sign_out_mark("https://corp.awsapps.com/start", "mark").expect("stored");
    })));
    let error = key(&home, &services, "prod").await.expect_err("signed out");
    assert_eq!(error.kind, Kind::NotSignedIn);
    let prod = RoleToAssume { external_id: Some("x-1".into()), ..RoleToAssume::plain(ROLE) };
    assert!(cli_cache::read(&home.host, &prod.cache_file_name()).is_none());
}

#[tokio::test]
async fn an_access_s_role_is_assumed_with_a_profile_and_shared_with_the_profile_of_that_role() {
    let (home, services) = (home(), Rc::<ByHand>::default());
    let chain = home.chain(&services);
    let role = RoleToAssume { external_id: Some("x-1".into()), ..RoleToAssume::plain(ROLE) };
    let given = profile::assume(&chain, "dev", &role, Wanted::default()).await.expect("given");
    assert_eq!((given.keys.access_key_id(), given.expires_at > now()), ("ROLE1", true));
    assert_eq!(key(&home, &services, "prod").await, Ok("ROLE1".into()));
    let with_code = RoleToAssume { mfa_serial: Some("serial".into()), ..role };
    let wanted = Wanted { on_terminal: Some("nsaccess login dev"), ..Wanted::default() };
    let error = profile::assume(&chain, "dev", &with_code, wanted).await.expect_err("nobody is there");
    assert_eq!(error.try_next, ["nsaccess login dev   # on a terminal"]);
}

#[tokio::test]
async fn a_session_that_is_over_names_the_sign_in() {
    let (home, services) = (home(), Rc::<ByHand>::default());
    std::fs::remove_dir_all(home.path().join(".aws/sso")).expect("signed out");
    let error = key(&home, &services, "prod").await.expect_err("not signed in");
    assert_eq!((error.kind, error.try_next), (Kind::NotSignedIn, vec!["aws sso login --sso-session corp".to_owned()]));
}
