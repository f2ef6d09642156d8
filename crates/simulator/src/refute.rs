//! A broken promise with the way to it: the actions between its states are found again, since a search
//! keeps states only. Must not decide what is broken.

use crate::invariant::{Always, Broken};
use crate::model::{Model, Unmodelled};
use crate::proof::{Counterexample, Verdict};
use crate::search::Graph;
use crate::store::Packed;
use crate::trace::{BrokenPromise, Trace};
use crate::transition::{Action, Next, Outcome};
use crate::world::{Runner, World};

/// The states that one leads to without a fault.
pub(crate) fn leads_to(model: &mut Model, state: Packed) -> Result<Vec<Packed>, Unmodelled> {
    let world = model.unpack(state);
    let mut next = Next::new();
    model.successors(&world, &mut next)?;
    let ways = next.into_iter().filter(|(action, _)| !action.is_fault());
    Ok(ways
        .filter_map(|(_, outcome)| match outcome {
            Outcome::Next(to, _) => Some(model.pack(&to)),
            Outcome::Broken(_) => None,
        })
        .collect())
}

/// A way from state to state: the first, and each action with the state after it.
fn actions(
    model: &mut Model,
    states: &[Packed],
) -> Result<(World, Vec<(Action, World)>), Unmodelled> {
    let mut world = model.unpack(states[0]);
    let start = world;
    let mut way = Vec::new();
    let mut next = Next::new();
    for &state in &states[1..] {
        model.successors(&world, &mut next)?;
        for (action, outcome) in next.drain(..) {
            if let Outcome::Next(after, _) = outcome
                && model.pack(&after) == state
            {
                way.push((action, after));
                world = after;
                break;
            }
        }
    }
    Ok((start, way))
}

/// That nothing leads on from a state.
pub(crate) fn stuck_words(model: &Model, graph: &Graph<Packed>, stuck: u32) -> Broken {
    let Runner { step, .. } = graph.all()[stuck as usize].runner();
    let step = model.steps.get(usize::from(step)).map_or("", |s| s.id.as_str());
    let detail = format!(
        "at step {step} the migration can be neither finished nor rolled back: the next statement is refused, or its conditions never hold"
    );
    Broken::new(Always::NeverStuck, detail)
}

/// The verdict: the states on the way, and the action that breaks the promise where no state does.
pub(crate) fn refuted(
    model: &mut Model,
    (way, last): (&[Packed], Option<Action>),
    broken: &Broken,
    states: u64,
) -> Result<Verdict, Unmodelled> {
    let (start, way) = actions(model, way)?;
    let mut trace = Trace { moments: vec![model.start(&start)] };
    let mut world = start;
    for (action, after) in way {
        trace.moments.push(model.moment(&world, action, &after));
        world = after;
    }
    if let Some(action) = last {
        trace.moments.push(model.moment(&world, action, &world));
    }
    let promise = BrokenPromise::from(broken);
    if let Some(moment) = trace.moments.last_mut() {
        moment.broken = Some(promise.clone());
    }
    Ok(Verdict::Refuted(Box::new(Counterexample::new(promise, states, trace))))
}
