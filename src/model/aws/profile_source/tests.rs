use aws_config_edit::parse;

use super::*;

const CONFIG: &str = "\
[default]
region = eu-west-1
[profile dev]
sso_session = corp
sso_account_id = 111122223333
sso_role_name = Dev
[profile old]
sso_start_url = https://old.awsapps.com/start
sso_region = us-east-1
sso_account_id = 444455556666
sso_role_name = Ops
[sso-session corp]
sso_start_url = https://corp.awsapps.com/start
sso_region = eu-west-1
[profile prod]
role_arn = arn:aws:iam::777788889999:role/k8s
source_profile = dev
external_id = x-1
mfa_serial = arn:aws:iam::1:mfa/ada
role_session_name = ada
duration_seconds = 1800
[profile chained]
role_arn = arn:aws:iam::1:role/second
source_profile = prod
[profile instance]
role_arn = arn:aws:iam::1:role/r
credential_source = Ec2InstanceMetadata
[profile process]
credential_process = /usr/bin/keys --for ada
aws_access_key_id = AKIACONFIG
aws_secret_access_key = s
[profile pod]
role_arn = arn:aws:iam::1:role/pod
web_identity_token_file = /var/token
[profile own]
role_arn = arn:aws:iam::1:role/self
source_profile = own
[profile a]
role_arn = arn:aws:iam::1:role/a
source_profile = b
[profile b]
role_arn = arn:aws:iam::1:role/b
source_profile = a
[profile lost]
role_arn = arn:aws:iam::1:role/r
source_profile = corpp
[profile both]
role_arn = arn:aws:iam::1:role/r
source_profile = dev
credential_source = Environment
[profile neither]
role_arn = arn:aws:iam::1:role/r
[profile odd]
role_arn = arn:aws:iam::1:role/r
credential_source = Disk
[profile unknown-session]
sso_session = nope
sso_account_id = 1
sso_role_name = R
[profile quarrel]
sso_session = corp
sso_region = us-west-2
sso_account_id = 1
sso_role_name = R
[profile half]
sso_session = corp
sso_role_name = R
";

const CREDENTIALS: &str = "\
[default]
aws_access_key_id = AKIADEFAULT
aws_secret_access_key = s
[corp]
aws_access_key_id = AKIACORP
aws_secret_access_key = secret
aws_session_token = t
[own]
aws_access_key_id = AKIAOWN
aws_secret_access_key = s
[process]
region = eu-central-1
[broken]
aws_access_key_id = AKIA
";

fn found(name: &str) -> Result<ProfileSource, SourceFault> {
    let (config, credentials) = (parse(CONFIG).expect("a file"), parse(CREDENTIALS).expect("a file"));
    source_of(Profiles { config: &config, credentials: &credentials }, name)
}

fn source(name: &str) -> ProfileSource {
    found(name).unwrap_or_else(|fault| panic!("{name}: {fault:?}"))
}

fn key(source: &ProfileSource) -> &str {
    match source {
        ProfileSource::Keys(keys) => keys.access_key_id(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn keys_are_those_of_either_file() {
    assert_eq!(key(&source("default")), "AKIADEFAULT");
    let ProfileSource::Keys(corp) = source("corp") else { panic!("keys") };
    assert_eq!(corp.session_token().as_ref().map(|token| token.expose().as_str()), Some("t"));
    assert_eq!(found("broken").err(), Some(SourceFault::incomplete("broken", "aws_secret_access_key")));
}

#[test]
fn a_permission_set_is_that_of_a_session_or_a_start_url() {
    let ProfileSource::Sso(dev) = source("dev") else { panic!("a permission set") };
    assert_eq!((dev.account.as_str(), dev.role.as_str(), dev.has_session), ("111122223333", "Dev", true));
    assert_eq!((dev.portal.session_name.as_str(), dev.portal.region.as_str()), ("corp", "eu-west-1"));
    assert_eq!(dev.cache_file_name(), "20985b56d713cfd135648cadc68a6115ca80d9a5.json");
    let ProfileSource::Sso(old) = source("old") else { panic!("a permission set") };
    assert_eq!((old.portal.session_name.as_str(), old.has_session), ("https://old.awsapps.com/start", false));
}

#[test]
fn a_role_is_assumed_with_the_credentials_of_its_source() {
    let ProfileSource::AssumeRole { role, by } = source("chained") else { panic!("a role") };
    assert_eq!(role, RoleToAssume::plain("arn:aws:iam::1:role/second"));
    assert_eq!(by.portal().map(|portal| portal.session_name.as_str()), Some("corp"));
    let RoleSource::Profile { name, source: ProfileSource::AssumeRole { role, by } } = *by else { panic!("a role") };
    assert_eq!((name.as_str(), role.duration, role.external_id.as_deref()), ("prod", Some(1800), Some("x-1")));
    assert!(matches!(*by, RoleSource::Profile { source: ProfileSource::Sso(_), .. }));
    let ProfileSource::AssumeRole { by, .. } = source("instance") else { panic!("a role") };
    assert!(matches!(*by, RoleSource::Machine { source: CredentialSource::Ec2InstanceMetadata, .. }));
}

#[test]
fn a_profile_that_is_its_own_source_has_keys() {
    let ProfileSource::AssumeRole { by, .. } = source("own") else { panic!("a role") };
    let RoleSource::Profile { name, source } = *by else { panic!("a profile") };
    assert_eq!((name.as_str(), key(&source)), ("own", "AKIAOWN"));
}

#[test]
fn a_process_counts_more_than_keys_of_the_config_and_a_web_identity_more_than_a_role() {
    for (name, wanted) in [("process", ProviderKind::Process), ("pod", ProviderKind::WebIdentity)] {
        assert!(matches!(source(name), ProfileSource::Provider { kind, .. } if kind == wanted), "{name}");
    }
}

#[test]
fn what_the_aws_cli_refuses_is_named() {
    let profile = |name: &str| name.to_owned();
    for (name, fault) in [
        ("both", SourceFault::TwoSources { profile: profile("both") }),
        ("neither", SourceFault::NoSource { profile: profile("neither") }),
        ("odd", SourceFault::UnknownMachineSource { profile: profile("odd"), value: "Disk".to_owned() }),
        ("a", SourceFault::Circle { profiles: ["a", "b", "a"].map(profile).to_vec() }),
        (
            "unknown-session",
            SourceFault::NoSuchSession { profile: profile("unknown-session"), session: "nope".to_owned() },
        ),
        ("half", SourceFault::incomplete("half", "sso_account_id")),
        (
            "lost",
            SourceFault::NoSuchProfile {
                name: profile("corpp"),
                wanted_by: Some(profile("lost")),
                similar: Some(profile("corp")),
            },
        ),
        (
            "quarrel",
            SourceFault::Contradiction {
                profile: profile("quarrel"),
                key: "sso_region".to_owned(),
                values: ["us-west-2", "eu-west-1"].map(str::to_owned),
            },
        ),
    ] {
        assert_eq!(found(name).err(), Some(fault), "{name}");
    }
    let error = found("lost").expect_err("no such profile").into_error("~/.aws/config", "/home/ada/.aws/config");
    assert_eq!(error.message, "AWS profile \"corpp\" is not defined in ~/.aws/config");
    assert_eq!(error.because, ["it is the source_profile of AWS profile \"lost\"", "did you mean \"corp\"?"]);
}
