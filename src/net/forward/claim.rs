//! A connection's place on a session: its lane, and what its port is known for.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Duration;

use tokio::net::TcpStream;

use crate::model::lanes::Lane;
use crate::model::placing::Ports;
use crate::net::forward::probe::{Probe, Verdict};
use crate::net::forward::session::{Pair, Session};

/// A connection's place on a session; it ends with the value.
pub struct Claim {
    /// The session.
    pub session: Rc<Session>,
    lane: Lane,
    port: u16,
    ports: Rc<RefCell<Ports>>,
    stranger: Cell<bool>,
    probe: Option<Rc<Probe>>,
}

impl Claim {
    /// A place for a connection to a port, if the session has any. With a probe it asks for others, too.
    pub fn new(
        session: &Rc<Session>,
        port: u16,
        ports: &Rc<RefCell<Ports>>,
        probe: Option<&Rc<Probe>>,
    ) -> Option<Claim> {
        let stranger = ports.borrow().is_stranger(port);
        let lane = session.enter(stranger)?;
        let (session, ports) = (session.clone(), ports.clone());
        Some(Claim { session, lane, port, ports, stranger: Cell::new(stranger), probe: probe.cloned() })
    }

    /// Opens the connection's streams.
    pub fn open(&self, local: &Rc<TcpStream>) -> Pair {
        self.session.open(self.lane, self.port, local)
    }

    /// How long the first bytes are held back, because the port may refuse.
    pub fn hold(&self) -> Option<Duration> {
        self.ports.borrow().hold(self.port)
    }

    /// The port has not refused in all the time that a refusal takes.
    pub fn was_not_refused(&self) {
        if let Some(probe) = &self.probe {
            probe.tell(Verdict::Passed);
        }
    }

    /// The port has answered.
    pub fn answered(&self) {
        if self.stranger.replace(false) {
            self.session.no_stranger_any_more();
        }
        self.ports.borrow_mut().answered(self.port);
    }

    /// The port has refused.
    pub fn refused(&self) {
        self.ports.borrow_mut().refused(self.port);
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        self.session.leave(self.lane, self.stranger.get());
    }
}
