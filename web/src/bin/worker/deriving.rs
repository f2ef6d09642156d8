//! What is found of a plan beside its verdict, and the run behind each cell of it.

use planner::Plan;
use simulator::{Bounds, Endings, Matrix, Strip, Trace, Unmodelled};
use web::protocol::{CellAt, Derived};

/// What a rollback keeps, what each release can do, how faults end.
pub(crate) fn derived(plan: &Plan, bounds: &Bounds) -> Result<Derived, Unmodelled> {
    Ok(Derived {
        strip: Strip::new(plan, bounds)?,
        matrix: Matrix::new(plan, bounds)?,
        endings: Endings::new(plan, bounds)?,
    })
}

/// The run behind a cell; nothing where there is no such cell.
pub(crate) fn trace(plan: &Plan, bounds: &Bounds, cell: &CellAt) -> Option<Trace> {
    let found = match cell {
        CellAt::WayBack { step } => Strip::trace(plan, bounds, step),
        CellAt::Works { step, release, does } => {
            Matrix::trace(plan, bounds, step.as_deref(), (release, *does))
        }
        CellAt::Ends { step, fault } => Endings::trace(plan, bounds, step, *fault),
    };
    found.ok().flatten()
}
