use std::path::Path;

use aws_config_edit::AwsConfig;

use super::file::OwnFile;
use super::*;

const USER: &str = "/home/ada/.config/nsaccess/config.toml";
const ORGANISATION: &str = "/etc/nsaccess/config.toml";
const PROJECT: &str = "/repo/nsaccess.toml";

fn user(text: &str) -> OwnFile {
    parse_own(text).unwrap_or_else(|problem| panic!("{problem}")).0
}

fn project(text: &str) -> ProjectFile {
    parse_project(text).unwrap_or_else(|problem| panic!("{problem}")).0
}

/// All sources as texts, each empty unless a test fills it.
#[derive(Default)]
struct Texts {
    flags: Flags,
    env: Vec<(&'static str, &'static str)>,
    project: Option<(&'static str, bool)>,
    user: Option<&'static str>,
    organisation: Option<&'static str>,
    aws: &'static str,
}

impl Texts {
    fn try_with<T>(&self, path: &str, ask: impl FnOnce(&Sources<'_>) -> Result<T, String>) -> Result<T, String> {
        let env = |name: &str| self.env.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned());
        let project = self.project.map(|(text, is_trusted)| (project(text), is_trusted));
        let project = project.as_ref();
        let (user, organisation) = (self.user.map(user), self.organisation.map(user));
        let aws: AwsConfig = aws_config_edit::parse(self.aws).expect("readable");
        ask(&Sources {
            flags: &self.flags,
            env: &env,
            project: project.map(|(file, is_trusted)| Project { path: Path::new(path), file, is_trusted: *is_trusted }),
            user: user.as_ref().map(|file| (Path::new(USER), file)),
            organisation: organisation.as_ref().map(|file| (Path::new(ORGANISATION), file)),
            aws: &aws,
        })
    }

    fn try_resolve(&self) -> Result<Settings, String> {
        self.try_with(PROJECT, |sources| sources.resolve())
    }

    fn resolve(&self) -> Settings {
        self.resolve_at(PROJECT)
    }

    /// With the project's file at this place.
    fn resolve_at(&self, path: &str) -> Settings {
        self.try_with(path, |sources| sources.resolve()).unwrap_or_else(|reason| panic!("{reason}"))
    }
}

fn shown<T: fmt::Display>(sourced: &Option<Sourced<T>>) -> String {
    sourced.as_ref().map_or("-".to_owned(), |sourced| format!("{} < {}", sourced.value, sourced.origin))
}

const AWS: &str = "[sso-session corp]\nsso_start_url = https://aws/start\nsso_region = eu-west-3\n";

mod precedence {
    use super::*;

    /// From the strongest source to none, one taken away at a time.
    #[test]
    fn of_the_start_url_and_its_region() {
        let mut sources = Texts {
            flags: Flags {
                start_url: Some("https://flag/".to_owned()),
                sso_region: Some("eu-west-1".to_owned()),
                ..Flags::default()
            },
            env: vec![("NSACCESS_START_URL", "https://env/"), ("NSACCESS_SSO_REGION", "eu-west-2")],
            project: Some(("start_url = 'https://project/'\nsso_region = 'eu-north-1'", true)),
            user: Some("start_url = 'https://user/'\nsso_region = 'eu-south-1'"),
            organisation: Some("start_url = 'https://corp/'\nsso_region = 'eu-central-1'"),
            aws: AWS,
        };
        let mut expect = |change: fn(&mut Texts), start_url: &str, sso_region: &str| {
            change(&mut sources);
            let settings = sources.resolve();
            assert_eq!(
                (shown(&settings.start_url).as_str(), shown(&settings.sso_region).as_str()),
                (start_url, sso_region)
            );
        };
        expect(|_| (), "https://flag/ < flag --start-url", "eu-west-1 < flag --sso-region");
        expect(
            |sources| sources.flags = Flags::default(),
            "https://env/ < environment variable NSACCESS_START_URL",
            "eu-west-2 < environment variable NSACCESS_SSO_REGION",
        );
        expect(
            |sources| sources.env.clear(),
            "https://project/ < /repo/nsaccess.toml",
            "eu-north-1 < /repo/nsaccess.toml",
        );
        expect(
            |sources| sources.project = Some((sources.project.expect("set above").0, false)),
            "https://user/ < /home/ada/.config/nsaccess/config.toml",
            "eu-south-1 < /home/ada/.config/nsaccess/config.toml",
        );
        expect(
            |sources| sources.user = None,
            "https://corp/ < /etc/nsaccess/config.toml",
            "eu-central-1 < /etc/nsaccess/config.toml",
        );
        expect(
            |sources| sources.organisation = None,
            "https://aws/start < [sso-session corp] in the AWS configuration",
            "eu-west-3 < [sso-session corp] in the AWS configuration",
        );
        expect(|sources| sources.aws = "", "-", "-");
    }

