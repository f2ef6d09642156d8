//! The steps of a backfill, whoever asks for it. Must not know any one recipe.

use crate::backfill::{Backfill, Todo, Tuner, Undo, Work};
use crate::condition::Condition;
use crate::expr::Expr;
use crate::name::QName;
use crate::op::Op;
use crate::plan::{Statement, StepKind};
use crate::recipe::{Context, Draft, Slot};
use crate::sql_type::SqlType;

/// A backfill of `set` on `table`, sized by the table's facts.
pub(crate) fn backfill_of(
    context: &Context<'_>,
    (name, table): (&str, &QName),
    set: Vec<(String, Expr)>,
    todo: Todo,
    undo: Option<Undo>,
) -> Backfill {
    let definition = context.schema.table(table);
    let key: Vec<(String, SqlType)> = definition
        .and_then(|t| t.batch_key().map(|key| (t, key)))
        .map(|(t, key)| {
            key.into_iter()
                .filter_map(|c| t.column(&c).map(|column| (c.clone(), column.ty.clone())))
                .collect()
        })
        .unwrap_or_default();
    let constraints = &context.request.constraints;
    // Others wait for a batch's row locks for as long as it takes.
    let target_ms = (constraints.lock_wait_ms / 4).clamp(50, 500);
    let (batch_rows, tuner) = if key.is_empty() {
        (50, Tuner { target_ms, rows_min: 1, rows_max: 500 })
    } else {
        (1_000, Tuner { target_ms, rows_min: 100, rows_max: 20_000 })
    };
    Backfill {
        name: name.to_owned(),
        table: table.clone(),
        key,
        work: Work::Update,
        set,
        todo,
        undo,
        batch_rows,
        tuner,
        pause_ms: 20,
        lag_ceiling_s: constraints.replica_lag_s,
        lock_wait_ms: constraints.lock_wait_ms.max(1),
    }
}

/// The step that runs a backfill: progress survives a crash, so running it again goes on.
pub(crate) fn run_backfill(slot: Slot, operation: String, backfill: &Backfill) -> Draft {
    let b = || backfill.clone();
    let mut ops = Vec::new();
    let mut back = Vec::new();
    if backfill.undo.is_some() {
        ops.push(Op::CreateUndoTable { backfill: b() });
        back.push(Op::CreateUndo { backfill: b() });
        back.push(Op::RunUndo { backfill: b() });
    }
    ops.push(Op::CreateBackfill { backfill: b() });
    ops.push(Op::RunBackfill { backfill: b() });
    let mut draft = Draft::new(
        slot,
        StepKind::Backfill,
        operation,
        ops.into_iter().map(Statement::new).collect(),
    )
    .why("existing rows, a batch a transaction: no lock outlives a batch, and replicas keep up")
    .instead_of(match &backfill.work {
        Work::Update => "one UPDATE of the whole table: row locks to its end, one huge transaction, replica lag",
        Work::Delete => "one DELETE: row locks to its end, one huge transaction, replica lag, and nothing left to put back",
        Work::Insert { .. } => "one INSERT … SELECT: one huge transaction, replica lag, and all of it again when it fails",
    })
    .done_when(
        "the backfill ran to its end",
        Condition::BackfillFinished { name: backfill.name.clone() },
    );
    draft.rollback = Some(back.into_iter().map(Statement::new).collect());
    draft.backfill = Some(backfill.clone());
    draft
}
