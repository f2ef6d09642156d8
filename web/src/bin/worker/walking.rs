//! A run, and what of it the shell has not seen yet.

use planner::Plan;
use simulator::{Bounds, Walk};
use web::link::Move;
use web::protocol::Walked;

/// Far more than anybody steps through.
const MOVES_MAX: usize = 10_000;

/// A run.
pub(crate) struct Walking {
    id: u64,
    walk: Walk,
}

impl Walking {
    /// Starts a run.
    pub(crate) fn start(id: u64, plan: &Plan, seed: u64, bounds: &Bounds) -> Result<Self, String> {
        let walk = Walk::new(plan, bounds, seed).map_err(|why| why.to_string())?;
        Ok(Self { id, walk })
    }

    /// Does what was done before, as far as it still can be done, and looks at a moment of it.
    pub(crate) fn again(&mut self, moves: &[Move], at: usize) -> Walked {
        for done in moves.iter().take(MOVES_MAX) {
            let from = self.walk.at();
            match done {
                Move::Step => {
                    self.walk.step();
                }
                Move::Take(words) => {
                    let choices = self.walk.choices();
                    if let Some(choice) = choices.iter().position(|c| Move::words(c) == *words) {
                        self.walk.take(choice);
                    }
                }
                Move::RollBack => self.walk.roll_back(),
            }
            if self.walk.at() == from {
                break;
            }
        }
        self.walk.seek(at.min(self.walk.at()));
        self.report(0)
    }

    /// Lets the seed choose.
    pub(crate) fn step(&mut self, from: usize) -> Walked {
        self.go_on(from, |walk| {
            walk.step();
        })
    }

    /// Takes a choice.
    pub(crate) fn take(&mut self, from: usize, choice: usize) -> Walked {
        self.go_on(from, |walk| walk.take(choice))
    }

    /// Rolls the plan back.
    pub(crate) fn roll_back(&mut self, from: usize) -> Walked {
        self.go_on(from, Walk::roll_back)
    }

    /// Looks at another moment.
    pub(crate) fn seek(&mut self, at: usize) -> Walked {
        self.walk.seek(at);
        self.report(self.walk.trace().moments.len())
    }

    fn go_on(&mut self, from: usize, act: impl FnOnce(&mut Walk)) -> Walked {
        self.walk.seek(from);
        act(&mut self.walk);
        // Where nothing could happen, the later moments, if any, are as they were.
        let keep = if self.walk.at() > from { from + 1 } else { self.walk.trace().moments.len() };
        self.report(keep)
    }

    fn report(&mut self, keep: usize) -> Walked {
        Walked {
            id: self.id,
            keep,
            moments: self.walk.trace().moments.iter().skip(keep).cloned().collect(),
            at: self.walk.at(),
            choices: self.walk.choices(),
            can_roll_back: self.walk.can_roll_back(),
        }
    }
}
