//! What work on a table takes, as ranges: the measured figures that are nearest to its size, its
//! indexes and its fillfactor, from the fastest one to a quarter of the slowest, since machines
//! differ. Must not know plans' steps or recipes.

use crate::engine::calibration::{FIGURES, Figure, REPLAY, Work};
use crate::name::QName;
use crate::plan::Estimate;
use crate::request::Request;
use crate::schema::Schema;

/// How much slower than the slowest figure a server may be.
const SLOWER: f64 = 4.0;
/// Around a figure's bytes: full-page images depend on how often checkpoints come.
const LESS: f64 = 0.75;
const MORE: f64 = 1.25;
/// What another index adds to the WAL of a row that is updated, bytes: (1105 - 688) / 3.
const INDEX_WAL: f64 = 139.0;

/// A table as the figures see it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Size {
    /// Rows.
    rows: f64,
    /// Rows and dead rows: what a scan reads.
    read: f64,
    /// Bytes of a row.
    width: f64,
    /// Indexes beside the primary key.
    indexes: u32,
    fillfactor: u32,
    replicas: bool,
}

impl Size {
    /// Of a table of a schema, by the request's facts.
    #[expect(clippy::cast_precision_loss, reason = "a range needs no 53 bits")]
    pub(crate) fn of(
        request: &Request,
        (source, schema): (&Schema, &Schema),
        name: &QName,
    ) -> Self {
        let mut facts = request.facts(name);
        // A table that the plan makes is empty, unless somebody says otherwise.
        if !source.tables.contains_key(name) && !request.tables.contains_key(name) {
            facts.rows = 0;
        }
        let rows = facts.rows as f64;
        let table = schema.table(name);
        let keys = table.map_or(0, |t| t.constraints.values().filter(|c| c.kind.is_key()).count());
        let indexes = keys.saturating_sub(1) + table.map_or(0, |t| t.indexes.len());
        Self {
            rows,
            read: rows + facts.dead_rows as f64,
            width: if facts.rows == 0 { 0.0 } else { facts.heap_bytes() as f64 / rows },
            indexes: u32::try_from(indexes).unwrap_or(u32::MAX),
            fillfactor: u32::from(facts.fillfactor),
            replicas: request.constraints.replicas > 0,
        }
    }

    /// The measurements that are nearest: of the same fillfactor, and of the index counts around.
    fn figures(&self, work: Work) -> Vec<Figure> {
        let all: Vec<Figure> = FIGURES.iter().filter(|f| f.work == work).copied().collect();
        let distance = |f: &Figure| f.fillfactor.abs_diff(self.fillfactor);
        let near = all.iter().map(distance).min().unwrap_or_default();
        let at = all.iter().filter(|f| distance(f) == near);
        let at: Vec<Figure> = at.copied().collect();
        let below = at.iter().map(|f| f.indexes).filter(|n| *n <= self.indexes).max();
        let above = at.iter().map(|f| f.indexes).filter(|n| *n >= self.indexes).min();
        let counts = [below, above];
        at.into_iter().filter(|f| counts.contains(&Some(f.indexes))).collect()
    }

    /// Duration, WAL and disk of work on every row.
    pub(crate) fn work(&self, work: Work) -> Estimate {
        let figures = self.figures(work);
        let most = figures.iter().map(|f| f.indexes).max().unwrap_or_default();
        let more = f64::from(self.indexes.saturating_sub(most));
        let crowd = 1.0 + more / f64::from(most.max(1)).max(3.0);
        let mut range = Range::default();
        for figure in &figures {
            let wider = (self.width / f64::from(figure.row_bytes)).max(1.0);
            let read = if work == Work::Scan { self.read } else { self.rows };
            let rate = f64::from(figure.rows_per_s);
            range.seconds(read / rate * crowd);
            range.seconds(read / rate * crowd * SLOWER * wider);
            // A wider row is logged whole, and once more in the image of its page. An index, and a
            // scan, have nothing to do with the row's width.
            let extra = match work {
                Work::Scan | Work::Build => 0.0,
                Work::Rewrite | Work::Fill | Work::FillIndexed | Work::Update => {
                    (self.width - f64::from(figure.row_bytes)).max(0.0)
                }
            };
            let wal = f64::from(figure.wal_per_row) + more * INDEX_WAL * logs_indexes(work);
            range.wal(self.rows * (wal + extra) * LESS, self.rows * (wal + 2.0 * extra) * MORE);
            let disk = f64::from(figure.disk_per_row);
            range.disk(self.rows * disk * LESS, self.rows * (disk + extra) * MORE);
        }
        self.estimate(&range)
    }

    /// A batched fill: its pauses, and replicas that are never further behind than the ceiling.
    pub(crate) fn fill(&self, work: Work, pauses: (f64, f64), ceiling_s: u32) -> Estimate {
        let base = self.work(work);
        let lag = if self.replicas { (0.0, f64::from(ceiling_s)) } else { (0.0, 0.0) };
        Estimate {
            seconds: (round(base.seconds.0 + pauses.0), round(base.seconds.1 + pauses.1)),
            // Where vacuum keeps up, dead rows make room for the next ones.
            disk_bytes: (0, base.disk_bytes.1),
            lag_seconds: lag,
            ..base
        }
    }

