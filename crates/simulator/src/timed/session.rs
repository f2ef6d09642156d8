//! The migration in the crowd: a group of statements takes its locks, works, commits; where it waits
//! too long it gives all up and tries again later. Must not know what the statements are.

use planner::engine::LockMode;

use super::crowd::{Crowd, Event};
use super::script::{Group, Piece};

/// Time for the app alone before the first statement, microseconds.
const BEFORE_US: u64 = 1_000_000;
/// Time after the last wait has ended.
const AFTER_US: u64 = 500_000;
/// Work under a lock that requests wait for is followed event by event for so long; what is left of
/// it goes on as it was.
const FOLLOWED_US: u64 = 20_000_000;
/// Work that nobody waits for, likewise.
const CALM_US: u64 = 200_000;
/// Events in one step, at most.
const EVENTS_MAX: u64 = 4_000_000;

/// How often and after what pause a group that did not get its locks is tried again.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Retry {
    pub(crate) lock_timeout_us: Option<u64>,
    pub(crate) pause_us: u64,
    pub(crate) attempts_max: u32,
}

/// How a step's groups went.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Went {
    /// Tries, over all groups.
    pub(crate) attempts: u32,
    /// Whether every group is done.
    pub(crate) done: bool,
    /// Work that was not followed: nobody waited for it.
    pub(crate) calm_us: u64,
    /// The same, while requests went on failing.
    pub(crate) blocked_us: u64,
    /// Whether more happened than is followed.
    pub(crate) cut: bool,
    /// When the last group was done.
    pub(crate) ended: u64,
}

/// Runs the groups among the app's requests.
pub(crate) struct Runner<'a> {
    crowd: &'a mut Crowd,
    groups: &'a [Group],
    /// Modes that requests take, by relation.
    wanted: Vec<Vec<LockMode>>,
    retry: Retry,
    /// Group, piece in it, lock of that.
    at: (usize, usize, usize),
    attempts_here: u32,
    /// Number of the wait that is on.
    wait: u32,
    waits: bool,
    went: Went,
}

impl<'a> Runner<'a> {
    pub(crate) fn new(
        crowd: &'a mut Crowd,
        groups: &'a [Group],
        wanted: Vec<Vec<LockMode>>,
        retry: Retry,
    ) -> Self {
        Self {
            crowd,
            groups,
            wanted,
            retry,
            at: (0, 0, 0),
            attempts_here: 0,
            wait: 0,
            waits: false,
            went: Went::default(),
        }
    }

    /// Until every group is done or given up, and nobody waits any more.
    pub(crate) fn run(mut self) -> Went {
        self.crowd.at(BEFORE_US, Event::RunnerTries);
        let mut n_events = 0;
        let mut over = None;
        while let Some(event) = self.crowd.take() {
            n_events += 1;
            match event {
                Event::RunnerTries => self.attempt(),
                Event::RunnerWorked => self.worked(),
                Event::RunnerExpires(wait) if self.waits && wait == self.wait => self.give_up(),
                Event::RunnerExpires(_)
                | Event::Arrives(_)
                | Event::LongArrives(_)
                | Event::Worked(_)
                | Event::Expires(_) => {}
            }
            if std::mem::take(&mut self.crowd.runner_granted) {
                self.waits = false;
                self.at.2 += 1;
                self.go_on();
            }
            if self.is_over() && self.crowd.is_calm() {
                let since = *over.get_or_insert(self.crowd.now);
                if self.crowd.now > since + AFTER_US {
                    break;
                }
            } else {
                over = None;
            }
            if n_events > EVENTS_MAX {
                self.went.cut = true;
                break;
            }
        }
        self.went
    }

    fn is_over(&self) -> bool {
        self.at.0 >= self.groups.len()
    }

    fn attempt(&mut self) {
        self.went.attempts += 1;
        self.attempts_here += 1;
        self.at = (self.at.0, 0, 0);
        self.go_on();
    }

    fn piece(&self) -> Option<&Piece> {
        self.groups.get(self.at.0)?.get(self.at.1)
    }

    /// Takes one lock after the other; with the last of a statement it works.
    fn go_on(&mut self) {
        loop {
            let Some(piece) = self.piece() else { return };
            let (locks, works_us, timeout) =
                (piece.locks.clone(), piece.works_us, piece.lock_timeout_us);
            let Some(&(relation, mode)) = locks.get(self.at.2) else {
                let followed = self.followed(works_us);
                self.crowd.at(self.crowd.now + followed, Event::RunnerWorked);
                return;
            };
            if self.crowd.runner_asks(relation, mode) {
                self.at.2 += 1;
                continue;
            }
            self.waits = true;
            self.wait += 1;
            // A limit of none is a choice of the script (a concurrent build): no ladder shortens it.
            let timeout = match self.retry.lock_timeout_us {
                Some(given) if timeout > 0 => given,
                Some(_) | None => timeout,
            };
            if timeout > 0 {
                self.crowd.at(self.crowd.now + timeout, Event::RunnerExpires(self.wait));
            }
            return;
        }
    }

    /// How much of a statement's work is followed event by event.
    fn followed(&mut self, works_us: u64) -> u64 {
        let (group, piece, _) = self.at;
        let held = self.groups[group][..=piece].iter().flat_map(|piece| &piece.locks);
        let blocks = held.into_iter().any(|(relation, mode)| {
            let wanted = self.wanted.get(*relation).into_iter().flatten();
            wanted.into_iter().any(|w| w.conflicts_with(*mode))
        });
        let limit = if blocks { FOLLOWED_US } else { CALM_US };
        let left = works_us.saturating_sub(limit);
        if blocks {
            self.went.blocked_us += left;
        } else {
            self.went.calm_us += left;
        }
        works_us - left
    }

    fn worked(&mut self) {
        let (group, piece, _) = self.at;
        if piece + 1 < self.groups[group].len() {
            self.at = (group, piece + 1, 0);
            self.go_on();
            return;
        }
        self.crowd.runner_leaves();
        self.at = (group + 1, 0, 0);
        self.attempts_here = 0;
        self.went.ended = self.crowd.now;
        if self.is_over() {
            self.went.done = true;
        } else {
            self.crowd.at(self.crowd.now + 1_000, Event::RunnerTries);
        }
    }

    fn give_up(&mut self) {
        self.waits = false;
        self.crowd.runner_leaves();
        self.went.ended = self.crowd.now;
        if self.attempts_here >= self.retry.attempts_max {
            self.at = (self.groups.len(), 0, 0);
        } else {
            self.crowd.at(self.crowd.now + self.retry.pause_us, Event::RunnerTries);
        }
    }
}

/// Start of the first statement in the crowd's time.
pub(crate) const STARTS_US: u64 = BEFORE_US;
