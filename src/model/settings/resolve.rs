//! Combines the sources of settings.

use std::collections::BTreeMap;
use std::path::Path;

use aws_config_edit::{AwsConfig, Section, clean_start_url, same_start_url};

use super::file::{OwnFile, ProjectFile};
use super::folder::namespace_from_folder;
use super::keys::{self, KeyValue, Owner};
use super::pins::PinValues;
use super::{Flow, Origin, Pattern, PermissionSets, PinLayer, Pins, Settings, Sourced, UntrustedProject, check};
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

/// A project's file.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Project<'a> {
    pub(crate) path: &'a Path,
    pub(crate) file: &'a ProjectFile,
    pub(crate) is_trusted: bool,
}

impl Project<'_> {
    /// The access that the pins at its top are for: the one that it names, else that of its folder; `None` for all.
    pub(super) fn access(&self) -> Option<String> {
        self.file.namespace.clone().or_else(|| namespace_from_folder(self.path.parent()?))
    }
}

/// Everything that settings are made from.
#[derive(Clone, Copy)]
pub(crate) struct Sources<'a> {
    pub(crate) flags: &'a Flags,
    pub(crate) env: &'a dyn Fn(&str) -> Option<String>,
    pub(crate) project: Option<Project<'a>>,
    pub(crate) user: Option<(&'a Path, &'a OwnFile)>,
    pub(crate) organisation: Option<(&'a Path, &'a OwnFile)>,
    pub(crate) aws: &'a AwsConfig,
}

impl Sources<'_> {
    /// Combines them.
    ///
    /// # Errors
    /// A flag, an environment variable or a section of the AWS configuration with an invalid value. Our own files were
    /// checked when they were parsed.
    pub(crate) fn resolve(&self) -> Result<Settings, String> {
        let typed = Overrides { flags: self.flags, env: self.env };
        let project = EffectiveProject::of(self.project);
        let own = OwnFiles::of(self);

        let start_url = typed.text("start_url")?.or_else(|| project.text(&project.file.start_url));
        let start_url = start_url.or_else(|| own.first(|file| file.start_url.clone()));
        let start_url = start_url.map(|typed| Sourced::new(clean_start_url(&typed.value), typed.origin));
        let start_url = match start_url {
            None => only_start_url(self.aws)?,
            typed => typed,
        };
        let sso_region = typed.text("sso_region")?.or_else(|| project.text(&project.file.sso_region));
        let sso_region = sso_region.or_else(|| own.first(|file| file.sso_region.clone()));
        let sso_region = match (sso_region, &start_url) {
            (None, Some(start_url)) => region_of(self.aws, &start_url.value)?,
            // What stands in a file is the region of the start URL that stands there, and not of another one.
            (Some(region), Some(start_url)) if start_url.origin.is_temporary() && !region.origin.is_temporary() => {
                region_of(self.aws, &start_url.value)?.or(Some(region))
            }
            (sso_region, _) => sso_region,
        };
        let of_project = || Some(Sourced::new(project.file.regions.clone()?, project.origin.clone()));
        let regions = typed.list("regions")?.or_else(of_project).or_else(|| own.first(|file| file.regions.clone()));
        let beside_portal = || sso_region.iter().map(|region| region.value.clone()).collect();
        let regions = regions.unwrap_or_else(|| Sourced::new(beside_portal(), Origin::Default));
        let flow = typed.text("flow")?.and_then(|flow| Some(Sourced::new(Flow::parse(&flow.value)?, flow.origin)));
        let flow = flow.unwrap_or_else(|| own.or(|file| file.flow, Flow::default));

        let mut settings = Settings {
            permission_sets: own.or(|file| file.permission_set.clone(), usual_permission_sets),
            context_pattern: own.or(|file| file.context.clone(), || built_in("idp-ns-{namespace}")),
            secrets_prefix: own.or(|file| file.secrets_prefix.clone(), || built_in("customer/{namespace}/")),
            production: own.or(|file| file.production.clone(), || vec!["*-prod".to_owned()]),
            request_url: own.first(|file| file.request_url.clone()),
            latest_version: own.first(|file| file.latest_version.clone()),
            upgrade_command: own.first(|file| file.upgrade_command.clone()),
            project_namespace: project.text(&project.file.namespace),
            forwards: forwards(&project, &own),
            layers: layers(&typed, &project, &own)?,
            start_url,
            sso_region,
            regions,
            flow,
            untrusted_project: None,
        };
        settings.untrusted_project = self.project.filter(|project| !project.is_trusted).and_then(|project| {
            let access = project.access();
            let ignored = project.file.ignored(&settings, access.as_deref());
            (!ignored.is_empty()).then(|| UntrustedProject { path: project.path.to_owned(), access, settings: ignored })
        });
        Ok(settings)
    }
}

