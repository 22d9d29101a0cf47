//! The logs of several pods at once: each by its own tail, all through one narrow channel to standard output, so that
//! a slow reader slows the readers of logs and nothing piles up.

mod condition;
mod follow;
pub(crate) mod sources;
pub(crate) mod tail;
mod which;

use std::cell::RefCell;
use std::collections::HashSet;
use std::pin::pin;

use futures_util::future::try_join_all;
use tokio::sync::mpsc::{self, Receiver, Sender};

use crate::actions::logs::sources::Source;
use crate::actions::logs::tail::Tail;
use crate::actions::pods::follow::Change;
use crate::chain::cluster::api::ClusterAccess;
use crate::error::{Error, Kind, Result};
use crate::model::kube::pod::Pod;
use crate::model::logs::condition::Wanted;
use crate::model::logs::containers::Containers;
use crate::model::logs::following::{Subject, nothing_found};
use crate::model::logs::lines::{Lines, Style};
use crate::model::logs::target::{LogRequest, LogTarget};
use crate::ui::Ui;

/// Batches between the readers of logs and standard output.
const BATCHES: usize = 8;
/// Bytes that are written at once, about.
const LARGEST_WRITE: usize = 256 * 1024;

/// Which part of the logs, and how it is shown.
#[derive(Debug, Clone, Default)]
pub(crate) struct LogOptions {
    /// `-f`, `-p`, `--since`, `--tail`: as in the request for each container.
    pub(crate) request: LogRequest,
    pub(crate) containers: Containers,
    /// Only of pods with this condition.
    pub(crate) condition: Option<Wanted>,
    /// How lines are shown.
    pub(crate) style: Style,
    /// Prefixes even for one log.
    pub(crate) prefix: bool,
}

/// The logs of a namespace.
pub(crate) struct Logs<'a> {
    cluster: &'a ClusterAccess<'a>,
    options: &'a LogOptions,
    /// What was said about the choice of a container: the same for many pods of a workload.
    noticed: RefCell<HashSet<String>>,
}

/// What is there now.
#[derive(Default)]
struct LogsNow {
    logs: Vec<ContainerLog>,
    /// Pods without the wanted condition.
    others: Vec<Change>,
}

/// The log of one container.
struct ContainerLog {
    pod: String,
    container: Option<String>,
    /// The pod, where the role shows it.
    object: Option<Box<Pod>>,
    /// The pod was named, not found.
    is_named: bool,
}

impl<'a> Logs<'a> {
    pub(crate) fn of(cluster: &'a ClusterAccess<'a>, options: &'a LogOptions) -> Self {
        Logs { cluster, options, noticed: RefCell::default() }
    }

    /// Prints the logs of these targets, or of all pods of this selector. The selector narrows down the pods that a regular
    /// expression is matched with.
    pub(crate) async fn print(&self, targets: &[LogTarget], selector: Option<&str>) -> Result<()> {
        let mut sources = try_join_all(targets.iter().map(|target| self.source(target, selector))).await?;
        sources.extend(selector.filter(|_| targets.is_empty()).map(Source::selected));
        let (out, batches) = mpsc::channel(BATCHES);
        let printed = write_all(self.cluster.chain().ui, batches);
        // The tails own the channel's only senders, so printing ends when the last of them does.
        let read = async move {
            match self.options.request.follow {
                true => self.follow(&sources, out).await,
                false => self.read_all(&sources, out).await,
            }
        };
        let (mut printed, mut read) = (pin!(printed), pin!(read));
        tokio::select! {
            result = &mut printed => result,
            result = &mut read => {
                // What was read before a failure is printed before it is told.
                printed.await?;
                result
            }
        }
    }

    /// The logs of all pods that are there now.
    async fn all_now(&self, sources: &[Source]) -> Result<LogsNow> {
        let (mut now, mut found) = (LogsNow::default(), Vec::new());
        for source in sources {
            for change in self.pods_now(source).await? {
                found.push(which::names(&change));
                match self.fits(&change)? {
                    true => now.logs.extend(self.logs_of(change, !source.changes).await?),
                    false => now.others.push(change),
                }
            }
        }
        self.check_names_in_any(&subjects(sources), &found)?;
        // Two targets can have a pod in common.
        let mut known = HashSet::new();
        now.logs.retain(|log| known.insert(log.key()));
        Ok(now)
    }

    /// One log after the other, as they are now.
    async fn read_all(&self, sources: &[Source], out: Sender<Vec<u8>>) -> Result<()> {
        let all = self.all_now(sources).await?.logs;
        if all.is_empty() {
            let condition = self.options.condition.as_ref();
            self.cluster.chain().ui.status(&nothing_found(&subjects(sources), condition, self.cluster.namespace()));
        }
        let prefixed = self.options.prefix || all.len() > 1;
        let mut failed = None;
        for log in all {
            let (pod, result) = (log.pod.clone(), self.tail(log, &self.options.request, prefixed, &out).run().await);
            match result {
                Err(error) if prefixed && error.kind != Kind::BrokenPipe => {
                    self.cluster.chain().ui.warning(&format!("{pod}: {error}"));
                    failed = Some(error);
                }
                Err(error) => return Err(error),
                Ok(_) => {}
            }
        }
        failed.map_or(Ok(()), Err)
    }

    fn tail(&self, log: ContainerLog, options: &LogRequest, prefixed: bool, out: &Sender<Vec<u8>>) -> Tail<'a> {
        let container = log.container.as_deref().unwrap_or_default();
        let lines = Lines::new(&self.options.style, &log.pod, container, prefixed);
        let request = LogRequest { pod: log.pod, container: log.container, ..options.clone() };
        Tail::new(self.cluster, request, log.object.as_deref(), lines, out.clone())
    }
}

impl ContainerLog {
    /// The same container of another pod of the same name is another log.
    fn key(&self) -> String {
        format!("{}/{}", self.pod_key(), self.container.as_deref().unwrap_or_default())
    }

    /// Of a container that ends before the others start.
    fn is_init(&self) -> bool {
        let init = self.object.iter().flat_map(|pod| &pod.spec.init_containers);
        init.filter(|init| !init.is_sidecar()).any(|init| Some(&init.name) == self.container.as_ref())
    }

    fn pod_key(&self) -> String {
        let uid = self.object.as_ref().map(|pod| pod.metadata.uid.as_str()).unwrap_or_default();
        pod_key(uid, &self.pod)
    }
}

/// Another pod of the same name is another one.
fn pod_key(uid: &str, name: &str) -> String {
    format!("{uid}/{name}")
}

fn subjects(sources: &[Source]) -> Vec<Subject> {
    sources.iter().map(|source| source.subject.clone()).collect()
}

/// Writes batches on a thread of its own: a reader that stalls (`| less`) must not keep Ctrl-C from being heard.
async fn write_all(ui: &Ui, mut batches: Receiver<Vec<u8>>) -> Result<()> {
    while let Some(mut batch) = batches.recv().await {
        // What waits is written together: a hand-over to the thread costs more than the writing.
        while batch.len() < LARGEST_WRITE
            && let Ok(more) = batches.try_recv()
        {
            batch.extend_from_slice(&more);
        }
        let ui = ui.clone();
        let written = tokio::task::spawn_blocking(move || ui.print_bytes(&batch)).await;
        written.map_err(|error| Error::failure("cannot write to standard output").because(error.to_string()))??;
    }
    Ok(())
}
