//! The logs of several pods at once: each by its own tail, all through one narrow channel to standard output, so that
//! a slow reader slows the readers of logs and nothing piles up.

pub(crate) mod sources;
pub(crate) mod tail;

use std::collections::HashSet;
use std::future::Future;
use std::pin::{Pin, pin};

use futures_util::future::try_join_all;
use futures_util::stream::{FuturesUnordered, StreamExt};
use tokio::sync::mpsc::{self, Receiver, Sender};

use crate::actions::logs::sources::Source;
use crate::actions::logs::tail::{LogEnd, Tail};
use crate::actions::pods::Pods;
use crate::actions::pods::follow::{Change, PodSelection};
use crate::chain::call_error::CallError;
use crate::chain::cluster::api::{ClusterAccess, WhenOver};
use crate::error::{Error, Kind, Result};
use crate::model::kube::pod::Pod;
use crate::model::kube::workload::Workload;
use crate::model::logs::lines::{Lines, Style};
use crate::model::logs::target::{Containers, LogRequest, choices};
use crate::net::kube::KubeFailure;
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
    /// How lines are shown.
    pub(crate) style: Style,
    /// Prefixes even for one log.
    pub(crate) prefix: bool,
}

/// The logs of a namespace.
#[derive(Clone, Copy)]
pub(crate) struct Logs<'a> {
    cluster: &'a ClusterAccess<'a>,
    options: &'a LogOptions,
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

/// The log of one container that is being followed, to its end.
type Running<'a> = Pin<Box<dyn Future<Output = Followed> + 'a>>;

/// A log that was followed to its end.
struct Followed {
    key: String,
    pod: String,
    is_named: bool,
    end: Result<LogEnd>,
}

/// The logs that are followed, so that none is begun twice.
#[derive(Default)]
struct Begun {
    logs: HashSet<String>,
    /// Pods that may not be seen: all that is ever heard of them is their name, again and again.
    hidden: HashSet<String>,
}

impl Begun {
    /// Whether a change is of a pod whose logs are all known.
    fn has_all_of(&self, change: &Change) -> bool {
        matches!(change, Change::Hidden(name) if self.hidden.contains(name))
    }

    /// The logs among these that are new.
    fn begin(&mut self, logs: Vec<ContainerLog>) -> Vec<ContainerLog> {
        self.hidden.extend(logs.iter().filter(|log| log.object.is_none()).map(|log| log.pod.clone()));
        logs.into_iter().filter(|log| self.logs.insert(log.key())).collect()
    }

    /// A pod that may not be seen and is gone may come again under its name.
    fn end(&mut self, followed: &Followed) {
        let gone = match &followed.end {
            Ok(end) => *end == LogEnd::Gone,
            Err(error) => error.kind == Kind::NotFound,
        };
        if gone && self.hidden.remove(&followed.pod) {
            self.logs.remove(&followed.key);
        }
    }
}

impl<'a> Logs<'a> {
    pub(crate) fn of(cluster: &'a ClusterAccess<'a>, options: &'a LogOptions) -> Self {
        Logs { cluster, options }
    }

