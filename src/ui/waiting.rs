//! What is waited for, on a terminal: a line that comes after a moment, says what for, and goes when the wait is over or
//! anything else is printed.

use std::io::Write;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::table;
use crate::screen;

/// How long nothing is shown.
const MOMENT: Duration = Duration::from_millis(300);
/// Waits that follow each other sooner than that are one.
const PAUSE: Duration = Duration::from_millis(100);
/// Between two pictures.
const TICK: Duration = Duration::from_millis(100);
const FRAMES: [char; 10] = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];

/// The line, of which a process has one. A thread draws it, because a wait can keep every other one busy.
#[derive(Debug, Clone, Default)]
pub(super) struct WaitingLine {
    shared: Arc<Shared>,
}

#[derive(Debug, Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    /// In the order of their beginning.
    waits: Vec<Wait>,
    next: u64,
    /// Since when a person sees nothing new.
    silent_since: Option<Instant>,
    /// When nothing was waited for any more.
    ended: Option<Instant>,
    /// Something stands on the line.
    drawn: bool,
    has_thread: bool,
    /// Something else is printed, a person is asked, or a child has the terminal. It is a count and no lock: a reader of
    /// standard output that stalls must not stop whoever begins a wait.
    held: usize,
}

#[derive(Debug)]
struct Wait {
    id: u64,
    what: String,
    /// What a verb says goes before what a call says.
    depth: Depth,
}

/// Who says what is waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Depth {
    /// A call to a service.
    Call,
    /// Who makes the calls.
    Verb,
}

/// A wait. It is over when this is dropped.
#[derive(Debug)]
#[must_use]
pub(crate) struct Waiting {
    wait: Option<(WaitingLine, u64)>,
}

/// While this lives nothing is drawn.
#[derive(Debug)]
#[must_use]
pub(crate) struct Held {
    line: Option<WaitingLine>,
}

impl Waiting {
    /// One that nobody sees.
    pub(super) fn unseen() -> Self {
        Waiting { wait: None }
    }

    /// Says something else: how far it is.
    pub(crate) fn update(&self, what: &str) {
        if let Some((line, id)) = &self.wait {
            let mut state = line.state();
            if let Some(wait) = state.waits.iter_mut().find(|wait| wait.id == *id) {
                what.clone_into(&mut wait.what);
            }
        }
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        if let Some((line, id)) = self.wait.take() {
            let mut state = line.state();
            state.waits.retain(|wait| wait.id != id);
            if state.waits.is_empty() {
                state.ended = Some(Instant::now());
                state.clear();
            }
        }
    }
}

impl Held {
    pub(super) fn nothing() -> Self {
        Held { line: None }
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        if let Some(line) = self.line.take() {
            let mut state = line.state();
            state.held -= 1;
            // Whatever was shown meanwhile is news.
            state.silent_since = Some(Instant::now());
            drop(state);
            line.shared.changed.notify_all();
        }
    }
}

impl WaitingLine {
    pub(super) fn begin(&self, what: &str, depth: Depth) -> Waiting {
        let mut state = self.state();
        if state.waits.is_empty() && state.ended.is_none_or(|ended| ended.elapsed() > PAUSE) {
            state.silent_since = None;
        }
        state.silent_since.get_or_insert_with(Instant::now);
        let id = state.next;
        state.next += 1;
        state.waits.push(Wait { id, what: what.to_owned(), depth });
        if !std::mem::replace(&mut state.has_thread, true) {
            let shared = Arc::clone(&self.shared);
            // Where no thread can be had, the wait is as long and says nothing.
            let _ = std::thread::Builder::new().name("waiting".to_owned()).spawn(move || draw(&shared));
        }
        drop(state);
        self.shared.changed.notify_all();
        Waiting { wait: Some((self.clone(), id)) }
    }

    pub(super) fn hold(&self) -> Held {
        let mut state = self.state();
        state.clear();
        state.held += 1;
        Held { line: Some(self.clone()) }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.shared.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn clear(&mut self) {
        if std::mem::take(&mut self.drawn) {
            let mut stderr = std::io::stderr().lock();
            let _ = write!(stderr, "\r\x1b[2K").and_then(|()| stderr.flush());
        }
    }

    fn draw(&mut self, frame: usize) {
        let innermost = self.waits.iter().max_by_key(|wait| (wait.depth, wait.id));
        let Some(Wait { what, .. }) = innermost.filter(|_| self.held == 0) else { return };
        let line = format!("{} {}…", FRAMES[frame % FRAMES.len()], screen::one_line(what));
        // A line that the terminal broke in two could not be taken away.
        let columns = terminal_size::terminal_size_of(std::io::stderr()).map(|(columns, _)| usize::from(columns.0));
        let line = columns.map_or_else(|| line.clone(), |columns| table::cut(&line, columns.saturating_sub(1)));
        let mut stderr = std::io::stderr().lock();
        let _ = write!(stderr, "\r\x1b[2K{line}").and_then(|()| stderr.flush());
        self.drawn = true;
    }
}

/// Runs as long as the process.
fn draw(shared: &Shared) {
    let mut state = shared.state.lock().unwrap_or_else(PoisonError::into_inner);
    let idle = |state: &mut State| state.waits.is_empty() || state.held > 0;
    for frame in 0.. {
        state = shared.changed.wait_while(state, idle).unwrap_or_else(PoisonError::into_inner);
        let silent = state.silent_since.map(|since| since.elapsed()).unwrap_or_default();
        if silent >= MOMENT {
            state.draw(frame);
        }
        let pause = if silent >= MOMENT { TICK } else { MOMENT - silent };
        let busy = |state: &mut State| !idle(state);
        state = shared.changed.wait_timeout_while(state, pause, busy).unwrap_or_else(PoisonError::into_inner).0;
    }
}
