//! A plan for programs.

use schemars::JsonSchema;
use serde::Serialize;

use crate::actions::grants::apply::{Outcome, Progress};
use crate::commands::plan::{Plan, failure};
use crate::model::grants::granting::Note;

/// The changes, and what became of them
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct PlanDocument<S> {
    /// Name of the cluster, or of the context if there is no AWS identity
    cluster: String,
    #[serde(flatten)]
    subject: S,
    /// The changes
    changes: Vec<ChangeRow>,
    /// What is worth knowing about them
    notes: Vec<String>,
    /// `done`, `unchanged`, `dry_run` or `failed`
    result: &'static str,
}

#[derive(Debug, Serialize, JsonSchema)]
struct ChangeRow {
    /// `create`, `change`, `replace` or `delete`
    action: &'static str,
    /// Kind of the object
    kind: &'static str,
    /// Name of the object
    name: String,
    /// Outline of the object before
    before: Vec<String>,
    /// Outline of the object afterwards
    after: Vec<String>,
    /// `done`, `accepted` or `not_tried` (dry run), `kept`, `failed`, `unknown` or `not_done`
    result: &'static str,
    /// Why it failed
    error: Option<String>,
}

/// The document of a plan that was carried out or tried, or that has nothing to do.
pub(super) fn document<P: Plan>(
    plan: &P,
    progress: Option<&Progress>,
    result: &'static str,
) -> PlanDocument<P::Subject> {
    PlanDocument {
        cluster: plan.administrator().cluster_name().to_owned(),
        subject: plan.subject(),
        changes: progress.map(rows).unwrap_or_default(),
        notes: plan.notes().iter().map(Note::text).map(str::to_owned).collect(),
        result,
    }
}

fn rows(progress: &Progress) -> Vec<ChangeRow> {
    let outcomes = progress.outcomes();
    let rows = progress.changes.iter().zip(&outcomes).map(|(change, outcome)| {
        let (before, after) = change.outlines();
        let result = match outcome {
            Outcome::NotTried => "not_tried",
            Outcome::Done if progress.means.dry_run => "accepted",
            Outcome::Done => "done",
            Outcome::Kept => "kept",
            Outcome::Failed(_) => "failed",
            Outcome::Begun => "unknown",
            Outcome::Waiting | Outcome::Skipped => "not_done",
        };
        let error = failure(outcome).map(ToString::to_string);
        ChangeRow {
            action: change.verb().word(),
            kind: change.kind(),
            name: change.name(),
            before,
            after,
            result,
            error,
        }
    });
    rows.collect()
}
