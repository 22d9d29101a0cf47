//! Combines the sources of settings.

use std::collections::BTreeMap;
use std::path::Path;

use aws_config_edit::{AwsConfig, Section, clean_start_url, same_start_url};

use super::file::{ProjectFile, UserFile};
use super::keys::{self, KeyValue, Owner};
use super::pins::PinValues;
use super::{Flow, Origin, Pattern, PinLayer, Pins, Settings, Sourced, UntrustedProject, check};
use crate::env_vars;

/// The name of the AWS CLI's file in messages that do not know its path.
pub(crate) const AWS_CONFIGURATION: &str = "the AWS configuration";

/// The flags of the command line.
#[derive(Debug, Clone, Default)]
pub(crate) struct Flags {
    /// `--start-url`
    pub(crate) start_url: Option<String>,
    /// `--sso-region`
    pub(crate) sso_region: Option<String>,
    /// `--regions`, separated by commas.
    pub(crate) regions: Option<String>,
    /// `--flow`
    pub(crate) flow: Option<String>,
    /// `--account`
    pub(crate) account: Option<String>,
    /// `--role`
    pub(crate) role: Option<String>,
    /// `--cluster`
    pub(crate) cluster: Option<String>,
    /// `--region`
    pub(crate) region: Option<String>,
    /// The namespace, where the access that is named has another name: it counts for every access of this run.
    pub(crate) namespace: Option<String>,
    /// `--role-arn`
    pub(crate) role_arn: Option<String>,
    /// `--source-profile`
    pub(crate) source_profile: Option<String>,
    /// `--external-id`
    pub(crate) external_id: Option<String>,
    /// `--mfa-serial`
    pub(crate) mfa_serial: Option<String>,
    /// `--session-name`
    pub(crate) session_name: Option<String>,
    /// `--duration`
    pub(crate) duration: Option<String>,
    /// `--no-browser`
    pub(crate) no_browser: bool,
}

/// Combines all sources. `project` has its file, and whether it is trusted.
///
/// # Errors
/// A flag, an environment variable or a section of the AWS configuration with an invalid value. Our own files were
/// checked when they were parsed.
pub(crate) fn resolve(
    flags: &Flags,
    env: &dyn Fn(&str) -> Option<String>,
    project: Option<(&Path, &ProjectFile, bool)>,
    user: Option<(&Path, &UserFile)>,
    aws: &AwsConfig,
) -> Result<Settings, String> {
    let typed = Overrides { flags, env };
    let of_user = user.map(|(path, _)| Origin::User(path.to_owned())).unwrap_or(Origin::Default);
    let user = user.map(|(_, file)| file.clone()).unwrap_or_default();
    let of_project = project.map(|(path, _, _)| Origin::Project(path.to_owned())).unwrap_or(Origin::Default);
    let file = match project {
        Some((_, file, true)) => file.clone(),
        Some((_, file, false)) => file.safe_part(),
        None => ProjectFile::default(),
    };
    let by_project = |value: &Option<String>| value.clone().map(|value| Sourced::new(value, of_project.clone()));
    let by_user = |value: &Option<String>| value.clone().map(|value| Sourced::new(value, of_user.clone()));

    let start_url =
        typed.text("start_url")?.or_else(|| by_project(&file.start_url)).or_else(|| by_user(&user.start_url));
    let start_url = start_url.map(|typed| Sourced::new(clean_start_url(&typed.value), typed.origin));
    let start_url = match start_url {
        None => only_start_url(aws)?,
        typed => typed,
    };
    let sso_region = typed.text("sso_region")?.or_else(|| by_project(&file.sso_region));
    let sso_region = sso_region.or_else(|| by_user(&user.sso_region));
    let sso_region = match (sso_region, &start_url) {
        (None, Some(start_url)) => region_of(aws, &start_url.value)?,
        (sso_region, _) => sso_region,
    };
    let regions = typed.list("regions")?;
    let regions = regions.or_else(|| file.regions.clone().map(|value| Sourced::new(value, of_project.clone())));
    let regions = regions.or_else(|| user.regions.clone().map(|value| Sourced::new(value, of_user.clone())));
    let beside_portal = || sso_region.iter().map(|region| region.value.clone()).collect();
    let regions = regions.unwrap_or_else(|| Sourced::new(beside_portal(), Origin::Default));
    let flow = typed.text("flow")?.and_then(|flow| Some(Sourced::new(Flow::parse(&flow.value)?, flow.origin)));
    let flow = flow.or_else(|| user.flow.map(|flow| Sourced::new(flow, of_user.clone())));

    let pattern = |value: &Option<Pattern>, default: &str| value_or(value, &of_user, || built_in(default));
    let mut settings = Settings {
        permission_set_pattern: pattern(&user.permission_set, "idp-ns-{namespace}"),
        context_pattern: pattern(&user.context, "idp-ns-{namespace}"),
        secrets_prefix: pattern(&user.secrets_prefix, "customer/{namespace}/"),
        production: value_or(&user.production, &of_user, || vec!["*-prod".to_owned()]),
        flow: flow.unwrap_or_else(|| Sourced::new(Flow::default(), Origin::Default)),
        project_namespace: file.namespace.clone().map(|name| Sourced::new(name, of_project.clone())),
        layers: layers(&typed, (&file, &of_project), (&user, &of_user))?,
        start_url,
        sso_region,
        regions,
        untrusted_project: None,
    };
    settings.untrusted_project = project.filter(|(_, _, trusted)| !trusted).and_then(|(path, file, _)| {
        let ignored = file.ignored(&settings);
        (!ignored.is_empty()).then(|| UntrustedProject { path: path.to_owned(), settings: ignored })
    });
    Ok(settings)
}

