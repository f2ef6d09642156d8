//! One run, step by step, forward and back: the seed chooses, or the user does. Every choice of
//! the search is there; the seed prefers that the migration gets on and that faults are rare.

use planner::Plan;
use planner::name::QName;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

use crate::model::{Model, Unmodelled};
use crate::proof::initial;
use crate::scenario::Bounds;
use crate::slice;
use crate::trace::{BrokenPromise, Moment, Trace};
use crate::transition::{Action, Next, Outcome};
use crate::world::{Mode, World};

/// Something that can happen next.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Choice {
    /// What, a line.
    pub label: String,
    /// Who.
    pub actor: String,
    /// Whether it is a fault.
    pub fault: bool,
}

/// A run.
pub struct Walk {
    model: Model,
    seed: u64,
    /// State after each moment; the same length as the trace.
    worlds: Vec<World>,
    trace: Trace,
    at: usize,
}

impl Walk {
    /// A run of a plan. Of several independent groups of tables, the largest is shown.
    ///
    /// # Errors
    /// Why the plan cannot be modelled.
    pub fn new(plan: &Plan, bounds: &Bounds, seed: u64) -> Result<Self, Unmodelled> {
        let groups = slice::components(plan);
        let all: std::collections::BTreeSet<QName> = groups.iter().flatten().cloned().collect();
        let mut model = Model::new(plan, bounds, &all)?;
        let world = initial(&mut model)?;
        let trace = Trace { moments: vec![model.start(&world)] };
        Ok(Self { model, seed, worlds: vec![world], trace, at: 0 })
    }

    /// What can happen next, at the moment looked at.
    pub fn choices(&mut self) -> Vec<Choice> {
        let world = self.worlds[self.at];
        self.next()
            .into_iter()
            .map(|(action, _)| Choice {
                label: self.model.say(&world, action),
                actor: self.model.actor(&world, action),
                fault: action.is_fault(),
            })
            .collect()
    }

    fn next(&mut self) -> Next {
        let world = self.worlds[self.at];
        let mut next = Next::new();
        if self.is_broken() || self.model.successors(&world, &mut next).is_err() {
            return Next::new();
        }
        next
    }

    /// Whether the moment looked at broke a promise: nothing follows it.
    fn is_broken(&self) -> bool {
        self.trace.moments[self.at].broken.is_some()
    }

    /// Takes the choice of that number; what came after the moment looked at is dropped.
    pub fn take(&mut self, choice: usize) {
        let mut next = self.next();
        if choice < next.len() {
            let (action, outcome) = next.swap_remove(choice);
            self.push(action, outcome);
        }
    }

    fn push(&mut self, action: Action, outcome: Outcome) {
        let before = self.worlds[self.at];
        self.worlds.truncate(self.at + 1);
        self.trace.moments.truncate(self.at + 1);
        let (after, broken) = match outcome {
            Outcome::Next(after, _) => {
                let packed = self.model.pack(&after);
                (after, self.model.look(packed).err())
            }
            Outcome::Broken(broken) => (before, Some(broken)),
        };
        let mut moment = self.model.moment(&before, action, &after);
        moment.broken = broken.as_ref().map(BrokenPromise::from);
        self.trace.moments.push(moment);
        self.worlds.push(after);
        self.at += 1;
    }

    /// Lets the seed choose. False when nothing can happen any more.
    pub fn step(&mut self) -> bool {
        let mut next = self.next();
        let world = self.worlds[self.at];
        let finished = self.is_over(&world);
        let weights: Vec<u32> = next.iter().map(|(action, _)| weight(*action, finished)).collect();
        let total: u32 = weights.iter().sum();
        if total == 0 {
            return false;
        }
        // Each moment draws anew from the seed: a run forked in the middle goes on the same way.
        let mut rng =
            ChaCha8Rng::seed_from_u64(self.seed ^ (self.at as u64).wrapping_mul(0x9e37_79b9));
        let mut drawn = rng.random_range(0..total);
        let chosen = weights.iter().position(|w| {
            let hit = drawn < *w;
            drawn = drawn.saturating_sub(*w);
            hit
        });
        if let Some(chosen) = chosen {
            let (action, outcome) = next.swap_remove(chosen);
            self.push(action, outcome);
        }
        true
    }

    fn is_over(&self, world: &World) -> bool {
        world.runner.mode == Mode::RolledBack
            || (world.runner.mode == Mode::Forward
                && usize::from(world.runner.step) >= self.model.steps.len())
    }

    /// Whether the plan is finished or rolled back at the moment looked at, or a promise is broken.
    pub fn finished(&self) -> bool {
        self.is_broken() || self.is_over(&self.worlds[self.at])
    }

    /// Whether the plan promises a way back from the moment looked at.
    pub fn can_roll_back(&mut self) -> bool {
        self.next().iter().any(|(action, _)| *action == Action::RollBack)
    }

    /// Decides to roll back, where the plan promises a way back.
    pub fn roll_back(&mut self) {
        let mut next = self.next();
        if let Some(i) = next.iter().position(|(action, _)| *action == Action::RollBack) {
            let (action, outcome) = next.swap_remove(i);
            self.push(action, outcome);
        }
    }

    /// Looks at another moment; later ones stay until something new happens here.
    pub fn seek(&mut self, moment: usize) {
        self.at = moment.min(self.worlds.len() - 1);
    }

    /// The moment looked at.
    pub fn at(&self) -> usize {
        self.at
    }

    /// All moments.
    pub fn trace(&self) -> &Trace {
        &self.trace
    }

    /// The moment looked at, itself.
    pub fn moment(&self) -> &Moment {
        &self.trace.moments[self.at]
    }
}

/// How likely the seed is to choose an action: the migration gets on between bursts of traffic.
/// Faults and the decision to roll back are the user's.
fn weight(action: Action, finished: bool) -> u32 {
    match action {
        Action::Run | Action::Batch | Action::Pass | Action::Backup => 24,
        Action::Roll { .. } | Action::StragglerGoes => 16,
        Action::Recover => 40,
        Action::App { .. } if finished => 0,
        Action::App { .. } => 2,
        Action::RollBack
        | Action::CrashBefore
        | Action::CrashAfter
        | Action::BuildFails
        | Action::AbortDeploy
        | Action::Straggler => 0,
    }
}
