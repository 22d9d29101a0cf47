//! The logs of several pods at once: each by its own tail, all through one narrow channel to standard output, so that
//! a slow reader slows the readers of logs and nothing piles up.

pub mod sources;
pub mod tail;

use std::collections::HashSet;
use std::future::Future;
use std::pin::{Pin, pin};

use futures_util::future::try_join_all;
use futures_util::stream::{FuturesUnordered, StreamExt};
use tokio::sync::mpsc::{self, Receiver, Sender};

use crate::actions::logs::sources::Source;
use crate::actions::logs::tail::{Ended, Tail};
use crate::actions::pods::{Change, Which};
use crate::chain::call_error::CallError;
use crate::chain::cluster::api::{ClusterAccess, WhenOver};
use crate::error::{Error, Kind, Result};
use crate::model::kube::pod::Pod;
use crate::model::logs::lines::{Lines, Style};
use crate::model::logs::target::{Containers, LogRequest, LogTarget, choices};
use crate::net::kube::KubeFailure;
use crate::ui::Ui;

/// Batches between the readers of logs and standard output.
const BATCHES: usize = 8;
/// Bytes that are written at once, about.
const LARGEST_WRITE: usize = 256 * 1024;

/// What is wanted of the logs.
#[derive(Debug, Clone, Default)]
pub struct Wanted {
    /// `-f`, `-p`, `--since`, `--tail`: as in the request for each container.
    pub request: LogRequest,
    /// Which containers of a pod.
    pub containers: Containers,
    /// How lines are shown.
    pub style: Style,
    /// Prefixes even for one log.
    pub prefix: bool,
}

/// The log of one container.
struct One {
    pod: String,
    container: Option<String>,
    seen: Option<Box<Pod>>,
    named: bool,
}

/// The log of one container that is being followed, to its end.
type Running<'a> = Pin<Box<dyn Future<Output = Followed> + 'a>>;

/// A log that was followed to its end.
struct Followed {
    key: String,
    pod: String,
    named: bool,
    ended: Result<Ended>,
}

/// What is followed, so that nothing is begun twice.
#[derive(Default)]
struct Known {
    logs: HashSet<String>,
    /// Pods that may not be seen: all that is ever heard of them is their name, again and again.
    hidden: HashSet<String>,
}

impl Known {
    /// Whether a change is of a pod whose logs are all known.
    fn has(&self, change: &Change) -> bool {
        matches!(change, Change::Hidden(name) if self.hidden.contains(name))
    }

    /// The logs among these that are new.
    fn begin(&mut self, ones: Vec<One>) -> Vec<One> {
        self.hidden.extend(ones.iter().filter(|one| one.seen.is_none()).map(|one| one.pod.clone()));
        ones.into_iter().filter(|one| self.logs.insert(key(one))).collect()
    }

    /// A pod that may not be seen and is gone may come again under its name.
    fn end(&mut self, followed: &Followed) {
        let gone = match &followed.ended {
            Ok(ended) => *ended == Ended::Gone,
            Err(error) => error.kind == Kind::NotFound,
        };
        if gone && self.hidden.remove(&followed.pod) {
            self.logs.remove(&followed.key);
        }
    }
}

