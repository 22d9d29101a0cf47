use super::*;

const URL: &str = "https://corp.awsapps.com/start";

/// What `apply` puts at the end of a file.
pub(super) const BLOCK: &str = "[sso-session corp]
sso_start_url = https://corp.awsapps.com/start
sso_region = eu-west-1
sso_registration_scopes = sso:account:access

[profile idp-ns-idp-dev]
sso_session = corp
sso_account_id = 111122223333
sso_role_name = idp-ns-idp-dev
region = eu-central-1
";

pub(super) fn session() -> SsoSession {
    SsoSession { name: "corp".to_owned(), start_url: URL.to_owned(), region: "eu-west-1".to_owned() }
}

pub(super) fn profile() -> SsoProfile {
    SsoProfile {
        name: "idp-ns-idp-dev".to_owned(),
        sso_session: "corp".to_owned(),
        account: "111122223333".to_owned(),
        role: "idp-ns-idp-dev".to_owned(),
        region: Some("eu-central-1".to_owned()),
    }
}

fn applied(text: &str) -> String {
    apply_profile(text, &session(), &profile()).unwrap_or_else(|error| panic!("{error}\n{text}"))
}

fn refused(text: &str) -> String {
    apply_profile(text, &session(), &profile()).expect_err(text).to_string()
}

/// Both sections taken out again.
pub(super) fn undone(text: &str) -> Result<String, Error> {
    remove_profile(text, "idp-ns-idp-dev").and_then(|text| remove_sso_session(&text, "corp"))
}

fn get<'a>(config: &'a AwsConfig, profile: &str, key: &str) -> Option<&'a str> {
    config.profile(profile)?.get(key)
}

mod reading {
    use super::*;

    /// Every row is what botocore 1.43.11 answers.
    #[test]
    fn values_are_botocores() {
        for (text, expected) in [
            ("[default]\na=1\n", Some("1")),
            ("[profile default]\n  a : 1 \t\n", Some("1")),
            ("[default]\nA = 1\n", Some("1")),
            ("[default]\na = b = c\n", Some("b = c")),
            ("[default]\na = b: c\n", Some("b: c")),
            ("[default]\na =\n", Some("")),
            ("[default]\na = x # no comment\n", Some("x # no comment")),
            ("[default]\n# a = 1\n  ; a = 2\na = 3", Some("3")),
            ("[default] trailing words\na = 1\n", Some("1")),
            ("[default]\na = 1\n  2\n", Some("1\n2")),
            ("[default]\na = 1\n\n  # between\n  2\n\n\n", Some("1\n\n2")),
            ("[default]\n  a = 1\n  b = 2\n", Some("1")),
            ("[default]\na = 1\n  [profile x]\n", Some("1\n[profile x]")),
            ("[default]\na =\n  x = 1\n  y = 2\n", None),
            ("[DEFAULT]\na = 1\n[default]\n", Some("1")),
            ("[DEFAULT]\na = 1\n[default]\na = 2\n", Some("2")),
            ("[default]\na = 1\n[profile default]\na = 2\n", Some("2")),
            ("[Default]\na = 1\n", None),
            ("[default]\r\na = 1\r\n", Some("1")),
            ("[default]\ra = 1\r", Some("1")),
        ] {
            let config = parse(text).unwrap_or_else(|error| panic!("{error}\n{text}"));
            assert_eq!(get(&config, "default", "a"), expected, "{text:?}");
        }
    }

    /// Every row is one that botocore 1.43.11 refuses with `ConfigParseError`.
    #[test]
    fn what_botocore_cannot_read_is_refused_with_its_line() {
        for (text, reason) in [
            ("a = 1\n", "line 1: this stands before the first [section]; the AWS CLI cannot read this"),
            ("[a]\n\nnonsense\n", "line 3: this is not `key = value`; the AWS CLI cannot read this"),
            ("[a]\n= x\n", "line 2: this is not `key = value`; the AWS CLI cannot read this"),
            ("[a]\nx = 1\n[]\n", "line 3: this is not `key = value`; the AWS CLI cannot read this"),
            ("[a]\nx = 1\nX: 2\n", "line 3: [a] has `x` in line 2 already; the AWS CLI cannot read this"),
            ("[a]\n[b]\n[a]\n", "line 3: there is a section [a] in line 1 already; the AWS CLI cannot read this"),
            (
                "[a]\ns3 =\n  word\n",
                "line 2: the indented lines below `s3` are not all `key = value`; the AWS CLI cannot read this",
            ),
        ] {
            assert_eq!(parse(text).expect_err(text).to_string(), reason);
        }
    }

