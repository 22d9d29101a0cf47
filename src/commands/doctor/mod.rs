//! `doctor`: from "it does not work" to the one command that fixes it.

mod fix;
mod list;
mod report_file;
mod screen;
mod wait;

use std::path::PathBuf;

use clap::Args;

use crate::actions::doctor::Examination;
use crate::actions::doctor::board::Board;
use crate::commands::{Context, exec};
use crate::error::{Error, Kind, Result};
use crate::model::doctor::document::{self, RepairRow};
use crate::model::doctor::plan::Plan;
use crate::model::doctor::row::{Outcome, Row, verdict};
use crate::model::irsa::IrsaRequest;
use crate::model::kube::access::AccessName;
use crate::process::runtime;
use crate::ui::Ui;

/// Diagnose access problems and suggest how to fix them.
///
/// Checks everything between you and a namespace: this machine, the environment, the profile, the session, the role, the
/// cluster, your user and permissions there, kubectl, and AWS. Never prompts, changes nothing without --fix, and needs no
/// more permissions than a developer has.
#[derive(Debug, Args)]
#[command(
    after_help = "Exit status: 0 no problems or only warnings, 1 problems found, 2 usage, 6 some checks could not be completed.\nEvery check and finding is explained in docs/doctor.md.\n\nExamples:\n  nsaccess doctor idp-dev\n  nsaccess doctor idp-dev --fix\n  nsaccess doctor idp-dev --irsa deploy/billing --only aws\n  nsaccess doctor idp-dev --report report.md"
)]
pub(crate) struct DoctorArgs {
    /// Namespace to check [default: $NSACCESS_NAMESPACE, the current context, this directory]
    pub(crate) namespace: Option<String>,
    /// Run only these checks or groups, and the checks that they need
    #[arg(long, value_name = "ID", value_delimiter = ',')]
    pub(crate) only: Vec<String>,
    /// Skip these checks or groups
    #[arg(long, value_name = "ID", value_delimiter = ',')]
    pub(crate) skip: Vec<String>,
    /// Check files only, without network calls
    #[arg(long)]
    pub(crate) offline: bool,
    /// Also check the IAM role of a workload: pod/x, deploy/x, sts/x, job/x, sa/x
    #[arg(long, value_name = "TARGET")]
    pub(crate) irsa: Option<String>,
    /// Fix what nsaccess itself wrote, then check again
    #[arg(long, conflicts_with = "offline")]
    pub(crate) fix: bool,
    /// Wait up to 5 minutes for problems that others can resolve, such as a missing grant or VPN
    #[arg(long)]
    pub(crate) wait: bool,
    /// Exit with 1 for warnings too
    #[arg(long)]
    pub(crate) strict: bool,
    /// Write a report for sharing to this file, without secrets and personal names
    #[arg(long, value_name = "FILE")]
    pub(crate) report: Option<PathBuf>,
    /// List all checks
    #[arg(long, conflicts_with_all = ["namespace", "only", "skip", "offline", "irsa", "fix", "wait", "strict", "report"])]
    pub(crate) list: bool,
}

/// What a run found.
struct Found {
    namespace: Option<AccessName>,
    rows: Vec<Row>,
    /// What `--fix` did before.
    repaired: Vec<Repaired>,
    /// Why it ended before all checks were made.
    interrupted: Option<Error>,
}

/// A repair that was made, or tried.
struct Repaired {
    /// Of what.
    id: &'static str,
    /// As a command.
    what: String,
    is_login: bool,
    failure: Option<String>,
}

/// Runs the verb.
///
/// # Errors
/// [`Kind::No`] when something fails; [`Kind::NotJudged`] when something could not be judged; both are said by the
/// report.
pub(crate) fn run(context: Context<'_>, args: &DoctorArgs) -> Result<()> {
    if args.list {
        return list::show(context.ui);
    }
    let workload = args.irsa.as_deref().map(exec::workload).transpose()?;
    let plan = Plan::new(&args.only, &args.skip, args.offline, workload.is_some()).map_err(unknown_check)?;
    let examine = || examine(context, args, &plan, workload.as_ref());
    let mut found = examine()?;
    if args.fix && found.interrupted.is_none() {
        let (repaired, interrupted) = fix::repair(context, &found);
        found = match interrupted {
            None if repaired.is_empty() => found,
            None => Found { repaired, ..examine()? },
            Some(_) => Found { repaired, interrupted, ..found },
        };
    }
    if args.wait {
        found = wait::until_passed(context, found, examine)?;
    }
    show(context, &found)?;
    if let Some(file) = &args.report {
        report_file::write(context, file, &found)?;
    }
    ended(found, args.strict)
}

fn examine(context: Context<'_>, args: &DoctorArgs, plan: &Plan, workload: Option<&IrsaRequest>) -> Result<Found> {
    let silent = Ui::silent();
    let examination = Examination {
        host: context.host,
        ui: &silent,
        kubeconfig: context.global.kubeconfig.as_deref(),
        named: context.named(args.namespace.as_deref()),
        workload,
    };
    let board = Board::new(plan.clone(), context.ui);
    let (interrupted, unfinished) = match runtime::run(examination.make_in_time(&board)) {
        Ok(true) => (None, "not reached"),
        Ok(false) => (None, "no time left"),
        Err(error) if matches!(error.kind, Kind::Interrupted | Kind::Terminated) => (Some(error), "interrupted"),
        Err(error) => return Err(error),
    };
    let namespace = board.namespace().cloned();
    Ok(Found { namespace, rows: board.finish(unfinished), repaired: Vec::new(), interrupted })
}

fn show(context: Context<'_>, found: &Found) -> Result<()> {
    let namespace = found.namespace.as_ref().map(AccessName::as_str);
    if context.ui.is_table() {
        return context.ui.print_bytes(screen::report(context, found).as_bytes());
    }
    let repaired = found.repaired.iter().map(|done| RepairRow {
        id: done.id,
        command: &done.what,
        error: done.failure.as_deref(),
    });
    context.ui.print_document(&document::report(namespace, &found.rows, repaired.collect()), String::new)
}

/// The exit code, which is the same in every format.
fn ended(found: Found, strict: bool) -> Result<()> {
    if let Some(error) = found.interrupted {
        return Err(error);
    }
    match verdict(&found.rows) {
        Outcome::Fail => Err(Error::new(Kind::No, "checks failed")),
        Outcome::Warn if strict => Err(Error::new(Kind::No, "warnings found")),
        Outcome::Unknown => Err(Error::new(Kind::NotJudged, "some checks could not be completed")),
        Outcome::Ok | Outcome::Warn | Outcome::Skipped => Ok(()),
    }
}

fn unknown_check(name: String) -> Error {
    Error::usage(format!("unknown check or group {name:?}")).try_next("nsaccess doctor --list")
}
