//! One state of everything: the schema, the rows, the app's instances, the migration's runner.
//! A flat value, as transitions see it; `store` has the form that is kept. Must not know what can happen next.

use crate::fleet::Fleet;

/// Rows of all tables together that a world has room for.
pub(crate) const CELLS: usize = 12;

/// A state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct World {
    /// The schema, interned in the model.
    pub(crate) schema: u16,
    /// Rows, interned records by table and place; 0 is no row.
    pub(crate) cells: [u16; CELLS],
    /// Rows that a backfill deleted and kept, in the places they had; 0 is none.
    pub(crate) kept: [u16; CELLS],
    /// The app's instances.
    pub(crate) fleet: Fleet,
    /// The migration's runner.
    pub(crate) runner: Runner,
    /// Place of the last row that the running backfill has seen.
    pub(crate) cursor: u8,
    /// Backfills that have finished, a bit each.
    pub(crate) finished: u16,
    /// Whether a gate has passed since the last deploy began.
    pub(crate) gated: bool,
    /// Whether a backup exists.
    pub(crate) backup: bool,
    /// Faults that may still happen.
    pub(crate) faults: u8,
}

/// Where the migration stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Runner {
    /// Step, counted from 0; the number of steps when all are done.
    pub(crate) step: u8,
    /// Group of statements in the step's script (or rollback script).
    pub(crate) group: u8,
    /// What it is doing.
    pub(crate) mode: Mode,
}

/// What the runner is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub(crate) enum Mode {
    /// Goes forward.
    Forward,
    /// Runs an interrupted step again, from its first statement.
    Again,
    /// Lost its connection: it does not know whether the last statement took effect.
    Crashed,
    /// A deploy is being taken back half-way, to be tried again.
    DeployBack,
    /// Rolls back a step that was interrupted: what is not there need not be undone.
    BackTolerant,
    /// Rolls back a step that was done.
    Back,
    /// Everything is rolled back.
    RolledBack,
}

impl World {
    /// Cells of one table.
    pub(crate) fn rows(&self, table: usize, rows: usize) -> &[u16] {
        &self.cells[table * rows..(table + 1) * rows]
    }
}
