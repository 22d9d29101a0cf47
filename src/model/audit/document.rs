//! The audit as a document, and the list of all findings: stable contracts.

use std::collections::HashMap;
use std::rc::Rc;

use serde_json::{Value, json};

use crate::model::audit::access::{Judged, Row, tasks};
use crate::model::audit::baseline::Baseline;
use crate::model::audit::finding::{Finding, Found, Severity};
use crate::model::audit::identity::Way;
use crate::model::audit::index::BindingNumber;
use crate::model::audit::picture::{Picture, Scope, Unread};
use crate::model::audit::rights::Allowed;
use crate::model::audit::{Audit, FINDINGS};
use crate::model::grants::objects::time_text;
use crate::model::reviews::tasks::Outcome;

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

/// The whole audit. A task that is not listed is not allowed.
pub(crate) fn document(picture: &Picture, audit: &Audit<'_>, baseline: Option<&Baseline>) -> Value {
    let mut tasks = Tasks::of(audit, picture.cluster.minor);
    json!({
        "cluster": picture.cluster.name,
        "region": picture.cluster.region,
        "server_version": picture.cluster.minor.map(|minor| format!("1.{minor}")),
        "authentication_mode": picture.cluster.mode,
        "namespace": match &picture.scope {
            Scope::Namespace(name) => Some(name),
            Scope::All => None,
        },
        "at": time_text(picture.at),
        "access": audit.rows.iter().map(|row| access(audit, row, &tasks.row(row))).collect::<Vec<_>>(),
        "findings": audit.found.iter().map(|found| finding(found, baseline)).collect::<Vec<_>>(),
        "not_read": picture.unread().into_iter().map(not_read).collect::<Vec<_>>(),
    })
}

fn access(audit: &Audit<'_>, row: &Row, tasks: &[Judged]) -> Value {
    let identity = &audit.identities[row.identity];
    let mut value = json!({
        "namespace": row.namespace.as_deref().unwrap_or("*"),
        "principal": identity.principal(),
        "way": identity.way.word(),
        "username": identity.username,
        "groups": identity.groups,
        "session": row.session,
        "gone": audit.gone(identity.arn),
        "policies": row.policies,
        "not_evaluated": row.not_evaluated,
        "until": row.until.map(time_text),
        "tasks": tasks.iter().map(|judged| json!({
            "id": judged.task.id,
            "title": judged.task.title,
            "verdict": judged.word(),
            "why": judged.task.why,
            "objects": judged.objects,
        })).collect::<Vec<_>>(),
    });
    if let Way::AwsAuth { item, .. } = identity.way {
        value["line"] = json!(item.line);
    }
    value
}

fn finding(found: &Found, baseline: Option<&Baseline>) -> Value {
    json!({
        "id": found.finding.id,
        "severity": found.severity.word(),
        "about": found.about,
        "namespace": found.namespace,
        "message": found.message,
        "because": found.because,
        "try": found.try_next,
        "docs": docs(found.finding.id),
        "new": baseline.map(|baseline| !baseline.has(found)),
    })
}

fn not_read(unread: &Unread) -> Value {
    json!({"what": unread.what, "needs": unread.needs, "why": unread.why, "so": unread.so})
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

/// All kinds of findings.
pub(crate) fn catalogue() -> Value {
    let listed = |finding: &&Finding| {
        json!({
            "id": finding.id, "severity": finding.severity.word(), "cause": finding.cause, "repair": finding.repair,
            "docs": docs(finding.id),
        })
    };
    json!({ "findings": FINDINGS.iter().map(listed).collect::<Vec<_>>() })
}
