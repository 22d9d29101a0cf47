//! The log of one container, to its end or for ever: opened again after every cut, from where it was.

mod container;
mod refused;

use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::mpsc::Sender;
use tokio::time::Instant;

use crate::actions::logs::tail::container::ContainerState;
use crate::chain::call_error::CallError;
use crate::chain::cluster::api::ClusterAccess;
use crate::error::{Error, Kind, Result};
use crate::model::kube::pod::Pod;
use crate::model::logs::feed::Feed;
use crate::model::logs::lines::Lines;
use crate::model::logs::target::LogRequest;
use crate::net::kube::logs::LogStream;
use crate::process::suspend::SuspendWatch;

/// Lines that are shown as they are may come in pieces of this length.
const LONGEST_PIECE: usize = 256 * 1024;
/// Others are held up to this length.
const LONGEST_LINE: usize = 1024 * 1024;
/// What is read at once is handed on together, at most for so long and up to so many bytes.
const HOLD: Duration = Duration::from_millis(5);
const LARGE: usize = 64 * 1024;
/// Pauses between attempts, from the first to the longest.
const FIRST_PAUSE: Duration = Duration::from_millis(250);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);
/// Attempts without a line before a log that is not followed is given up.
const ATTEMPTS: u32 = 5;
/// Answers that end at once without a line, after which a container that may not be looked at is taken for ended.
const EMPTY_ENDS: u32 = 4;

/// How a log ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LogEnd {
    /// The container will write no more.
    Over,
    Gone,
    /// It is not wanted any more.
    Left,
}

/// A log on its way to the screen.
pub(crate) struct Tail<'a> {
    cluster: &'a ClusterAccess<'a>,
    request: LogRequest,
    feed: Feed,
    lines: Lines,
    out: Sender<Vec<u8>>,
    opened_at: Option<Timestamp>,
    /// Restarts of the container when its log was opened.
    restarts: Option<i64>,
    pause: Duration,
    failures: u32,
    empty_ends: u32,
    refusals: u32,
    said: bool,
}

/// Why the stream of a log stopped.
enum Stop {
    End,
    Cut(String),
}

impl<'a> Tail<'a> {
    /// A log that is asked for like this, of a pod that looks like this.
    pub(crate) fn new(
        cluster: &'a ClusterAccess<'a>,
        request: LogRequest,
        pod: Option<&Pod>,
        lines: Lines,
        out: Sender<Vec<u8>>,
    ) -> Self {
        let status = request.container.as_deref().zip(pod).and_then(|(name, pod)| pod.container(name));
        let restarts = status.filter(|status| status.state.running.is_some()).map(|status| status.restart_count);
        Tail {
            cluster,
            request,
            feed: Feed::new(if lines.are_shown_in_pieces() { LONGEST_PIECE } else { LONGEST_LINE }),
            lines,
            out,
            opened_at: None,
            restarts,
            pause: FIRST_PAUSE,
            failures: 0,
            empty_ends: 0,
            refusals: 0,
            said: false,
        }
    }

    /// Reads to the end, or, when following, until the container is over or the pod is gone.
    ///
    /// # Errors
    /// When the log may not be read, does not exist, or cannot be reached and is not followed.
    pub(crate) async fn run(mut self) -> Result<LogEnd> {
        loop {
            let opened = {
                let (request, namespace) = (&self.request, self.cluster.namespace());
                self.cluster.stream(async |api| api.open_log(namespace, request).await).await
            };
            let stop = match opened {
                Ok(stream) => {
                    (self.refusals, self.said) = (0, false);
                    self.read(stream).await?
                }
                Err(CallError::Chain(error)) => return Err(error),
                Err(CallError::Answer(failure)) => match self.not_opened(failure).await? {
                    Some(end) => return self.end(end).await,
                    None => continue,
                },
            };
            if let Some(end) = self.after(stop).await? {
                return self.end(end).await;
            }
        }
    }

    async fn read(&mut self, mut stream: LogStream) -> Result<Stop> {
        self.opened_at = self.opened_at.or(stream.opened_at);
        let mut batch = Vec::new();
        let mut suspend = SuspendWatch::new(self.cluster.host());
        let mut woken = std::pin::pin!(suspend.resumed());
        // A line after a silence is handed on at once; what comes fast is collected.
        let mut held_until = Instant::now();
        let stop = loop {
            let chunk = tokio::select! {
                chunk = stream.next_chunk() => chunk,
                // Whatever connection there was has probably been forgotten on the way.
                () = &mut woken => {
                    self.cluster.reconnect();
                    break Stop::Cut("the machine slept".to_owned());
                }
                () = tokio::time::sleep_until(held_until), if !batch.is_empty() => {
                    self.send(std::mem::take(&mut batch)).await?;
                    held_until = Instant::now() + HOLD;
                    continue;
                }
            };
            let chunk = match chunk {
                Ok(Some(chunk)) => chunk,
                Ok(None) => break Stop::End,
                Err(words) => break Stop::Cut(words),
            };
            self.feed.push(chunk.as_ref(), &mut |piece| self.lines.add(piece, &mut batch));
            if !batch.is_empty() {
                (self.failures, self.empty_ends, self.pause) = (0, 0, FIRST_PAUSE);
            }
            if batch.len() >= LARGE || (!batch.is_empty() && Instant::now() >= held_until) {
                self.send(std::mem::take(&mut batch)).await?;
                held_until = Instant::now() + HOLD;
            }
        };
        if !batch.is_empty() {
            self.send(batch).await?;
        }
        Ok(stop)
    }