    fn estimate(&self, range: &Range) -> Estimate {
        let seconds = range.seconds;
        let lag = |wal: f64, rate: f64, took: f64| (wal / rate - took).max(0.0);
        let lag_seconds = if self.replicas {
            (
                round(lag(range.wal.0, REPLAY, seconds.1)),
                round(lag(range.wal.1, REPLAY / SLOWER, seconds.0)),
            )
        } else {
            (0.0, 0.0)
        };
        Estimate {
            seconds: (round(seconds.0), round(seconds.1)),
            wal_bytes: (whole(range.wal.0), whole(range.wal.1)),
            disk_bytes: (whole(range.disk.0), whole(range.disk.1)),
            lag_seconds,
        }
    }
}

fn logs_indexes(work: Work) -> f64 {
    match work {
        Work::Rewrite | Work::Fill | Work::FillIndexed | Work::Update => 1.0,
        Work::Scan | Work::Build => 0.0,
    }
}

/// Ranges that grow around what is put into them.
#[derive(Clone, Copy, Debug, Default)]
struct Range {
    seconds: (f64, f64),
    wal: (f64, f64),
    disk: (f64, f64),
    any: bool,
}

impl Range {
    fn seconds(&mut self, value: f64) {
        widen(&mut self.seconds, (value, value), self.any);
        self.any = true;
    }

    fn wal(&mut self, from: f64, to: f64) {
        let known = self.wal != (0.0, 0.0);
        widen(&mut self.wal, (from, to), known);
    }

    fn disk(&mut self, from: f64, to: f64) {
        let known = self.disk != (0.0, 0.0);
        widen(&mut self.disk, (from, to), known);
    }
}

fn widen(range: &mut (f64, f64), (from, to): (f64, f64), known: bool) {
    *range = if known { (range.0.min(from), range.1.max(to)) } else { (from, to) };
}

/// Three decimals: more would be a claim.
pub(crate) fn round(seconds: f64) -> f64 {
    (seconds * 1000.0).round() / 1000.0
}

/// A number of bytes; facts are finite and not negative.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "facts are not negative, and more than 2^64 bytes are as good as 2^64"
)]
fn whole(bytes: f64) -> u64 {
    bytes.round() as u64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::request::TableFacts;

    fn size(facts: TableFacts, indexes: u32, replicas: u32) -> Size {
        let name = QName::new("public", "t");
        let mut request = Request::default();
        request.tables.insert(name.clone(), facts);
        request.constraints.replicas = replicas;
        let schema = Schema::default();
        Size { indexes, ..Size::of(&request, (&schema, &schema), &name) }
    }

    fn check(of: &Size, work: Work, want: &str) {
        let Estimate { seconds, wal_bytes, disk_bytes, lag_seconds } = of.work(work);
        let got = format!(
            "{seconds:.1?} s, {wal_bytes:?} WAL, {disk_bytes:?} disk, {lag_seconds:.1?} lag"
        );
        assert_eq!(got, want);
    }

    #[test]
    fn figures_are_the_nearest_ones() {
        let facts = || TableFacts { rows: 1_000_000, bytes: 130_000_000, ..TableFacts::default() };
        check(
            &size(facts(), 0, 0),
            Work::Fill,
            "(8.0, 87.9) s, (334500000, 647500000) WAL, (101250000, 253750000) disk, (0.0, 0.0) lag",
        );
        // HOT: half of the WAL.
        let hot = TableFacts { fillfactor: 50, ..facts() };
        check(
            &size(hot, 0, 0),
            Work::Fill,
            "(3.1, 38.6) s, (174750000, 393750000) WAL, (5250000, 16250000) disk, (0.0, 0.0) lag",
        );
        // Between three and six indexes, both count; beyond six, each more adds.
        check(
            &size(facts(), 4, 0),
            Work::Fill,
            "(27.0, 333.3) s, (516000000, 1381250000) WAL, (127500000, 258750000) disk, (0.0, 0.0) lag",
        );
        check(
            &size(facts(), 9, 0),
            Work::Fill,
            "(125.0, 500.0) s, (1141500000, 1902500000) WAL, (155250000, 258750000) disk, (0.0, 0.0) lag",
        );
    }

    #[test]
    fn a_scan_reads_dead_rows_and_replicas_lag() {
        let facts = || TableFacts { rows: 1_000_000, bytes: 130_000_000, ..TableFacts::default() };
        check(
            &size(facts(), 0, 0),
            Work::Scan,
            "(0.1, 0.9) s, (0, 0) WAL, (0, 0) disk, (0.0, 0.0) lag",
        );
        let dead = TableFacts { dead_rows: 9_000_000, ..facts() };
        check(
            &size(dead, 0, 0),
            Work::Scan,
            "(0.6, 8.8) s, (0, 0) WAL, (0, 0) disk, (0.0, 0.0) lag",
        );
        check(
            &size(facts(), 0, 2),
            Work::Rewrite,
            "(1.1, 4.6) s, (132750000, 226250000) WAL, (111000000, 190000000) disk, (0.0, 11.6) lag",
        );
    }
}
