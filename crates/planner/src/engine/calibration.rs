//! How fast a server worked and what it wrote, as it was measured: rows, each with its conditions.
//! Decisions about them are made elsewhere. Must not know plans.

/// What was timed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Work {
    /// A sequential scan that compares: VALIDATE, SET NOT NULL, a parity count.
    Scan,
    /// An index build by one process, reads and writes going on.
    Build,
    /// A table written anew with all its indexes, under ACCESS EXCLUSIVE.
    Rewrite,
    /// Every row updated in batches; no index on what is set.
    Fill,
    /// The same, with an index on what is set: no update is HOT.
    FillIndexed,
    /// Every row updated by one statement.
    Update,
}

/// One measurement, on PostgreSQL 15, on one small machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Figure {
    /// What was timed.
    pub work: Work,
    /// Indexes on the table beside its primary key; none of them on what is set.
    pub indexes: u32,
    /// Fillfactor of the table, percent.
    pub fillfactor: u32,
    /// Bytes of a row in the heap.
    pub row_bytes: u32,
    /// Rows a second.
    pub rows_per_s: u32,
    /// WAL for each row, bytes.
    pub wal_per_row: u32,
    /// Disk taken for each row, bytes: index, copy, or dead rows and index entries.
    pub disk_per_row: u32,
    /// Where it is from.
    pub source: &'static str,
}

const fn figure(
    work: Work,
    (indexes, fillfactor, row_bytes): (u32, u32, u32),
    (rows_per_s, wal_per_row, disk_per_row): (u32, u32, u32),
    source: &'static str,
) -> Figure {
    Figure { work, indexes, fillfactor, row_bytes, rows_per_s, wal_per_row, disk_per_row, source }
}

/// WAL of an UPDATE that a replica replayed in a second, bytes: 489 MB in 6.9 s, on 15, two busy cores.
pub const REPLAY: f64 = 71e6;

/// 300,000 rows, batches of 10,000, a checkpoint just before, so that full-page images count.
const BATCHES: &str = "15, 300k rows, batches of 10k after a checkpoint";
/// 600,000 rows, walked by key.
const KEYSET: &str = "15, 600k rows, batches by key";
/// 1,000,000 rows of 126 bytes, a checkpoint just before.
const SINGLE: &str = "15, 1M rows, one statement after a checkpoint, two busy cores";

use Work::{Build, Fill, FillIndexed, Rewrite, Scan, Update};

/// Every measurement.
pub const FIGURES: &[Figure] = &[
    figure(Fill, (0, 50, 130), (319_000, 233, 13), BATCHES),
    figure(Fill, (0, 100, 130), (125_000, 446, 143), BATCHES),
    figure(Fill, (3, 100, 130), (37_000, 688, 170), BATCHES),
    figure(Fill, (6, 100, 130), (12_000, 1_105, 207), BATCHES),
    figure(FillIndexed, (0, 100, 130), (55_000, 527, 180), BATCHES),
    // A new text of 64 characters.
    figure(Fill, (0, 100, 130), (114_000, 502, 203), BATCHES),
    figure(Fill, (0, 100, 130), (45_515, 515, 135), KEYSET),
    figure(Fill, (0, 100, 130), (48_528, 518, 137), KEYSET),
    figure(Fill, (0, 70, 130), (65_426, 435, 91), KEYSET),
    figure(Fill, (0, 50, 130), (103_619, 315, 7), KEYSET),
    figure(FillIndexed, (0, 100, 130), (38_139, 600, 163), KEYSET),
    figure(FillIndexed, (0, 50, 130), (41_908, 543, 47), KEYSET),
    figure(Update, (0, 100, 130), (91_268, 519, 137), KEYSET),
    figure(Update, (0, 100, 126), (43_000, 718, 135), SINGLE),
    // VALIDATE of a CHECK and of a FOREIGN KEY, SET NOT NULL, a count of rows that differ.
    figure(Scan, (0, 100, 126), (5_900_000, 0, 0), SINGLE),
    figure(Scan, (0, 100, 126), (4_700_000, 0, 0), SINGLE),
    figure(Scan, (0, 100, 126), (7_000_000, 0, 0), SINGLE),
    figure(Scan, (0, 100, 126), (17_000_000, 0, 0), SINGLE),
    // On a bigint, and on a text of 64 characters.
    figure(Build, (0, 100, 126), (1_560_000, 21, 22), SINGLE),
    figure(Build, (0, 100, 126), (370_000, 87, 96), SINGLE),
    figure(Rewrite, (0, 100, 126), (890_000, 173, 148), SINGLE),
    figure(Rewrite, (3, 100, 126), (217_000, 287, 280), SINGLE),
];
