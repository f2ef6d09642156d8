//! Numbers, ranges and places as words. Pure.

use planner::engine::{Held, Lock};
use planner::plan::{Estimate, PhaseKind, StepKind};
use web::protocol::Subject;
use web::view::{SqlView, StepView};

/// `10,000,000`.
pub(crate) fn count(n: u64) -> String {
    let digits = n.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `1 step`, `3 steps`.
pub(crate) fn plural(n: usize, word: &str) -> String {
    if n == 1 { format!("1 {word}") } else { format!("{n} {word}s") }
}

/// `3.1 GB`.
pub(crate) fn bytes(n: u64) -> String {
    const UNITS: [(u64, &str); 4] =
        [(1_000_000_000_000, "TB"), (1_000_000_000, "GB"), (1_000_000, "MB"), (1_000, "kB")];
    for (size, unit) in UNITS {
        if n >= size {
            let tenths = n / (size / 10);
            let (whole, tenth) = (tenths / 10, tenths % 10);
            return if whole >= 10 || tenth == 0 {
                format!("{whole} {unit}")
            } else {
                format!("{whole}.{tenth} {unit}")
            };
        }
    }
    format!("{n} B")
}

fn milliseconds(ms: u64) -> String {
    let tenths = |unit: u64| format!("{}.{}", ms / unit, ms % unit * 10 / unit);
    match ms {
        0..1_000 => format!("{ms} ms"),
        1_000..10_000 => format!("{} s", tenths(1_000)),
        10_000..120_000 => format!("{} s", ms / 1_000),
        120_000..7_200_000 => format!("{} min", ms / 60_000),
        7_200_000..172_800_000 => format!("{} h", ms / 3_600_000),
        172_800_000.. => format!("{} days", ms / 86_400_000),
    }
}

/// `10 ms to 0.2 s`; empty where nothing was estimated. In whole milliseconds: printing floats
/// takes more of the shell than this whole file.
pub(crate) fn duration((from, to): (f64, f64)) -> String {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a duration")]
    let (from, to) = ((from * 1000.0) as u64, (to * 1000.0) as u64);
    if to == 0 {
        return String::new();
    }
    let (low, high) = (milliseconds(from), milliseconds(to));
    if low == high { low } else { format!("{low} to {high}") }
}

/// `1.2 s`; `0 ms` for none.
pub(crate) fn seconds(seconds: f64) -> String {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a duration")]
    let ms = (seconds * 1000.0) as u64;
    milliseconds(ms)
}

/// Duration, WAL, disk and replica lag of a step in one line.
pub(crate) fn estimate(estimate: &Estimate) -> String {
    let mut parts = vec![duration(estimate.seconds)];
    for ((_, most), what) in [(estimate.wal_bytes, "of WAL"), (estimate.disk_bytes, "of disk")] {
        if most > 0 {
            parts.push(format!("up to {} {what}", bytes(most)));
        }
    }
    if estimate.lag_seconds.1 > 0.0 {
        parts.push(format!("replicas behind by up to {:.0} s", estimate.lag_seconds.1));
    }
    parts.retain(|part| !part.is_empty());
    parts.join(", ")
}

/// The `locking?` cell: who waits, for which locks.
pub(crate) fn locking(step: &StepView) -> String {
    let blocking: Vec<String> =
        step.locks.iter().filter(|lock| !lock.blocks.is_empty()).map(lock).collect();
    match (step.kind, blocking.is_empty()) {
        (StepKind::Backfill, true) => "no: row locks for one batch".to_owned(),
        (StepKind::Ddl, true) if !step.locks.is_empty() => "no: reads and writes go on".to_owned(),
        (_, true) => "no".to_owned(),
        (_, false) if step.online => format!("brief: {}", blocking.join(", ")),
        (_, false) => format!("LONG: {}", blocking.join(", ")),
    }
}

fn lock(lock: &Lock) -> String {
    format!("{} on {}, {}", lock.mode.name(), table(lock), held(lock))
}

/// A relation without the usual schema.
pub(crate) fn table(lock: &Lock) -> String {
    let name = lock.relation.to_string();
    name.strip_prefix("public.").map_or(name.clone(), str::to_owned)
}

/// For how long a lock is held.
pub(crate) fn held(lock: &Lock) -> String {
    let held = match lock.held {
        Held::Instant => "an instant",
        Held::Scan => "while every row is read",
        Held::Build => "while an index is built",
        Held::Rewrite => "while every row is rewritten",
    };
    let through = lock.through.as_ref().map(|table| format!(" in {table}")).unwrap_or_default();
    format!("{held}{through}")
}

/// Who waits for a lock.
pub(crate) fn waits(lock: &Lock) -> &'static str {
    match (lock.mode.blocks_reads(), lock.mode.blocks_writes()) {
        (true, _) => "reads and writes wait",
        (false, true) => "writes wait",
        (false, false) => "nobody waits",
    }
}

/// A phase's kind.
pub(crate) fn phase(kind: PhaseKind) -> &'static str {
    match kind {
        PhaseKind::Prepare => "prepare",
        PhaseKind::Expand => "expand",
        PhaseKind::Migrate => "migrate",
        PhaseKind::Verify => "verify",
        PhaseKind::Cutover => "cutover",
        PhaseKind::Contract => "contract",
    }
}

/// A step's kind.
pub(crate) fn step(kind: StepKind) -> &'static str {
    match kind {
        StepKind::Ddl => "SQL",
        StepKind::Backfill => "backfill",
        StepKind::Deploy => "deploy",
        StepKind::Gate => "gate",
        StepKind::Backup => "backup",
    }
}

/// What is run or proved.
pub(crate) fn subject(subject: Subject) -> &'static str {
    match subject {
        Subject::Plan => "the plan",
        Subject::AsAsked => "the change as asked",
    }
}

/// A script as it can be pasted: semicolons, and BEGIN and COMMIT around shared transactions.
pub(crate) fn script(statements: &[SqlView]) -> String {
    let mut text = String::new();
    let mut open: Option<&str> = None;
    for statement in statements {
        let wanted = statement.transaction.as_deref();
        if open != wanted {
            text.push_str(if open.is_some() { "COMMIT;\n" } else { "" });
            text.push_str(if wanted.is_some() { "BEGIN;\n" } else { "" });
            open = wanted;
        }
        text.push_str(&statement.sql);
        text.push_str(";\n");
    }
    text.push_str(if open.is_some() { "COMMIT;\n" } else { "" });
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_well() {
        assert_eq!(count(10_000_000), "10,000,000");
        assert_eq!(count(999), "999");
        assert_eq!(bytes(3_100_000_000), "3.1 GB");
        assert_eq!(bytes(12), "12 B");
        assert_eq!(duration((0.01, 0.2)), "10 ms to 200 ms");
        assert_eq!(duration((600.0, 9_500.0)), "10 min to 2 h");
        assert_eq!(duration((0.0, 0.0)), "");
    }

    #[test]
    fn statements_of_one_transaction_share_a_begin() {
        let sql = |sql: &str, transaction: Option<&str>| SqlView {
            sql: sql.to_owned(),
            transaction: transaction.map(str::to_owned),
        };
        let text = script(&[sql("a", None), sql("b", Some("x")), sql("c", Some("x"))]);
        assert_eq!(text, "a;\nBEGIN;\nb;\nc;\nCOMMIT;\n");
    }
}
