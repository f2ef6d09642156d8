//! The lock queue of one relation, as PostgreSQL keeps it (`storage/lmgr/proc.c`, `lock.c`; manual
//! 13.3): granted where nothing held and nothing that waits ahead conflicts, else first come, first
//! served. Must not know time.

use std::collections::{BTreeMap, VecDeque};

use planner::engine::lock::{self, LockMode};

/// Who asks for locks.
pub type Session = u32;

/// The lock queue of one relation.
#[derive(Clone, Debug, Default)]
pub struct Queue {
    held: BTreeMap<Session, Modes>,
    /// How many sessions hold each mode.
    counts: [u32; MODES],
    waiting: VecDeque<(Session, LockMode)>,
}

const MODES: usize = 8;

/// A set of lock modes, a bit each.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Modes(u8);

impl Modes {
    fn with(self, mode: LockMode) -> Self {
        Self(self.0 | 1 << mode as u8)
    }

    fn has(self, mode: LockMode) -> bool {
        self.0 & (1 << mode as u8) != 0
    }

    fn conflict_with(self, mode: LockMode) -> bool {
        mode.conflicts().iter().any(|other| self.has(*other))
    }
}

impl Queue {
    /// Asks for a mode; whether it is granted at once. Else the session waits.
    pub fn ask(&mut self, session: Session, mode: LockMode) -> bool {
        let own = self.held.get(&session).copied().unwrap_or_default();
        if own.has(mode) {
            return true;
        }
        let ahead = self.waiting.iter().fold(Modes::default(), |all, (_, m)| all.with(*m));
        if !ahead.conflict_with(mode) && !self.is_held_against(session, mode) {
            self.grant(session, mode);
            return true;
        }
        // Who waits for what this session holds cannot come before it: it goes ahead of them.
        let place = self.waiting.iter().position(|(_, wanted)| own.conflict_with(*wanted));
        let Some(place) = place else {
            self.waiting.push_back((session, mode));
            return false;
        };
        let before = self.waiting.iter().take(place);
        let before = before.fold(Modes::default(), |all, (_, m)| all.with(*m));
        if !before.conflict_with(mode) && !self.is_held_against(session, mode) {
            self.grant(session, mode);
            return true;
        }
        self.waiting.insert(place, (session, mode));
        false
    }

    /// The session gives up all that it holds and waits for; who is granted a lock by that, in order.
    pub fn leave(&mut self, session: Session) -> Vec<Session> {
        let own = self.held.remove(&session).unwrap_or_default();
        for mode in lock::MODES {
            if own.has(mode) {
                self.counts[mode as usize] -= 1;
            }
        }
        self.waiting.retain(|(other, _)| *other != session);
        self.wake()
    }

    /// Who waits for which mode, in order.
    pub fn waiting(&self) -> impl Iterator<Item = (Session, LockMode)> + '_ {
        self.waiting.iter().copied()
    }

    /// Who holds which modes.
    pub fn held(&self) -> impl Iterator<Item = (Session, LockMode)> + '_ {
        let modes = |own: Modes| lock::MODES.into_iter().filter(move |mode| own.has(*mode));
        self.held.iter().flat_map(move |(session, own)| modes(*own).map(|mode| (*session, mode)))
    }

    fn wake(&mut self) -> Vec<Session> {
        let mut granted = Vec::new();
        let mut ahead = Modes::default();
        for (session, mode) in std::mem::take(&mut self.waiting) {
            if ahead.conflict_with(mode) || self.is_held_against(session, mode) {
                ahead = ahead.with(mode);
                self.waiting.push_back((session, mode));
            } else {
                self.grant(session, mode);
                granted.push(session);
            }
        }
        granted
    }

    fn is_held_against(&self, session: Session, mode: LockMode) -> bool {
        let own = self.held.get(&session).copied().unwrap_or_default();
        mode.conflicts().iter().any(|m| self.counts[*m as usize] > u32::from(own.has(*m)))
    }

    fn grant(&mut self, session: Session, mode: LockMode) {
        let own = self.held.entry(session).or_default();
        *own = own.with(mode);
        self.counts[mode as usize] += 1;
    }
}

#[cfg(test)]
mod tests {
    use planner::engine::LockMode::{AccessExclusive, AccessShare, RowExclusive, Share};

    use super::*;

    #[test]
    fn a_reader_queues_behind_an_alter_that_waits() {
        let mut queue = Queue::default();
        assert!(queue.ask(1, AccessShare));
        assert!(!queue.ask(2, AccessExclusive));
        assert!(!queue.ask(3, AccessShare));
        assert_eq!(queue.leave(1), [2]);
        assert_eq!(queue.leave(2), [3]);
    }

    #[test]
    fn who_gives_up_lets_those_behind_pass() {
        let mut queue = Queue::default();
        assert!(queue.ask(1, AccessShare));
        assert!(!queue.ask(2, AccessExclusive));
        assert!(!queue.ask(3, AccessShare));
        assert!(!queue.ask(4, RowExclusive));
        assert_eq!(queue.leave(2), [3, 4]);
    }

    #[test]
    fn who_holds_what_others_wait_for_goes_ahead_of_them() {
        let mut queue = Queue::default();
        assert!(queue.ask(1, Share));
        assert!(!queue.ask(2, RowExclusive));
        assert!(queue.ask(1, AccessExclusive));
        assert_eq!(queue.leave(1), [2]);
    }
}
