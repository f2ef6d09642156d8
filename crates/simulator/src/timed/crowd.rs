//! The app's requests: they arrive at random, take a connection, then their locks one after the
//! other, work, and leave. Who waits too long is gone with an error. Must not know plans.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};

use planner::engine::LockMode;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::draw::{around, between, whole};
use super::queue::{Queue, Session};

/// The migration's own session.
pub(crate) const RUNNER: Session = 0;

/// Mean time that a usual request holds its locks, microseconds.
const SHORT_US: f64 = 3_000.0;
/// Share of the time for which some transaction about as long as the longest is open.
pub(crate) const LONG_SHARE: f64 = 0.1;
/// Bins of the series, microseconds.
pub(crate) const BIN_US: u64 = 50_000;

/// Requests of one kind to one relation.
#[derive(Clone, Debug)]
pub(crate) struct Stream {
    /// Locks that each takes, in order: place of the relation, mode.
    pub(crate) locks: Vec<(usize, LockMode)>,
    /// Requests a second.
    pub(crate) per_s: u32,
    /// The longest transaction among them, microseconds.
    pub(crate) longest_us: u64,
}

/// What can happen next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Event {
    /// A usual request of a stream.
    Arrives(usize),
    /// One of its long transactions.
    LongArrives(usize),
    /// A request has worked.
    Worked(Session),
    /// A request that still waits is given up.
    Expires(Session),
    /// The migration tries, or tries again.
    RunnerTries,
    /// The migration's statement has worked.
    RunnerWorked,
    /// It has waited for a lock as long as it may; which wait of its.
    RunnerExpires(u32),
}

/// A request.
#[derive(Clone, Debug)]
struct Request {
    stream: usize,
    arrived: u64,
    works_us: u64,
    /// Locks that it has.
    n_locks: usize,
    state: State,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    WaitsForConnection,
    WaitsForLock,
    Works,
    Gone,
}

/// What came of the requests.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tally {
    /// Requests that arrived.
    pub(crate) requests: u64,
    /// Of these, given up.
    pub(crate) failed: u64,
    /// Microseconds that all of them together waited.
    pub(crate) waited_us: u64,
    /// The longest wait.
    pub(crate) longest_wait_us: u64,
    /// Most that waited for locks or connections at a moment.
    pub(crate) waiting_max: u32,
    /// Most connections in use.
    pub(crate) connections_max: u32,
}

/// A moment of the series: the most in its bin.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Bin {
    pub(crate) waiting: u32,
    pub(crate) connections: u32,
    pub(crate) failed: u32,
}

/// Everybody.
pub(crate) struct Crowd {
    pub(crate) now: u64,
    pub(crate) tally: Tally,
    pub(crate) bins: Vec<Bin>,
    /// Sessions whose locks were granted by an event, to go on.
    pub(crate) runner_granted: bool,
    number: u64,
    events: BinaryHeap<Reverse<(u64, u64, Event)>>,
    rng: ChaCha8Rng,
    queues: Vec<Queue>,
    streams: Vec<Stream>,
    requests: Vec<Request>,
    /// Connections: all, in use, and who waits for one.
    connections: u32,
    used: u32,
    lined_up: VecDeque<Session>,
    waiting: u32,
    timeout_us: u64,
}

impl Crowd {
    /// A crowd before its first request.
    pub(crate) fn new(
        streams: Vec<Stream>,
        n_relations: usize,
        (connections, timeout_us): (u32, u64),
        seed: u64,
    ) -> Self {
        let mut crowd = Self {
            now: 0,
            tally: Tally::default(),
            bins: Vec::new(),
            runner_granted: false,
            number: 0,
            events: BinaryHeap::new(),
            rng: ChaCha8Rng::seed_from_u64(seed),
            queues: vec![Queue::default(); n_relations],
            streams,
            // Place 0 is the migration's.
            requests: vec![Request {
                stream: 0,
                arrived: 0,
                works_us: 0,
                n_locks: 0,
                state: State::Gone,
            }],
            connections,
            used: 0,
            lined_up: VecDeque::new(),
            waiting: 0,
            timeout_us,
        };
        for stream in 0..crowd.streams.len() {
            crowd.next_arrival(stream);
            crowd.first_long(stream);
        }
        crowd
    }

    /// Puts an event into the future.
    pub(crate) fn at(&mut self, when: u64, event: Event) {
        self.number += 1;
        self.events.push(Reverse((when, self.number, event)));
    }

    /// The next event, with the clock set to it; what concerns requests is done.
    pub(crate) fn take(&mut self) -> Option<Event> {
        let Reverse((when, _, event)) = self.events.pop()?;
        self.now = when;
        match event {
            Event::Arrives(stream) => {
                self.next_arrival(stream);
                let works = around(&mut self.rng, SHORT_US);
                self.arrive(stream, works);
            }
            Event::LongArrives(stream) => {
                self.next_long(stream);
                let longest = self.streams[stream].longest_us;
                #[expect(clippy::cast_precision_loss, reason = "seconds of a transaction")]
                let longest = longest as f64;
                let works = between(&mut self.rng, longest / 2.0, longest);
                self.arrive(stream, works);
            }
            Event::Worked(session) => self.depart(session),
            Event::Expires(session) => self.expire(session),
            Event::RunnerTries | Event::RunnerWorked | Event::RunnerExpires(_) => {}
        }
        self.note();
        Some(event)
    }

