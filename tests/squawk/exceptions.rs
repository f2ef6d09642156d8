//! What squawk finds in our plans and why it stays: a row a rule and a place. A row that excuses
//! nothing fails. Must not run anything.

use planner::engine::Held;
use planner::op::Op;
use planner::plan::PhaseKind;

use super::Place;

/// Findings of one rule that stay.
pub(super) struct Exception {
    /// squawk's name of the rule.
    pub(super) rule: &'static str,
    /// Where they stay.
    pub(super) holds: fn(&Place<'_>) -> bool,
    /// Why.
    pub(super) why: &'static str,
}

const fn row(rule: &'static str, holds: fn(&Place<'_>) -> bool, why: &'static str) -> Exception {
    Exception { rule, holds, why }
}

const ADDED: &str = "the rollback takes away what its own step added, while no release needs it";
const CONTRACT: &str =
    "the contract step's own: every release that needed it is gone, and a gate has seen it";
const OURS: &str = "made by the plan for itself, in its own schema or under its own name";
const ASKED: &str = "the type is the request's, not the plan's";
const NOBODY: &str =
    "the app is stopped, or the table so small that requests wait for less than they may";
const SWAPPED: &str = "its successor has been built and validated beside it, and takes its name in the same transaction";
const STANDS_IN: &str = "a reference that goes: the plan asks whether the running release bears NULL, and is proved for one that does";
const NUMBERED: &str =
    "what numbers the column next goes on behind the last number, in the same transaction";
const RESTRICTS: &str =
    "the table goes, and its key would refuse what the release without the table deletes";
const NO_WORK: &str = "the facts say that no row is read or written, and the trials measure it";

/// Every exception. The first that holds is the one that counts.
pub(super) const EXCEPTIONS: &[Exception] = &[
    row("ban-drop-schema", ours, OURS),
    row("ban-drop-function", ours, OURS),
    row("ban-drop-constraint", ours, OURS),
    row("ban-drop-column", rollback, ADDED),
    row("ban-drop-constraint", rollback, ADDED),
    row("ban-drop-not-null", rollback, ADDED),
    row("ban-drop-default", rollback, ADDED),
    row("ban-drop-view", rollback, ADDED),
    row("ban-drop-table", rollback, ADDED),
    row("renaming-column", rollback, ADDED),
    row("renaming-table", rollback, ADDED),
    row("renaming-object", rollback, ADDED),
    row(
        "require-concurrent-partition-detach",
        rollback,
        "in one transaction with what gives the table its name back, and CONCURRENTLY runs in none",
    ),
    row("ban-drop-column", contract, CONTRACT),
    row("ban-drop-table", contract, CONTRACT),
    row("ban-drop-default", contract, CONTRACT),
    row("ban-drop-view", contract, CONTRACT),
    row("renaming-column", contract, CONTRACT),
    row("renaming-table", contract, CONTRACT),
    row("ban-drop-constraint", contract, SWAPPED),
    row("ban-drop-constraint", key_of_what_goes, RESTRICTS),
    row("renaming-object", index, "no statement of an app names an index"),
    row("renaming-object", contract, SWAPPED),
    row("ban-drop-not-null", stands_in, STANDS_IN),
    row("ban-drop-sequence", numbering, NUMBERED),
    row("ban-alter-identity", numbering, NUMBERED),
    row("adding-not-nullable-field", no_work, NO_WORK),
    row("changing-column-type", no_work, NO_WORK),
    row("changing-column-type", nobody_waits, NOBODY),
    row("adding-not-nullable-field", nobody_waits, NOBODY),
    row("renaming-column", nobody_waits, NOBODY),
    row("renaming-table", nobody_waits, NOBODY),
    row(
        "ban-drop-default",
        nobody_waits,
        "set again after the type change, in the same transaction",
    ),
    row("prefer-bigint-over-int", asked, ASKED),
    row(
        "prefer-bigint-over-smallint",
        asked,
        "a lookup table has as many rows as its CHECK had values",
    ),
    row("prefer-text-field", asked, ASKED),
    row("ban-char-field", asked, ASKED),
    row(
        "prefer-robust-stmts",
        concurrent,
        "IF NOT EXISTS would keep the invalid index of a failed build: the statement before drops it",
    ),
];

fn rollback(place: &Place<'_>) -> bool {
    place.rollback
}

fn contract(place: &Place<'_>) -> bool {
    place.phase.kind == PhaseKind::Contract && !place.rollback
}

/// Something of the plan's own.
fn ours(place: &Place<'_>) -> bool {
    place.statement.sql.contains("concertina.")
        || place.statement.sql.contains("concertina_")
        || matches!(place.statement.op, Op::DropHelpers)
}

fn asked(place: &Place<'_>) -> bool {
    matches!(
        place.statement.op,
        Op::AddColumn { .. } | Op::CreateTable { .. } | Op::AlterType { .. }
    )
}

/// In a transaction that also takes the numbers on.
fn numbering(place: &Place<'_>) -> bool {
    let script = if place.rollback { &place.step.rollback.script } else { &place.step.script };
    place.statement.transaction.is_some()
        && script.iter().any(|s| matches!(s.op, Op::KeepPosition { .. } | Op::SetIdentity { .. }))
}

/// A foreign key, dropped before the release that no longer knows its table.
fn key_of_what_goes(place: &Place<'_>) -> bool {
    matches!(place.statement.op, Op::DropConstraint { .. })
        && place.step.operation.starts_with("drop foreign key ")
}

/// A column that the new release leaves out, before it comes.
fn stands_in(place: &Place<'_>) -> bool {
    place.phase.kind == PhaseKind::Expand
        && matches!(place.statement.op, Op::SetNotNull { not_null: false, .. })
}

fn index(place: &Place<'_>) -> bool {
    matches!(place.statement.op, Op::RenameIndex { .. })
}

fn no_work(place: &Place<'_>) -> bool {
    place.step.online && place.step.locks.iter().all(|lock| lock.held == Held::Instant)
}

fn nobody_waits(place: &Place<'_>) -> bool {
    place.step.app_state.is_empty() || place.step.online
}

fn concurrent(place: &Place<'_>) -> bool {
    matches!(place.statement.op, Op::CreateIndex { concurrently: true, .. })
}