    #[test]
    fn profiles_and_sessions_are_found_by_name() {
        let text =
            "[profile \"two words\"]\na=1\n[sso-session corp]\nsso_region=r\n[preview]\n[services s]\n[default]\n";
        let config = parse(text).expect("readable");
        assert_eq!(config.profile_names().collect::<Vec<_>>(), ["two words", "default"]);
        assert_eq!(config.sso_sessions().map(Section::header).collect::<Vec<_>>(), ["sso-session corp"]);
        assert_eq!(config.profile("two words").map(Section::line), Some(1));
        assert_eq!(config.sso_session("corp").and_then(|section| section.get("sso_region")), Some("r"));
        assert!(config.profile("corp").is_none() && config.sso_session("default").is_none());
        assert!(config.lacks_registration_scopes("corp") && !config.lacks_registration_scopes("none"));
    }
}

mod applying {
    use super::*;

    #[test]
    fn an_empty_file_gets_both_sections() {
        assert_eq!(applied(""), BLOCK);
        assert_eq!(applied("\u{feff}"), format!("\u{feff}{BLOCK}"));
    }

    #[test]
    fn everything_of_others_stays_byte_for_byte() {
        let file = "# mine\n\n[default]\nregion=us-east-1   ; odd\n\n  \n[profile other]\n\ts3 =\n\t\tx = 1\nunknown_key : 7\n";
        for text in [file.to_owned(), file.replace('\n', "\r\n"), format!("\u{feff}{file}")] {
            let end = if text.contains('\r') { "\r\n" } else { "\n" };
            assert_eq!(applied(&text), format!("{text}{end}{}", BLOCK.replace('\n', end)));
            assert_eq!(undone(&applied(&text)).as_deref(), Ok(text.as_str()));
        }
    }

    #[test]
    fn a_file_without_a_final_line_end_gets_none() {
        assert_eq!(applied("[default]"), format!("[default]\n\n{}", BLOCK.trim_end()));
        assert_eq!(undone(&applied("[default]")).as_deref(), Ok("[default]"));
    }

    #[test]
    fn only_values_that_differ_change_and_in_their_place() {
        let text = "[sso-session corp]
sso_start_url=https://corp.awsapps.com/start
sso_region=eu-west-1
# the profile of the team
[profile \"idp-ns-idp-dev\"]
  output=json
  SSO_Role_Name  :  Old\t
  # about the account
  sso_account_id=111122223333
  region =
  cli_pager =
# the next one
[profile z]
region = z
";
        let expected = text
            .replace("Old", "idp-ns-idp-dev")
            .replace("  region =\n", "  region = eu-central-1\n")
            .replace("  cli_pager =\n", "  cli_pager =\n  sso_session = corp\n");
        assert_eq!(applied(text), expected);
        assert_eq!(applied(&expected), expected);
    }

    #[test]
    fn a_region_is_left_alone_when_none_is_given() {
        let profile = SsoProfile { region: None, ..profile() };
        let text = BLOCK.replace("eu-central-1", "ap-south-1");
        assert_eq!(apply_profile(&text, &session(), &profile).as_deref(), Ok(text.as_str()));
        assert!(!apply_profile("", &session(), &profile).expect("applied").contains("\nregion"));
    }

    #[test]
    fn a_value_over_several_lines_becomes_one() {
        let text = BLOCK.replace("111122223333\n", "1111\n  2222\n  # odd\n\n  3333\n");
        let expected = BLOCK.replace("111122223333\n", "111122223333\n  # odd\n\n");
        assert_eq!(applied(&text), expected);
    }

    #[test]
    fn old_keys_go_when_they_contradict_the_session_and_stay_when_they_agree() {
        let agreeing = format!("{BLOCK}sso_start_url = {URL}\nsso_region = eu-west-1\noutput = json\n");
        assert_eq!(applied(&agreeing), agreeing);
        let contradicting = format!("{BLOCK}sso_start_url = {URL}/\noutput = json\nsso_region = us-east-1\n");
        assert_eq!(applied(&contradicting), format!("{BLOCK}output = json\n"));
        let legacy = format!(
            "[profile idp-ns-idp-dev]\nsso_start_url = {URL}#/\nsso_region = us-east-1\nsso_account_id = 9\nsso_role_name = R\n"
        );
        let config = parse(&applied(&legacy)).expect("readable");
        let section = config.profile("idp-ns-idp-dev").expect("the profile");
        assert_eq!((section.get("sso_start_url"), section.get("sso_region")), (None, None));
        assert_eq!(section.get("sso_account_id"), Some("111122223333"));
    }

    #[test]
    fn the_existing_spelling_of_the_start_url_is_the_one_that_counts() {
        let text = format!("[sso-session corp]\nsso_start_url = {URL}/#\nsso_region = eu-west-1\n");
        let after = applied(&format!("{text}[profile idp-ns-idp-dev]\nsso_start_url = {URL}/#\n"));
        assert!(
            after
                .starts_with(&format!("{text}[profile idp-ns-idp-dev]\nsso_start_url = {URL}/#\nsso_session = corp\n"))
        );
    }
}

mod refusing {
    use super::*;

