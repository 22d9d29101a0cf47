//! `doctor --fix`: the safe repairs, of what is ours only.

use clap::Parser;

use crate::commands::doctor::{Found, Repaired};
use crate::commands::{self, Context, Verb};
use crate::disk::{left_overs, permissions};
use crate::error::{Error, Kind, Result};
use crate::model::doctor::judgement::Repair;
use crate::model::doctor::row::{Outcome, Row};
use crate::model::doctor::session_region::WRONG_REGION;
use crate::ui::{Format, Ui};

/// A command of ours, as a person would type it.
#[derive(Debug, Parser)]
struct Typed {
    #[command(subcommand)]
    verb: Verb,
}

/// Shows and makes the repairs that the rows name. A repair that fails is said; what is still wrong, the next examination
/// says. The error is an interruption.
pub(super) fn repair(context: Context<'_>, found: &Found) -> (Vec<Repaired>, Option<Error>) {
    let mut repaired: Vec<Repaired> = Vec::new();
    // A sign-in in the wrong region never ends.
    let may_sign_in = found.rows.iter().all(|row| row.id() != WRONG_REGION.id || row.outcome != Outcome::Fail);
    for (row, repair) in found.rows.iter().filter_map(|row| Some((row, row.repair.as_ref()?))) {
        if *repair == Repair::Login && !may_sign_in {
            continue;
        }
        let what = in_words(repair, found);
        if repaired.iter().any(|done| done.what == what || done.covers(repair)) {
            continue;
        }
        context.ui.status(&format!("fixing {}: {what}", row.id()));
        let failure = match make(context, repair, found) {
            Ok(()) => None,
            Err(error) if matches!(error.kind, Kind::Interrupted | Kind::Terminated) => return (repaired, Some(error)),
            Err(error) => Some(error),
        };
        if let Some(error) = &failure {
            context.ui.warning(&format!("fix failed: {error}"));
        }
        repaired.push(repaired_row(row, what, repair, failure));
    }
    (repaired, None)
}

fn repaired_row(row: &Row, what: String, repair: &Repair, failure: Option<Error>) -> Repaired {
    Repaired { id: row.id(), what, is_login: *repair == Repair::Login, failure: failure.map(|error| error.to_string()) }
}

impl Repaired {
    /// A login has written the context too.
    fn covers(&self, repair: &Repair) -> bool {
        self.is_login && self.failure.is_none() && *repair == Repair::WriteContext
    }
}

fn in_words(repair: &Repair, found: &Found) -> String {
    let shown = |paths: &[std::path::PathBuf]| {
        paths.iter().map(|path| path.display().to_string()).collect::<Vec<_>>().join(" ")
    };
    match repair {
        Repair::Login | Repair::WriteContext => words(repair, found).join(" "),
        Repair::Remove(paths) => format!("rm {}", shown(paths)),
        Repair::Tighten(paths) => format!("chmod go-rwx {}", shown(paths)),
    }
}

/// The command of ours that a repair is.
fn words<'a>(repair: &Repair, found: &'a Found) -> Vec<&'a str> {
    let namespace = found.namespace.as_ref().map_or("", |namespace| namespace.as_str());
    match repair {
        Repair::WriteContext => vec!["nsaccess", "kubeconfig", namespace, "--refresh"],
        // Which context is current is the person's choice.
        _ => vec!["nsaccess", "login", namespace, "--no-switch"],
    }
}

fn make(context: Context<'_>, repair: &Repair, found: &Found) -> Result<()> {
    match repair {
        Repair::Remove(paths) => paths.iter().try_for_each(|path| left_overs::remove_if_abandoned(context.host, path)),
        Repair::Tighten(paths) => paths.iter().try_for_each(|path| permissions::tighten(path)),
        Repair::Login | Repair::WriteContext => {
            let typed = Typed::try_parse_from(words(repair, found));
            let verb = typed.map_err(|error| Error::usage(error.to_string()))?.verb;
            // Whatever the form of the report, it is the only document: the verb speaks on standard error.
            let ui = Ui::new(context.host, Format::Table, context.global.quiet, context.global.verbose);
            commands::run(verb, context.global, context.host, &ui)
        }
    }
}