/// What counts of the project's file.
struct EffectiveProject {
    file: ProjectFile,
    /// Whom the pins at its top are for.
    access: Option<String>,
    origin: Origin,
}

impl EffectiveProject {
    fn of(project: Option<Project<'_>>) -> Self {
        let Some(project) = project else {
            return EffectiveProject { file: ProjectFile::default(), access: None, origin: Origin::Default };
        };
        EffectiveProject {
            file: if project.is_trusted { project.file.clone() } else { project.file.safe_part() },
            access: project.access(),
            origin: Origin::Project(project.path.to_owned()),
        }
    }

    fn text(&self, value: &Option<String>) -> Option<Sourced<String>> {
        value.clone().map(|value| Sourced::new(value, self.origin.clone()))
    }
}

/// The user's file, then that of the organisation.
struct OwnFiles<'a>(Vec<(&'a OwnFile, Origin)>);

impl<'a> OwnFiles<'a> {
    fn of(sources: &Sources<'a>) -> Self {
        let user = sources.user.map(|(path, file)| (file, Origin::User(path.to_owned())));
        let organisation = sources.organisation.map(|(path, file)| (file, Origin::Organisation(path.to_owned())));
        OwnFiles(user.into_iter().chain(organisation).collect())
    }

    /// The value of the first file that has one.
    fn first<T>(&self, value: impl Fn(&OwnFile) -> Option<T>) -> Option<Sourced<T>> {
        self.0.iter().find_map(|(file, origin)| Some(Sourced::new(value(file)?, origin.clone())))
    }

    fn or<T>(&self, value: impl Fn(&OwnFile) -> Option<T>, default: impl Fn() -> T) -> Sourced<T> {
        self.first(value).unwrap_or_else(|| Sourced::new(default(), Origin::Default))
    }
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

fn layers(typed: &Overrides<'_>, project: &EffectiveProject, own: &OwnFiles<'_>) -> Result<Vec<PinLayer>, String> {
    // The portal is a setting of its own: the pin of that name is for one access only.
    let by_hand = |key| if matches!(key, "start_url" | "sso_region") { Ok(None) } else { typed.text(key) };
    let by_hand = Pins::try_of(by_hand, None)?;
    let named = |namespaces: &BTreeMap<String, PinValues>, origin: &Origin| {
        let layer = |(name, values)| PinLayer { access: Some(String::clone(name)), pins: sourced(values, origin) };
        namespaces.iter().map(layer).collect::<Vec<_>>()
    };
    let mut layers = vec![PinLayer { access: None, pins: by_hand }];
    layers.extend(named(&project.file.namespaces, &project.origin));
    layers.push(PinLayer { access: project.access.clone(), pins: sourced(&project.file.pins, &project.origin) });
    own.0.iter().for_each(|(file, origin)| layers.extend(named(&file.namespaces, origin)));
    layers.retain(|layer| layer.pins != Pins::default());
    Ok(layers)
}

/// Every forward set, as the first place that names it has it.
fn forwards(project: &EffectiveProject, own: &OwnFiles<'_>) -> BTreeMap<String, Sourced<Vec<String>>> {
    let mut found = BTreeMap::new();
    let of_own = own.0.iter().map(|(file, origin)| (&file.forwards, origin));
    for (sets, origin) in std::iter::once((&project.file.forwards, &project.origin)).chain(of_own) {
        for (name, set) in sets {
            found.entry(name.clone()).or_insert_with(|| Sourced::new(set.clone(), origin.clone()));
        }
    }
    found
}

fn sourced(values: &PinValues, origin: &Origin) -> Pins {
    let production = values.production.map(|value| Sourced::new(value, origin.clone()));
    let mut pins = Pins { production, ..Pins::default() };
    for (place, value) in pins.places().into_iter().zip(values.values()) {
        *place = value.clone().map(|value| Sourced::new(value, origin.clone()));
    }
    pins
}

fn usual_permission_sets() -> PermissionSets {
    PermissionSets::parse(["idp-ns-{namespace}"]).expect("the built-in patterns are patterns")
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
