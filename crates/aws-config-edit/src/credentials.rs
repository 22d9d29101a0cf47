//! `~/.aws/credentials` as it lies over `~/.aws/config`: botocore and the SDKs put the keys of its `[NAME]` in the place of
//! those of `[profile NAME]`. It is read and never edited.

use crate::apply::OUTRANKING;
use crate::{Error, RoleProfile, RoleSource, SsoProfile, SsoSession, parse};

/// Keys by which a section there gives any profile other credentials.
const OTHERS: [&str; 2] = ["aws_session_token", "mfa_serial"];

/// A value of a profile that counts less than the one in `~/.aws/credentials`; the identity is the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Override {
    /// The line, counted from 1.
    pub line: usize,
    /// The key.
    pub key: String,
    /// The value that counts.
    pub value: String,
    /// The profile's own value, which does not.
    pub overridden: String,
}

/// Checks whether a profile of this name can be an SSO profile at all, before more is known of it.
///
/// # Errors
/// The line that gives it another identity, or that no AWS tool can read.
pub fn check_name(credentials: &str, name: &str) -> Result<(), Error> {
    compared(credentials, name, &[], &[&OUTRANKING[..], &OTHERS].concat()).map(drop)
}

/// Checks an SSO profile as it will be. A region that counts in the place of its own is no error.
///
/// # Errors
/// As [`check_name`].
pub fn check_profile(credentials: &str, session: &SsoSession, profile: &SsoProfile) -> Result<Option<Override>, Error> {
    let mut wanted = vec![
        ("sso_session", profile.sso_session.as_str()),
        ("sso_account_id", &profile.account),
        ("sso_role_name", &profile.role),
        ("sso_start_url", &session.start_url),
        ("sso_region", &session.region),
    ];
    wanted.extend(profile.region.as_deref().map(|region| ("region", region)));
    compared(credentials, &profile.name, &wanted, &[&OUTRANKING[..], &OTHERS].concat())
}

/// Checks the profile of a role as it will be.
///
/// # Errors
/// As [`check_name`].
pub fn check_role_profile(credentials: &str, profile: &RoleProfile) -> Result<Option<Override>, Error> {
    let mut wanted: Vec<(&str, &str)> = profile.region.iter().map(|region| ("region", region.as_str())).collect();
    match &profile.source {
        RoleSource::Assume { role_arn, .. } => {
            wanted.extend([("role_arn", role_arn.as_str()), ("source_profile", &profile.source_profile)]);
        }
        RoleSource::Process { command } => wanted.push(("credential_process", command)),
    }
    let sso = ["sso_session", "sso_start_url", "sso_account_id", "sso_role_name"];
    compared(credentials, &profile.name, &wanted, &[&OUTRANKING[..], &OTHERS, &sso].concat())
}

fn compared(
    credentials: &str,
    name: &str,
    wanted: &[(&str, &str)],
    foreign: &[&str],
) -> Result<Option<Override>, Error> {
    let file = parse(credentials)?;
    // In this file headers are names, without the word `profile`.
    let Some(section) = file.sections.iter().find(|section| section.header == name) else { return Ok(None) };
    let mut region = None;
    for entry in section.effective() {
        let own = wanted.iter().find(|(key, _)| *key == entry.key).map(|(_, value)| *value);
        match own {
            Some(own) if own == entry.value => {}
            Some(own) if entry.key == "region" => {
                let (key, value, overridden) = (entry.key.clone(), entry.value.clone(), own.to_owned());
                region = Some(Override { line: entry.line + 1, key, value, overridden });
            }
            None if !foreign.contains(&entry.key.as_str()) => {}
            _ => {
                let reason = format!("`{}` gives the profile {name} another identity than its role's", entry.key);
                return Err(Error::at(entry.line, reason));
            }
        }
    }
    Ok(region)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn session() -> SsoSession {
        SsoSession { name: "corp".into(), start_url: "https://x/start".into(), region: "eu-west-1".into() }
    }

    fn profile() -> SsoProfile {
        SsoProfile {
            name: "idp-ns-a".into(),
            sso_session: "corp".into(),
            account: "111122223333".into(),
            role: "idp-ns-a".into(),
            region: Some("eu-west-1".into()),
        }
    }

    fn checked(lines: &str) -> Result<Option<Override>, Error> {
        check_profile(&format!("# mine\n[idp-ns-a]\n{lines}\n"), &session(), &profile())
    }

    #[test]
    fn what_gives_another_identity_is_refused_with_its_line() {
        for line in [
            "aws_access_key_id = AKIA",
            "aws_secret_access_key = x",
            "aws_session_token = x",
            "role_arn = arn:aws:iam::1:role/x",
            "source_profile = default",
            "credential_process = /bin/x",
            "web_identity_token_file = /x",
            "credential_source = Environment",
            "sso_account_id = 999900001111",
            "sso_role_name = Administrator",
            "sso_session = other",
            "sso_start_url = https://y/start",
            "sso_region = us-east-1",
        ] {
            let error = checked(&format!("output = json\n{line}")).expect_err(line);
            assert_eq!(error.line, Some(4), "{line}");
            assert!(error.reason.contains("another identity"), "{}", error.reason);
        }
        let inherited = "[DEFAULT]\nrole_arn = arn:x\n[idp-ns-a]\noutput = json\n";
        assert_eq!(check_profile(inherited, &session(), &profile()).expect_err("inherited").line, Some(2));
        assert!(check_name("[idp-ns-a]\nrole_arn = x\n", "idp-ns-a").is_err());
        assert!(check_name("[idp-ns-a]\nsso_account_id = 1\n", "idp-ns-a").is_ok(), "it may be the one that is meant");
    }

    #[test]
    fn what_changes_nothing_is_no_error() {
        assert_eq!(checked(""), Ok(None));
        assert_eq!(checked("output = json\nsso_account_id = 111122223333\nregion = eu-west-1"), Ok(None));
        for other in [
            "[default]\naws_access_key_id = x\n",
            "[profile idp-ns-a]\nrole_arn = x\n",
            "[idp-ns-ab]\nrole_arn = x\n",
            "",
        ] {
            assert_eq!(check_profile(other, &session(), &profile()), Ok(None), "{other}");
        }
    }

    #[test]
    fn another_region_is_told() {
        let found = checked("region = us-east-1").expect("no other identity").expect("another region");
        assert_eq!((found.line, found.value.as_str(), found.overridden.as_str()), (3, "us-east-1", "eu-west-1"));
    }

    #[test]
    fn the_profile_of_a_role_has_its_own_keys() {
        let source = RoleSource::Assume {
            role_arn: "arn:r".into(),
            external_id: None,
            mfa_serial: None,
            session_name: Some("s".into()),
            seconds: None,
        };
        let profile = RoleProfile {
            name: "idp-irsa-a-x".into(),
            source_profile: "idp-ns-a".into(),
            source,
            region: Some("eu-west-1".into()),
        };
        let check = |lines: &str| check_role_profile(&format!("[idp-irsa-a-x]\n{lines}\n"), &profile);
        assert_eq!(check("role_arn = arn:r\nsource_profile = idp-ns-a"), Ok(None));
        for line in ["role_arn = arn:other", "source_profile = other", "aws_access_key_id = x", "sso_session = x"] {
            assert!(check(line).is_err(), "{line}");
        }
        assert!(check("region = us-east-1").expect("no other identity").is_some());
    }
}
