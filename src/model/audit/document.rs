//! The audit as a document, and the list of all findings: stable contracts.

use std::collections::HashMap;
use std::rc::Rc;

use schemars::JsonSchema;
use serde::Serialize;

use crate::model::audit::access::{Judged, Row, tasks};
use crate::model::audit::baseline::Baseline;
use crate::model::audit::finding::{Finding, Found, Severity};
use crate::model::audit::identity::Way;
use crate::model::audit::index::BindingNumber;
use crate::model::audit::picture::{Picture, Scope, Unread};
use crate::model::audit::rights::Allowed;
use crate::model::audit::{Audit, FINDINGS};
use crate::model::reviews::tasks::Outcome;
use crate::model::rfc3339::Rfc3339;

/// Where causes and repairs are explained.
const PAGE: &str = "docs/audit.md";

/// The tasks of rows. Most rows of a cluster have the same.
pub(crate) struct Tasks<'a> {
    audit: &'a Audit<'a>,
    minor: Option<u32>,
    known: HashMap<Likeness, Rc<Vec<Judged>>>,
}

/// What decides over the tasks of a row.
#[derive(PartialEq, Eq, Hash)]
struct Likeness {
    allowed: Allowed,
    bindings: Vec<BindingNumber>,
    not_evaluated: Vec<String>,
    is_master: bool,
}

impl<'a> Tasks<'a> {
    pub(crate) fn of(audit: &'a Audit<'a>, minor: Option<u32>) -> Self {
        Tasks { audit, minor, known: HashMap::new() }
    }

    /// Those that are not a plain no.
    pub(crate) fn row(&mut self, row: &Row) -> Rc<Vec<Judged>> {
        let is_master = self.audit.identities[row.identity].is_master();
        let (bindings, not_evaluated) = (row.bindings.clone(), row.not_evaluated.clone());
        let key = Likeness { allowed: row.allowed, bindings, not_evaluated, is_master };
        let judged = self.known.entry(key).or_insert_with(|| {
            let all = tasks(row, &self.audit.index, is_master, self.minor).into_iter();
            Rc::new(all.filter(|judged| judged.is_not_evaluated || judged.task.outcome != Outcome::No).collect())
        });
        Rc::clone(judged)
    }
}

/// The whole audit
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Document<'a> {
    /// Name of the cluster, or of the context if there is no AWS identity
    cluster: &'a str,
    /// Its region
    region: Option<&'a str>,
    /// Its Kubernetes version, like `1.33`
    server_version: Option<String>,
    /// Its authentication mode
    authentication_mode: Option<&'a str>,
    /// The namespace, or null for the whole cluster
    namespace: Option<&'a str>,
    /// When it was read
    at: Rfc3339,
    /// Who has access. A task that is not listed is not allowed
    access: Vec<AccessRow<'a>>,
    /// What is wrong
    findings: Vec<FindingRow<'a>>,
    /// What could not be read
    not_read: Vec<NotRead<'a>>,
}

#[derive(Debug, Serialize, JsonSchema)]
struct AccessRow<'a> {
    /// Its namespace; `*` is the whole cluster
    namespace: &'a str,
    /// ARN of the principal
    principal: Option<&'a str>,
    /// How it is mapped: `access-entry`, `aws-auth`, or `not-read`
    via: &'static str,
    /// Line of its item in aws-auth
    line: Option<usize>,
    /// User name in the cluster
    username: &'a str,
    /// Groups in the cluster
    groups: &'a [String],
    /// The session, if the access is only for one
    session: Option<&'a str>,
    /// Id of the finding because of which nobody has this access now
    stale: Option<&'static str>,
    /// Access policies, which are not evaluated
    policies: &'a [String],
    /// Why more may be allowed than is listed
    not_evaluated: &'a [String],
    /// When the grant expires
    until: Option<Rfc3339>,
    /// What is allowed
    tasks: Vec<TaskRow>,
}

#[derive(Debug, Serialize, JsonSchema)]
struct TaskRow {
    /// Id of the task, as in `nsaccess can-i`
    id: &'static str,
    /// The task
    title: &'static str,
    /// `yes`, `partial`, `unknown` or `not_evaluated`
    verdict: &'static str,
    /// How it works, or what is missing
    details: Option<String>,
    /// The objects that grant it
    objects: Vec<String>,
}

#[derive(Debug, Serialize, JsonSchema)]
struct FindingRow<'a> {
    /// Its id
    id: &'static str,
    /// How bad it is
    severity: &'static str,
    /// With the id, which finding it is: the same from one audit to the next
    about: &'a str,
    /// Its namespace
    namespace: Option<&'a str>,
    /// What is wrong
    message: &'a str,
    /// Why
    because: &'a [String],
    /// Commands or instructions that fix it
    #[serde(rename = "try")]
    try_next: &'a [String],
    /// Where the id is explained
    docs: String,
    /// Whether the baseline does not have it
    new: Option<bool>,
}

