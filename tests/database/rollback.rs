//! From every step before the point of no return the rollback scripts, run backwards, restore the
//! schema and the rows.

use libtest_mimic::Failed;
use planner::Plan;
use planner::plan::Step;
use rehearsal::{Client, Failure, run, snapshot};
use std::time::Duration;

use super::{Stage, ignored_columns, same};
use crate::cases::Case;

pub(super) fn trial(case: &Case, plan: &Plan, stage: &Stage<'_>) -> Result<(), Failed> {
    let database = stage.loaded(case)?;
    let mut client = database.connect()?;
    let ignored = ignored_columns(case);
    let schema = snapshot::schema(&mut client)?;
    let rows = snapshot::rows(&mut client, &ignored)?;
    let steps: Vec<&Step> = plan
        .steps()
        .take_while(|step| Some(&step.id) != plan.point_of_no_return.step.as_ref())
        .collect();
    for last in 1..=steps.len() {
        // The database is as it was: the round before has shown it.
        there_and_back(&mut client, &steps[..last])?;
        let id = &steps[last - 1].id;
        let found = snapshot::schema(&mut client)?;
        same(&format!("rolled back from step {id}, the schema differs"), &schema, &found)?;
        let found = snapshot::rows(&mut client, &ignored)?;
        same(&format!("rolled back from step {id}, rows differ"), &rows, &found)?;
    }
    Ok(())
}

fn there_and_back(client: &mut Client, steps: &[&Step]) -> Result<(), Failure> {
    for step in steps {
        run::run_step(client, step)
            .and_then(|()| run::gate(client, step, Duration::ZERO))
            .map_err(|failure| run::at_step(step, failure))?;
    }
    for step in steps.iter().rev() {
        run::roll_back_step(client, step).map_err(|failure| {
            let failure = run::at_step(step, failure);
            Failure { message: format!("rolling back, {}", failure.message), ..failure }
        })?;
    }
    Ok(())
}
