//! `concertina prove`: every interleaving of a plan, or of the change as asked, within bounds; what a
//! rollback keeps, what each release can do, how faults end. Must not judge: all of it is the
//! simulator's.

mod certificate;
mod edits;

use std::io::{IsTerminal, stderr};

use planner::Plan;
use serde::Serialize;
use simulator::{
    Bounds, Counterexample, Endings, Matrix, Progress, Search, Strip, Verdict, trace_of,
};

use super::{bounds, plan_of};
use crate::args::{Invocation, usage};
use crate::report::BadInput;
use crate::{Outcome, output};

/// Transitions between two looks at the clock of the terminal.
const SLICE: usize = 100_000;

/// Everything that is printed.
#[derive(Serialize)]
struct Proved {
    #[serde(flatten)]
    verdict: Verdict,
    /// What was done to the plan before.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    edits: Vec<String>,
    /// What a rollback keeps; a change as asked has no way back.
    #[serde(skip_serializing_if = "Option::is_none")]
    way_back: Option<Strip>,
    #[serde(skip_serializing_if = "Option::is_none")]
    matrix: Option<Matrix>,
    #[serde(skip_serializing_if = "Option::is_none")]
    endings: Option<Endings>,
}

pub(crate) fn run(invocation: &Invocation) -> Result<Outcome, BadInput> {
    let format = invocation.format()?;
    let as_asked = invocation.has("as-asked");
    let bounds = bounds(invocation)?;
    let bounds = if as_asked { bounds.as_asked() } else { bounds };
    let edits = edits::all(invocation)?;
    let plan = edits::edited(&plan_of(invocation)?, &edits)?;
    if let Some(wanted) = invocation.text("trace")? {
        return run_behind(&plan, &bounds, wanted, format);
    }
    if let Some(path) = invocation.value("check") {
        return certificate::check(&plan, path, format);
    }
    let verdict = search(&plan, &bounds)?;
    if let Some(path) = invocation.value("certificate") {
        certificate::write(&plan, &bounds, &verdict, path)?;
    }
    let is_fine = matches!(verdict, Verdict::Verified { .. });
    let with_matrix = invocation.has("matrix");
    let way_back = (!as_asked).then(|| Strip::new(&plan, &bounds).map_err(not_provable));
    let matrix = with_matrix.then(|| Matrix::new(&plan, &bounds).map_err(not_provable));
    let endings = with_matrix.then(|| Endings::new(&plan, &bounds).map_err(not_provable));
    let proved = Proved {
        verdict,
        edits: edits.iter().map(planner::edit::Edit::words).collect(),
        way_back: way_back.transpose()?,
        matrix: matrix.transpose()?,
        endings: endings.transpose()?,
    };
    output::print(&match format {
        "json" => super::pretty(&proved)?,
        _ => text(&proved),
    })?;
    Ok(if is_fine { Outcome::Fine } else { Outcome::Unsafe })
}

/// Prints the run behind a cell.
fn run_behind(plan: &Plan, bounds: &Bounds, cell: &str, format: &str) -> Result<Outcome, BadInput> {
    let Some(trace) = trace_of(plan, bounds, cell).map_err(not_provable)? else {
        let help =
            "such as 7.2, 7.2:R0:read, before:R1:insert or 7.2:crash_after; --matrix lists them";
        return Err(usage(&format!("there is no cell {cell}"), help));
    };
    output::print(&match format {
        "json" => super::pretty(&trace)?,
        _ => trace.text(),
    })?;
    Ok(Outcome::Fine)
}

/// The simulator has no model of the plan.
#[expect(clippy::needless_pass_by_value, reason = "it is given to `map_err`")]
fn not_provable(why: simulator::Unmodelled) -> BadInput {
    BadInput::new("not-provable", &why.to_string(), "")
}

fn search(plan: &Plan, bounds: &Bounds) -> Result<Verdict, BadInput> {
    let mut search = Search::new(plan, bounds).map_err(not_provable)?;
    let watched = stderr().is_terminal();
    loop {
        let Progress { states, transitions, frontier, depth, done } = search.advance(SLICE);
        if watched {
            output::complain(&format!(
                "\r{states} states, {transitions} transitions, depth {depth}, {frontier} to go \x1b[K"
            ));
        }
        if done {
            break;
        }
    }
    if watched {
        output::complain("\r\x1b[K");
    }
    Ok(search.verdict().expect("a search that is done has a verdict"))
}

fn text(proved: &Proved) -> String {
    let edits: String = proved.edits.iter().map(|words| format!("edited: {words}\n")).collect();
    let mut text = edits + &verdict_text(&proved.verdict);
    if let Some(strip) = &proved.way_back {
        text += &format!("\nwhat a rollback from after each step keeps:\n{}", strip.text());
    }
    if let Some(matrix) = &proved.matrix {
        text += &format!("\nwhat each release can do, from each step on, {}", matrix.text());
    }
    if let Some(endings) = &proved.endings {
        text += &format!("\nhow each fault ends:\n{}", endings.text());
    }
    text
}

fn verdict_text(verdict: &Verdict) -> String {
    match verdict {
        Verdict::Verified { states, transitions, depth, reached, notes } => {
            let mut text = format!(
                "verified: no interleaving within the bounds breaks a promise\n  \
                 {states} states, {transitions} transitions, depth {depth}\n"
            );
            text.extend(reached.iter().map(|fact| format!("  seen: {fact}\n")));
            text.extend(notes.iter().map(|note| format!("  not modelled: {note}\n")));
            text
        }
        Verdict::BoundsExceeded { states, reason } => {
            format!("bounds exceeded: {reason}\n  {states} states, none of them broken\n")
        }
        Verdict::Refuted(found) => {
            let Counterexample { invariant, statement, detail, states, trace } = &**found;
            format!(
                "refuted: {invariant}: {statement}\n  {detail}\n  {states} states\n\n\
                 the shortest way there:\n{}",
                trace.text()
            )
        }
    }
}
