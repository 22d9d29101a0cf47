//! A file of many grants: namespaces × principals × what they may do. docs/grants-file.md describes it.

pub(crate) mod reader;
#[cfg(test)]
mod tests;

use std::collections::HashMap;

use jiff::{SignedDuration, Timestamp};

use reader::{Fields, Reader, Remark};
use yaml_splice::NodeId;

use crate::model::elapsed;
use crate::model::grants::access::Access;
use crate::model::grants::grant::Way;
use crate::model::grants::preset::Preset;
use crate::model::grants::principal::PrincipalName;
use crate::model::grants::{access_policy, rules};
use crate::model::kube::namespace::Namespace;
use crate::model::settings;

const TOP: &[&str] = &["cluster", "region", "account", "via", "preset", "for", "until", "create_namespace", "grants"];
const GRANT: &[&str] =
    &["namespace", "namespaces", "to", "preset", "policy", "rules", "with_secrets", "for", "until", "create_namespace"];

/// What a file says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct GrantsFile {
    pub(crate) cluster: Option<String>,
    pub(crate) region: Option<String>,
    pub(crate) account: Option<String>,
    /// `None`: as the cluster wants it.
    pub(crate) via: Option<Way>,
    /// In the order of the file.
    pub(crate) grants: Vec<FileGrant>,
    pub(crate) warnings: Vec<Remark>,
}

/// One namespace, one principal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FileGrant {
    pub(crate) line: usize,
    pub(crate) namespace: String,
    pub(crate) to: PrincipalName,
    pub(crate) access: Access,
    pub(crate) until: Option<Timestamp>,
    pub(crate) create_namespace: bool,
}

/// What holds for grants that say nothing else.
struct Defaults {
    preset: Option<String>,
    until: Option<Timestamp>,
    create_namespace: bool,
}

/// Reads a file. `read`: the text of a file of rules, by its path as it is written. Errors are all its problems, by line.
pub(crate) fn parse(
    text: &str,
    now: Timestamp,
    read: &dyn Fn(&str) -> Result<String, String>,
) -> Result<GrantsFile, Vec<Remark>> {
    let reader = Reader::load(text).map_err(|problem| vec![problem])?;
    let Some(root) = reader.root() else {
        return Err(vec![Remark { line: 1, words: "the file is empty; a list of grants is required".to_owned() }]);
    };
    let mut parser = Parser { reader, now, read, rules: HashMap::new() };
    let mut file = parser.file(root);
    parser.name_duplicates(&file.grants);
    let Reader { mut problems, mut warnings, .. } = parser.reader;
    if problems.is_empty() {
        warnings.sort();
        file.warnings = warnings;
        return Ok(file);
    }
    problems.sort();
    problems.dedup();
    Err(problems)
}

struct Parser<'a> {
    reader: Reader,
    now: Timestamp,
    read: &'a dyn Fn(&str) -> Result<String, String>,
    /// Files that were read, since several grants may name one.
    rules: HashMap<String, Option<Access>>,
}

