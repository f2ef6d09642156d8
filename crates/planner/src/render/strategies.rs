//! The ways to carry out each change, side by side: what each costs, which won and why the others
//! lost. Must not judge.

use std::fmt::Write as _;

use super::markdown::cell;
use super::{bytes, duration};
use crate::plan::{Plan, Strategy};

/// The Markdown section; empty where no change has more than one way.
pub(super) fn markdown(plan: &Plan) -> String {
    let mut out = String::new();
    for group in plan.strategies.chunk_by(|a, b| a.change == b.change) {
        let Some(first) = group.first() else { continue };
        let _ = writeln!(out, "### {}\n", first.change);
        out += "| strategy | fits | work | WAL | disk | requests wait | downtime | releases | verdict |\n|---|---|---|---|---|---|---|---|---|\n";
        for strategy in group {
            let _ = writeln!(out, "| {} |", row(strategy).join(" | "));
        }
        out.push('\n');
        for strategy in group {
            let _ = writeln!(out, "- **{}**: {}.", strategy.name, strategy.how);
        }
        out.push('\n');
    }
    if out.is_empty() { out } else { format!("## Strategies\n\n{out}") }
}

fn row(strategy: &Strategy) -> Vec<String> {
    let cost = &strategy.cost;
    let size = |range: (u64, u64)| if range.1 == 0 { "–".to_owned() } else { bytes(range) };
    let time = |range: (f64, f64)| if range.1 <= 0.0 { "–".to_owned() } else { duration(range) };
    let name =
        if strategy.chosen { format!("**{}**", strategy.name) } else { strategy.name.clone() };
    vec![
        name,
        if strategy.fits { "yes" } else { "no" }.to_owned(),
        duration(cost.work.seconds),
        size(cost.work.wal_bytes),
        size(cost.work.disk_bytes),
        time(cost.blocked_seconds),
        time(cost.downtime_seconds),
        cost.releases.to_string(),
        cell(&strategy.verdict),
    ]
}

/// The same for a terminal, a line each.
pub(super) fn text(plan: &Plan) -> String {
    let mut out = String::new();
    for strategy in &plan.strategies {
        let mark = if strategy.chosen { "*" } else { " " };
        let work = duration(strategy.cost.work.seconds);
        let _ = writeln!(
            out,
            "  strategy{mark} {}: {work} of work; {}",
            strategy.name, strategy.verdict
        );
    }
    out
}
