//! Edits that are decided from a whole file.

use std::path::{Path, PathBuf};

use super::{Edit, Kubeconfigs, Merged, RECHECK_PAUSE, RECHECKS};
use crate::disk::atomic;
use crate::error::Result;

/// What is to become of a file: its new text, and whatever the plan has to tell.
pub(crate) struct Rewrite<T> {
    pub(crate) text: String,
    pub(crate) news: T,
}

/// What was planned for each file that exists.
pub(crate) type Plans<T> = Vec<(PathBuf, T)>;

impl Kubeconfigs {
    /// What a plan would make of the files; nothing is written.
    pub(crate) fn preview<T>(&self, plan: impl Fn(&Merged, &Path, &str) -> Rewrite<T>) -> Result<Plans<T>> {
        Ok(self.planned_rewrites(&plan)?.0)
    }

    /// Writes what a plan makes of the files, and returns those that changed. The plan is made again whenever another
    /// program has written meanwhile; `before_write` gets each that is about to be written.
    pub(crate) fn rewrite<T>(
        &self,
        plan: impl Fn(&Merged, &Path, &str) -> Rewrite<T>,
        before_write: impl Fn(&Plans<T>) -> Result<()>,
    ) -> Result<(Plans<T>, Vec<PathBuf>)> {
        let (plans, mut files) = self.carry_out(|| self.planned_rewrites(&plan), &before_write)?;
        if files.is_empty() {
            return Ok((plans, files));
        }
        // As after every write, kubectl may just be undoing this one. What was written is written, so errors are ignored.
        for _ in 0..RECHECKS {
            std::thread::sleep(RECHECK_PAUSE);
            let Ok((_, again)) = self.carry_out(|| self.planned_rewrites(&plan), &before_write) else { break };
            let new: Vec<PathBuf> = again.into_iter().filter(|path| !files.contains(path)).collect();
            files.extend(new);
        }
        Ok((plans, files))
    }

    /// The path of a file without links, under which something can be remembered of it.
    pub(crate) fn real_path(path: &Path) -> String {
        let real = std::fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
        real.to_string_lossy().into_owned()
    }

    fn planned_rewrites<T>(&self, plan: &impl Fn(&Merged, &Path, &str) -> Rewrite<T>) -> Result<(Plans<T>, Vec<Edit>)> {
        let merged = self.merged()?;
        let (mut plans, mut edits) = (Vec::new(), Vec::new());
        for path in &merged.files {
            let snapshot = atomic::read(path)?;
            let before = snapshot.text()?.unwrap_or_default();
            let Rewrite { text, news } = plan(&merged, path, &before);
            plans.push((path.clone(), news));
            if text != before {
                snapshot.refuse_unless_plain()?;
                edits.push((snapshot, text));
            }
        }
        Ok((plans, edits))
    }
}
