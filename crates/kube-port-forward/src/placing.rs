//! Which session a new connection goes on, or whether a new one is opened. No I/O.
//!
//! A port is unproven until it has answered, and again after it refused: bytes for a port that refuses block a lane of
//! their session, so connections to unproven ports share a session with their like only.

use std::collections::HashMap;
use std::time::Duration;

/// Up to here each connection has a session of its own; beyond, sessions are shared. A browser opens six connections
/// to a host, a pool of database connections rarely more than ten.
pub(crate) const MOST_SESSIONS: usize = 16;
/// So many more there may be for unproven ports, when all others carry something.
const MORE_FOR_UNPROVEN: usize = 4;
/// How long the first bytes for a port that last refused are held back: the next refusal comes within a few
/// milliseconds after the server took the streams, and if nothing was sent before it, nothing is blocked.
const HOLD: Duration = Duration::from_millis(100);

/// A session, as a new connection sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Load {
    /// Connections on it.
    pub(crate) connections: usize,
    /// How many of them lead to ports that have not answered yet.
    pub(crate) unproven: usize,
    /// Lanes that may be used.
    pub(crate) open_lanes: usize,
    /// Usable lanes without a connection.
    pub(crate) free_lanes: usize,
    /// Whether some lane may be blocked.
    pub(crate) in_doubt: bool,
    /// Whether a connection on it is read slowly.
    pub(crate) slow: bool,
    /// Whether it carries a download: another connection would slow both down.
    pub(crate) heavy: bool,
}

/// Where a new connection goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Choice {
    /// Onto the session of this index.
    Existing(usize),
    /// Onto a new one.
    New,
    /// Nowhere yet: there are as many sessions as there may be, and some of them are still being opened.
    Wait,
}

/// What is known of a connection's port.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Standing {
    /// It has answered.
    Proven,
    /// It has not answered yet, or it refused last.
    Unproven,
    /// It refused last, and the connection sends nothing until there was time for another refusal.
    Probing,
}

/// Chooses a session: an idle one, else a new one, else the best of those that may be shared. A probe needs no new one
/// where there is a free lane. Nobody takes another's lane while sessions are being opened: those who come all at once
/// would pile up on the first one that is there.
pub(crate) fn choose(loads: &[Load], opening: usize, standing: Standing) -> Choice {
    let unproven = standing != Standing::Proven;
    let best = |fits: &dyn Fn(&Load) -> bool| {
        let fitting = loads.iter().enumerate().filter(|(_, load)| load.open_lanes > 0 && fits(load));
        fitting.min_by_key(|(_, load)| load.rank(unproven)).map(|(index, _)| index)
    };
    let there = loads.len() + opening;
    if let Some(idle) = best(&|load| load.connections == 0) {
        return Choice::Existing(idle);
    }
    if standing == Standing::Probing
        && let Some(quick) = best(&|load| load.free_lanes > 0 && !load.slow && !load.heavy)
    {
        return Choice::Existing(quick);
    }
    if there < MOST_SESSIONS {
        return Choice::New;
    }
    if unproven {
        let among_unproven = best(&|load| load.unproven == load.connections && load.free_lanes > 0);
        match among_unproven {
            Some(own_lane) => return Choice::Existing(own_lane),
            None if there < MOST_SESSIONS + MORE_FOR_UNPROVEN => return Choice::New,
            None => {}
        }
    }
    match best(&|_| true) {
        Some(index) if loads[index].free_lanes > 0 || opening == 0 => Choice::Existing(index),
        _ if opening > 0 => Choice::Wait,
        _ => Choice::New,
    }
}

