//! How much of the world is searched. Within these bounds the search is complete; beyond them it
//! says nothing.

use serde::{Deserialize, Serialize};

/// Bounds of a search or a run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Bounds {
    /// App instances, 1 to 6.
    pub instances: usize,
    /// Rows a table can hold, 1 to 4.
    pub rows: usize,
    /// Faults in one run, 0 to 4.
    pub faults: usize,
    /// States after which the search gives up.
    pub states: usize,
    /// Whether a plan must also keep the rules of procedure: a gate before, and a backup before,
    /// anything is dropped. Off for a change as asked, so that what it does to the app shows.
    pub procedure: bool,
    /// Whether states that make no difference are left out (see `lull`). Off to check that they make
    /// none.
    pub reduced: bool,
}

impl Default for Bounds {
    fn default() -> Self {
        Self { instances: 2, rows: 2, faults: 1, states: 4_000_000, procedure: true, reduced: true }
    }
}

impl Bounds {
    /// For a change as asked.
    #[must_use]
    pub fn as_asked(self) -> Self {
        Self { procedure: false, ..self }
    }

    /// The bounds, brought into range.
    #[must_use]
    pub(crate) fn sane(&self) -> Self {
        Self {
            instances: self.instances.clamp(1, 6),
            rows: self.rows.clamp(1, 4),
            faults: self.faults.min(4),
            ..self.clone()
        }
    }
}