    /// Prints the logs of these targets, and of all pods of this selector.
    pub(crate) async fn print(&self, targets: &[Workload], selector: Option<&str>) -> Result<()> {
        let mut sources = try_join_all(targets.iter().map(|target| self.source(target))).await?;
        if let Some(selector) = selector {
            let selection = PodSelection::Selected(Some(selector.to_owned()));
            sources.push(Source { selection, changes: true });
        }
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
    async fn all_now(&self, sources: &[Source]) -> Result<Vec<ContainerLog>> {
        let mut all = Vec::new();
        for source in sources {
            for change in self.pods_now(source).await? {
                all.extend(self.logs_of(change, !source.changes).await?);
            }
        }
        Ok(all)
    }

    /// One log after the other, as they are now.
    async fn read_all(&self, sources: &[Source], out: Sender<Vec<u8>>) -> Result<()> {
        let all = self.all_now(sources).await?;
        if all.is_empty() {
            self.cluster.chain().ui.status(&format!("no pods in {} match", self.cluster.namespace()));
        }
        let prefixed = self.options.prefix || all.len() > 1;
        let mut failed = None;
        for log in all {
            let (pod, result) = (log.pod.clone(), self.tail(log, prefixed, &out).run().await);
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

    /// All logs at once, and those of pods that come later.
    async fn follow(&self, sources: &[Source], out: Sender<Vec<u8>>) -> Result<()> {
        // What --tail and --since leave out is of the past; of a pod that comes later nothing is.
        let mut whole = self.options.clone();
        (whole.request.tail_lines, whole.request.since_seconds, whole.request.since_time) = (None, None, None);
        let from_start = Logs { cluster: self.cluster, options: &whole };
        let mut running: FuturesUnordered<Running<'_>> = FuturesUnordered::new();
        let mut begun = Begun::default();
        let first = self.all_now(sources).await?;
        let later: Vec<&Source> = sources.iter().filter(|source| source.changes).collect();
        let prefixed = self.options.prefix || !later.is_empty() || first.len() > 1;
        for log in begun.begin(first) {
            running.push(self.follow_one(log, prefixed, &out));
        }
        if later.is_empty() && running.is_empty() {
            return Ok(());
        }
        if running.is_empty() {
            self.cluster.chain().ui.status("no pods yet; waiting for the first");
        }
        self.cluster.run_on(WhenOver::Wait);
        let (changes, mut changed) = mpsc::unbounded_channel();
        let lookouts = try_join_all(later.iter().map(|source| {
            let changes = changes.clone();
            async move {
                let mut tell = |change| {
                    // The receiver lives as long as this future does.
                    let _ = changes.send(change);
                    Ok(())
                };
                Pods::of(self.cluster).follow(&source.selection, &mut tell).await
            }
        }));
        let (mut lookouts, stays) = (pin!(lookouts), !later.is_empty());
        loop {
            tokio::select! {
                Some(followed) = running.next() => {
                    begun.end(&followed);
                    self.report(followed, prefixed)?;
                    if running.is_empty() && !stays {
                        return Ok(());
                    }
                }
                Some(change) = changed.recv() => {
                    // A pod that is over before we saw it run has its log too; one that went has none.
                    if begun.has_all_of(&change) {
                        continue;
                    }
                    let new = self.logs_of(change, false).await?;
                    for log in begun.begin(new) {
                        running.push(from_start.follow_one(log, prefixed, &out));
                    }
                }
                results = &mut lookouts, if stays => {
                    return results.map(|_| ());
                }
            }
        }
    }

    fn report(&self, followed: Followed, several: bool) -> Result<()> {
        let ui = self.cluster.chain().ui;
        let Followed { pod, is_named, end, .. } = followed;
        match end {
            Ok(LogEnd::Gone) => ui.status(&format!("{pod} is gone")),
            Ok(LogEnd::Over) if several => ui.status(&format!("{pod} is done")),
            Ok(LogEnd::Over) => {}
            Err(error) if is_named && !several || error.kind == Kind::BrokenPipe => return Err(error),
            Err(error) if error.kind == Kind::Denied => return Err(error),
            // A pod that comes and goes takes nobody else's log with it.
            Err(error) => ui.warning(&format!("{pod}: {error}")),
        }
        Ok(())
    }

    fn follow_one(&self, log: ContainerLog, prefixed: bool, out: &Sender<Vec<u8>>) -> Running<'a> {
        let (key, pod, is_named) = (log.key(), log.pod.clone(), log.is_named);
        let tail = self.tail(log, prefixed, out);
        Box::pin(async move { Followed { key, pod, is_named, end: tail.run().await } })
    }

    fn tail(&self, log: ContainerLog, prefixed: bool, out: &Sender<Vec<u8>>) -> Tail<'a> {
        let container = log.container.as_deref().unwrap_or_default();
        let lines = Lines::new(&self.options.style, &log.pod, container, prefixed);
        let request = LogRequest { pod: log.pod, container: log.container, ..self.options.request.clone() };
        Tail::new(self.cluster, request, log.object.as_deref(), lines, out.clone())
    }

    /// The logs of a pod that are wanted.
    async fn logs_of(&self, change: Change, is_named: bool) -> Result<Vec<ContainerLog>> {
        let (pod, names, object) = match change {
            Change::Gone(_) => return Ok(Vec::new()),
            Change::Present(pod) => {
                let names = self.options.containers.of(&pod);
                self.check_names(&pod, &names, is_named)?;
                (pod.metadata.name.clone(), names, Some(pod))
            }
            Change::Hidden(name) => {
                let names = self.hidden_containers(&name).await?;
                (name, names, None)
            }
        };
        if names.is_empty() && object.is_none() {
            return Ok(vec![ContainerLog { pod, container: None, object, is_named }]);
        }
        let log = |name| ContainerLog { pod: pod.clone(), container: Some(name), object: object.clone(), is_named };
        Ok(names.into_iter().map(log).collect())
    }

    fn check_names(&self, pod: &Pod, names: &[String], is_named: bool) -> Result<()> {
        let known = Containers::All.of(pod);
        match &self.options.containers {
            Containers::Named(asked) if is_named => {
                if let Some(unknown) = asked.iter().find(|asked| !known.contains(asked)) {
                    let what = format!("{} has no container {unknown}", pod.metadata.name);
                    return Err(Error::new(Kind::NotFound, what).because(format!("it has {}", known.join(", "))));
                }
            }
            Containers::Default if is_named && pod.spec.containers.len() > 1 => {
                let chosen = names.first().map(String::as_str).unwrap_or_default();
                self.cluster.chain().ui.hint(&format!(
                    "{} has the containers {}; this is the log of {chosen} (-c NAME, --all-containers)",
                    pod.metadata.name,
                    known.join(", ")
                ));
            }
            _ => {}
        }
        Ok(())
    }

    /// The containers of a pod that the role may not see: as named, or as the server names them when it is asked for
    /// a log without saying of which.
    async fn hidden_containers(&self, pod: &str) -> Result<Vec<String>> {
        if let Containers::Named(names) = &self.options.containers {
            return Ok(names.clone());
        }
        let request = LogRequest { pod: pod.to_owned(), tail_lines: Some(0), ..LogRequest::default() };
        let probe =
            self.cluster.call(async |api| api.open_log(self.cluster.namespace(), &request).await.map(drop)).await;
        let words = match probe {
            Err(CallError::Answer(KubeFailure::Status(400, words))) => words,
            Err(CallError::Chain(error)) => return Err(error),
            Ok(()) | Err(CallError::Answer(_)) => return Ok(Vec::new()),
        };
        let choices = choices(&words);
        let all = [choices.init, choices.own.clone()].concat();
        let [first, _, ..] = choices.own.as_slice() else { return Ok(all) };
        if self.options.containers == Containers::All {
            return Ok(all);
        }
        self.cluster.chain().ui.hint(&format!(
            "{pod} has the containers {}; this is the log of {first} (-c NAME, --all-containers)",
            all.join(", ")
        ));
        Ok(vec![first.clone()])
    }
}

impl ContainerLog {
    /// The same container of another pod of the same name is another log.
    fn key(&self) -> String {
        let uid = self.object.as_ref().map(|pod| pod.metadata.uid.as_str()).unwrap_or_default();
        format!("{uid}/{}/{}", self.pod, self.container.as_deref().unwrap_or_default())
    }
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
