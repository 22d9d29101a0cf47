//! The sessions to one pod, and how new ones are opened.

use std::cell::{Cell, RefCell};
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;

use crate::error::Error;
use crate::model::placing::{self, MOST_SESSIONS, Place, Ports, Room, Who};
use crate::net::forward::claim::Claim;
use crate::net::forward::dial::{Endpoint, Transport};
use crate::net::forward::pipe::DialFailure;
use crate::net::forward::probe::{Probe, Probes, Verdict};
use crate::net::forward::session::Session;
use crate::secret::Secret;

/// Gives a bearer token; `true` asks for one from new credentials, because the last was refused.
pub type Bearer = Box<dyn Fn(bool) -> Pin<Box<dyn Future<Output = Result<Secret<String>, Error>>>>>;

/// Why no session could be opened.
#[derive(Debug, Clone)]
pub enum OpenFailure {
    /// No token: the session of the person is over, or the role is gone.
    Credentials(Error),
    /// Both transports were refused with 403: each one's words.
    Denied {
        /// What GET was told.
        tunnel: String,
        /// What POST was told.
        spdy: String,
    },
    /// The pod is not there, or not in a state to be forwarded to.
    PodGone(String),
    /// Anything else.
    Unreachable(String),
}

/// Opens sessions to pods of one namespace.
pub struct Dialer {
    endpoint: Endpoint,
    namespace: String,
    bearer: Bearer,
    preferred: Cell<Transport>,
}

impl Dialer {
    /// The transport that worked last is tried first.
    pub fn new(endpoint: Endpoint, namespace: &str, bearer: Bearer, preferred: Transport) -> Self {
        Dialer { endpoint, namespace: namespace.to_owned(), bearer, preferred: Cell::new(preferred) }
    }

    /// The transport that worked last.
    pub fn preferred(&self) -> Transport {
        self.preferred.get()
    }

    /// Opens a session: one transport, and on whatever but 101 the other.
    ///
    /// # Errors
    /// Why neither worked.
    pub async fn open(&self, pod: &str) -> Result<Rc<Session>, OpenFailure> {
        let first = self.preferred.get();
        let one = match self.attempt(pod, first).await? {
            Ok(session) => return Ok(session),
            Err(failure) => failure,
        };
        let other = match self.attempt(pod, first.other()).await? {
            Ok(session) => {
                self.preferred.set(first.other());
                return Ok(session);
            }
            Err(failure) => failure,
        };
        let (tunnel, spdy) = if first == Transport::Tunnel { (one, other) } else { (other, one) };
        Err(both_failed(tunnel, spdy))
    }

    async fn attempt(&self, pod: &str, transport: Transport) -> Result<Result<Rc<Session>, DialFailure>, OpenFailure> {
        for renew in [false, true] {
            let token = (self.bearer)(renew).await.map_err(OpenFailure::Credentials)?;
            match self.endpoint.forward(&token, &self.namespace, pod, transport).await {
                Ok(upgraded) => return Ok(Ok(Session::start(upgraded, self.endpoint.clone()))),
                Err(DialFailure::Refused { status: 401, .. }) if !renew => {}
                Err(failure) => return Ok(Err(failure)),
            }
        }
        Ok(Err(DialFailure::Refused { status: 401, words: "the cluster does not take our token".to_owned() }))
    }
}

fn both_failed(tunnel: DialFailure, spdy: DialFailure) -> OpenFailure {
    use DialFailure::{Refused, Unreachable};
    match (tunnel, spdy) {
        (Refused { status: 404, words }, _) | (_, Refused { status: 404, words }) => OpenFailure::PodGone(words),
        (Refused { status: 403, words: tunnel }, Refused { status: 403, words: spdy }) => {
            OpenFailure::Denied { tunnel, spdy }
        }
        // What POST is told says more: every server version serves it.
        (_, Refused { status, words }) => OpenFailure::Unreachable(format!("the server answered {status}: {words}")),
        (Refused { status, words }, Unreachable(why)) => {
            OpenFailure::Unreachable(format!("{why}; by WebSocket {status}: {words}"))
        }
        (Unreachable(_), Unreachable(why)) => OpenFailure::Unreachable(why),
    }
}

/// The sessions to one pod.
pub struct Link {
    /// The pod.
    pub pod: String,
    /// Which pod of that name.
    pub uid: String,
    dialer: Rc<Dialer>,
    sessions: RefCell<Vec<Rc<Session>>>,
    opening: Cell<usize>,
    retired: Cell<bool>,
    ports: Rc<RefCell<Ports>>,
    probes: Rc<Probes>,
}

