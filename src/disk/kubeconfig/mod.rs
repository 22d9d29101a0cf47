//! The user's kubeconfig files: which one is read, which one is written, and under which lock.
//!
//! The rules are kubectl's own. Reading: the first file in the list that defines a name wins. Writing: what exists is
//! changed in its file; what is new goes to the first file that exists, else to the last in the list. Only files that
//! change are locked and written.

mod kubectl_lock;
mod merged;
mod rewrite;

#[cfg(test)]
mod tests;

use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::time::Duration;

use kubeconfig_edit::{Editor, Entry, Kubeconfig, Parts};

use crate::disk::atomic::{self, NewMode, Snapshot};
use crate::disk::temporary;
use crate::env_vars;
use crate::error::{Error, Result};
use crate::host::Host;
use crate::model::shell::{self, quote};

pub(crate) use kubectl_lock::{Standing, remove_if_abandoned as remove_abandoned_lock};
pub(crate) use merged::{Merged, OwnCluster};
pub(crate) use rewrite::{Plans, Rewrite};

use kubectl_lock::KubectlLock;

/// The name in the comments that mark our edits.
const EDITOR: Editor<'_> = Editor::new("nsaccess");

/// How often an edit is tried when another program keeps writing the file.
const ATTEMPTS: u32 = 6;

/// How long to wait for another program's lock.
const PATIENCE: Duration = Duration::from_secs(5);

/// How often, and how far apart, [`Kubeconfigs::rewrite_if_lost`] checks a write.
const RECHECKS: u32 = 4;
const RECHECK_PAUSE: Duration = Duration::from_millis(50);

/// The files that make up the user's kubeconfig, in kubectl's order.
#[derive(Debug, Clone)]
pub(crate) struct Kubeconfigs {
    paths: Vec<PathBuf>,
    host: Host,
    patience: Duration,
}

/// What an edit did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct EditSummary {
    /// The files that changed. Empty if the entry was already there.
    pub(crate) files: Vec<PathBuf>,
    /// The context that was current before the edit.
    pub(crate) previous_context: Option<String>,
}

/// What a removal did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct RemovalSummary {
    /// The files that changed. Empty if there was nothing to remove.
    pub(crate) files: Vec<PathBuf>,
    /// The contexts with other names that still use the cluster or the user, which were therefore kept.
    pub(crate) kept_for: Vec<String>,
}

/// What to do with one file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Task {
    parts: Parts,
    make_current: bool,
    remove: bool,
}

impl Task {
    const NOTHING: Task = Task { parts: Parts::NONE, make_current: false, remove: false };
}

type Tasks = BTreeMap<PathBuf, Task>;

/// A file, and its new text.
type Edit = (Snapshot, String);

impl Kubeconfigs {
    /// The explicit path alone, else the list in `KUBECONFIG`, else `~/.kube/config`.
    pub(crate) fn new(host: &Host, explicit: Option<&Path>) -> Self {
        let listed = host.env(env_vars::KUBECONFIG).unwrap_or_default();
        let mut paths: Vec<PathBuf> = Vec::new();
        match explicit {
            Some(path) => paths.push(host.current_dir.join(path)),
            None => {
                for name in listed.split(if cfg!(windows) { ';' } else { ':' }).filter(|name| !name.is_empty()) {
                    let path = host.current_dir.join(name);
                    if !paths.contains(&path) {
                        paths.push(path);
                    }
                }
            }
        }
        if paths.is_empty() {
            paths.push(host.home.join(".kube").join("config"));
        }
        Kubeconfigs { paths, host: host.clone(), patience: PATIENCE }
    }

    /// The files, whether or not they exist.
    pub(crate) fn paths(&self) -> &[PathBuf] {
        &self.paths
    }

    /// What kubectl would see. Missing files are skipped.
    pub(crate) fn merged(&self) -> Result<Merged> {
        let mut merged = Merged::default();
        for path in &self.paths {
            if let Some(config) = self.read(path)? {
                merged.add(path, config);
            }
        }
        Ok(merged)
    }

    /// One of the files. `None` if it does not exist.
    pub(crate) fn read(&self, path: &Path) -> Result<Option<Kubeconfig>> {
        let Some(text) = atomic::read_text(path)? else { return Ok(None) };
        kubeconfig_edit::parse(&text).map(Some).map_err(|error| self.unreadable(path, &error))
    }

    /// The locks beside the files that nobody can be seen to hold.
    pub(crate) fn standing_locks(&self) -> Vec<Standing> {
        self.paths.iter().flat_map(|path| kubectl_lock::standing(path)).collect()
    }

