//! How long steps take, what they write and how far replicas fall behind: the work of each
//! statement by the engine's facts, its cost by the calibration (`cost`). Stated as assumptions.

use crate::backfill::Backfill;
use crate::cost::{Size, round};
use crate::engine::calibration::Work;
use crate::engine::{Engine, Held, facts};
use crate::op::Op;
use crate::plan::{Deploy, Estimate, Statement, StepKind};
use crate::recipe::Draft;
use crate::request::{Request, TableFacts};
use crate::schema::Schema;

/// What estimates stand on.
pub(crate) struct Ground<'a> {
    /// Request.
    pub(crate) request: &'a Request,
    /// Engine.
    pub(crate) engine: Engine,
    /// The schema before the plan: a table that it has not is new, and empty.
    pub(crate) source: &'a Schema,
}

impl Ground<'_> {
    /// A step's estimate on `schema`, which is taken forward through its script, and for how long
    /// readers or writers wait for its work: from, to.
    pub(crate) fn draft(&self, schema: &mut Schema, draft: &Draft) -> (Estimate, (f64, f64)) {
        match draft.kind {
            StepKind::Deploy => (deploy(self.request, draft.deploy.as_ref()), (0.0, 0.0)),
            StepKind::Backup => {
                let minutes = f64::from(self.request.constraints.restore_minutes.max(1));
                (seconds(minutes * 30.0, minutes * 120.0), (0.0, 0.0))
            }
            StepKind::Ddl | StepKind::Backfill | StepKind::Gate => self.statements(schema, draft),
        }
    }

    fn statements(&self, schema: &mut Schema, draft: &Draft) -> (Estimate, (f64, f64)) {
        let (mut total, blocked) = self.script(schema, &draft.script);
        let gates = draft.checks.iter().filter(|_| draft.kind == StepKind::Gate);
        for table in gates.filter_map(|check| check.condition.table()) {
            total = add(&total, &self.size(schema, table).work(Work::Scan));
        }
        (total, blocked)
    }

    /// A script's, on `schema`, which is taken forward through it.
    pub(crate) fn script(
        &self,
        schema: &mut Schema,
        script: &[Statement],
    ) -> (Estimate, (f64, f64)) {
        let (mut total, mut blocked) = (Estimate::default(), (0.0, 0.0));
        let mut transaction = None;
        for statement in script {
            let (work, long) = self.statement(schema, &statement.op);
            // A transaction has its locks from its first statement on.
            let waits = statement.transaction.is_none() || statement.transaction != transaction;
            if waits && work != Estimate::default() && !commits_by_itself(&statement.op) {
                total = add(&total, &self.wait());
            }
            if long {
                blocked = (blocked.0 + work.seconds.0, blocked.1 + work.seconds.1);
            }
            total = add(&total, &work);
            transaction.clone_from(&statement.transaction);
            // A refusal here is found, with its trace, by the simulator.
            let _refused = schema.apply(&statement.op).is_err();
        }
        (total, blocked)
    }

    fn size(&self, schema: &Schema, table: &crate::name::QName) -> Size {
        Size::of(self.request, (self.source, schema), table)
    }

    /// For a lock, until it is there or given up.
    fn wait(&self) -> Estimate {
        seconds(0.002, f64::from(self.request.constraints.lock_wait_ms) / 1000.0)
    }

    /// A statement's work, and whether readers or writers wait for it.
    fn statement(&self, schema: &Schema, op: &Op) -> (Estimate, bool) {
        #[expect(clippy::wildcard_enum_match_arm, reason = "the facts say what the others do")]
        match op {
            Op::RunBackfill { backfill } => return (self.fill(schema, backfill), false),
            Op::Update { table, .. } | Op::Delete { table, .. } => {
                return (self.size(schema, table).work(Work::Update), true);
            }
            _ if op_is_free(op) => return (Estimate::default(), false),
            _ => {}
        }
        let instant = seconds(0.001, 0.02);
        let found = facts(self.engine, op, schema);
        let Some(table) = op.relation() else { return (instant, false) };
        let work = match found.row.held() {
            Held::Instant => return (instant, false),
            Held::Scan => Work::Scan,
            Held::Build => Work::Build,
            Held::Rewrite => Work::Rewrite,
        };
        let estimate = add(&self.size(schema, table).work(work), &instant);
        (estimate, found.locks.iter().any(|lock| lock.is_long()))
    }

    #[expect(clippy::cast_precision_loss, reason = "a range of seconds needs no 53 bits")]
    fn fill(&self, schema: &Schema, backfill: &Backfill) -> Estimate {
        let rows = self.request.facts(&backfill.table).rows;
        // Pages, where there is no key: at 40 rows each.
        let each = if backfill.key.is_empty() { 40 } else { 1 };
        let pauses = |batch: u32| {
            let batches = rows.div_ceil(u64::from(batch.max(1)) * each);
            batches as f64 * f64::from(backfill.pause_ms) / 1000.0
        };
        let pauses = (pauses(backfill.tuner.rows_max), pauses(backfill.batch_rows));
        let sets = |column: &String| backfill.set.iter().any(|(c, _)| c == column);
        let indexed = schema.table(&backfill.table).is_some_and(|table| {
            table.indexes.values().any(|index| index.columns.iter().any(sets))
                || table
                    .constraints
                    .values()
                    .any(|c| c.kind.is_key() && c.kind.columns().iter().any(sets))
        });
        let work = if indexed { Work::FillIndexed } else { Work::Fill };
        self.size(schema, &backfill.table).fill(work, pauses, backfill.lag_ceiling_s)
    }
}

