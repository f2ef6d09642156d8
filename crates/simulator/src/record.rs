//! A row with its memory: what it holds, and what was acknowledged about it. The second part is
//! the ghost that invariants compare with; no statement can see it.

use crate::value::Value;

/// A row.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Record {
    /// Values, in the order of the schema's columns.
    pub(crate) values: Vec<Value>,
    /// Acknowledged values of columns that no conversion is about, by name.
    pub(crate) plain: Vec<(String, Value)>,
    /// Acknowledged values under each conversion of the table, in the side that wrote last.
    pub(crate) groups: Vec<Group>,
    /// What an in-place backfill overwrote, and with what, by column.
    pub(crate) undo: Vec<(String, Value, Value)>,
    /// Whether a backfill brought the row, and nobody has changed it since.
    pub(crate) brought: bool,
}

/// What is known of the columns of one conversion.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Group {
    /// Nobody who knows these columns has written them.
    Unwritten,
    /// An old release wrote, these values of its columns.
    Old(Vec<Value>),
    /// A new release wrote.
    New(Vec<Value>),
}