    #[test]
    fn of_regions_and_flow() {
        let defaults = Texts { aws: AWS, ..Texts::default() }.resolve();
        assert_eq!(defaults.regions, Sourced::new(vec!["eu-west-3".to_owned()], Origin::Default));
        assert_eq!(defaults.flow, Sourced::new(Flow::Device, Origin::Default));
        assert_eq!(Texts::default().resolve().regions.value, Vec::<String>::new());
        let mut sources = Texts { user: Some("flow = 'browser'\nregions = ['eu-west-1']"), ..Texts::default() };
        let of_user = Origin::User(USER.into());
        assert_eq!(sources.resolve().flow, Sourced::new(Flow::Browser, of_user.clone()));
        assert_eq!(sources.resolve().regions.origin, of_user);
        sources.project = Some(("regions = ['eu-west-2']", false));
        assert_eq!(sources.resolve().regions.origin, of_user);
        sources.project = Some(("regions = ['eu-west-2']", true));
        assert_eq!(sources.resolve().regions.origin, Origin::Project(PROJECT.into()));
        sources.env = vec![("NSACCESS_REGIONS", "us-east-1,us-east-2"), ("NSACCESS_FLOW", "device")];
        assert_eq!(sources.resolve().regions.value, ["us-east-1", "us-east-2"]);
        assert_eq!(sources.resolve().flow.origin, Origin::Environment("NSACCESS_FLOW"));
    }

    #[test]
    fn of_pins() {
        let mut sources = Texts {
            flags: Flags { account: Some("000000000000".to_owned()), ..Flags::default() },
            env: vec![("NSACCESS_ROLE", "EnvRole")],
            project: Some(("namespace = 'a'\naccount = '111111111111'\nrole = 'P'\ncluster = 'project'", true)),
            user: Some(
                "[namespace.a]\ncluster = 'user'\nregion = 'eu-west-1'\nproduction = false\n[namespace.b]\ncluster = 'b'",
            ),
            ..Texts::default()
        };
        let pins = sources.resolve().pins("a");
        assert_eq!(shown(&pins.account), "000000000000 < flag --account");
        assert_eq!(shown(&pins.role), "EnvRole < environment variable NSACCESS_ROLE");
        assert_eq!(shown(&pins.cluster), "project < /repo/nsaccess.toml");
        assert_eq!(shown(&pins.region), format!("eu-west-1 < {USER}"));
        assert_eq!(shown(&pins.production), format!("false < {USER}"));
        let others = sources.resolve().pins("b");
        assert_eq!(shown(&others.cluster), format!("b < {USER}"), "the project speaks of its own namespace only");
        assert_eq!(shown(&others.role), "EnvRole < environment variable NSACCESS_ROLE");
        sources.project = Some(("cluster = 'any'", true));
        assert_eq!(shown(&sources.resolve().pins("z").cluster), "any < /repo/nsaccess.toml");
        sources.project = Some(("[namespace.a]\ncluster = 'table'", true));
        assert_eq!(shown(&sources.resolve().pins("a").cluster), "table < /repo/nsaccess.toml");
        assert_eq!(sources.resolve().project_namespace, None);
    }
}

#[path = "access_tests.rs"]
mod accesses;

mod production {
    use super::*;

    #[test]
    fn comes_from_names_unless_it_is_pinned() {
        let settings = Texts::default().resolve();
        assert_eq!(shown(&settings.pins("idp-prod").production), "true < built in");
        assert_eq!(settings.pins("idp-dev").production, None);
        let own = Texts {
            user: Some("[patterns]\nproduction = ['live-*']\n[namespace.live-toy]\nproduction = false"),
            ..Texts::default()
        }
        .resolve();
        assert_eq!(shown(&own.pins("live-x").production), format!("true < {USER}"));
        assert_eq!(shown(&own.pins("live-toy").production), format!("false < {USER}"));
        assert_eq!(own.pins("idp-prod").production, None);
    }

