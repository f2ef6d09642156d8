//! States as a search keeps them: sixteen bytes each. What rows a state has is a number, since far
//! fewer arrangements of rows exist than states. Must not know what can happen next.

use crate::fleet::Fleet;
use crate::model::Model;
use crate::world::{CELLS, Mode, Runner, World};

/// A state, packed: rows, schema and finished backfills in the first word; the rest, a byte each, in
/// the second.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Packed([u64; 2]);

/// All rows of a state: those in the tables, and those that a backfill deleted and kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Rows {
    cells: [u16; CELLS],
    kept: [u16; CELLS],
}

/// What the runner does, by number.
const MODES: [Mode; 7] = [
    Mode::Forward,
    Mode::Again,
    Mode::Crashed,
    Mode::DeployBack,
    Mode::BackTolerant,
    Mode::Back,
    Mode::RolledBack,
];

const GATED: u8 = 1;
const BACKUP: u8 = 2;

impl Packed {
    /// Number of its rows.
    pub(crate) fn rows(self) -> u32 {
        let bytes = self.0[0].to_le_bytes();
        u32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]])
    }

    /// Number of its schema.
    pub(crate) fn schema(self) -> u16 {
        let bytes = self.0[0].to_le_bytes();
        u16::from_le_bytes([bytes[4], bytes[5]])
    }

    /// The app's instances.
    pub(crate) fn fleet(self) -> Fleet {
        let [old, new, ..] = self.0[1].to_le_bytes();
        Fleet { old, new }
    }

    /// The migration's runner.
    pub(crate) fn runner(self) -> Runner {
        let [_, _, step, group, mode, ..] = self.0[1].to_le_bytes();
        Runner { step, group, mode: MODES[usize::from(mode)] }
    }

    /// The same with other rows.
    pub(crate) fn with_rows(self, rows: u32) -> Self {
        let [first, second] = self.0;
        Self([first & !u64::from(u32::MAX) | u64::from(rows), second])
    }
}

impl Model {
    /// Number of the rows of a state.
    pub(crate) fn rows_of(&mut self, world: &World) -> u32 {
        self.arrangements.number(Rows { cells: world.cells, kept: world.kept }).0
    }

    /// The same after changes: cells with what they hold then.
    pub(crate) fn rows_after(&mut self, world: &World, changes: &[(usize, u16)]) -> u32 {
        let mut cells = world.cells;
        for &(cell, record) in changes {
            cells[cell] = record;
        }
        self.arrangements.number(Rows { cells, kept: world.kept }).0
    }

    /// The state with the rows of a number.
    pub(crate) fn with_rows(&self, world: &World, number: u32) -> World {
        let Rows { cells, kept } = *self.arrangements.get(number);
        World { cells, kept, ..*world }
    }

    pub(crate) fn pack(&mut self, world: &World) -> Packed {
        let rows = self.rows_of(world);
        let World { schema, cells: _, kept: _, fleet, runner, .. } = *world;
        let World { cursor, finished, gated, backup, faults, .. } = *world;
        let first = u64::from(rows) | u64::from(schema) << 32 | u64::from(finished) << 48;
        let flags = if gated { GATED } else { 0 } | if backup { BACKUP } else { 0 };
        let Fleet { old, new } = fleet;
        let Runner { step, group, mode } = runner;
        let mode = mode as u8;
        let second = u64::from_le_bytes([old, new, step, group, mode, cursor, faults, flags]);
        Packed([first, second])
    }

    pub(crate) fn unpack(&self, packed: Packed) -> World {
        let Rows { cells, kept } = *self.arrangements.get(packed.rows());
        let [_, _, _, _, _, _, low, high] = packed.0[0].to_le_bytes();
        let [_, _, _, _, _, cursor, faults, flags] = packed.0[1].to_le_bytes();
        World {
            schema: packed.schema(),
            cells,
            kept,
            fleet: packed.fleet(),
            runner: packed.runner(),
            cursor,
            finished: u16::from_le_bytes([low, high]),
            gated: flags & GATED != 0,
            backup: flags & BACKUP != 0,
            faults,
        }
    }
}