    /// Adds or updates an entry, and makes it the current context if asked. After an error all files are unchanged, unless
    /// one of several has already been written.
    pub(crate) fn apply(&self, entry: &Entry, make_current: bool) -> Result<EditSummary> {
        let applied = self.edit(entry, |merged, new_parts_file| {
            let mut tasks = plan_write(entry, merged, new_parts_file);
            if make_current && merged.config.current_context.as_deref() != Some(&entry.name) {
                tasks.entry(new_parts_file.to_owned()).or_insert(Task::NOTHING).make_current = true;
            }
            tasks
        })?;
        if !applied.files.is_empty() {
            self.rewrite_if_lost(entry);
        }
        Ok(applied)
    }

    /// kubectl reads a file before it locks it, and so deletes what another program wrote in between, even another
    /// kubectl. So check for a moment that our entry is still there, and write it again if not. The current context is
    /// left out: two programs would fight over it. Errors are ignored, because the write has succeeded.
    fn rewrite_if_lost(&self, entry: &Entry) {
        for _ in 0..RECHECKS {
            std::thread::sleep(RECHECK_PAUSE);
            if self.edit(entry, |merged, new_parts_file| plan_write(entry, merged, new_parts_file)).is_err() {
                return;
            }
        }
    }

    /// Removes the cluster, the context and the user with this name from all files. A cluster or user that another
    /// context uses is kept.
    pub(crate) fn remove(&self, name: &str) -> Result<RemovalSummary> {
        let applied = self.edit(&entry_named(name), |merged, _| {
            let parts = Parts {
                cluster: merged.contexts_with_cluster_of(name).next().is_none(),
                context: true,
                user: merged.contexts_with_user_of(name).next().is_none(),
            };
            let task = Task { parts, remove: true, ..Task::NOTHING };
            merged.files.iter().map(|path| (path.clone(), task)).collect()
        })?;
        Ok(RemovalSummary { files: applied.files, kept_for: self.merged()?.contexts_built_on(name) })
    }

    pub(crate) fn set_current_context(&self, name: &str) -> Result<EditSummary> {
        let task = Task { make_current: true, ..Task::NOTHING };
        self.edit(&entry_named(name), |merged, new_parts_file| match merged.config.current_context.as_deref() {
            Some(current) if current == name => Tasks::new(),
            _ => Tasks::from([(new_parts_file.to_owned(), task)]),
        })
    }

    /// Writes what a plan of tasks makes of the files.
    fn edit(&self, entry: &Entry, plan: impl Fn(&Merged, &Path) -> Tasks) -> Result<EditSummary> {
        let previous_context = OnceCell::new();
        let planned = || -> Result<((), Vec<Edit>)> {
            let merged = self.merged()?;
            let edits = self.edits(entry, plan(&merged, self.file_for_new_parts(&merged)))?;
            // A plan that is made again may see what we have written.
            previous_context.get_or_init(|| merged.config.current_context.clone());
            Ok(((), edits))
        };
        let ((), files) = self.carry_out(planned, |()| Ok(()))?;
        Ok(EditSummary { files, previous_context: previous_context.into_inner().flatten() })
    }

    /// Plans the edits, locks the files that would change, plans again from what is there now, and writes. Returns the
    /// last plan, and the files that changed. `before_write` gets each plan that is about to be written.
    fn carry_out<T>(
        &self,
        planned: impl Fn() -> Result<(T, Vec<Edit>)>,
        before_write: impl Fn(&T) -> Result<()>,
    ) -> Result<(T, Vec<PathBuf>)> {
        self.remove_left_overs();
        let (mut plan, mut edits) = planned()?;
        let mut files = Vec::new();
        let mut locks = BTreeMap::new();
        for attempt in 1..=ATTEMPTS {
            if edits.is_empty() {
                return Ok((plan, files));
            }
            if edits.iter().any(|edit| !locks.contains_key(&edit.0.path)) {
                locks.clear();
                locks = self.lock(&edits)?;
                // Another program may have written before we had the lock.
                (plan, edits) = planned()?;
            }
            if edits.iter().all(|edit| locks.contains_key(&edit.0.path)) {
                before_write(&plan)?;
                if self.write(&edits, &mut files, attempt)? {
                    return Ok((plan, files));
                }
            }
            (plan, edits) = planned()?;
        }
        Err(Error::failure("the kubeconfig was not written")
            .because("other programs kept changing it")
            .try_next("run the same command again"))
    }

    /// Removes what a killed nsaccess left, even when there is nothing to edit: a lock keeps kubectl from writing, and a
    /// temporary file has all that a kubeconfig has.
    pub(crate) fn remove_left_overs(&self) {
        for lock in self.standing_locks() {
            if let Standing::OursAbandoned(path) = lock {
                kubectl_lock::remove_if_abandoned(&path);
            }
        }
        temporary::sweep_beside(self.paths.iter().map(PathBuf::as_path));
    }

