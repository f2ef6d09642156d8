//! Lulls: states in which the app's writes may be put off, because nobody can tell whether they came
//! before or after what the migration does next. Fewer states are searched, with the same verdict.
//! Must not know how states are searched.
//!
//! Why nothing is lost. In a lull everything the migration can do, faults and the way back among it,
//! looks at no row and changes none, and leaves alike what the app depends on: which releases run, and
//! the schema but for Concertina's own helpers and for indexes that only make things fast. So from a
//! lull every run that begins with writes of the app leads where the run leads that has the same writes
//! after the migration's next move: they can be exchanged one by one (the migration's moves in a lull
//! are a persistent set). A write that is refused, or a row that is read wrong, depends on schema,
//! releases and rows alone, and these are the same after the move, so what a put-off write would have
//! broken it breaks there. Moves in lulls cannot go round in a circle: each goes on in the plan, goes
//! back in it, or uses up a fault. What is lost is the shortest of the ways to a broken promise: a
//! search that finds one looks for the shortest without lulls.

use planner::condition::Condition;
use planner::op::Op;
use planner::plan::StepKind;
use planner::schema::Schema;

use crate::model::Model;
use crate::transition::{Next, Outcome};
use crate::world::{CELLS, Mode, World};

impl Model {
    /// Whether the app's writes may be put off in a state, given what the migration can do next.
    pub(crate) fn is_lull(&mut self, world: &World, next: &Next) -> bool {
        if next.is_empty() || world.kept != [0; CELLS] || !self.is_blind(world) {
            return false;
        }
        let mask = |w: &World| (w.fleet.old > 0, w.fleet.new > 0);
        next.iter().all(|(_, outcome)| match outcome {
            Outcome::Next(to, _) => {
                to.cells == world.cells
                    && to.kept == world.kept
                    && mask(to) == mask(world)
                    && self.are_alike(world.schema, to.schema)
            }
            Outcome::Broken(_) => false,
        })
    }

    /// Whether what the migration does next depends on no row.
    fn is_blind(&self, world: &World) -> bool {
        let Some(step) = self.steps.get(usize::from(world.runner.step)) else { return false };
        let group = usize::from(world.runner.group);
        let checks = || step.checks.iter().all(is_of_no_row);
        match (world.runner.mode, step.kind) {
            (Mode::RolledBack, _) => false,
            (Mode::DeployBack, _) => true,
            (Mode::Crashed, _) if step.checks.is_empty() => {
                step.script.get(group).is_none_or(|batch| batch.ops.iter().all(looks_at_no_row))
            }
            (Mode::Crashed, _) => checks(),
            (Mode::Forward | Mode::Again, StepKind::Deploy | StepKind::Backup) => true,
            (Mode::Forward | Mode::Again, StepKind::Gate) => checks(),
            (Mode::Forward | Mode::Again, StepKind::Ddl | StepKind::Backfill) => {
                let ops = step.script.get(group).map(|batch| &batch.ops);
                let is_last = group + 1 >= step.script.len();
                ops.is_none_or(|ops| ops.iter().all(looks_at_no_row)) && (!is_last || checks())
            }
            (Mode::Back | Mode::BackTolerant, _) => {
                step.rollback.get(group).is_none_or(|batch| batch.ops.iter().all(looks_at_no_row))
            }
        }
    }

    /// Whether two schemas are the same to the app.
    fn are_alike(&mut self, a: u16, b: u16) -> bool {
        if a == b {
            return true;
        }
        if let Some(known) = self.memo.alike.get(&(a, b)) {
            return *known;
        }
        let (before, after) = (self.state(a), self.state(b));
        let alike = before.names == after.names && bare(&before.schema) == bare(&after.schema);
        *self.memo.alike.put((a, b), alike)
    }
}

/// The schema without what no statement of the app depends on.
fn bare(schema: &Schema) -> Schema {
    let mut bare = schema.clone();
    bare.helpers = Default::default();
    for table in bare.tables.values_mut() {
        std::sync::Arc::make_mut(table).indexes.retain(|_, index| index.unique);
    }
    bare
}

/// Whether a condition is about no row.
fn is_of_no_row(condition: &Condition) -> bool {
    match condition {
        Condition::Relation { .. }
        | Condition::Label { .. }
        | Condition::Column { .. }
        | Condition::Type { .. }
        | Condition::Default { .. }
        | Condition::NotNull { .. }
        | Condition::Constraint { .. }
        | Condition::Index { .. }
        | Condition::Trigger { .. }
        | Condition::ViewReads { .. }
        | Condition::Helpers { .. }
        | Condition::Helper { .. }
        | Condition::BackfillFinished { .. }
        | Condition::Drained { .. }
        | Condition::CaughtUp { .. }
        | Condition::BackupRestorable => true,
        Condition::Parity { .. }
        | Condition::Agreement { .. }
        | Condition::Relayed { .. }
        | Condition::BackfillComplete { .. }
        | Condition::NoNulls { .. }
        | Condition::NoDuplicates { .. }
        | Condition::NoOrphans { .. }
        | Condition::NoViolations { .. } => false,
    }
}

/// Whether a statement takes effect, or is refused, whatever the rows are. No is always right: only
/// statements that may leave the schema alike to the app need a yes.
#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "the others may look at rows, or the app sees them"
)]
fn looks_at_no_row(op: &Op) -> bool {
    match op {
        Op::CreateIndex { index, .. } => !index.unique,
        Op::SetLockTimeout { .. }
        | Op::SetStatementTimeout { .. }
        | Op::SkipBodyChecks
        | Op::CreateHelpers
        | Op::CreateProgress
        | Op::CreateThrottle
        | Op::DropHelpers
        | Op::CreateSyncFunction { .. }
        | Op::DropSyncFunction { .. }
        | Op::CreateRelayFunction { .. }
        | Op::DropRelayFunction { .. }
        | Op::CreateUndoTable { .. }
        | Op::CreateBackfill { .. }
        | Op::CreateUndo { .. }
        | Op::DropIndex { .. }
        | Op::RenameIndex { .. } => true,
        _ => false,
    }
}
