//! How a script's statements run: each under a limit of how long it waits for a lock and how long
//! it may take, and in a transaction if it can be. Must not know recipes.

use std::collections::BTreeSet;

use super::Frame;
use crate::engine::facts;
use crate::op::Op;
use crate::plan::Statement;
use crate::request::PgBouncer;
use crate::schema::Schema;

/// What a statement that only touches the catalogue may take once it has its locks. One that takes
/// longer holds everybody up: better cancelled and looked at.
const BRIEF_MS: u64 = 10_000;

/// How statements that share a transaction, or one alone, run.
#[derive(Clone, Copy)]
struct Limits {
    /// Milliseconds that a lock is waited for; 0 is no limit.
    lock: u64,
    /// Milliseconds that a statement takes, waits included; 0 is no limit.
    statement: u64,
}

/// The script with its limits set wherever they change: both of them, since a role or a database
/// may have limits of its own. What can be is in a transaction, so that a script which is cut off
/// between two statements has done all of a statement or nothing. `schema` is what the script meets.
pub(super) fn around(
    frame: &Frame<'_>,
    mut schema: Schema,
    script: &[Statement],
) -> Vec<Statement> {
    let same =
        |a: &Statement, b: &Statement| a.transaction.is_some() && a.transaction == b.transaction;
    // Behind a pooler a session's setting would meet somebody else's transaction.
    let pooled = frame.request.constraints.pgbouncer == PgBouncer::Transaction;
    let mut all = Vec::new();
    let mut set: Option<Limits> = None;
    // A name of its own for each, so that two neighbours stay two.
    for (group, name) in script.chunk_by(same).zip(('a'..='z').cycle()) {
        let (limits, transacted) = limits(frame, &mut schema, group);
        let name = transacted.then(|| name.to_string());
        // What cannot be in one goes past the pooler: see `outside`.
        let local = pooled && transacted;
        let before = if local { None } else { set.replace(limits) };
        let known = before.map_or([None, None], |b| [Some(b.lock), Some(b.statement)]);
        let changed =
            settings(limits, local).into_iter().zip(known).zip([limits.lock, limits.statement]);
        all.extend(changed.filter(|((_, was), is)| *was != Some(*is)).map(|((op, _), _)| {
            Statement { transaction: name.clone().filter(|_| local), ..Statement::new(op) }
        }));
        all.extend(group.iter().map(|s| Statement { transaction: name.clone(), ..s.clone() }));
    }
    all
}

/// The two settings, in order.
fn settings(limits: Limits, local: bool) -> [Op; 2] {
    [
        Op::SetLockTimeout { ms: limits.lock, local },
        Op::SetStatementTimeout { ms: limits.statement, local },
    ]
}

fn limits(frame: &Frame<'_>, schema: &mut Schema, group: &[Statement]) -> (Limits, bool) {
    let budget = u64::from(frame.request.constraints.lock_wait_ms.max(1));
    let (mut brief, mut may_be) = (true, true);
    let mut blocked = BTreeSet::new();
    for statement in group {
        let found = facts(frame.engine, &statement.op, schema);
        let row = found.row;
        let blocks = found.locks.into_iter().filter(|lock| !lock.blocks.is_empty());
        blocked.extend(blocks.map(|lock| lock.relation));
        may_be &= row.in_transaction && !is_by_batches(&statement.op);
        brief &= may_be && !row.scans();
        // A refusal here is found, with its trace, by the simulator.
        let _refused = schema.apply(&statement.op).is_err();
    }
    let transacted = may_be || group.iter().any(|s| s.transaction.is_some());
    // While it waits for one table, requests already wait for those that it has: all its waits
    // together are to stay within the budget.
    let each = (budget / u64::try_from(blocked.len().max(1)).unwrap_or(u64::MAX)).max(1);
    // A short lock timeout on a concurrent build would leave an invalid index behind, and nobody
    // waits for its lock.
    let lock = if group.iter().any(|s| s.op.is_concurrent()) { 0 } else { each };
    (Limits { lock, statement: if brief { budget + BRIEF_MS } else { 0 } }, transacted)
}

/// What commits by itself, or may do: nothing is known of a statement that was not analysed.
fn is_by_batches(op: &Op) -> bool {
    matches!(op, Op::RunBackfill { .. } | Op::RunUndo { .. } | Op::Verbatim { .. })
}