/// Flags, else environment variables.
struct Overrides<'a> {
    flags: &'a Flags,
    env: &'a dyn Fn(&str) -> Option<String>,
}

impl Overrides<'_> {
    fn lookup(&self, key: &str) -> Result<Option<(KeyValue, Origin)>, String> {
        let flags = self.flags;
        let (given, flag, variable) = match key {
            "start_url" => (&flags.start_url, "--start-url", Some(env_vars::NSACCESS_START_URL)),
            "sso_region" => (&flags.sso_region, "--sso-region", Some(env_vars::NSACCESS_SSO_REGION)),
            "regions" => (&flags.regions, "--regions", Some(env_vars::NSACCESS_REGIONS)),
            "flow" => (&flags.flow, "--flow", Some(env_vars::NSACCESS_FLOW)),
            "account" => (&flags.account, "--account", Some(env_vars::NSACCESS_ACCOUNT)),
            "role" => (&flags.role, "--role", Some(env_vars::NSACCESS_ROLE)),
            "cluster" => (&flags.cluster, "--cluster", Some(env_vars::NSACCESS_CLUSTER)),
            "region" => (&flags.region, "--region", Some(env_vars::NSACCESS_REGION)),
            "namespace" => (&flags.namespace, "--as", None),
            "role_arn" => (&flags.role_arn, "--role-arn", None),
            "source_profile" => (&flags.source_profile, "--source-profile", None),
            "external_id" => (&flags.external_id, "--external-id", None),
            "mfa_serial" => (&flags.mfa_serial, "--mfa-serial", None),
            "session_name" => (&flags.session_name, "--session-name", None),
            "duration" => (&flags.duration, "--duration", None),
            _ => return Ok(None),
        };
        let from_env = || {
            let variable = variable?;
            (self.env)(variable).map(|value| (value, variable, Origin::Environment(variable)))
        };
        let found = given.clone().map(|value| (value, flag, Origin::Flag(flag))).or_else(from_env);
        let Some((value, name, origin)) = found else { return Ok(None) };
        let value_type = keys::value_type(Owner::User, &[key]).or_else(|| keys::value_type(Owner::Project, &[key]));
        let Some(value_type) = value_type else { return Ok(None) };
        keys::parse_typed(value_type, &value)
            .map(|value| Some((value, origin)))
            .map_err(|reason| format!("{name}: {reason}"))
    }

    fn text(&self, key: &str) -> Result<Option<Sourced<String>>, String> {
        Ok(match self.lookup(key)? {
            Some((KeyValue::Text(value), origin)) => Some(Sourced::new(value, origin)),
            _ => None,
        })
    }

    fn list(&self, key: &str) -> Result<Option<Sourced<Vec<String>>>, String> {
        Ok(match self.lookup(key)? {
            Some((KeyValue::List(value), origin)) => Some(Sourced::new(value, origin)),
            _ => None,
        })
    }
}

