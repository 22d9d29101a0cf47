//! Logs that are followed: of the pods that are there, and of those that come.

mod begun;

use std::future::Future;
use std::pin::{Pin, pin};

use futures_util::future::{AbortHandle, abortable, try_join_all};
use futures_util::stream::{FuturesUnordered, StreamExt};
use tokio::sync::mpsc::{self, Sender};

use crate::actions::logs::follow::begun::Begun;
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

impl<'a> Logs<'a> {
    /// All logs at once, and those of pods that come later.
    pub(super) async fn follow(&self, sources: &[Source], out: Sender<Vec<u8>>) -> Result<()> {
        let ui = self.cluster.chain().ui;
        // What --tail and --since leave out is of the past; of a pod that comes later nothing is.
        let request = &self.options.request;
        let from_start = LogRequest { tail_lines: None, since_seconds: None, since_time: None, ..request.clone() };
        let mut running: FuturesUnordered<Running<'_>> = FuturesUnordered::new();
        let mut begun = Begun::default();
        let now = self.all_now(sources).await?;
        let first = begun.begin(now.logs);
        now.others.iter().for_each(|change| begun.note(change, false));
        let condition = self.options.condition.as_ref();
        // A pod comes to have a condition, and loses it, while it is there.
        let later: Vec<&Source> = sources.iter().filter(|source| source.changes || condition.is_some()).collect();
        let prefixed = self.options.prefix || !later.is_empty() || first.len() > 1;
        if later.is_empty() && first.is_empty() {
            ui.status(&nothing_found(&subjects(sources), condition, self.cluster.namespace()));
            return Ok(());
        }
        ui.status(&following(&subjects(sources), condition, begun.pods(), first.len()));
        for log in first {
            running.push(self.follow_one(&mut begun, log, request, prefixed, &out));
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
        let (mut lookouts, looks) = (pin!(lookouts), !later.is_empty());
        let stays = sources.iter().any(|source| source.changes);
        while stays || begun.waits() || !running.is_empty() {
            tokio::select! {
                Some(followed) = running.next() => {
                    let was_last = begun.end(&followed);
                    self.report(followed, &mut begun, was_last, prefixed)?;
                }
                Some(change) = changed.recv() => {
                    // A pod that is over before we saw it run has its log too; one that went has none.
                    if begun.has_all_of(&change) {
                        continue;
                    }
                    let fits = self.fits(&change)?;
                    begun.note(&change, fits);
                    if !fits {
                        self.leave(&mut begun, &change);
                        continue;
                    }
                    let new = begun.begin(self.logs_of(change, false).await?);
                    // Of a pod that may not be seen only its name is known, and not whether it is there.
                    if let Some(pod) = new.first().and_then(|log| log.object.as_deref()) {
                        let why = condition.map(|wanted| format!(": {}", wanted.state_of(pod))).unwrap_or_default();
                        ui.status(&format!("pod {:?} added{why}", pod.metadata.name));
                    }
                    for log in new {
                        let request = self.since_condition(&log).unwrap_or_else(|| from_start.clone());
                        running.push(self.follow_one(&mut begun, log, &request, prefixed, &out));
                    }
                }
                results = &mut lookouts, if looks => {
                    return results.map(|_| ());
                }
            }
        }
        Ok(())
    }

    /// Leaves the logs of a pod that has lost the wanted condition.
    fn leave(&self, begun: &mut Begun, change: &Change) {
        let (Change::Present(pod), Some(wanted)) = (change, &self.options.condition) else { return };
        if begun.leave(pod) {
            let ui = self.cluster.chain().ui;
            ui.status(&format!("pod {:?} dropped: {}", pod.metadata.name, wanted.state_of(pod)));
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
                if begun.fails(format!("{pod_key}: {error}")) {
                    ui.warning(&error.to_string());
                }
            }
        }
        Ok(())
    }

    fn follow_one(
        &self,
        begun: &mut Begun,
        log: ContainerLog,
        request: &LogRequest,
        prefixed: bool,
        out: &Sender<Vec<u8>>,
    ) -> Running<'a> {
        let (key, pod_key, pod) = (log.key(), log.pod_key(), log.pod.clone());
        let (container, is_init, is_named) = (log.container.clone(), log.is_init(), log.is_named);
        let (tail, handle): (_, AbortHandle) = abortable(self.tail(log, request, prefixed, out).run());
        begun.runs(key.clone(), pod_key.clone(), handle);
        Box::pin(async move {
            let end = tail.await.unwrap_or(Ok(LogEnd::Left));
            Followed { key, pod_key, pod, container, is_init, is_named, end }
        })
    }
}
