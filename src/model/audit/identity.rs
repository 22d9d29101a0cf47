//! Who a principal of AWS is in the cluster: the way, the username and the groups.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use aws_auth_edit::{Item, List};

use crate::model::audit::index::{BindingNumber, Index};
use crate::model::audit::picture::Picture;
use crate::model::audit::subjects::{Unmapped, unmapped};
use crate::model::audit::template::{Template, with_account};
use crate::model::grants::principal::{Principal, PrincipalKind};
use crate::model::kube::access_entry::{AccessEntry, PolicyAssociation};

/// Who is in it may do everything, whatever the roles say.
pub(crate) const MASTERS: &str = "system:masters";
/// Everybody who is known is in it.
const AUTHENTICATED: &str = "system:authenticated";

/// A principal that the cluster knows.
pub(crate) struct Identity<'a> {
    /// The ARN, as the way has it; the user or group where no way is known.
    pub(crate) arn: &'a str,
    pub(crate) way: Way<'a>,
    /// A template.
    pub(crate) username: String,
    /// Templates.
    pub(crate) groups: Vec<String>,
    /// The bindings that hold in every session.
    pub(crate) bindings: BTreeSet<BindingNumber>,
    /// Those that hold in a session of this name only.
    pub(crate) of_sessions: BTreeMap<String, BTreeSet<BindingNumber>>,
}

/// How the cluster learns who it is.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Way<'a> {
    Entry(&'a AccessEntry),
    AwsAuth {
        list: List,
        item: &'a Item,
    },
    /// Not all ways could be read: somebody may be this `user` or `group`, which bindings name.
    NotRead {
        kind: &'static str,
    },
}

impl Way<'_> {
    /// In documents.
    pub(crate) fn word(&self) -> &'static str {
        match self {
            Way::Entry(_) => "access-entry",
            Way::AwsAuth { .. } => "aws-auth",
            Way::NotRead { .. } => "not-read",
        }
    }

    /// For people.
    pub(crate) fn shown(&self) -> String {
        match self {
            Way::Entry(_) => "access entry".to_owned(),
            Way::AwsAuth { list, item } => format!("aws-auth {} line {}", list_name(*list), item.line),
            Way::NotRead { .. } => "not read".to_owned(),
        }
    }
}

pub(crate) fn list_name(list: List) -> &'static str {
    match list {
        List::Roles => "mapRoles",
        List::Users => "mapUsers",
    }
}

impl Identity<'_> {
    /// The principal. `None`: it is not known who has this name in the cluster.
    pub(crate) fn principal(&self) -> Option<&str> {
        (!matches!(self.way, Way::NotRead { .. })).then_some(self.arn)
    }

    /// For people.
    pub(crate) fn name(&self, picture: &Picture) -> String {
        match self.way {
            Way::NotRead { kind } => format!("{kind} {}", self.arn),
            _ => picture.name_of(self.arn),
        }
    }

    /// The same in every audit.
    pub(crate) fn key(&self) -> String {
        match self.way {
            Way::NotRead { kind } => format!("{kind} {}", self.arn),
            _ => self.arn.to_owned(),
        }
    }

    pub(crate) fn is_master(&self) -> bool {
        self.groups.iter().any(|group| group == MASTERS)
    }

    /// Its access policies; nothing where it has none.
    pub(crate) fn policies(&self) -> &[PolicyAssociation] {
        match self.way {
            Way::Entry(entry) => entry.policies.as_deref().unwrap_or_default(),
            Way::AwsAuth { .. } | Way::NotRead { .. } => &[],
        }
    }
}

/// `permission-set:NAME`, `role/path/NAME` or `user/NAME` of this account; else the ARN.
pub(crate) fn short_name(arn: &str, account: &str) -> String {
    let Some(principal) = Principal::parse(arn).ok().filter(|principal| principal.account == account) else {
        return arn.to_owned();
    };
    match principal.permission_set() {
        Some(name) => format!("permission-set:{name}"),
        None => format!("{}{}{}", principal.kind.word(), principal.path, principal.name),
    }
}

/// The form in which STS tells an ARN, and in which ARNs are compared.
pub(crate) fn canonical(arn: &str) -> String {
    Principal::parse(arn).map_or_else(|_| arn.to_owned(), |principal| principal.arn_in_aws_auth()).to_ascii_lowercase()
}