    #[test]
    fn any_project_file_turns_it_on_and_only_a_trusted_one_off() {
        let resolved = |text, trusted| Texts { project: Some((text, trusted)), ..Texts::default() }.resolve();
        let off = "[namespace.idp-prod]\nproduction = false";
        assert_eq!(shown(&resolved(off, false).pins("idp-prod").production), "true < built in");
        assert_eq!(shown(&resolved(off, true).pins("idp-prod").production), "false < /repo/nsaccess.toml");
        let on = "[namespace.idp-dev]\nproduction = true";
        assert_eq!(shown(&resolved(on, false).pins("idp-dev").production), "true < /repo/nsaccess.toml");
    }
}

#[path = "explain_tests.rs"]
mod explaining;

#[path = "organisation_tests.rs"]
mod of_the_organisation;

#[path = "trust_tests.rs"]
mod trusting;

#[path = "forwards_tests.rs"]
mod forward_sets;

#[path = "aws_tests.rs"]
mod from_aws;

mod typing {
    use super::*;

    #[test]
    fn flags_and_variables_are_checked_and_named() {
        let flags = Flags { region: Some("europe".to_owned()), ..Flags::default() };
        let sources = Texts { flags, ..Texts::default() };
        assert_eq!(sources.try_resolve(), Err("--region: `europe` is not an AWS region such as eu-west-1".to_owned()));
        let flags = Flags { duration: Some("13h".to_owned()), ..Flags::default() };
        let sources = Texts { flags, ..Texts::default() };
        let long = "--duration: `13h` is not between 15m and 12h, the limits of a role session";
        assert_eq!(sources.try_resolve(), Err(long.to_owned()));
        for (name, value) in [
            ("NSACCESS_START_URL", "x"),
            ("NSACCESS_SSO_REGION", "x"),
            ("NSACCESS_REGIONS", "eu-west-1 us-east-1"),
            ("NSACCESS_FLOW", "x"),
            ("NSACCESS_ACCOUNT", "x"),
            ("NSACCESS_ROLE", "x y"),
            ("NSACCESS_CLUSTER", "x y"),
            ("NSACCESS_REGION", "x"),
        ] {
            let reason = Texts { env: vec![(name, value)], ..Texts::default() }.try_resolve().expect_err(name);
            assert!(reason.starts_with(&format!("{name}: `{value}` is not ")), "{reason}");
        }
    }
}

mod files {
    use super::*;

    const ALL: &str = r#"
start_url = "https://corp.awsapps.com/start"
sso_region = "eu-west-1"
regions = ["eu-west-1", "us-east-1"]
flow = "browser"
request_url = "https://it.example.com/{namespace}"
[patterns]
permission_set = "team-{namespace}"
context = "{namespace}"
secrets_prefix = "x/{namespace}/"
production = ["*-live"]
[namespace.idp-dev]
account = "111122223333"
role = "R"
cluster = "demo"
region = "eu-west-1"
production = true
"#;

    #[test]
    fn every_key_of_the_users_file() {
        let (file, warnings) = parse_own(ALL).expect("readable");
        assert_eq!(warnings, Vec::<String>::new());
        assert_eq!(file.start_url.as_deref(), Some("https://corp.awsapps.com/start"));
        assert_eq!(file.regions.as_deref(), Some(&["eu-west-1".to_owned(), "us-east-1".to_owned()][..]));
        assert_eq!(file.flow, Some(Flow::Browser));
        assert_eq!(file.request_url.map(|url| url.to_string()).as_deref(), Some("https://it.example.com/{namespace}"));
        assert_eq!(file.context.map(|pattern| pattern.render("a")).as_deref(), Some("a"));
        let pins = &file.namespaces["idp-dev"];
        assert_eq!((pins.account.as_deref(), pins.production), (Some("111122223333"), Some(true)));
        let inline = user("namespace = { a = { cluster = 'inline' } }");
        assert_eq!(inline.namespaces["a"].cluster.as_deref(), Some("inline"));
    }

    #[test]
    fn unknown_keys_are_warnings_with_the_nearest_known_one() {
        let (_, warnings) = parse_own("startUrl = 1\n\n[patterns]\ncontxt = 'x'\n[other]\na = 1\n").expect("readable");
        assert_eq!(
            warnings,
            [
                "line 1: unknown setting \"startUrl\"; did you mean \"start_url\"?",
                "line 4: unknown setting \"patterns.contxt\"; did you mean \"context\"?",
                "line 5: unknown setting \"other\"; did you mean \"flow\"?",
            ]
        );
        let (file, warnings) = parse_project("flow = 'device'\n[patterns]\ncontext = 'x'\n").expect("readable");
        assert_eq!(file, ProjectFile::default());
        assert_eq!(
            warnings,
            [
                "line 1: unknown setting \"flow\"; it is allowed only in your own config.toml",
                "line 2: unknown setting \"patterns\"; it is allowed only in your own config.toml",
            ]
        );
    }

