//! The query inventory as text: a table of statements by steps, and in words whatever does not work.
//! Must not judge.

use std::fmt::Write as _;

use super::markdown::cell;
use crate::plan::Plan;
use crate::queries::{Moment, QueryReport, Verdict, When};

/// Rows of the table.
const ROWS_MAX: usize = 60;
/// Characters of a statement that stand for it.
const SQL_MAX: usize = 70;

/// The Markdown section; empty without statements.
pub(super) fn markdown(plan: &Plan) -> String {
    if plan.queries.is_empty() {
        return String::new();
    }
    let mut out = "## Query Inventory\n\n".to_owned();
    let _ = writeln!(out, "{}\n", summary(plan));
    out += &table(plan);
    let mut lines = String::new();
    for report in &plan.queries {
        for (when, says) in words(report) {
            let _ = writeln!(lines, "- {} ({}), {when}: {says}", label(report), report.release);
        }
    }
    if lines.is_empty() { out } else { out + &lines + "\n" }
}

/// The same for a terminal.
pub(super) fn text(plan: &Plan) -> String {
    if plan.queries.is_empty() {
        return String::new();
    }
    let mut out = format!("\nqueries: {}\n", summary(plan).replace("**", ""));
    for report in &plan.queries {
        for (when, says) in words(report) {
            let label = label(report).replace('`', "");
            let _ =
                writeln!(out, "  {label} ({}), {when}: {}", report.release, says.replace('`', ""));
        }
    }
    out
}

fn is_calm(report: &QueryReport) -> bool {
    report.moments.iter().all(|moment| moment.verdict == Verdict::Works)
}

fn summary(plan: &Plan) -> String {
    let count = |is: &dyn Fn(&Verdict) -> bool| {
        let any = |report: &&QueryReport| report.moments.iter().any(|m| is(&m.verdict));
        plan.queries.iter().filter(any).count()
    };
    let fail = count(&|verdict| matches!(verdict, Verdict::Fails { .. }));
    let drift = count(&|verdict| matches!(verdict, Verdict::Drifts { .. }));
    let unknown = count(&|verdict| matches!(verdict, Verdict::NotAnalysed { .. }));
    let calm = plan.queries.iter().filter(|report| is_calm(report)).count();
    let mut text = format!(
        "Statements of the app, looked up in the schema as it is after each step, for as long as their release runs: {} in all, {calm} work at every step",
        plan.queries.len()
    );
    for (n, what) in [(fail, "fail"), (drift, "drift"), (unknown, "are not analysed")] {
        if n > 0 {
            let _ = write!(text, ", **{n} {what}**");
        }
    }
    text + "."
}

/// Statements by steps, those first that do not simply work.
fn table(plan: &Plan) -> String {
    let ids: Vec<&str> = plan.steps().map(|step| step.id.as_str()).collect();
    let mut out = format!("| statement | release | before | {} |\n", ids.join(" | "));
    out += &format!("|---|---|---|{}\n", "---|".repeat(ids.len()));
    let (calm, others): (Vec<&QueryReport>, Vec<&QueryReport>) =
        plan.queries.iter().partition(|report| is_calm(report));
    let n_rows = plan.queries.len();
    for report in others.into_iter().chain(calm).take(ROWS_MAX) {
        let cells = row(report, &ids);
        let label = cell(&label(report));
        let _ = writeln!(out, "| {label} | {} | {} |", report.release, cells.join(" | "));
    }
    if n_rows > ROWS_MAX {
        let _ = writeln!(out, "\nand {} more rows.", n_rows - ROWS_MAX);
    }
    out + "\n"
}

/// One cell before the first step and one a step; empty while the release does not run.
fn row(report: &QueryReport, ids: &[&str]) -> Vec<&'static str> {
    let mut now: Option<&Verdict> = None;
    let mut drifted = false;
    let mut cells = Vec::with_capacity(ids.len() + 1);
    let mut over = false;
    for id in std::iter::once(None).chain(ids.iter().copied().map(Some)) {
        let fresh = report.moments.iter().find(|moment| moment.step.as_deref() == id);
        if let Some(Moment { verdict, .. }) = fresh {
            now = Some(verdict);
            drifted = false;
        }
        let is_drift = matches!(now, Some(Verdict::Drifts { .. }));
        cells.push(match now {
            None => "",
            Some(_) if over => "",
            // A drift is over with the step that makes it.
            Some(_) if is_drift && drifted => "ok",
            Some(verdict) => short(verdict),
        });
        drifted |= is_drift;
        over |= id == Some(report.until.as_str());
    }
    cells
}

fn short(verdict: &Verdict) -> &'static str {
    match verdict {
        Verdict::Works => "ok",
        Verdict::Fails { .. } => "**fails**",
        Verdict::Drifts { .. } => "drifts",
        Verdict::NotAnalysed { .. } => "?",
    }
}

/// A statement by its name, or by its beginning.
fn label(report: &QueryReport) -> String {
    let numbered = report.name.strip_prefix('q').is_some_and(|n| n.parse::<usize>().is_ok());
    if !numbered {
        return report.name.clone();
    }
    let flat = report.sql.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut cut: String = flat.chars().take(SQL_MAX).collect();
    if cut.len() < flat.len() {
        cut += " …";
    }
    format!("{} `{}`", report.name, cut.replace('`', "'"))
}

/// Every moment that is not simply fine: when, and what happens.
fn words(report: &QueryReport) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for Moment { step, verdict } in &report.moments {
        let when = match step {
            Some(step) => format!("after {step}"),
            None => "before the first step".to_owned(),
        };
        match verdict {
            Verdict::Works => {}
            Verdict::Fails { sqlstate, message, when: how } => {
                let how = match how {
                    When::Prepare => "when it is prepared",
                    When::Plan => "when it is planned: PREPARE accepts it",
                    When::Run => "when it is run: PREPARE accepts it",
                };
                found.push((when, format!("fails with {sqlstate} `{message}`, {how}")));
            }
            Verdict::Drifts { note } => found.push((when, note.clone())),
            Verdict::NotAnalysed { reason } => {
                found.push((when, format!("not analysed: {reason}")));
            }
        }
    }
    found
}
