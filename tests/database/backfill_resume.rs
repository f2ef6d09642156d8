//! A backfill whose session is killed half-way goes on where it stood when it is called again.

use std::thread::{scope, sleep};
use std::time::{Duration, Instant};

use libtest_mimic::Failed;
use planner::Plan;
use planner::op::{Op, sql::render};
use planner::plan::{Statement, Step};
use rehearsal::{Database, Failure, run};

use super::Stage;
use crate::cases::Case;

pub(super) fn trial(case: &Case, plan: &Plan, stage: &Stage<'_>) -> Result<(), Failed> {
    let plan = slowed(plan);
    let database = stage.loaded(case)?;
    let mut client = database.connect()?;
    for step in plan.steps() {
        let result = match called(step) {
            Some(name) => {
                kill_half_way(&database, step, name).and_then(|()| run::run_step(&mut client, step))
            }
            None => run::run_step(&mut client, step),
        };
        result
            .and_then(|()| run::gate(&mut client, step, Duration::ZERO))
            .map_err(|failure| run::at_step(step, failure))?;
    }
    Ok(())
}

/// The backfill that a step calls.
fn called(step: &Step) -> Option<&str> {
    step.script.iter().find_map(|statement| {
        let Op::RunBackfill { backfill } = &statement.op else { return None };
        Some(backfill.name.as_str())
    })
}

/// The plan with backfills in tiny batches and long pauses, so that there is time to kill one.
fn slowed(plan: &Plan) -> Plan {
    let slow = |statement: &mut Statement| {
        let (Op::CreateBackfill { backfill } | Op::RunBackfill { backfill }) = &mut statement.op
        else {
            return;
        };
        backfill.batch_rows = 3;
        backfill.tuner.rows_min = 1;
        backfill.tuner.rows_max = 3;
        backfill.pause_ms = 100;
        statement.sql = render(&statement.op);
    };
    let mut plan = plan.clone();
    let steps = plan.phases.iter_mut().flat_map(|phase| &mut phase.steps);
    steps.flat_map(|step| &mut step.script).for_each(slow);
    plan
}

/// Runs the step on a connection of its own and kills that once the first batch is committed.
fn kill_half_way(database: &Database<'_>, step: &Step, name: &str) -> Result<(), Failure> {
    let mut victim = database.connect_as("victim")?;
    let mut client = database.connect()?;
    let progress = format!("SELECT rows_seen FROM concertina.backfill WHERE name = '{name}'");
    scope(|threads| {
        let runner = threads.spawn(|| run::run_step(&mut victim, step));
        let started = Instant::now();
        loop {
            let seen = run::query(&mut client, &progress)?;
            if seen.first().is_some_and(|n| n != "0") {
                break;
            }
            if runner.is_finished() || started.elapsed() > Duration::from_secs(10) {
                return Err(Failure::new(progress.clone(), "the backfill does not show progress"));
            }
            sleep(Duration::from_millis(5));
        }
        let kill = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
                    WHERE application_name = 'victim' AND datname = current_database()";
        run::query(&mut client, kill)?;
        match runner.join() {
            Ok(Err(failure)) if failure.sqlstate.as_deref() == Some("57P01") => Ok(()),
            Ok(Err(failure)) if failure.message.contains("closed") => Ok(()),
            Ok(Err(failure)) => Err(failure),
            Ok(Ok(())) => Err(Failure::new(kill, "the backfill ended before it was killed")),
            Err(_) => Err(Failure::new(kill, "the thread panicked")),
        }
    })
}
