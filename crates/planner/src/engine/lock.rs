//! Table-level lock modes and which of them conflict: table 13.2 of the manual ("explicit-locking").
//! Knows no statements.

use serde::{Deserialize, Serialize};

use crate::name::QName;

/// A table-level lock mode, weakest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum LockMode {
    /// SELECT.
    #[serde(rename = "ACCESS SHARE")]
    AccessShare,
    /// SELECT FOR UPDATE / SHARE.
    #[serde(rename = "ROW SHARE")]
    RowShare,
    /// INSERT, UPDATE, DELETE.
    #[serde(rename = "ROW EXCLUSIVE")]
    RowExclusive,
    /// VALIDATE CONSTRAINT, CREATE INDEX CONCURRENTLY, VACUUM.
    #[serde(rename = "SHARE UPDATE EXCLUSIVE")]
    ShareUpdateExclusive,
    /// CREATE INDEX.
    #[serde(rename = "SHARE")]
    Share,
    /// CREATE TRIGGER, ADD FOREIGN KEY.
    #[serde(rename = "SHARE ROW EXCLUSIVE")]
    ShareRowExclusive,
    /// REFRESH MATERIALIZED VIEW CONCURRENTLY.
    #[serde(rename = "EXCLUSIVE")]
    Exclusive,
    /// Most of ALTER TABLE.
    #[serde(rename = "ACCESS EXCLUSIVE")]
    AccessExclusive,
}

use LockMode::{
    AccessExclusive, AccessShare, Exclusive, RowExclusive, RowShare, Share, ShareRowExclusive,
    ShareUpdateExclusive,
};

/// Every mode, weakest first.
pub const MODES: [LockMode; 8] = [
    AccessShare,
    RowShare,
    RowExclusive,
    ShareUpdateExclusive,
    Share,
    ShareRowExclusive,
    Exclusive,
    AccessExclusive,
];

impl LockMode {
    /// Modes that cannot be held by another session at the same time.
    pub fn conflicts(self) -> &'static [LockMode] {
        match self {
            AccessShare => &[AccessExclusive],
            RowShare => &[Exclusive, AccessExclusive],
            RowExclusive => &[Share, ShareRowExclusive, Exclusive, AccessExclusive],
            ShareUpdateExclusive => {
                &[ShareUpdateExclusive, Share, ShareRowExclusive, Exclusive, AccessExclusive]
            }
            Share => {
                &[RowExclusive, ShareUpdateExclusive, ShareRowExclusive, Exclusive, AccessExclusive]
            }
            ShareRowExclusive => &[
                RowExclusive,
                ShareUpdateExclusive,
                Share,
                ShareRowExclusive,
                Exclusive,
                AccessExclusive,
            ],
            Exclusive => &[
                RowShare,
                RowExclusive,
                ShareUpdateExclusive,
                Share,
                ShareRowExclusive,
                Exclusive,
                AccessExclusive,
            ],
            AccessExclusive => &MODES,
        }
    }

    /// Whether the two modes cannot be held by two sessions at once.
    pub fn conflicts_with(self, other: Self) -> bool {
        self.conflicts().contains(&other)
    }

    /// Whether plain SELECTs wait for it.
    pub fn blocks_reads(self) -> bool {
        self.conflicts_with(AccessShare)
    }

    /// Whether INSERT, UPDATE and DELETE wait for it.
    pub fn blocks_writes(self) -> bool {
        self.conflicts_with(RowExclusive)
    }

    /// The manual's spelling.
    pub fn name(self) -> &'static str {
        match self {
            AccessShare => "ACCESS SHARE",
            RowShare => "ROW SHARE",
            RowExclusive => "ROW EXCLUSIVE",
            ShareUpdateExclusive => "SHARE UPDATE EXCLUSIVE",
            Share => "SHARE",
            ShareRowExclusive => "SHARE ROW EXCLUSIVE",
            Exclusive => "EXCLUSIVE",
            AccessExclusive => "ACCESS EXCLUSIVE",
        }
    }

    /// `pg_locks.mode`: `AccessExclusiveLock`.
    pub fn pg_locks_name(self) -> &'static str {
        match self {
            AccessShare => "AccessShareLock",
            RowShare => "RowShareLock",
            RowExclusive => "RowExclusiveLock",
            ShareUpdateExclusive => "ShareUpdateExclusiveLock",
            Share => "ShareLock",
            ShareRowExclusive => "ShareRowExclusiveLock",
            Exclusive => "ExclusiveLock",
            AccessExclusive => "AccessExclusiveLock",
        }
    }
}

/// For how long a lock is held, once acquired.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Held {
    /// For a change of the catalogue: milliseconds.
    Instant,
    /// While every row is read.
    Scan,
    /// While an index is built.
    Build,
    /// While every row is written anew.
    Rewrite,
}

/// A table-level lock that a statement takes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Lock {
    /// The table or view.
    pub relation: QName,
    /// Mode.
    pub mode: LockMode,
    /// What waits: `read`, `write`.
    pub blocks: Vec<Blocks>,
    /// For how long.
    pub held: Held,
    /// The table that is worked through meanwhile, where it is another one: a later statement of the
    /// transaction works there, and the lock is held to the end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub through: Option<QName>,
}

/// What waits for a lock.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Blocks {
    /// SELECT.
    Read,
    /// INSERT, UPDATE, DELETE.
    Write,
}

impl Lock {
    /// A lock, with what it blocks derived from its mode.
    pub fn new(relation: QName, mode: LockMode, held: Held) -> Self {
        let mut blocks = Vec::new();
        if mode.blocks_reads() {
            blocks.push(Blocks::Read);
        }
        if mode.blocks_writes() {
            blocks.push(Blocks::Write);
        }
        Self { relation, mode, blocks, held, through: None }
    }

    /// Whether requests wait for as long as a table is big: `worked_through` says which.
    pub fn is_long(&self) -> bool {
        !self.blocks.is_empty() && self.held != Held::Instant
    }

    /// The table whose size decides how long the lock is held.
    pub fn worked_through(&self) -> &QName {
        self.through.as_ref().unwrap_or(&self.relation)
    }

    /// The lock while a later statement of its transaction works through a table.
    pub(super) fn outlast(&mut self, work: &Self) {
        if work.held > self.held {
            self.held = work.held;
            self.while_in(work.worked_through());
        }
    }

    /// Says which table is worked through.
    pub(super) fn while_in(&mut self, table: &QName) {
        self.through = (*table != self.relation).then(|| table.clone());
    }

    /// The lock with another one on the same relation: the stronger mode, and the longer of the times
    /// for which somebody waits.
    pub(super) fn join(&mut self, other: Self) {
        let waits = |lock: &Self| !lock.blocks.is_empty();
        let is_longer = match (waits(self), waits(&other)) {
            (true, false) => false,
            (false, true) => true,
            (true, true) | (false, false) => other.held > self.held,
        };
        let mode = self.mode.max(other.mode);
        let Self { relation, held, through, .. } = if is_longer { other } else { self.clone() };
        *self = Self { through, ..Self::new(relation, mode, held) };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conflicts_are_symmetric() {
        for a in MODES {
            for b in MODES {
                assert_eq!(a.conflicts_with(b), b.conflicts_with(a), "{a:?} {b:?}");
            }
        }
    }
}