impl ClusterAccess<'_> {
    /// Prints the logs of these targets, and of all pods of these selectors.
    ///
    /// # Errors
    /// When nothing can be found or read.
    pub async fn logs(&self, targets: &[LogTarget], selector: Option<&str>, wanted: &Wanted) -> Result<()> {
        let mut sources = try_join_all(targets.iter().map(|target| self.log_source(target))).await?;
        if let Some(selector) = selector {
            let which = Which::Selected(Some(selector.to_owned()));
            sources.push(Source { which, changes: true });
        }
        let (out, batches) = mpsc::channel(BATCHES);
        let printed = print(self.chain().ui, batches);
        // The tails own the channel's only senders, so printing ends when the last of them does.
        let read = async move {
            match wanted.request.follow {
                true => self.follow_logs(&sources, wanted, out).await,
                false => self.print_logs(&sources, wanted, out).await,
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
    async fn all_now(&self, sources: &[Source], wanted: &Wanted) -> Result<Vec<One>> {
        let mut all = Vec::new();
        for source in sources {
            for change in self.pods_now(source).await? {
                all.extend(self.containers_of(change, wanted, !source.changes).await?);
            }
        }
        Ok(all)
    }

    /// One log after the other, as they are now.
    async fn print_logs(&self, sources: &[Source], wanted: &Wanted, out: Sender<Vec<u8>>) -> Result<()> {
        let all = self.all_now(sources, wanted).await?;
        if all.is_empty() {
            self.chain().ui.status(&format!("no pods in {} match", self.namespace()));
        }
        let prefixed = wanted.prefix || all.len() > 1;
        let mut failed = None;
        for one in all {
            let (pod, result) = (one.pod.clone(), self.tail(one, wanted, prefixed, &out).run().await);
            match result {
                Err(error) if prefixed && error.kind != Kind::BrokenPipe => {
                    self.chain().ui.warning(&format!("{pod}: {error}"));
                    failed = Some(error);
                }
                Err(error) => return Err(error),
                Ok(_) => {}
            }
        }
        failed.map_or(Ok(()), Err)
    }

    /// All logs at once, and those of pods that come later.
    async fn follow_logs(&self, sources: &[Source], wanted: &Wanted, out: Sender<Vec<u8>>) -> Result<()> {
        let mut running: FuturesUnordered<Running<'_>> = FuturesUnordered::new();
        let mut known = Known::default();
        let first = self.all_now(sources, wanted).await?;
        let later: Vec<&Source> = sources.iter().filter(|source| source.changes).collect();
        let prefixed = wanted.prefix || !later.is_empty() || first.len() > 1;
        for one in known.begin(first) {
            running.push(self.followed(one, wanted, prefixed, &out));
        }
        if later.is_empty() && running.is_empty() {
            return Ok(());
        }
        if running.is_empty() {
            self.chain().ui.status("no pods yet; waiting for the first");
        }
        self.run_on(WhenOver::Wait);
        // What --tail and --since leave out is of the past; of a pod that comes later nothing is.
        let mut from_start = wanted.clone();
        from_start.request =
            LogRequest { tail_lines: None, since_seconds: None, since_time: None, ..wanted.request.clone() };
        let (changes, mut changed) = mpsc::unbounded_channel();
        let lookouts = try_join_all(later.iter().map(|source| {
            let changes = changes.clone();
            async move {
                let mut tell = |change| {
                    // The receiver lives as long as this future does.
                    let _ = changes.send(change);
                    Ok(())
                };
                self.follow_pods(&source.which, &mut tell).await
            }
        }));
        let (mut lookouts, stays) = (pin!(lookouts), !later.is_empty());
        loop {
            tokio::select! {
                Some(followed) = running.next() => {
                    known.end(&followed);
                    self.report(followed, prefixed)?;
                    if running.is_empty() && !stays {
                        return Ok(());
                    }
                }
                Some(change) = changed.recv() => {
                    // A pod that is over before we saw it run has its log too; one that went has none.
                    if known.has(&change) {
                        continue;
                    }
                    let new = self.containers_of(change, wanted, false).await?;
                    for one in known.begin(new) {
                        running.push(self.followed(one, &from_start, prefixed, &out));
                    }
                }
                results = &mut lookouts, if stays => {
                    return results.map(|_| ());
                }
            }
        }
    }

    fn report(&self, followed: Followed, several: bool) -> Result<()> {
        let ui = self.chain().ui;
        let Followed { pod, named, ended, .. } = followed;
        match ended {
            Ok(Ended::Gone) => ui.status(&format!("{pod} is gone")),
            Ok(Ended::Over) if several => ui.status(&format!("{pod} is done")),
            Ok(Ended::Over) => {}
            Err(error) if named && !several || error.kind == Kind::BrokenPipe => return Err(error),
            Err(error) if error.kind == Kind::Denied => return Err(error),
            // A pod that comes and goes takes nobody else's log with it.
            Err(error) => ui.warning(&format!("{pod}: {error}")),
        }
        Ok(())
    }

    fn followed<'b>(&'b self, one: One, wanted: &Wanted, prefixed: bool, out: &Sender<Vec<u8>>) -> Running<'b> {
        let (key, pod, named) = (key(&one), one.pod.clone(), one.named);
        let tail = self.tail(one, wanted, prefixed, out);
        Box::pin(async move { Followed { key, pod, named, ended: tail.run().await } })
    }

    fn tail<'b>(&'b self, one: One, wanted: &Wanted, prefixed: bool, out: &Sender<Vec<u8>>) -> Tail<'b> {
        let container = one.container.as_deref().unwrap_or_default();
        let lines = Lines::new(&wanted.style, &one.pod, container, prefixed);
        let request = LogRequest { pod: one.pod, container: one.container, ..wanted.request.clone() };
        Tail::new(self, request, one.seen.as_deref(), lines, out.clone())
    }

    /// The logs of a pod that are wanted.
    async fn containers_of(&self, change: Change, wanted: &Wanted, named: bool) -> Result<Vec<One>> {
        let (pod, names, seen) = match change {
            Change::Gone(_) => return Ok(Vec::new()),
            Change::Present(pod) => {
                let names = wanted.containers.of(&pod);
                self.check_names(&pod, &names, wanted, named)?;
                (pod.metadata.name.clone(), names, Some(pod))
            }
            Change::Hidden(name) => {
                let names = self.hidden_containers(&name, wanted).await?;
                (name, names, None)
            }
        };
        if names.is_empty() && seen.is_none() {
            return Ok(vec![One { pod, container: None, seen, named }]);
        }
        let one = |name| One { pod: pod.clone(), container: Some(name), seen: seen.clone(), named };
        Ok(names.into_iter().map(one).collect())
    }

    fn check_names(&self, pod: &Pod, names: &[String], wanted: &Wanted, named: bool) -> Result<()> {
        let known = Containers::All.of(pod);
        match &wanted.containers {
            Containers::Named(asked) if named => {
                if let Some(unknown) = asked.iter().find(|asked| !known.contains(asked)) {
                    let what = format!("{} has no container {unknown}", pod.metadata.name);
                    return Err(Error::new(Kind::NotFound, what).because(format!("it has {}", known.join(", "))));
                }
            }
            Containers::Default if named && pod.spec.containers.len() > 1 => {
                let chosen = names.first().map(String::as_str).unwrap_or_default();
                self.chain().ui.hint(&format!(
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
    async fn hidden_containers(&self, pod: &str, wanted: &Wanted) -> Result<Vec<String>> {
        if let Containers::Named(names) = &wanted.containers {
            return Ok(names.clone());
        }
        let request = LogRequest { pod: pod.to_owned(), tail_lines: Some(0), ..LogRequest::default() };
        let probe = self.call(async |api| api.open_log(self.namespace(), &request).await.map(drop)).await;
        let words = match probe {
            Err(CallError::Answer(KubeFailure::Status(400, words))) => words,
            Err(CallError::Chain(error)) => return Err(error),
            Ok(()) | Err(CallError::Answer(_)) => return Ok(Vec::new()),
        };
        let choices = choices(&words);
        let all = [choices.init, choices.own.clone()].concat();
        let [first, _, ..] = choices.own.as_slice() else { return Ok(all) };
        if wanted.containers == Containers::All {
            return Ok(all);
        }
        self.chain().ui.hint(&format!(
            "{pod} has the containers {}; this is the log of {first} (-c NAME, --all-containers)",
            all.join(", ")
        ));
        Ok(vec![first.clone()])
    }
}

/// The same container of another pod of the same name is another log.
fn key(one: &One) -> String {
    let uid = one.seen.as_ref().map(|pod| pod.metadata.uid.as_str()).unwrap_or_default();
    format!("{uid}/{}/{}", one.pod, one.container.as_deref().unwrap_or_default())
}

/// Writes batches on a thread of its own: a reader that stalls (`| less`) must not keep Ctrl-C from being heard.
async fn print(ui: &Ui, mut batches: Receiver<Vec<u8>>) -> Result<()> {
    while let Some(mut batch) = batches.recv().await {
        // What waits is written together: a hand-over to the thread costs more than the writing.
        while batch.len() < LARGEST_WRITE
            && let Ok(more) = batches.try_recv()
        {
            batch.extend_from_slice(&more);
        }
        let ui = ui.clone();
        let written = tokio::task::spawn_blocking(move || ui.bytes(&batch)).await;
        written.map_err(|error| Error::failure("cannot write to standard output").because(error.to_string()))??;
    }
    Ok(())
}