    #[test]
    fn errors_have_a_position() {
        for (text, message) in [
            ("a = 1\nflow = 7\n", "line 2, column 1: `flow` must be a string, in `flow = 7`"),
            ("  flow = 'x'\n", "line 1, column 3: `flow` is not a flow: `device` or `browser`, in `flow = 'x'`"),
            (
                "regions = 'eu-west-1'",
                "line 1, column 1: `regions` must be a list of strings, in `regions = 'eu-west-1'`",
            ),
            ("regions = [1]", "line 1, column 1: `regions` must be a list of strings, in `regions = [1]`"),
            (
                "regions = [\n'x']",
                "line 1, column 1: `regions` has `x`, which is not an AWS region such as eu-west-1, in `regions = [`",
            ),
            (
                "[patterns]\npermission_set = 1",
                "line 2, column 1: `patterns.permission_set` must be a string or a list of strings, in `permission_set = 1`",
            ),
            (
                "[patterns]\npermission_set = []",
                "line 2, column 1: `patterns.permission_set` must not be empty, in `permission_set = []`",
            ),
            (
                "[patterns]\npermission_set = ['{namespace}', 'x']",
                "line 2, column 1: `patterns.permission_set` has `x`, which does not contain {namespace}, in `permission_set = ['{namespace}', 'x']`",
            ),
            ("patterns = 1", "line 1, column 1: `patterns` must be a table, in `patterns = 1`"),
            ("namespace = 'a'", "line 1, column 1: `namespace` must be a table, in `namespace = 'a'`"),
            ("[namespace]\na = 1", "line 2, column 1: `namespace.a` must be a table, in `a = 1`"),
            (
                "[namespace.a]\nproduction = 'yes'",
                "line 2, column 1: `namespace.a.production` must be true or false, in `production = 'yes'`",
            ),
            (
                "[namespace.A]\nrole = 'R'",
                "line 1, column 12: `A` has the character 'A'; a namespace has only a-z, 0-9 and '-', in `[namespace.A]`",
            ),
        ] {
            assert_eq!(parse_own(text).expect_err(text).to_string(), message);
        }
        let problem = parse_own("# ü\nstart_url = ü\n").expect_err("no TOML");
        assert_eq!((problem.line, problem.column, problem.text.as_str()), (2, 13, "start_url = ü"));
        let problem = parse_own("flow = 'device'\nflow = 'device'\n").expect_err("twice");
        assert_eq!((problem.line, problem.column), (2, 1));
    }

    #[test]
    fn a_project_names_its_namespace_or_pins_several() {
        let file = project("namespace = 'idp-dev'\naccount = '111122223333'\nregion = 'eu-west-1'\n");
        assert_eq!((file.namespace.as_deref(), file.pins.region.as_deref()), (Some("idp-dev"), Some("eu-west-1")));
        let file = project("[namespace.idp-dev]\ncluster = 'demo'\n");
        assert_eq!((file.namespace, file.namespaces.len()), (None, 1));
        assert!(parse_project("namespace = 'Idp'\n").is_err());
    }
}

#[test]
fn rows_show_every_setting_and_its_origin() {
    let settings = Texts {
        env: vec![("NSACCESS_CLUSTER", "demo")],
        project: Some(("namespace = 'a'\nrole = 'R'", true)),
        user: Some("sso_region = 'eu-west-1'\n[namespace.b]\nproduction = true"),
        ..Texts::default()
    }
    .resolve();
    let rows: Vec<String> =
        settings.rows().iter().map(|(key, value, origin)| format!("{key} = {value} < {origin}")).collect();
    assert_eq!(
        rows,
        [
            "start_url =  < built in",
            &format!("sso_region = eu-west-1 < {USER}"),
            "regions = eu-west-1 < built in",
            "flow = device < built in",
            "request_url =  < built in",
            "patterns.permission_set = idp-ns-{namespace} < built in",
            "patterns.context = idp-ns-{namespace} < built in",
            "patterns.secrets_prefix = customer/{namespace}/ < built in",
            "patterns.production = *-prod < built in",
            &format!("namespace = a < {PROJECT}"),
            "cluster = demo < environment variable NSACCESS_CLUSTER",
            &format!("namespace.a.role = R < {PROJECT}"),
            &format!("namespace.b.production = true < {USER}"),
        ]
    );
}
