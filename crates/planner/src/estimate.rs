//! How long steps take and what they write: ranges from rows and the calibration measured on
//! PostgreSQL 15 ("5g. Calibration": 233 to 1,105 bytes of WAL and 12k to 319k rows a second for a
//! backfill). Laptop-class figures: good for ratios, stated as assumptions.

use crate::backfill::Backfill;
use crate::op::Op;
use crate::plan::{Deploy, Estimate, StepKind};
use crate::recipe::Draft;
use crate::request::{Request, TableFacts};

/// Rows a second, slow and fast, for a sequential scan, an index build and a backfill.
const SCAN: (f64, f64) = (1_000_000.0, 10_000_000.0);
const BUILD: (f64, f64) = (200_000.0, 1_500_000.0);
const FILL: (f64, f64) = (12_000.0, 125_000.0);

/// A step's estimate.
pub(crate) fn step(request: &Request, draft: &Draft) -> Estimate {
    match draft.kind {
        StepKind::Deploy => deploy(request, draft.deploy.as_ref()),
        StepKind::Backup => {
            let minutes = f64::from(request.constraints.restore_minutes.max(1));
            seconds(minutes * 30.0, minutes * 120.0)
        }
        StepKind::Ddl | StepKind::Backfill | StepKind::Gate => statements(request, draft),
    }
}

/// Rolled one after the other; stopped and started all at once.
fn deploy(request: &Request, deploy: Option<&Deploy>) -> Estimate {
    let Some(deploy) = deploy else { return Estimate::default() };
    let n = f64::from(if deploy.canary { 1 } else { request.deploy.instances.max(1) });
    let longest = request.tables.values().map(|facts| facts.longest_transaction_s).max();
    let longest = f64::from(longest.unwrap_or_else(|| TableFacts::default().longest_transaction_s));
    match (&deploy.from, &deploy.to) {
        (Some(_), Some(_)) => seconds(n * 10.0, n * 120.0),
        (Some(_), None) => seconds(1.0, 30.0 + longest),
        (None, Some(_)) => seconds(10.0, 120.0),
        (None, None) => Estimate::default(),
    }
}

fn statements(request: &Request, draft: &Draft) -> Estimate {
    let facts = |table| request.facts(table);
    let mut total = Estimate::default();
    for statement in &draft.script {
        #[expect(clippy::wildcard_enum_match_arm, reason = "only these take time of their own")]
        let one = match &statement.op {
            Op::CreateIndex { table, index, .. } => {
                let f = facts(table);
                let bytes = f.rows.saturating_mul(16 + 8 * index.keys.len() as u64);
                Estimate {
                    wal_bytes: (bytes, bytes * 2),
                    disk_bytes: (bytes, bytes * 2),
                    ..work(&f, BUILD)
                }
            }
            Op::ValidateConstraint { table, .. } => work(&facts(table), SCAN),
            Op::RunBackfill { backfill } => fill(&facts(&backfill.table), backfill),
            _ if op_is_free(&statement.op) => Estimate::default(),
            _ => seconds(0.005, f64::from(request.constraints.lock_wait_ms) / 1000.0),
        };
        total = add(&total, &one);
    }
    for check in draft.checks.iter().filter(|_| draft.kind == StepKind::Gate) {
        if let Some(table) = check.condition.table() {
            total = add(&total, &work(&facts(table), SCAN));
        }
    }
    total
}

fn op_is_free(op: &Op) -> bool {
    matches!(
        op,
        Op::SetLockTimeout { .. }
            | Op::SetStatementTimeout { .. }
            | Op::CreateHelpers
            | Op::CreateProgress
            | Op::CreateThrottle
            | Op::CreateBackfill { .. }
            | Op::CreateUndoTable { .. }
            | Op::CreateSyncFunction { .. }
    )
}

fn seconds(from: f64, to: f64) -> Estimate {
    Estimate { seconds: (round(from), round(to.max(from))), ..Estimate::default() }
}

#[expect(clippy::cast_precision_loss, reason = "a range of seconds needs no 53 bits")]
fn work(facts: &TableFacts, (slow, fast): (f64, f64)) -> Estimate {
    let rows = facts.rows as f64;
    seconds(rows / fast, rows / slow)
}

#[expect(clippy::cast_precision_loss, reason = "a range of seconds needs no 53 bits")]
fn fill(facts: &TableFacts, backfill: &Backfill) -> Estimate {
    let base = work(facts, FILL);
    // Pages, where there is no key: at 40 rows each.
    let each = if backfill.key.is_empty() { 40 } else { 1 };
    let pauses = |rows: u32| {
        let batches = facts.rows.div_ceil(u64::from(rows.max(1)) * each);
        batches as f64 * f64::from(backfill.pause_ms) / 1000.0
    };
    let (fewest, most) = (pauses(backfill.tuner.rows_max), pauses(backfill.batch_rows));
    Estimate {
        seconds: (round(base.seconds.0 + fewest), round(base.seconds.1 + most)),
        wal_bytes: (facts.rows.saturating_mul(233), facts.rows.saturating_mul(1_105)),
        disk_bytes: (0, facts.heap_bytes()),
    }
}

fn add(a: &Estimate, b: &Estimate) -> Estimate {
    Estimate {
        seconds: (round(a.seconds.0 + b.seconds.0), round(a.seconds.1 + b.seconds.1)),
        wal_bytes: (a.wal_bytes.0 + b.wal_bytes.0, a.wal_bytes.1 + b.wal_bytes.1),
        disk_bytes: (a.disk_bytes.0 + b.disk_bytes.0, a.disk_bytes.1 + b.disk_bytes.1),
    }
}

/// Three decimals: more would be a claim.
fn round(seconds: f64) -> f64 {
    (seconds * 1000.0).round() / 1000.0
}
