//! Each step takes exactly the locks that it declares.

use libtest_mimic::Failed;
use planner::Plan;
use rehearsal::{locks, run};

use super::Stage;
use crate::cases::Case;

pub(super) fn trial(case: &Case, plan: &Plan, stage: &Stage<'_>) -> Result<(), Failed> {
    let database = stage.loaded(case)?;
    let mut client = database.connect()?;
    let mut lines = Vec::new();
    for step in plan.steps() {
        let seen = locks::run_step(&mut client, step).map_err(|f| run::at_step(step, f))?;
        lines.extend(locks::differences(step, &seen));
    }
    if lines.is_empty() { Ok(()) } else { Err(lines.join("\n").into()) }
}
