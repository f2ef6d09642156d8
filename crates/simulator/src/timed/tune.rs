//! Lock timeouts, pauses and batch lengths held against each other on the same traffic. Must not
//! choose: what an error is worth is the user's to say; the order is by what fails, then by time.

use planner::Plan;
use serde::{Deserialize, Serialize};

use super::{Setting, TimedWalk};

const LOCK_TIMEOUTS_MS: [u32; 5] = [50, 200, 1_000, 2_000, 5_000];
const PAUSES_MS: [u32; 3] = [200, 1_000, 5_000];
const BATCHES_MS: [u32; 3] = [100, 500, 2_000];
/// Runs of each, with seeds from the given one on.
const RUNS: u64 = 3;

/// A setting and what came of it: the worst of its runs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Tuned {
    /// The setting.
    pub setting: Setting,
    /// How long the whole plan took, seconds.
    pub seconds: f64,
    /// Requests that were given up.
    pub failed: u64,
    /// The longest wait of a request, seconds.
    pub longest_wait_s: f64,
    /// Tries for locks.
    pub attempts: u32,
    /// Whether every statement got its locks.
    pub done: bool,
}

/// The plan under each setting, the one under which least fails first.
pub fn tune(plan: &Plan, base: &Setting) -> Vec<Tuned> {
    let fills =
        plan.steps().any(|step| step.script.iter().any(|s| super::backfill(&s.op).is_some()));
    let batches: Vec<Option<u32>> =
        if fills { BATCHES_MS.iter().map(|ms| Some(*ms)).collect() } else { vec![None] };
    let mut all = Vec::new();
    for lock_timeout_ms in LOCK_TIMEOUTS_MS {
        for retry_pause_ms in PAUSES_MS {
            // Batches and locks do not meet: the middle length serves to compare locks.
            let batch_ms = batches.get(1).copied().flatten();
            let lock_timeout_ms = Some(lock_timeout_ms);
            all.push(Setting { lock_timeout_ms, retry_pause_ms, batch_ms, ..base.clone() });
        }
    }
    if fills {
        all.extend(batches.into_iter().map(|batch_ms| Setting { batch_ms, ..base.clone() }));
    }
    let mut tuned: Vec<Tuned> = all.into_iter().map(|setting| worst(plan, setting)).collect();
    tuned.sort_by(|a, b| {
        let key = |t: &Tuned| (!t.done, t.failed);
        key(a)
            .cmp(&key(b))
            .then(a.longest_wait_s.total_cmp(&b.longest_wait_s))
            .then(a.seconds.total_cmp(&b.seconds))
    });
    tuned
}

fn worst(plan: &Plan, setting: Setting) -> Tuned {
    let mut worst =
        Tuned { setting, seconds: 0.0, failed: 0, longest_wait_s: 0.0, attempts: 0, done: true };
    for run in 0..RUNS {
        let seed = worst.setting.seed.wrapping_add(run);
        let (mut seconds, mut failed, mut attempts) = (0.0, 0, 0);
        for step in TimedWalk::new(plan, &Setting { seed, ..worst.setting.clone() }) {
            seconds += step.seconds;
            failed += step.failed;
            attempts += step.attempts;
            worst.longest_wait_s = worst.longest_wait_s.max(step.longest_wait_s);
            worst.done &= step.done;
        }
        worst.seconds = worst.seconds.max(seconds);
        worst.failed = worst.failed.max(failed);
        worst.attempts = worst.attempts.max(attempts);
    }
    worst
}
