//! What a way costs: the sum of its steps, or of the work it would be. Must not choose.

use crate::estimate::{self, Ground};
use crate::plan::{Cost, Estimate};
use crate::recipe::{Context, Recipe, Slot};

/// The cost of carrying out a recipe's steps on the request's sizes.
pub(super) fn of_recipe(context: &Context<'_>, recipe: &Recipe) -> Cost {
    let mut schema = context.schema.clone();
    let ground =
        Ground { request: context.request, engine: context.engine, source: context.source };
    let mut cost = Cost { releases: u32::from(recipe.needs_release), ..Cost::default() };
    if recipe.needs_release && context.request.stops() {
        cost.downtime_seconds = estimate::restart(context.request);
    }
    for draft in &recipe.drafts {
        let (step, blocked) = ground.draft(&mut schema, draft);
        if draft.slot == Slot::Stopped {
            cost.downtime_seconds.0 += step.seconds.0;
            cost.downtime_seconds.1 += step.seconds.1;
        } else if blocked.1 > cost.blocked_seconds.1 {
            cost.blocked_seconds = blocked;
        }
        cost.work = estimate::add(&cost.work, &step);
    }
    cost
}

/// A few statements on the catalogue, each with its wait for a lock.
pub(super) fn of_catalogue(context: &Context<'_>, statements: u32, releases: u32) -> Cost {
    let wait = f64::from(context.request.constraints.lock_wait_ms) / 1000.0;
    let n = f64::from(statements);
    Cost {
        work: Estimate { seconds: (n * 0.003, n * wait), ..Estimate::default() },
        releases,
        ..Cost::default()
    }
}
