//! `concertina prove`: every interleaving of a plan, or of the change as asked, within bounds.
//! Must not judge: the verdict is the simulator's.

use std::io::{IsTerminal, stderr};

use planner::Plan;
use simulator::{Bounds, Counterexample, Progress, Search, Verdict};

use super::{bounds, plan_of};
use crate::args::Invocation;
use crate::report::BadInput;
use crate::{Outcome, output};

/// Transitions between two looks at the clock of the terminal.
const SLICE: usize = 100_000;

pub(crate) fn run(invocation: &Invocation) -> Result<Outcome, BadInput> {
    let format = invocation.format()?;
    let bounds = bounds(invocation)?;
    let bounds = if invocation.has("as-asked") { bounds.as_asked() } else { bounds };
    let plan = plan_of(invocation)?;
    let verdict = search(&plan, &bounds)?;
    let printed = match format {
        "json" => super::pretty(&verdict)?,
        _ => text(&verdict),
    };
    output::print(&printed)?;
    Ok(match verdict {
        Verdict::Verified { .. } => Outcome::Fine,
        Verdict::Refuted(_) | Verdict::BoundsExceeded { .. } => Outcome::Unsafe,
    })
}

fn search(plan: &Plan, bounds: &Bounds) -> Result<Verdict, BadInput> {
    let mut search = Search::new(plan, bounds)
        .map_err(|error| BadInput::new("not-provable", &error.to_string(), ""))?;
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

fn text(verdict: &Verdict) -> String {
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
