//! Traffic of the tables that a plan touches, as the request gave it or as it was assumed: what a
//! timed walk needs. Values only.

use serde::{Deserialize, Serialize};

use crate::name::QName;

/// Size and traffic of one table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Traffic {
    /// The table, as it is called before the plan.
    pub table: QName,
    /// Rows.
    pub rows: u64,
    /// Reads a second.
    pub reads_per_s: u32,
    /// Writes a second.
    pub writes_per_s: u32,
    /// Longest transaction that touches it, seconds.
    pub longest_transaction_s: u32,
}
