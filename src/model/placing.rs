//! Where a new connection goes: onto which of the sessions to its pod, or onto a new one. No I/O.
//!
//! A port is a stranger until it has answered, and again after it refused: bytes for a port that refuses block a lane of
//! their session, so strangers share a session with strangers only.

use std::collections::HashMap;
use std::time::Duration;

/// Up to here each connection has a session of its own; beyond, sessions are shared. A browser opens six connections
/// to a host, a pool of database connections rarely more than ten.
pub const MOST_SESSIONS: usize = 16;
/// So many more there may be for strangers, when all others carry something.
const MORE_FOR_STRANGERS: usize = 4;
/// How long the first bytes for a port that last refused are held back: the next refusal comes within a few
/// milliseconds after the server took the streams, and if nothing was sent before it, nothing is blocked.
const HOLD: Duration = Duration::from_millis(100);

/// A session, as a new connection sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Room {
    /// Connections on it, and how many of them lead to ports that have not answered yet.
    pub connections: usize,
    /// See above.
    pub strangers: usize,
    /// Lanes that may be used.
    pub open_lanes: usize,
    /// Lanes that nobody uses.
    pub free_lanes: usize,
    /// Whether some lane may be blocked.
    pub in_doubt: bool,
    /// Whether somebody on it reads slowly.
    pub slow: bool,
    /// Whether much has come over it since somebody is on it: neighbours would be in each other's way.
    pub heavy: bool,
}

/// Where to go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// Onto the session of this index.
    On(usize),
    /// Onto a new one.
    New,
}

/// Whose connection it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Who {
    /// The port has answered.
    Known,
    /// The port has not answered yet, or it refused last.
    Stranger,
    /// It asks a port that refused last, and sends nothing until there was time for a refusal.
    Asking,
}

/// Chooses a session: an idle one, else a new one, else the best of those that may be shared. Whoever only asks needs no
/// new one, where there is a lane to ask in.
pub fn place(rooms: &[Room], opening: usize, who: Who) -> Place {
    let stranger = who != Who::Known;
    let best = |fits: &dyn Fn(&Room) -> bool| {
        let fitting = rooms.iter().enumerate().filter(|(_, room)| room.open_lanes > 0 && fits(room));
        fitting.min_by_key(|(_, room)| room.rank(stranger)).map(|(index, _)| Place::On(index))
    };
    let there = rooms.len() + opening;
    if let Some(idle) = best(&|room| room.connections == 0) {
        return idle;
    }
    if who == Who::Asking
        && let Some(quick) = best(&|room| room.free_lanes > 0 && !room.slow && !room.heavy)
    {
        return quick;
    }
    if there < MOST_SESSIONS {
        return Place::New;
    }
    if stranger {
        let among_strangers = best(&|room| room.strangers == room.connections && room.free_lanes > 0);
        if among_strangers.is_none() && there < MOST_SESSIONS + MORE_FOR_STRANGERS {
            return Place::New;
        }
        return among_strangers.or_else(|| best(&|_| true)).unwrap_or(Place::New);
    }
    best(&|_| true).unwrap_or(Place::New)
}

