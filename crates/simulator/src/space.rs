//! A plan's states for who searches them with an engine of their own: the first one, and those that
//! follow each. To compare engines on the same states; `proof` is the search. Must not judge.

use planner::Plan;

use crate::model::{Model, Unmodelled};
use crate::proof::initial;
use crate::scenario::Bounds;
use crate::slice;
use crate::store::Packed;
use crate::transition::Next;

/// A state. Means something in its own `Space` only.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct State(Packed);

/// The states of a plan's first group of tables.
pub struct Space {
    model: Model,
    first: Packed,
    next: Next,
}

impl Space {
    /// The states of a plan within bounds.
    ///
    /// # Errors
    /// Why the plan cannot be modelled.
    pub fn new(plan: &Plan, bounds: &Bounds) -> Result<Self, Unmodelled> {
        let group = slice::components(plan).into_iter().next().unwrap_or_default();
        let mut model = Model::new(plan, bounds, &group)?;
        let first = initial(&mut model)?;
        let first = model.pack(&first);
        Ok(Self { model, first, next: Next::new() })
    }

    /// How many groups of tables the plan has: a proof searches each.
    pub fn groups(plan: &Plan) -> usize {
        slice::components(plan).len()
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
}
