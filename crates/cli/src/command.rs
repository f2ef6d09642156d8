//! The commands, a file each. Must not read arguments or files by itself.

pub(crate) mod check;
pub(crate) mod plan;
pub(crate) mod prove;
pub(crate) mod simulate;

use planner::{Plan, Planned};

use crate::input::Asked;
use crate::output;
use crate::report::BadInput;

/// The plan, with warnings told; or everything that was wrong.
fn planned(asked: &Asked, planned: Planned) -> Result<Plan, BadInput> {
    let findings = asked.report(&planned.diagnostics);
    match planned.plan {
        Some(plan) => {
            output::complain(&findings);
            Ok(plan)
        }
        None => Err(BadInput(findings)),
    }
}