    /// Whether nobody waits.
    pub(crate) fn is_calm(&self) -> bool {
        self.waiting == 0
    }

    /// The migration asks for a lock.
    pub(crate) fn runner_asks(&mut self, relation: usize, mode: LockMode) -> bool {
        self.queues[relation].ask(RUNNER, mode)
    }

    /// The migration gives up all its locks.
    pub(crate) fn runner_leaves(&mut self) {
        for relation in 0..self.queues.len() {
            self.leave(RUNNER, relation);
        }
    }

    fn next_arrival(&mut self, stream: usize) {
        let rate = self.streams[stream].per_s;
        if rate > 0 {
            let wait = around(&mut self.rng, 1e6 / f64::from(rate));
            self.at(self.now + wait, Event::Arrives(stream));
        }
    }

    /// Long transactions come so often that one is open for `LONG_SHARE` of the time.
    #[expect(clippy::cast_precision_loss, reason = "seconds of a transaction")]
    fn next_long(&mut self, stream: usize) {
        let longest = self.streams[stream].longest_us as f64;
        if longest > 0.0 {
            let wait = around(&mut self.rng, 0.75 * longest / LONG_SHARE);
            self.at(self.now + wait, Event::LongArrives(stream));
        }
    }

    /// One may be open already.
    #[expect(clippy::cast_precision_loss, reason = "seconds of a transaction")]
    fn first_long(&mut self, stream: usize) {
        let longest = self.streams[stream].longest_us as f64;
        let chance: f64 = self.rng.random();
        if longest > 0.0 && chance < LONG_SHARE {
            let left: f64 = self.rng.random();
            self.arrive(stream, whole(left * longest));
        }
        self.next_long(stream);
    }

    fn arrive(&mut self, stream: usize, works_us: u64) {
        let session = Session::try_from(self.requests.len()).unwrap_or(Session::MAX);
        let state = State::WaitsForConnection;
        self.requests.push(Request { stream, arrived: self.now, works_us, n_locks: 0, state });
        self.tally.requests += 1;
        self.waiting += 1;
        self.at(self.now + self.timeout_us, Event::Expires(session));
        self.lined_up.push_back(session);
        self.connect();
    }

    /// Gives free connections to those who wait for one.
    fn connect(&mut self) {
        while self.used < self.connections
            && let Some(session) = self.lined_up.pop_front()
        {
            if self.request(session).state == State::WaitsForConnection {
                self.used += 1;
                self.request(session).state = State::WaitsForLock;
                self.go_on(session);
            }
        }
    }

    fn request(&mut self, session: Session) -> &mut Request {
        &mut self.requests[session as usize]
    }

    /// Takes one lock after the other; with the last one it works.
    fn go_on(&mut self, session: Session) {
        loop {
            let Request { stream, n_locks, works_us, arrived, .. } = *self.request(session);
            let Some(&(relation, mode)) = self.streams[stream].locks.get(n_locks) else {
                let waited = self.now - arrived;
                self.tally.waited_us += waited;
                self.tally.longest_wait_us = self.tally.longest_wait_us.max(waited);
                self.request(session).state = State::Works;
                self.waiting -= 1;
                self.at(self.now + works_us, Event::Worked(session));
                return;
            };
            self.request(session).n_locks += 1;
            if !self.queues[relation].ask(session, mode) {
                return;
            }
        }
    }

    fn depart(&mut self, session: Session) {
        self.request(session).state = State::Gone;
        self.let_go(session);
        self.used -= 1;
        self.connect();
    }

    fn expire(&mut self, session: Session) {
        match self.request(session).state {
            State::Works | State::Gone => return,
            State::WaitsForConnection => self.request(session).state = State::Gone,
            State::WaitsForLock => {
                self.request(session).state = State::Gone;
                self.let_go(session);
                self.used -= 1;
            }
        }
        self.waiting -= 1;
        self.tally.failed += 1;
        self.tally.waited_us += self.timeout_us;
        self.tally.longest_wait_us = self.tally.longest_wait_us.max(self.timeout_us);
        self.bin().failed += 1;
        self.connect();
    }

    fn let_go(&mut self, session: Session) {
        let stream = self.request(session).stream;
        for place in 0..self.request(session).n_locks {
            let (relation, _) = self.streams[stream].locks[place];
            self.leave(session, relation);
        }
    }

    fn leave(&mut self, session: Session, relation: usize) {
        for granted in self.queues[relation].leave(session) {
            if granted == RUNNER {
                self.runner_granted = true;
            } else {
                self.go_on(granted);
            }
        }
    }

    fn bin(&mut self) -> &mut Bin {
        let at = usize::try_from(self.now / BIN_US).unwrap_or(usize::MAX);
        if self.bins.len() <= at {
            // What was the case goes on until something happens.
            let still = Bin { waiting: self.waiting, connections: self.used, failed: 0 };
            self.bins.resize(at + 1, still);
        }
        &mut self.bins[at]
    }

    fn note(&mut self) {
        let (waiting, used) = (self.waiting, self.used);
        self.tally.waiting_max = self.tally.waiting_max.max(waiting);
        self.tally.connections_max = self.tally.connections_max.max(used);
        let bin = self.bin();
        bin.waiting = bin.waiting.max(waiting);
        bin.connections = bin.connections.max(used);
    }
}
