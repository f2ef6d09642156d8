//! Plans in the lock queues under the traffic of their requests: every statement gets its locks, no
//! request fails, and none waits longer than the request's lock budget, or for a row of a batch. The
//! same seed gives the same run. Must not know why a plan is as it is.

use std::sync::Arc;

use libtest_mimic::{Completion, Failed, Trial};
use planner::Plan;
use simulator::{Setting, TimedStep, TimedWalk};

use crate::cases::Case;

/// Runs of each plan.
const SEEDS: u64 = 3;

/// The trial of a case.
pub(crate) fn trial(case: &Arc<Case>) -> Trial {
    let case = Arc::clone(case);
    Trial::ignorable_test(format!("{}::timed", case.name), move || match case.plan() {
        Ok(plan) => perform(&plan).map(|()| Completion::Completed),
        Err(reason) => Ok(Completion::ignored_with(reason)),
    })
}

fn perform(plan: &Plan) -> Result<(), Failed> {
    let mut lines = Vec::new();
    for seed in 0..SEEDS {
        let setting = Setting { seed, ..Setting::default() };
        let steps: Vec<TimedStep> = TimedWalk::new(plan, &setting).collect();
        if steps != TimedWalk::new(plan, &setting).collect::<Vec<_>>() {
            lines.push(format!("seed {seed} gives two different runs"));
        }
        lines.extend(steps.iter().zip(plan.steps()).filter(|(_, step)| step.online).filter_map(
            |(timed, _)| {
                complaint(plan, timed).map(|why| format!("seed {seed}, {}: {why}", timed.id))
            },
        ));
    }
    if lines.is_empty() { Ok(()) } else { Err(lines.join("\n").into()) }
}

#[expect(clippy::cast_precision_loss, reason = "milliseconds")]
fn complaint(plan: &Plan, timed: &TimedStep) -> Option<String> {
    // What runs while a lock is held, and the line of those who waited for it.
    let slack_s = 0.1;
    let budget_s = plan.model.lock_wait_ms as f64 / 1e3 + slack_s;
    if !timed.done {
        Some(format!("its locks are not to be had in {} tries", timed.attempts))
    } else if timed.cut {
        Some("too much happens to be followed".to_owned())
    } else if timed.failed > 0 {
        Some(format!("{} of {} requests fail", timed.failed, timed.requests))
    } else if timed.longest_wait_s > budget_s && timed.batches == 0 {
        Some(format!("a request waits {} s, more than {budget_s} s", timed.longest_wait_s))
    } else {
        None
    }
}