/// Every principal that the cluster knows.
pub(crate) fn identities<'a>(picture: &'a Picture, index: &Index<'a>) -> Vec<Identity<'a>> {
    let mut found = Vec::new();
    let mut has_entry = BTreeSet::new();
    if picture.cluster.reads_entries() {
        for entry in picture.entries.list() {
            has_entry.insert(canonical(&entry.principal_arn));
            if is_of_people(entry) {
                found.push(of_entry(entry));
            }
        }
    }
    if picture.cluster.reads_aws_auth() {
        found.extend(of_aws_auth(picture).into_iter().filter(|identity| !has_entry.contains(&canonical(identity.arn))));
    }
    for identity in &mut found {
        bind(identity, index);
    }
    if !picture.knows_all_identities() {
        let others = unmapped(&found, index).into_iter().map(of_subject).collect::<Vec<_>>();
        found.extend(others);
    }
    found.sort_by(|one, other| one.arn.cmp(other.arn));
    found
}

/// Somebody, of whom only a name in the cluster is known.
fn of_subject(subject: Unmapped<'_>) -> Identity<'_> {
    let Unmapped { kind, name, bindings } = subject;
    let (username, groups) = match kind {
        "user" => (name.to_owned(), Vec::new()),
        _ => (String::new(), vec![name.to_owned()]),
    };
    let bindings = bindings.into_iter().collect();
    Identity { arn: name, way: Way::NotRead { kind }, username, groups, bindings, of_sessions: BTreeMap::new() }
}

/// Nodes have entries of other types.
pub(crate) fn is_of_people(entry: &AccessEntry) -> bool {
    entry.kind.is_empty() || entry.kind == "STANDARD"
}

fn of_entry(entry: &AccessEntry) -> Identity<'_> {
    new(&entry.principal_arn, Way::Entry(entry), &entry.username, &entry.groups)
}

fn new<'a>(arn: &'a str, way: Way<'a>, username: &str, groups: &[String]) -> Identity<'a> {
    let account = arn.split(':').nth(4).unwrap_or_default();
    Identity {
        arn,
        way,
        username: with_account(username, account),
        groups: groups.iter().map(|group| with_account(group, account)).collect(),
        bindings: BTreeSet::new(),
        of_sessions: BTreeMap::new(),
    }
}

/// The items that count: the last one of each ARN, and no role with a path.
fn of_aws_auth(picture: &Picture) -> Vec<Identity<'_>> {
    let Some(Some(aws_auth)) = picture.aws_auth.done() else { return Vec::new() };
    let mut last: HashMap<String, Identity<'_>> = HashMap::new();
    // Roles are looked up first, and hide a user of the same ARN.
    for (_, list, items) in aws_auth.lists().into_iter().rev() {
        for item in items.as_deref().unwrap_or_default().iter().filter(|item| item.counts && matches(list, item)) {
            let identity = new(&item.arn, Way::AwsAuth { list, item }, &item.username, &item.groups);
            last.insert(item.arn.to_ascii_lowercase(), identity);
        }
    }
    let mut found: Vec<Identity<'_>> = last.into_values().collect();
    found.sort_by_key(|identity| match identity.way {
        Way::AwsAuth { item, .. } => item.line,
        Way::Entry(_) | Way::NotRead { .. } => 0,
    });
    found
}

/// Whether the ARN of an item can be that of a caller.
pub(crate) fn matches(list: List, item: &Item) -> bool {
    let is_role = Principal::parse(&item.arn).is_ok_and(|principal| principal.kind == PrincipalKind::Role);
    !(is_role || list == List::Roles) || !aws_auth_edit::has_path(&item.arn)
}

fn bind(identity: &mut Identity<'_>, index: &Index<'_>) {
    let mut found = index.of_user(&Template::new(&identity.username));
    for group in identity.groups.iter().map(String::as_str).chain([AUTHENTICATED]) {
        found.extend(index.of_group(&Template::new(group)));
    }
    for (session, number) in found {
        match session.as_str() {
            "" => identity.bindings.insert(number),
            _ => identity.of_sessions.entry(session).or_default().insert(number),
        };
    }
}