impl Load {
    /// The lowest is the best.
    fn rank(&self, unproven: bool) -> (bool, bool, bool, bool, bool, usize) {
        let ill_matched = if unproven { self.unproven < self.connections } else { self.unproven > 0 };
        (self.slow, self.heavy, self.free_lanes == 0, ill_matched, self.in_doubt, self.connections)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum LastSeen {
    Answered,
    Refused,
}

/// What is known of the ports of a pod.
#[derive(Debug, Default)]
pub(crate) struct PortHistory(HashMap<u16, LastSeen>);

impl PortHistory {
    /// A connection to it was answered.
    pub(crate) fn answered(&mut self, port: u16) {
        self.0.insert(port, LastSeen::Answered);
    }

    /// A connection to it was refused.
    pub(crate) fn refused(&mut self, port: u16) {
        self.0.insert(port, LastSeen::Refused);
    }

    /// Whether it is not known to answer.
    pub(crate) fn is_unproven(&self, port: u16) -> bool {
        self.0.get(&port) != Some(&LastSeen::Answered)
    }

    /// How long the first bytes for it are held back.
    pub(crate) fn hold(&self, port: u16) -> Option<Duration> {
        (self.0.get(&port) == Some(&LastSeen::Refused)).then_some(HOLD)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const IDLE: Load =
        Load { connections: 0, unproven: 0, open_lanes: 5, free_lanes: 5, in_doubt: false, slow: false, heavy: false };
    const BUSY: Load = Load { connections: 1, free_lanes: 4, ..IDLE };
    const UNPROVEN: Load = Load { unproven: 1, ..BUSY };
    const DOUBTED: Load = Load { open_lanes: 4, free_lanes: 4, in_doubt: true, ..IDLE };

    #[test]
    fn an_idle_session_is_used_before_a_new_one_is_opened_and_one_without_doubt_first() {
        assert_eq!(choose(&[], 0, Standing::Unproven), Choice::New);
        assert_eq!(choose(&[BUSY, DOUBTED, IDLE], 0, Standing::Proven), Choice::Existing(2));
        assert_eq!(choose(&[BUSY, DOUBTED], 0, Standing::Unproven), Choice::Existing(1));
        assert_eq!(choose(&[BUSY, BUSY], 0, Standing::Proven), Choice::New);
        assert_eq!(choose(&[Load { open_lanes: 0, free_lanes: 0, ..DOUBTED }], 0, Standing::Proven), Choice::New);
    }

    #[test]
    fn a_probe_opens_no_session_where_there_is_a_lane() {
        assert_eq!(choose(&[BUSY], 0, Standing::Probing), Choice::Existing(0));
        assert_eq!(choose(&[BUSY, IDLE], 0, Standing::Probing), Choice::Existing(1));
        for load in [Load { heavy: true, ..BUSY }, Load { slow: true, ..BUSY }, Load { free_lanes: 0, ..BUSY }] {
            assert_eq!(choose(&[load], 0, Standing::Probing), Choice::New);
        }
    }

    #[test]
    fn unproven_ports_do_not_join_proven_ones() {
        let mut full = vec![BUSY; MOST_SESSIONS];
        assert_eq!(choose(&full, 0, Standing::Unproven), Choice::New);
        full[7] = UNPROVEN;
        assert_eq!(choose(&full, 0, Standing::Unproven), Choice::Existing(7));
        full[7].free_lanes = 0;
        assert_eq!(choose(&full, 0, Standing::Unproven), Choice::New);
        // There is an end to it: then they have a lane of their own.
        full.resize(MOST_SESSIONS + MORE_FOR_UNPROVEN, BUSY);
        assert!(matches!(choose(&full, 0, Standing::Unproven), Choice::Existing(index) if full[index].free_lanes > 0));
    }

    #[test]
    fn proven_ports_share_a_session_with_a_free_lane_and_no_unproven_one() {
        let mut full = vec![UNPROVEN; MOST_SESSIONS];
        full[3] = Load { connections: 4, free_lanes: 1, ..BUSY };
        assert_eq!(choose(&full, 0, Standing::Proven), Choice::Existing(3));
        full[3] = Load { connections: 5, free_lanes: 0, ..BUSY };
        assert_ne!(choose(&full, 0, Standing::Proven), Choice::Existing(3));
        let mut slow = vec![Load { slow: true, ..BUSY }; MOST_SESSIONS];
        slow[9] = Load { connections: 9, free_lanes: 0, ..BUSY };
        assert_eq!(choose(&slow, 0, Standing::Proven), Choice::Existing(9));
        let mut heavy = vec![BUSY; MOST_SESSIONS];
        heavy[0].heavy = true;
        heavy[1..].iter_mut().for_each(|load| load.connections = 4);
        assert_ne!(choose(&heavy, 0, Standing::Proven), Choice::Existing(0), "a download is left alone");
        assert_eq!(
            choose(&slow[..4], MOST_SESSIONS, Standing::Proven),
            Choice::Existing(0),
            "those being opened count"
        );
    }

    #[test]
    fn nobody_takes_a_lane_of_another_while_sessions_are_being_opened() {
        let full = [Load { connections: 5, free_lanes: 0, unproven: 5, ..BUSY }];
        for (standing, most) in
            [(Standing::Proven, MOST_SESSIONS), (Standing::Unproven, MOST_SESSIONS + MORE_FOR_UNPROVEN)]
        {
            assert_eq!(choose(&full, most - 2, standing), Choice::New);
            assert_eq!(choose(&full, most - 1, standing), Choice::Wait);
            assert_eq!(choose(&[], most, standing), Choice::Wait);
            assert_eq!(choose(&vec![full[0]; most], 0, standing), Choice::Existing(0), "there is nothing to wait for");
        }
    }

    #[test]
    fn trust_is_earned_by_an_answer_and_lost_by_a_refusal() {
        let mut ports = PortHistory::default();
        assert!(ports.is_unproven(80) && ports.hold(80).is_none(), "the first connection waits for nothing");
        ports.answered(80);
        assert!(!ports.is_unproven(80) && ports.is_unproven(81));
        ports.refused(80);
        assert!(ports.is_unproven(80) && ports.hold(80).is_some());
        ports.answered(80);
        assert!(!ports.is_unproven(80) && ports.hold(80).is_none());
    }
}