    /// Takes all locks in a fixed order, so that two processes cannot deadlock.
    fn lock(&self, edits: &[Edit]) -> Result<BTreeMap<PathBuf, KubectlLock>> {
        let paths: BTreeSet<&PathBuf> = edits.iter().map(|edit| &edit.0.path).collect();
        let mut locks = BTreeMap::new();
        let mut taken = Vec::new();
        for path in paths {
            let lock = KubectlLock::acquire(path, &taken, self.patience, &self.host)?;
            taken.extend(lock.names());
            locks.insert(path.clone(), lock);
        }
        Ok(locks)
    }

    /// Writes the edits. `false` if a program that takes no lock has changed a file meanwhile.
    fn write(&self, edits: &[Edit], changed: &mut Vec<PathBuf>, attempt: u32) -> Result<bool> {
        for (snapshot, text) in edits {
            match snapshot.replace(text.as_bytes(), NewMode::Shared) {
                Ok(true) if changed.contains(&snapshot.path) => {}
                Ok(true) => changed.push(snapshot.path.clone()),
                Ok(false) => {}
                Err(error) => {
                    let is_another = atomic::read(&snapshot.path)?.bytes != snapshot.bytes;
                    return if is_another && attempt < ATTEMPTS { Ok(false) } else { Err(error) };
                }
            }
        }
        Ok(true)
    }

    /// The files that would change, with their new text.
    fn edits(&self, entry: &Entry, tasks: Tasks) -> Result<Vec<Edit>> {
        let mut edits = Vec::new();
        for path in &self.paths {
            let Some(task) = tasks.get(path) else { continue };
            let snapshot = atomic::read(path)?;
            let before = snapshot.text()?.unwrap_or_default();
            let after =
                apply_task(&before, entry, *task).map_err(|error| self.uneditable(path, &error, *task, entry))?;
            if after != before {
                // Before the lock is taken, because `/dev/null.lock` cannot be created.
                snapshot.refuse_unless_plain()?;
                edits.push((snapshot, after));
            }
        }
        Ok(edits)
    }

    /// The first file that exists, else the last of the list.
    fn file_for_new_parts<'a>(&'a self, merged: &'a Merged) -> &'a Path {
        // The list is never empty: `new` adds the default.
        merged.files.first().or(self.paths.last()).map_or(Path::new(""), PathBuf::as_path)
    }

    fn unreadable(&self, path: &Path, reason: &kubeconfig_edit::Error) -> Error {
        let shown = path.display().to_string();
        Error::failure(format!("cannot read {}", self.host.shorten_home(path)))
            .because(reason.to_string())
            .try_next(shell::edit(&shown, reason.line))
            .try_next(format!("kubectl config view --kubeconfig {}", quote(&shown)))
    }

    fn uneditable(&self, path: &Path, reason: &kubeconfig_edit::Error, task: Task, entry: &Entry) -> Error {
        let error = Error::failure(format!("cannot edit {}", self.host.shorten_home(path))).because(reason.to_string());
        let error = match task {
            Task { make_current: true, parts: Parts::NONE, .. } => {
                error.try_next(format!("kubectl config use-context {}", entry.name))
            }
            Task { remove: false, .. } if !entry.namespace.is_empty() => {
                error.try_next(format!("nsaccess kubeconfig {} --print   # the entry, to add by hand", entry.namespace))
            }
            _ => error,
        };
        error.try_next(format!("kubectl config view --kubeconfig {}", path.display()))
    }
}

/// Writes each part to the file that defines it, else to the file for new parts.
fn plan_write(entry: &Entry, merged: &Merged, new_parts_file: &Path) -> Tasks {
    let mut tasks = Tasks::new();
    let file = |path: Option<&Path>| path.unwrap_or(new_parts_file).to_owned();
    let mut task = |path, set: fn(&mut Task)| set(tasks.entry(path).or_insert(Task::NOTHING));
    task(file(merged.cluster_file(&entry.name)), |task| task.parts.cluster = true);
    task(file(merged.context_file(&entry.name)), |task| task.parts.context = true);
    task(file(merged.user_file(&entry.name)), |task| task.parts.user = true);
    tasks
}

fn apply_task(text: &str, entry: &Entry, task: Task) -> Result<String, kubeconfig_edit::Error> {
    if task.remove {
        return EDITOR.remove(text, &entry.name, task.parts);
    }
    let text = EDITOR.apply(text, entry, task.parts)?;
    if task.make_current { EDITOR.set_current_context(&text, &entry.name) } else { Ok(text) }
}

/// An entry with only a name.
fn entry_named(name: &str) -> Entry {
    Entry { name: name.to_owned(), ..Entry::default() }
}