    #[test]
    fn a_session_of_the_same_name_is_never_changed() {
        let other_url = BLOCK.replacen(URL, "https://other.awsapps.com/start", 1);
        assert_eq!(
            refused(&other_url),
            "line 2: [sso-session corp] has sso_start_url = https://other.awsapps.com/start and not \
             https://corp.awsapps.com/start, and is not ours to change"
        );
        let other_region = BLOCK.replacen("eu-west-1", "us-east-1", 1);
        assert!(
            refused(&other_region)
                .starts_with("line 3: [sso-session corp] has sso_region = us-east-1 and not eu-west-1")
        );
        let bare = "\n[sso-session corp]\nsso_start_url = https://corp.awsapps.com/start\n";
        assert!(refused(bare).starts_with("line 2: [sso-session corp] has no sso_region and not"), "{}", refused(bare));
    }

    #[test]
    fn keys_that_give_another_identity_are_named_with_their_line() {
        for key in [
            "role_arn",
            "source_profile",
            "credential_source",
            "web_identity_token_file",
            "aws_access_key_id",
            "AWS_Secret_Access_Key",
            "credential_process",
        ] {
            let lower = key.to_lowercase();
            let reason = refused(&format!("{BLOCK}{key} = x\n"));
            assert!(reason.starts_with(&format!("line 11: `{lower}` gives the profile idp-ns-idp-dev")), "{reason}");
            let reason = refused(&format!("[DEFAULT]\n{key} = x\n"));
            assert!(reason.starts_with(&format!("line 2: `{lower}` gives the profile idp-ns-idp-dev")), "{reason}");
        }
        let elsewhere = "[profile other]\nrole_arn = x\nsource_profile = default\n";
        assert!(applied(elsewhere).starts_with(elsewhere));
    }

    #[test]
    fn contradictions_that_no_edit_of_ours_can_solve() {
        let handed_down = "[DEFAULT]\nsso_start_url = https://other\n";
        assert_eq!(
            refused(handed_down),
            "line 2: `sso_start_url` is https://other in [profile idp-ns-idp-dev] and \
             https://corp.awsapps.com/start in [sso-session corp]; the AWS CLI refuses such a profile"
        );
        let region_in_session =
            BLOCK.replace("sso_region = eu-west-1\n", "sso_region = eu-west-1\nregion = us-east-1\n");
        assert!(refused(&region_in_session).contains("`region` is eu-central-1 in [profile idp-ns-idp-dev]"));
    }

    #[test]
    fn two_sections_of_one_name() {
        let text = format!("{BLOCK}[profile \"idp-ns-idp-dev\"]\n");
        let reason = "line 11: [profile \"idp-ns-idp-dev\"] has the same name as [profile idp-ns-idp-dev] in line 6; \
                      only one of them can count";
        assert_eq!(refused(&text), reason);
        assert_eq!(remove_profile(&text, "idp-ns-idp-dev").expect_err("two").to_string(), reason);
    }

    #[test]
    fn an_edit_that_indentation_would_turn_into_something_else() {
        let text = format!("{BLOCK}  output = json\n");
        assert!(applied(&text).contains("region = eu-central-1\n"), "a continued value is replaced whole");
        let text = "[a]\nx = 1\n[profile idp-ns-idp-dev]\n  sso_session = corp\n  [b]\n  y = 2\n";
        let error = remove_profile(text, "idp-ns-idp-dev").expect_err("[b] would become part of x");
        assert!(error.reason.starts_with("the indentation around here"), "{error}");
    }

