//! Ranges in words, for verdicts on ways. Must not decide.

use super::Way;

/// More work than the best way's.
pub(super) fn compared(way: &Way, best: &Way) -> String {
    format!("{} against {}", range(way.cost.work.seconds), range(best.cost.work.seconds))
}

/// A range that goes beyond what is allowed.
pub(super) fn over(what: &str, seconds: (f64, f64), allowed: f64) -> String {
    format!("{what} {}, and {} s are allowed", range(seconds), short(allowed))
}

fn range((from, to): (f64, f64)) -> String {
    format!("{} to {} s", short(from), short(to))
}

fn short(seconds: f64) -> String {
    if seconds >= 10.0 { format!("{seconds:.0}") } else { format!("{seconds:.2}") }
}
