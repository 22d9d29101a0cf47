//! Users of kubeconfigs that others wrote get our credential plugin, and theirs back.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use crate::chain::Chain;
use crate::disk::converted::{self, ConvertedFile};
use crate::disk::kubeconfig::{Kubeconfigs, Merged, Plans, Rewrite};
use crate::error::Result;
use crate::model::kube::exec_plugin::conversion::{self, FilePlan, Outcome, Verdict};
use crate::model::kube::exec_plugin::reversion;

/// Whose plugin is meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Users {
    /// Everybody who has one.
    All,
    One(String),
}

/// What became of a user, and in which file.
#[derive(Debug, Clone)]
pub(crate) struct Row {
    pub(crate) file: PathBuf,
    pub(crate) outcome: Outcome,
}

/// What was done, or would be.
#[derive(Debug, Default)]
pub(crate) struct Done {
    pub(crate) rows: Vec<Row>,
    /// The files that changed.
    pub(crate) files: Vec<PathBuf>,
}

/// Gives users our plugin. What they had is kept before anything is written, so that it can be given back even if this
/// process is killed in between.
///
/// # Errors
/// When a file cannot be read or written; a user that cannot be converted is no error.
pub(crate) fn convert(chain: &Chain<'_>, users: &Users, dry_run: bool) -> Result<Done> {
    let own_command = chain.host.own_command();
    let plan = |merged: &Merged, path: &Path, text: &str| {
        let in_file = merged.config.users.iter().filter(|user| merged.user_file(&user.name) == Some(path));
        let chosen: Vec<_> = in_file.filter(|user| users.include(&user.name, user.exec.is_some())).collect();
        rewrite(conversion::convert(text, &merged.config, &chosen, &own_command))
    };
    if dry_run {
        return Ok(Done { rows: rows(chain.kubeconfigs.preview(plan)?), files: Vec::new() });
    }
    let file = ConvertedFile::lock(chain.host)?;
    let changes = Changes::default();
    let (plans, files) = chain.kubeconfigs.rewrite(plan, |plans| {
        changes.add(plans);
        file.change(chain.host, |kept| {
            plans.iter().for_each(|(path, plan)| kept.keep(&Kubeconfigs::real_path(path), plan));
        })
    })?;
    Ok(Done { rows: changes.over(rows(plans)), files })
}

/// Gives users the plugin back that they had.
///
/// # Errors
/// When a file cannot be read or written; a plugin that somebody changed since is none.
pub(crate) fn revert(chain: &Chain<'_>, users: &Users, dry_run: bool) -> Result<Done> {
    let file = if dry_run { None } else { Some(ConvertedFile::lock(chain.host)?) };
    let kept = converted::read(chain.host)?;
    let plan = |_: &Merged, path: &Path, text: &str| {
        let real = Kubeconfigs::real_path(path);
        let records = kept.of_file(&real).filter(|record| users.include(&record.user, true));
        rewrite(reversion::revert(text, records))
    };
    let Some(file) = file else {
        return Ok(Done { rows: rows(chain.kubeconfigs.preview(plan)?), files: Vec::new() });
    };
    let changes = Changes::default();
    let (plans, files) = chain.kubeconfigs.rewrite(plan, |plans| {
        changes.add(plans);
        Ok(())
    })?;
    let rows = changes.over(rows(plans));
    file.change(chain.host, |kept| {
        for row in rows.iter().filter(|row| !matches!(row.outcome.result, Verdict::Left(_))) {
            kept.forget(&Kubeconfigs::real_path(&row.file), &row.outcome.user);
        }
    })?;
    Ok(Done { rows, files })
}

/// Whether there is anything to give back, in any file.
pub(crate) fn is_any_converted(chain: &Chain<'_>) -> bool {
    // Without a store that can be read nothing can be given back.
    converted::read(chain.host).is_ok_and(|kept| !kept.records.is_empty())
}

/// The files with converted users that are not in use now.
///
/// # Errors
/// When it is kept in a file that cannot be read.
pub(crate) fn files_elsewhere(chain: &Chain<'_>) -> Result<BTreeSet<PathBuf>> {
    let here: Vec<String> = chain.kubeconfigs.paths().iter().map(|path| Kubeconfigs::real_path(path)).collect();
    let files = converted::read(chain.host)?.records.into_iter().map(|record| record.file);
    Ok(files.filter(|file| !here.contains(file)).map(PathBuf::from).collect())
}

impl Users {
    fn include(&self, user: &str, has_plugin: bool) -> bool {
        match self {
            Users::All => has_plugin,
            Users::One(name) => name == user,
        }
    }
}

fn rewrite(mut plan: FilePlan) -> Rewrite<FilePlan> {
    Rewrite { text: std::mem::take(&mut plan.text), news: plan }
}

fn rows(plans: Plans<FilePlan>) -> Vec<Row> {
    let rows = plans
        .into_iter()
        .flat_map(|(file, plan)| plan.outcomes.into_iter().map(move |outcome| Row { file: file.clone(), outcome }));
    rows.collect()
}

/// What was written: a plan that is made again finds it done.
#[derive(Default)]
struct Changes(RefCell<BTreeMap<(PathBuf, String), Outcome>>);

impl Changes {
    fn add(&self, plans: &Plans<FilePlan>) {
        for (path, plan) in plans {
            let changed = plan.outcomes.iter().filter(|outcome| matches!(outcome.result, Verdict::Changed(_)));
            let keyed = changed.map(|outcome| ((path.clone(), outcome.user.clone()), outcome.clone()));
            self.0.borrow_mut().extend(keyed);
        }
    }

    fn over(self, mut rows: Vec<Row>) -> Vec<Row> {
        let mut changes = self.0.into_inner();
        for row in rows.iter_mut().filter(|row| row.outcome.result == Verdict::Right) {
            if let Some(changed) = changes.remove(&(row.file.clone(), row.outcome.user.clone())) {
                row.outcome = changed;
            }
        }
        rows
    }
}
