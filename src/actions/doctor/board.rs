//! Where the rows of a run are collected: a check is made if the plan has it and nothing that it needs is out of order.

use std::any::Any;
use std::cell::{Cell, OnceCell, RefCell};
use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::time::Duration;

use futures_util::FutureExt as _;
use tokio::time::Instant;

use crate::model::doctor::check::Check;
use crate::model::doctor::finding::Finding;
use crate::model::doctor::judgement::Judgement;
use crate::model::doctor::plan::Plan;
use crate::model::doctor::row::{Outcome, Row, rows};
use crate::model::doctor::{check as check_named, checks};
use crate::model::kube::access::AccessName;
use crate::ui::Ui;

/// The rows so far.
#[derive(Debug)]
pub(crate) struct Board {
    pub(crate) plan: Plan,
    rows: RefCell<Vec<Row>>,
    namespace: OnceCell<AccessName>,
    /// What a person is told to do about access that is missing.
    request: OnceCell<String>,
    /// Nothing names a namespace.
    is_unnamed: Cell<bool>,
    ui: Ui,
}

/// The first row that keeps a check from being made.
enum Obstacle {
    /// A row of the report.
    Row(&'static str),
    /// A check that the plan leaves out.
    LeftOut(&'static Check),
    /// A check that has not come to an end.
    Unfinished,
}

impl Board {
    pub(crate) fn new(plan: Plan, ui: &Ui) -> Self {
        Board {
            plan,
            rows: RefCell::default(),
            namespace: OnceCell::new(),
            request: OnceCell::new(),
            is_unnamed: Cell::new(false),
            ui: ui.clone(),
        }
    }

    /// Notes which namespace is examined.
    pub(crate) fn name(&self, namespace: AccessName) {
        // It is the same in all of a run.
        let _ = self.namespace.set(namespace);
    }

    /// Notes where access is asked for.
    pub(crate) fn name_request(&self, request: Option<String>) {
        if let Some(request) = request {
            let _ = self.request.set(request);
        }
    }

    /// Notes that nothing names a namespace: what is asked of one is skipped.
    pub(crate) fn leave_unnamed(&self) {
        self.is_unnamed.set(true);
    }

    /// The namespace that is examined, once that is known.
    pub(crate) fn namespace(&self) -> Option<&AccessName> {
        self.namespace.get()
    }

    /// Makes a check whose facts others need. `None`: it was not made, or gave none. A check that panics is unknown.
    pub(crate) async fn check<T>(
        &self,
        check: &'static Check,
        work: impl Future<Output = (Judgement, Option<T>)>,
    ) -> Option<T> {
        if !self.may_be_made(check) {
            return None;
        }
        let _waiting = self.ui.waiting(&format!("checking {}", check.id));
        let start = Instant::now();
        let (judgement, facts) = match AssertUnwindSafe(work).catch_unwind().await {
            Ok(judged) => judged,
            Err(panic) => (crashed(panic.as_ref()), None),
        };
        self.add(check, judgement, start.elapsed());
        facts
    }

    /// Makes a check whose facts no other needs.
    pub(crate) async fn judge(&self, check: &'static Check, work: impl Future<Output = Judgement>) {
        self.check(check, async { (work.await, None::<()>) }).await;
    }

    /// Makes a check that waits for nothing.
    pub(crate) fn judge_now(&self, check: &'static Check, work: impl FnOnce() -> Judgement) {
        // Nothing in it can be pending, so one poll is enough.
        self.judge(check, async { work() }).now_or_never();
    }

    /// The same for one whose facts others need.
    pub(crate) fn check_now<T>(
        &self,
        check: &'static Check,
        work: impl FnOnce() -> (Judgement, Option<T>),
    ) -> Option<T> {
        self.check(check, async { work() }).now_or_never().flatten()
    }

    /// The finding because of which a check failed.
    pub(crate) fn failure(&self, check: &'static Check) -> Option<&'static Finding> {
        let rows = self.rows.borrow();
        let mut failed = rows.iter().filter(|row| row.check == check && row.outcome == Outcome::Fail);
        failed.find_map(|row| row.finding)
    }

    /// Whether a check is to be made, and nothing keeps it from that.
    pub(crate) fn may_be_made(&self, check: &'static Check) -> bool {
        let is_done = self.rows.borrow().iter().any(|row| row.check == check);
        !is_done && self.plan.makes(check) && self.obstacle(check).is_none()
    }

    fn add(&self, check: &'static Check, judgement: Judgement, took: Duration) {
        let milliseconds = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
        let mut made = rows(check, judgement, milliseconds);
        for row in made.iter_mut().filter(|row| row.finding.is_some_and(Finding::is_missing_access)) {
            row.try_next.extend(self.request.get().cloned());
        }
        self.rows.borrow_mut().extend(made);
    }

    /// The root of what keeps a check from being made.
    fn obstacle(&self, check: &'static Check) -> Option<Obstacle> {
        let rows = self.rows.borrow();
        for need in check.needs.iter().filter_map(|need| check_named(need)) {
            let mut own = rows.iter().filter(|row| row.check == need).peekable();
            match own.peek() {
                Some(_) => {
                    if let Some(row) = own.find(|row| row.blocks()) {
                        return Some(Obstacle::Row(row.because_of.unwrap_or_else(|| row.id())));
                    }
                }
                None if !self.plan.makes(need) => return Some(Obstacle::LeftOut(need)),
                None => {
                    drop(own);
                    return Some(self.obstacle(need).unwrap_or(Obstacle::Unfinished));
                }
            }
        }
        None
    }

    /// All rows, in the order of the checks. `unfinished`: why the run ended before all checks did.
    pub(crate) fn finish(self, unfinished: &str) -> Vec<Row> {
        let is_made = |check: &Check| self.rows.borrow().iter().any(|row| row.check == check);
        let not_made: Vec<Row> = checks()
            .filter(|check| self.plan.shows(check) && !is_made(check))
            .map(|check| self.not_made(check, unfinished))
            .collect();
        self.rows.borrow_mut().extend(not_made);
        let rank = |row: &Row| checks().position(|check| check == row.check);
        let plan = self.plan;
        let mut rows = self.rows.into_inner();
        // What was made only because a shown check needs it is shown if it is the reason that this one was not made.
        rows.retain(|row| plan.shows(row.check) || matches!(row.outcome, Outcome::Fail | Outcome::Unknown));
        rows.sort_by_key(rank);
        rows
    }

    fn not_made(&self, check: &'static Check, unfinished: &str) -> Row {
        let skipped = |why: String| Row::new(check, Outcome::Skipped, why);
        if !self.plan.makes(check) {
            return skipped(self.plan.why_not().to_owned());
        }
        match self.obstacle(check) {
            Some(Obstacle::Row(id)) => Row { because_of: Some(id), ..skipped(format!("depends on {id}")) },
            Some(Obstacle::LeftOut(need)) => skipped(format!("{} is {}", need.id, self.plan.why_not())),
            Some(Obstacle::Unfinished) | None if self.is_unnamed.get() => skipped("no namespace specified".to_owned()),
            Some(Obstacle::Unfinished) | None => Row::new(check, Outcome::Unknown, unfinished),
        }
    }
}

fn crashed(panic: &(dyn Any + Send)) -> Judgement {
    Judgement::unknown(format!("this check crashed: {}", said_by(panic)))
}

/// The message of a panic.
pub(super) fn said_by(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    let text = text.or_else(|| panic.downcast_ref::<String>().cloned());
    text.unwrap_or_else(|| "no reason given".to_owned())
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::host::Host;
    use crate::model::doctor::{environment, kubectl, machine};
    use crate::ui::Format;

    fn board(only: &[&str], skip: &[&str]) -> Board {
        let owned = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        let host = Host::for_test(Path::new("/"), &[], jiff::Timestamp::UNIX_EPOCH);
        let plan = Plan::new(&owned(only), &owned(skip), false, false).expect("known names");
        Board::new(plan, &Ui::new(&host, Format::Table, true, 0))
    }

    fn row<'a>(rows: &'a [Row], id: &str) -> &'a Row {
        rows.iter().find(|row| row.check.id == id).unwrap_or_else(|| panic!("no row of {id}"))
    }

    #[test]
    #[allow(clippy::panic, reason = "this is what is tried")]
    fn a_check_that_panics_is_unknown_and_the_others_are_made() {
        let board = board(&["machine"], &[]);
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(|_| {}));
        board.judge_now(&machine::PROXY, || panic!("index out of bounds"));
        std::panic::set_hook(before);
        board.judge_now(&machine::FILES, || Judgement::ok("plain files"));
        let rows = board.finish("not reached");
        assert_eq!(row(&rows, "machine.proxy").outcome, Outcome::Unknown);
        assert!(row(&rows, "machine.proxy").message.contains("index out of bounds"));
        assert_eq!(row(&rows, "machine.files").outcome, Outcome::Ok);
        assert_eq!(row(&rows, "machine.clock").message, "not reached");
    }

