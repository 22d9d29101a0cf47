//! The lanes of a session: what each has been given, what is known to have been read, and which a connection may use.
//!
//! The server's SPDY library (`moby/spdystream`) hands frames to five workers by `stream id % 5`, and pings to each in
//! turn. A worker that has bytes for a stream which nobody reads waits, and all that is behind them in its queue waits
//! with it. That is so for as long as a pod does not read; it is so for good when bytes went to a port that refused,
//! because most runtimes then close their half and never read the stream: not even our reset gets past those bytes.
//!
//! Stream ids are ours to choose, so that a connection lives in one lane. And because pings go round, a pong tells that
//! everything before its ping has been read in that one lane.

use std::collections::VecDeque;

/// The server's workers.
pub(crate) const LANES: usize = 5;
/// A worker's queue has 50 places; when one is full the server reads nothing more at all.
const MOST_PINGS_WAITING: usize = 30;
/// Ids have 31 bits.
const LAST_STREAM: u32 = 0x7fff_ff00;

/// One lane of a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Lane(usize);

impl Lane {
    /// The lane of a stream.
    pub(crate) fn of(stream: u32) -> Lane {
        Lane(stream as usize % LANES)
    }
}

#[derive(Debug, Default)]
struct LaneState {
    connections: usize,
    /// Frames with bytes that were sent, those that a ping follows, and those that are known to be read.
    sent: u64,
    asked: u64,
    read: u64,
    /// A connection has ended here whose last bytes may not have been read: so many frames have to be.
    doubt: Option<u64>,
    pings_waiting: usize,
}

impl LaneState {
    fn wants_ping(&self) -> bool {
        self.asked < self.sent
    }

    /// All that was sent has been read, and no ping waits.
    fn is_moving(&self) -> bool {
        self.read == self.sent && self.pings_waiting == 0
    }
}

#[derive(Debug)]
struct SentPing {
    ping: u32,
    lane: usize,
    sent: u64,
}

/// All lanes of a session.
#[derive(Debug)]
pub(crate) struct Lanes {
    lanes: [LaneState; LANES],
    next_stream: u32,
    next_ping: u32,
    /// The lane that the next ping, or our answer to one of the server's, comes to.
    turn: usize,
    asked: VecDeque<SentPing>,
}

impl Default for Lanes {
    fn default() -> Self {
        Lanes { lanes: Default::default(), next_stream: 1, next_ping: 1, turn: 0, asked: VecDeque::new() }
    }
}

impl Lanes {
    /// A lane for a new connection: the one with the fewest that is not in doubt.
    pub(crate) fn take(&mut self) -> Option<Lane> {
        if self.next_stream > LAST_STREAM {
            return None;
        }
        let open = (0..LANES).filter(|lane| self.lanes[*lane].doubt.is_none());
        let lane = open.min_by_key(|lane| self.lanes[*lane].connections)?;
        self.lanes[lane].connections += 1;
        Some(Lane(lane))
    }

    /// The ids of a connection's two streams: odd, growing, and both of its lane.
    pub(crate) fn streams(&mut self, lane: Lane) -> (u32, u32) {
        let first = (self.next_stream..).step_by(2).find(|id| Lane::of(*id) == lane).unwrap_or(self.next_stream);
        let second = first + 2 * LANES as u32;
        self.next_stream = second + 2;
        (first, second)
    }

    /// A frame with bytes was sent.
    pub(crate) fn sent(&mut self, lane: Lane) {
        self.lanes[lane.0].sent += 1;
    }

    /// A connection is over. If not all of its bytes are known to be read, the lane is in doubt until they are.
    pub(crate) fn leave(&mut self, lane: Lane) {
        let state = &mut self.lanes[lane.0];
        state.connections = state.connections.saturating_sub(1);
        if state.read < state.sent {
            state.doubt = Some(state.sent);
        }
    }

    /// Lanes that may be used, and how many of them nobody uses.
    pub(crate) fn open_and_free(&self) -> (usize, usize) {
        if self.next_stream > LAST_STREAM {
            return (0, 0);
        }
        let open = || self.lanes.iter().filter(|lane| lane.doubt.is_none());
        (open().count(), open().filter(|lane| lane.connections == 0).count())
    }

    /// Whether any lane is in doubt.
    pub(crate) fn in_doubt(&self) -> bool {
        self.lanes.iter().any(|lane| lane.doubt.is_some())
    }

    /// Whether anything was sent that is not known to be read.
    pub(crate) fn has_unread(&self) -> bool {
        self.lanes.iter().any(|lane| lane.read < lane.sent)
    }

    /// Whether anything was sent that no ping follows yet.
    pub(crate) fn wants_ping(&self) -> bool {
        self.lanes.iter().any(LaneState::wants_ping)
    }

    /// The pings to send now: until one has come to every lane that wants one, and one to a lane that moves, so that
    /// somebody answers. None at all where they would fill the queue of a worker that is stuck.
    pub(crate) fn pings_to_send(&mut self) -> Vec<u32> {
        let mut pings = Vec::new();
        let mut moving = false;
        while pings.len() < LANES && (!moving || self.wants_ping()) {
            let state = &mut self.lanes[self.turn];
            if state.pings_waiting >= MOST_PINGS_WAITING {
                break;
            }
            moving = moving || state.is_moving();
            state.asked = state.sent;
            state.pings_waiting += 1;
            self.asked.push_back(SentPing { ping: self.next_ping, lane: self.turn, sent: state.sent });
            pings.push(self.next_ping);
            self.next_ping = self.next_ping.wrapping_add(2);
            self.turn = (self.turn + 1) % LANES;
        }
        pings
    }

