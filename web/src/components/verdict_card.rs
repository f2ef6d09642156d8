//! The outcome of a proof, in words that claim no more than was searched.

use planner::edit::Edit;
use simulator::{BrokenPromise as Promise, Counterexample, Verdict};
use web::protocol::Subject;
use yew::prelude::*;

use super::play_view::broken_promise;
use crate::format::{self, count, plural};
use crate::state::proof::{Proof, ProofAction, ProofState};

/// The card.
pub(crate) fn verdict_card(proof: &Proof, on: &Callback<ProofAction>) -> Html {
    let (class, body) = match &proof.state {
        ProofState::Idle | ProofState::Running => return html! {},
        ProofState::Stopped => ("stopped", stopped(proof)),
        ProofState::Failed(message) => {
            ("failed", html! { <p role="alert">{ format!("No proof: {message}.") }</p> })
        }
        ProofState::Done(verdict) => (class(verdict), done(proof, on, verdict)),
    };
    html! {
        <div class={classes!("card", class, proof.stale.then_some("old"))} data-testid="verdict"
            data-outcome={class} aria-live="polite">
            if proof.stale {
                <p class="muted">{ "This is about the plan before the last change to the input." }</p>
            }
            if !proof.edits.is_empty() && proof.subject == Subject::Plan {
                <p data-testid="edited">{ format!("The plan {}:", edits(proof)) }</p>
            }
            { body }
        </div>
    }
}

/// What was done to the plan, in words.
fn edits(proof: &Proof) -> String {
    let words: Vec<String> = proof.edits.iter().map(Edit::words).collect();
    words.join(", ")
}

fn class(verdict: &Verdict) -> &'static str {
    match verdict {
        Verdict::Verified { .. } => "verified",
        Verdict::Refuted(_) => "refuted",
        Verdict::BoundsExceeded { .. } => "exceeded",
    }
}

fn stopped(proof: &Proof) -> Html {
    let (states, what) = (count(proof.progress.states), format::subject(proof.subject));
    html! { <p>{ format!("Stopped after {states} states of {what}: neither proved nor refuted.") }</p> }
}

fn done(proof: &Proof, on: &Callback<ProofAction>, verdict: &Verdict) -> Html {
    let (what, within) = (format::subject(proof.subject), within(proof));
    match verdict {
        Verdict::Verified { states, transitions, depth, reached, notes } => {
            let (states, transitions) = (count(*states), count(*transitions));
            html! {
                <>
                    <h3>{ "Verified" }</h3>
                    <p>{ format!(
                        "No promise breaks in any of {states} states of {what}, reached by {transitions} transitions, \
                         at most {} actions deep. That is every interleaving with {within}; \
                         more of any was not searched.", count(*depth)) }</p>
                    { list("The search is not empty; it really came across:", reached) }
                    { list("Not in the model:", notes) }
                </>
            }
        }
        Verdict::Refuted(found) => refuted(proof, on, found),
        Verdict::BoundsExceeded { states, reason } => html! {
            <>
                <h3>{ "Bounds exceeded" }</h3>
                <p>{ format!(
                    "No promise broke in {} states of {what} with {within}, but this is not a proof: {reason}.",
                    count(*states)) }</p>
            </>
        },
    }
}

fn refuted(proof: &Proof, on: &Callback<ProofAction>, found: &Counterexample) -> Html {
    let (what, within) = (format::subject(proof.subject), within(proof));
    let actions = plural(found.trace.moments.len().saturating_sub(1), "action");
    let broken = Promise {
        invariant: found.invariant.clone(),
        statement: found.statement.clone(),
        detail: found.detail.clone(),
    };
    html! {
        <>
            <h3>{ "Refuted" }</h3>
            <p>{ format!(
                "Of {what}, with {within}: a promise breaks after {actions}, and no shorter way leads there. \
                 {} states were searched.", count(found.states)) }</p>
            { broken_promise(&broken) }
            <button type="button" class="primary" data-testid="watch"
                onclick={on.reform(|_: MouseEvent| ProofAction::Watch)}>{ "Watch it" }</button>
        </>
    }
}

fn within(proof: &Proof) -> String {
    let bounds = &proof.searched;
    format!(
        "{}, {} in each table and at most {}",
        plural(bounds.instances, "instance"),
        plural(bounds.rows, "row"),
        plural(bounds.faults, "failure"),
    )
}

fn list(title: &'static str, items: &[String]) -> Html {
    if items.is_empty() {
        return html! {};
    }
    html! {
        <>
            <p>{ title }</p>
            <ul>{ for items.iter().map(|what| html! { <li>{ what }</li> }) }</ul>
        </>
    }
}