/// Rolled one after the other; stopped and started all at once.
fn deploy(request: &Request, deploy: Option<&Deploy>) -> Estimate {
    let Some(deploy) = deploy else { return Estimate::default() };
    let n = f64::from(if deploy.canary { 1 } else { request.deploy.instances.max(1) });
    match (&deploy.from, &deploy.to) {
        (Some(_), Some(_)) => seconds(n * 10.0, n * 120.0),
        (Some(_), None) => seconds(STOP.0, STOP.1 + longest_transaction(request)),
        (None, Some(_)) => seconds(START.0, START.1),
        (None, None) => Estimate::default(),
    }
}

/// Seconds that instances take to finish their requests and stop, and to start.
const STOP: (f64, f64) = (1.0, 30.0);
const START: (f64, f64) = (10.0, 120.0);

fn longest_transaction(request: &Request) -> f64 {
    let longest = request.tables.values().map(|facts| facts.longest_transaction_s).max();
    f64::from(longest.unwrap_or_else(|| TableFacts::default().longest_transaction_s))
}

/// Seconds for which the app is down when it is stopped and started.
pub(crate) fn restart(request: &Request) -> (f64, f64) {
    (STOP.0 + START.0, STOP.1 + longest_transaction(request) + START.1)
}

/// Waits for locks row by row, not before it begins.
fn commits_by_itself(op: &Op) -> bool {
    matches!(op, Op::RunBackfill { .. } | Op::RunUndo { .. })
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

/// One after the other.
pub(crate) fn add(a: &Estimate, b: &Estimate) -> Estimate {
    let sum = |a: (f64, f64), b: (f64, f64)| (round(a.0 + b.0), round(a.1 + b.1));
    let whole = |a: (u64, u64), b: (u64, u64)| (a.0.saturating_add(b.0), a.1.saturating_add(b.1));
    let most = |a: (f64, f64), b: (f64, f64)| (a.0.max(b.0), a.1.max(b.1));
    Estimate {
        seconds: sum(a.seconds, b.seconds),
        wal_bytes: whole(a.wal_bytes, b.wal_bytes),
        disk_bytes: whole(a.disk_bytes, b.disk_bytes),
        lag_seconds: most(a.lag_seconds, b.lag_seconds),
    }
}
