//! Plans as text: Markdown, terminal, JSON, a directory of SQL. Pure; must not judge a plan.

mod markdown;
mod queries;
mod runbook;
mod strategies;
mod text;

pub use markdown::markdown;
pub use runbook::sql;
pub use text::text;

use crate::engine::{Held, Lock};
use crate::plan::{Plan, Step, StepKind};

/// The plan document, two-space indented, with a final newline.
pub fn json(plan: &Plan) -> String {
    serde_json::to_string_pretty(plan).map_or_else(|error| format!("{error}\n"), |text| text + "\n")
}

/// What a step locks, in words.
fn locking(step: &Step) -> String {
    let blocking: Vec<String> =
        step.locks.iter().filter(|l| !l.blocks.is_empty()).map(lock).collect();
    match (step.kind, blocking.is_empty()) {
        (StepKind::Deploy | StepKind::Gate | StepKind::Backup, true) => "no".to_owned(),
        (StepKind::Backfill, true) => "no: row locks for one batch".to_owned(),
        (StepKind::Ddl, true) if step.locks.is_empty() => "no".to_owned(),
        (StepKind::Ddl, true) => "no: reads and writes go on".to_owned(),
        (_, false) if step.app_state.is_empty() => {
            format!("{}: nobody waits, the app is stopped", blocking.join(", "))
        }
        (_, false) if step.online => format!("brief: {}", blocking.join(", ")),
        (_, false) => format!("**LONG**: {}", blocking.join(", ")),
    }
}

fn lock(lock: &Lock) -> String {
    let held = match lock.held {
        Held::Instant => "for an instant",
        Held::Scan => "while every row is read",
        Held::Build => "while an index is built",
        Held::Rewrite => "while every row is written anew",
    };
    let through = lock.through.as_ref().map(|table| format!(" in {table}")).unwrap_or_default();
    format!("{} on {} {held}{through}", lock.mode.name(), lock.relation)
}

/// Which releases may run during a step, in words.
fn app_state(step: &Step) -> String {
    if step.app_state.is_empty() { "stopped".to_owned() } else { step.app_state.join(" + ") }
}

/// How a step is undone, in words.
fn rollback(plan: &Plan, step: &Step) -> String {
    let past =
        plan.point_of_no_return.step.as_deref().is_some_and(|point| !before(plan, &step.id, point));
    if past {
        return format!("none: loses {}", step.rollback.loses);
    }
    let how = match (step.kind, step.rollback.script.is_empty()) {
        (StepKind::Deploy, _) => step.rollback.app.clone(),
        (StepKind::Gate | StepKind::Backup, _) => "nothing to undo".to_owned(),
        (StepKind::Ddl | StepKind::Backfill, true) => {
            "nothing to undo: goes with the steps before".to_owned()
        }
        (StepKind::Ddl | StepKind::Backfill, false) => {
            let count = step.rollback.script.iter().filter(|s| !is_setting(s)).count();
            format!("{count} statement{}", if count == 1 { "" } else { "s" })
        }
    };
    if step.rollback.loses.starts_with("nothing") {
        how
    } else {
        format!("{how}; loses {}", step.rollback.loses)
    }
}

fn is_setting(statement: &crate::plan::Statement) -> bool {
    matches!(
        statement.op,
        crate::op::Op::SetLockTimeout { .. } | crate::op::Op::SetStatementTimeout { .. }
    )
}

/// Whether the step `id` comes before the step `point`.
fn before(plan: &Plan, id: &str, point: &str) -> bool {
    let at = |wanted: &str| plan.steps().position(|step| step.id == wanted);
    at(id) < at(point)
}

/// `0.5–20 s`, `3–12 min`, `2–9 h`.
fn duration((from, to): (f64, f64)) -> String {
    if to < 0.001 {
        return "an instant".to_owned();
    }
    let (unit, name) = match to {
        t if t >= 7200.0 => (3600.0, "h"),
        t if t >= 180.0 => (60.0, "min"),
        _ => (1.0, "s"),
    };
    format!("{}–{} {name}", short(from / unit), short(to / unit))
}

/// Two significant figures are all an estimate has.
fn short(value: f64) -> String {
    if value >= 10.0 {
        format!("{value:.0}")
    } else if value >= 1.0 {
        format!("{value:.1}")
    } else {
        format!("{value:.2}")
    }
}

/// `1.2 GB`.
#[expect(clippy::cast_precision_loss, reason = "two figures are shown")]
fn bytes((from, to): (u64, u64)) -> String {
    let (unit, name) = match to {
        t if t >= 1_000_000_000 => (1e9, "GB"),
        t if t >= 1_000_000 => (1e6, "MB"),
        _ => (1e3, "kB"),
    };
    format!("{}–{} {name}", short(from as f64 / unit), short(to as f64 / unit))
}

/// SQL of a script with its transactions spelled out.
fn script_sql(script: &[crate::plan::Statement]) -> String {
    let mut text = String::new();
    let mut open: Option<&str> = None;
    for statement in script {
        let transaction = statement.transaction.as_deref();
        if open.is_some() && open != transaction {
            text += "COMMIT;\n";
        }
        if transaction.is_some() && open != transaction {
            text += "BEGIN;\n";
        }
        open = transaction;
        text += &statement.sql;
        text += ";\n";
    }
    if open.is_some() {
        text += "COMMIT;\n";
    }
    text
}