impl Parser<'_> {
    fn file(&mut self, root: NodeId) -> GrantsFile {
        let fields = self.reader.fields(root, "a file of grants", TOP);
        let checked = |check: fn(&str) -> Result<(), String>| move |text: &str| check(text).map(|()| text.to_owned());
        let defaults = Defaults {
            preset: self.reader.text(&fields, "preset", |name| Preset::parse(name, false).map(|_| name.to_owned())),
            until: self.until(&fields),
            create_namespace: self.reader.flag(&fields, "create_namespace").unwrap_or(false),
        };
        let mut file = GrantsFile {
            cluster: self.reader.text(&fields, "cluster", checked(settings::check_cluster)),
            region: self.reader.text(&fields, "region", checked(settings::check_region)),
            account: self.reader.text(&fields, "account", checked(settings::check_account)),
            via: self.reader.text(&fields, "via", via).flatten(),
            grants: Vec::new(),
            warnings: Vec::new(),
        };
        match fields.get("grants") {
            None => self.reader.wrong(root, "the file has no list of grants"),
            Some(field) => {
                for item in self.reader.items(field, "grants", false) {
                    let grants = self.grant(item, &defaults);
                    file.grants.extend(grants);
                }
            }
        }
        file
    }

    /// All namespaces and principals of an item.
    fn grant(&mut self, item: NodeId, defaults: &Defaults) -> Vec<FileGrant> {
        let fields = self.reader.fields(item, "a grant", GRANT);
        self.reader.exclude(&fields, &["namespace", "namespaces"]);
        self.reader.exclude(&fields, &["preset", "policy", "rules"]);
        let access = self.access(item, &fields, defaults);
        let is_policy = matches!(access, Some(Access::Policy(_)));
        let namespaces = self.namespaces(item, &fields, is_policy);
        let principals = self.principals(item, &fields);
        let until = self.until(&fields).or(defaults.until);
        let create_namespace = self.reader.flag(&fields, "create_namespace").unwrap_or(defaults.create_namespace);
        let Some(access) = access else { return Vec::new() };
        let one = |namespace: &(usize, String), to: &PrincipalName| FileGrant {
            line: namespace.0,
            namespace: namespace.1.clone(),
            to: to.clone(),
            access: access.clone(),
            until,
            create_namespace,
        };
        namespaces.iter().flat_map(|namespace| principals.iter().map(move |to| one(namespace, to))).collect()
    }

    fn access(&mut self, item: NodeId, fields: &Fields, defaults: &Defaults) -> Option<Access> {
        let with_secrets = self.reader.flag(fields, "with_secrets");
        let given = fields.among(&["preset", "policy", "rules"]).first().copied();
        if let (Some((name @ ("policy" | "rules"), _)), Some(field)) = (given, fields.get("with_secrets")) {
            self.reader.wrong_field(field, format!("with_secrets belongs to the preset developer, not to {name}"));
        }
        match (given, &defaults.preset) {
            (Some(("policy", field)), _) => {
                let name = self.reader.text(fields, "policy", access_policy::parse)?;
                for warning in access_policy::warnings(&name) {
                    self.reader.warn_field(field, warning);
                }
                Some(Access::Policy(name))
            }
            (Some(("rules", field)), _) if self.reader.is_list(field) => {
                let rules = rules::of_field(&mut self.reader, field);
                Some(Access::Rules { source: format!("line {}", self.reader.line(item)), rules })
            }
            (Some(("rules", field)), _) => {
                let path = self.reader.text(fields, "rules", |path| Ok(path.to_owned()))?;
                self.rules_of(field, &path)
            }
            (Some(_), _) => self
                .reader
                .text(fields, "preset", |name| Preset::parse(name, with_secrets.unwrap_or(false)))
                .map(Access::Preset),
            (None, Some(name)) => match Preset::parse(name, with_secrets.unwrap_or(false)) {
                Ok(preset) => Some(Access::Preset(preset)),
                Err(reason) => {
                    self.reader.wrong(item, format!("the preset {name} {reason}"));
                    None
                }
            },
            (None, None) => {
                self.reader.wrong(item, "a grant requires a preset, a policy or rules");
                None
            }
        }
    }

    fn rules_of(&mut self, field: reader::Field, path: &str) -> Option<Access> {
        if let Some(known) = self.rules.get(path) {
            return known.clone();
        }
        let access = match (self.read)(path) {
            Err(reason) => {
                self.reader.wrong_field(field, format!("cannot read {path:?}: {reason}"));
                None
            }
            Ok(text) => match rules::parse(&text) {
                Ok((rules, warnings)) => {
                    for warning in warnings {
                        self.reader.warn_field(field, format!("{path}, {warning}"));
                    }
                    Some(Access::Rules { source: path.to_owned(), rules })
                }
                Err(problems) => {
                    for problem in problems {
                        self.reader.wrong_field(field, format!("{path}, {problem}"));
                    }
                    None
                }
            },
        };
        self.rules.insert(path.to_owned(), access.clone());
        access
    }

    /// The namespaces, with their lines.
    fn namespaces(&mut self, item: NodeId, fields: &Fields, is_policy: bool) -> Vec<(usize, String)> {
        let Some((name, field)) = fields.among(&["namespace", "namespaces"]).first().copied() else {
            self.reader.wrong(item, "a grant requires namespace or namespaces");
            return Vec::new();
        };
        let mut found = Vec::new();
        for id in self.reader.items(field, name, name == "namespace") {
            let Some(text) = self.reader.text_of(id, name) else { continue };
            let read = match is_policy {
                true => access_policy::parse_scope(&text),
                false => Namespace::parse(&text).map(|_| None),
            };
            match read {
                Ok(warning) => {
                    if let Some(warning) = warning {
                        self.reader.warn(id, warning);
                    }
                    found.push((self.reader.line(id), text));
                }
                Err(reason) => self.reader.wrong(id, format!("the namespace {text:?} {reason}")),
            }
        }
        found
    }

    fn principals(&mut self, item: NodeId, fields: &Fields) -> Vec<PrincipalName> {
        let Some(field) = fields.get("to") else {
            self.reader.wrong(item, "a grant requires to: the principal");
            return Vec::new();
        };
        let mut found = Vec::new();
        for id in self.reader.items(field, "to", true) {
            let Some(text) = self.reader.text_of(id, "to") else { continue };
            match PrincipalName::parse(&text) {
                Ok(name) => found.push(name),
                Err(reason) => self.reader.wrong(id, format!("{text:?} {reason}")),
            }
        }
        found
    }

    fn until(&mut self, fields: &Fields) -> Option<Timestamp> {
        self.reader.exclude(fields, &["for", "until"]);
        let now = self.now;
        let lasting = self.reader.text(fields, "for", |text| match elapsed::parse(text)? {
            0 => Err("must be at least one second".to_owned()),
            seconds => now.checked_add(SignedDuration::from_secs(seconds)).map_err(|_| "is too long".to_owned()),
        });
        let until = self.reader.text(fields, "until", |text| match text.parse::<Timestamp>() {
            Ok(time) if time > now => Ok(time),
            Ok(_) => Err("is in the past".to_owned()),
            Err(_) => Err("is not a time like 2026-11-26T18:00:00Z".to_owned()),
        });
        lasting.or(until)
    }

    /// A principal has one Role, and each policy once, in a namespace.
    fn name_duplicates(&mut self, grants: &[FileGrant]) {
        let mut seen: HashMap<(&str, String, Option<&str>), &FileGrant> = HashMap::new();
        for grant in grants {
            let policy = match &grant.access {
                Access::Policy(name) => Some(name.as_str()),
                Access::Preset(_) | Access::Rules { .. } => None,
            };
            let key = (grant.namespace.as_str(), identity(&grant.to), policy);
            if let Some(first) = seen.insert(key, grant) {
                let words = format!(
                    "duplicate grant for {} in {}: also {} on line {}",
                    spelling(&grant.to),
                    grant.namespace,
                    first.access.label(),
                    first.line
                );
                self.reader.problems.push(Remark { line: grant.line, words });
            }
        }
    }
}

/// Two names of one principal, as far as it can be seen, are the same here.
fn identity(name: &PrincipalName) -> String {
    match name {
        PrincipalName::Arn(principal) | PrincipalName::Caller(principal) => {
            principal.arn_without_path().to_ascii_lowercase()
        }
        PrincipalName::PermissionSet(name) => format!("permission-set:{name}"),
    }
}

fn spelling(name: &PrincipalName) -> String {
    match name {
        PrincipalName::Arn(principal) | PrincipalName::Caller(principal) => principal.arn(),
        PrincipalName::PermissionSet(name) => format!("permission-set:{name}"),
    }
}

/// `auto` is what a file says by saying nothing.
fn via(text: &str) -> Result<Option<Way>, String> {
    match (text, Way::parse(text)) {
        ("auto", _) => Ok(None),
        (_, Some(way)) => Ok(Some(way)),
        (_, None) => Err("is not valid; available: auto, access-entry, aws-auth".to_owned()),
    }
}
