//! A connection's place on a session: its lane, and what is known of its port.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Duration;

use tokio::net::TcpStream;

use crate::lanes::Lane;
use crate::placing::PortHistory;
use crate::probe::{Probe, Verdict};
use crate::session::{Session, StreamPair};

/// A connection's place on a session, until it is dropped or [carried](Slot::carry).
pub struct Slot {
    pub(crate) session: Rc<Session>,
    lane: Lane,
    port: u16,
    ports: Rc<RefCell<PortHistory>>,
    unproven: Cell<bool>,
    probe: Option<Rc<Probe>>,
}

impl Slot {
    /// `None` when the session has no lane for it.
    pub(crate) fn new(
        session: &Rc<Session>,
        port: u16,
        ports: &Rc<RefCell<PortHistory>>,
        probe: Option<&Rc<Probe>>,
    ) -> Option<Slot> {
        let unproven = ports.borrow().is_unproven(port);
        let lane = session.enter(unproven)?;
        let (session, ports) = (session.clone(), ports.clone());
        Some(Slot { session, lane, port, ports, unproven: Cell::new(unproven), probe: probe.cloned() })
    }

    pub(crate) fn open(&self, local: &Rc<TcpStream>) -> StreamPair {
        self.session.open(self.lane, self.port, local)
    }

    /// How long the first bytes are held back, because the port may refuse.
    pub(crate) fn hold(&self) -> Option<Duration> {
        self.ports.borrow().hold(self.port)
    }

    /// The port has not refused in the time that a refusal takes.
    pub(crate) fn was_not_refused(&self) {
        if let Some(probe) = &self.probe {
            probe.tell(Verdict::Passed);
        }
    }

    pub(crate) fn answered(&self) {
        if self.unproven.replace(false) {
            self.session.port_is_proven();
        }
        self.ports.borrow_mut().answered(self.port);
    }

    pub(crate) fn refused(&self) {
        self.ports.borrow_mut().refused(self.port);
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        self.session.leave(self.lane, self.unproven.get());
    }
}
