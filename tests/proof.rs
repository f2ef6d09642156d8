//! What the simulator says of a plan, for goldens and for the trials that want one answer. What
//! it derives beside it is in `derived`.

use planner::Plan;
use simulator::{Bounds, Counterexample, Verdict};

/// The answer to "does it hold?".
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    /// In every interleaving within the bounds.
    Verified,
    /// Not in this one.
    Refuted(String),
    /// It cannot even finish, or something else that every plan is for never happens.
    Empty(String),
    /// Could not be found out.
    Unknown(String),
}

/// How the simulator begins a verdict on a search that found nothing because nothing happened.
const EMPTY: &str = "the proof would be empty";

/// The verdict on a plan, or why there can be none.
fn verdict(plan: &Plan, bounds: &Bounds) -> Result<Verdict, String> {
    simulator::prove(plan, bounds).map_err(|error| error.to_string())
}

/// The answer within the usual bounds.
pub(crate) fn answer(plan: &Plan) -> Answer {
    answer_within(plan, &Bounds::default())
}

/// The answer where no state is left out.
pub(crate) fn answer_unreduced(plan: &Plan) -> Answer {
    answer_within(plan, &Bounds { reduced: false, ..Bounds::default() })
}

fn answer_within(plan: &Plan, bounds: &Bounds) -> Answer {
    match verdict(plan, bounds) {
        Ok(Verdict::Verified { .. }) => Answer::Verified,
        Ok(Verdict::Refuted(found)) => {
            Answer::Refuted(format!("{}: {}", found.invariant, found.detail))
        }
        Ok(Verdict::BoundsExceeded { reason, .. }) if reason.contains(EMPTY) => {
            Answer::Empty(reason)
        }
        Ok(Verdict::BoundsExceeded { reason, .. }) => Answer::Unknown(reason),
        Err(reason) => Answer::Unknown(reason),
    }
}

/// The verdict in words, with the trace.
pub(crate) fn said(plan: &Plan) -> String {
    text(plan, &Bounds::default())
}

/// Fails unless the plan is verified.
pub(crate) fn must_verify(plan: &Plan) -> Result<(), String> {
    match verdict(plan, &Bounds::default()) {
        Ok(Verdict::Verified { .. }) => Ok(()),
        Ok(Verdict::Refuted(found)) => Err(counterexample(&found)),
        Ok(Verdict::BoundsExceeded { reason, .. }) => Err(format!("bounds exceeded: {reason}")),
        Err(reason) => Err(reason),
    }
}

/// The `--- proof` section: the plan, and the change as asked.
pub(crate) fn section(plan: Option<&Plan>, as_asked: Option<&Plan>) -> String {
    let (bounds, line) =
        (Bounds::default(), |name: &str, text: String| format!("{name}: {text}\n"));
    let plan = plan.map_or(String::new(), |plan| line("plan", text(plan, &bounds)));
    let bounds = bounds.as_asked();
    let asked = as_asked.map_or(String::new(), |plan| line("as asked", text(plan, &bounds)));
    plan + &asked
}

/// What the `--- deep-proof` section is within: 3 instances, 3 rows, 2 faults; and what is looked at
/// where that is too much.
const DEEP: Bounds =
    Bounds { instances: 3, rows: 3, faults: 2, states: 16_000_000, procedure: true, reduced: true };

/// The `--- deep-proof` section: the plan within wider bounds, or the widest that are enough.
pub(crate) fn deep_section(plan: &Plan) -> String {
    let whole = deep(plan, &DEEP);
    if !whole.starts_with(EXCEEDED) {
        return whole;
    }
    let narrower = deep(plan, &Bounds { rows: 2, ..DEEP });
    format!("{whole}with 2 rows {narrower}")
}

/// Whether a deep proof that ended so takes about a second.
pub(crate) fn is_brief(deep: &str) -> bool {
    let states = deep.strip_prefix("verified: ").and_then(|rest| rest.split(' ').next());
    states.and_then(|states| states.parse().ok()).is_some_and(|states: u64| states < 100_000)
}

const EXCEEDED: &str = "bounds exceeded";

fn deep(plan: &Plan, bounds: &Bounds) -> String {
    match verdict(plan, bounds) {
        Ok(Verdict::Verified { states, transitions, depth, .. }) => {
            format!("verified: {states} states, {transitions} transitions, depth {depth}\n")
        }
        Ok(Verdict::Refuted(found)) => format!("refuted: {}: {}\n", found.invariant, found.detail),
        // How many states were found before it says nothing.
        Ok(Verdict::BoundsExceeded { reason, .. }) => format!("{EXCEEDED}: {reason}\n"),
        Err(reason) => format!("cannot be proved: {reason}\n"),
    }
}

fn text(plan: &Plan, bounds: &Bounds) -> String {
    match verdict(plan, bounds) {
        Ok(Verdict::Verified { states, transitions, depth, reached, notes }) => {
            let mut text =
                format!("verified: {states} states, {transitions} transitions, depth {depth}\n");
            text.extend(reached.iter().map(|fact| format!("  seen: {fact}\n")));
            text.extend(notes.iter().map(|note| format!("  not modelled: {note}\n")));
            text
        }
        Ok(Verdict::Refuted(found)) => format!("refuted: {}", counterexample(&found)),
        Ok(Verdict::BoundsExceeded { states, reason }) => {
            format!("bounds exceeded after {states} states: {reason}\n")
        }
        Err(reason) => format!("cannot be proved: {reason}\n"),
    }
}

/// The broken promise and the shortest way to it.
fn counterexample(found: &Counterexample) -> String {
    format!("{}: {}\n{}", found.invariant, found.detail, found.trace.text())
}