impl Link {
    /// No session yet.
    pub fn new(pod: &str, uid: &str, dialer: Rc<Dialer>) -> Rc<Self> {
        let (pod, uid) = (pod.to_owned(), uid.to_owned());
        Rc::new(Link {
            pod,
            uid,
            dialer,
            sessions: RefCell::default(),
            opening: Cell::new(0),
            retired: Cell::new(false),
            ports: Rc::default(),
            probes: Rc::default(),
        })
    }

    /// No new connections go this way any more; those that are there go on to their end.
    pub fn retire(&self) {
        self.retired.set(true);
        for session in self.sessions.borrow_mut().drain(..) {
            if session.connections() == 0 {
                session.stop("no longer needed");
            }
        }
    }

    /// Whether it was retired.
    pub fn is_retired(&self) -> bool {
        self.retired.get()
    }

    /// Opens the first session, so that the first connection need not.
    ///
    /// # Errors
    /// Why there is none.
    pub async fn warm_up(self: &Rc<Self>) -> Result<(), OpenFailure> {
        if !self.has_a_spare() {
            self.add().await?;
        }
        Ok(())
    }

    /// Whether a connection to a port may go ahead, and whether it asks for others whether the port still refuses.
    ///
    /// # Errors
    /// When it was refused just now: what was said of it.
    pub async fn admit(&self, port: u16) -> Result<Option<Rc<Probe>>, String> {
        while self.ports.borrow().hold(port).is_some() {
            match self.probes.begin(port).await {
                Ok(probe) => return Ok(Some(probe)),
                Err(Verdict::Refused(words)) => return Err(words),
                Err(Verdict::Passed) => break,
                Err(Verdict::Unknown) if self.is_retired() => break,
                Err(Verdict::Unknown) => {}
            }
        }
        Ok(None)
    }

    /// A place for a new connection to a port of the pod.
    ///
    /// # Errors
    /// Why there is none.
    pub async fn place(self: &Rc<Self>, port: u16, probe: Option<&Rc<Probe>>) -> Result<Claim, OpenFailure> {
        loop {
            let who = match (probe, self.ports.borrow().is_stranger(port)) {
                (Some(_), _) => Who::Asking,
                (None, true) => Who::Stranger,
                (None, false) => Who::Known,
            };
            let (sessions, rooms) = self.usable();
            let session = match placing::place(&rooms, self.opening.get(), who) {
                Place::On(index) => sessions[index].clone(),
                Place::New => self.add().await?,
            };
            if let Some(claim) = Claim::new(&session, port, &self.ports, probe) {
                self.keep_a_spare();
                return Ok(claim);
            }
        }
    }

    /// The sessions that a new connection may go on, and what it finds there. What has ended is forgotten, and so is an
    /// idle session of which no lane can be used any more.
    fn usable(&self) -> (Vec<Rc<Session>>, Vec<Room>) {
        let mut sessions = self.sessions.borrow_mut();
        for session in sessions.iter().filter(|session| session.connections() == 0 && session.room().open_lanes == 0) {
            session.stop("none of its lanes can be used");
        }
        sessions.retain(|session| session.ended().is_none());
        let usable = sessions.iter().filter(|session| session.is_usable());
        usable.map(|session| (session.clone(), session.room())).unzip()
    }

    /// Every session asks at once whether the other side is there.
    pub fn check_now(&self) {
        self.sessions.borrow().iter().for_each(|session| session.check_now());
    }

    /// Whether any session is alive.
    pub fn is_alive(&self) -> bool {
        self.sessions.borrow().iter().any(|session| session.is_usable())
    }

    fn has_a_spare(&self) -> bool {
        self.usable().1.iter().any(|room| room.connections == 0 && !room.in_doubt)
    }

    fn has_room(&self) -> bool {
        self.sessions.borrow().len() + self.opening.get() < MOST_SESSIONS
    }

    async fn add(self: &Rc<Self>) -> Result<Rc<Session>, OpenFailure> {
        self.opening.set(self.opening.get() + 1);
        let opened = self.dialer.open(&self.pod).await;
        self.opening.set(self.opening.get() - 1);
        let session = opened?;
        if !self.retired.get() {
            self.sessions.borrow_mut().push(session.clone());
        }
        Ok(session)
    }

    /// The next connection shall find a session that is open already: a handshake costs more than all the rest.
    fn keep_a_spare(self: &Rc<Self>) {
        if self.has_a_spare() || self.opening.get() > 0 || !self.has_room() || self.retired.get() {
            return;
        }
        let link = self.clone();
        tokio::task::spawn_local(async move {
            // Whoever needs it and does not find it opens its own and says what is wrong.
            let _ = link.add().await;
        });
    }
}
