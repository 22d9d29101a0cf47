//! The sessions to one pod, and attempts to reach a port of it.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use tokio::sync::Notify;

use crate::dialer::{Dialer, OpenError};
use crate::placing::{Choice, Load, MOST_SESSIONS, PortHistory, Standing, choose};
use crate::probe::{Probe, Probes, Verdict};
use crate::session::Session;
use crate::slot::Slot;

/// The sessions to one pod: opened as they are needed, one ahead of need, and shared when there are many connections.
///
/// Everything runs on one thread, inside a [`tokio::task::LocalSet`].
pub struct PodSessions<E> {
    pod: String,
    dialer: Rc<Dialer<E>>,
    sessions: RefCell<Vec<Rc<Session>>>,
    opening: Cell<usize>,
    /// A session was opened, or could not be.
    opened: Notify,
    retired: Cell<bool>,
    ports: Rc<RefCell<PortHistory>>,
    probes: Rc<Probes>,
}

/// An attempt to connect to a port of a pod. It lasts until the caller knows what came of it: others may wait for it.
pub struct Attempt<E> {
    sessions: Rc<PodSessions<E>>,
    port: u16,
    /// Others wait for the result of this attempt, because the port refused last.
    probe: Option<Rc<Probe>>,
}

impl<E: 'static> PodSessions<E> {
    /// Sessions to this pod; none is opened yet.
    pub fn new(pod: &str, dialer: Rc<Dialer<E>>) -> Rc<Self> {
        Rc::new(PodSessions {
            pod: pod.to_owned(),
            dialer,
            sessions: RefCell::default(),
            opening: Cell::new(0),
            opened: Notify::new(),
            retired: Cell::new(false),
            ports: Rc::default(),
            probes: Rc::default(),
        })
    }

    /// The pod's name.
    pub fn pod(&self) -> &str {
        &self.pod
    }

    /// Ends this for new connections: the pod is gone, or a better one is there. Connections that are open go on to their
    /// end.
    pub fn retire(&self) {
        self.retired.set(true);
        self.sessions.borrow_mut().drain(..).for_each(|session| session.retire());
    }

    /// Whether it was [retired](PodSessions::retire).
    pub fn is_retired(&self) -> bool {
        self.retired.get()
    }

    /// Opens a session unless one is idle, so that the first connection need not, and what cannot work is known early.
    ///
    /// # Errors
    /// Why it could not be opened.
    pub async fn open_first(self: &Rc<Self>) -> Result<(), OpenError<E>> {
        if self.has_a_spare() { Ok(()) } else { self.add_spare().await }
    }

    /// Begins an attempt to connect to a port. A port that refused last is asked by one attempt at a time, and those that
    /// come meanwhile wait for its result.
    ///
    /// # Errors
    /// When the port refused another attempt just now: the words that were given to [`Attempt::refused`].
    pub async fn attempt(self: &Rc<Self>, port: u16) -> Result<Attempt<E>, String> {
        let attempt = |probe| Attempt { sessions: self.clone(), port, probe };
        while self.ports.borrow().hold(port).is_some() {
            match self.probes.begin(port).await {
                Ok(probe) => return Ok(attempt(Some(probe))),
                Err(Verdict::Refused(words)) => return Err(words),
                Err(Verdict::Passed) => break,
                Err(Verdict::Unknown) if self.is_retired() => break,
                Err(Verdict::Unknown) => {}
            }
        }
        Ok(attempt(None))
    }

    async fn slot(self: &Rc<Self>, port: u16, probe: Option<&Rc<Probe>>) -> Result<Slot, OpenError<E>> {
        loop {
            let standing = match (probe, self.ports.borrow().is_unproven(port)) {
                (Some(_), _) => Standing::Probing,
                (None, true) => Standing::Unproven,
                (None, false) => Standing::Proven,
            };
            let (sessions, loads) = self.usable();
            let session = match choose(&loads, self.opening.get(), standing) {
                Choice::Existing(index) => sessions[index].clone(),
                Choice::New => self.add().await?,
                Choice::Wait => {
                    self.opened.notified().await;
                    continue;
                }
            };
            if let Some(slot) = Slot::new(&session, port, &self.ports, probe) {
                // It was opened for this connection, and ends with it.
                if self.is_retired() {
                    session.retire();
                }
                self.keep_a_spare();
                return Ok(slot);
            }
        }
    }

    /// The sessions that a new connection may go on, each with its load. Sessions that have ended are forgotten, and idle
    /// ones that can take no connection are ended.
    fn usable(&self) -> (Vec<Rc<Session>>, Vec<Load>) {
        let mut sessions = self.sessions.borrow_mut();
        let is_of_use = |session: &Session| session.is_usable() && session.load().open_lanes > 0;
        for session in sessions.iter().filter(|session| session.connections() == 0 && !is_of_use(session)) {
            session.stop("it takes no more connections");
        }
        sessions.retain(|session| session.ended().is_none());
        let usable = sessions.iter().filter(|session| session.is_usable());
        usable.map(|session| (session.clone(), session.load())).unzip()
    }

    /// Asks on every session at once whether the server is still there: after the machine slept, for example.
    pub fn check_now(&self) {
        self.sessions.borrow().iter().for_each(|session| session.check_now());
    }

    fn has_a_spare(&self) -> bool {
        self.usable().1.iter().any(|load| load.connections == 0 && !load.in_doubt)
    }

    fn has_room(&self) -> bool {
        self.sessions.borrow().len() + self.opening.get() < MOST_SESSIONS
    }

    async fn add(self: &Rc<Self>) -> Result<Rc<Session>, OpenError<E>> {
        let _opening = Opening::new(self);
        let session = self.dialer.open(&self.pod).await?;
        if !self.retired.get() {
            self.sessions.borrow_mut().push(session.clone());
        }
        Ok(session)
    }

    async fn add_spare(self: &Rc<Self>) -> Result<(), OpenError<E>> {
        let session = self.add().await?;
        // Nobody may have wanted it any more when it was open.
        if self.is_retired() {
            session.retire();
        }
        Ok(())
    }

    /// Opens a session ahead of need: a handshake costs more than everything else about a connection.
    fn keep_a_spare(self: &Rc<Self>) {
        if self.has_a_spare() || self.opening.get() > 0 || !self.has_room() || self.retired.get() {
            return;
        }
        let sessions = self.clone();
        tokio::task::spawn_local(async move {
            // A connection that finds no spare opens a session itself, and reports the error.
            let _ = sessions.add_spare().await;
        });
    }
}

/// A session that is being opened, until it is there, cannot be opened, or nobody wants it any more.
struct Opening<'a, E>(&'a PodSessions<E>);

impl<'a, E> Opening<'a, E> {
    fn new(sessions: &'a PodSessions<E>) -> Self {
        sessions.opening.set(sessions.opening.get() + 1);
        Opening(sessions)
    }
}

impl<E> Drop for Opening<'_, E> {
    fn drop(&mut self) {
        self.0.opening.set(self.0.opening.get() - 1);
        self.0.opened.notify_waiters();
    }
}

impl<E: 'static> Attempt<E> {
    /// A place on a session for the connection. A session is opened if none has room.
    ///
    /// # Errors
    /// Why none could be opened.
    pub async fn slot(&self) -> Result<Slot, OpenError<E>> {
        self.sessions.slot(self.port, self.probe.as_ref()).await
    }

    /// Tells the attempts that wait for this one that the port refuses, and the words to give up with. An attempt that is
    /// dropped without it leaves the question to the next one.
    pub fn refused(&self, words: &str) {
        if let Some(probe) = &self.probe {
            probe.tell(Verdict::Refused(words.to_owned()));
        }
    }
}
