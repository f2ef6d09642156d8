//! No request of any release fails, or waits long, while the plan runs.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use libtest_mimic::Failed;
use planner::Plan;
use rehearsal::traffic;

use super::Stage;
use crate::cases::Case;

pub(super) fn trial(case: &Case, plan: &Plan, stage: &Stage<'_>) -> Result<(), Failed> {
    // Waits are measured, and instances counted: one at a time.
    static ALONE: Mutex<()> = Mutex::new(());
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let database = stage.loaded(case)?;
    let report = traffic::run_plan(&database, plan)?;
    if !report.errors.is_empty() {
        return Err(format!("requests failed:\n{}", report.errors.join("\n")).into());
    }
    let budget = Duration::from_millis(plan.model.lock_wait_ms);
    if report.longest >= budget {
        let what = report.longest_what;
        return Err(
            format!("a request took {:?}, budget {budget:?}: {what}", report.longest).into()
        );
    }
    Ok(())
}
