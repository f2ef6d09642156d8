//! A plan's states for who searches them with an engine of their own: the first one, and those that
//! follow each. To compare engines on the same states; `proof` is the search. Must not judge.

use planner::Plan;

use crate::model::{Model, Unmodelled};
use crate::proof::{initial, searches};
use crate::scenario::Bounds;
use crate::store::Packed;
use crate::transition::{Next, Outcome};
use crate::world::World;

/// A state. Means something in its own `Space` only.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct State(Packed);

/// A state with all of its parts side by side, as one would write it down who has no search in mind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Whole(World);

/// The states of one of the searches that a proof of a plan consists of.
pub struct Space {
    model: Model,
    start: World,
    first: Packed,
    next: Next,
}

impl Space {
    /// Those of every search of a plan within bounds.
    ///
    /// # Errors
    /// Why the plan cannot be modelled.
    pub fn all(plan: &Plan, bounds: &Bounds) -> Result<Vec<Self>, Unmodelled> {
        let one = |cut| {
            let mut model = Model::of_cut(plan, bounds, cut)?;
            let start = initial(&mut model)?;
            let first = model.pack(&start);
            Ok(Self { model, start, first, next: Next::new() })
        };
        searches(plan, bounds).iter().map(one).collect()
    }

    /// The state before anything.
    pub fn first(&self) -> State {
        State(self.first)
    }

    /// Where each thing that can happen next leads; what breaks a promise leads nowhere.
    ///
    /// # Errors
    /// What the model has no room for.
    pub fn after(&mut self, state: State, mut go: impl FnMut(State)) -> Result<(), Unmodelled> {
        let Self { model, next, .. } = self;
        model.follow(state.0, next, |_, _, led| {
            if let Ok((to, _)) = led {
                go(State(to));
            }
            true
        })?;
        Ok(())
    }

    /// Whether every release that runs reads the state's rows well.
    pub fn holds(&mut self, state: State) -> bool {
        self.model.look(state.0).is_ok()
    }

    /// The state before anything, whole.
    pub fn start(&self) -> Whole {
        Whole(self.start)
    }

    /// As `after`, each effect worked out anew.
    ///
    /// # Errors
    /// What the model has no room for.
    pub fn after_anew(
        &mut self,
        state: Whole,
        mut go: impl FnMut(Whole),
    ) -> Result<(), Unmodelled> {
        let Self { model, next, .. } = self;
        model.successors_anew(&state.0, next)?;
        for (_, outcome) in next.drain(..) {
            if let Outcome::Next(to, _) = outcome {
                go(Whole(to));
            }
        }
        Ok(())
    }

    /// As `holds`, worked out anew.
    pub fn holds_anew(&self, state: Whole) -> bool {
        self.model.look_anew(&state.0).is_ok()
    }
}