    /// We answered a ping of the server's: to it, that is a ping like any other.
    pub(crate) fn answered_a_ping(&mut self) {
        self.turn = (self.turn + 1) % LANES;
    }

    /// A ping of ours was answered.
    pub(crate) fn pong(&mut self, ping: u32) {
        let Some(index) = self.asked.iter().position(|asked| asked.ping == ping) else { return };
        let Some(asked) = self.asked.remove(index) else { return };
        let state = &mut self.lanes[asked.lane];
        state.pings_waiting -= 1;
        state.read = state.read.max(asked.sent);
        if state.doubt.is_some_and(|wanted| state.read >= wanted) {
            state.doubt = None;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The server's side: which worker gets a ping, and which of them are stuck.
    #[derive(Default)]
    struct Server {
        turn: usize,
        stuck: Vec<usize>,
    }

    impl Server {
        fn answers(&mut self, lanes: &mut Lanes, pings: &[u32]) {
            for ping in pings {
                if !self.stuck.contains(&self.turn) {
                    lanes.pong(*ping);
                }
                self.turn = (self.turn + 1) % LANES;
            }
        }
    }

    #[test]
    fn both_streams_of_a_connection_are_of_its_lane_and_ids_grow() {
        let (mut lanes, mut last) = (Lanes::default(), 0);
        for _ in 0..1000 {
            let lane = lanes.take().expect("a lane");
            let (error, data) = lanes.streams(lane);
            assert!(error > last && data > error && error % 2 == 1 && data % 2 == 1, "{last} {error} {data}");
            assert_eq!((Lane::of(error), Lane::of(data)), (lane, lane));
            last = data;
        }
        lanes.next_stream = LAST_STREAM + 1;
        assert_eq!((lanes.take(), lanes.open_and_free()), (None, (0, 0)));
    }

    #[test]
    fn five_connections_have_a_lane_each() {
        let mut lanes = Lanes::default();
        let mut taken: Vec<usize> = (0..LANES).filter_map(|_| lanes.take()).map(|lane| lane.0).collect();
        taken.sort_unstable();
        assert_eq!((taken, lanes.open_and_free()), (vec![0, 1, 2, 3, 4], (5, 0)));
        lanes.leave(Lane(3));
        assert_eq!(lanes.take(), Some(Lane(3)));
    }

    #[test]
    fn a_lane_is_in_doubt_until_its_own_worker_has_answered() {
        let (mut lanes, mut server) = (Lanes::default(), Server::default());
        let lane = lanes.take().expect("a lane");
        lanes.sent(lane);
        lanes.leave(lane);
        assert!(lanes.in_doubt() && lanes.open_and_free() == (4, 4));
        // The other lanes' pongs say nothing about it.
        server.stuck = vec![lane.0];
        let pings = lanes.pings_to_send();
        server.answers(&mut lanes, &pings);
        assert!(lanes.in_doubt() && lanes.has_unread());
        assert!((0..20).all(|_| lanes.take() != Some(lane)));
        server.stuck.clear();
        lanes.sent(lane);
        while lanes.in_doubt() {
            let pings = lanes.pings_to_send();
            server.answers(&mut lanes, &pings);
        }
        assert!(!lanes.has_unread());
    }

    #[test]
    fn nothing_sent_is_no_doubt() {
        let mut lanes = Lanes::default();
        let lane = lanes.take().expect("a lane");
        lanes.leave(lane);
        assert!(!lanes.in_doubt() && !lanes.wants_ping());
    }

    #[test]
    fn answers_to_the_servers_pings_take_a_turn() {
        let (mut lanes, mut server) = (Lanes::default(), Server::default());
        lanes.answered_a_ping();
        server.turn = 1;
        server.stuck = vec![2];
        lanes.lanes[2].connections = 1;
        lanes.sent(Lane(2));
        lanes.leave(Lane(2));
        for _ in 0..3 {
            let pings = lanes.pings_to_send();
            server.answers(&mut lanes, &pings);
        }
        assert!(lanes.in_doubt());
    }

    #[test]
    fn what_is_stuck_is_asked_once_and_somebody_else_is_asked_with_it() {
        let (mut lanes, mut server) = (Lanes::default(), Server { stuck: vec![0], ..Server::default() });
        lanes.sent(Lane(0));
        let pings = lanes.pings_to_send();
        assert_eq!(pings.len(), 2, "the lane, and one that moves");
        server.answers(&mut lanes, &pings);
        assert!(!lanes.wants_ping() && lanes.has_unread());
        for _ in 0..1000 {
            let pings = lanes.pings_to_send();
            server.answers(&mut lanes, &pings);
        }
        assert!(lanes.lanes[0].pings_waiting <= MOST_PINGS_WAITING, "its queue never fills with pings");
    }
}