#[derive(Debug, Serialize, JsonSchema)]
struct NotRead<'a> {
    /// What could not be read
    what: &'static str,
    /// The permission that it requires
    needs: Option<&'a str>,
    /// Why
    why: &'a str,
    /// What the audit therefore leaves out
    consequence: &'static str,
}

/// The whole audit.
pub(crate) fn document<'a>(picture: &'a Picture, audit: &'a Audit<'_>, baseline: Option<&Baseline>) -> Document<'a> {
    let mut tasks = Tasks::of(audit, picture.cluster.minor);
    Document {
        cluster: &picture.cluster.name,
        region: Some(picture.cluster.region.as_str()).filter(|region| !region.is_empty()),
        server_version: picture.cluster.minor.map(|minor| format!("1.{minor}")),
        authentication_mode: picture.cluster.mode.as_deref(),
        namespace: match &picture.scope {
            Scope::Namespace(name) => Some(name),
            Scope::All => None,
        },
        at: picture.at.into(),
        access: audit.rows.iter().map(|row| access(audit, row, &tasks.row(row))).collect(),
        findings: audit.found.iter().map(|found| finding(found, baseline)).collect(),
        not_read: picture.unread().into_iter().map(not_read).collect(),
    }
}

fn access<'a>(audit: &'a Audit<'_>, row: &'a Row, tasks: &[Judged]) -> AccessRow<'a> {
    let identity = &audit.identities[row.identity];
    AccessRow {
        namespace: row.namespace.as_deref().unwrap_or("*"),
        principal: identity.principal(),
        via: identity.way.word(),
        line: match identity.way {
            Way::AwsAuth { item, .. } => Some(item.line),
            _ => None,
        },
        username: &identity.username,
        groups: &identity.groups,
        session: row.session.as_deref(),
        stale: audit.gone(identity.arn),
        policies: &row.policies,
        not_evaluated: &row.not_evaluated,
        until: row.until.map(Rfc3339::from),
        tasks: tasks.iter().map(task).collect(),
    }
}

fn task(judged: &Judged) -> TaskRow {
    TaskRow {
        id: judged.task.id,
        title: judged.task.title,
        verdict: if judged.is_not_evaluated { "not_evaluated" } else { judged.word() },
        details: Some(judged.task.why.clone()).filter(|details| !details.is_empty()),
        objects: judged.objects.clone(),
    }
}

fn finding<'a>(found: &'a Found, baseline: Option<&Baseline>) -> FindingRow<'a> {
    FindingRow {
        id: found.finding.id,
        severity: found.severity.word(),
        about: &found.about,
        namespace: found.namespace.as_deref(),
        message: &found.message,
        because: &found.because,
        try_next: &found.try_next,
        docs: docs(found.finding.id),
        new: baseline.map(|baseline| !baseline.has(found)),
    }
}

fn not_read(unread: &Unread) -> NotRead<'_> {
    NotRead { what: unread.what, needs: unread.needs.as_deref(), why: &unread.why, consequence: unread.so }
}

/// Where an id is explained. The anchor of a heading has no dots.
pub(crate) fn docs(id: &str) -> String {
    format!("{PAGE}#{}", id.replace('.', "-"))
}

/// How many findings there are of each severity: `1 high, 2 low`.
pub(crate) fn counts<'f>(found: impl Iterator<Item = &'f Found> + Clone) -> String {
    let count = |severity: Severity| found.clone().filter(|found| found.severity == severity).count();
    let said = Severity::ALL.into_iter().map(|severity| (severity, count(severity))).filter(|(_, count)| *count > 0);
    said.map(|(severity, count)| format!("{count} {severity}")).collect::<Vec<_>>().join(", ")
}

/// All kinds of findings
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Catalogue {
    /// Every finding
    findings: Vec<ListedFinding>,
}

#[derive(Debug, Serialize, JsonSchema)]
struct ListedFinding {
    /// Its id
    id: &'static str,
    /// How bad it is
    severity: &'static str,
    /// Why it happens
    cause: &'static str,
    /// How to fix it
    repair: &'static str,
    /// Where it is explained
    docs: String,
}

/// All kinds of findings.
pub(crate) fn catalogue() -> Catalogue {
    let listed = |finding: &&Finding| ListedFinding {
        id: finding.id,
        severity: finding.severity.word(),
        cause: finding.cause,
        repair: finding.repair,
        docs: docs(finding.id),
    };
    Catalogue { findings: FINDINGS.iter().map(listed).collect() }
}
