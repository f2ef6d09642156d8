//! A backfill batch by batch: how long it takes, how far replicas fall behind, and how long writes
//! wait for the rows of a batch. Must not know the lock queues.

use planner::backfill::Backfill;
use planner::engine::calibration::REPLAY;
use planner::plan::{Step, Traffic};

use super::draw::{middle, whole};

/// Points of a series, at most.
const POINTS_MAX: usize = 120;
/// Batches that are followed one by one; beyond, each stands for several.
const BATCHES_MAX: u64 = 200_000;

/// How a backfill went.
#[derive(Clone, Debug, Default)]
pub(crate) struct Filled {
    pub(crate) seconds: f64,
    pub(crate) batches: u64,
    /// Seconds that it waited for replicas.
    pub(crate) throttled_s: f64,
    /// Most that a replica was behind, seconds.
    pub(crate) lag_max_s: f64,
    /// Seconds that all writes together waited for rows of a batch.
    pub(crate) waited_s: f64,
    /// The longest batch, seconds: no write waits longer.
    pub(crate) longest_batch_s: f64,
    /// Time and lag.
    pub(crate) lag: Vec<(f64, f64)>,
}

/// Runs the backfill with batches that take `target_ms` each.
#[expect(clippy::cast_precision_loss, reason = "rows and bytes of an estimate")]
pub(crate) fn fill(
    backfill: &Backfill,
    step: &Step,
    traffic: &Traffic,
    (replicas, target_ms): (u32, u32),
) -> Filled {
    let mut filled = Filled::default();
    if traffic.rows == 0 {
        return filled;
    }
    let rows = traffic.rows as f64;
    let pauses =
        rows / f64::from(backfill.tuner.rows_max.max(1)) * f64::from(backfill.pause_ms) / 1e3;
    let row_s = (middle(step.estimate.seconds) - pauses).max(rows * 1e-6) / rows;
    let wal = (step.estimate.wal_bytes.0 as f64 + step.estimate.wal_bytes.1 as f64) / 2.0 / rows;
    let ceiling = f64::from(backfill.lag_ceiling_s);
    let (least, most) = (f64::from(backfill.tuner.rows_min), f64::from(backfill.tuner.rows_max));
    let mut batch = f64::from(backfill.batch_rows);
    let (mut left, mut behind) = (rows, 0.0_f64);
    while left > 0.0 {
        let n = batch.min(left);
        let took = n * row_s;
        // Several alike at once where there are too many to follow.
        let times = (left / n / BATCHES_MAX as f64).floor().max(1.0);
        let pause = f64::from(backfill.pause_ms) / 1e3;
        filled.waited_s += times * f64::from(traffic.writes_per_s) * took * (n / rows) * took / 2.0;
        filled.longest_batch_s = filled.longest_batch_s.max(took);
        filled.batches += whole(times);
        filled.seconds += times * (took + pause);
        if replicas > 0 {
            behind = (behind + times * n * wal / REPLAY - times * (took + pause)).max(0.0);
            filled.lag_max_s = filled.lag_max_s.max(behind);
            if behind > ceiling {
                // It looks again every second until the replica has caught up.
                let wait = (behind - ceiling).ceil();
                filled.throttled_s += wait;
                filled.seconds += wait;
                behind = (behind - wait).max(0.0);
            }
        }
        filled.lag.push((filled.seconds, behind));
        left -= times * n;
        let wanted = f64::from(target_ms) / (took * 1e3).max(1.0);
        batch = (batch * wanted.clamp(0.25, 1.5)).clamp(least, most).floor();
    }
    filled.lag = thinned(&filled.lag);
    filled
}

/// The highest of each stretch.
fn thinned(all: &[(f64, f64)]) -> Vec<(f64, f64)> {
    let each = all.len().div_ceil(POINTS_MAX).max(1);
    let highest = |points: &[(f64, f64)]| {
        points.iter().copied().fold((0.0, 0.0), |a, b| if b.1 >= a.1 { b } else { a })
    };
    all.chunks(each).map(highest).collect()
}
