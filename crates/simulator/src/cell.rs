//! Cells of what is derived of a plan, by name: `7.2` (its way back), `7.2:R0:read`, `before:R1:insert`,
//! `7.2:crash_after`. Must not derive anything by itself.

use planner::Plan;

use crate::endings::{Endings, FAULTS};
use crate::matrix::{DOES, Matrix};
use crate::model::Unmodelled;
use crate::scenario::Bounds;
use crate::strip::Strip;
use crate::trace::Trace;

/// The run behind a cell; `None` where there is no such cell.
///
/// # Errors
/// Why the plan cannot be modelled.
pub fn trace_of(plan: &Plan, bounds: &Bounds, cell: &str) -> Result<Option<Trace>, Unmodelled> {
    let parts: Vec<&str> = cell.split(':').map(str::trim).collect();
    match parts.as_slice() {
        [step] => Strip::trace(plan, bounds, step),
        [step, fault] => match FAULTS.iter().find(|f| f.id() == *fault) {
            Some(fault) => Endings::trace(plan, bounds, step, *fault),
            None => Ok(None),
        },
        [step, release, does] => match DOES.iter().find(|d| d.name() == *does) {
            Some(does) => {
                let step = (*step != "before").then_some(*step);
                Matrix::trace(plan, bounds, step, (release, *does))
            }
            None => Ok(None),
        },
        _ => Ok(None),
    }
}