fn layers(
    typed: &Overrides<'_>,
    (project, of_project): (&ProjectFile, &Origin),
    (user, of_user): (&UserFile, &Origin),
) -> Result<Vec<PinLayer>, String> {
    // The portal is a setting of its own: the pin of that name is for one access only.
    let by_hand = |key| if matches!(key, "start_url" | "sso_region") { Ok(None) } else { typed.text(key) };
    let by_hand = Pins::try_of(by_hand, None)?;
    let named = |namespaces: &BTreeMap<String, PinValues>, origin: &Origin| {
        let layer = |(name, values)| PinLayer { access: Some(String::clone(name)), pins: sourced(values, origin) };
        namespaces.iter().map(layer).collect::<Vec<_>>()
    };
    let mut of_checkout = named(&project.namespaces, of_project);
    of_checkout.push(PinLayer { access: project.namespace.clone(), pins: sourced(&project.pins, of_project) });
    let mut layers = vec![PinLayer { access: None, pins: by_hand }];
    layers.extend(of_checkout);
    layers.extend(named(&user.namespaces, of_user));
    layers.retain(|layer| layer.pins != Pins::default());
    Ok(layers)
}

fn sourced(values: &PinValues, origin: &Origin) -> Pins {
    let production = values.production.map(|value| Sourced::new(value, origin.clone()));
    let mut pins = Pins { production, ..Pins::default() };
    for (place, value) in pins.places().into_iter().zip(values.values()) {
        *place = value.clone().map(|value| Sourced::new(value, origin.clone()));
    }
    pins
}

fn value_or<T: Clone>(value: &Option<T>, origin: &Origin, default: impl Fn() -> T) -> Sourced<T> {
    match value {
        Some(value) => Sourced::new(value.clone(), origin.clone()),
        None => Sourced::new(default(), Origin::Default),
    }
}

fn built_in(text: &str) -> Pattern {
    Pattern::parse(text).expect("the built-in patterns are patterns")
}

/// The start URL of the AWS configuration, if all sso-sessions have the same one.
fn only_start_url(aws: &AwsConfig) -> Result<Option<Sourced<String>>, String> {
    let mut found: Option<(&str, &Section)> = None;
    for section in aws.sso_sessions() {
        let Some(url) = section.get("sso_start_url").filter(|url| !url.is_empty()) else { continue };
        match found {
            Some((other, _)) if !same_start_url(other, url) => return Ok(None),
            Some(_) => {}
            None => found = Some((url, section)),
        }
    }
    let Some((url, section)) = found else { return Ok(None) };
    section.checked("sso_start_url", check::start_url).map_err(in_aws_config)?;
    Ok(Some(Sourced::new(url.to_owned(), of_section(section))))
}

fn in_aws_config(error: aws_config_edit::Error) -> String {
    format!("{AWS_CONFIGURATION}, {error}")
}

/// The region of a start URL in the AWS configuration.
fn region_of(aws: &AwsConfig, start_url: &str) -> Result<Option<Sourced<String>>, String> {
    let same = |section: &&Section| section.get("sso_start_url").is_some_and(|url| same_start_url(url, start_url));
    let mut known = aws.sso_sessions().filter(same).filter_map(|section| Some((section.get("sso_region")?, section)));
    let Some((region, section)) = known.next() else { return Ok(None) };
    if known.any(|(other, _)| other != region) {
        return Ok(None);
    }
    section.checked("sso_region", check::region).map_err(in_aws_config)?;
    Ok(Some(Sourced::new(region.to_owned(), of_section(section))))
}

fn of_section(section: &Section) -> Origin {
    Origin::AwsConfig { section: section.header().to_owned() }
}