    #[test]
    fn what_follows_from_a_row_is_skipped_because_of_its_root() {
        let board = board(&["kubectl.policy"], &[]);
        board.judge_now(&machine::PERMISSIONS, || Judgement::ok("yours"));
        board.judge_now(&machine::FILES, || Judgement::ok("plain files"));
        board.judge_now(&environment::KUBECONFIG, || Judgement::unknown("no answer"));
        board.judge_now(&kubectl::CONTEXT, || unreachable!("its needs are not met"));
        let rows = board.finish("not reached");
        let skipped = row(&rows, "kubectl.policy");
        assert_eq!((skipped.outcome, skipped.because_of), (Outcome::Skipped, Some("environment.kubeconfig")));
        // What was made for others is shown because it is the reason.
        assert_eq!(rows.iter().map(Row::id).collect::<Vec<_>>(), ["environment.kubeconfig", "kubectl.policy"]);
    }

    #[test]
    fn what_is_skipped_is_still_made_for_those_that_need_it() {
        let board = board(&["kubectl"], &["environment.kubeconfig"]);
        board.judge_now(&machine::PERMISSIONS, || Judgement::ok("yours"));
        board.judge_now(&machine::FILES, || Judgement::ok("plain files"));
        assert!(board.may_be_made(&environment::KUBECONFIG));
        board.judge_now(&environment::KUBECONFIG, || Judgement::unknown("no answer"));
        let rows = board.finish("not reached");
        assert_eq!(row(&rows, "kubectl.context").because_of, Some("environment.kubeconfig"));
    }
}