    #[test]
    fn names_and_values_that_cannot_be_written() {
        type Spoil = fn(&mut SsoSession, &mut SsoProfile);
        let rows: [(Spoil, &str); 7] = [
            (|_, profile| profile.name = "default".to_owned(), "the profile `default` is not ours to change"),
            (|_, profile| profile.name = "a]b".to_owned(), "the name \"a]b\" cannot be written in a section's header"),
            (|_, profile| profile.sso_session = "other".to_owned(), "the profile belongs to another session"),
            (
                |_, profile| profile.role = "a\nb = c".to_owned(),
                "the role \"a\\nb = c\" is empty or has white space in it",
            ),
            (|_, profile| profile.account = String::new(), "the account \"\" is empty or has white space in it"),
            (|session, _| session.start_url = "https://x #y".to_owned(), "the start URL \"https://x #y\" is empty"),
            (
                |session, profile| {
                    session.name = "a #b".to_owned();
                    profile.sso_session = "a #b".to_owned();
                },
                "the session name \"a #b\" cannot be written as a value",
            ),
        ];
        for (spoil, reason) in rows {
            let (mut session, mut profile) = (session(), profile());
            spoil(&mut session, &mut profile);
            let error = apply_profile("", &session, &profile).expect_err(reason);
            assert!(error.to_string().starts_with(reason), "{error}");
        }
    }
}

mod removing {
    use super::*;

    #[test]
    fn what_is_not_there_is_already_removed() {
        assert_eq!(remove_profile("[default]\n", "x").as_deref(), Ok("[default]\n"));
        assert_eq!(remove_sso_session("[default]", "x").as_deref(), Ok("[default]"));
    }

    #[test]
    fn comments_before_the_next_section_stay() {
        let text = format!("[a]\nx = 1\n\n{BLOCK}# mine\n\n# about b\n[b]\n");
        assert_eq!(undone(&text).as_deref(), Ok("[a]\nx = 1\n# mine\n\n# about b\n[b]\n"));
    }

    #[test]
    fn a_session_in_use_stays() {
        let text = format!("{BLOCK}\n[profile other]\nsso_session = corp\n");
        let without = remove_profile(&text, "idp-ns-idp-dev").expect("removed");
        assert_eq!(parse(&without).expect("readable").user_of_session("corp"), Some("profile other"));
        let error = remove_sso_session(&without, "corp").expect_err("in use");
        assert_eq!(error.to_string(), "line 7: [profile other] still needs [sso-session corp]");
    }

    #[test]
    fn profiles_that_are_not_ours_or_still_needed_are_refused() {
        for (text, name, reason) in [
            ("[profile x]\nregion = r\n", "x", "line 1: [profile x] neither uses an sso-session nor assumes a role"),
            ("[default]\nsso_session = s\n", "default", "line 1: [default] neither uses an sso-session"),
            (
                "[profile x]\nsso_session = s\n[profile y]\nsource_profile = x\n",
                "x",
                "line 4: [profile y] still needs [profile x]",
            ),
        ] {
            let error = remove_profile(text, name).expect_err(text).to_string();
            assert!(error.starts_with(reason), "{error}");
        }
    }
}

mod naming {
    use super::*;

    #[test]
    fn start_urls_are_compared_without_their_end() {
        for same in ["", "/", "#", "#/", "/#/", "//", "#/?tab=accounts"] {
            assert!(same_start_url(URL, &format!("{URL}{same}")), "{same}");
        }
        assert!(same_start_url(URL, "HTTPS://Corp.AWSapps.com/start/"));
        assert!(!same_start_url(URL, "https://corp.awsapps.com/START"), "a path has case");
        assert!(!same_start_url(URL, "https://corp.awsapps.com/start2"));
        assert!(!same_start_url(URL, "http://corp.awsapps.com/start"));
    }

    #[test]
    fn a_session_for_a_portal_is_one_that_a_profile_can_be_put_on() {
        let session = |name: &str, url: &str, region: &str| {
            format!("[sso-session {name}]\nsso_start_url = {url}\nsso_region = {region}\n")
        };
        let near = session("near", &format!("{URL}#/"), "eu-west-1");
        let exact = session("exact", URL, "eu-west-1");
        for (text, expected) in [
            (String::new(), None),
            (format!("{near}{exact}"), Some("exact")),
            (near.clone(), Some("near")),
            (session("elsewhere", URL, "us-east-1"), None),
            (session("'a\"b'", URL, "eu-west-1"), None),
            (session("other", "https://o", "eu-west-1"), None),
            (format!("{exact}{}", session("\"exact\"", URL, "eu-west-1")), None),
        ] {
            let config = parse(&text).expect("readable");
            assert_eq!(config.session_for(URL, "eu-west-1"), expected, "{text}");
        }
    }
}