    async fn send(&self, batch: Vec<u8>) -> Result<()> {
        // The one who prints has gone away, and says why itself.
        self.out.send(batch).await.map_err(|_| Error::new(Kind::BrokenPipe, "standard output was closed"))
    }

    async fn end(&mut self, end: LogEnd) -> Result<LogEnd> {
        let mut batch = Vec::new();
        self.feed.finish(&mut |piece| self.lines.add_last(piece, &mut batch));
        if !batch.is_empty() {
            self.send(batch).await?;
        }
        Ok(end)
    }

    /// After a log stopped: whether that is the end, or from where to go on.
    async fn after(&mut self, stop: Stop) -> Result<Option<LogEnd>> {
        if let (Stop::End, false) = (&stop, self.request.follow) {
            return Ok(Some(LogEnd::Over));
        }
        if let Stop::Cut(words) = &stop {
            self.cluster
                .chain()
                .ui
                .detail(&format!("the log stream of pod {:?} was interrupted: {words}", self.request.pod));
            if !self.request.follow {
                self.attempt(words)?;
            }
        }
        match (self.container_state().await?, stop) {
            // All of it came.
            (ContainerState::Over, Stop::End) => return Ok(Some(LogEnd::Over)),
            (ContainerState::Gone, _) => return Ok(Some(LogEnd::Gone)),
            (ContainerState::Running(restarts), Stop::Cut(_))
                if self.restarts.is_some_and(|known| known + 1 == restarts) =>
            {
                self.rest_of_the_run_before().await?;
                self.restarts = Some(restarts);
            }
            (ContainerState::Running(restarts), _) => self.still_runs(restarts).await?,
            (ContainerState::Between, Stop::End) => self.flush().await?,
            // A container that runs keeps its log open; this one has ended, or waits long for its next start.
            (ContainerState::Hidden, Stop::End) if self.empty_ends >= EMPTY_ENDS => return Ok(Some(LogEnd::Over)),
            (ContainerState::Hidden, Stop::End) => self.empty_ends += 1,
            // Nobody says whether the container has started anew; if it has not, there is nothing new to read.
            (ContainerState::Hidden, Stop::Cut(_)) if self.feed.since().is_some() => {
                self.rest_of_the_run_before().await?
            }
            _ => {}
        }
        self.resume();
        self.rest().await;
        Ok(None)
    }

    /// The container runs: the same run, or a new one after one whose log came whole.
    async fn still_runs(&mut self, restarts: i64) -> Result<()> {
        match self.restarts.replace(restarts) {
            Some(known) if known != restarts => self.flush().await,
            _ => Ok(()),
        }
    }

    /// The container started anew while the log was cut: what its run before still wrote is in the log before.
    async fn rest_of_the_run_before(&mut self) -> Result<()> {
        self.resume();
        let request = LogRequest { follow: false, previous: true, ..self.request.clone() };
        let namespace = self.cluster.namespace();
        let opened = self.cluster.stream(async |api| api.open_log(namespace, &request).await).await;
        match opened {
            Ok(stream) => match self.read(stream).await? {
                Stop::End => self.flush().await,
                Stop::Cut(_) => Ok(()),
            },
            Err(CallError::Answer(_)) => Ok(()),
            Err(CallError::Chain(error)) => Err(error),
        }
    }

    /// The run is over, so an unfinished line is a line.
    async fn flush(&mut self) -> Result<()> {
        let mut batch = Vec::new();
        self.feed.finish(&mut |piece| self.lines.add(piece, &mut batch));
        if batch.is_empty() { Ok(()) } else { self.send(batch).await }
    }

    /// The next request begins where this one stopped.
    fn resume(&mut self) {
        self.feed.interrupt();
        // Nothing came yet: what a tail left out stays out, what was written since the first answer does not.
        let bounded = self.request.tail_lines.is_some() && self.request.follow;
        let from = self.feed.since().or(self.opened_at.filter(|_| bounded));
        if let Some(from) = from {
            self.request.since_time = Some(from);
            (self.request.since_seconds, self.request.tail_lines) = (None, None);
        }
    }

    fn attempt(&mut self, words: &str) -> Result<()> {
        self.failures += 1;
        if self.failures < ATTEMPTS {
            return Ok(());
        }
        let what = format!("the log stream of pod {:?} was interrupted and could not be resumed", self.request.pod);
        Err(Error::new(Kind::Unreachable, what).because(words.to_owned()))
    }

    async fn rest(&mut self) {
        tokio::time::sleep(self.pause).await;
        self.pause = (self.pause * 2).min(LONGEST_PAUSE);
    }
}
