//! Logs that are followed: of the pods that are there, and of those that come.

use std::collections::{HashMap, HashSet};
use std::future::Future;
use std::pin::{Pin, pin};

use futures_util::future::try_join_all;
use futures_util::stream::{FuturesUnordered, StreamExt};
use tokio::sync::mpsc::{self, Sender};

use crate::actions::logs::sources::Source;
use crate::actions::logs::tail::LogEnd;
use crate::actions::logs::{ContainerLog, Logs, subjects};
use crate::actions::pods::Pods;
use crate::actions::pods::follow::Change;
use crate::chain::cluster::api::WhenOver;
use crate::error::{Kind, Result};
use crate::model::logs::following::{following, nothing_found};
use crate::model::logs::target::LogRequest;

/// The log of one container that is being followed, to its end.
type Running<'a> = Pin<Box<dyn Future<Output = Followed> + 'a>>;

/// A log that was followed to its end.
struct Followed {
    key: String,
    pod_key: String,
    pod: String,
    container: Option<String>,
    is_init: bool,
    is_named: bool,
    end: Result<LogEnd>,
}

/// The logs that are followed, so that none is begun twice.
#[derive(Default)]
struct Begun {
    logs: HashSet<String>,
    /// Pods that may not be seen: all that is ever heard of them is their name, again and again.
    hidden: HashSet<String>,
    /// Logs of each pod that run.
    running: HashMap<String, usize>,
    /// Pods of which it was said that their logs do not open.
    failed: HashSet<String>,
}

impl Begun {
    /// Whether a change is of a pod whose logs are all known.
    fn has_all_of(&self, change: &Change) -> bool {
        matches!(change, Change::Hidden(name) if self.hidden.contains(name))
    }

    /// The logs among these that are new.
    fn begin(&mut self, logs: Vec<ContainerLog>) -> Vec<ContainerLog> {
        self.hidden.extend(logs.iter().filter(|log| log.object.is_none()).map(|log| log.pod.clone()));
        let new: Vec<ContainerLog> = logs.into_iter().filter(|log| self.logs.insert(log.key())).collect();
        new.iter().for_each(|log| *self.running.entry(log.pod_key()).or_default() += 1);
        new
    }

    /// Whether it was the last of its pod. A pod that may not be seen and is gone may come again under its name.
    fn end(&mut self, followed: &Followed) -> bool {
        let gone = match &followed.end {
            Ok(end) => *end == LogEnd::Gone,
            Err(error) => error.kind == Kind::NotFound,
        };
        if gone && self.hidden.remove(&followed.pod) {
            self.logs.remove(&followed.key);
        }
        let left = self.running.entry(followed.pod_key.clone()).or_default();
        *left = left.saturating_sub(1);
        *left == 0
    }
}

impl<'a> Logs<'a> {
    /// All logs at once, and those of pods that come later.
    pub(super) async fn follow(&self, sources: &[Source], out: Sender<Vec<u8>>) -> Result<()> {
        let ui = self.cluster.chain().ui;
        // What --tail and --since leave out is of the past; of a pod that comes later nothing is.
        let request = &self.options.request;
        let from_start = LogRequest { tail_lines: None, since_seconds: None, since_time: None, ..request.clone() };
        let mut running: FuturesUnordered<Running<'_>> = FuturesUnordered::new();
        let mut begun = Begun::default();
        let first = begun.begin(self.all_now(sources).await?);
        let later: Vec<&Source> = sources.iter().filter(|source| source.changes).collect();
        let prefixed = self.options.prefix || !later.is_empty() || first.len() > 1;
        if later.is_empty() && first.is_empty() {
            ui.status(&nothing_found(&subjects(sources), self.cluster.namespace()));
            return Ok(());
        }
        ui.status(&following(&subjects(sources), begun.running.len(), first.len()));
        for log in first {
            running.push(self.follow_one(log, request, prefixed, &out));
        }
        self.cluster.run_on(WhenOver::Wait);
        // A container may be silent for hours, and a person knows what is waited for.
        let _held = ui.hold();
        let (changes, mut changed) = mpsc::unbounded_channel();
        let lookouts = try_join_all(later.iter().map(|source| {
            let changes = changes.clone();
            async move {
                let mut tell = |change: Change| {
                    if source.takes(change.name()) {
                        // The receiver lives as long as this future does.
                        let _ = changes.send(change);
                    }
                    Ok(())
                };
                Pods::of(self.cluster).follow(&source.selection, &mut tell).await
            }
        }));
        let (mut lookouts, stays) = (pin!(lookouts), !later.is_empty());
        loop {
            tokio::select! {
                Some(followed) = running.next() => {
                    let was_last = begun.end(&followed);
                    self.report(followed, &mut begun, was_last, prefixed)?;
                    if running.is_empty() && !stays {
                        return Ok(());
                    }
                }
                Some(change) = changed.recv() => {
                    // A pod that is over before we saw it run has its log too; one that went has none.
                    if begun.has_all_of(&change) {
                        continue;
                    }
                    let new = begun.begin(self.logs_of(change, false).await?);
                    // Of a pod that may not be seen only its name is known, and not whether it is there.
                    if let Some(log) = new.first().filter(|log| log.object.is_some()) {
                        ui.status(&format!("pod {:?} added", log.pod));
                    }
                    for log in new {
                        running.push(self.follow_one(log, &from_start, prefixed, &out));
                    }
                }
                results = &mut lookouts, if stays => {
                    return results.map(|_| ());
                }
            }
        }
    }

    fn report(&self, followed: Followed, begun: &mut Begun, was_last: bool, several: bool) -> Result<()> {
        let ui = self.cluster.chain().ui;
        let Followed { pod, pod_key, container, is_init, is_named, end, .. } = followed;
        match end {
            Ok(LogEnd::Gone) if was_last => ui.status(&format!("pod {pod:?} deleted")),
            Ok(LogEnd::Over) if several && was_last => ui.status(&format!("pod {pod:?} finished")),
            Ok(LogEnd::Over) if several => {
                if let Some(container) = container.filter(|_| !is_init) {
                    ui.status(&format!("container {container:?} in pod {pod:?} finished"));
                }
            }
            Ok(_) => {}
            Err(error) if is_named && !several || error.kind == Kind::BrokenPipe => return Err(error),
            Err(error) if error.kind == Kind::Denied => return Err(error),
            // A pod that comes and goes takes nobody else's log with it.
            Err(error) => {
                if begun.failed.insert(format!("{pod_key}: {error}")) {
                    ui.warning(&error.to_string());
                }
            }
        }
        Ok(())
    }

    fn follow_one(
        &self,
        log: ContainerLog,
        request: &LogRequest,
        prefixed: bool,
        out: &Sender<Vec<u8>>,
    ) -> Running<'a> {
        let (key, pod_key, pod) = (log.key(), log.pod_key(), log.pod.clone());
        let (container, is_init, is_named) = (log.container.clone(), log.is_init(), log.is_named);
        let tail = self.tail(log, request, prefixed, out);
        Box::pin(async move {
            let end = tail.run().await;
            Followed { key, pod_key, pod, container, is_init, is_named, end }
        })
    }
}
