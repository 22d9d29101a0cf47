//! Carries out a plan. What fails stops what stands on it, and nothing else; running the same again goes on from there.

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;

use futures_util::stream::{self, StreamExt};

use crate::actions::grants::{aws_auth, entry, kubernetes};
use crate::chain::administrator::Administrator;
use crate::error::{Error, Result};
use crate::model::grants::change::Change;

/// Objects of Kubernetes that are written at the same time.
const AT_ONCE: usize = 8;
/// EKS allows fewer.
const ENTRIES_AT_ONCE: usize = 4;

/// What became of a change.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Outcome {
    /// Not begun.
    Waiting,
    /// Begun, and not known to be over.
    Begun,
    Done,
    /// A dry run cannot try it: AWS has none, and some objects stand on others that are not there yet.
    NotTried,
    /// Not deleted: somebody has put it to use since the plan was made.
    Kept,
    Failed(Error),
    /// What it stands on failed.
    Skipped,
}

/// The changes of a plan and what became of them: readable also when the work is broken off.
#[derive(Debug)]
pub(crate) struct Progress {
    pub(crate) changes: Vec<Change>,
    pub(crate) means: Means,
    outcomes: RefCell<Vec<Outcome>>,
    /// The namespaces in which something failed, and whether something outside of them did.
    failed: RefCell<BTreeSet<String>>,
    has_failed: Cell<bool>,
}

/// How changes are made.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Means {
    /// Takes over what others have set in our objects.
    pub(crate) force: bool,
    /// Kubernetes is asked whether it would do it.
    pub(crate) dry_run: bool,
}

impl Progress {
    pub(crate) fn new(changes: Vec<Change>, means: Means) -> Self {
        let outcomes = RefCell::new(vec![Outcome::Waiting; changes.len()]);
        Progress { changes, means, outcomes, failed: RefCell::default(), has_failed: Cell::default() }
    }

    pub(crate) fn outcomes(&self) -> Vec<Outcome> {
        self.outcomes.borrow().clone()
    }

    /// Whether something is left that was not tried.
    pub(crate) fn is_unfinished(&self) -> bool {
        self.outcomes.borrow().iter().any(|outcome| matches!(outcome, Outcome::Waiting | Outcome::Begun))
    }

    fn set(&self, index: usize, outcome: Outcome) {
        if matches!(outcome, Outcome::Failed(_)) {
            self.has_failed.set(true);
            self.failed.borrow_mut().extend(namespace_of(&self.changes[index]).map(str::to_owned));
        }
        self.outcomes.borrow_mut()[index] = outcome;
    }

    /// Whether what a change stands on has failed: one grant stands on all its parts; of many, each namespace on its own.
    fn is_in_vain(&self, change: &Change, is_alone: bool) -> bool {
        match namespace_of(change) {
            _ if is_alone => self.has_failed.get(),
            Some(namespace) => self.failed.borrow().contains(namespace),
            None => false,
        }
    }
}

/// Carries out the changes in their order; those of one kind at the same time.
pub(crate) async fn carry_out(administrator: &Administrator<'_>, progress: &Progress) {
    let is_alone = progress.changes.iter().filter_map(namespace_of).collect::<BTreeSet<_>>().len() < 2;
    let mut first = 0;
    while first < progress.changes.len() {
        let kind = progress.changes[first].kind();
        let length = progress.changes[first..].iter().take_while(|change| change.kind() == kind).count();
        let at_once = if kind == "access entry" { ENTRIES_AT_ONCE } else { AT_ONCE };
        let works = (first..first + length).map(|index| one(administrator, progress, index, is_alone));
        stream::iter(works).buffer_unordered(at_once).collect::<Vec<()>>().await;
        first += length;
    }
}

async fn one(administrator: &Administrator<'_>, progress: &Progress, index: usize, is_alone: bool) {
    let change = &progress.changes[index];
    if progress.is_in_vain(change, is_alone) {
        return progress.set(index, Outcome::Skipped);
    }
    progress.set(index, Outcome::Begun);
    let outcome = write(administrator, change, progress.means).await;
    progress.set(index, outcome.unwrap_or_else(Outcome::Failed));
}

async fn write(administrator: &Administrator<'_>, change: &Change, means: Means) -> Result<Outcome> {
    match change {
        Change::Entry { .. } | Change::AwsAuth { .. } if means.dry_run => Ok(Outcome::NotTried),
        Change::Namespace(name) => kubernetes::create_namespace(administrator, name, means).await,
        Change::Role { before, after } => {
            kubernetes::write_role(administrator, before.as_ref(), after.as_ref(), means).await
        }
        Change::Binding { before, after } => {
            let objects = (before.as_ref(), after.as_ref());
            kubernetes::write_binding(administrator, objects, change.verb(), means).await
        }
        Change::Entry { before, after } => {
            entry::write(administrator, before.as_ref(), after.as_ref(), change.verb()).await
        }
        Change::AwsAuth { edits, .. } => aws_auth::write(administrator, edits).await.map(|()| Outcome::Done),
    }
}

fn namespace_of(change: &Change) -> Option<&str> {
    match change {
        Change::Namespace(name) => Some(name),
        Change::Role { before, after } => after.as_ref().or(before.as_ref())?.namespace.as_deref(),
        Change::Binding { before, after } => after.as_ref().or(before.as_ref())?.namespace.as_deref(),
        Change::Entry { .. } | Change::AwsAuth { .. } => None,
    }
}