impl Room {
    /// The lowest is the best.
    fn rank(&self, stranger: bool) -> (bool, bool, bool, bool, bool, usize) {
        let ill_matched = if stranger { self.strangers < self.connections } else { self.strangers > 0 };
        (self.slow, self.heavy, self.free_lanes == 0, ill_matched, self.in_doubt, self.connections)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Standing {
    Answers,
    Refuses,
}

/// What is known of the ports of a pod.
#[derive(Debug, Default)]
pub struct Ports(HashMap<u16, Standing>);

impl Ports {
    /// A connection to it was answered.
    pub fn answered(&mut self, port: u16) {
        self.0.insert(port, Standing::Answers);
    }

    /// A connection to it was refused.
    pub fn refused(&mut self, port: u16) {
        self.0.insert(port, Standing::Refuses);
    }

    /// Whether it is not known to answer.
    pub fn is_stranger(&self, port: u16) -> bool {
        self.0.get(&port) != Some(&Standing::Answers)
    }

    /// How long the first bytes for it are held back.
    pub fn hold(&self, port: u16) -> Option<Duration> {
        (self.0.get(&port) == Some(&Standing::Refuses)).then_some(HOLD)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const IDLE: Room =
        Room { connections: 0, strangers: 0, open_lanes: 5, free_lanes: 5, in_doubt: false, slow: false, heavy: false };
    const BUSY: Room = Room { connections: 1, free_lanes: 4, ..IDLE };
    const STRANGE: Room = Room { strangers: 1, ..BUSY };
    const DOUBTED: Room = Room { open_lanes: 4, free_lanes: 4, in_doubt: true, ..IDLE };

    #[test]
    fn an_idle_session_is_used_before_a_new_one_is_opened_and_one_without_doubt_first() {
        assert_eq!(place(&[], 0, Who::Stranger), Place::New);
        assert_eq!(place(&[BUSY, DOUBTED, IDLE], 0, Who::Known), Place::On(2));
        assert_eq!(place(&[BUSY, DOUBTED], 0, Who::Stranger), Place::On(1));
        assert_eq!(place(&[BUSY, BUSY], 0, Who::Known), Place::New);
        assert_eq!(place(&[Room { open_lanes: 0, free_lanes: 0, ..DOUBTED }], 0, Who::Known), Place::New);
    }

    #[test]
    fn who_only_asks_opens_no_session_where_there_is_a_lane() {
        assert_eq!(place(&[BUSY], 0, Who::Asking), Place::On(0));
        assert_eq!(place(&[BUSY, IDLE], 0, Who::Asking), Place::On(1));
        for room in [Room { heavy: true, ..BUSY }, Room { slow: true, ..BUSY }, Room { free_lanes: 0, ..BUSY }] {
            assert_eq!(place(&[room], 0, Who::Asking), Place::New);
        }
    }

    #[test]
    fn strangers_do_not_join_those_who_are_known() {
        let mut full = vec![BUSY; MOST_SESSIONS];
        assert_eq!(place(&full, 0, Who::Stranger), Place::New);
        full[7] = STRANGE;
        assert_eq!(place(&full, 0, Who::Stranger), Place::On(7));
        full[7].free_lanes = 0;
        assert_eq!(place(&full, 0, Who::Stranger), Place::New);
        // There is an end to it: then they have a lane of their own.
        full.resize(MOST_SESSIONS + MORE_FOR_STRANGERS, BUSY);
        assert!(matches!(place(&full, 0, Who::Stranger), Place::On(index) if full[index].free_lanes > 0));
    }

    #[test]
    fn the_known_share_a_session_with_a_free_lane_and_without_strangers() {
        let mut full = vec![STRANGE; MOST_SESSIONS];
        full[3] = Room { connections: 4, free_lanes: 1, ..BUSY };
        assert_eq!(place(&full, 0, Who::Known), Place::On(3));
        full[3] = Room { connections: 5, free_lanes: 0, ..BUSY };
        assert_ne!(place(&full, 0, Who::Known), Place::On(3));
        let mut slow = vec![Room { slow: true, ..BUSY }; MOST_SESSIONS];
        slow[9] = Room { connections: 9, free_lanes: 0, ..BUSY };
        assert_eq!(place(&slow, 0, Who::Known), Place::On(9));
        let mut heavy = vec![BUSY; MOST_SESSIONS];
        heavy[0].heavy = true;
        heavy[1..].iter_mut().for_each(|room| room.connections = 4);
        assert_ne!(place(&heavy, 0, Who::Known), Place::On(0), "a download is left alone");
        assert_eq!(place(&slow[..4], MOST_SESSIONS, Who::Known), Place::On(0), "those being opened count");
    }

    #[test]
    fn trust_is_earned_by_an_answer_and_lost_by_a_refusal() {
        let mut ports = Ports::default();
        assert!(ports.is_stranger(80) && ports.hold(80).is_none(), "the first connection waits for nothing");
        ports.answered(80);
        assert!(!ports.is_stranger(80) && ports.is_stranger(81));
        ports.refused(80);
        assert!(ports.is_stranger(80) && ports.hold(80).is_some());
        ports.answered(80);
        assert!(!ports.is_stranger(80) && ports.hold(80).is_none());
    }
}
